//! Who holds which stub: those that nobody holds wait in pools, one or two for a shape, to be used again as late as possible.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::arch::operands::UniversalHeader;
use crate::convention::spare::Spare;
use crate::error::JitError;
use crate::lock::{Lock, Locked};
use crate::stubs::cell::{CellPointer, Stub, StubCell};
use crate::stubs::static_table::StaticStub;
use crate::stubs::table;

/// How many stubs of a pool rest before the first of them is used again, where there is memory for tables of them.
///
/// So a late call seldom finds another callback. It is not a promise: threads exchange stubs with the pool in batches, so with many
/// threads a stub may be used again after fewer others. Of static stubs at most 32 rest, and none where all are taken.
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

    fn fixed(self) -> Result<CellPointer, JitError> {
        let stub = StaticStub::take()?;
        let entry = NonNull::new(stub.entry().cast_mut()).ok_or(JitError::Host)?;
        let cell = StubCell::new(entry, stub.data(), self.universal.cast());
        stub.keep();
        Ok(CellPointer(NonNull::from(Box::leak(Box::new(cell)))))
    }
}

impl Tables {
    /// Makes up to `len` stubs, one at least, the last of which is to be used first.
    fn more(self, len: usize) -> Result<Vec<CellPointer>, JitError> {
        let stubs = table::take(self.place, len).map_err(JitError::memory)?;
        let cells = stubs.into_iter().rev().map(|(entry, data)| StubCell::new(entry, data, self.thunk.cast()));
        Ok(cells.collect::<Vec<_>>().leak().iter_mut().map(|cell| CellPointer(NonNull::from(cell))).collect())
    }
}

/// The stubs of a thunk. Threads keep some for themselves, so that few calls take a lock.
pub struct StubPool {
    /// Counts the pools that were ever used; 0 for the others.
    number: AtomicUsize,
    origin: Origin,
    shared: Lock<PoolState>,
}

/// What the threads share.
#[derive(Default)]
struct PoolState {
    resting: VecDeque<CellPointer>,
    /// All stubs there are.
    made: Vec<CellPointer>,
}

// SAFETY: the addresses are those of code and of a universal thunk, which live as long as the process and do not change.
unsafe impl Send for Origin {}
// SAFETY: the addresses are those of code and of a universal thunk, which live as long as the process and do not change.
unsafe impl Sync for Origin {}

impl StubPool {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { number: AtomicUsize::new(0), origin, shared: Lock::default() }
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
            Some(cell) => Ok(Stub(cell)),
            None => self.with_stock(|stock| self.batch(self.origin.batch(), &mut stock.ready)).map(Stub),
        }
    }

    /// The next of this thread's stubs.
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

    /// Works on this thread's stock of the pool, which is not in its place meanwhile: an allocator of the program's that comes
    /// here again finds an empty one, and what it leaves goes to the other threads.
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

    /// Takes back a stub, retired or never bound, for any shape where stubs are few.
    ///
    /// # Safety
    ///
    /// As for [`give_back`](Self::give_back); and no call of the stub's address is in progress, or begins again.
    pub unsafe fn free(&'static self, stub: Stub) {
        let pointer = stub.0;
        if !StaticStub::has(pointer.cell().stub) {
            // SAFETY: the stub was taken from this pool.
            return unsafe { self.give_back(stub) };
        }
        self.state().made.retain(|made| *made != pointer);
        // SAFETY: a static stub's cell was leaked by itself, and its only holder has moved the stub here; nobody calls the stub.
        unsafe { drop(StaticStub::kept(Box::from_raw(pointer.0.as_ptr()).stub)) };
    }

    /// A stub, and up to `len - 1` more to use after it, the last first.
    #[cold]
    fn batch(&self, len: usize, more: &mut Vec<CellPointer>) -> Result<CellPointer, JitError> {
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
    fn fixed(&self, PoolState { resting, made }: &mut PoolState) -> Result<CellPointer, JitError> {
        // A fair share of what is left rests, so that no shape takes all.
        let rest = StaticStub::left() / 64;
        let rested = if resting.len() > rest { resting.pop_front() } else { None };
        let fresh = || self.origin.fixed().inspect(|stub| made.push(*stub));
        // Rather too early than never.
        rested.map_or_else(fresh, Ok).or_else(|error| resting.pop_front().ok_or(error))
    }

    /// How many stubs are bound to a handler, and how many there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = self.state();
        (state.made.iter().filter(|stub| stub.is_bound()).count(), state.made.len())
    }

    fn state(&self) -> Locked<'_, PoolState> {
        self.shared.hold()
    }
}

thread_local! {
    static STOCKS: UnsafeCell<Vec<ThreadStock>> = const { UnsafeCell::new(Vec::new()) };
}

/// A thread's stubs of one pool. Those that are left go to the other threads.
#[derive(Default)]
struct ThreadStock {
    pool: Option<&'static StubPool>,
    /// The next to use at the end.
    ready: Vec<CellPointer>,
    /// In the order they were given back.
    returned: Vec<CellPointer>,
}

/// Looks at this thread's stocks, which stand at the numbers of their pools; `None` if the thread is about to end.
///
/// `look` allocates and frees nothing, calls nothing that may, and so never comes here again.
#[inline]
fn with_stocks<T>(look: impl FnOnce(&mut Vec<ThreadStock>) -> T) -> Option<T> {
    // SAFETY: other threads have other stocks, and what is borrowed here is given back before anything else can run.
    STOCKS.try_with(|stocks| look(unsafe { &mut *stocks.get() })).ok()
}

/// Puts a stock in its place. One that stands there already, or has no place because the thread ends, is dropped.
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
            // These have rested, or are new: behind those that rest they would count as given back after them.
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
