//! Random calls: compiled thunks do what the model says, and so does the call of script without compiled code.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::values::{EngineAbi, EngineCallbackRecord, EngineCallbackTarget, Test, Words};
use hotcall_jit::{Jit, Layout, Options, Scalar, Signature, Stub, Type, Use};
use hotcall_testing::notation;
use hotcall_testing::random::{self, Random};
use hotcall_testing::types;

use crate::scene::{self, DATA, Event, HELPERS, NO_HELPERS, Returned, SCENE, Scene};
use crate::script::{self, Script};

/// How many signatures are made for each model, and how many calls of each.
const SIGNATURES: usize = 30;
const CALLS: usize = 40;

fn pick<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[(random.bits() % of.len() as u64) as usize].clone()
}

fn random_signature(random: &mut Random, aggregates: &[Type], round: usize) -> Signature {
    let count = pick(random, &[0, 1, 1, 2, 2, 3, 4, 6, 8, 9, 14, 32]);
    let ty = |random: &mut Random| match random.bits() % 6 {
        // Every other signature is one of scalars alone.
        0 if round.is_multiple_of(2) => pick(random, aggregates),
        _ => Type::from(pick(random, Scalar::ALL)),
    };
    let params: Vec<_> = (0..count).map(|_| ty(random)).collect();
    let result = (!random.bits().is_multiple_of(6)).then(|| ty(random));
    Signature::new(params, result).unwrap()
}

fn random_number(random: &mut Random) -> f64 {
    match random.bits() % 5 {
        0 => f64::from_bits(random.bits()),
        1 => f64::from_bits(random.bits() | 0x7ff0_0000_0000_0000),
        2 => f64::from_bits(random.bits() & !(0x7ff << 52) | (870 + random.bits() % 32) << 52),
        3 => (random.bits() as i64 >> (random.bits() % 64)) as f64,
        _ => pick(random, &[0.0, -0.0, 1.5, 255.0, 256.0, 2_147_483_648.0, -2_147_483_649.0, f64::NAN]),
    }
}

/// A slot for a scalar, or the bytes of an aggregate.
fn random_argument(random: &mut Random, ty: &Type) -> Vec<u8> {
    let bytes = random.value(&Layout::of(ty).unwrap());
    match ty.as_scalar() {
        Some(Scalar::F64) => random_number(random).to_le_bytes().into(),
        Some(Scalar::F32) => u64::from((random_number(random) as f32).to_bits()).to_le_bytes().into(),
        Some(Scalar::Pointer(_)) if random.bits().is_multiple_of(2) => vec![0; 8],
        Some(scalar) if scalar != Scalar::Bool && random.bits().is_multiple_of(2) => {
            let small = (random.bits() as i64) >> (random.bits() % 64);
            random::slot(scalar, &small.to_le_bytes()[..bytes.len()]).to_le_bytes().into()
        }
        Some(scalar) => random::slot(scalar, &bytes).to_le_bytes().into(),
        None => bytes,
    }
}

/// A value that script may return.
fn random_value(random: &mut Random, script: &Script) -> Words {
    let model = &script.model;
    let bits = [random.bits(), if model.size == 16 { random.bits() } else { 0 }];
    let pack = |scalar, slot| model.pack(scalar, slot).unwrap_or(bits);
    let value = match random.bits() % 10 {
        0 | 1 => pack(Scalar::I32, random.bits() as i32 as i64 as u64 >> (random.bits() % 32)),
        2 => pack(Scalar::U8, random.bits() & 0xff),
        3 | 4 => pack(Scalar::F64, random_number(random).to_bits()),
        5 => pack(Scalar::I64, (random.bits() as i64 >> (random.bits() % 64)) as u64),
        6 => pack(Scalar::Bool, random.bits() & 1),
        7 => model.null.map_or(bits, |null| null.value),
        8 => model.undefined(),
        _ => bits,
    };
    // The one value that script cannot return.
    let is_exception = if model.size == 8 { value == script.thrown } else { value[0] >> 16 & 0xffff == 0xffff };
    let is_exception = is_exception || script.name == "tagged" && value[1] as u32 == 6;
    if is_exception { model.undefined() } else { value }
}

