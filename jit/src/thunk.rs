//! Thunks and their stubs: code that C calls, and that calls a handler with slots.
//!
//! A [`Thunk`] serves a shape; a [`Stub`] in front of it serves one callback. Thunks and stubs are never freed, because C may
//! call an address that it was given once for as long as the process lives. Stubs are used again, for the same thunk and as
//! late as possible: a stub that was given back rests, and some [`REST`] others with it.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::error::JitError;
use crate::fork::{self, Locked};
use crate::generator::{self, Code, ContextPlace};
use crate::plan::{Plan, ResultForm};
use crate::universal::incoming::Incoming;
use crate::universal::stubs::{StaticStub, StubData};

/// What a stub's callback runs.
///
/// * `context`: what the stub was bound with.
/// * `args`: as many canonical slots as the signature has parameters; the slot of a struct or union is the address of its
///   bytes, at a multiple of 16. They are gone when the handler returns.
/// * `result`: zeros, to be written as a slot for a scalar (canonical or not: the thunk extends it by its type), or as the
///   bytes of a struct or union, which are aligned as its type is at least; not read for `void`.
///
/// # Safety
///
/// It may be called only by thunks, with the context that belongs to it.
pub type Handler = unsafe extern "C-unwind" fn(context: *mut c_void, args: *const u64, result: *mut u64);

/// Code of the host's convention that C calls, for functions of one shape.
pub struct Thunk {
    /// `None`: the universal thunk answers.
    code: Option<ThunkCode>,
    aggregates: Box<[Option<u32>]>,
    result: ResultForm,
    plain: StubPool,
    counted: StubPool,
}

/// Code for a thunk, and where it finds its context.
pub(crate) type ThunkCode = (Code, ContextPlace);

impl Thunk {
    /// The code, if there is some, and what serves where it cannot.
    pub(crate) fn new(plan: &Plan, code: Option<ThunkCode>, universal: &'static Incoming) -> Self {
        let aggregates = plan.args.iter().map(|arg| arg.aggregate.then_some(arg.size)).collect();
        let tables = code.as_ref().map(|(code, place)| Tables { place: *place, thunk: code.entry() });
        let pool = || StubPool::new(Origin { tables, universal });
        Self { plain: pool(), counted: pool(), code, aggregates, result: plan.ret.form() }
    }

    /// The machine code, none of which is generated for a universal thunk.
    pub fn code(&self) -> &[u8] {
        self.code.as_ref().map_or(&[], |(code, _)| code.bytes())
    }

    /// For each parameter, the number of bytes behind its slot if it is a struct or union.
    pub fn aggregates(&self) -> &[Option<u32>] {
        &self.aggregates
    }

    /// What the handler writes.
    pub const fn result(&self) -> ResultForm {
        self.result
    }

    /// How many stubs are bound to a handler, and how many are not.
    pub(crate) fn count_stubs(&self) -> (usize, usize) {
        let (plain, counted) = (self.plain.state(), self.counted.state());
        let all = plain.made.len() + counted.made.len();
        let bound = plain.made.iter().chain(&counted.made).filter(|stub| stub.is_bound()).count();
        (bound, all - bound)
    }

    /// The stubs whose [data](Stub::data) belongs to one of two users, never to both: a call that is late finds what it
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

/// A stub, and what belongs to it as long as the process lives.
#[repr(C, align(64))]
struct StubCell {
    // What a thunk reads comes first, in this order.
    handler: AtomicPtr<()>,
    context: AtomicPtr<c_void>,
    data: UnsafeCell<[u64; 4]>,
    stub: &'static StubData,
    entry: NonNull<u8>,
}

impl StubCell {
    /// Binds a new stub to its thunk, and to nothing behind that.
    fn new(entry: NonNull<u8>, stub: &'static StubData, thunk: *const c_void) -> Self {
        stub.thunk.store(thunk.cast_mut(), Ordering::Relaxed);
        stub.context.store(Retired::context(), Ordering::Release);
        let (handler, context) = (AtomicPtr::default(), AtomicPtr::default());
        Self { handler, context, data: UnsafeCell::new([0; 4]), stub, entry }
    }
}

/// The address of a callback. Its holder binds it, retires it and gives it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stub(NonNull<StubCell>);

// SAFETY: cells are never freed; what changes in them is atomic, or the holder's affair.
unsafe impl Send for Stub {}
// SAFETY: as above.
unsafe impl Sync for Stub {}

impl Stub {
    fn cell(&self) -> &'static StubCell {
        // SAFETY: cells are never freed, and nobody has an exclusive reference to one.
        unsafe { self.0.as_ref() }
    }

