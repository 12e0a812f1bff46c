//! Ways out of a call: flags wherever they are, closed records, and what C and the next caller see of the exit.

use std::ptr;

use hotcall_jit::typed::Exit;
use hotcall_jit::values::Pending;
use hotcall_jit::{Jit, Options, Typed};

use crate::engine::{self, Event};
use crate::forms::fixture;
use crate::native::{Answers, ExitFlag, FLAG, Fixture};

/// An assembled function, a compiled one that is refused before it asks a helper, and one with nothing to refuse.
const CASES: [(&str, &str, &str); 6] = [
    ("(i32) -> i32", "(i64, pointer) -> i32", "ax"),
    ("(i32) -> i32", "(i64, pointer) -> i64", "ax"),
    ("(i32, 9*i64) -> f64", "(i64, 9*i64, pointer) -> f64", "aaaaaaaaaax"),
    ("(i32, 9*i64) -> f32", "(i64, 9*i64, pointer) -> f64", "aaaaaaaaaax"),
    ("() -> u64", "(pointer) -> u64", "x"),
    ("() -> u32", "(pointer) -> u64", "x"),
];

fn call(fixture: &Fixture, first: u64, exit: u64) -> (Vec<Event>, u64) {
    let mut words = vec![first; fixture.model.roles.len()];
    *words.last_mut().unwrap() = exit;
    let outcome = fixture.call(&words, Answers::returning(3_u64.to_le_bytes()));
    (outcome.events, outcome.returned)
}

#[test]
fn closed_records_leave_and_can_be_opened_again() {
    for (c, native, roles) in CASES {
        for exit in [FLAG, Exit::Raise] {
            let mut fixture = fixture(c, native, roles, exit);
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

/// A function that has no address is one that was closed.
#[test]
fn functions_without_an_address_are_closed() {
    for (c, native, roles) in CASES {
        let fixture = fixture(c, native, roles, FLAG);
        let pending = Pending::new();
        let caller = Jit::shared().unwrap().slots(&fixture.model.native, Options::default()).unwrap();
        let mut flag = ExitFlag::new();
        let mut words = vec![1; fixture.model.roles.len()];
        *words.last_mut().unwrap() = flag.word();
        // SAFETY: no function is called; the record outlives its native function.
        unsafe {
            let record = Typed::record(ptr::null(), &pending);
            let native = fixture.typed.bind(&record).unwrap();
            assert!(record.is_closed(), "{c}");
            (caller.entry())(native.entry(), words.as_ptr(), &mut 0, ptr::null_mut());
        }
        assert!(flag.is_set(), "{c} as {native}");
    }
}

/// What is wrong with the argument comes first.
#[test]
fn closed_records_refuse_arguments_too() {
    for (c, native, roles) in &CASES[..4] {
        let fixture = fixture(c, native, roles, Exit::Raise);
        fixture.close();
        let (events, _) = call(&fixture, 1 << 31, 0);
        assert_eq!(events, [Event::Raise { index: 0, bits: 1 << 31 }], "{c} as {native}");
    }
}

#[test]
fn the_exit_is_there_while_c_runs() {
    for (c, native, roles) in CASES {
        let flagged = fixture(c, native, roles, FLAG);
        let raising = fixture(c, native, roles, Exit::Raise);
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
        // Those that throw leave it alone.
        assert_eq!(see(&raising, 0), (false, true), "{c} as {native}");
        assert_eq!(engine::pending().exit(), flags[1].0.as_mut_ptr().cast(), "{c} as {native}");
    }
}

#[test]
fn flags_are_at_any_offset() {
    for offset in [0, 1, 127, 128, i32::MAX as u32, 1 << 31, u32::MAX] {
        for (c, native, roles) in CASES {
            let fixture = fixture(c, native, roles, Exit::Flag { offset });
            let mut flag = [0xc0_u8; 3];
            fixture.close();
            let exit = (&raw mut flag[1]).expose_provenance() as u64;
            call(&fixture, 1, exit.wrapping_sub(offset.into()));
            assert_eq!(flag, [0xc0, 1, 0xc0], "{c} as {native}");
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
        let fixture = fixture(&format!("(i8) -> {result}"), native, roles, Exit::Raise);
        let mut heap = crate::heap::Heap::mapped();
        let (word, bits) = match native {
            "(f64) -> i32" => (0.5_f64.to_bits(), 0.5_f64.to_bits()),
            "(pointer) -> i32" => (heap.handle(crate::heap::Thing::Integer(-129)), -129_i64 as u64),
            _ => (128, 128),
        };
        let outcome = fixture.call(&[word], Answers::returning([0; 8]));
        assert_eq!(outcome.events, [Event::Raise { index: 0, bits }], "{native}");
    }
}

/// An exception that a callback left while C ran: it is raised with the exit, where that is how functions throw.
#[test]
fn exceptions_wait_until_c_has_returned() {
    for (c, native, roles) in CASES {
        for exit in [FLAG, Exit::Raise] {
            let fixture = fixture(c, native, roles, exit);
            let mut flag = ExitFlag::new();
            let mut words = vec![1; fixture.model.roles.len()];
            *words.last_mut().unwrap() = flag.word();
            let answers = Answers { throws: true, ..Answers::returning([0; 8]) };
            let events = fixture.call(&words, answers).events;
            let waits = engine::pending().is_set();
            engine::pending().set(false);
            match (exit, &events[..]) {
                (Exit::Raise, [Event::Called(_), Event::Raise { index: 0, bits: 0 }]) if !waits => {}
                // The callback has set the flag.
                (Exit::Flag { .. }, [Event::Called(_)]) if waits => {}
                _ => panic!("{c} as {native}: {events:?}"),
            }
            assert!(!flag.is_set());
        }
    }
}
