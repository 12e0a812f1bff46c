//! JavaScript engines and their like: native functions that the engine itself calls.
//!
//! Elsewhere in hotcall a runtime fills an array of [slots](crate::Slot) and calls. Here it says once, as data, what
//! its values look like; then it gets a native function of its own engine for each C function, whose machine code
//! checks and unpacks the arguments, calls C, and packs the result.
//!
//! | part | what for |
//! |---|---|
//! | [`ValueModel`] | how the engine calls native functions, and how numbers, booleans and null lie in memory |
//! | [`quickjs`], [`nanbox`] | models of engines |
//! | [`Engine`] | all other values, pins, and throwing: what the engine's author writes |
//! | [`Realm`] | one instance of an engine: makes records, keeps the exception that waits for C to return |
//! | [`Record`] | a C function for the engine: an address, and the pointer to register it with |
//! | [`FastCallModel`], [`Handles`] | how an engine's compiled code calls a function, with the arguments in registers |
//! | [`FastCallRecord`] | a C function for such calls |
//! | [`v8`] | those of V8 |
//!
//! A type takes only what it can hold: 128 is no `i8`, 1.5 no integer, 0 no `bool`, and a wrong argument never reaches
//! C: the engine throws an [`Error`] that names the function, the argument and the type. Missing arguments are
//! undefined, more are ignored.
//!
//! A `float` is rounded as the thread rounds. Nothing else depends on the thread's floating-point environment: FTZ and DAZ leave
//! denormal numbers what they are, and a number that is refused never signals FE_INVALID, which may be unmasked. One with a
//! fraction, where C wants an integer, may signal FE_INEXACT.
//!
//! | C type | takes | becomes |
//! |---|---|---|
//! | integers of up to 32 bits | whole numbers in range | a number |
//! | integers of 64 bits | whole numbers in range; of BigInts the low 64 bits | what `wide` holds or the engine makes |
//! | `float`, `double` | numbers | a number; every NaN becomes the engine's where that matters |
//! | `bool` | booleans | a boolean |
//! | pointers, function pointers | null, [pointer objects](View::Pointer) | null, or what the engine makes |
//! | [`BUFFER`](Type::BUFFER) | null, [bytes](View::Bytes) | as other pointers |
//! | [`TEXT`](Type::TEXT) | null, pointer objects, bytes | as other pointers |
//! | structs and unions | enough bytes | a copy of the bytes |
//!
//! Engines of two kinds are served. One that interprets passes its own values in memory: its [`ValueModel`] makes a [`Realm`]
//! with [`Realm::new`], and functions are [records](Realm::record). One that compiles passes numbers and *handles* in registers:
//! its realm is one [of handles](Realm::of_handles), and functions are [typed](Realm::fast_call), each with a model of its own, beside
//! the engine's ordinary callback, which serves what they refuse. [`FastCallRecord`] has an example.
//!
//! [`guide`] builds all of this for a toy interpreter, step by step. The feature `conformance` adds a kit that tries an
//! engine with every type.

mod coerce;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod guide;
mod helpers;
pub mod nanbox;
pub mod quickjs;
mod realm;
mod record;
mod typed;
pub mod v8;
mod values;

pub use hotcall_jit::Abi;
pub use hotcall_jit::engine::fast_call::{
    Check, Exit, FastCallError, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, Object, Path,
    ResolvedHandle, Small, Tag,
};
pub use hotcall_jit::engine::values::{
    Boolean, Double, Integer, ModelError, ResultPath, Role, Singleton, Test, ValueModel, Words,
};

pub use coerce::{Kind, Problem, View};
pub use realm::Realm;
pub use record::Record;
pub use typed::FastCallRecord;
pub use values::Output;

use std::ffi::c_void;

#[cfg(doc)]
use hotcall_jit::Type;

use crate::error::Error;

/// What hotcall asks an engine for beside its [`ValueModel`]: everything that machine code does not do by itself.
///
/// Values go in and out as [`Words`], as they lie in the engine's memory. All methods run on the thread that runs the
/// engine's script, and none of them may run script, but for [`exception`](Engine::exception).
///
/// # Safety
///
/// What [`view`](Engine::view) says about memory is true until the call for which it is asked returns; values that are
/// made are values of the engine.
///
/// An engine is dropped by the last [`Record`], [`FastCallRecord`] or [`Realm`] of it, on whichever thread that is dropped. Where the
/// engine finalises functions on threads of its own, that must be sound.
pub unsafe trait Engine: 'static {
    /// Something that was thrown, while it is on its way. What is not thrown after all is dropped, and its `Drop` must let
    /// go of what it keeps: a reference, a root. If it still waits when the last [`Record`], [`FastCallRecord`] or [`Realm`] goes, that is on
    /// the thread of that.
    type Exception: 'static;

    /// What a value is: any value, numbers too.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    unsafe fn view(&self, site: Site, value: Words) -> View;

    /// Makes a value that the model has no class for, and that belongs to the caller.
    ///
    /// # Errors
    ///
    /// What the engine throws instead.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, Self::Exception>;

    /// What is thrown for an error: a `TypeError` in JavaScript.
    ///
    /// Making one may run script, such as QuickJS's `Error.prepareStackTrace`: the call will convert no more arguments and
    /// not call C, and what it has pinned stays pinned meanwhile.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn exception(&self, site: Site, error: &Error) -> Self::Exception;

    /// Throws: the native function that is called at this site will return what the model says for that.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn throw(&self, site: Site, exception: Self::Exception);

    /// Keeps the bytes of a value where they are until [`unpin`](Engine::unpin) gets what this returns. `None`: nothing
    /// needs to be done for that.
    ///
    /// If C is left by `longjmp` or by unwinding, what was pinned for the call stays pinned.
    ///
    /// # Safety
    ///
    /// The value is one of which [`view`](Engine::view) said that it has bytes.
    unsafe fn pin(&self, site: Site, value: Words) -> Option<usize> {
        let _ = (site, value);
        None
    }

    /// Lets go of bytes.
    ///
    /// # Safety
    ///
    /// The pin is one that [`pin`](Engine::pin) returned, and it comes back once.
    unsafe fn unpin(&self, site: Site, pin: usize) {
        let _ = (site, pin);
    }

    /// Lets go of a value that belongs to the caller, in engines that count references.
    ///
    /// # Safety
    ///
    /// The value belongs to the caller.
    unsafe fn release(&self, site: Site, value: Words) {
        let _ = (site, value);
    }
}

/// Where in the engine something happens.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Site {
    /// What the engine passed with the [role](Role::Context) of context, or null; in a typed call, what it passed with that
    /// [of exit](FastCallRole::Exit).
    pub context: *mut c_void,
    /// What it passed with the [role](Role::Exception) of exception, or null.
    pub exception: *mut c_void,
}

impl Site {
    /// A place in the engine outside of any native function.
    pub const fn new(context: *mut c_void) -> Self {
        Self { context, exception: std::ptr::null_mut() }
    }

    /// Sets the address that the engine passed for exceptions.
    pub const fn with_exception(self, exception: *mut c_void) -> Self {
        Self { exception, ..self }
    }
}
