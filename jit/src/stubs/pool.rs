//! Pools of stubs. Stubs that nobody holds wait in one or two pools for each shape, and are reused as late as possible.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use crate::arch::operands::{Handover, UniversalHeader};
use crate::convention::spare::Spare;
use crate::error::JitError;
#[cfg(not(all(test, loom)))]
use crate::lock::{Lock, Locked};
use crate::stubs::cell::{CellPointer, Stub, StubCell};
use crate::stubs::mapping;
use crate::stubs::static_table::StaticStub;
use crate::stubs::table;
use crate::sync::{AtomicPtr, AtomicUsize, shared};
#[cfg(all(test, loom))]
use crate::sync::{Lock, Locked};

#[cfg(all(test, loom))]
pub(super) mod models;

/// The number of a pool's stubs that rest before the first of them is reused, if there is memory for tables of stubs.
///
/// So a late call seldom finds another callback. This is not a promise: threads exchange stubs with the pool in
/// batches, so with many threads a stub may be reused sooner. Of static stubs at most 32 rest, and none if all are
/// taken.
pub const REST: usize = if cfg!(all(test, loom)) { 1 } else { 1024 };

/// The number of stubs from tables that a thread takes and gives back at once.
const BATCH: usize = if cfg!(all(test, loom)) { 2 } else { 32 };

/// The source of a thunk's stubs.
pub(crate) struct Origin {
    /// Tables of stubs in front of generated code.
    pub(crate) tables: Option<Tables>,
    /// The universal thunk for static stubs. They are used if no code is generated, or if there is no memory for a
    /// table.
    pub(crate) universal: *const UniversalHeader,
}

/// Tables made at run time, which give stubs to a thunk.
pub(crate) struct Tables {
    place: Spare,
    /// The code that new stubs lead to.
    thunk: AtomicPtr<u8>,
}

impl Origin {
    /// Returns the number of stubs that a thread takes and gives back at once.
    const fn batch(&self) -> usize {
        match self.tables {
            Some(_) => BATCH,
            // Static stubs are few: other threads lack those in one thread's stock.
            None => 1,
        }
    }

    fn fixed(&self) -> Result<CellPointer, JitError> {
        let stub = StaticStub::take()?;
        let entry = NonNull::new(stub.entry().cast_mut()).ok_or(JitError::Host)?;
        let cell = StubCell::new(entry, stub.data(), self.universal.cast());
        stub.keep();
        Ok(CellPointer(NonNull::from(Box::leak(Box::new(cell)))))
    }
}

impl Tables {
    /// Makes the source of stubs that hand over their cells in `place`, and lead to this code.
    pub(crate) fn new(place: Spare, thunk: *const u8) -> Self {
        Self { place, thunk: AtomicPtr::new(thunk.cast_mut()) }
    }

    /// Makes up to `len` stubs, at least one. The last one is to be used first.
    fn more(&self, len: usize) -> Result<Vec<CellPointer>, JitError> {
        let stubs = table::take(Handover::Spare(self.place), len, mapping::table).map_err(JitError::memory)?;
        let thunk = self.thunk.load(Ordering::Relaxed);
        let cells = stubs.into_iter().rev().map(|(entry, data)| StubCell::new(entry, data, thunk.cast()));
        Ok(cells.collect::<Vec<_>>().leak().iter_mut().map(|cell| CellPointer(NonNull::from(cell))).collect())
    }
}

/// The stubs of a thunk. Each thread keeps some in its own stock, so that few calls take a lock.
pub struct StubPool {
    /// The pool's number, which counts used pools from 1; 0 for a pool that was never used.
    number: AtomicUsize,
    origin: Origin,
    shared: Lock<PoolState>,
}

/// The state that threads share.
#[derive(Default)]
struct PoolState {
    resting: VecDeque<CellPointer>,
    /// All stubs of the pool.
    made: Vec<CellPointer>,
}

// SAFETY: the addresses point to code and to a universal thunk, which live as long as the process and do not change.
unsafe impl Send for Origin {}
// SAFETY: the addresses point to code and to a universal thunk, which live as long as the process and do not change.
unsafe impl Sync for Origin {}