    /// The function pointer for C.
    #[inline]
    pub fn entry(&self) -> *const c_void {
        self.cell().entry.as_ptr().cast()
    }

    /// 32 bytes at a multiple of 8 that belong to the stub: zeros at first, and later what they were when the stub was
    /// given back.
    #[inline]
    pub fn data(&self) -> *mut c_void {
        self.cell().data.get().cast()
    }

    /// Has calls run the handler with this context.
    ///
    /// # Safety
    ///
    /// * The caller holds the stub.
    /// * The handler may be called with this context until the stub is retired, and by calls that began before.
    /// * A thunk loads handler and context one after the other. If a call that began under another binding may still be about to
    ///   load them, any handler that the stub was bound to may be called with any of the contexts.
    #[inline]
    pub unsafe fn bind(&self, handler: Handler, context: *mut c_void) {
        let cell = self.cell();
        cell.handler.store(handler as *mut (), Ordering::Relaxed);
        cell.context.store(context, Ordering::Relaxed);
        // Thunks load handler and context through this word, which orders the loads behind the stores.
        cell.stub.context.store(self.0.as_ptr().cast(), Ordering::Release);
    }

    fn is_bound(&self) -> bool {
        self.cell().stub.context.load(Ordering::Relaxed) != Retired::context()
    }

    /// Has calls return zeros, and [counts](retired_calls) them.
    #[inline]
    pub fn retire(&self) {
        self.cell().stub.context.store(Retired::context(), Ordering::Release);
    }
}

/// What thunks read of a cell, for all stubs that are bound to nothing.
#[repr(C)]
struct Retired {
    handler: Handler,
    context: usize,
}

impl Retired {
    fn context() -> *mut c_void {
        (&raw const RETIRED).cast_mut().cast()
    }
}

static RETIRED: Retired = Retired { handler: count_retired, context: 0 };

static RETIRED_CALLS: AtomicU64 = AtomicU64::new(0);

/// How many calls of retired stubs there were in this process.
pub fn retired_calls() -> u64 {
    RETIRED_CALLS.load(Ordering::Relaxed)
}

/// Counts a call that was answered with zeros as those of retired stubs are.
pub fn count_retired_call() {
    RETIRED_CALLS.fetch_add(1, Ordering::Relaxed);
}

/// The result is zero already.
unsafe extern "C-unwind" fn count_retired(_: *mut c_void, _: *const u64, _: *mut u64) {
    count_retired_call();
}

/// How many stubs of a pool rest before the first of them is used again, where there is memory for tables of them.
///
/// It makes late calls rare, and is no promise: threads exchange stubs with the pool in batches, so with many threads a stub may
/// be used again after fewer others, and static stubs are fewer.
pub const REST: usize = 1024;

/// Where a thunk's stubs come from.
#[derive(Clone, Copy)]
struct Origin {
    /// In front of generated code.
    tables: Option<Tables>,
    /// For stubs of the table that is part of the program: where no code is generated, or a table finds no memory.
    universal: &'static Incoming,
}

/// Tables made at run time, of which a thunk gets stubs.
#[derive(Clone, Copy)]
struct Tables {
    place: ContextPlace,
    thunk: *const u8,
}

impl Origin {
    /// How many stubs a thread takes and gives back at once.
    const fn batch(self) -> usize {
        match self.tables {
            Some(_) => 32,
            // One thread's stock is what others lack.
            None => 1,
        }
    }

