//! Native functions with a C function behind them that writes down its arguments. A `slots` trampoline of the native function's
//! own signature calls them: it puts the words in the caller's places.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole, ResolvedHandle};
use hotcall_jit::engine::values::RecordHead;
use hotcall_jit::{
    FastCall, FastCallFunction, Jit, JitError, Layout, Options, Signature, Stub, StubPool, Trampoline, Type, Use,
};
use hotcall_testing::callers::word;
use hotcall_testing::random;

use crate::engine::{self, Event, HELPERS, SCENE, Scene};

/// A function and its native one.
pub(crate) struct Fixture {
    pub(crate) c: Signature,
    pub(crate) model: FastCallModel,
    pub(crate) code: FastCall,
    caller: Trampoline,
    direct: Trampoline,
    pool: &'static StubPool,
    stub: Option<Stub>,
    record: Box<RecordHead>,
    native: FastCallFunction,
}

/// The C function's result, and the helper's answers.
pub(crate) struct Answers {
    pub(crate) result: Vec<u8>,
    /// True if an exception waits then.
    pub(crate) throws: bool,
    pub(crate) resolve: Box<dyn Fn(usize, u64) -> Option<ResolvedHandle>>,
}

impl Answers {
    /// A result, and no answer for handles.
    pub(crate) fn returning(result: impl Into<Vec<u8>>) -> Self {
        Self { result: result.into(), throws: false, resolve: Box::new(|_, _| None) }
    }
}

/// The outcome of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CallOutcome {
    /// The result, as a slot of the native result's type.
    pub(crate) returned: u64,
    pub(crate) events: Vec<Event>,
    /// The exit that C saw, if it was called.
    pub(crate) seen_exit: *mut c_void,
}

impl Fixture {
    pub(crate) fn new(c: Signature, model: FastCallModel) -> Self {
        let code = Jit::shared().unwrap().fast_call(&c, &model, HELPERS);
        Self::of(c, model, code, |code, record| {
            // SAFETY: the record outlives the native function, which is called as the model says.
            unsafe { code.bind(record) }
        })
    }

    /// A function that is compiled at its first call, unless it is assembled.
    pub(crate) fn at_first_call(jit: &Jit, c: Signature, model: FastCallModel) -> Self {
        let code = jit.uncompiled_fast_call(&c, &model, HELPERS);
        Self::of(c, model, code, |code, record| {
            // SAFETY: the record outlives the native function, which is called as the model says.
            unsafe { code.bind_at_first_call(record) }
        })
    }

    fn of(
        c: Signature,
        model: FastCallModel,
        code: Result<FastCall, JitError>,
        bind: impl FnOnce(&FastCall, *const RecordHead) -> Result<FastCallFunction, JitError>,
    ) -> Self {
        let code = code.unwrap_or_else(|error| panic!("{c}, {model:?}: {error}"));
        let jit = Jit::shared().unwrap();
        let caller = jit.slots(&whole_words(&model.native), Options::default()).unwrap();
        let direct = jit.slots(&c, Options::default()).unwrap();
        let pool = jit.thunk(&fixed(&c)).unwrap().stubs(Use::Plain);
        let stub = pool.take().unwrap();
        // SAFETY: the stub is ours; the thunk has the signature of each scene.
        unsafe { stub.bind(engine::callee, ptr::null_mut()) };
        // SAFETY: the stub is a function of the signature; the cell is never freed.
        let record = Box::new(unsafe { FastCall::record(stub.entry(), engine::pending()) });
        let native = bind(&code, &raw const *record).unwrap();
        Self { c, model, code, caller, direct, pool, stub: Some(stub), record, native }
    }

    /// Returns true if the code was assembled. Assembled code jumps to C and does not have a frame.
    pub(crate) fn is_assembled(&self) -> bool {
        self.code.code().first().is_some_and(|&byte| byte != 0x55)
    }

    /// Has calls fail until [`Fixture::reopen`].
    pub(crate) fn close(&self) {
        self.record.close();
    }

    /// A record like the first one at its place, with a function of its own.
    pub(crate) fn reopen(&mut self) {
        // SAFETY: the box outlives the native function, which is called as the model says.
        unsafe {
            *self.record = FastCall::record(self.stub.as_ref().unwrap().entry(), engine::pending());
            self.native = self.code.bind(&raw const *self.record).unwrap();
        }
    }

