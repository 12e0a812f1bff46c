//! Strings of script that C gets.

use std::ffi::c_void;

/// A copy of a string for one call: see [`Engine::text`](super::Engine::text).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    /// The address of its first byte.
    pub address: *const c_void,
    /// The number that [`Engine::unpin`](super::Engine::unpin) gets.
    pub pin: usize,
}
