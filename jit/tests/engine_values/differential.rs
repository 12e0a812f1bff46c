//! Random calls: compiled and interpreted ones agree with each other and with the model.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::values::{EngineAbi, Failure, Pending, Role, ValueModel, Words};
use hotcall_jit::{EngineFunction, EngineValues, Jit, Layout, Pointee, Scalar, Signature, Type, Use};
use hotcall_testing::environment::{self, ROUNDINGS, TINY_IS_ZERO, is_signalling, is_signalling_float};
use hotcall_testing::notation;
use hotcall_testing::random::{self, Random};
use hotcall_testing::types;

use crate::described;
use crate::engine::{self, Event, HELPERS, SCENE, Scene};
use crate::generate::{pick, random_result, random_signature, random_value, signature_with_many_objects};
use crate::heap::{self, HeapObject};
use crate::list::{List, MAX_PINNED, Pinned};
use crate::memory;
use crate::models::{self, Model, Passed, Returned};

/// The number of signatures for each model, and of calls of each.
const SIGNATURES: usize = 60;
const CALLS: usize = 60;

/// The largest number of parameters of a function that is compiled.
const MAX_COMPILED: usize = 32;

/// One call.
struct Play {
    /// True if the result is written into a buffer.
    into: bool,
    argc: usize,
    values: Vec<Words>,
    /// The objects among the values.
    heap: Vec<&'static HeapObject>,
    result: Vec<u8>,
    throws: bool,
    closed: bool,
    /// [`TINY_IS_ZERO`] or 0, and one of [`ROUNDINGS`].
    tiny: u32,
    rounding: u32,
}

impl Play {
    fn random(random: &mut Random, model: &Model, signature: &Signature, into: bool) -> Self {
        let types = || signature.params().iter().chain(signature.result().filter(|_| into));
        let count = types().count();
        let mut heap = Vec::new();
        // Of many values, one would nearly always be refused.
        let nulls = model.model.null.filter(|_| count > 20);
        let mut value = |ty| match nulls {
            Some(null) if !random.bits().is_multiple_of(6) => null.value,
            _ => random_value(random, model, ty, &mut heap),
        };
        let mut values: Vec<_> = types().map(&mut value).collect();
        let argc = match random.bits() % 12 {
            0 => random.bits() as usize % (count + 1),
            1 => count + 2,
            _ => count,
        };
        // An engine that fills up the arguments has done so.
        values.resize(count + 2, model.model.undefined());
        values[argc.min(count)..count].fill(model.model.undefined());
        let (throws, closed) = (random.bits().is_multiple_of(9), random.bits().is_multiple_of(25));
        let (tiny, rounding) = (pick(random, &[0, TINY_IS_ZERO]), pick(random, &ROUNDINGS));
        let result = random_result(random, signature.result());
        Self { into, argc, values, heap, result, throws, closed, tiny, rounding }
    }

