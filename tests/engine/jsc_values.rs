//! Values that JavaScriptCore alone has.

use hotcall_engines::jsc::JscScript;

use crate::languages::{check, check_refused};
use crate::same::define_same;

#[test]
fn pointer_objects_have_a_class_of_their_own() {
    let Some(script) = JscScript::new() else { return };
    define_same(&script);
    check(&script, &[("String(p) + String(pointer(p))", "[object Pointer][object Pointer]")]);
}

/// The engine detaches the memory of WebAssembly when it grows, even if its address was asked for.
#[test]
fn memory_of_web_assembly_is_refused() {
    let Some(script) = JscScript::new() else { return };
    define_same(&script);
    check(
        &script,
        &[(
            "memory = new WebAssembly.Memory({ initial: 1 }).buffer; \
             views = [memory, new Uint8Array(memory), new Float64Array(memory, 8), new DataView(memory, 16)]; \
             views.length",
            "4",
        )],
    );
    for index in 0..4 {
        check_refused(
            &script,
            "buffer",
            "buffer",
            &[(&format!("views[{index}]"), "expected null or a buffer, not an object")],
        );
    }
}
