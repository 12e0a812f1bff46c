//! The two forms of native functions: assembled ones, which check and move their arguments and jump to C, and compiled ones.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole};
use hotcall_jit::engine::values::Pending;
use hotcall_jit::{Abi, FastCall, Jit, Options, Scalar, Type};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::Random;

use crate::engine::Event;
use crate::heap::{Heap, Thing};
use crate::native::{Answers, ExitFlag, FLAG, Fixture};
use crate::numbers::{INTEGERS, converted};

/// A native function for `c` with these types; the roles in letters: `_` ignored, `a` argument, `h` handle, `x` exit.
pub(crate) fn fixture(c: &str, native: &str, roles: &str, exit: Exit) -> Fixture {
    made(c, native, roles, exit, false)
}

/// The fixture of a function whose caller looks for exceptions.
pub(crate) fn looking(c: &str, native: &str, roles: &str, exit: Exit) -> Fixture {
    made(c, native, roles, exit, true)
}

pub(crate) fn made(c: &str, native: &str, roles: &str, exit: Exit, caller_looks: bool) -> Fixture {
    let role = |letter| match letter {
        '_' => FastCallRole::Ignored,
        'a' => FastCallRole::Argument,
        'h' => FastCallRole::Handle(0),
        'r' => FastCallRole::Result(0),
        'x' => FastCallRole::Exit,
        _ => panic!("{roles:?}"),
    };
    let model = FastCallModel::new(Abi::host().unwrap(), notation::signature(native), roles.chars().map(role), exit)
        .handles([Heap::mapped().handles])
        .caller_looks(caller_looks);
    Fixture::new(notation::signature(c), model)
}

fn flagged(c: &str, native: &str, roles: &str) -> Fixture {
    fixture(c, native, roles, FLAG)
}

/// The most frequent calls of an optimising compiler.
#[test]
fn simple_functions_have_no_frame() {
    let cases = [
        ("()", "(pointer, pointer)", "_x"),
        ("(i32, i32) -> i32", "(pointer, pointer, pointer, pointer) -> i32", "_hhx"),
        ("(i8, u16) -> i8", "(pointer, pointer, pointer, pointer) -> i8", "_hhx"),
        ("(i32, i32) -> i32", "(pointer, i64, i64, pointer) -> i32", "_aax"),
        ("(i32, i32) -> i32", "(i64, i64, pointer) -> i32", "aax"),
        ("(u8, i16, u32) -> u32", "(pointer, i64, i64, i64, pointer) -> u32", "_aaax"),
        ("(f64, f32) -> f32", "(pointer, f64, f32, pointer) -> f32", "_aax"),
        ("(i64, pointer) -> pointer", "(pointer, i64, pointer, pointer) -> pointer", "_aax"),
        ("(bool, i32) -> bool", "(pointer, bool, i64, pointer) -> bool", "_aax"),
        ("(12*i32) -> i32", "(pointer, f64, 11*i64, pointer) -> i32", "_aaaaaaaaaaaax"),
        ("(12*i32) -> i32", "(pointer, 12*pointer, pointer) -> i32", "_hhhhhhhhhhhhx"),
        ("(i32, ..., f64) -> i32", "(pointer, i64, f64, pointer) -> i32", "_aax"),
        // The arguments go where the exit arrives.
        ("(u32, u32) -> u32", "(pointer, f64, f64, pointer) -> u32", "_aax"),
        ("(u32, 7*f64, i32)", "(f64, pointer, 7*f64, i64)", "axaaaaaaaa"),
    ];
    for (c, native, roles) in cases {
        assert!(flagged(c, native, roles).is_assembled(), "{c} as {native}");
        assert!(looking(c, native, roles, FLAG).is_assembled(), "{c} as {native}");
    }
    // A result in the same register that has more bytes, structs, numbers that may have more digits than a register.
    let cases = [
        ("(i32) -> i8", "(i64, pointer) -> i32", "ax"),
        ("(f32) -> f32", "(f32, pointer) -> f64", "ax"),
        ("(struct {i32})", "(pointer, pointer)", "hx"),
        ("() -> struct {i32}", "(pointer, pointer)", "rx"),
        ("(i64)", "(f64, pointer)", "ax"),
        ("(bool)", "(pointer, pointer)", "hx"),
    ];
    for (c, native, roles) in cases {
        assert!(!flagged(c, native, roles).is_assembled(), "{c} as {native}");
        assert!(!looking(c, native, roles, FLAG).is_assembled(), "{c} as {native}");
    }
}

