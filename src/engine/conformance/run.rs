//! All cases, in turn.

use super::cases::{arguments, buffers, callbacks, life, pointers, scalars, structs};
use super::kit::Kit;
use super::report::Report;
use super::subject::Subject;

/// Tries an engine with everything that the kit has.
pub fn run(subject: &mut dyn Subject) -> Report {
    let mut kit = Kit::new(subject);
    scalars::run(&mut kit);
    arguments::run(&mut kit);
    pointers::run(&mut kit);
    buffers::run(&mut kit);
    structs::run(&mut kit);
    callbacks::run(&mut kit);
    life::run(&mut kit);
    kit.finish()
}
