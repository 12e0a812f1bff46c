//! The engine-values entry without an engine: models, compiled and interpreted, called as their engines would.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[path = "../support/changed.rs"]
mod changed;
#[expect(dead_code, reason = "flags say here what would trap")]
#[path = "../support/environment.rs"]
mod environment;
#[path = "../support/notation.rs"]
mod notation;
#[path = "../support/random.rs"]
mod random;
#[expect(dead_code, reason = "scalars come from elsewhere")]
#[path = "../support/types.rs"]
mod types;

mod engine;
mod models;

mod conversions;
mod differential;
mod forged;
mod life;
mod refused;
