//! The fuzz targets' checks over their seed corpora, over what fuzzing found, and over random bytes.

use std::path::Path;

use hotcall_fuzz::random::Random;
use hotcall_fuzz::{check, crash};

/// Every input kept for this target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&directory).unwrap();
    let inputs: Vec<_> = entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{} is empty", directory.display());
    inputs
}

#[test]
fn lower_signature_corpus() {
    crash::report();
    for input in corpus("lower_signature") {
        check::lower_signature(&input);
    }
}

#[test]
fn lower_signature_random_bytes() {
    crash::report();
    let mut random = Random::new(7);
    for _ in 0..1000 {
        let len = random.below(400) as usize;
        check::lower_signature(&random.bytes(len));
    }
}
