//! Sizes, numbers and depths of declarations, up to the limits and beyond, each with its error.

use std::ffi::c_void;
use std::ptr;
use std::thread;

use hotcall_jit::{
    Abi, Jit, JitError, MAX_NESTING, MAX_NODES, MAX_PARAMETERS, Options, PlanError, Signature, SignatureError, Type,
    TypeError,
};
use hotcall_testing::notation;

/// A struct of the largest nesting, around `inside`.
fn deepest(inside: Type) -> Type {
    (0..MAX_NESTING).fold(inside, |ty, _| Type::structure([ty]).unwrap())
}

#[test]
fn the_deepest_type_is_compiled_on_a_small_stack() {
    let thread = thread::Builder::new().stack_size(256 * 1024);
    let compiled = thread.spawn(|| {
        let ty = deepest(Type::F64);
        assert_eq!(Type::structure([ty.clone()]), Err(TypeError::Nesting { max: MAX_NESTING }));
        assert_eq!(Type::array(ty.clone(), 1), Err(TypeError::Nesting { max: MAX_NESTING }));
        let plan = Abi::SysV64.plan(&Signature::new([ty.clone()], ty).unwrap()).unwrap();
        plan.to_string()
    });
    let plan = compiled.unwrap().join().unwrap();
    assert_eq!(
        plan,
        "argument 1: aggregate of 8 bytes: 0..8 in float 0\nresult: aggregate of 8 bytes: 0..8 in float 0"
    );
}

/// Each level holds the one below twice: 2^n members in a declaration of n levels.
#[test]
fn exponential_types_are_refused_when_they_are_made() {
    for inside in [Type::U8, Type::structure::<Type>([]).unwrap(), Type::array(Type::I64, 0).unwrap()] {
        let mut ty = inside.clone();
        let error = loop {
            match Type::union([ty.clone(), ty.clone()]) {
                Ok(outer) => ty = outer,
                Err(error) => break error,
            }
        };
        assert_eq!(error, TypeError::Nodes { max: MAX_NODES }, "{inside}");
        // The largest that was made is planned in time, or refused.
        let params = vec![ty.clone(); 2];
        match Signature::new(params, ty) {
            Ok(signature) => drop(Abi::SysV64.plan(&signature)),
            Err(error) => assert_eq!(error, SignatureError::Nodes { max: 2 * MAX_NODES }),
        }
    }
    let row = Type::array(Type::U8, 1000).unwrap();
    assert_eq!(Type::array(row, u32::MAX), Err(TypeError::Nodes { max: MAX_NODES }));
}

#[test]
fn gigantic_types_have_no_plan() {
    let jit = Jit::new().unwrap();
    let gigantic = ["struct {f64[16000]}", "struct {u8, struct {u8[65536]}}", "union {i8, struct {i64[9000]}[2]}"];
    for ty in gigantic {
        let error = jit.slots(&notation::signature(&format!("(i32, {ty})")), Options::default()).unwrap_err();
        assert!(matches!(error, JitError::Plan(PlanError::Argument { index: 1, .. })), "{error}");
        let error = jit.slots(&notation::signature(&format!("(i32) -> {ty}")), Options::default()).unwrap_err();
        assert!(matches!(error, JitError::Plan(PlanError::Result { .. })), "{error}");
    }
    let error = jit.slots(&notation::signature("(i8, 3*struct {u8[65536]})"), Options::default()).unwrap_err();
    assert!(matches!(error, JitError::Plan(PlanError::Stack { index: 3, .. })), "{error}");
}

/// 255 parameters, each of the largest number of members without size.
#[test]
fn members_without_size_are_counted() {
    let tree = |len| Type::structure([Type::array(Type::structure::<Type>([]).unwrap(), len).unwrap()]).unwrap();
    let error = Signature::new(vec![tree(MAX_NODES - 2); MAX_PARAMETERS], None).unwrap_err();
    assert_eq!(error, SignatureError::Nodes { max: 2 * MAX_NODES });
    let jit = Jit::new().unwrap();
    let signature = Signature::new(vec![tree(1000); MAX_PARAMETERS], tree(1000)).unwrap();
    let trampoline = jit.slots(&signature, Options::default()).unwrap();
    let mut result = 0x5a5a;
    // SAFETY: nothing is passed, and nothing returned.
    unsafe {
        (trampoline.entry())(nothing as *const c_void, [0; MAX_PARAMETERS].as_ptr(), &mut result, ptr::null_mut())
    };
    assert_eq!(result, 0x5a5a);
}

extern "C" fn nothing() {}
