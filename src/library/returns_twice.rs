//! Functions that return twice. Only code that is compiled for such a function can call it.
//!
//! `setjmp` and `getcontext` return again when `longjmp` or `setcontext` is called. `vfork` returns in the parent on
//! the stack that the child has used since. By then the trampoline that called them has returned, and its frame is
//! overwritten. C compilers know these functions by name: GCC's `special_function_p` in `gcc/calls.cc`, Microsoft's
//! `setjmp` as an intrinsic function.
//!
//! A library may have a function of such a name that returns once, like a `savectx` that saves an application's
//! context. So a name counts only if the object that defines it also defines a function that makes it return again. The
//! C library does, and so do libraries that replace parts of it. If symbol tables are not read, the name alone counts.

use super::image;

/// The names, without the underscores that they may begin with.
const NAMES: [&str; 10] = [
    "setjmp",
    "sigsetjmp",
    "setjmp_syscall",
    "qsetjmp",
    "savectx",
    "vfork",
    "getcontext",
    // Windows.
    "setjmpex",
    "intrinsic_setjmp",
    "intrinsic_setjmpex",
];

/// Functions that make another one return again. An object that defines a function of [`NAMES`] counts only if it
/// defines one of these too.
const COUNTERPARTS: [&str; 5] = ["longjmp", "_longjmp", "siglongjmp", "setcontext", "_exit"];

/// Returns true if a function of this name returns twice.
pub(super) fn returns_twice(name: &str, address: usize) -> bool {
    is_name(name) && image::is_defined_beside(address, &COUNTERPARTS).unwrap_or(true)
}

/// GCC treats `x`, `_x`, `__x` and `__xx` as one function.
fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix("__x").or_else(|| name.strip_prefix("__")).or_else(|| name.strip_prefix('_'));
    NAMES.contains(&name) || plain.is_some_and(|plain| NAMES.contains(&plain))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_those_that_compilers_know() {
        for name in
            ["vfork", "__vfork", "setjmp", "_setjmp", "__setjmp", "__xsetjmp", "__sigsetjmp", "getcontext", "savectx"]
                .into_iter()
                .chain(["_setjmpex", "__intrinsic_setjmp", "__intrinsic_setjmpex"])
        {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["fork", "longjmp", "setcontext", "swapcontext", "___setjmp", "setjmp2", "xsetjmp", "", "_", "__", "__x"]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
