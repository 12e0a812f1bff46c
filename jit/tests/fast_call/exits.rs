//! Ways out of a call: flags at any offset, closed records, and the exit as C and the next caller see it.

use std::ptr;

use hotcall_jit::engine::fast_call::Exit;
use hotcall_jit::engine::values::Pending;
use hotcall_jit::{FastCall, Jit, Options};

use crate::engine::{self, Event};
use crate::forms::{self, fixture, looking};
use crate::native::{Answers, ExitFlag, FLAG, Fixture};

/// Assembled functions, compiled ones that refuse before they ask a helper, and compiled ones that refuse no argument.
const CASES: [(&str, &str, &str); 8] = [
    ("(i32) -> i32", "(i64, pointer) -> i32", "ax"),
    ("(i32) -> i32", "(i64, pointer) -> i64", "ax"),
    ("(i32, 9*i64) -> f64", "(i64, 9*i64, pointer) -> f64", "aaaaaaaaaax"),
    ("(i32, 9*i64) -> f32", "(i64, 9*i64, pointer) -> f64", "aaaaaaaaaax"),
    ("() -> u64", "(pointer) -> u64", "x"),
    ("() -> u32", "(pointer) -> u64", "x"),
    ("(u8, 7*i64) -> u64", "(u8, 7*i64, pointer) -> u64", "aaaaaaaax"),
    ("(u8, 7*i64) -> u8", "(u8, 7*i64, pointer) -> u64", "aaaaaaaax"),
];

/// The exits of native functions, each with and without a caller that looks for exceptions.
const WAYS: [(Exit, bool); 4] = [(FLAG, false), (FLAG, true), (Exit::Raise, false), (Exit::Raise, true)];

fn made((c, native, roles): (&str, &str, &str), (exit, caller_looks): (Exit, bool)) -> Fixture {
    forms::made(c, native, roles, exit, caller_looks)
}

fn call(fixture: &Fixture, first: u64, exit: u64) -> (Vec<Event>, u64) {
    let mut words = vec![first; fixture.model.roles.len()];
    *words.last_mut().unwrap() = exit;
    let outcome = fixture.call(&words, Answers::returning(3_u64.to_le_bytes()));
    (outcome.events, outcome.returned)
}

#[test]
fn closed_records_leave_and_can_be_opened_again() {
    for (c, native, roles) in CASES {
        for (exit, caller_looks) in WAYS {
            let mut fixture = made((c, native, roles), (exit, caller_looks));
            let mut flag = ExitFlag::new();
            for _ in 0..2 {
                let (events, _) = call(&fixture, 1, flag.word());
                assert!(matches!(events[..], [Event::Called(_)]) && !flag.take(), "{c} as {native}");
                fixture.close();
                let (events, returned) = call(&fixture, 1, flag.word());
                if exit == FLAG {
                    assert_eq!((events, returned), (vec![], 0), "{c} as {native}");
                } else {
                    assert_eq!(events, [Event::Raise { index: 0, bits: 0 }], "{c} as {native}");
                }
                assert_eq!(flag.take(), exit == FLAG, "{c} as {native}");
                fixture.reopen();
            }
        }
    }
}

/// A function without an address counts as closed.
#[test]
fn functions_without_an_address_are_closed() {
    for ((c, native, roles), looks) in CASES.iter().flat_map(|case| [(*case, false), (*case, true)]) {
        let fixture = made((c, native, roles), (FLAG, looks));
        let pending = Pending::new();
        let caller = Jit::shared().unwrap().slots(&fixture.model.native, Options::default()).unwrap();
        let mut flag = ExitFlag::new();
        let mut words = vec![1; fixture.model.roles.len()];
        *words.last_mut().unwrap() = flag.word();
        // SAFETY: no function is called; the record outlives its native function.
        unsafe {
            let record = FastCall::record(ptr::null(), &pending);
            let native = fixture.code.bind(&record).unwrap();
            assert!(record.is_closed(), "{c}");
            (caller.entry())(native.entry(), words.as_ptr(), &mut 0, ptr::null_mut());
        }
        assert!(flag.is_set(), "{c} as {native}");
    }
}

