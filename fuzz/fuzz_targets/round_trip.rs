//! Any signature is refused or planned, compiled as a callback and, where libffi can express it, called by libffi, also on to
//! libffi. A callback's code is never freed, about 4 KiB for each shape: `-rss_limit_mb=0`, or a number of `-runs`.
#![no_main]

use hotcall_fuzz::check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::round_trip(data);
});
