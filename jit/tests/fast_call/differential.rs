//! Random calls: native functions do what the model says, and pass C the arguments that the `slots` entry passes.

use std::collections::HashMap;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole, ResolvedHandle};
use hotcall_jit::{Abi, Jit, Layout, Scalar, Signature, Type};
use hotcall_testing::environment::{self, ROUNDINGS, TINY_IS_ZERO, is_signalling, is_signalling_float};
use hotcall_testing::notation;
use hotcall_testing::random::{self, Random};
use hotcall_testing::types;

use crate::engine::{self, Event};
use crate::heap::{Heap, Thing};
use crate::native::{Answers, CallOutcome, ExitFlag, FLAG, Fixture, result_bytes, size_of_type};
use crate::numbers::{
    converted, is_integer, native_type, one_in, pick, random_integer, random_word, range, wider, with_garbage,
};

/// The number of functions in a run, and of calls of each.
const FUNCTIONS: usize = 250;
const CALLS: usize = 20;

fn aggregates() -> Vec<Type> {
    let listed =
        [types::KINDS.as_slice(), &types::PACKED, &types::ALIGNED, &types::UNIONS, &types::ARRAYS, &types::NESTED];
    let listed = listed.concat().into_iter().chain(types::EMPTY).map(Into::into).chain(types::all_mixes());
    listed.map(|text: String| notation::signature(&format!("() -> {text}")).result().unwrap().clone()).collect()
}

/// The types that hold an address.
fn word(random: &mut Random) -> Type {
    pick(random, &[Type::POINTER, Type::U64, Type::I64, Type::USIZE, Type::ISIZE])
}

fn random_function(random: &mut Random, aggregates: &[Type], heaps: &[Heap]) -> (Signature, FastCallModel) {
    let count = pick(random, &[0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24, 29]);
    // Every second function has numbers alone, and every fourth has numbers that can be assembled.
    let plain = one_in(random, 2);
    let simple = plain && one_in(random, 2);
    let exit = if one_in(random, 2) { FLAG } else { Exit::Raise };
    let caller_looks = one_in(random, 3);
    let (mut params, mut native) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let c = loop {
            let aggregate = !plain && one_in(random, 5);
            let ty = if aggregate { pick(random, aggregates) } else { Type::from(pick(random, Scalar::ALL)) };
            if !plain || !matches!(ty.as_scalar(), Some(Scalar::Pointer(_))) {
                break ty;
            }
        };
        let handle = FastCallRole::Handle(if simple { 0 } else { (random.bits() % heaps.len() as u64) as u8 });
        let small = plain && c.as_scalar().is_some_and(|c| is_integer(c) && c.size() < 8) && one_in(random, 4);
        native.push(match c.as_scalar() {
            Some(scalar) if scalar.is_float() || (plain && !small) || (!plain && !one_in(random, 3)) => {
                (Type::from(native_type(random, scalar, simple)), FastCallRole::Argument)
            }
            _ => (word(random), handle),
        });
        params.push(c);
    }
    let result = match random.bits() % 8 {
        0 => None,
        1..=2 if !plain => Some(pick(random, aggregates)),
        _ => Some(Type::from(pick(random, Scalar::ALL))),
    };
    let native_result =
        result.as_ref().and_then(Type::as_scalar).map(|c| Type::from(if simple { c } else { wider(random, c) }));
    let insert = |random: &mut Random, native: &mut Vec<(Type, FastCallRole)>, ty, role| {
        native.insert((random.bits() % (native.len() as u64 + 1)) as usize, (ty, role));
    };
    if result.as_ref().is_some_and(|ty| ty.as_scalar().is_none()) {
        let (ty, handles) = (word(random), (random.bits() % heaps.len() as u64) as u8);
        insert(random, &mut native, ty, FastCallRole::Result(handles));
    }
    if exit != Exit::Raise || one_in(random, 2) {
        let ty = word(random);
        // Compilers pass theirs last or first.
        match random.bits() % 3 {
            0 => native.insert(0, (ty, FastCallRole::Exit)),
            1 => native.push((ty, FastCallRole::Exit)),
            _ => insert(random, &mut native, ty, FastCallRole::Exit),
        }
    }
    while native.len() < 32 && one_in(random, 2) {
        let ty = Type::from(pick(random, Scalar::ALL));
        let first = one_in(random, 2);
        native.insert(if first { 0 } else { native.len() }, (ty, FastCallRole::Ignored));
    }
    let (native, roles): (Vec<_>, Vec<_>) = native.into_iter().unzip();
    let model = FastCallModel::new(Abi::host().unwrap(), Signature::new(native, native_result).unwrap(), roles, exit)
        .handles(heaps.iter().map(|heap| heap.handles.clone()))
        .caller_looks(caller_looks);
    (Signature::new(params, result).unwrap(), model)
}