/// The argument's error comes first.
#[test]
fn closed_records_refuse_arguments_too() {
    for (c, native, roles) in &CASES[..4] {
        for caller_looks in [false, true] {
            let fixture = made((c, native, roles), (Exit::Raise, caller_looks));
            fixture.close();
            let (events, _) = call(&fixture, 1 << 31, 0);
            assert_eq!(events, [Event::Raise { index: 0, bits: 1 << 31 }], "{c} as {native}");
        }
    }
}

#[test]
fn the_exit_is_there_while_c_runs() {
    for (c, native, roles) in CASES {
        let flagged = fixture(c, native, roles, FLAG);
        let others = [(FLAG, true), (Exit::Raise, false), (Exit::Raise, true)];
        let others = others.map(|way| made((c, native, roles), way));
        let mut flags = [ExitFlag::new(), ExitFlag::new()];
        let mut see = |fixture: &Fixture, flag: usize| {
            let mut words = vec![1; fixture.model.roles.len()];
            *words.last_mut().unwrap() = flags[flag].word();
            let outcome = fixture.call(&words, Answers::returning([0; 8]));
            let [first, second] = flags.each_mut().map(|flag| flag.0.as_mut_ptr().cast());
            (outcome.seen_exit == first, outcome.seen_exit == second)
        };
        assert_eq!(see(&flagged, 0), (true, false), "{c} as {native}");
        assert_eq!(see(&flagged, 1), (false, true), "{c} as {native}");
        // Functions that throw do not set the flag, nor do functions whose caller looks.
        for other in &others {
            assert_eq!(see(other, 0), (false, true), "{c} as {native}");
        }
        assert_eq!(engine::pending().exit(), flags[1].0.as_mut_ptr().cast(), "{c} as {native}");
    }
}

#[test]
fn flags_are_at_any_offset() {
    for offset in [0, 1, 127, 128, i32::MAX as u32, 1 << 31, u32::MAX] {
        for (case, caller_looks) in CASES.iter().flat_map(|case| [(*case, false), (*case, true)]) {
            let fixture = made(case, (Exit::Flag { offset }, caller_looks));
            let mut flag = [0xc0_u8; 3];
            fixture.close();
            let exit = (&raw mut flag[1]).expose_provenance() as u64;
            call(&fixture, 1, exit.wrapping_sub(offset.into()));
            assert_eq!(flag, [0xc0, 1, 0xc0], "{case:?}");
        }
    }
}

/// Without a parameter for it, helpers get null.
#[test]
fn raising_needs_no_parameter() {
    for (native, result) in
        [("(i64) -> i32", "i32"), ("(i64) -> i64", "i32"), ("(f64) -> i32", "i32"), ("(pointer) -> i32", "i32")]
    {
        let roles = if native.contains("pointer") { "h" } else { "a" };
        let c = format!("(i8) -> {result}");
        let mut heap = crate::heap::Heap::mapped();
        let (word, bits) = match native {
            "(f64) -> i32" => (0.5_f64.to_bits(), 0.5_f64.to_bits()),
            "(pointer) -> i32" => (heap.handle(crate::heap::Thing::Integer(-129)), -129_i64 as u64),
            _ => (128, 128),
        };
        for caller_looks in [false, true] {
            let fixture = made((&c, native, roles), (Exit::Raise, caller_looks));
            let outcome = fixture.call(&[word], Answers::returning([0; 8]));
            assert_eq!(outcome.events, [Event::Raise { index: 0, bits }], "{native}");
        }
    }
    // Closing does not make a difference either.
    for (c, native, roles) in [("()", "()", ""), ("(f64) -> f64", "(pointer, f64) -> f64", "_a")] {
        let fixture = looking(c, native, roles, Exit::Raise);
        fixture.close();
        let outcome = fixture.call(&vec![7; roles.len()], Answers::returning([]));
        assert_eq!(outcome.events, [Event::Raise { index: 0, bits: 0 }], "{native}");
    }
}

