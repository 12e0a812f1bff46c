//! Fixed seeds against C compilers. Other seeds: `cargo run --release -p hotcall-fuzz --bin oracle -- c --seed N`, and
//! `sandwich` instead of `c`.

use std::collections::BTreeSet;

use hotcall_fuzz::c::compare::Counts;
use hotcall_fuzz::c::compiler::VendorCompiler;
use hotcall_fuzz::c::quirk::{self, Quirk};
use hotcall_fuzz::case::Case;
use hotcall_fuzz::check::{Bench, Way};
use hotcall_fuzz::random::Source;
use hotcall_fuzz::signature::{self, Profile};
use hotcall_fuzz::{crash, declaration};
use hotcall_jit::{CCompiler, Departure};
use hotcall_testing::compiler::Compiler;

/// The compilers here: the system's, and clang if it is installed, which continuous integration sees to.
fn compilers() -> Vec<VendorCompiler> {
    let own = VendorCompiler::find(Compiler::c()).unwrap();
    match VendorCompiler::find(Compiler::new("clang")) {
        Ok(clang) => vec![own, clang],
        Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
        Err(_) => vec![own],
    }
}

#[test]
fn c_compilers_agree() {
    agree(Bench::new().unwrap(), &[(0, "-O0"), (200, "-O2")]);
}

#[test]
fn c_compilers_agree_without_generated_code() {
    agree(Bench::universal().unwrap(), &[(600, "-O2")]);
}

/// Calls of 200 functions from each of the seeds.
fn agree(mut bench: Bench, batches: &[(u64, &str)]) {
    crash::report();
    let compilers = compilers();
    let mut counts = Counts::default();
    for (first, level) in batches {
        match bench.c(Way::Call, *first, 200, &compilers, level).unwrap() {
            Ok(batch) => counts += batch,
            Err(failure) => panic!("{failure}"),
        }
    }
    // Few are left out, or the seeds say nothing.
    let functions = 200 * batches.len() as u64;
    assert_eq!((counts.functions, counts.refused), (functions, 0), "{counts:?}");
    assert!(counts.calls >= (functions - functions / 20) * compilers.len() as u64, "{counts:?}");
}

#[test]
fn c_compilers_agree_with_callbacks() {
    agree_with_callbacks(Bench::new().unwrap(), 400);
}

#[test]
fn c_compilers_agree_with_callbacks_without_generated_code() {
    agree_with_callbacks(Bench::universal().unwrap(), 500);
}

/// Callbacks of 100 signatures.
fn agree_with_callbacks(mut bench: Bench, first: u64) {
    crash::report();
    let compilers = compilers();
    match bench.c(Way::RoundTrip, first, 100, &compilers, "-O1").unwrap() {
        Ok(counts) => {
            assert_eq!((counts.functions, counts.refused), (100, 0), "{counts:?}");
            // Each compiler's callers with each compiler's callees.
            assert!(counts.calls >= 90 * compilers.len().pow(2) as u64, "{counts:?}");
        }
        Err(failure) => panic!("{failure}"),
    }
}

/// Seeds that long runs found, where Clang departs or fails: they are known, and counted as such.
#[test]
fn known_departures_are_counted() {
    crash::report();
    let mut bench = Bench::new().unwrap();
    let compilers = compilers();
    for (seed, quirk) in [
        (985, Quirk::Departs(Departure::ClangUnionFloat)),
        (7, Quirk::Departs(Departure::ClangFlexibleArray)),
        (36, Quirk::ClangInsideDeclarator),
        (53, Quirk::ClangCrash),
        (4058, Quirk::ClangTypedefAlignment),
    ] {
        match bench.c(Way::Call, seed, 1, &compilers, "-O1").unwrap() {
            Ok(counts) if compilers.len() > 1 => assert_eq!(counts.quirks.get(&quirk), Some(&1), "seed {seed}"),
            Ok(counts) => assert_eq!(counts.calls, 1, "seed {seed}"),
            Err(failure) => panic!("{failure}"),
        }
    }
}

/// The generator meets every known departure: one that no signature meets would never be looked at.
#[test]
fn generated_signatures_meet_all_departures() {
    let all = BTreeSet::from([
        Quirk::ClangInsideDeclarator,
        Quirk::ClangTypedefAlignment,
        Quirk::ClangCrash,
        Quirk::GccCrash,
        Quirk::Departs(Departure::ClangMemberAlignment),
        Quirk::Departs(Departure::ClangFlexibleArray),
        Quirk::Departs(Departure::GccFirstElement),
        Quirk::Departs(Departure::GccEmptyArray),
        Quirk::Departs(Departure::ClangUnionFloat),
    ]);
    let mut met = BTreeSet::new();
    let mut seeds = 0..60_000;
    while met != all {
        let seed = seeds.next().unwrap_or_else(|| panic!("only {met:?}"));
        let mut source = Source::seeded(seed);
        source.split();
        let signature = signature::signature(&mut source, Profile::C).unwrap();
        met.extend([CCompiler::Gcc, CCompiler::Clang].into_iter().filter_map(|one| quirk::of(one, &signature)));
    }
}

/// The generator's text is also C for hotcall's own reader.
#[test]
fn types_are_read_as_written() {
    for seed in 0..2000 {
        let mut source = Source::seeded(seed);
        let mut random = source.split();
        let signature = signature::signature(&mut source, Profile::C).unwrap();
        let case = Case::new(signature, &mut random).unwrap();
        if let Err(wrong) = declaration::read_back(&case) {
            panic!("seed {seed}: {wrong}");
        }
    }
}
