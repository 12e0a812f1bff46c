//! C callers: for each signature a function that calls a function pointer with bytes of the test's, and hands back the
//! bytes of the result.

use std::fmt::Write;

use hotcall_jit::{Signature, Type};

use crate::c_text::Text;

/// The beginning of each file of callers.
pub const PROLOGUE: &str = r"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
";

/// A caller.
///
/// * `function`: the function to call.
/// * `args`: for each argument 8 bytes, of which a scalar takes the first, or an aggregate's bytes.
/// * `result`: gets an aggregate's bytes; or 8 bytes, an integer extended by its type, a float followed by zeros.
pub type Caller = unsafe extern "C-unwind" fn(function: *const std::ffi::c_void, args: *const u8, result: *mut u8);

/// Writes the caller for a signature and returns its name.
pub fn caller(text: &mut Text, signature: &Signature) -> String {
    let mut body = String::new();
    let mut types = Vec::new();
    for (index, ty) in signature.params().iter().enumerate() {
        let declared = text.declare(ty, &format!("a{index}"));
        let step = if ty.as_scalar().is_some() { "8".into() } else { format!("sizeof a{index}") };
        _ = writeln!(body, "    {declared};\n    memcpy(&a{index}, args, sizeof a{index});\n    args += {step};");
        types.push(text.declare(ty, ""));
    }
    let pointer = text.declare_function(signature.result(), "(*f)", &types);
    let args: Vec<_> = (0..types.len()).map(|index| format!("a{index}")).collect();
    let call = format!("f({})", args.join(", "));
    _ = writeln!(body, "    {pointer} = called;");
    _ = match signature.result() {
        None => writeln!(body, "    {call};"),
        Some(ty) => {
            let declared = text.declare(ty, "r");
            writeln!(body, "    {declared} = {call};\n{}", hand_back(ty))
        }
    };
    let params = ["void *called", "const unsigned char *args", "unsigned char *result"].map(String::from);
    text.function("caller", None, &params, &body)
}

fn hand_back(ty: &Type) -> &'static str {
    match ty.as_scalar() {
        None => "    memcpy(result, &r, sizeof r);",
        Some(scalar) if scalar.is_float() => "    memset(result, 0, 8);\n    memcpy(result, &r, sizeof r);",
        Some(_) => "    uint64_t w = (uint64_t)r;\n    memcpy(result, &w, 8);",
    }
}

/// The type that fills the whole register of a scalar; aggregates stay as they are.
pub fn word(ty: &Type) -> Type {
    match ty.as_scalar() {
        None => ty.clone(),
        Some(scalar) if scalar.is_float() => Type::F64,
        Some(_) => Type::U64,
    }
}

/// The function for C code that fills and reads whole registers. Scalars have 8 bytes, which begin with the value. A result in
/// memory has its address as the first argument and the result. `None` if that is one argument too many.
pub fn whole_words(signature: &Signature, hidden: bool) -> Option<Signature> {
    let address = hidden.then_some(Type::POINTER);
    let result = address.clone().or_else(|| signature.result().map(word));
    Signature::new(address.into_iter().chain(signature.params().iter().map(word)).collect::<Vec<_>>(), result).ok()
}