    fn fixed(self) -> Result<Stub, JitError> {
        let stub = StaticStub::take()?;
        let entry = NonNull::new(stub.entry().cast_mut()).ok_or(JitError::Host)?;
        let cell = StubCell::new(entry, stub.data(), ptr::from_ref(self.universal).cast());
        stub.keep();
        Ok(Stub(NonNull::from(Box::leak(Box::new(cell)))))
    }
}

impl Tables {
    /// Makes up to `len` stubs, one at least, the last of which is to be used first.
    fn fresh(self, len: usize) -> Result<Vec<Stub>, JitError> {
        let stubs = generator::stubs(self.place, len).map_err(JitError::memory)?;
        let cells = stubs.into_iter().rev().map(|(entry, data)| StubCell::new(entry, data, self.thunk.cast()));
        Ok(cells.collect::<Vec<_>>().leak().iter_mut().map(|cell| Stub(NonNull::from(cell))).collect())
    }
}

/// The stubs of a thunk. Threads keep some for themselves, so that few calls take a lock.
pub struct StubPool {
    /// Counts the pools that were ever used; 0 for the others.
    number: AtomicUsize,
    origin: Origin,
    shared: Mutex<PoolState>,
}

/// What the threads share.
#[derive(Default)]
struct PoolState {
    resting: VecDeque<Stub>,
    /// All stubs there are.
    made: Vec<Stub>,
}

// SAFETY: `thunk` is the address of code.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}

impl StubPool {
    fn new(origin: Origin) -> Self {
        Self { number: AtomicUsize::new(0), origin, shared: Mutex::default() }
    }

