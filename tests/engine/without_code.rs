//! Without code there are no fast calls, and the ordinary callback serves all.

use hotcall::engine::v8::{Generation, Roots};
use hotcall::engine::{Engine, EngineError, Output, Realm, Site, View, Words};
use hotcall::{CompileError, Function, FunctionOptions, JitError, Signature, Type, Value};

struct Nothing;

// SAFETY: the engine does not make values.
unsafe impl Engine for Nothing {
    type Exception = ();

    unsafe fn view(&self, _: Site, _: Words) -> View {
        View::Undefined
    }

    unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, ()> {
        Err(())
    }

    unsafe fn exception(&self, _: Site, _: &EngineError) {}

    unsafe fn throw(&self, _: Site, (): ()) {}
}

extern "C" fn negated(number: i32) -> i32 {
    -number
}

#[test]
fn a_function_is_refused() {
    let signature = Signature::new([Type::I32], Type::I32).unwrap();
    let address = negated as extern "C" fn(i32) -> i32 as *const std::ffi::c_void;
    // SAFETY: this is its signature.
    let function =
        unsafe { Function::from_address("negated", address, &signature, FunctionOptions::default()) }.unwrap();
    let roots = Roots::new(1, 3, 5);
    let call = Generation::V10_2.fast_call(&signature, &roots).unwrap();
    // SAFETY: it is not called.
    let error = unsafe { Realm::of_handles(Nothing).fast_call(&function, &call.model) }.err().unwrap();
    let CompileError { function: name, source, .. } = error;
    assert!(&*name == "negated" && matches!(*source, JitError::NoCode), "{source}");
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call(&[5.into()]) }.unwrap(), Value::I32(-5));
}
