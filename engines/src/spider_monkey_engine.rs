//! SpiderMonkey behind hotcall's `Engine`: reads and makes the values that machine code does not handle.

use std::cell::Cell;
use std::ptr;

use hotcall::engine::{Catch, Engine, EngineError, Kind, Output, Site, View, Words};

use crate::spider_monkey_api::{Api, MonkeyContext, Rooted, Seen, kind};

/// The services of SpiderMonkey that hotcall uses. Any thread may drop it, because that does nothing to the engine.
pub struct SpiderMonkey {
    pub(crate) api: &'static Api,
    /// The number of pins that there are.
    pub pins: Cell<usize>,
    /// The number of pins that there have been.
    pub pinned: Cell<usize>,
}

/// An exception that is kept from the collector until it is dropped. Null for one that script cannot catch.
pub struct SpiderMonkeyThrown {
    api: &'static Api,
    pub(crate) rooted: Rooted,
}

impl Drop for SpiderMonkeyThrown {
    fn drop(&mut self) {
        // SAFETY: the exception belongs to this, and is dropped on the engine's thread.
        unsafe { (self.api.drop)(self.rooted) };
    }
}

impl SpiderMonkey {
    /// The services for contexts.
    pub(crate) const fn new(api: &'static Api) -> Self {
        Self { api, pins: Cell::new(0), pinned: Cell::new(0) }
    }

    pub(crate) const fn thrown(&self, rooted: Rooted) -> SpiderMonkeyThrown {
        SpiderMonkeyThrown { api: self.api, rooted }
    }

    /// The words of a made value, or the exception that waits in the context.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn made(
        &self,
        context: MonkeyContext,
        is_made: bool,
        value: u64,
    ) -> Result<Words, SpiderMonkeyThrown> {
        // SAFETY: the caller promises the engine's context.
        if is_made { Ok([value, 0]) } else { Err(self.thrown(unsafe { (self.api.take_exception)(context) })) }
    }

    /// Calls a function of script, or says what it threw. The result belongs to the caller.
    ///
    /// # Safety
    ///
    /// The context and the values are the engine's, and the collector does not free the arguments.
    pub unsafe fn call(
        &self,
        context: MonkeyContext,
        function: u64,
        args: &[Words],
    ) -> Result<Words, SpiderMonkeyThrown> {
        let args: Vec<_> = args.iter().map(|words| words[0]).collect();
        let mut value = 0;
        // SAFETY: the caller promises the engine's values.
        unsafe {
            let is_made = (self.api.call)(context, function, args.as_ptr(), args.len(), &mut value);
            self.made(context, is_made, value)
        }
    }
}

// SAFETY: bytes do not move, and a buffer that is pinned cannot be detached. Nothing here runs script. Dropping it does nothing.
unsafe impl Engine for SpiderMonkey {
    type Exception = SpiderMonkeyThrown;

    unsafe fn view(&self, site: Site, words: Words) -> View {
        let mut seen = Seen::default();
        // SAFETY: the value is the engine's.
        unsafe { (self.api.view)(site.context, words[0], &mut seen) };
        match seen.kind {
            kind::NUMBER => View::Number(seen.number),
            kind::BOOLEAN => View::Boolean(seen.bits != 0),
            kind::UNDEFINED => View::Undefined,
            kind::NULL => View::Null,
            kind::STRING => View::Other(Kind::String),
            kind::SYMBOL => View::Other(Kind::Symbol),
            kind::BIG_INT => View::BigInt(seen.bits),
            kind::FUNCTION => View::Other(Kind::Function),
            kind::POINTER => View::Pointer(ptr::with_exposed_provenance_mut(seen.bits as usize)),
            kind::BYTES => View::Bytes { address: ptr::with_exposed_provenance_mut(seen.bits as usize), len: seen.len },
            kind::DETACHED => View::Other(Kind::DetachedBuffer),
            other => {
                debug_assert_eq!(other, kind::OBJECT);
                View::Other(Kind::Object)
            }
        }
    }

    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, SpiderMonkeyThrown> {
        let (api, context, mut value) = (self.api, site.context, 0);
        // SAFETY: the context is one of the engine's.
        unsafe {
            let is_made = match output {
                Output::I64(number) => (api.make_big_int)(context, number as u64, true, &mut value),
                Output::U64(number) => (api.make_big_int)(context, number, false, &mut value),
                Output::Pointer(address, _) => {
                    (api.make_pointer)(context, address.expose_provenance() as u64, &mut value)
                }
                Output::Bytes(bytes) => (api.make_bytes)(context, bytes.as_ptr(), bytes.len(), &mut value),
                // The model has classes for these.
                Output::Number(_) | Output::Boolean(_) | Output::Null | _ => {
                    return Err(self.exception(site, &output.no_value()));
                }
            };
            self.made(context, is_made, value)
        }
    }

    unsafe fn exception(&self, site: Site, error: &EngineError) -> SpiderMonkeyThrown {
        let text = error.to_string();
        // SAFETY: the context is one of the engine's, and the text is copied.
        self.thrown(unsafe { (self.api.type_error)(site.context, text.as_ptr(), text.len()) })
    }

    unsafe fn throw(&self, site: Site, exception: SpiderMonkeyThrown) {
        // SAFETY: the context is one of the engine's, which takes the value.
        unsafe { (self.api.throw)(site.context, exception.rooted) };
    }

    /// Keeps the object, and keeps it from being detached.
    unsafe fn pin(&self, site: Site, words: Words) -> Option<usize> {
        // SAFETY: the value is an object of the engine.
        assert!(unsafe { (self.api.pin)(site.context, words[0]) }, "there is memory for a pin");
        self.pins.set(self.pins.get() + 1);
        self.pinned.set(self.pinned.get() + 1);
        Some(words[0] as usize)
    }

    unsafe fn unpin(&self, site: Site, pin: usize) {
        self.pins.set(self.pins.get() - 1);
        // SAFETY: the pin is an object that was kept.
        unsafe { (self.api.unpin)(site.context, pin as u64) };
    }

    /// The engine keeps results itself.
    unsafe fn hand_over(&self, site: Site, words: Words) {
        // SAFETY: the value was made here.
        unsafe { (self.api.release)(site.context, words[0]) };
    }

    unsafe fn release(&self, site: Site, words: Words) {
        // SAFETY: the value is the engine's. One that was not made here is left alone.
        unsafe { (self.api.release)(site.context, words[0]) };
    }
}

// SAFETY: nothing here runs script.
unsafe impl Catch for SpiderMonkey {
    unsafe fn catch(&self, site: Site, _: Words) -> SpiderMonkeyThrown {
        // SAFETY: the caller promises that an exception waits in the context.
        self.thrown(unsafe { (self.api.take_exception)(site.context) })
    }
}
