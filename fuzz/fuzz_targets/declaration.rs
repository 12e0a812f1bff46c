//! Any text is read as declarations, or refused with an error that says where.
#![no_main]

use hotcall_fuzz::check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::declaration(data);
});