fn random_thing(random: &mut Random, heap: &Heap, c: &Type, pool: u64, good: bool) -> Thing {
    let (address, kind) = (pool + random.bits() % 64, (random.bits() % 3) as usize);
    let likely = match c.as_scalar() {
        _ if !good && one_in(random, 2) => random.bits() % 10,
        None => 0,
        Some(Scalar::Bool) => 1,
        Some(Scalar::Pointer(_)) => pick(random, &[0, 2, 3]),
        Some(_) => pick(random, &[4, 4, 8, 9]),
    };
    match likely {
        0 => {
            let size = size_of_type(c) as u64;
            let len = if good { size + random.bits() % 2 } else { pick(random, &[size.saturating_sub(1), 0, 64]) };
            Thing::Bytes { address, len, kind }
        }
        1 => Thing::Bool(one_in(random, 2)),
        2 => Thing::Null,
        3 => Thing::Pointer(random.bits()),
        4 => {
            let bits = heap.bits();
            let fits = |number: i128| (-(1 << (bits - 1))..1 << (bits - 1)).contains(&number);
            let c = c.as_scalar().filter(|&c| good && is_integer(c));
            loop {
                let number = random_integer(random);
                if fits(number) && c.is_none_or(|c| range(c).contains(&number)) {
                    return Thing::Integer(number as i64);
                }
            }
        }
        5 => Thing::Detached,
        8 => loop {
            let number = random_integer(random) as f64;
            let number = if one_in(random, 8) { f64::from_bits(random.bits()) } else { number };
            let c = c.as_scalar().filter(|&c| good && is_integer(c));
            if c.is_none_or(|c| number.fract() == 0.0 && range(c).contains(&(number as i128))) {
                return Thing::Double(number);
            }
        },
        9 => {
            let digit = random.bits() >> (random.bits() % 64);
            Thing::Wide { negative: one_in(random, 2), digits: random.bits() % 4, digit }
        }
        _ => Thing::Odd,
    }
}

/// The helper's answer for a handle if C wants this type. It depends on these two alone.
fn answer(ty: &Type, index: usize, handle: u64, pool: u64) -> Option<ResolvedHandle> {
    let hash = Random::new(Random::new(handle).bits() ^ index as u64).bits();
    match ty.as_scalar() {
        _ if hash.is_multiple_of(9) => None,
        Some(Scalar::Bool) => Some(ResolvedHandle { slot: hash & 1, len: 0 }),
        Some(scalar) => {
            Some(ResolvedHandle { slot: random::slot(scalar, &hash.to_le_bytes()[..scalar.size() as usize]), len: 0 })
        }
        None => {
            let (size, short) = (size_of_type(ty) as u64, u64::from((hash >> 20).is_multiple_of(9)));
            Some(ResolvedHandle { slot: pool + hash % 64, len: size.saturating_sub(short) })
        }
    }
}

/// C's arguments, and the memory for its result.
struct Called {
    slots: Vec<u64>,
    memory: Option<u64>,
}

/// One call.
struct Play {
    /// Words for the native function's parameters, with arbitrary bits beyond the types' bytes.
    words: Vec<u64>,
    /// The canonical slots of numbers.
    numbers: HashMap<usize, u64>,
    things: HashMap<usize, Thing>,
    result: Vec<u8>,
    /// True if an exception waits when C has returned.
    throws: bool,
    closed: bool,
    /// [`TINY_IS_ZERO`] or 0, and one of [`ROUNDINGS`].
    tiny: u32,
    rounding: u32,
}

