//! Deno's FFI on hotcall: puts its parts together. `ffi.js` builds the `Deno` namespace from their native functions.

use std::rc::Rc;
use std::sync::mpsc::Sender;

use hotcall::engine::Realm;
use rquickjs::{Ctx, Function, Object, Result};

use crate::buffers;
use crate::callbacks::{self, Callbacks};
use crate::event::Event;
use crate::host::QuickJs;
use crate::libraries::Libraries;
use crate::nonblocking::NonblockingCalls;
use crate::permissions::Permission;
use crate::pointers;
use crate::script;
use crate::symbols;

/// The FFI of one runtime.
pub(crate) struct Ffi {
    realm: Realm<QuickJs>,
    libraries: Rc<Libraries>,
    nonblocking: Rc<NonblockingCalls>,
    callbacks: Rc<Callbacks>,
}

impl Ffi {
    /// Makes the FFI, and an object of the native functions of `ffi.js`. The object belongs to the context of `ffi.js`,
    /// `own`. Values that the functions make belong to script's context, `ctx`.
    pub(crate) fn install<'js>(
        ctx: &Ctx<'js>,
        own: &Ctx<'js>,
        permission: Permission,
        threads: usize,
        queue: Sender<Event>,
    ) -> Result<(Self, Object<'js>)> {
        let realm = script::install(ctx)?;
        let functions = Object::new(own.clone())?;
        let pointers_allowed = permission.allows_pointers();
        functions.set("allowsPointers", Function::new(own.clone(), move || pointers_allowed)?)?;
        let nonblocking = NonblockingCalls::new(threads, queue.clone());
        symbols::install(own, &functions, &nonblocking)?;
        let libraries = Libraries::new(permission, Rc::clone(&nonblocking));
        libraries.install(own, &functions)?;
        let callbacks = Callbacks::new(queue);
        callbacks.install(own, &functions)?;
        pointers::install(own, &functions)?;
        buffers::install(own, ctx, &functions)?;
        Ok((Self { realm, libraries, nonblocking, callbacks }, functions))
    }

    /// Returns true if something may still happen that the event loop has to wait for.
    pub(crate) fn is_alive(&self) -> bool {
        self.callbacks.are_referenced() || self.has_running_calls()
    }

    /// Returns true if nonblocking calls have not returned yet.
    pub(crate) fn has_running_calls(&self) -> bool {
        self.nonblocking.are_running()
    }

    /// Releases the buffers that calls got in the last turn of the event loop.
    pub(crate) fn end_turn(&self, ctx: &Ctx<'_>) {
        script::take_pins(ctx);
        self.realm.engine().host().turn().end();
    }

    /// Answers a message of another thread. An exception that script cannot catch is left for the caller.
    pub(crate) fn handle(&self, ctx: &Ctx<'_>, event: Event) -> Result<()> {
        match event {
            Event::Done(number, outcome) => self.nonblocking.settle(ctx, number, outcome),
            Event::Called(call) => callbacks::answer(ctx, call),
        }
    }

    /// Releases all values of the context, when no call runs.
    pub(crate) fn shut_down(&self, ctx: &Ctx<'_>) {
        self.callbacks.shut_down();
        self.libraries.shut_down();
        drop(self.realm.take_exception());
        script::take_pins(ctx);
        // SAFETY: script does not run any more.
        unsafe { self.realm.engine().free() };
    }
}
