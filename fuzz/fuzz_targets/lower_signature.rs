//! Any signature is refused or planned, compiled and, where libffi can express it, called as libffi calls it.
#![no_main]

use hotcall_fuzz::check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::lower_signature(data);
});