impl StubPool {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { number: AtomicUsize::new(0), origin, shared: Lock::default() }
    }

    /// Returns the pool's number, and assigns one at the first use.
    fn number(&self) -> usize {
        shared! {
            /// The number of used pools.
            static POOLS: AtomicUsize = AtomicUsize::new(0);
        }
        // The lock makes sure that the pool gets one number only.
        let _state = self.state();
        if self.number.load(Ordering::Relaxed) == 0 {
            self.number.store(POOLS.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.number.load(Ordering::Relaxed)
    }

    /// Takes a stub that nobody holds.
    ///
    /// # Errors
    ///
    /// Memory for more stubs is exhausted.
    #[inline]
    pub fn take(&'static self) -> Result<Stub, JitError> {
        // The fast path does not use a `Result`: its error is large, and moving it would take most of the time.
        match self.take_ready() {
            Some(cell) => Ok(Stub(cell)),
            None => self.with_stock(|stock| self.batch(self.origin.batch(), &mut stock.ready)).map(Stub),
        }
    }

    /// Returns the next of this thread's stubs.
    #[inline]
    fn take_ready(&'static self) -> Option<CellPointer> {
        let number = self.number.load(Ordering::Relaxed);
        with_stocks(|stocks| stocks.get_mut(number)?.ready.pop()).flatten()
    }

    /// Takes back a stub that was retired or never bound.
    ///
    /// # Safety
    ///
    /// The stub was taken from this pool.
    #[inline]
    pub unsafe fn give_back(&'static self, stub: Stub) {
        let number = self.number.load(Ordering::Relaxed);
        let kept = with_stocks(|stocks| stocks.get_mut(number).is_some_and(|stock| stock.keep(stub.0)));
        if kept != Some(true) {
            self.with_stock(|stock| self.keep(stock, stub.0));
        }
    }

    #[cold]
    fn keep(&self, stock: &mut ThreadStock, cell: CellPointer) {
        stock.returned.push(cell);
        if stock.returned.len() >= self.origin.batch() {
            self.state().resting.extend(stock.returned.drain(..));
        }
        stock.returned.reserve(self.origin.batch());
    }

    /// Works on this thread's stock of the pool, which is out of its place meanwhile. The program's allocator may call
    /// this code again. It finds an empty stock then, and the stubs that it leaves there go to the other threads.
    #[cold]
    fn with_stock<T>(&'static self, work: impl FnOnce(&mut ThreadStock) -> T) -> T {
        let number = match self.number.load(Ordering::Relaxed) {
            0 => self.number(),
            number => number,
        };
        let taken = with_stocks(|stocks| stocks.get_mut(number).map(std::mem::take)).flatten();
        let mut stock = taken.unwrap_or_default();
        stock.pool = Some(self);
        let result = work(&mut stock);
        put_back(number, stock);
        result
    }

    /// Takes back a stub that was retired or never bound. If stubs are few, any shape may use it next.
    ///
    /// # Safety
    ///
    /// * The stub was taken from this pool.
    /// * No call of the stub's address is in progress, and none begins later.
    pub unsafe fn free(&'static self, stub: Stub) {
        let pointer = stub.0;
        if !StaticStub::has(pointer.cell().stub) {
            // SAFETY: the caller promises that the stub was taken from this pool.
            return unsafe { self.give_back(stub) };
        }
        self.state().made.retain(|made| *made != pointer);
        // SAFETY: a static stub's cell was leaked in a box of its own. Its only holder has moved the stub here, and
        // nobody calls it.
        unsafe { drop(StaticStub::kept(Box::from_raw(pointer.0.as_ptr()).stub)) };
    }

    /// Leads the stubs of tables to other code: those that are in use, and later ones. A call that begins meanwhile runs
    /// the old code or the new.
    ///
    /// # Safety
    ///
    /// The code is a thunk of the key that these stubs belong to. Like the old one, it lives as long as the process.
    pub(crate) unsafe fn lead_to(&self, thunk: *const u8) {
        let state = self.state();
        let Some(tables) = &self.origin.tables else { return };
        // Stubs are made under the lock, so each of them is in the list or is made with the new code.
        tables.thunk.store(thunk.cast_mut(), Ordering::Relaxed);
        for stub in state.made.iter().map(|cell| cell.cell().stub).filter(|stub| !StaticStub::has(stub)) {
            stub.thunk.store(thunk.cast_mut().cast(), Ordering::Release);
        }
    }

    /// Takes a stub, and puts up to `len - 1` more into `more`. Of these the last one is to be used first.
    #[cold]
    fn batch(&self, len: usize, more: &mut Vec<CellPointer>) -> Result<CellPointer, JitError> {
        let mut state = self.state();
        let PoolState { resting, made } = &mut *state;
        let Some(tables) = &self.origin.tables else { return self.fixed(&mut state) };
        // All stubs of the batch must have rested behind `REST` others.
        if resting.len() < REST + len {
            // Most shapes have few callbacks, so the number of stubs doubles up to `len`.
            match tables.more(len.min(made.len().max(1))) {
                // Memory for tables is exhausted, so static stubs are used.
                Err(error) => return self.fixed(&mut state).map_err(|_| error),
                Ok(mut stubs) => {
                    made.extend(&stubs);
                    more.append(&mut stubs);
                    return more.pop().ok_or_else(|| JitError::memory("a table without stubs"));
                }
            }
        }
        // Copies the stubs in their order, which is fast. Within a batch the order of use does not matter.
        let (front, back) = resting.as_slices();
        let (front, rest) = (&front[..len.min(front.len())], len.saturating_sub(front.len()));
        more.extend_from_slice(front);
        more.extend_from_slice(&back[..rest]);
        resting.drain(..len);
        more.pop().ok_or_else(|| JitError::memory("a batch without stubs"))
    }

    /// Takes a stub that has rested for a while, or a static one.
    fn fixed(&self, PoolState { resting, made }: &mut PoolState) -> Result<CellPointer, JitError> {
        // A fair share of the free stubs rests, so that one shape cannot take all.
        let rest = StaticStub::left() / 64;
        let rested = if resting.len() > rest { resting.pop_front() } else { None };
        let fresh = || self.origin.fixed().inspect(|stub| made.push(*stub));
        // Reusing a stub too early is better than failing.
        rested.map_or_else(fresh, Ok).or_else(|error| resting.pop_front().ok_or(error))
    }

    /// Returns the number of stubs that are bound to a handler, and the number of all stubs.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = self.state();
        (state.made.iter().filter(|stub| stub.is_bound()).count(), state.made.len())
    }

    fn state(&self) -> Locked<'_, PoolState> {
        self.shared.hold()
    }
}