/// The class that helpers' values may have, which need not be released then; `Err` if code makes all values.
fn class_of(script: &Script, ty: &Type) -> Result<Option<Test>, ()> {
    let model = &script.model;
    let Some(scalar) = ty.as_scalar() else { return Ok(None) };
    if matches!(scalar, Scalar::Pointer(_)) {
        return Ok(model.null.map(|class| class.test));
    }
    if scalar == Scalar::Bool {
        return model.boolean.map_or(Ok(None), |_| Err(()));
    }
    if scalar.size() == 8 && !scalar.is_float() {
        return Ok(model.wide.map(|class| class.test));
    }
    match model.double {
        Some(_) => Err(()),
        None if scalar.is_float() => Ok(None),
        None => Ok(model.integer.map(|class| class.test)),
    }
}

/// The reason why a call goes to the handler.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Obstacle {
    None,
    Pending,
    Closed,
    NoRecord,
    OtherThread,
}

/// One call.
#[derive(Debug)]
struct Play {
    args: Vec<Vec<u8>>,
    returned: Returned,
    obstacle: Obstacle,
    answer: Vec<u8>,
    closes: bool,
}

impl Play {
    fn random(random: &mut Random, script: &Script, signature: &Signature) -> Self {
        let args = signature.params().iter().map(|ty| random_argument(random, ty)).collect();
        let obstacles = [Obstacle::Pending, Obstacle::Closed, Obstacle::NoRecord, Obstacle::OtherThread];
        let exception = if script.stores_exception { random.bits() } else { 0 };
        Self {
            args,
            returned: match random.bits() % 8 {
                0 => Returned::Thrown([exception, 0]),
                _ => Returned::Value(random_value(random, script)),
            },
            obstacle: if random.one_in(12) { pick(random, &obstacles) } else { Obstacle::None },
            answer: signature.result().map_or_else(Vec::new, |ty| random_argument(random, ty)),
            closes: random.one_in(10),
        }
    }

    /// The slots for C's call.
    fn slots(&self, signature: &Signature) -> Vec<u64> {
        let slot = |(ty, bytes): (&Type, &Vec<u8>)| match ty.as_scalar() {
            Some(_) => u64::from_le_bytes(bytes[..8].try_into().unwrap()),
            None => bytes.as_ptr() as u64,
        };
        signature.params().iter().zip(&self.args).map(slot).collect()
    }

    /// The result's bytes and all events, by the model.
    fn expected(&self, script: &Script, signature: &Signature) -> (Vec<u8>, Vec<Event>) {
        let (model, size) = (&script.model, usize::from(script.model.size));
        let zeros = || self.answer.iter().map(|_| 0).collect::<Vec<u8>>();
        // SAFETY: the slots are those of the types.
        let seen: Vec<_> = (signature.params().iter().zip(self.slots(signature)))
            .map(|(ty, slot)| unsafe { random::seen(ty, slot) })
            .collect();
        if self.obstacle != Obstacle::None {
            return (self.answer.clone(), vec![Event::Handler(seen)]);
        }
        let mut events = Vec::new();
        let ended = |mut events: Vec<Event>, ran: bool| {
            if ran && self.closes {
                events.push(Event::Ended);
            }
            events
        };
        let (mut values, mut releases) = (Vec::new(), false);
        for (index, (ty, argument)) in signature.params().iter().zip(seen).enumerate() {
            let slot = || u64::from_le_bytes(self.args[index][..8].try_into().unwrap());
            let value = ty.as_scalar().and_then(|scalar| model.pack(scalar, slot())).or_else(|| {
                let value = scene::made(&argument, size);
                events.push(Event::Argument { index, argument, value });
                value
            });
            let Some(value) = value else { return (zeros(), events) };
            releases |= class_of(script, ty).is_ok_and(|class| class.is_none_or(|class| !class.holds(value)));
            values.push(value);
        }
        events.push(Event::Script(values.clone()));
        if releases {
            events.push(Event::Release(values));
        }
        let value = match self.returned {
            Returned::Thrown(exception) => {
                events.push(Event::Thrown(exception));
                return (zeros(), ended(events, true));
            }
            Returned::Value(value) => value,
        };
        let Some(ty) = signature.result() else {
            if !model.undefined.test.holds(value) {
                events.push(Event::Result(value));
            }
            return (Vec::new(), ended(events, true));
        };
        if let Some(slot) = ty.as_scalar().and_then(|scalar| model.unpack(scalar, value)) {
            return (slot.to_le_bytes().into(), ended(events, true));
        }
        events.push(Event::Result(value));
        (scene::converted(ty, value), ended(events, true))
    }
}

