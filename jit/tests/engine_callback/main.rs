//! Callbacks that are functions of script, without an engine: models of values, each with a call function in Rust.

#![cfg(all(target_arch = "x86_64", not(windows)))]

mod differential;
mod life;
#[expect(dead_code, reason = "the native functions of these models are called elsewhere")]
#[path = "../engine_values/models.rs"]
mod models;
mod scene;
mod script;
