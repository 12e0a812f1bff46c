//! The trait that an engine's author implements.

use hotcall_jit::engine::values::Words;

use super::error::EngineError;
use super::output::Output;
use super::site::Site;
use super::view::View;

/// The part of an engine that machine code does not do by itself, beside its [`ValueModel`].
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
///
/// [`Realm`]: super::Realm
/// [`Record`]: super::Record
/// [`FastCallRecord`]: super::FastCallRecord
/// [`ValueModel`]: super::ValueModel
pub unsafe trait Engine: 'static {
    /// A thrown exception on its way. If it is not thrown after all it is dropped, and its `Drop` must release what it keeps:
    /// a reference, a root. If it still waits when the last [`Record`](super::Record), [`FastCallRecord`](super::FastCallRecord) or
    /// [`Realm`](super::Realm) is dropped, it is dropped on the same thread.
    type Exception: 'static;

    /// Returns the view of a value, which may be any value, numbers too.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    unsafe fn view(&self, site: Site, value: Words) -> View;

    /// Makes a value that the model has no class for, and that belongs to the caller.
    ///
    /// # Errors
    ///
    /// The exception that the engine throws instead.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, Self::Exception>;

    /// Makes the exception for an error: a `TypeError` in JavaScript.
    ///
    /// Making one may run script, such as QuickJS's `Error.prepareStackTrace`: the call will convert no more arguments and
    /// not call C, and what it has pinned stays pinned meanwhile.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn exception(&self, site: Site, error: &EngineError) -> Self::Exception;

    /// Throws: the native function that is called at this site will return what the model says for that.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn throw(&self, site: Site, exception: Self::Exception);

    /// Keeps the bytes of a value where they are until [`unpin`](Engine::unpin) gets the number that this returns.
    /// `None`: nothing needs to be done for that.
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

    /// Releases pinned bytes.
    ///
    /// # Safety
    ///
    /// The pin is one that [`pin`](Engine::pin) returned, and it comes back once.
    unsafe fn unpin(&self, site: Site, pin: usize) {
        let _ = (site, pin);
    }

    /// Releases a value that belongs to the caller, in engines that count references.
    ///
    /// # Safety
    ///
    /// The value belongs to the caller.
    unsafe fn release(&self, site: Site, value: Words) {
        let _ = (site, value);
    }
}
