//! C callees: for each signature a function that hands the bytes of its arguments to the test, overwrites its copies of
//! them, and returns the bytes that the test asked for.

use std::fmt::Write;

use hotcall_jit::{Signature, Type};

use crate::c_text::Text;

/// The beginning of each file of callees; see `Callees` in `fixtures.rs` for the Rust side.
///
/// `see` is called through a volatile pointer. So a compiler cannot know its effect on an argument's bytes, nor rely on the
/// alignment of an argument's address.
pub const PROLOGUE: &str = r"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static _Thread_local unsigned char *seen;
static _Thread_local const unsigned char *result;
static _Thread_local int error, misaligned;

void hotcall_begin(unsigned char *log, const unsigned char *result_bytes, int errno_to_set) {
    seen = log;
    result = result_bytes;
    error = errno_to_set;
    misaligned = 0;
}

int hotcall_end(unsigned char **log) {
    *log = seen;
    return misaligned;
}

static void look(void *bytes, size_t size, size_t align) {
    misaligned += (uintptr_t)bytes % align != 0;
    memcpy(seen, bytes, size);
    seen += size;
    memset(bytes, 0xa5, size);
}

static void (*volatile see)(void *, size_t, size_t) = look;
";

/// Writes the callee for a signature and returns its name.
pub fn callee(text: &mut Text, signature: &Signature) -> String {
    let fixed = signature.first_variadic().unwrap_or(signature.params().len());
    let mut params = Vec::new();
    let mut body = String::from("    see(__builtin_frame_address(0), 0, 16);\n");
    if signature.first_variadic().is_some() {
        _ = writeln!(body, "    va_list list;\n    va_start(list, a{});", fixed - 1);
    }
    for (index, ty) in signature.params().iter().enumerate() {
        let declared = text.declare(ty, &format!("a{index}"));
        if index < fixed {
            params.push(declared);
        } else {
            let name = text.declare(ty, "");
            _ = writeln!(body, "    {declared} = va_arg(list, {name});");
        }
    }
    body.push_str(&look_at(signature.params()));
    if signature.first_variadic().is_some() {
        body.push_str("    va_end(list);\n");
        params.push("...".into());
    }
    body.push_str("    errno = error;\n");
    if let Some(ty) = signature.result() {
        let declared = text.declare(ty, "r");
        _ = writeln!(body, "    {declared};\n    memcpy(&r, result, sizeof r);\n    return r;");
    }
    text.function("callee", signature.result(), &params, &body)
}

/// Statements that report the arguments: aggregates by their bytes, scalars as the slots that they came from. Neighbouring
/// scalars are reported at once, which compiles faster.
///
/// Widening an integer to its slot makes the callee rely on the extension that its compiler expects from the caller.
fn look_at(params: &[Type]) -> String {
    let mut body = String::new();
    let mut at = 0;
    while at < params.len() {
        let scalars: Vec<_> = params[at..].iter().map_while(Type::as_scalar).collect();
        if scalars.is_empty() {
            _ = writeln!(body, "    see(&a{at}, sizeof a{at}, _Alignof(a{at}));");
            at += 1;
            continue;
        }
        _ = writeln!(body, "    {{\n        uint64_t w[{}] = {{0}};", scalars.len());
        for (word, scalar) in scalars.iter().enumerate() {
            let arg = at + word;
            _ = if scalar.is_float() {
                writeln!(body, "        memcpy(w + {word}, &a{arg}, sizeof a{arg});")
            } else {
                writeln!(body, "        w[{word}] = (uint64_t)a{arg};")
            };
        }
        body.push_str("        see(w, sizeof w, 8);\n    }\n");
        at += scalars.len();
    }
    body
}
