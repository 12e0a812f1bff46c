//! The conformance kit: engines that pass, and broken ones whose faults it must find.

#[path = "../support/quickjs.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod quickjs;

mod broken;
mod quickjs_subject;
#[expect(unreachable_pub, reason = "the guide's modules are shown as an author would write them")]
mod toy;

use hotcall::engine::conformance::{self, PRELUDE, Report};

/// Nothing failed, and not too little was tried.
#[track_caller]
fn passes(report: &Report, at_least: usize) {
    report.check();
    assert!(report.run >= at_least, "{} cases", report.run);
}

#[test]
fn toy() {
    passes(&conformance::run(&mut toy::with_data()), 500);
}

#[test]
fn toy_without_data() {
    passes(&conformance::run(&mut toy::framed()), 500);
}

#[test]
fn quickjs() {
    let mut subject = quickjs_subject::QuickJsSubject::new();
    subject.script.run(PRELUDE).unwrap();
    let report = conformance::run(&mut subject);
    passes(&report, 1000);
    // It has all that there is, but for what no JavaScript has.
    let missing: Vec<_> = report.skipped.iter().filter_map(|skipped| skipped.lacks).collect();
    assert_eq!(missing, [conformance::Feature::WideIntegers]);
}