/// An argument takes the place of an exit that arrives on the stack, or in a register.
#[test]
fn exits_whose_places_arguments_take_are_kept() {
    for (c, native, roles) in [
        ("(7*i64, i8)", "(6*i64, pointer, 2*i64)", "aaaaaaxaa"),
        ("(i64, i8)", "(pointer, 2*i64)", "xaa"),
        // The second argument is moved through it.
        ("(i64, i8, u16)", "(i64, pointer, 2*i64)", "axaa"),
    ] {
        for way in WAYS {
            let fixture = made((c, native, roles), way);
            assert_eq!(fixture.is_assembled(), way.0 == FLAG, "{c} as {native}, {way:?}");
            let (mut flag, mut argument) = (ExitFlag::new(), ExitFlag::new());
            let mut words = vec![argument.word(); roles.len()];
            words[roles.find('x').unwrap()] = flag.word();
            let last = fixture.c.params().len() - 1;
            let events = fixture.call(&words, Answers::returning([])).events;
            assert!(!argument.is_set() && flag.take() == (way.0 == FLAG), "{c} as {native}, {way:?}");
            match (way.0, &events[..]) {
                (Exit::Flag { .. }, []) => {}
                (Exit::Raise, &[Event::Raise { index, bits }]) => {
                    assert!((1..=last).contains(&index) && bits == argument.word());
                }
                _ => panic!("{c} as {native}, {way:?}: {events:?}"),
            }
        }
    }
    for (c, native, roles) in [("(7*i64)", "(6*i64, pointer, i64)", "aaaaaaxa"), ("(i64)", "(pointer, i64)", "xa")] {
        let fixture = looking(c, native, roles, Exit::Raise);
        assert!(!fixture.is_assembled());
        let mut flag = ExitFlag::new();
        let mut words = vec![7; roles.len()];
        words[roles.find('x').unwrap()] = flag.word();
        fixture.close();
        // The helper compares the exit.
        assert_eq!(fixture.call(&words, Answers::returning([])).events, [Event::Raise { index: 0, bits: 0 }]);
    }
}

/// The helper that raises gets the parameter of the exit, wherever that arrives.
#[test]
fn jumps_to_the_helper_take_the_exit() {
    for place in 0..12 {
        let native = format!("({}pointer{})", "pointer, ".repeat(place), ", i64".repeat(11 - place));
        let fixture = looking("()", &native, &format!("{:_<12}", format!("{:_>1$}", "x", place + 1)), Exit::Raise);
        assert!(fixture.is_assembled());
        fixture.close();
        let mut flag = ExitFlag::new();
        let mut words = vec![0xbad; 12];
        words[place] = flag.word();
        // The helper compares.
        assert_eq!(fixture.call(&words, Answers::returning([])).events, [Event::Raise { index: 0, bits: 0 }]);
    }
}

/// An exception that a callback left while C ran. Functions that throw raise it with the exit. Others leave it for callers that
/// look.
#[test]
fn exceptions_wait_until_c_has_returned() {
    for (c, native, roles) in CASES {
        for (exit, caller_looks) in WAYS {
            let fixture = made((c, native, roles), (exit, caller_looks));
            let mut flag = ExitFlag::new();
            let mut words = vec![1; fixture.model.roles.len()];
            *words.last_mut().unwrap() = flag.word();
            let answers = Answers { throws: true, ..Answers::returning([0; 8]) };
            let events = fixture.call(&words, answers).events;
            let waits = engine::pending().is_set();
            engine::pending().set(false);
            match (exit, &events[..]) {
                (Exit::Raise, [Event::Called(_), Event::Raise { index: 0, bits: 0 }]) if !waits && !caller_looks => {}
                // The callback has set the flag, or the caller looks.
                (_, [Event::Called(_)]) if waits && (exit == FLAG || caller_looks) => {}
                _ => panic!("{c} as {native}: {events:?}"),
            }
            assert!(!flag.is_set());
        }
    }
}
