//! The fuzz targets' checks over their seed corpora, over what fuzzing found, and over random bytes.

use std::path::Path;

use hotcall_fuzz::check::Outcome;
use hotcall_fuzz::{check, crash};
use hotcall_testing::random::Random;

/// Every input kept for this target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&directory).unwrap();
    let inputs: Vec<_> = entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{} is empty", directory.display());
    inputs
}

fn check_corpus(target: &str, check: fn(&[u8]) -> Outcome) {
    crash::report();
    let outcomes: Vec<_> = corpus(target).iter().map(|input| check(input)).collect();
    assert!(outcomes.contains(&Outcome::Agreed), "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Compiled(_))), "{outcomes:?}");
}

fn check_random_bytes(check: fn(&[u8]) -> Outcome) {
    crash::report();
    let mut random = Random::new(7);
    let (mut agreed, mut compiled, mut refused) = (0, 0, 0);
    for _ in 0..1000 {
        let len = random.below(400) as usize;
        match check(&random.bytes(len)) {
            Outcome::Agreed => agreed += 1,
            Outcome::Compiled(_) => compiled += 1,
            Outcome::Refused(_) => refused += 1,
        }
    }
    // Arbitrary bytes reach every kind of outcome often.
    assert!(agreed > 400 && compiled > 100 && refused > 100, "{agreed} agreed, {compiled} compiled, {refused} refused");
}

#[test]
fn signatures_of_the_corpus_are_lowered() {
    check_corpus("lower_signature", check::lower_signature);
}

#[test]
fn signatures_of_random_bytes_are_lowered() {
    check_random_bytes(check::lower_signature);
}

#[test]
fn signatures_of_the_corpus_make_the_round_trip() {
    check_corpus("round_trip", check::round_trip);
}

#[test]
fn signatures_of_random_bytes_make_the_round_trip() {
    check_random_bytes(check::round_trip);
}

#[test]
fn declarations_of_the_corpus_are_read() {
    for input in corpus("declaration") {
        check::declaration(&input);
    }
}

/// Bytes that mean something in C or in JSON, or nothing in both.
const NOISE: &[u8] = b"(){}[];,*=:\\\"'#0a \n\0\xff";

/// Texts near those of the corpus: bytes changed, dropped, doubled, and pieces of one text inside another.
#[test]
fn changed_declarations_are_read_or_refused() {
    let texts = corpus("declaration");
    let mut random = Random::new(11);
    for _ in 0..20_000 {
        let pick = |random: &mut Random| &texts[random.below(texts.len() as u32) as usize];
        let mut text = pick(&mut random).clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() as u32 + 1) as usize;
            match random.below(4) {
                0 => text.truncate(at),
                1 => text.insert(at, NOISE[random.below(NOISE.len() as u32) as usize]),
                2 => drop(text.splice(at..(at + random.below(9) as usize).min(text.len()), [])),
                _ => {
                    let other = pick(&mut random);
                    let from = random.below(other.len() as u32) as usize;
                    let to = (from + random.below(40) as usize).min(other.len());
                    drop(text.splice(at..at, other[from..to].iter().copied()));
                }
            }
        }
        check::declaration(&text);
    }
}
