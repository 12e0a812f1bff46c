//! Fixed seeds against libffi. Other seeds: `cargo run --release -p hotcall-fuzz --bin oracle -- libffi --seed N`, and
//! `round-trip` instead of `libffi`.

use hotcall_fuzz::check::{Bench, Outcome, Way};
use hotcall_fuzz::crash;

fn agrees(mut bench: Bench, way: Way, seeds: u64) {
    crash::report();
    for seed in 0..seeds {
        match bench.libffi(way, seed) {
            Ok(outcome) => assert_eq!(outcome, Outcome::Agreed, "seed {seed}"),
            Err(failure) => panic!("{failure}"),
        }
    }
}

#[test]
fn libffi_agrees() {
    agrees(Bench::new().unwrap(), Way::Call, 4000);
}

#[test]
fn libffi_agrees_without_generated_code() {
    agrees(Bench::universal().unwrap(), Way::Call, 4000);
}

#[test]
fn libffi_agrees_with_callbacks() {
    agrees(Bench::new().unwrap(), Way::RoundTrip, 3000);
}

#[test]
fn libffi_agrees_with_callbacks_without_generated_code() {
    agrees(Bench::universal().unwrap(), Way::RoundTrip, 3000);
}