    /// The pool's number, from now on.
    fn number(&self) -> usize {
        static POOLS: AtomicUsize = AtomicUsize::new(0);
        // Under the lock, so that it gets one number only.
        let _state = self.state();
        if self.number.load(Ordering::Relaxed) == 0 {
            self.number.store(POOLS.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.number.load(Ordering::Relaxed)
    }

    /// A stub that nobody holds.
    ///
    /// # Errors
    ///
    /// There is no memory for more stubs.
    #[inline]
    pub fn take(&'static self) -> Result<Stub, JitError> {
        // No `Result` until here: its error is large, and moving it around would take most of the time.
        match self.take_ready() {
            Some(stub) => Ok(stub),
            None => self.take_batch(),
        }
    }

    /// The next of this thread's stubs.
    #[inline]
    fn take_ready(&'static self) -> Option<Stub> {
        let take = |local: &UnsafeCell<ThreadStubs>| {
            // SAFETY: nothing that runs in here comes back to this thread's stubs.
            let local = unsafe { &mut *local.get() };
            local.pools.get_mut(self.number.load(Ordering::Relaxed))?.as_mut()?.ready.pop()
        };
        THREAD.try_with(take).ok().flatten()
    }

    #[cold]
    fn take_batch(&'static self) -> Result<Stub, JitError> {
        let taken = THREAD.try_with(|local| {
            // SAFETY: as in `take_ready`.
            let local = unsafe { &mut *local.get() };
            local.pool(self).refill(self)
        });
        // The thread is about to end.
        taken.unwrap_or_else(|_| self.batch(1, &mut Vec::new()))
    }

    /// Takes back a stub that was retired or never bound.
    ///
    /// # Safety
    ///
    /// The stub was taken from this pool, and the caller, who was its holder, forgets it.
    #[inline]
    pub unsafe fn give_back(&'static self, stub: Stub) {
        let kept = THREAD.try_with(|local| {
            // SAFETY: as in `take_ready`.
            let local = unsafe { &mut *local.get() };
            local.pool(self).keep(self, stub);
        });
        if kept.is_err() {
            self.rest([stub]);
        }
    }

    /// Takes back a stub that C calls no more, retired or never bound: where stubs are few, any shape may get it.
    ///
    /// # Safety
    ///
    /// As for [`give_back`](Self::give_back); and nobody calls the stub's address again.
    pub unsafe fn free(&'static self, stub: Stub) {
        if !StaticStub::has(stub.cell().stub) {
            // SAFETY: the caller vouches for it.
            return unsafe { self.give_back(stub) };
        }
        self.state().made.retain(|made| *made != stub);
        // SAFETY: a static stub's cell was leaked by itself, and its only holder forgets it; nobody calls the stub.
        unsafe { drop(StaticStub::kept(Box::from_raw(stub.0.as_ptr()).stub)) };
    }

    /// A stub, and up to `len - 1` more to use after it, the last first.
    #[cold]
    fn batch(&self, len: usize, more: &mut Vec<Stub>) -> Result<Stub, JitError> {
        let mut state = self.state();
        let PoolState { resting, made } = &mut *state;
        let Some(tables) = self.origin.tables else { return self.fixed(&mut state) };
        // The last of the batch must have rested too.
        if resting.len() < REST + len {
            // Most shapes have few callbacks: as many again as there are.
            match tables.fresh(len.min(made.len().max(1))) {
                // There is no memory for tables.
                Err(error) => return self.fixed(&mut state).map_err(|_| error),
                Ok(mut stubs) => {
                    made.extend(&stubs);
                    more.append(&mut stubs);
                    return more.pop().ok_or_else(|| JitError::memory("a table without stubs"));
                }
            }
        }
        more.extend(resting.drain(..len).rev());
        more.pop().ok_or_else(|| JitError::memory("a batch without stubs"))
    }

    /// A stub that has rested for a while, or one of the static ones.
    fn fixed(&self, PoolState { resting, made }: &mut PoolState) -> Result<Stub, JitError> {
        // A fair share of what is left rests, so that no shape takes all.
        let rest = StaticStub::left() / 64;
        let rested = if resting.len() > rest { resting.pop_front() } else { None };
        let fresh = || self.origin.fixed().inspect(|stub| made.push(*stub));
        // Rather too early than never.
        rested.map_or_else(fresh, Ok).or_else(|error| resting.pop_front().ok_or(error))
    }

    #[cold]
    fn rest(&self, stubs: impl IntoIterator<Item = Stub>) {
        self.state().resting.extend(stubs);
    }

    fn state(&self) -> Locked<'_, PoolState> {
        fork::lock(&self.shared)
    }
}

thread_local! {
    static THREAD: UnsafeCell<ThreadStubs> = const { UnsafeCell::new(ThreadStubs { pools: Vec::new() }) };
}

/// A thread's stubs, by the number of their pool.
struct ThreadStubs {
    pools: Vec<Option<Box<ThreadPool>>>,
}

#[derive(Default)]
struct ThreadPool {
    pool: Option<&'static StubPool>,
    /// The next to use at the end.
    ready: Vec<Stub>,
    /// In the order they were given back.
    returned: Vec<Stub>,
}

impl ThreadStubs {
    #[inline]
    fn pool(&mut self, pool: &'static StubPool) -> &mut ThreadPool {
        let number = match pool.number.load(Ordering::Relaxed) {
            0 => pool.number(),
            number => number,
        };
        if self.pools.len() <= number {
            self.pools.resize_with(number + 1, || None);
        }
        self.pools[number].get_or_insert_default()
    }
}

impl ThreadPool {
    fn refill(&mut self, pool: &'static StubPool) -> Result<Stub, JitError> {
        self.pool = Some(pool);
        pool.batch(pool.origin.batch(), &mut self.ready)
    }

    #[inline]
    fn keep(&mut self, pool: &'static StubPool, stub: Stub) {
        self.pool = Some(pool);
        self.returned.push(stub);
        if self.returned.len() >= pool.origin.batch() {
            pool.rest(self.returned.drain(..));
        }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        if let Some(pool) = self.pool {
            let mut state = pool.state();
            let resting = &mut state.resting;
            // These have rested, or are new: behind those that rest they would count as given back after them.
            self.ready.drain(..).for_each(|stub| resting.push_front(stub));
            resting.extend(self.returned.drain(..));
        }
    }
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thunk").field("code", &self.code().as_ptr_range()).finish_non_exhaustive()
    }
}

impl fmt::Debug for StubPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubPool").field("number", &self.number.load(Ordering::Relaxed)).finish_non_exhaustive()
    }
}