/// A callback.
struct Subject {
    stub: Stub,
    record: &'static EngineCallbackRecord,
    context: &'static mut [u64; 4],
    target: EngineCallbackTarget,
}

impl Subject {
    fn run(
        &mut self,
        play: &Play,
        script: &Script,
        signature: &Signature,
        call: impl Fn(*const c_void, &[u64], *mut u64) + Send + Sync,
    ) -> (Vec<u8>, Vec<Event>) {
        script.prepare();
        // SAFETY: this thread has the stub, no call is in progress, and the target lives as long as the process.
        unsafe { self.record.open(&self.target) };
        self.context[3] = ptr::from_ref(self.record) as u64;
        match play.obstacle {
            Obstacle::Pending => scene::pending().set(true),
            // SAFETY: the record is open on this thread.
            Obstacle::Closed => unsafe { self.record.close() },
            Obstacle::NoRecord => self.context[3] = 0,
            Obstacle::None | Obstacle::OtherThread => {}
        }
        let exit: *mut c_void = ptr::without_provenance_mut(0xe417);
        scene::pending().set_exit(exit);
        let (record, closes) = (self.record, play.closes);
        SCENE.set(Some(Scene {
            signature: signature.clone(),
            model: script.model.clone(),
            returned: play.returned,
            // SAFETY: the record is open on this thread.
            act: Box::new(move || unsafe {
                assert_eq!(record.running(), 1);
                if closes {
                    record.close();
                }
            }),
            context: self.target.context,
            callee: self.target.callee,
            answer: play.answer.clone(),
            events: Vec::new(),
        }));
        let slots = play.slots(signature);
        let mut result = vec![0x5555_5555_5555_5555_u64; play.answer.len().div_ceil(8).max(1)];
        let (entry, to) = (self.stub.entry() as usize, result.as_mut_ptr() as usize);
        let called = || call(ptr::with_exposed_provenance(entry), &slots, ptr::with_exposed_provenance_mut(to));
        if play.obstacle == Obstacle::OtherThread {
            let scene = SendScene(SCENE.take());
            let scene = std::thread::scope(|scope| {
                let run = || {
                    let SendScene(scene) = { scene };
                    SCENE.set(scene);
                    called();
                    SendScene(SCENE.take())
                };
                scope.spawn(run).join().unwrap()
            });
            SCENE.set(scene.0);
        } else {
            called();
        }
        scene::pending().set(false);
        assert_eq!(scene::pending().exit(), exit);
        // SAFETY: this thread has the stub.
        assert_eq!(unsafe { self.record.running() }, 0);
        let bytes: Vec<u8> = result.iter().flat_map(|word| word.to_le_bytes()).take(play.answer.len()).collect();
        (bytes, SCENE.take().unwrap().events)
    }
}

/// A scene that another thread has for a while.
struct SendScene(Option<Scene>);

// SAFETY: one thread has it at a time.
unsafe impl Send for SendScene {}

/// The bytes that C may look at.
fn without_padding(signature: &Signature, result: &[u8]) -> Vec<u8> {
    match signature.result() {
        Some(ty) if ty.as_scalar().is_none() => {
            random::kept(ty).iter().zip(result).map(|(&kept, &byte)| if kept { byte } else { 0 }).collect()
        }
        _ => result.into(),
    }
}

