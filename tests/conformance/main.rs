//! The conformance kit: engines that pass, and broken ones whose faults it must find.

mod broken;
mod exact;
mod faulty;
mod jsc_subject;
mod quickjs_subject;
mod spider_monkey_subject;
mod toy;
mod wide;

use hotcall::engine::conformance::{self, Feature, PRELUDE, Report};
use hotcall_engines::Language;
use quickjs_subject::CallbackWay;

/// Nothing failed, and not too little was tried.
#[track_caller]
fn passes(report: &Report, at_least: usize) {
    report.check();
    assert!(report.run >= at_least, "{} cases", report.run);
}

#[test]
fn the_toy_passes() {
    passes(&conformance::run(&mut toy::with_data()), 500);
}

#[test]
fn the_toy_without_data_passes() {
    passes(&conformance::run(&mut toy::framed()), 500);
}

#[test]
fn wide_integers_pass() {
    passes(&conformance::run(&mut wide::WideSubject::new(wide::model())), 500);
}

#[test]
fn integers_that_are_not_rounded_pass() {
    passes(&conformance::run(&mut exact::ExactSubject::new(&[Feature::ExactWide])), 500);
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

/// All that there is was tried, but for what no JavaScript has.
#[track_caller]
fn passes_as_javascript(report: &Report) {
    passes(report, 1000);
    let missing: Vec<_> = report.skipped.iter().filter_map(|skipped| skipped.lacks).collect();
    assert_eq!(missing, [Feature::WideIntegers]);
}

/// The ways in which callbacks reach script.
const WAYS: [CallbackWay; 2] = [CallbackWay::Handler, CallbackWay::Function];

#[test]
fn quickjs_passes() {
    for way in WAYS {
        let mut subject = quickjs_subject::QuickJsSubject::new(way);
        subject.script.run(PRELUDE).unwrap();
        passes_as_javascript(&conformance::run(&mut subject));
    }
}

#[test]
fn javascript_core_passes() {
    for way in WAYS {
        // In CI the library must be there, and looking for it fails otherwise.
        let Some(mut subject) = jsc_subject::JscSubject::new(way) else { return };
        subject.script.run(PRELUDE).unwrap();
        passes_as_javascript(&conformance::run(&mut subject));
    }
}

#[test]
fn spider_monkey() {
    for way in WAYS {
        // Where it must be there, looking for it fails if it is not.
        let Some(mut subject) = spider_monkey_subject::SpiderMonkeySubject::new(way) else { return };
        subject.script.run(PRELUDE).unwrap();
        // Version 102 has no `transfer`, by which the kit takes a buffer's bytes away.
        subject.script.run("ArrayBuffer.prototype.transfer = function () { detach(this) }").unwrap();
        passes_as_javascript(&conformance::run(&mut subject));
    }
}
