//! Node-API for the rest of the crate: environments, values, and errors instead of statuses.
//!
//! # Valid environments and values
//!
//! An [`Env`](env::Env) is used on its thread alone, and as long as its environment lasts. A [`Value`](env::Value) is used with
//! its own environment, and until the native function returns that got or made it. `SAFETY` comments call them valid.

pub(crate) mod env;
pub(crate) mod make;
pub(crate) mod native;
pub(crate) mod object;
pub(crate) mod read;
pub(crate) mod root;
pub(crate) mod status;
pub(crate) mod throw;
pub(crate) mod thrown;