impl Play {
    fn random(random: &mut Random, fixture: &Fixture, heaps: &mut [Heap], pool: u64, closed: bool) -> Self {
        let good = !one_in(random, 4);
        let (mut words, mut numbers, mut things) = (Vec::new(), HashMap::new(), HashMap::new());
        let (mut params, c) = (fixture.c.params().iter(), &fixture.c);
        for (index, (ty, role)) in fixture.model.native.params().iter().zip(&fixture.model.roles).enumerate() {
            // One thing that is wrong is enough.
            let good = good || !one_in(random, 3);
            let mut handle = |random: &mut Random, handles: u8, ty: &Type| {
                let heap = &mut heaps[usize::from(handles)];
                let thing = random_thing(random, heap, ty, pool, good);
                things.insert(index, thing);
                heap.handle(thing)
            };
            let word = match *role {
                FastCallRole::Argument => {
                    let (native, c) = (ty.as_scalar().unwrap(), params.next().unwrap().as_scalar().unwrap());
                    let word = random_word(random, native, c, good);
                    numbers.insert(index, word);
                    with_garbage(random, ty, word)
                }
                FastCallRole::Handle(handles) => handle(random, handles, params.next().unwrap()),
                FastCallRole::Result(handles) => handle(random, handles, c.result().unwrap()),
                FastCallRole::Ignored | FastCallRole::Exit | _ => random.bits(),
            };
            words.push(word);
        }
        let throws = one_in(random, 9);
        let result = c.result().map(|ty| {
            let bytes = random.value(&Layout::of(ty).unwrap());
            result_bytes(ty, &bytes)
        });
        let (tiny, rounding) = (pick(random, &[0, TINY_IS_ZERO]), pick(random, &ROUNDINGS));
        Self { words, numbers, things, result: result.unwrap_or_default(), throws, closed, tiny, rounding }
    }

    /// Returns true if a signalling NaN becomes another type's.
    fn has_signalling_nan(&self, fixture: &Fixture) -> bool {
        let signals = |native: &Type, word: u64| match native.as_scalar() {
            Some(Scalar::F64) => is_signalling(word),
            Some(Scalar::F32) => is_signalling_float(word as u32),
            _ => false,
        };
        let mut params = fixture.model.native.params().iter().enumerate().zip(&fixture.model.roles);
        let mut c = fixture.c.params().iter();
        params.any(|((index, native), role)| match role {
            FastCallRole::Argument => {
                let c = c.next().unwrap();
                c.as_scalar().is_some_and(Scalar::is_float) && c != native && signals(native, self.numbers[&index])
            }
            FastCallRole::Handle(_) => c.next().is_none(),
            FastCallRole::Ignored | FastCallRole::Result(_) | FastCallRole::Exit | _ => false,
        }) || fixture.c.result().is_some_and(|c| {
            c.as_scalar().is_some() && signals(c, u64::from_le_bytes(self.result[..8].try_into().unwrap()))
        })
    }

