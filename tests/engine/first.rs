use hotcall::{Function, FunctionOptions, Signature, Type};

use crate::quickjs::Script;

extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

extern "C" fn half(a: f64) -> f64 {
    a / 2.0
}

extern "C" fn first(a: *const u8, len: usize) -> u64 {
    if len == 0 { 0 } else { u64::from(unsafe { *a }) << 40 }
}

#[test]
fn calls() {
    let script = Script::new();
    let define = |name: &str, address: *const (), signature: Signature| {
        let f = unsafe { Function::from_address(name, address.cast(), &signature, FunctionOptions::default()) };
        script.define(name, &f.unwrap());
    };
    define("add", add as _, Signature::new([Type::I32, Type::I32], Type::I32).unwrap());
    define("half", half as _, Signature::new([Type::F64], Type::F64).unwrap());
    define("first", first as _, Signature::new([Type::BUFFER, Type::USIZE], Type::U64).unwrap());
    for source in [
        "add(1, 2)",
        "add(1.5, 2)",
        "add(1, -2.0)",
        "add(2147483648, 1)",
        "add()",
        "half(3)",
        "half(0.1)",
        "half('x')",
        "first(new Uint8Array([7,8]), 2)",
        "first(new Uint8Array([7,8]), 0n)",
        "first(null, 0)",
        "first(1, 2)",
        "first(new ArrayBuffer(2), -1)",
        "first(new DataView(new Uint8Array([7,8]).buffer, 1), 1)",
        "let b = new ArrayBuffer(8); b.transfer(); first(b, 1)",
    ] {
        println!("{source}: {:?}", script.run(source));
    }
}
