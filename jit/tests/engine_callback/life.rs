//! Models of call functions that make no sense, and names of thunks.

use std::ptr;

use hotcall_jit::engine::values::{
    CallFunction, CallOutcome, CallRole, EngineAbi, EngineCallbackRecord, EngineCallbackTarget, ModelError, Test,
    ValueModel,
};
use hotcall_jit::{Jit, JitError, Options, Signature, Type, Use};
use hotcall_testing::notation;

use crate::models;
use crate::scene::{self, DATA, HELPERS, NO_HELPERS, Returned, SCENE, Scene};
use crate::script;

fn error(change: impl FnOnce(&mut CallFunction)) -> String {
    let script = script::all().remove(3);
    let mut call = script.model.call.clone().unwrap();
    change(&mut call);
    EngineAbi::new(script.model.call(call), NO_HELPERS).unwrap_err().to_string()
}

#[test]
fn functions_that_make_no_sense_are_refused() {
    let signature = |text: &str| notation::signature(text);
    let roles = |call: &mut CallFunction, index: usize, role| call.roles[index] = role;
    assert_eq!(error(|call| call.roles = [CallRole::Argc].into()), "the call function has 6 parameters and 1 roles");
    assert_eq!(error(|call| roles(call, 5, CallRole::Argv)), "two parameters of the call function have the role argv");
    assert_eq!(
        error(|call| call.native = signature("(pointer, u32, pointer, usize, pointer, pointer) -> u64")),
        "parameter 2 of the call function has the role callee and the type u32"
    );
    assert_eq!(
        error(|call| call.native = signature("(pointer, f64, pointer, usize, pointer, pointer) -> u64")),
        "parameter 2 of the call function has the role callee and the type f64"
    );
    assert_eq!(
        error(|call| call.native = signature("(pointer, u64, pointer, u16, pointer, pointer) -> u64")),
        "parameter 4 of the call function has the role argc and the type u16"
    );
    assert_eq!(
        error(|call| call.native = signature("(u64, u64, pointer, usize, pointer, pointer) -> u64")),
        "parameter 1 of the call function has the role context and the type u64"
    );
    assert_eq!(
        error(|call| call.native = signature("(pointer, u64, pointer, usize, pointer, pointer) -> u32")),
        "the call function does not return a value"
    );
    assert_eq!(
        error(|call| call.native = signature("(pointer, u64, pointer, usize, pointer, pointer)")),
        "the call function does not return a value"
    );
    let narrow = ["(pointer, u64, usize, pointer) -> u64", "(u64, usize, pointer, pointer) -> u64"];
    assert_eq!(
        error(|call| {
            call.native = signature(narrow[0]);
            call.roles = [CallRole::Context, CallRole::Callee, CallRole::Argc, CallRole::Result].into();
        }),
        "no parameter of the call function has the role argv"
    );
    assert_eq!(
        error(|call| {
            call.native = signature(narrow[1]);
            call.roles = [CallRole::Callee, CallRole::Argc, CallRole::Argv, CallRole::Result].into();
        }),
        "the call function stores its result, although it returns a value"
    );
    let thrown = Test::equal(0, 8, 1);
    assert_eq!(
        error(|call| call.outcome = CallOutcome::Stored { thrown }),
        "no parameter of the call function has the role result"
    );
    assert_eq!(
        error(|call| {
            call.native = signature("(u64, usize, pointer, pointer) -> f64");
            call.roles = [CallRole::Callee, CallRole::Argc, CallRole::Argv, CallRole::Result].into();
            call.outcome = CallOutcome::Stored { thrown };
        }),
        "the call function does not return an integer"
    );
    assert_eq!(
        error(|call| call.outcome = CallOutcome::Returned { thrown: Test::equal(4, 8, 1) }),
        "exceptions: a test reads 1, 2, 4 or 8 bytes at a multiple of that"
    );
    assert_eq!(
        error(|call| call.outcome = CallOutcome::Returned { thrown: Test::equal(8, 8, 1) }),
        "exceptions: it lies outside of the value"
    );
    // 10 is undefined there.
    let error = error(|call| call.outcome = CallOutcome::Returned { thrown: Test::equal(0, 8, 10) });
    assert_eq!(error, "some undefined pass the test of exceptions of the call function");
    let variadic = Signature::variadic([Type::U64], 1, Type::U64).unwrap();
    let call = CallFunction::new(variadic, [CallRole::Callee], [0; 2], CallOutcome::Returned { thrown });
    let model: ValueModel = models::offset_boxed().model.call(call);
    assert_eq!(EngineAbi::new(model, NO_HELPERS).unwrap_err(), ModelError::CallVariadic);
}