    /// The events that the model asks for.
    fn expected(&self, fixture: &Fixture, heaps: &[Heap], pool: u64) -> (Vec<Event>, Option<Called>) {
        let (model, params) = (&fixture.model, fixture.c.params());
        let raises = model.exit == Exit::Raise;
        let refused = |mut events: Vec<Event>, index, bits| {
            if raises {
                events.push(Event::Raise { index, bits });
            }
            (events, None)
        };
        let arguments = model
            .roles
            .iter()
            .enumerate()
            .filter(|(_, role)| matches!(role, FastCallRole::Argument | FastCallRole::Handle(_)));
        let result = model.roles.iter().enumerate().filter(|(_, role)| matches!(role, FastCallRole::Result(_)));
        // In the order of C's parameters, the result behind them.
        let arguments: Vec<_> = arguments.chain(result).enumerate().collect();
        let ty = |index: usize| params.get(index).or(fixture.c.result()).unwrap();
        let in_order = fixture.is_assembled();
        let mut slots = vec![0; arguments.len()];
        let mut handles = Vec::new();
        let refuses = |index: usize, slots: &mut Vec<u64>, param: usize| {
            let word = self.numbers[&param];
            let (native, c) = (model.native.params()[param].as_scalar().unwrap(), ty(index).as_scalar().unwrap());
            match converted(native, c, word) {
                Some(slot) => slots[index] = slot,
                None => return Some(word),
            }
            None
        };
        for &(index, (param, &role)) in &arguments {
            match role {
                FastCallRole::Argument => {
                    if let Some(bits) = refuses(index, &mut slots, param) {
                        return refused(Vec::new(), index, bits);
                    }
                }
                FastCallRole::Handle(of) | FastCallRole::Result(of) => {
                    handles.push((index, param, &heaps[usize::from(of)]))
                }
                FastCallRole::Ignored | FastCallRole::Exit | _ => unreachable!("these are arguments"),
            }
        }
        let mut slow = false;
        let reads = |index, param, heap: &Heap| {
            // Code that jumps to C reads words alone.
            if in_order && matches!(self.things[&param], Thing::Double(_)) {
                return None;
            }
            let is_result = index == params.len();
            (if is_result { Heap::writes } else { Heap::reads })(heap, self.things[&param], ty(index))
        };
        for &(index, param, heap) in &handles {
            let Some(slot) = reads(index, param, heap) else {
                slow = true;
                break;
            };
            if let Thing::Integer(_) = self.things[&param]
                && let Some(c) = ty(index).as_scalar().filter(|&c| is_integer(c))
                && !range(c).contains(&i128::from(slot as i64))
            {
                return refused(Vec::new(), index, slot);
            }
            slots[index] = slot;
        }
        let mut events = Vec::new();
        if slow {
            if in_order {
                // Code that jumps to C calls nothing else.
                assert!(!raises);
                return (events, None);
            }
            for &(index, param, heap) in &handles {
                if let Some(slot) =
                    reads(index, param, heap).filter(|_| matches!(self.things[&param], Thing::Bytes { .. }))
                {
                    slots[index] = slot;
                    continue;
                }
                let handle = self.words[param];
                events.push(Event::Resolve { index, handle });
                let Some(ResolvedHandle { slot, len }) = answer(ty(index), index, handle, pool) else {
                    return (events, None);
                };
                if ty(index).as_scalar().is_none() && len < size_of_type(ty(index)) as u64 {
                    return refused(events, index, len);
                }
                slots[index] = slot;
            }
        }
        if self.closed {
            return refused(events, 0, 0);
        }
        let memory = slots.get(params.len()).copied();
        slots.truncate(params.len());
        // SAFETY: structs are in the pool.
        let args = params.iter().zip(&slots).map(|(ty, &slot)| unsafe { random::seen(ty, slot) }).collect();
        events.push(Event::Called(args));
        if raises && self.throws && !model.caller_looks {
            events.push(Event::Raise { index: 0, bits: 0 });
        }
        (events, Some(Called { slots, memory }))
    }
}

/// The number or the bits that a result is returned as.
fn widened(c: Scalar, native: Scalar, slot: u64) -> u64 {
    match (c, native) {
        (Scalar::F32, Scalar::F64) => f64::from(f32::from_bits(slot as u32)).to_bits(),
        _ => slot,
    }
}

/// Counts: calls that reached C, refused calls, calls of assembled code.
#[derive(Default, Debug)]
struct Count {
    called: usize,
    refused: usize,
    helped: usize,
    assembled: usize,
}

fn run(seed: u64, functions: usize, calls: usize) -> Count {
    let aggregates = aggregates();
    let mut random = Random::new(seed);
    // Structs and buffers lie in it; C's results go there.
    let mut pool: Vec<u8> = vec![0; 4096];
    let mut count = Count::default();
    // It compiles nothing before the first call.
    let lazy = Jit::new().unwrap();
    for function in 0..functions {
        let mut heaps = [Heap::mapped(), Heap::tagged(), Heap::opaque()];
        let (c, model) = random_function(&mut random, &aggregates, &heaps);
        let at_first_call = function % 2 == 1;
        let mut fixture = if at_first_call { Fixture::at_first_call(&lazy, c, model) } else { Fixture::new(c, model) };
        for _ in 0..calls {
            for chunk in pool.chunks_mut(8) {
                // All bytes that are read as a `bool` are 0 or 1.
                chunk.copy_from_slice(&(random.bits() & 0x0101_0101_0101_0101).to_le_bytes());
            }
            let base = pool.as_mut_ptr().expose_provenance() as u64;
            let closed = one_in(&mut random, 25);
            let play = Play::random(&mut random, &fixture, &mut heaps, base, closed);
            if closed {
                fixture.close();
            }
            check(play, &fixture, &heaps, &mut pool, &mut count);
            if closed {
                fixture.reopen();
            }
        }
    }
    count
}