fn check(script: &Script, seed: u64) {
    let listed = [types::KINDS.as_slice(), &types::PACKED, &types::ALIGNED, &types::UNIONS].concat();
    let aggregates: Vec<Type> =
        listed.iter().map(|text| notation::signature(&format!("() -> {text}")).result().unwrap().clone()).collect();
    let jit = Jit::shared().unwrap();
    let abi = EngineAbi::new(script.model.clone(), NO_HELPERS).unwrap();
    let mut random = Random::new(seed);
    let (mut ran, mut direct) = (0, 0);
    for round in 0..SIGNATURES {
        let signature = random_signature(&mut random, &aggregates, round);
        // SAFETY: the test binds stubs to contexts of this form alone.
        let thunk = unsafe { jit.engine_callback(&signature, &abi, HELPERS) }.unwrap();
        assert_eq!(thunk.is_some(), cfg!(feature = "cranelift"));
        let Some(thunk) = thunk else { return };
        assert!(!thunk.code().is_empty());
        let stub = thunk.stubs(Use::Counted).take().unwrap();
        let context = Box::leak(Box::new([0; 4]));
        // SAFETY: the stub is this test's, and the context is never freed.
        unsafe { stub.bind(scene::handler, context.as_mut_ptr().cast()) };
        let callee = random_value(&mut random, script);
        let target = EngineCallbackTarget {
            pending: scene::pending(),
            context: ptr::without_provenance_mut(0x10c0),
            call: script.call,
            callee,
            this: script.model.call.as_ref().unwrap().this,
            data: DATA,
        };
        let record = Box::leak(Box::new(EngineCallbackRecord::new()));
        let mut subject = Subject { stub, record, context, target };
        let trampoline = jit.slots(&signature, Options::new()).unwrap();
        let call = |target: *const c_void, slots: &[u64], result: *mut u64| {
            // SAFETY: the stub is a function of the signature, and the slots are canonical.
            unsafe { (trampoline.entry())(target, slots.as_ptr(), result, ptr::null_mut()) };
        };
        for _ in 0..CALLS {
            let play = Play::random(&mut random, script, &signature);
            let (expected, events) = play.expected(script, &signature);
            ran += usize::from(events.iter().any(|event| matches!(event, Event::Script(_))));
            direct += usize::from(matches!(events.as_slice(), [Event::Script(_)]));
            let (result, seen) = subject.run(&play, script, &signature, call);
            let (result, expected) = (without_padding(&signature, &result), without_padding(&signature, &expected));
            assert_eq!((result, seen), (expected, events), "{} {signature} {play:x?}", script.name);
        }
    }
    assert!(ran > SIGNATURES * CALLS / 4 && direct > 0, "{}: {ran} calls of script, {direct} direct", script.name);
}

#[test]
fn every_call_function() {
    for (seed, script) in script::all().iter().enumerate() {
        check(script, seed as u64 + 1);
    }
}

#[test]
fn script_is_called_without_compiled_code() {
    let universal: &Jit = Box::leak(Box::new(Jit::universal().unwrap()));
    let mut random = Random::new(5);
    for script in script::all() {
        script.prepare();
        let abi = EngineAbi::new(script.model.clone(), NO_HELPERS).unwrap();
        let signature = Signature::new([], None).unwrap();
        // SAFETY: no stub of it is bound.
        assert!(unsafe { universal.engine_callback(&signature, &abi, HELPERS) }.unwrap().is_none());
        for jit in [Jit::shared().unwrap(), universal] {
            let function = jit.script_call(&abi).unwrap();
            for round in 0..200 {
                let args: Vec<_> =
                    (0..pick(&mut random, &[0, 1, 5])).map(|_| random_value(&mut random, &script)).collect();
                let callee = random_value(&mut random, &script);
                let thrown = [if script.stores_exception { random.bits() } else { 0 }, 0];
                let value = random_value(&mut random, &script);
                let returned = if round % 3 == 0 { Returned::Thrown(thrown) } else { Returned::Value(value) };
                let context = ptr::without_provenance_mut(0x77);
                SCENE.set(Some(Scene {
                    signature: signature.clone(),
                    model: script.model.clone(),
                    returned,
                    act: Box::new(|| {}),
                    context,
                    callee,
                    answer: Vec::new(),
                    events: Vec::new(),
                }));
                // SAFETY: the function is that of the model.
                let seen = unsafe { function.call(script.call, context, &callee, &args) };
                let expected = if round % 3 == 0 { Err(thrown) } else { Ok(value) };
                assert_eq!(seen, expected, "{}", script.name);
                assert_eq!(SCENE.take().unwrap().events, [Event::Script(args)]);
            }
        }
    }
}

#[test]
fn long_signatures_have_no_code_of_their_own() {
    let script = &script::all()[0];
    let abi = EngineAbi::new(script.model.clone(), NO_HELPERS).unwrap();
    let signature = Signature::new(vec![Type::I32; 33], None).unwrap();
    // SAFETY: no stub of it is bound.
    assert!(unsafe { Jit::shared().unwrap().engine_callback(&signature, &abi, HELPERS) }.unwrap().is_none());
}