/// Functions that throw do not have a frame either, if they only refuse to call closed functions.
#[test]
fn functions_that_refuse_no_argument_have_no_frame() {
    let cases = [
        ("()", "()", ""),
        ("()", "(pointer)", "_"),
        ("() -> f64", "(pointer, pointer) -> f64", "_x"),
        ("(f64, f32) -> f32", "(pointer, f64, f32) -> f32", "_aa"),
        ("(i64, pointer, u8) -> pointer", "(pointer, i32, pointer, u8, pointer) -> pointer", "_aaax"),
        ("(10*f64, bool) -> bool", "(8*i64, 10*f64, bool, pointer) -> bool", "________aaaaaaaaaaax"),
    ];
    for (c, native, roles) in cases {
        assert!(looking(c, native, roles, Exit::Raise).is_assembled(), "{c} as {native}");
        assert!(!fixture(c, native, roles, Exit::Raise).is_assembled(), "{c} as {native}");
    }
    let cases = [
        ("(i32)", "(pointer, i64)", "_a"),
        ("(i32)", "(pointer, f64)", "_a"),
        ("(i32)", "(pointer, pointer)", "_h"),
        // An argument goes where the exit arrives, which the helper needs.
        ("(i64)", "(pointer, i64)", "xa"),
    ];
    for (c, native, roles) in cases {
        assert!(!looking(c, native, roles, Exit::Raise).is_assembled(), "{c} as {native}");
    }
}

/// Code is shorter if it does not keep the exit for callbacks.
#[test]
fn callers_that_look_save_a_store() {
    let cases = [
        ("()", "(pointer, pointer)", "_x"),
        ("(i32, i32)", "(pointer, pointer, pointer, pointer)", "_hhx"),
        ("(12*i32)", "(pointer, 12*pointer, pointer)", "_hhhhhhhhhhhhx"),
        ("(i8) -> i8", "(i64, pointer) -> i32", "ax"),
    ];
    let len = |fixture: Fixture| fixture.code.code().len();
    for (c, native, roles) in cases {
        for exit in [FLAG, Exit::Raise] {
            let [looking, not] = [looking(c, native, roles, exit), fixture(c, native, roles, exit)].map(len);
            assert!(looking + 10 < not, "{c} as {native}, {exit:?}: {looking} and {not} bytes");
        }
    }
}

#[test]
fn arguments_that_stay_where_they_are_take_no_instruction() {
    let cases = [
        ("(i32, i64, pointer, f64, f32, u32)", "(i32, i64, pointer, f64, f32, u32, pointer)", "aaaaaax"),
        ("(8*i64, 8*f64, f32, u64)", "(8*i64, 8*f64, f32, u64, pointer)", "aaaaaaaaaaaaaaaaaax"),
        ("(7*u32, i32)", "(7*u32, i32, pointer)", "aaaaaaaax"),
    ];
    for (c, native, roles) in cases {
        let taken = flagged(c, native, roles);
        let nothing = flagged("()", native, &roles.replace('a', "_"));
        assert!(taken.is_assembled());
        assert_eq!(taken.code.code(), nothing.code.code(), "{c}");
    }
}

#[test]
fn checked_integers_that_stay_where_they_are_are_not_moved() {
    let nothing = flagged("()", "(i64, i64, pointer)", "__x");
    for c in ["(i32, i32)", "(u32, u32)", "(i8, i16)"] {
        let checked = flagged(c, "(i64, i64, pointer)", "aax");
        // Each is extended to another register, compared, and jumped from: 4, 3 and 6 bytes.
        let more = checked.code.code().len() - nothing.code.code().len();
        assert!(more <= 2 * 13, "{c}: {more} bytes");
    }
}

