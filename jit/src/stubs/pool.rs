//! Who holds which stub: those that nobody holds wait in pools, one or two for a shape, to be used again as late as possible.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::arch::operands::UniversalHeader;
use crate::convention::spare::Spare;
use crate::error::JitError;
use crate::lock::{self, Locked};
use crate::stubs::cell::{Stub, StubCell};
use crate::stubs::static_table::StaticStub;
use crate::stubs::table;

/// How many stubs of a pool rest before the first of them is used again, where there is memory for tables of them.
///
/// It makes late calls rare, and is no promise: threads exchange stubs with the pool in batches, so with many threads a stub may
/// be used again after fewer others, and static stubs are fewer.
pub const REST: usize = 1024;

/// Where a thunk's stubs come from.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// In front of generated code.
    pub(crate) tables: Option<Tables>,
    /// For stubs of the table that is part of the program: where no code is generated, or a table finds no memory.
    pub(crate) universal: *const UniversalHeader,
}

/// Tables made at run time, of which a thunk gets stubs.
#[derive(Clone, Copy)]
pub(crate) struct Tables {
    pub(crate) place: Spare,
    pub(crate) thunk: *const u8,
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
        let cell = StubCell::new(entry, stub.data(), self.universal.cast());
        stub.keep();
        Ok(Stub(NonNull::from(Box::leak(Box::new(cell)))))
    }
}

impl Tables {
    /// Makes up to `len` stubs, one at least, the last of which is to be used first.
    fn more(self, len: usize) -> Result<Vec<Stub>, JitError> {
        let stubs = table::take(self.place, len).map_err(JitError::memory)?;
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

// SAFETY: the addresses are those of code and of a universal thunk, which live as long as the process and do not change.
unsafe impl Send for Origin {}
// SAFETY: the addresses are those of code and of a universal thunk, which live as long as the process and do not change.
unsafe impl Sync for Origin {}

impl StubPool {
    pub(crate) fn new(origin: Origin) -> Self {
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
            local.pools.get_mut(self.number.load(Ordering::Relaxed))?.ready.pop()
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
            self.rest(&[stub]);
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
            match tables.more(len.min(made.len().max(1))) {
                // There is no memory for tables.
                Err(error) => return self.fixed(&mut state).map_err(|_| error),
                Ok(mut stubs) => {
                    made.extend(&stubs);
                    more.append(&mut stubs);
                    return more.pop().ok_or_else(|| JitError::memory("a table without stubs"));
                }
            }
        }
        // Copied as they lie, which is quick; that the first of them is used last makes no difference.
        let (front, back) = resting.as_slices();
        let (front, rest) = (&front[..len.min(front.len())], len.saturating_sub(front.len()));
        more.extend_from_slice(front);
        more.extend_from_slice(&back[..rest]);
        resting.drain(..len);
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
    fn rest(&self, stubs: &[Stub]) {
        self.state().resting.extend(stubs);
    }

    /// How many stubs are bound to a handler, and how many there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = self.state();
        (state.made.iter().filter(|stub| stub.is_bound()).count(), state.made.len())
    }

    fn state(&self) -> Locked<'_, PoolState> {
        lock::lock(&self.shared)
    }
}

thread_local! {
    static THREAD: UnsafeCell<ThreadStubs> = const { UnsafeCell::new(ThreadStubs { pools: Vec::new() }) };
}

/// A thread's stubs, by the number of their pool.
struct ThreadStubs {
    pools: Vec<ThreadPool>,
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
            self.pools.resize_with(number + 1, ThreadPool::default);
        }
        &mut self.pools[number]
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
            pool.rest(&self.returned);
            self.returned.clear();
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

impl fmt::Debug for StubPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubPool").field("number", &self.number.load(Ordering::Relaxed)).finish_non_exhaustive()
    }
}
