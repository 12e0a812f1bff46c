//! The `values` entry without an engine: models, compiled and interpreted, called as their engines would.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/types.rs"]
mod types;

mod engine;
mod models;

mod conversions;
mod differential;
mod forged;
mod refused;