#[test]
fn doubles_for_one_type_share_the_bound_of_their_check() {
    // The exit is kept from the first one on.
    let lens = [("(i32)", "aix"), ("(i32, i32)", "aaiix"), ("(i32, i32, i32)", "aaaiiix")].map(|(c, roles)| {
        let count = c.matches("i32").count();
        let native = format!("({count}*f64, {count}*i64, pointer)");
        flagged(c, &native, &roles.replace('i', "_")).code.code().len()
    });
    // 10 bytes load the bound.
    assert_eq!(lens[2] - lens[1], lens[1] - lens[0], "{lens:?}");
    let mixed = flagged("(i32, i16)", "(2*f64, 2*i64, pointer)", "aa__x").code.code().len();
    assert_eq!(mixed, lens[1] + 10);
}

/// A function whose result the native function returns as it is, and one whose result it widens.
fn both_forms(c: &str, native: &str, roles: &str, caller_looks: bool) -> [Fixture; 2] {
    let pair = [("i8", "i8"), ("i8", "i64")].map(|(result, wider)| {
        made(&format!("{c} -> {result}"), &format!("{native} -> {wider}"), roles, FLAG, caller_looks)
    });
    assert_eq!(pair.each_ref().map(Fixture::is_assembled), [true, false], "{c} as {native}");
    pair
}

fn random_word(random: &mut Random, heap: &mut Heap, ty: &Type, role: FastCallRole) -> u64 {
    const BORDERS: [i64; 9] = [0, 1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, i64::MAX, 5];
    let border = BORDERS[(random.bits() % 9) as usize];
    let number = border.wrapping_add((random.bits() % 3) as i64 - 1).wrapping_mul(if random.bits().is_multiple_of(2) {
        1
    } else {
        -1
    });
    match (role, ty.as_scalar()) {
        (FastCallRole::Handle(_), _) => heap.handle(Thing::Integer((number as i32).into())),
        (_, Some(Scalar::F64)) => (number as f64 + if random.bits().is_multiple_of(8) { 0.5 } else { 0.0 }).to_bits(),
        (_, Some(Scalar::Bool)) => random.bits() & !0xfe,
        _ => number as u64,
    }
}

#[test]
fn both_forms_agree() {
    let cases = [
        ("(i32, i8)", "(pointer, i64, i64, pointer)", "_aax"),
        ("(u32, u8)", "(pointer, f64, f64, pointer)", "_aax"),
        ("(i32, u16)", "(pointer, pointer, pointer, pointer)", "_hhx"),
        ("(u64, u64)", "(i32, i16, pointer)", "aax"),
        ("(i8, u8)", "(u8, i8, pointer)", "aax"),
        ("(i64, usize)", "(u64, isize, pointer)", "aax"),
        ("(9*i32)", "(pointer, f64, 8*i64, pointer)", "_aaaaaaaaax"),
        ("(8*u16, 9*f32)", "(8*i32, 9*f32, pointer)", "aaaaaaaaaaaaaaaaax"),
        ("(pointer, f64, bool)", "(pointer, pointer, f64, bool, pointer)", "_aaax"),
    ];
    let mut random = Random::new(3);
    let (mut called, mut refused) = (0, 0);
    for (c, native, roles) in cases {
        for caller_looks in [false, true] {
            let pair = both_forms(c, native, roles, caller_looks);
            let mut heap = Heap::mapped();
            for _ in 0..400 {
                let model = &pair[0].model;
                let params = model.native.params().iter().zip(&model.roles);
                let mut words: Vec<_> =
                    params.map(|(ty, &role)| random_word(&mut random, &mut heap, ty, role)).collect();
                let mut flag = ExitFlag::new();
                words[roles.find('x').unwrap()] = flag.word();
                let outcomes = pair.each_ref().map(|fixture| {
                    let outcome = fixture.call(&words, Answers::returning((-16_i64).to_le_bytes()));
                    let seen_exit = if caller_looks { ptr::null_mut() } else { outcome.seen_exit };
                    (outcome.events, seen_exit, flag.take(), outcome.returned)
                });
                let [first, second] = outcomes;
                let is_called = matches!(first.0[..], [Event::Called(_)]);
                assert_eq!(first, second, "{c} as {native} {words:x?}");
                *(if is_called { &mut called } else { &mut refused }) += 1;
            }
        }
    }
    assert!(called > 2000 && refused > 2000, "{called} calls, {refused} refusals");
}