fn check(mut play: Play, fixture: &Fixture, heaps: &[Heap], pool: &mut [u8], count: &mut Count) {
    let base = pool.as_mut_ptr().expose_provenance() as u64;
    let mut flag = ExitFlag::new();
    let exit = fixture.model.roles.iter().position(|&role| role == FastCallRole::Exit);
    if let Some(exit) = exit {
        play.words[exit] = flag.word();
    }
    let context = || {
        let Fixture { c, model, .. } = fixture;
        let FastCallModel { native, roles, exit, caller_looks, .. } = model;
        let Play { words, numbers, things, closed, tiny, rounding, .. } = &play;
        let form = if fixture.is_assembled() { "assembled" } else { "compiled" };
        format!(
            "{c} as {native}, {form}\n{roles:?} {exit:?}, the caller looks: {caller_looks}\n{numbers:x?} {things:x?}\n\
             words {words:x?}, closed {closed}, MXCSR {tiny:#x} {rounding:#x}"
        )
    };
    let ((events, called), _) = environment::within(play.rounding, || play.expected(fixture, heaps, base));
    let params = fixture.c.params().to_vec();
    let types: Vec<_> = params.iter().chain(fixture.c.result()).cloned().collect();
    let resolve = Box::new(move |index: usize, handle| answer(&types[index], index, handle, base));
    let answers = Answers { result: play.result.clone(), throws: play.throws, resolve };
    let before = pool.to_vec();
    let (outcome, signalled) = environment::within(play.tiny | play.rounding, || fixture.call(&play.words, answers));
    if !play.has_signalling_nan(fixture) {
        assert_eq!(signalled & environment::INVALID, 0, "{}", context());
    }
    let CallOutcome { returned, events: seen, seen_exit } = outcome;
    // Throwing took the exception. Otherwise the caller's ordinary way takes it.
    let waits = engine::pending().is_set();
    engine::pending().set(false);
    assert_eq!(seen, events, "{}", context());
    let (is_flag, looks) = (fixture.model.exit == FLAG, fixture.model.caller_looks);
    assert_eq!(flag.is_set(), is_flag && called.is_none(), "{}", context());
    count.assembled += usize::from(fixture.is_assembled());
    count.helped += usize::from(events.iter().any(|event| matches!(event, Event::Resolve { .. })));
    let Some(Called { slots, memory }) = called else {
        count.refused += 1;
        assert_eq!(returned, 0, "{}", context());
        assert!(pool == before, "{}", context());
        return;
    };
    count.called += 1;
    if is_flag && !looks {
        assert_eq!(seen_exit, flag.0.as_mut_ptr().cast(), "{}", context());
    }
    assert_eq!(waits, (is_flag || looks) && play.throws, "{}", context());
    let is_raised = play.throws && !is_flag && !looks;
    if let Some(c) = fixture.c.result().and_then(Type::as_scalar) {
        let native = fixture.model.native.result().unwrap().as_scalar().unwrap();
        let slot = u64::from_le_bytes(play.result[..8].try_into().unwrap());
        let native_slot = widened(c, native, slot);
        assert_eq!(returned, if is_raised { 0 } else { native_slot }, "{}", context());
    }
    if let Some(memory) = memory {
        let ty = fixture.c.result().unwrap();
        let at = (memory - base) as usize;
        let (kept, size) = (random::kept(ty), size_of_type(ty));
        let bytes = kept.iter().enumerate().all(|(byte, kept)| !kept || pool[at + byte] == play.result[byte]);
        let around = pool[..at] == before[..at] && pool[at + size..] == before[at + size..];
        assert!(bytes && around, "{}\n{:x?} is not {:x?}", context(), &pool[at..at + size], play.result);
        pool.copy_from_slice(&before);
    } else {
        assert!(pool == before, "{}", context());
    }
    // This call by slots.
    let mut to = vec![0u64; play.result.len() / 8 + 3];
    let to = to.as_mut_ptr();
    // SAFETY: one of these is a multiple of 16.
    let to = unsafe { to.byte_add(to.align_offset(16) * 8) };
    let direct = fixture.call_directly(&slots, play.result.clone(), to);
    assert!(direct.iter().eq(events.iter().filter(|event| matches!(event, Event::Called(_)))), "{}", context());
}

#[test]
fn native_functions_do_what_their_models_say() {
    let count = run(1, FUNCTIONS, CALLS);
    let all = FUNCTIONS * CALLS;
    assert!(count.called > all / 4 && count.refused > all / 6, "{count:?}");
    assert!(count.helped > all / 10 && count.assembled > all / 7, "{count:?}");
}

#[test]
#[ignore = "takes a minute, which CI has"]
fn many_more_functions_do_what_their_models_say() {
    for seed in 2..42 {
        eprintln!("{seed}: {:?}", run(seed, FUNCTIONS, CALLS));
    }
}
