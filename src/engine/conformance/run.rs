//! All cases, in turn.

use super::cases::{arguments, buffers, callbacks, destinations, life, pointers, scalars, structs};
use super::kit::Kit;
use super::report::Report;
use super::subject::Subject;

/// Tries an engine with everything that the kit has: first with functions that are not compiled, unless the realm's
/// policy asks for that, and then with the same functions compiled.
pub fn run(subject: &mut dyn Subject) -> Report {
    let mut kit = Kit::new(subject);
    run_cases(&mut kit);
    kit.compile();
    run_cases(&mut kit);
    kit.finish()
}

fn run_cases(kit: &mut Kit<'_>) {
    scalars::run(kit);
    arguments::run(kit);
    pointers::run(kit);
    buffers::run(kit);
    structs::run(kit);
    destinations::run(kit);
    callbacks::run(kit);
    life::run(kit);
}