/// Both forms take the doubles that are integers of C's type, and no others.
#[test]
fn both_forms_take_doubles_that_are_integers() {
    let borders =
        [0.0, 127.0, 128.0, 255.0, 32768.0, 65535.0, 2f64.powi(31), 2f64.powi(32), 2f64.powi(53), 2f64.powi(63)];
    let numbers =
        borders.into_iter().flat_map(|border| [border - 1.0, border, border + 1.0, border + 0.5, border.next_down()]);
    let odd =
        [f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX, f64::from_bits(0x7ff0_0000_0000_0001), 2f64.powi(64)];
    let numbers: Vec<_> = numbers.chain(odd).flat_map(|number| [number, -number]).collect();
    for c in INTEGERS {
        // The second argument is wrong, so that those before it are on their way.
        for (result, exit) in ["i32", "i64"].iter().flat_map(|result| [(result, FLAG), (result, Exit::Raise)]) {
            let fixture =
                fixture(&format!("(i64, {c}) -> i32"), &format!("(i64, f64, i8, pointer) -> {result}"), "aa_x", exit);
            for &number in &numbers {
                let mut flag = ExitFlag::new();
                let words = [7, number.to_bits(), 0, flag.word()];
                let outcome = fixture.call(&words, Answers::returning([0; 8]));
                let context = || format!("{number} as {c}, {exit:?}, assembled {}", fixture.is_assembled());
                match converted(Scalar::F64, c, number.to_bits()) {
                    Some(slot) => {
                        let args = [7, slot].map(|slot: u64| slot.to_le_bytes().to_vec());
                        assert_eq!(outcome.events, [Event::Called(args.into())], "{}", context());
                    }
                    None if exit == FLAG => assert!(outcome.events.is_empty() && flag.is_set(), "{}", context()),
                    None => {
                        let bits = number.to_bits();
                        assert_eq!(outcome.events, [Event::Raise { index: 1, bits }], "{}", context());
                    }
                }
            }
            assert_eq!(fixture.is_assembled(), c.size() < 8 && *result == "i32" && exit == FLAG, "{c}, {exit:?}");
        }
    }
}

/// A callee that returns al, for any arguments.
const AL: &str = r#"
__asm__(".globl fast_call_al\n.type fast_call_al, @function\nfast_call_al:\n    movzbl %al, %eax\n    ret\n");
"#;

#[test]
fn al_counts_the_vector_registers_of_c() {
    let (_, library) = fixture::load_all(AL).remove(0);
    // SAFETY: the symbol is a function, of which the address is taken.
    let target = unsafe { *library.get::<*const c_void>(b"fast_call_al").unwrap() };
    let cases = [
        ("(i32, ...)", "(i64, pointer, 3*f64)", "ax___", 0),
        ("(i32, ..., f64)", "(i64, f64, pointer)", "aax", 1),
        ("(f64, ..., f64, i32, f64)", "(f64, f64, i64, f64, pointer)", "aaaax", 3),
        ("(i32, ..., 9*f64)", "(i64, 9*f64, pointer)", "aaaaaaaaaax", 8),
    ];
    for (c, native, roles, vectors) in cases {
        for result in ["i32", "i64"] {
            let fixture = flagged(&format!("{c} -> i32"), &format!("{native} -> {result}"), roles);
            assert_eq!(fixture.is_assembled(), result == "i32", "{c}");
            let caller = Jit::shared().unwrap().slots(&fixture.model.native, Options::default()).unwrap();
            let (mut flag, pending) = (ExitFlag::new(), Pending::new());
            let mut words = vec![0; fixture.model.roles.len()];
            words[roles.find('x').unwrap()] = flag.word();
            let mut returned = 0;
            // SAFETY: the function takes any arguments; its record outlives its native function.
            unsafe {
                let record = FastCall::record(target, &pending);
                let native = fixture.code.bind(&record).unwrap();
                (caller.entry())(native.entry(), words.as_ptr(), &mut returned, ptr::null_mut());
            }
            assert_eq!(returned, vectors, "{c} as {native}");
        }
    }
}
