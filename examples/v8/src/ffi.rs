//! The C functions of `shim.h`, in its order.

use std::ffi::{c_char, c_int, c_void};

/// A value: the address of a word that holds it. Good until the innermost scope ends; null for none.
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
    /// What V8 keeps addresses of for a function.
    Native
    /// A value that is kept.
    Root
    /// Bytes that are kept.
    Pin
    /// A call of a native function.
    Call
}

/// What a value is, by `View::kind`.
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

/// `CTypeInfo`'s three bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct CType {
    pub(crate) ty: u8,
    pub(crate) sequence: u8,
    pub(crate) flags: u8,
}

/// What optimised code may call instead of the native function.
#[repr(C)]
pub(crate) struct FastCall {
    pub(crate) address: *const c_void,
    pub(crate) params: *const CType,
    pub(crate) count: usize,
    pub(crate) result: CType,
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
    pub(crate) fn shim_text_length(shim: *mut Shim, text: Handle) -> usize;
    pub(crate) fn shim_text(shim: *mut Shim, text: Handle, bytes: *mut c_char, length: usize);
    pub(crate) fn shim_to_text(shim: *mut Shim, value: Handle) -> Handle;

    pub(crate) fn shim_undefined(shim: *mut Shim) -> Handle;
    pub(crate) fn shim_null(shim: *mut Shim) -> Handle;
    pub(crate) fn shim_boolean(shim: *mut Shim, truth: bool) -> Handle;
    pub(crate) fn shim_number(shim: *mut Shim, number: f64) -> Handle;
    pub(crate) fn shim_bigint(shim: *mut Shim, number: i64) -> Handle;
    pub(crate) fn shim_biguint(shim: *mut Shim, number: u64) -> Handle;
    pub(crate) fn shim_pointer(shim: *mut Shim, address: *const c_void) -> Handle;
    pub(crate) fn shim_bytes(shim: *mut Shim, bytes: *const u8, length: usize) -> Handle;
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

    pub(crate) fn shim_root(shim: *mut Shim, value: Handle) -> *mut Root;
    pub(crate) fn shim_root_value(shim: *mut Shim, root: *const Root) -> Handle;
    pub(crate) fn shim_root_free(root: *mut Root);
    pub(crate) fn shim_pin(shim: *mut Shim, value: Handle) -> *mut Pin;
    pub(crate) fn shim_pin_free(pin: *mut Pin);
}

#[cfg(test)]
mod tests {
    /// The functions in a text, each with the names of its parameters.
    fn functions(text: &str) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for (start, _) in text.match_indices("shim_") {
            let rest = &text[start..];
            let Some(open) = rest.find(|c: char| !c.is_alphanumeric() && c != '_') else { continue };
            let Some(params) = rest[open..].strip_prefix('(') else { continue };
            // Functions among the parameters have parentheses of their own.
            let mut depth = 1;
            let end = params.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            found.push((rest[..open].to_owned(), names(&params[..end.unwrap_or_default()])));
        }
        found
    }

    /// The parameters' names: what the shim calls its parameters, in words that are no types.
    fn names(params: &str) -> Vec<String> {
        const NAMES: &[&str] = &[
            "flags",
            "count",
            "unknown",
            "shim",
            "run",
            "source",
            "name",
            "thrown",
            "function",
            "args",
            "value",
            "may_allocate",
            "view",
            "text",
            "bytes",
            "length",
            "truth",
            "number",
            "address",
            "type_error",
            "message",
            "object",
            "arity",
            "fast",
            "native",
            "call",
            "index",
            "exception",
            "root",
            "pin",
        ];
        let words = params.split(|c: char| !c.is_alphanumeric() && c != '_');
        let mut names: Vec<_> = words.filter(|word| NAMES.contains(word)).map(str::to_owned).collect();
        names.dedup();
        names
    }

    #[test]
    fn rust_declares_what_the_shim_has() {
        let header = include_str!("../shim.h");
        let header: String = header.lines().filter(|line| !line.trim().starts_with("//")).collect();
        let here = include_str!("ffi.rs");
        let here = &here[here.find("unsafe extern \"C\" {").unwrap()..here.find("mod tests").unwrap()];
        let mut functions_here = functions(here);
        let mut functions_there = functions(&header);
        // Rust does not name the parameters of functions that are parameters.
        for (_, params) in functions_there.iter_mut().chain(&mut functions_here) {
            if let Some(run) = params.iter().position(|name| name == "run") {
                params.truncate(run + 1);
            }
        }
        assert_eq!(functions_there, functions_here);
        assert!(functions_here.len() > 40);
    }
}
