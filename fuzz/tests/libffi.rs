//! Fixed seeds against libffi. Other seeds: `cargo run --release -p hotcall-fuzz --bin oracle -- libffi --seed N`.

use hotcall_fuzz::check::{Bench, Outcome};
use hotcall_fuzz::crash;

#[test]
fn libffi_agrees() {
    crash::report();
    let mut bench = Bench::new().unwrap();
    for seed in 0..4000 {
        match bench.libffi(seed) {
            Ok(outcome) => assert_eq!(outcome, Outcome::Agreed, "seed {seed}"),
            Err(failure) => panic!("{failure}"),
        }
    }
}
