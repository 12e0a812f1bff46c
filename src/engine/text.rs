//! Strings of script that C gets.

use std::ffi::c_void;

use super::convert::Wanted;
use super::engine::Engine;
use super::problem::Problem;
use super::site::Site;
use hotcall_jit::engine::values::Words;
use hotcall_jit::{Form, Pointee, Scalar};

/// A copy of a string for one call: see [`Engine::text`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    /// The address of its first byte.
    pub address: *const c_void,
    /// The number that [`Engine::unpin`] gets.
    pub pin: usize,
}

/// Copies a value, if it is a string and the parameter takes one.
///
/// # Safety
///
/// The value and the site are the engine's.
#[inline]
pub(super) unsafe fn text<E: Engine>(
    engine: &E,
    site: Site,
    wanted: Wanted,
    value: Words,
) -> Option<Result<Text, Problem>> {
    match wanted {
        // SAFETY: the caller promises the engine's value and site.
        Wanted::Argument(Form::Scalar(Scalar::Pointer(Pointee::Text))) => unsafe { engine.text(site, value) },
        Wanted::Argument(_) | Wanted::Destination(_) => None,
    }
}
