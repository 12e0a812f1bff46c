//! Compiler flags for C fixtures, from the environment.

/// The words of `$HOTCALL_FIXTURE_FLAGS`, which every C and C++ fixture is compiled with.
///
/// Programs that run under a sanitizer need fixtures compiled with the same one: it does not see other code's accesses.
/// `.ci/sanitize` sets `-fsanitize=address` or `-fsanitize=thread`, and `$CC` and `$CXX` to the compilers that know them.
pub(crate) fn fixture_flags() -> Vec<String> {
    let flags = std::env::var("HOTCALL_FIXTURE_FLAGS").unwrap_or_default();
    flags.split_whitespace().map(str::to_owned).collect()
}
