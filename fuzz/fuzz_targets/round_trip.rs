//! Any signature is refused or planned, compiled as a callback and, where libffi can express it, called by libffi, also on to
//! libffi. Callbacks are never freed, and a process has room for a quarter of a million shapes: `-runs=200000` at most.
#![no_main]

use hotcall_fuzz::check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::round_trip(data);
});
