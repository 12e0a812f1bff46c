//! Thunks: code that C calls, and that calls a handler with slots.
//!
//! A [`ThunkCode`] serves a key; a [`Stub`](crate::Stub) in front of it serves one callback. Thunks are never freed, because C may
//! call an address that it was given once for as long as the process lives. Callbacks with equal keys agree in the number of slots,
//! in the sizes of structs and in the size of the result, and so a late call finds those also in the stub's next callback. They do
//! not agree in types: a pointer and a `long` share a key.

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
use crate::lock::{HoldOff, hold_off};
use crate::stubs::pool::{Origin, StubPool, Tables};
use crate::universal::incoming::UniversalThunk;

/// Code of the host's convention that C calls, for functions of one shape.
pub struct ThunkCode {
    /// `None`: the universal thunk answers.
    code: Option<Code>,
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

    /// The thunk for callbacks of this signature, made unless there is one with an equal key.
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

    /// All of them.
    pub(crate) fn all(&self, no_fork: &HoldOff) -> impl Iterator<Item = &'static ThunkCode> + use<> {
        self.code.live(no_fork).into_iter().map(|thunk| *thunk)
    }
}

impl ThunkCode {
    /// A thunk that lives as long as the process: with this code, or a universal one.
    ///
    /// # Errors
    ///
    /// The universal thunk cannot reach a place of the plan.
    pub(crate) fn leak(key: &CallbackKey, code: Option<Code>) -> Result<&'static Self, JitError> {
        let universal: &'static UniversalThunk = Box::leak(Box::new(UniversalThunk::of(&key.plan, key.returns_bool)?));
        let aggregates = key.plan.args.iter().map(|arg| arg.aggregate.then_some(arg.size)).collect();
        let tables = code.as_ref().map(|code| Tables { place: key.spare(), thunk: code.entry() });
        let pool = || StubPool::new(Origin { tables, universal: universal.header() });
        Ok(Box::leak(Box::new(Self { plain: pool(), counted: pool(), code, aggregates })))
    }

    /// The machine code, none of which is generated for a universal thunk.
    pub fn code(&self) -> &[u8] {
        self.code.as_ref().map_or(&[], Code::bytes)
    }

    /// For each parameter, the number of bytes behind its slot if it is a struct or union.
    pub fn aggregates(&self) -> &[Option<u32>] {
        &self.aggregates
    }

    /// How many stubs are bound to a handler, and how many are not.
    pub(crate) fn count_stubs(&self) -> (usize, usize) {
        let ((plain, plain_all), (counted, counted_all)) = (self.plain.count(), self.counted.count());
        (plain + counted, plain_all + counted_all - plain - counted)
    }

    /// The stubs whose [data](crate::Stub::data) belongs to one of two users, never to both: a call that is late finds what it
    /// expects there, if not the values.
    pub const fn stubs(&'static self, of: Use) -> &'static StubPool {
        match of {
            Use::Plain => &self.plain,
            Use::Counted => &self.counted,
        }
    }
}

/// Who uses a stub's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Nobody.
    Plain,
    /// A handler that counts its calls there: that of the crate hotcall, and nobody else.
    Counted,
}

impl fmt::Debug for ThunkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThunkCode").field("code", &self.code().as_ptr_range()).finish_non_exhaustive()
    }
}