    /// The object of a value.
    fn object(&self, model: &ValueModel, value: Words) -> Option<&'static HeapObject> {
        let word = model.objects.as_ref()?.word(value)?;
        self.heap.iter().copied().find(|object| object.word() == word)
    }

    /// Makes another call with the same values.
    fn again(self, random: &mut Random, signature: &Signature) -> Self {
        Self { result: random_result(random, signature.result()), throws: false, closed: false, ..self }
    }

    /// The events that the model asks for, of a call that had these events and was interpreted or not, and how the call
    /// changes the list of pinned objects.
    fn expected(&self, model: &Model, signature: &Signature, list: &mut List, seen: &Seen, way: Taken) -> Expected {
        let pinned = signature.params().iter().filter(|ty| heap::pins(ty)).count() + usize::from(self.into);
        let has_list = model.model.objects.is_some() && (1..=MAX_PINNED).contains(&pinned);
        let mut objects = Vec::new();
        let Call { returned, events: others, written } =
            self.expect(model, signature, has_list.then_some(&mut objects));
        let mut events = Vec::new();
        if has_list && way != Taken::Compiled && !self.closed {
            // Machine code adds objects until the list is full.
            if way == Taken::Left && matches!(seen.1.first(), Some(Event::TakePins(taken)) if list.is_filled_to(taken))
            {
                list.fill(&objects);
            }
            if !list.has_room(pinned) {
                events.push(Event::TakePins(list.take()));
            }
        }
        let is_called = others.iter().any(|event| matches!(event, Event::Called(_)));
        let pinned = (is_called && !objects.is_empty()).then(|| list.add(&objects));
        events.extend(others);
        Expected { seen: (returned, events), pinned, written }
    }

    /// The events of a call, but those of its list, which gets an entry for each parameter whose object is pinned there.
    fn expect(&self, model: &Model, signature: &Signature, mut list: Option<&mut Vec<u64>>) -> Call {
        let (model, size) = (&model.model, usize::from(model.model.size));
        let mut events = Vec::new();
        if self.closed {
            return Call::throws(vec![Event::Fail(Failure::Closed)]);
        }
        let (mut args, mut pins) = (Vec::new(), Vec::new());
        let release = |mut pins: Vec<usize>, events: &mut Vec<Event>| {
            if !pins.is_empty() {
                pins.reverse();
                events.push(Event::Finish(pins));
            }
        };
        for (index, ty) in signature.params().iter().enumerate() {
            let value = self.values[index];
            // SAFETY: the values of the tests are as the model says.
            let object = |scalar| unsafe { model.unpack_object(scalar, value) };
            let unpacked = ty.as_scalar().and_then(|scalar| model.unpack(scalar, value).or_else(|| object(scalar)));
            let object = self.object(model, value);
            let size = Layout::of(ty).unwrap().size;
            let pointer = model.objects.as_ref().and_then(|objects| objects.pointers).filter(|test| test.holds(value));
            let takes_pointers =
                matches!(ty.as_scalar(), Some(Scalar::Pointer(Pointee::Opaque | Pointee::Function | Pointee::Text)));
            let address = pointer.filter(|_| takes_pointers).map(|_| value[0] & ((1 << 47) - 1));
            let reads_objects = list.is_some() || !heap::pins(ty);
            let resolved = object.and_then(|object| object.slot(ty, size)).or(address).filter(|_| reads_objects);
            if let Some(list) = list.as_mut().filter(|_| heap::pins(ty) && unpacked.or(resolved).is_some()) {
                list.push(object.map_or(0, HeapObject::word));
            }
            let slot = unpacked.or(resolved).or_else(|| {
                let slot = engine::converted(ty, index, value);
                events.push(Event::Convert { index, value, slot });
                pins.extend(slot.and_then(|slot| engine::pin_for(ty, slot)));
                slot
            });
            let Some(slot) = slot else {
                release(pins, &mut events);
                return Call::throws(events);
            };
            // SAFETY: the engine converts structs to the address of as many bytes.
            args.push(unsafe { random::seen(ty, slot) });
        }
        let mut written = None;
        if let Some(ty) = signature.result().filter(|_| self.into) {
            let (index, size) = (args.len(), Layout::of(ty).unwrap().size);
            let value = self.values[index];
            let object = self.object(model, value).filter(|_| list.is_some());
            let found = object.and_then(|object| Some((object.destination(size)?, object)));
            list.iter_mut().for_each(|list| list.extend(found.map(|(_, object)| object.word())));
            written = found.map(|(slot, _)| slot).or_else(|| {
                let slot = engine::converted(ty, index, value);
                events.push(Event::Convert { index, value, slot });
                pins.extend(slot.and_then(|slot| engine::pin_for(ty, slot)));
                slot
            });
            if written.is_none() {
                release(pins, &mut events);
                return Call::throws(events);
            }
        }
        events.push(Event::Called(args));
        release(pins, &mut events);
        if self.throws {
            events.push(Event::Fail(Failure::Pending));
            return Call::throws(events);
        }
        let Some(ty) = signature.result().filter(|_| !self.into) else {
            return Call { returned: Some(model.undefined()), events, written };
        };
        let slot = ty.as_scalar().map(|scalar| (scalar, u64::from_le_bytes(self.result[..8].try_into().unwrap())));
        if let Some(value) = slot.and_then(|(scalar, slot)| model.pack(scalar, slot)) {
            return Call { returned: Some(value), events, written };
        }
        // SAFETY: the result has as many bytes as the type.
        let result = unsafe { random::seen(ty, slot.map_or(self.result.as_ptr() as u64, |(_, slot)| slot)) };
        let value = engine::made(&result, size);
        events.push(Event::Result { result, value });
        Call { returned: value, events, written }
    }

    /// Writes the result's bytes to their place in the memory, apart from padding, which is as it was `seen`.
    fn write(&self, signature: &Signature, slot: u64, memory: &mut [u8], seen: &[u8]) {
        let at = (slot - memory::of_objects()) as usize;
        for (index, is_kept) in random::kept(signature.result().unwrap()).into_iter().enumerate() {
            memory[at + index] = if is_kept { self.result[index] } else { seen[at + index] };
        }
    }

    fn describe(&self, model: &Model, signature: &Signature) -> String {
        let values: Vec<_> = self.values.iter().map(|value| format!("{value:#x?}")).collect();
        let (tiny, rounding, result) = (self.tiny != 0, self.rounding >> 13, &self.result);
        format!(
            "{} {signature} argc {} {values:?} result {result:x?}, FTZ and DAZ: {tiny}, rounding {rounding}",
            model.name, self.argc
        )
    }

    /// Returns true if a signalling NaN becomes another type's.
    fn has_signalling_nan(&self, model: &Model, signature: &Signature) -> bool {
        let is_float = |ty: &Type| ty.as_scalar() == Some(Scalar::F32);
        // SAFETY: the values of the tests are as the model says.
        let object = |value| unsafe { model.model.unpack_object(Scalar::F64, value) };
        let double = |value: &Words| model.model.unpack(Scalar::F64, *value).or_else(|| object(*value));
        let mut params = signature.params().iter().zip(&self.values);
        let result = || u32::from_le_bytes(self.result[..4].try_into().unwrap());
        params.any(|(ty, value)| is_float(ty) && double(value).is_some_and(is_signalling))
            || signature.result().is_some_and(is_float) && is_signalling_float(result())
    }

    /// Returns the events of a call, and true if it was interpreted.
    fn run(&self, model: &Model, signature: &Signature, values: &EngineValues, target: *const c_void) -> (Seen, bool) {
        let given = |role, address: usize| {
            if model.passes(role) { ptr::without_provenance_mut(address) } else { ptr::null_mut() }
        };
        let (context, exception) = (given(Role::Context, 0x10c0), given(Role::Exception, 0x10e0));
        let scene = Scene {
            signature: signature.clone(),
            size: model.model.size.into(),
            indirect: model.model.indirect,
            result: self.result.clone(),
            throws: self.throws,
            context,
            exception,
            heap: self.heap.clone(),
            events: Vec::new(),
        };
        SCENE.set(Some(scene));
        // SAFETY: the target is a function of the signature; the cell is never freed.
        let record = unsafe { values.record(target, engine::pending()) };
        // SAFETY: the record outlives its function.
        let native: EngineFunction = unsafe { values.bind(&raw const record) }.unwrap();
        if self.closed {
            record.close();
        }
        let (first, words) = (model.first(), model.words());
        let mut array = vec![0xeeee_eeee_eeee_eeee; first * words];
        array.extend(self.values.iter().flat_map(|value| &value[..words]));
        let passed = Passed {
            context,
            argc: self.argc,
            array: array.as_mut_ptr(),
            exception,
            record: (&raw const record).cast_mut().cast(),
        };
        // SAFETY: the entry is a native function of the model, and gets what its engine would pass.
        let call = || unsafe { (model.call)(native.entry(), &passed) };
        let (returned, signalled) = environment::within(self.tiny | self.rounding, call);
        if !self.has_signalling_nan(model, signature) {
            assert_eq!(signalled & environment::INVALID, 0, "{} {signature} {:x?}", model.name, self.values);
        }
        drop(native);
        assert!(!engine::pending().is_set());
        // The rest of the array is unchanged.
        assert_eq!(
            array[first * words..],
            self.values.iter().flat_map(|value| &value[..words]).copied().collect::<Vec<_>>()
        );
        // Every call counts, in whatever way it is made, but not after closing.
        assert_eq!(record.calls(), u64::from(!self.closed));
        assert!(record.interpreted_calls() <= record.calls());
        ((returned, SCENE.take().unwrap().events), record.interpreted_calls() > 0)
    }
}

