//! The C functions of `shim.h`, in the header's order.

use std::ffi::{c_char, c_int, c_void};

use hotcall::engine::v8::V8CType;

/// A value: the address of a word that holds it. It is valid until the innermost scope ends, and null for no value.
pub(crate) type Handle = *const c_void;

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[repr(C)]
        pub(crate) struct $name([u8; 0]);
    )*};
}

opaque! {
    /// An isolate with its context.
    Shim
    /// The data of a function, to which V8 keeps addresses.
    Native
    /// A value that is kept.
    Root
    /// Bytes that are kept.
    Pin
    /// A call of a native function.
    Call
}

/// The kinds of values, in `View::kind`.
pub(crate) mod kind {
    pub(crate) const UNDEFINED: u32 = 0;
    pub(crate) const NULL: u32 = 1;
    pub(crate) const BOOLEAN: u32 = 2;
    pub(crate) const NUMBER: u32 = 3;
    pub(crate) const BIGINT: u32 = 4;
    pub(crate) const STRING: u32 = 5;
    pub(crate) const SYMBOL: u32 = 6;
    pub(crate) const FUNCTION: u32 = 7;
    pub(crate) const OBJECT: u32 = 8;
    pub(crate) const POINTER: u32 = 9;
    pub(crate) const BYTES: u32 = 10;
    pub(crate) const DETACHED: u32 = 11;
    pub(crate) const MOVABLE: u32 = 12;
}

/// A value as plain data.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct View {
    pub(crate) kind: u32,
    pub(crate) number: f64,
    pub(crate) bits: u64,
    pub(crate) length: usize,
}

/// The function that optimised code may call instead of the native function.
#[repr(C)]
pub(crate) struct FastCall {
    pub(crate) address: *const c_void,
    pub(crate) params: *const V8CType,
    pub(crate) count: usize,
    pub(crate) result: V8CType,
}

unsafe extern "C" {
    pub(crate) fn shim_start(flags: *const *const c_char, count: usize, unknown: *mut usize) -> bool;
    pub(crate) fn shim_stop();
    pub(crate) fn shim_version() -> *const c_char;
    pub(crate) fn shim_new() -> *mut Shim;
    pub(crate) fn shim_free(shim: *mut Shim);
    pub(crate) fn shim_enter(shim: *mut Shim, run: extern "C" fn(*mut c_void), data: *mut c_void);
    pub(crate) fn shim_scope(shim: *mut Shim, run: extern "C" fn(*mut c_void), data: *mut c_void);
    pub(crate) fn shim_collect(shim: *mut Shim);
    pub(crate) fn shim_heap_size(shim: *mut Shim) -> usize;

    pub(crate) fn shim_run(shim: *mut Shim, source: Handle, name: Handle, thrown: *mut Handle) -> Handle;
    pub(crate) fn shim_call(
        shim: *mut Shim,
        function: Handle,
        args: *const Handle,
        count: usize,
        thrown: *mut Handle,
    ) -> Handle;
    pub(crate) fn shim_report(shim: *mut Shim, thrown: Handle) -> Handle;

    pub(crate) fn shim_view(shim: *mut Shim, value: Handle, may_allocate: bool, view: *mut View);
    pub(crate) fn shim_copy(shim: *mut Shim, view: Handle, bytes: *mut u8, length: usize) -> usize;
    pub(crate) fn shim_detach(shim: *mut Shim, buffer: Handle);
    pub(crate) fn shim_has_whole_addresses() -> bool;
    pub(crate) fn shim_word(value: Handle) -> u64;
    pub(crate) fn shim_text_length(shim: *mut Shim, text: Handle) -> usize;
    pub(crate) fn shim_text(shim: *mut Shim, text: Handle, bytes: *mut c_char, length: usize);
    pub(crate) fn shim_to_text(shim: *mut Shim, value: Handle, thrown: *mut Handle) -> Handle;
    pub(crate) fn shim_symbol_text(shim: *mut Shim, value: Handle) -> Handle;

    pub(crate) fn shim_undefined(shim: *mut Shim) -> Handle;
    pub(crate) fn shim_null(shim: *mut Shim) -> Handle;
    pub(crate) fn shim_boolean(shim: *mut Shim, truth: bool) -> Handle;
    pub(crate) fn shim_number(shim: *mut Shim, number: f64) -> Handle;
    pub(crate) fn shim_bigint(shim: *mut Shim, number: i64) -> Handle;
    pub(crate) fn shim_biguint(shim: *mut Shim, number: u64) -> Handle;
    pub(crate) fn shim_pointer(shim: *mut Shim, address: *const c_void) -> Handle;
    pub(crate) fn shim_bytes(shim: *mut Shim, bytes: *const u8, length: usize) -> Handle;
    pub(crate) fn shim_cell(shim: *mut Shim, cell: *mut u32) -> Handle;
    pub(crate) fn shim_string(shim: *mut Shim, bytes: *const c_char, length: usize) -> Handle;
    pub(crate) fn shim_object(shim: *mut Shim) -> Handle;
    pub(crate) fn shim_error(shim: *mut Shim, type_error: bool, message: *const c_char, length: usize) -> Handle;
    pub(crate) fn shim_global(shim: *mut Shim) -> Handle;

    pub(crate) fn shim_set(shim: *mut Shim, object: Handle, name: *const c_char, length: usize, value: Handle) -> bool;

    pub(crate) fn shim_native(
        shim: *mut Shim,
        name: *const c_char,
        length: usize,
        arity: c_int,
        run: unsafe extern "C" fn(*const Call, *mut c_void),
        data: *mut c_void,
        fast: *const FastCall,
        function: *mut Handle,
    ) -> *mut Native;
    pub(crate) fn shim_native_free(native: *mut Native);
    pub(crate) fn shim_argument_count(call: *const Call) -> usize;
    pub(crate) fn shim_argument(call: *const Call, index: usize) -> Handle;
    pub(crate) fn shim_return(call: *const Call, value: Handle);
    pub(crate) fn shim_throw(shim: *mut Shim, exception: Handle);
    pub(crate) fn shim_terminate(shim: *mut Shim);

    pub(crate) fn shim_root(shim: *mut Shim, value: Handle) -> *mut Root;
    pub(crate) fn shim_root_value(shim: *mut Shim, root: *const Root) -> Handle;
    pub(crate) fn shim_root_free(root: *mut Root);
    pub(crate) fn shim_pin(shim: *mut Shim, value: Handle) -> *mut Pin;
    pub(crate) fn shim_pin_free(pin: *mut Pin);
}

