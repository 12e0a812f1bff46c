//! The conformance kit: engines that pass, and broken ones whose faults it must find.

mod broken;
mod exact;
mod faulty;
mod language_subject;
mod toy;
mod wide;

use hotcall::engine::conformance::{self, Feature, Report};
use hotcall_engines::jsc::JscScript;
use hotcall_engines::quickjs::Script;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;
use hotcall_engines::{CallbackWay, Language};
use hotcall_testing::alone::alone;
use language_subject::LanguageSubject;

/// Nothing failed, and not too little was tried.
#[track_caller]
fn passes(report: &Report, at_least: usize) {
    report.check();
    assert!(report.run >= at_least, "{} cases", report.run);
}

#[test]
fn the_toy_passes() {
    alone(|| passes(&conformance::run(&mut toy::with_data()), 500));
}

#[test]
fn the_toy_without_data_passes() {
    alone(|| passes(&conformance::run(&mut toy::framed()), 500));
}

#[test]
fn wide_integers_pass() {
    alone(|| passes(&conformance::run(&mut wide::WideSubject::new(wide::model())), 500));
}

#[test]
fn integers_that_are_not_rounded_pass() {
    alone(|| passes(&conformance::run(&mut exact::ExactSubject::new(&[Feature::ExactWide])), 500));
}

/// The kit tells the two ways apart: an engine that throws has to say so, and one that says so must not round.
#[test]
fn rounding_is_what_the_engine_says() {
    let throws = conformance::run(&mut exact::ExactSubject::new(&[]));
    assert!(!throws.failures.is_empty());
    for failure in &throws.failures {
        assert!(failure.expected.starts_with("bigint ") && failure.got.contains("no value for "), "{failure:?}");
    }
    let rounds = conformance::run(&mut exact::Claims(toy::with_data()));
    assert!(!rounds.failures.is_empty());
    for failure in &rounds.failures {
        assert!(failure.expected.ends_with(", or an exception") && failure.got.starts_with("number "), "{failure:?}");
    }
}

/// Runs everything that there is with callbacks of this way, but for what no JavaScript has. Without an engine there is nothing to
/// run. Where one must be there, looking for it fails if it is not.
#[track_caller]
fn passes_as_javascript(language: Option<impl Language>, way: CallbackWay) {
    let Some(language) = language else { return };
    let report = conformance::run(&mut LanguageSubject::new(language, way));
    passes(&report, 1000);
    let missing: Vec<_> = report.skipped.iter().filter_map(|skipped| skipped.lacks).collect();
    assert_eq!(missing, [Feature::WideIntegers]);
}

fn quickjs() -> Option<Script> {
    Some(Script::default())
}

fn javascript_core() -> Option<JscScript> {
    let script = JscScript::new()?;
    // The kit itself compiles.
    script.realm.compile_policy().set_after(u32::MAX);
    Some(script)
}

fn spider_monkey() -> Option<SpiderMonkeyScript> {
    let script = SpiderMonkeyScript::new()?;
    // Buffers of version 102 do not have `transfer`, by which the kit takes a buffer's bytes away.
    script.run("ArrayBuffer.prototype.transfer = function () { detach(this) }").unwrap();
    Some(script)
}

macro_rules! with_callbacks {
    ($way:expr, $($engine:ident),*) => {
        $(#[test] fn $engine() { alone(|| passes_as_javascript(super::$engine(), $way)) })*
    };
}

mod passes_with_handlers {
    use super::{CallbackWay, alone, passes_as_javascript};

    with_callbacks!(CallbackWay::Handler, quickjs, javascript_core, spider_monkey);
}

mod passes_with_functions_of_script {
    use super::{CallbackWay, alone, passes_as_javascript};

    with_callbacks!(CallbackWay::Function, quickjs, javascript_core, spider_monkey);
}
