//! Declarations as text: C's grammar, and Deno's JSON form. Types and layouts are compared with the system's compilers.

#[cfg(unix)]
mod bit_fields;
#[cfg(unix)]
mod compatible;
mod grammar;
#[cfg(unix)]
mod headers;
mod json;
#[cfg(unix)]
mod layout;
mod named;
mod scope;
mod text;
mod told;

use hotcall::declare::Declarations;
#[cfg(unix)]
use hotcall_testing::random::Random;

/// The declarations of a text that can be read.
#[track_caller]
fn read(text: &str) -> Declarations {
    Declarations::from_c(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[cfg(unix)]
fn one_of<'a>(random: &mut Random, all: &[&'a str]) -> &'a str {
    all[random.below(all.len() as u32) as usize]
}