/// The result of a call, and its events.
type Seen = (Returned, Vec<Event>);

/// The way that a call took.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Compiled,
    /// Machine code began it, and left it to the interpreter.
    Left,
    Interpreted,
}

/// The expected events of a call, but those of its list.
struct Call {
    returned: Returned,
    events: Vec<Event>,
    /// The address that the result is written to.
    written: Option<u64>,
}

impl Call {
    const fn throws(events: Vec<Event>) -> Self {
        Self { returned: None, events, written: None }
    }
}

struct Expected {
    seen: Seen,
    /// The address that the result is written to.
    written: Option<u64>,
    /// The change of the list. `None` if the call does not pin objects.
    pinned: Option<Pinned>,
}

/// The lists of pinned objects in a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// The engine takes all objects after each call.
    Taken,
    /// The engine takes objects when its small list is full. Calls are often repeated, so the list has their objects.
    Kept,
}

/// An engine whose calls are compiled, or interpreted.
struct Way {
    name: &'static str,
    pending: &'static Pending,
    /// The expected list.
    list: List,
    /// The calls that were not interpreted and found their objects in the list.
    known: usize,
    /// The times that the list was full.
    full: usize,
    /// The results that were written into buffers.
    written: usize,
    /// The structs that calls which were not interpreted read from bytes that may move.
    moving: usize,
}