#[cfg(test)]
mod tests {
    /// Declarations of the shim's functions, in Rust's syntax: `name(parameter: type, …) -> type`.
    fn from_c(header: &str) -> Vec<String> {
        let code: Vec<_> = header.lines().filter(|line| !line.trim().starts_with("//")).collect();
        let code = code.join(" ");
        code.split(';')
            .filter(|statement| statement.contains(" *shim_") || statement.contains(" shim_"))
            .map(function)
            .collect()
    }

    fn function(statement: &str) -> String {
        let (head, params) = statement.split_once('(').unwrap();
        let (result, name) = variable(head.rsplit(['}', '{']).next().unwrap());
        let params = params.trim().strip_suffix(')').unwrap();
        let params: Vec<_> = split(params).into_iter().filter(|param| *param != "void").map(param).collect();
        let result = if result == "c_void" { String::new() } else { format!(" -> {result}") };
        format!("{name}({}){result}", params.join(", "))
    }

    fn param(text: &str) -> String {
        let Some((result, rest)) = text.split_once("(*") else {
            let (ty, name) = variable(text);
            return format!("{name}: {ty}");
        };
        assert_eq!(result.trim(), "void");
        let (name, params) = rest.split_once(")(").unwrap();
        let params: Vec<_> =
            split(params.strip_suffix(')').unwrap()).into_iter().map(|param| variable(param).0).collect();
        format!("{name}: extern \"C\" fn({})", params.join(", "))
    }

    /// The text, split at commas outside of parentheses.
    fn split(params: &str) -> Vec<&str> {
        let mut depth = 0;
        let outside = |c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        };
        params.split(outside).map(str::trim).collect()
    }

    /// Splits C's `type name`.
    fn variable(text: &str) -> (String, &str) {
        let text = text.trim();
        let at = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').unwrap() + 1;
        (ty(text[..at].trim()), &text[at..])
    }

    fn ty(text: &str) -> String {
        if let Some(pointee) = text.strip_suffix('*').map(str::trim) {
            return match (pointee.strip_suffix("const"), pointee.strip_prefix("const ")) {
                (Some(constant), _) => format!("*const {}", ty(constant.trim())),
                (_, Some(constant)) if !constant.contains('*') => format!("*const {}", ty(constant)),
                _ => format!("*mut {}", ty(pointee)),
            };
        }
        let name = match text {
            "void" => "c_void",
            "char" => "c_char",
            "int" => "c_int",
            "size_t" => "usize",
            "double" => "f64",
            "uint8_t" => "u8",
            "uint32_t" => "u32",
            "int64_t" => "i64",
            "uint64_t" => "u64",
            other => other,
        };
        name.to_owned()
    }

    #[test]
    fn rust_declares_what_the_shim_has() {
        let here = include_str!("ffi.rs");
        let here = &here[here.find("unsafe extern \"C\" {").unwrap()..here.find("mod tests").unwrap()];
        let words: Vec<_> = here.split_whitespace().collect();
        let code =
            words.join(" ").replace("( ", "(").replace(", )", ")").replace("unsafe extern \"C\" fn", "extern \"C\" fn");
        let declared = code.split(';').filter_map(|line| Some(line.split_once("pub(crate) fn ")?.1.to_owned()));
        let expected = from_c(include_str!("../shim.h"));
        assert!(expected.len() > 30, "{expected:?}");
        assert_eq!(declared.collect::<Vec<_>>(), expected);
    }
}