#[test]
fn models_without_a_call_function_have_no_such_callbacks() {
    let abi = EngineAbi::new(models::tagged().model, NO_HELPERS).unwrap();
    let jit = Jit::shared().unwrap();
    let signature = Signature::new([], None).unwrap();
    // SAFETY: no stub of it is bound.
    let made = unsafe { jit.engine_callback(&signature, &abi, HELPERS) };
    assert!(matches!(made, Err(JitError::CallFunction)));
    assert!(matches!(jit.script_call(&abi), Err(JitError::CallFunction)));
    let abi = EngineAbi::new(script::all().remove(0).model, NO_HELPERS).unwrap();
    let variadic = Signature::variadic([Type::I32], 1, None).unwrap();
    // SAFETY: no stub of it is bound.
    let made = unsafe { jit.engine_callback(&variadic, &abi, HELPERS) };
    assert!(matches!(made, Err(JitError::VariadicCallback)));
}

#[test]
fn callbacks_of_one_shape_share_their_code() {
    let abi = EngineAbi::new(script::all().remove(0).model, NO_HELPERS).unwrap();
    let jit = Jit::new().unwrap();
    // SAFETY: no stub of it is bound.
    let thunk = |params: [Type; 2]| unsafe {
        let signature = Signature::new(params, Type::I64).unwrap();
        jit.engine_callback(&signature, &abi, HELPERS).unwrap().map(|thunk| thunk.code().as_ptr())
    };
    assert_eq!(thunk([Type::I64, Type::BUFFER]), thunk([Type::ISIZE, Type::POINTER]));
    if cfg!(feature = "cranelift") {
        assert_ne!(thunk([Type::I64, Type::BUFFER]), thunk([Type::I32, Type::POINTER]));
        assert_eq!(jit.stats().thunks, 2);
    }
}

/// Exceptions of C++ and panics leave script and C, as they leave other callbacks. Only the count remains.
#[test]
fn panics_pass_through_thunks() {
    let script = script::all().remove(0);
    let abi = EngineAbi::new(script.model.clone(), NO_HELPERS).unwrap();
    let (jit, signature) = (Jit::shared().unwrap(), notation::signature("(i32, 7*f64, struct {i64[3]}) -> i32"));
    // SAFETY: the test binds the stub to a context of this form.
    let thunk = unsafe { jit.engine_callback(&signature, &abi, HELPERS) }.unwrap();
    let Some(thunk) = thunk else { return };
    let stub = thunk.stubs(Use::Counted).take().unwrap();
    let record: &EngineCallbackRecord = Box::leak(Box::new(EngineCallbackRecord::new()));
    let context = Box::leak(Box::new([0, 0, 0, ptr::from_ref(record) as u64]));
    let target = EngineCallbackTarget {
        pending: scene::pending(),
        context: ptr::null_mut(),
        call: script.call,
        callee: [0, 3],
        this: script.model.call.as_ref().unwrap().this,
        data: DATA,
    };
    // SAFETY: the stub is this test's, the context is never freed, and the target lives as long as the process.
    unsafe {
        stub.bind(scene::handler, context.as_mut_ptr().cast());
        record.open(&target);
    }
    SCENE.set(Some(Scene {
        signature: signature.clone(),
        model: script.model.clone(),
        returned: Returned::Value([0, 3]),
        act: Box::new(|| panic!("script panics")),
        context: ptr::null_mut(),
        callee: [0, 3],
        answer: Vec::new(),
        events: Vec::new(),
    }));
    let trampoline = jit.slots(&signature, Options::new()).unwrap();
    let bytes = [1_u64, 2, 3];
    let slots = [7, 0, 0, 0, 0, 0, 0, 0, bytes.as_ptr() as u64];
    let mut result = 0;
    let call = || {
        // SAFETY: the stub is a function of the signature, and the slots are canonical.
        unsafe { (trampoline.entry())(stub.entry(), slots.as_ptr(), &mut result, ptr::null_mut()) };
    };
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"script panics"));
    // SAFETY: this thread has the stub.
    assert_eq!(unsafe { record.running() }, 1);
}

/// Saving registers costs time, and makes a frame that looks unlike the others to the unwinder.
#[cfg(feature = "disasm")]
#[test]
fn thunks_save_no_registers() {
    // All registers of arguments are taken, and three more words go to the stack.
    for script in script::all().into_iter().filter(|script| script.name != "crowded") {
        let abi = EngineAbi::new(script.model.clone(), NO_HELPERS).unwrap();
        for text in [
            "()",
            "(i32) -> i32",
            "(f64, f32, bool, u8) -> f32",
            "(pointer, u64) -> u64",
            "(4*i64, 3*pointer, 10*f64) -> pointer",
            "(struct {i64[3]}, f64) -> struct {i64[3]}",
            "(4*i32) -> i32",
            "(5*u64)",
            "(4*f64) -> f64",
            "(12*i32) -> bool",
        ] {
            let explained =
                hotcall_jit::Explanation::engine_callback(&notation::signature(text), &abi, HELPERS).unwrap();
            for saved in ["%rbx", "%r12", "%r13", "%r14", "%r15"] {
                let code = &explained.disassembly;
                // Constants behind the code may look like any other instruction.
                assert!(!code.contains(&format!("movq {saved}, ")), "{} {text}: {saved} in\n{code}", script.name);
            }
        }
    }
}