    /// Calls the native function with a word for each parameter, of which narrow types take the low bytes.
    pub(crate) fn call(&self, words: &[u64], answers: Answers) -> CallOutcome {
        let exit = self.model.roles.iter().position(|&role| role == FastCallRole::Exit);
        let exit = exit.map_or(ptr::null_mut(), |exit| ptr::with_exposed_provenance_mut(words[exit] as usize));
        self.play(exit, answers, |result| {
            // SAFETY: the entry is a native function of the model, of which the trampoline puts words in their places.
            unsafe { (self.caller.entry())(self.native.entry(), words.as_ptr(), result, ptr::null_mut()) };
        })
    }

    /// Calls the C function by the `slots` entry.
    pub(crate) fn call_directly(&self, slots: &[u64], result: Vec<u8>, to: *mut u64) -> Vec<Event> {
        let target = self.stub.as_ref().unwrap().entry();
        let outcome = self.play(ptr::null_mut(), Answers::returning(result), |_| {
            // SAFETY: the target has the trampoline's signature, and there is room for its result.
            unsafe { (self.direct.entry())(target, slots.as_ptr(), to, ptr::null_mut()) };
        });
        outcome.events
    }

    fn play(&self, exit: *mut c_void, answers: Answers, call: impl FnOnce(*mut u64)) -> CallOutcome {
        let scene = Scene {
            signature: self.c.clone(),
            result: answers.result,
            throws: answers.throws,
            answer: answers.resolve,
            exit,
            record: &raw const *self.record,
            seen_exit: ptr::null_mut(),
            events: Vec::new(),
        };
        SCENE.set(Some(scene));
        let mut returned = 0;
        call(&mut returned);
        let Scene { seen_exit, events, .. } = SCENE.take().unwrap();
        CallOutcome { returned, events, seen_exit }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let stub = self.stub.take().unwrap();
        stub.retire();
        // SAFETY: the stub was taken from this pool, and nobody calls it any more.
        unsafe { self.pool.free(stub) };
    }
}

/// The function for callers that fill whole registers, whose upper bytes are arbitrary.
fn whole_words(native: &Signature) -> Signature {
    Signature::new(native.params().iter().map(word), native.result().cloned()).unwrap()
}

/// The function without `...`: its arguments are in the same places.
fn fixed(c: &Signature) -> Signature {
    Signature::new(c.params().iter().cloned(), c.result().cloned()).unwrap()
}

/// The slot of a scalar, or the bytes of a struct, as [`Answers`] has them.
pub(crate) fn result_bytes(ty: &Type, bytes: &[u8]) -> Vec<u8> {
    match ty.as_scalar() {
        Some(scalar) => random::slot(scalar, bytes).to_le_bytes().into(),
        None => bytes.into(),
    }
}

/// The memory that the exit's parameter points to: 16 bytes, of which one is the flag.
pub(crate) struct ExitFlag(pub(crate) Box<[u8; 16]>);

impl ExitFlag {
    /// The place of the flag, if the exit is a flag.
    pub(crate) const OFFSET: u32 = 5;

    const BLANK: [u8; 16] = [0xc0; 16];

    pub(crate) fn new() -> Self {
        Self(Box::new(Self::BLANK))
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0.as_mut_ptr().expose_provenance() as u64
    }

    /// Returns true if it was set. Checks that nothing else was written.
    pub(crate) fn is_set(&self) -> bool {
        let mut set = Self::BLANK;
        set[Self::OFFSET as usize] = 1;
        assert!(*self.0 == Self::BLANK || *self.0 == set, "{:x?}", self.0);
        *self.0 == set
    }
}

impl ExitFlag {
    /// Returns true if it was set, and clears it.
    pub(crate) fn take(&mut self) -> bool {
        let is_set = self.is_set();
        *self.0 = Self::BLANK;
        is_set
    }
}

pub(crate) const FLAG: Exit = Exit::Flag { offset: ExitFlag::OFFSET };

/// The bytes of a value of this type.
pub(crate) fn size_of_type(ty: &Type) -> usize {
    Layout::of(ty).unwrap().size as usize
}