impl Way {
    fn new(name: &'static str, lists: Lists) -> Self {
        let capacity = if lists == Lists::Kept { MAX_PINNED } else { 64 };
        let pending = engine::new_pending(capacity);
        Self { name, pending, list: List::new(capacity), known: 0, full: 0, written: 0, moving: 0 }
    }

    /// Makes the call, and compares it with the model. Returns its result and its events.
    fn check(
        &mut self,
        play: &Play,
        model: &Model,
        signature: &Signature,
        values: &EngineValues,
        target: *const c_void,
    ) -> Seen {
        engine::set_pending(self.pending);
        let (seen, is_interpreted) = play.run(model, signature, values, target);
        let contents = memory::contents();
        memory::restore();
        let way = match (is_interpreted, values.code().is_empty()) {
            (false, _) => Taken::Compiled,
            (true, false) => Taken::Left,
            (true, true) => Taken::Interpreted,
        };
        let expected = || play.expected(model, signature, &mut self.list, &seen, way);
        let (expected, _) = environment::within(play.rounding, expected);
        assert_eq!(seen, expected.seen, "{}: {}", self.name, play.describe(model, signature));
        let mut written = memory::contents();
        if let Some(slot) = expected.written {
            play.write(signature, slot, &mut written, &contents);
            self.written += 1;
        }
        assert!(contents == written, "{}: {}", self.name, play.describe(model, signature));
        self.known += usize::from(!is_interpreted && expected.pinned == Some(Pinned::Known));
        if !is_interpreted && !play.closed {
            let arguments = signature.params().iter().zip(&play.values).filter(|(ty, _)| ty.as_scalar().is_none());
            let objects = arguments.filter_map(|(_, &value)| play.object(&model.model, value));
            self.moving += objects.filter(|object| object.moves()).count();
        }
        for event in &seen.1 {
            if let Event::TakePins(objects) = event {
                self.full += 1;
                release(model, objects);
            }
        }
        seen
    }

    /// Empties the list, and compares it with the model's.
    fn take(&mut self, model: &Model) {
        let objects = self.pending.take_pins();
        assert_eq!(objects, self.list.take(), "{}", self.name);
        release(model, &objects);
    }
}

/// Returns true if lists of pinned objects own references.
fn counts(model: &Model) -> bool {
    model.model.objects.as_ref().is_some_and(|objects| objects.pins.unwrap().references.is_some())
}

/// Releases the references that a list owned.
fn release(model: &Model, objects: &[u64]) {
    if counts(model) {
        objects.iter().for_each(|&object| heap::release(object));
    }
}

