//! Scalars as arguments and results.

use std::ffi::c_void;

use hotcall_testing::c_text::Text;
use hotcall_testing::callers::{self, Caller, caller, whole_words};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::types::SCALARS;
use hotcall_testing::ways;

use crate::fixtures::{self, bound};

/// In registers, on the stack, and as the result.
#[test]
fn scalars_arrive_in_every_place() {
    let signatures = SCALARS.iter().flat_map(|scalar| {
        [
            format!("() -> {scalar}"),
            format!("({scalar}) -> {scalar}"),
            format!("(16*{scalar}) -> {scalar}"),
            format!("(6*i64, 8*f64, {scalar}, i8, {scalar}, {scalar})"),
        ]
    });
    fixtures::check(signatures.chain(["()".into()]));
}

#[test]
fn scalars_arrive_at_every_position() {
    let signatures = ["i8", "u16", "i32", "u64", "bool", "f32", "f64"].iter().flat_map(|scalar| {
        (0..16).map(move |position| {
            let filler = |at| if at % 2 == 0 { "u8" } else { "f32" };
            let params: Vec<_> = (0..16).map(|at| if at == position { scalar } else { filler(at) }).collect();
            format!("({}) -> {scalar}", params.join(", "))
        })
    });
    fixtures::check(signatures);
}

#[test]
fn twenty_arguments_of_all_kinds_arrive() {
    let signatures = [
        "(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, bool, f32, f64, pointer, bool, f32, i8, f64, u16, buffer)",
        "(f32, i8, f64, u8, f32, i16, f64, u16, f32, i32, f64, u32, f32, i64, f64, bool, f32, bool, f64, i8) -> f32",
        "(bool, struct {i32, f32, f64}, f32, i8, struct {u8[3]}, u64, f64, struct {u8[17]}, i16, f32, struct {f32[3]}, u8, \
            text, struct {i64, f64}, f64, struct {f64, u8[9]} aligned(16), i8, union {f32, i32}, u16, struct {}) \
            -> struct {f64, i8}",
        "(10*struct {i64, f64}, i8, f32, bool, struct {f32}, struct {u8[40]}, u16, f64, i32, struct {f64[2]}, u8) \
            -> struct {u8[33]}",
    ];
    fixtures::check(signatures);
}

#[test]
fn as_many_arguments_as_there_may_be_arrive() {
    let turns =
        |count: usize, kinds: &[&str]| (0..count).map(|at| kinds[at % kinds.len()]).collect::<Vec<_>>().join(", ");
    let signatures = [
        "(255*i8) -> i64".into(),
        "(255*f32) -> f32".into(),
        "(255*bool) -> bool".into(),
        "(255*struct {i64, f64}) -> struct {i64, f64}".into(),
        "(255*struct {u8[300]}) -> u8".into(),
        "(255*struct {}) -> struct {}".into(),
        format!("({}) -> f32", turns(255, &["i8", "u16", "f32", "i64", "f64", "bool", "pointer"])),
        format!("({}) -> struct {{f32[5]}}", turns(254, &["struct {i32, f32, f64}", "i16", "struct {u8[3]}"])),
        format!(
            "({}) -> struct {{f64, i8}}",
            turns(255, &["struct {u8[17]}", "f32", "struct {f64, u8[9]} aligned(16)"])
        ),
    ];
    fixtures::check(signatures);
}

/// Result type, slot, and the content of the whole register for C.
const SLOTS: [(&str, u64, u64); 17] = [
    ("bool", 0, 0),
    ("bool", 1, 1),
    ("bool", 2, 1),
    ("bool", 0x5a80, 1),
    ("bool", 0x100, 0),
    ("bool", u64::MAX << 8, 0),
    ("i8", 0x1234_5678_9abc_de80, 0xffff_ffff_ffff_ff80),
    ("i8", 0xffff_ffff_ffff_ff7f, 0x7f),
    ("u8", 0xffff_ffff_ffff_ffff, 0xff),
    ("i16", 0x8000, 0xffff_ffff_ffff_8000),
    ("u16", 0xdead_beef_cafe_ba7f, 0xba7f),
    ("i32", 0x8000_0000, 0xffff_ffff_8000_0000),
    ("u32", 0xdead_beef_cafe_ba7f, 0xcafe_ba7f),
    ("i64", 0xdead_beef_cafe_ba7f, 0xdead_beef_cafe_ba7f),
    ("pointer", 0xdead_beef_cafe_ba7f, 0xdead_beef_cafe_ba7f),
    ("f64", 0xfff4_0000_0000_0001, 0xfff4_0000_0000_0001),
    ("usize", u64::MAX, u64::MAX),
];

/// The handler's result need not be canonical.
#[test]
fn results_are_extended_by_their_type() {
    unsafe extern "C-unwind" fn copy(context: *mut c_void, _: *const u64, result: *mut u64) {
        // SAFETY: the context is the test's slot.
        unsafe { *result = *context.cast() };
    }
    let ways = ways::all(cfg!(feature = "cranelift"));
    let mut text = Text::new(callers::PROLOGUE);
    let cases = SLOTS.map(|(result, slot, register)| {
        let signature = notation::signature(&format!("() -> {result}"));
        (signature.clone(), caller(&mut text, &whole_words(&signature, false).unwrap()), slot, register)
    });
    for (compiler, library) in &fixture::load_all(&text.finish()) {
        let cases = ways.iter().flat_map(|way| cases.iter().zip(SLOTS).map(move |case| (way, case)));
        for ((way, jit), ((signature, name, slot, register), (result, ..))) in cases {
            let mut slot = *slot;
            let stub = bound(jit.thunk(signature).unwrap(), copy, &raw mut slot);
            let mut arrived = [0; 8];
            // SAFETY: the caller calls a function without parameters, and hands back its register.
            unsafe {
                let caller = library.get::<Caller>(name.as_bytes()).unwrap();
                caller(stub.entry(), [].as_ptr(), arrived.as_mut_ptr());
            }
            let arrived = u64::from_le_bytes(arrived);
            assert_eq!(
                arrived,
                *register,
                "{result} from {slot:#x}, {way}, compiled by {}: {arrived:#x}",
                compiler.command()
            );
        }
    }
}
