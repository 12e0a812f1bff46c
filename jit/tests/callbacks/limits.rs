//! Signatures that do not have a thunk, and signatures that share one.

use hotcall_jit::{JitError, MAX_PARAMETERS, PlanError, Signature, SignatureError, Type};
use hotcall_testing::notation::signature;
use hotcall_testing::ways;

#[test]
fn variadic_callbacks_are_refused() {
    let ways = ways::all(cfg!(feature = "cranelift"));
    for ((_, jit), text) in
        ways.iter().flat_map(|way| ["(i32, ...)", "(text, ..., i32, f64) -> i32"].map(|text| (way, text)))
    {
        let error = jit.thunk(&signature(text)).unwrap_err();
        assert!(matches!(error, JitError::VariadicCallback), "{text}: {error}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    for (_, jit) in ways::all(cfg!(feature = "cranelift")) {
        let error = jit.thunk(&signature("(i32, struct {u8[65537]})")).unwrap_err();
        assert!(matches!(error, JitError::Plan(PlanError::Argument { index: 1, .. })), "{error}");
        let error = jit.thunk(&signature("(i32) -> struct {f64[9000]}")).unwrap_err();
        assert!(matches!(error, JitError::Plan(PlanError::Result { .. })), "{error}");
        let error = jit.thunk(&signature("(i8, 3*struct {u8[65536]})")).unwrap_err();
        assert!(matches!(error, JitError::Plan(PlanError::Stack { index: 3, .. })), "{error}");
        let error = Signature::new(vec![Type::I8; MAX_PARAMETERS + 1], None).unwrap_err();
        assert_eq!(error, SignatureError::Parameters { count: MAX_PARAMETERS + 1, max: MAX_PARAMETERS });
        // The compiler still works.
        assert!(jit.thunk(&signature("(i32) -> i32")).is_ok());
    }
}

#[test]
fn thunks_are_shared_by_shape() {
    let shapes: [&[&str]; 12] = [
        &["(i64, u64) -> i64", "(usize, pointer) -> text", "(isize, function) -> u64"],
        &["(f64) -> f64"],
        &["(f32) -> f64"],
        &["(f64) -> f32"],
        &["(u8) -> u8", "(bool) -> u8"],
        &["(u8) -> bool", "(bool) -> bool"],
        &["(i8) -> u8"],
        &["(u8) -> i8"],
        &["(struct {i32, i32})", "(struct {u8[8]})", "(struct {i16, f32})", "(union {i64, f32})"],
        &["(struct {i32, u8[3]} packed(1))"],
        &["() -> struct {u8[32]}", "() -> struct {f64[3]} aligned(16)"],
        &["() -> struct {u8[33]}"],
    ];
    for (way, jit) in ways::all(cfg!(feature = "cranelift")) {
        let thunk = |text: &&str| std::ptr::from_ref(jit.thunk(&signature(text)).unwrap());
        for texts in shapes {
            for text in texts {
                assert_eq!(thunk(text), thunk(&texts[0]), "{text}, {way}");
            }
        }
        let mut thunks: Vec<_> = shapes.iter().map(|texts| thunk(&texts[0])).collect();
        thunks.sort();
        thunks.dedup();
        assert_eq!(thunks.len(), shapes.len(), "{way}");
    }
}