fn check(model: &Model, seed: u64, lists: Lists) {
    let listed =
        [types::KINDS.as_slice(), &types::PACKED, &types::ALIGNED, &types::UNIONS, &types::ARRAYS, &types::NESTED];
    let listed = listed.concat().into_iter().chain(types::EMPTY).map(Into::into).chain(types::all_mixes());
    let aggregates = listed.map(|text: String| notation::signature(&format!("() -> {text}")).result().unwrap().clone());
    let aggregates: Vec<Type> = aggregates.collect();
    let universal: &Jit = Box::leak(Box::new(Jit::universal().unwrap()));
    let shared = Jit::shared().unwrap();
    let mut ways = ["compiled", "interpreted"].map(|name| Way::new(name, lists));
    let abi = EngineAbi::new(model.model.clone(), HELPERS).unwrap();
    let mut random = Random::new(seed);
    let (mut called, mut packed) = (0, 0);
    for round in 0..SIGNATURES {
        let signature = match (lists, round % 20) {
            (Lists::Kept, many @ 0..3) => signature_with_many_objects(&mut random, MAX_PINNED - 1 + many),
            // Odd rounds have numbers alone, which are not pinned.
            (Lists::Kept, _) => random_signature(&mut random, &aggregates, 2 * round),
            (Lists::Taken, _) => random_signature(&mut random, &aggregates, round),
        };
        let into = random.bits().is_multiple_of(3);
        let (signature, values) = if into {
            let signature = Signature::new(signature.params().to_vec(), pick(&mut random, &aggregates)).unwrap();
            let values = [shared, universal].map(|jit| jit.uncompiled_engine_values_into(&signature, &abi).unwrap());
            values[0].compile().unwrap();
            (signature, values)
        } else {
            let values = [shared, universal].map(|jit| jit.engine_values(&signature, &abi).unwrap());
            (signature, values)
        };
        // Long signatures with objects are interpreted, because compiling them takes too long.
        let has_objects = model.model.objects.is_some() && (into || signature.params().iter().any(heap::is_object));
        let max = if has_objects { 14 } else { MAX_COMPILED };
        let is_compiled = cfg!(feature = "cranelift") && signature.params().len() <= max;
        assert_eq!(values[0].code().is_empty(), !is_compiled);
        assert!(values[1].code().is_empty());
        let pool = shared.thunk(&signature).unwrap().stubs(Use::Plain);
        let stub = pool.take().unwrap();
        // SAFETY: the stub is ours; the thunk has the signature of each scene.
        unsafe { stub.bind(engine::callee, ptr::null_mut()) };
        let mut last = None;
        for _ in 0..CALLS {
            let play = match last.take() {
                Some(play) if lists == Lists::Kept && random.bits().is_multiple_of(2) => {
                    Play::again(play, &mut random, &signature)
                }
                _ => Play::random(&mut random, model, &signature, into),
            };
            for (way, values) in ways.iter_mut().zip(&values) {
                let (returned, events) = way.check(&play, model, &signature, values, stub.entry());
                called += usize::from(events.iter().any(|event| matches!(event, Event::Called(_))));
                packed += usize::from(returned.is_some());
                if lists == Lists::Taken {
                    way.take(model);
                }
            }
            let mut references = HashMap::new();
            ways.iter().filter(|_| counts(model)).for_each(|way| way.list.count(&mut references));
            for object in &play.heap {
                let expected = references.get(&object.word()).copied().unwrap_or_default();
                assert_eq!(object.references(), expected, "{}", play.describe(model, &signature));
            }
            last = Some(play);
        }
        stub.retire();
        // SAFETY: the stub was taken from this pool, and nobody calls it any more.
        unsafe { pool.free(stub) };
    }
    ways.iter_mut().for_each(|way| way.take(model));
    // Enough of them got through.
    let calls = SIGNATURES * CALLS * ways.len();
    assert!(called > calls / 5 && packed > calls / 8, "{called} calls, {packed} values");
    let written = ways.each_ref().map(|way| way.written);
    assert!(written.iter().all(|&written| written > calls / 60), "{written:?} results in buffers");
    if lists == Lists::Taken {
        let reads_objects = model.model.objects.is_some() && cfg!(feature = "cranelift");
        assert_eq!(ways[0].moving > 0, reads_objects, "structs were read from bytes that may move");
    }
    if lists == Lists::Kept {
        let [known, full] = [ways.each_ref().map(|way| way.known), ways.each_ref().map(|way| way.full)];
        assert!(known[0] > calls / 200 || !cfg!(feature = "cranelift"), "{known:?} calls found their objects");
        assert!(full.iter().all(|&full| full > calls / 200), "{full:?} times full");
    }
}

#[test]
fn calls_agree_with_the_tagged_model() {
    check(&models::tagged(), 1, Lists::Taken);
}

#[test]
fn objects_are_read_as_the_model_says() {
    check(&heap::tagged_with_objects(), 21, Lists::Taken);
    check(&heap::offset_boxed_with_objects(), 22, Lists::Taken);
    check(&heap::tag_boxed_with_objects(), 23, Lists::Taken);
    check(&described::frame_with_objects(), 24, Lists::Taken);
}

#[test]
fn objects_stay_in_the_list_until_it_is_full() {
    check(&heap::tagged_with_objects(), 31, Lists::Kept);
    check(&heap::offset_boxed_with_objects(), 32, Lists::Kept);
    check(&heap::tag_boxed_with_objects(), 33, Lists::Kept);
}

#[test]
fn calls_agree_with_the_offset_boxed_model() {
    check(&models::offset_boxed(), 2, Lists::Taken);
}

#[test]
fn calls_agree_with_the_tag_boxed_model() {
    check(&models::tag_boxed(), 3, Lists::Taken);
}

#[test]
fn calls_agree_with_the_shifted_model() {
    check(&models::shifted(), 4, Lists::Taken);
}

#[test]
fn calls_agree_with_the_wide_model() {
    check(&models::wide(), 5, Lists::Taken);
}

#[test]
fn calls_agree_with_the_models_that_describe_a_call_by_a_struct() {
    check(&described::frame(), 7, Lists::Taken);
    check(&described::arrays(), 8, Lists::Taken);
}

#[test]
fn calls_agree_with_the_model_of_doubles() {
    check(&models::doubles(), 6, Lists::Taken);
}
