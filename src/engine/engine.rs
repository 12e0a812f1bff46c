//! The trait that an engine's author implements.

use hotcall_jit::engine::values::Words;

use super::error::EngineError;
use super::output::Output;
use super::problem::Problem;
use super::site::Site;
use super::text::Text;
use super::view::View;

/// The part of an engine that machine code cannot do by itself. The other part is its [`ValueModel`].
///
/// Values are passed as [`Words`], in the form that they have in the engine's memory. If the model is
/// [indirect](super::ValueModel::indirect), they are passed by their addresses instead, in the first word. All methods
/// run on the thread that runs the engine's script. Apart from [`exception`](Engine::exception), they must not run
/// script.
///
/// # Safety
///
/// * The memory that [`view`](Engine::view) reports stays valid until the call that asks for it returns.
/// * Values that are made are values of the engine.
///
/// The last [`Record`], [`FastCallRecord`] or [`Realm`] drops the engine, on the thread where that last one is dropped.
/// This must be sound if the engine finalises functions on threads of its own.
///
/// [`Realm`]: super::Realm
/// [`Record`]: super::Record
/// [`FastCallRecord`]: super::FastCallRecord
/// [`ValueModel`]: super::ValueModel
pub unsafe trait Engine: 'static {
    /// A thrown exception that has not arrived yet. If it is not thrown after all it is dropped. Its `Drop` must
    /// release the reference or root that it keeps. If it still waits when the last [`Record`](super::Record),
    /// [`FastCallRecord`](super::FastCallRecord) or [`Realm`](super::Realm) is dropped, it is dropped on that thread.
    type Exception: 'static;

    /// Returns the view of a value. It may be any value, also a number.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    unsafe fn view(&self, site: Site, value: Words) -> View;

    /// Makes a value for which the model does not have a class. It belongs to the caller.
    ///
    /// With an [indirect](super::ValueModel::indirect) model, all arguments of callbacks are made here, whatever their
    /// class. The address can be read until the native function returns, also after [`hand_over`](Engine::hand_over).
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
    /// Making one may run script, such as QuickJS's `Error.prepareStackTrace`. The call then converts no more arguments
    /// and does not call C. Its pins stay in place meanwhile.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn exception(&self, site: Site, error: &EngineError) -> Self::Exception;

    /// Throws an exception. The native function that is called at this site will then return the model's value for
    /// exceptions.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    unsafe fn throw(&self, site: Site, exception: Self::Exception);

    /// Keeps the bytes of a value in place until [`unpin`](Engine::unpin) gets the returned number. Returns `None` if
    /// the bytes stay in place anyway. Objects that machine code reads go to a [list](super::PinList) instead, if the
    /// model has one.
    ///
    /// If C is left by `longjmp` or by unwinding, the call's pins stay.
    ///
    /// # Safety
    ///
    /// [`view`](Engine::view) has said that the value has bytes.
    unsafe fn pin(&self, site: Site, value: Words) -> Option<usize> {
        let _ = (site, value);
        None
    }

    /// Releases pinned bytes, or a copied string.
    ///
    /// # Safety
    ///
    /// The pin is one that [`pin`](Engine::pin) or [`text`](Engine::text) returned, and it comes back once.
    unsafe fn unpin(&self, site: Site, pin: usize) {
        let _ = (site, pin);
    }

    /// Copies a string for a parameter of the type [`TEXT`](crate::Type::TEXT), in the encoding that C expects, with a zero
    /// at its end. The copy stays in place until [`unpin`](Engine::unpin) gets its number, when C has returned or the call is
    /// refused. `None` if the value is not a string, or the engine does not pass strings.
    ///
    /// It may move the bytes of other arguments, which are found afterwards. Of two copies the newer one is released first.
    ///
    /// # Errors
    ///
    /// The problem with the string, such as a zero in it.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    unsafe fn text(&self, site: Site, value: Words) -> Option<Result<Text, Problem>> {
        let _ = (site, value);
        None
    }

    /// Takes over pinned objects, the oldest first, if the model has a [list](super::PinList) of them. They are addresses
    /// of objects whose bytes C got in calls that have returned. If the model counts references, one for each now belongs
    /// to the engine.
    ///
    /// hotcall calls this when the list is full, and in [`Realm::take_pins`](super::Realm::take_pins).
    ///
    /// # Safety
    ///
    /// The objects come from the list, each once.
    unsafe fn take_pins(&self, site: Site, objects: &[u64]) {
        let _ = (site, objects);
    }

    /// Hands a made value over to the engine, which now gets it as the result of a native function. An engine that keeps
    /// made values in roots lets go of this one. In an engine that counts references nothing is to do, because the
    /// caller's reference becomes the engine's.
    ///
    /// # Safety
    ///
    /// [`make`](Engine::make) has made the value last. It is returned before anything else happens in the engine.
    unsafe fn hand_over(&self, site: Site, value: Words) {
        let _ = (site, value);
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
