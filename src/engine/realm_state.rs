//! The state that a realm's functions share: the engine, and the exception that waits.

use std::cell::RefCell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall_jit::engine::values::{EngineAbi, Pending, PinList, ValueModel};
use hotcall_jit::{CompilePolicy, EngineValues, JitError};

use super::engine::Engine;
use super::error::EngineError;
use super::known_values::{Callbacks, KnownValues};
use super::site::Site;
use super::text::Text;
use crate::function::prototype::{Prototype, ResultTo};
use crate::slots::slot::Slot;

/// The part of a realm that its functions keep.
pub(super) struct RealmState<E: Engine> {
    pending: Pending,
    /// The waiting exception; `Some` exactly while `pending` is set.
    waiting: RefCell<Option<Waiting<E>>>,
    /// `None` if values are handles.
    abi: Option<EngineAbi>,
    /// The same for functions that do not call script back.
    abi_without_callbacks: Option<EngineAbi>,
    policy: CompilePolicy,
    /// The strings that were copied for the [fast call](super::Realm::fast_call) that runs; some exactly while `pending` says
    /// so.
    texts: RefCell<Vec<usize>>,
    values: RefCell<KnownValues>,
    number: usize,
    engine: E,
}

/// The number of realms that were made.
static REALMS: AtomicUsize = AtomicUsize::new(0);

/// An exception, or the error that it is made of.
enum Waiting<E: Engine> {
    Exception(E::Exception),
    /// The exception is made when it is taken, because the engine may be unable to make one in a refused call of
    /// compiled code.
    Error(EngineError),
}

/// The largest number of pinned objects that wait until the engine takes them over. It is small because the objects stay
/// alive meanwhile.
const MAX_WAITING_PINS: usize = 32;

fn list(model: &ValueModel) -> Option<PinList> {
    model.objects.as_ref()?.pins
}

impl<E: Engine> RealmState<E> {
    pub(super) fn new(abi: Option<EngineAbi>, abi_without_callbacks: Option<EngineAbi>, engine: E) -> Self {
        let has_list = abi.as_ref().is_some_and(|abi| list(abi.model()).is_some());
        let pending = if has_list { Pending::with_pins(MAX_WAITING_PINS) } else { Pending::new() };
        Self {
            pending,
            waiting: RefCell::new(None),
            abi,
            abi_without_callbacks,
            policy: CompilePolicy::new(),
            texts: RefCell::default(),
            values: RefCell::new(KnownValues::new()),
            number: REALMS.fetch_add(1, Ordering::Relaxed),
            engine,
        }
    }

    /// The functions of a prototype that the engine calls. `None` for a realm of handles.
    pub(super) fn values(
        &self,
        prototype: &Arc<Prototype>,
        result: ResultTo,
        callbacks: Callbacks,
    ) -> Option<Result<EngineValues, JitError>> {
        let abi = match callbacks {
            Callbacks::Possible => self.abi.as_ref(),
            Callbacks::Never => self.abi_without_callbacks.as_ref(),
        };
        abi.map(|abi| self.values.borrow_mut().get(prototype, (result, callbacks), abi))
    }

    /// The number of the realm, by which libraries find its records.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    pub(super) const fn abi(&self) -> Option<&EngineAbi> {
        self.abi.as_ref()
    }

    pub(super) const fn policy(&self) -> &CompilePolicy {
        &self.policy
    }

    pub(super) const fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(super) fn model(&self) -> Option<&ValueModel> {
        self.abi().map(EngineAbi::model)
    }

    pub(super) const fn engine(&self) -> &E {
        &self.engine
    }

    /// Gives the engine the pinned objects that no running call works on.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's. No call has added its own objects and still runs, unless it has called script.
    pub(super) unsafe fn take_pins(&self, site: Site) {
        let objects = self.pending.take_pins();
        if !objects.is_empty() {
            // SAFETY: the objects were in the list; the caller promises the site, and that calls have finished.
            unsafe { self.engine.take_pins(site, &objects) };
        }
    }

    /// Throws an error's exception.
    ///
    /// # Safety
    ///
    /// The site is one of the engine's.
    pub(super) unsafe fn throw(&self, site: Site, error: &EngineError) {
        // SAFETY: the caller promises that the site is one of the engine's.
        unsafe { self.engine.throw(site, self.engine.exception(site, error)) };
    }

    /// Keeps a string for the fast call that runs, and returns its slot.
    pub(super) fn keep_text(&self, text: Text) -> Slot {
        self.texts.borrow_mut().push(text.pin);
        self.pending.set_texts(true);
        Slot::from(text.address)
    }

    /// Releases the strings of a fast call, of which C has returned, or which was refused.
    pub(super) fn release_texts(&self) {
        self.pending.set_texts(false);
        // The newest first, as in other calls.
        while let Some(pin) = self.texts.borrow_mut().pop() {
            // SAFETY: the engine has returned each pin with a text. An empty site is one of every engine's.
            unsafe { self.engine.unpin(Site::new(ptr::null_mut()), pin) };
        }
    }

    pub(super) fn take_exception(&self) -> Option<E::Exception> {
        self.pending.set(false);
        self.waiting.take().map(|waiting| match waiting {
            Waiting::Exception(exception) => exception,
            // SAFETY: an empty site is one of every engine's. Calls without a parameter for the context have it.
            Waiting::Error(error) => unsafe { self.engine.exception(Site::new(ptr::null_mut()), &error) },
        })
    }

    /// Keeps an exception, unless one waits already.
    pub(super) fn keep(&self, exception: E::Exception) {
        self.wait(Waiting::Exception(exception));
    }

    /// Keeps an error, unless an exception waits already. The exception is made when it is taken.
    pub(super) fn keep_error(&self, error: EngineError) {
        self.wait(Waiting::Error(error));
    }

    fn wait(&self, waiting: Waiting<E>) {
        if !self.pending.is_set() {
            *self.waiting.borrow_mut() = Some(waiting);
            self.pending.set(true);
        }
    }
}
