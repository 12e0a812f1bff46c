//! Fixed seeds against libffi. Other seeds: `cargo run --release -p hotcall-fuzz --bin oracle -- libffi --seed N`, and
//! `round-trip` instead of `libffi`.

use hotcall_fuzz::check::{Bench, Outcome, Way};
use hotcall_fuzz::crash;

fn agrees(way: Way, seeds: u64) {
    crash::report();
    let mut bench = Bench::new().unwrap();
    for seed in 0..seeds {
        match bench.libffi(way, seed) {
            Ok(outcome) => assert_eq!(outcome, Outcome::Agreed, "seed {seed}"),
            Err(failure) => panic!("{failure}"),
        }
    }
}

#[test]
fn libffi_agrees() {
    agrees(Way::Call, 4000);
}

#[test]
fn libffi_agrees_with_callbacks() {
    agrees(Way::RoundTrip, 3000);
}
