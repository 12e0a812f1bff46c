//! Thunks: code that C calls, and that calls a handler with slots.
//!
//! A [`ThunkCode`] serves a key; a [`Stub`](crate::Stub) in front of it serves one callback. Thunks are never freed,
//! because C may call an address as long as the process lives. Callbacks with equal keys agree in three things: the
//! number of slots, the sizes of structs, and the size of the result. So a late call finds these sizes in the stub's
//! next callback too. Types may differ: a pointer and a `long` share a key.

use std::fmt;
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::code::generator::{self, Generator};
use crate::code::linker::Code;
use crate::code::once_map::{Life, OnceMap};
use crate::convention::abi::Abi;
use crate::debug::name::Name;
use crate::entry::callback::key::CallbackKey;
use crate::error::JitError;
use crate::lock::{HoldOff, Once, hold_off};
use crate::stubs::pool::{Origin, StubPool, Tables};
use crate::universal::incoming::UniversalThunk;

/// Code in the host's convention that C calls, for functions of one shape.
pub struct ThunkCode {
    /// The code. It is missing in a universal thunk, and as long as stubs lead to other code.
    code: Once<Code>,
    aggregates: Box<[Option<u32>]>,
    plain: StubPool,
    counted: StubPool,
}

/// The thunks of a compiler.
pub(crate) struct Thunks {
    generator: Option<Arc<Generator>>,
    code: OnceMap<CallbackKey, &'static ThunkCode>,
}

impl Thunks {
    pub(crate) fn new(generator: Option<Arc<Generator>>) -> Self {
        Self { generator, code: OnceMap::new() }
    }

    /// Returns the thunk for callbacks of this signature. A thunk with an equal key is reused.
    pub(crate) fn get(&self, signature: &Signature) -> Result<&'static ThunkCode, JitError> {
        if signature.first_variadic().is_some() {
            return Err(JitError::VariadicCallback);
        }
        let abi = Abi::host().ok_or(JitError::Host)?;
        let key = CallbackKey::of(abi, signature, abi.plan(signature)?);
        let no_fork = hold_off();
        let make = || {
            let code = generator::make(&no_fork, self.generator.as_deref(), &Name::new("thunk", signature), &key)?;
            ThunkCode::leak(&key, code)
        };
        self.code.get_or_make(&no_fork, &key, Life::Kept, make).map(|thunk| *thunk)
    }

    /// Returns all thunks.
    pub(crate) fn all(&self, no_fork: &HoldOff) -> impl Iterator<Item = &'static ThunkCode> + use<> {
        self.code.live(no_fork).into_iter().map(|thunk| *thunk)
    }
}

impl ThunkCode {
    /// Makes a thunk that lives as long as the process: with this code, or a universal one.
    ///
    /// # Errors
    ///
    /// The universal thunk cannot reach a place of the plan.
    pub(crate) fn leak(key: &CallbackKey, code: Option<Code>) -> Result<&'static Self, JitError> {
        let thunk = Self::leading_to(key, code.as_ref().map(Code::entry))?;
        if let Some(code) = code {
            thunk.code.get_or_init(|| code);
        }
        Ok(thunk)
    }

    /// Makes a thunk that lives as long as the process, without code of its own. Its stubs lead to this code of another
    /// thunk of the key, or to a universal thunk.
    ///
    /// # Errors
    ///
    /// The universal thunk cannot reach a place of the plan.
    pub(crate) fn leading_to(key: &CallbackKey, code: Option<*const u8>) -> Result<&'static Self, JitError> {
        let universal: &'static UniversalThunk = Box::leak(Box::new(UniversalThunk::of(&key.plan, key.returns_bool)?));
        let aggregates = key.plan.args.iter().map(|arg| arg.aggregate.then_some(arg.size)).collect();
        let tables = || code.map(|code| Tables::new(key.spare(), code));
        let pool = || StubPool::new(Origin { tables: tables(), universal: universal.header() });
        Ok(Box::leak(Box::new(Self { plain: pool(), counted: pool(), code: Once::new(), aggregates })))
    }

    /// Leads the stubs to this code, unless the thunk has code already. Static stubs stay with the universal thunk.
    ///
    /// # Safety
    ///
    /// The code is a thunk of the key that this one was made for.
    pub(crate) unsafe fn lead_to(&self, code: Code) {
        let entry = self.code.get_or_init(|| code).entry();
        // SAFETY: the code has the key of these stubs, as the caller promises. It lives as long as this thunk, which is
        // never freed.
        unsafe {
            self.plain.lead_to(entry);
            self.counted.lead_to(entry);
        }
    }

    /// Returns the generated machine code. It is empty for a universal thunk, and for one whose stubs lead to other
    /// code.
    pub fn code(&self) -> &[u8] {
        self.code.get().map_or(&[], Code::bytes)
    }

    /// Returns the address of the generated code.
    pub(crate) fn entry(&self) -> Option<*const u8> {
        self.code.get().map(Code::entry)
    }

    /// Returns for each parameter the number of bytes behind its slot, if it is a struct or union.
    pub fn aggregates(&self) -> &[Option<u32>] {
        &self.aggregates
    }

    /// Returns the number of stubs that are bound to a handler, and the number of the others.
    pub(crate) fn count_stubs(&self) -> (usize, usize) {
        let ((plain, plain_all), (counted, counted_all)) = (self.plain.count(), self.counted.count());
        (plain + counted, plain_all + counted_all - plain - counted)
    }

    /// Returns the stubs for one use. A stub's [data](crate::Stub::data) never changes its use. So a late call finds
    /// data of the expected kind, though perhaps not the expected values.
    pub const fn stubs(&'static self, of: Use) -> &'static StubPool {
        match of {
            Use::Plain => &self.plain,
            Use::Counted => &self.counted,
        }
    }
}

/// The use of a stub's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// The data is unused.
    Plain,
    /// The data belongs to the handler of the crate hotcall, which counts its calls there.
    Counted,
}

impl fmt::Debug for ThunkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThunkCode").field("code", &self.code().as_ptr_range()).finish_non_exhaustive()
    }
}