#[cfg(not(all(test, loom)))]
thread_local! {
    static STOCKS: UnsafeCell<Vec<ThreadStock>> = const { UnsafeCell::new(Vec::new()) };
}
#[cfg(all(test, loom))]
loom::thread_local! {
    static STOCKS: UnsafeCell<Vec<ThreadStock>> = UnsafeCell::new(Vec::new());
}

/// A thread's stubs of one pool. When the thread ends, its stubs go to the other threads.
#[derive(Default)]
struct ThreadStock {
    pool: Option<&'static StubPool>,
    /// Stubs to use; the next one is at the end.
    ready: Vec<CellPointer>,
    /// Stubs given back, in this order.
    returned: Vec<CellPointer>,
}

/// Runs `look` on this thread's stocks, indexed by the numbers of their pools. `None` if the thread is about to end.
///
/// `look` neither allocates nor frees, and calls nothing that may, so it never runs inside itself.
#[inline]
fn with_stocks<T>(look: impl FnOnce(&mut Vec<ThreadStock>) -> T) -> Option<T> {
    // SAFETY: other threads have other stocks. The exclusive reference ends before any other code can run on this
    // thread.
    STOCKS.try_with(|stocks| look(unsafe { &mut *stocks.get() })).ok()
}

/// Puts a stock into its place. A stock that is there already is dropped. So is this one if the thread is about to end.
fn put_back(number: usize, stock: ThreadStock) {
    let mut stocks = with_stocks(std::mem::take).unwrap_or_default();
    if stocks.len() <= number {
        stocks.resize_with(number + 1, ThreadStock::default);
    }
    let found = std::mem::replace(&mut stocks[number], stock);
    let made_meanwhile = with_stocks(|place| std::mem::replace(place, stocks));
    drop((found, made_meanwhile));
}

impl ThreadStock {
    /// Keeps a stub that was given back, if there is room for it.
    #[inline]
    fn keep(&mut self, cell: CellPointer) -> bool {
        let has_room = self.pool.is_some_and(|pool| self.returned.len() + 1 < pool.origin.batch())
            && self.returned.len() < self.returned.capacity();
        if has_room {
            self.returned.push(cell);
        }
        has_room
    }
}

impl Drop for ThreadStock {
    fn drop(&mut self) {
        if let Some(pool) = self.pool {
            let mut state = pool.state();
            let resting = &mut state.resting;
            // These stubs have rested or are new, so they go to the front. At the back they would count as given back
            // last.
            self.ready.drain(..).for_each(|cell| resting.push_front(cell));
            resting.extend(self.returned.drain(..));
        }
    }
}

impl fmt::Debug for StubPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubPool").field("number", &self.number.load(Ordering::Relaxed)).finish_non_exhaustive()
    }
}
