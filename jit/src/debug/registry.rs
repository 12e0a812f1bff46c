//! What code there is, readable without a lock, in a signal handler too.
//!
//! Memory for code is a *region*, whose functions are appended to a log. Both are made of memory that is used again for other
//! regions but never freed, so that a reader may look at anything at any time. A region's version tells whether what was
//! read belongs together: it is odd while the region begins or ends, and never the same again.

use std::io;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, fence};

use crate::debug::name::Name;
use crate::debug::{Description, perf};
use crate::os::fork::{self, Locked};

/// The words of a block: 1 KiB, names for some twenty functions.
const WORDS: usize = 126;

/// The most bytes of `.eh_frame` entries that are kept, for debuggers: far more than a function has.
const MAX_FRAME: usize = 512;

// The longest record must fit into an empty block.
const _: () = assert!(2 + super::name::MAX_NAME.div_ceil(8) + MAX_FRAME.div_ceil(8) <= WORDS);

/// All cells there are, the newest first.
static CELLS: AtomicPtr<Cell> = AtomicPtr::new(ptr::null_mut());

static STATE: Mutex<State> = Mutex::new(State {
    free_cells: Vec::new(),
    free_blocks: Vec::new(),
    perf: None,
    #[cfg(feature = "gdb")]
    gdb: None,
});

/// Whether `perf` is to name code, in this process or an ancestor.
static PROFILED: AtomicBool = AtomicBool::new(false);

/// What writers share.
struct State {
    free_cells: Vec<&'static Cell>,
    free_blocks: Vec<&'static Block>,
    perf: Option<perf::Map>,
    #[cfg(feature = "gdb")]
    gdb: Option<super::gdb::Objects>,
}

fn lock() -> Locked<'static, State> {
    fork::lock(&STATE)
}

/// A piece of memory for code, known to readers until this is dropped.
pub(crate) struct Region(&'static Cell);

pub(crate) struct Cell {
    next: *const Cell,
    version: AtomicUsize,
    start: AtomicUsize,
    len: AtomicUsize,
    log: AtomicPtr<Block>,
}

// SAFETY: cells are never freed, `next` never changes, and all else is atomic.
unsafe impl Sync for Cell {}

/// A part of a region's log.
struct Block {
    next: AtomicPtr<Block>,
    /// Words in use.
    used: AtomicUsize,
    words: [AtomicU64; WORDS],
}

/// A function as its log has it: two words, then the name, then the frame, each filled up to a word.
#[derive(Clone, Copy)]
struct Record {
    block: &'static Block,
    /// The record's first word.
    at: usize,
    offset: u32,
    /// 0 for the first record, which describes the frames of all functions.
    len: u32,
    name_len: u32,
    frame_len: u32,
}

/// A function, copied from its log.
#[cfg_attr(not(feature = "gdb"), expect(dead_code, reason = "frames are for debuggers"))]
pub(crate) struct Function {
    pub(crate) start: usize,
    pub(crate) len: usize,
    pub(crate) name: Name,
    /// `.eh_frame` entries.
    pub(crate) frame: Vec<u8>,
}

impl Region {
    /// Memory in which functions will be, all of them described by these `.eh_frame` entries, if any.
    pub(crate) fn new(start: *const u8, len: usize, frame: &[u8]) -> Self {
        let mut locked = lock();
        let state = &mut *locked;
        let cell = state.cell();
        // Nobody looks at what a cell without a length holds.
        cell.start.store(start.addr(), Relaxed);
        cell.log.store(ptr::from_ref(state.block()).cast_mut(), Relaxed);
        cell.append(state, 0, 0, &Name::EMPTY, frame);
        cell.change(|| cell.len.store(len, Relaxed));
        Self(cell)
    }

    /// Names a function in the region, the last so far; the `.eh_frame` entries are its own, if it has any.
    pub(crate) fn add(&self, start: *const u8, len: usize, name: &Name, frame: &[u8]) {
        let mut locked = lock();
        let state = &mut *locked;
        let offset = start.addr() - self.0.start.load(Relaxed);
        self.0.append(state, offset as u32, len as u32, name, frame);
        if let Some(map) = &mut state.perf
            && map.add([(start.addr(), len, name.as_str())]).is_err()
        {
            state.perf = None;
        }
        #[cfg(feature = "gdb")]
        if let Some(gdb) = &mut state.gdb {
            gdb.update(self.0);
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let mut locked = lock();
        let state = &mut *locked;
        #[cfg(feature = "gdb")]
        if let Some(gdb) = &mut state.gdb {
            gdb.remove(self.0.start.load(Relaxed));
        }
        self.0.change(|| {
            self.0.len.store(0, Relaxed);
            let mut block = Block::at(&self.0.log);
            while let Some(current) = block {
                block = Block::at(&current.next);
                state.free_blocks.push(current);
            }
        });
        state.free_cells.push(self.0);
    }
}

impl State {
    /// A cell of no region.
    fn cell(&mut self) -> &'static Cell {
        if let Some(cell) = self.free_cells.pop() {
            return cell;
        }
        let cell = &*Box::leak(Box::new(Cell {
            next: CELLS.load(Relaxed),
            version: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            log: AtomicPtr::default(),
        }));
        CELLS.store(ptr::from_ref(cell).cast_mut(), Release);
        cell
    }

    /// An empty block of no region.
    fn block(&mut self) -> &'static Block {
        let Some(block) = self.free_blocks.pop() else {
            let words = [const { AtomicU64::new(0) }; WORDS];
            return Box::leak(Box::new(Block { next: AtomicPtr::default(), used: AtomicUsize::new(0), words }));
        };
        // A reader that sees what will be written sees that the block's last region has ended.
        fence(Release);
        block.used.store(0, Relaxed);
        block.next.store(ptr::null_mut(), Relaxed);
        block
    }
}

impl Cell {
    /// Changes what readers see, under the lock.
    fn change(&self, change: impl FnOnce()) {
        let version = self.version.load(Relaxed);
        self.version.store(version.wrapping_add(1), Relaxed);
        fence(Release);
        change();
        self.version.store(version.wrapping_add(2), Release);
    }

    /// Appends a record, under the lock.
    fn append(&self, state: &mut State, offset: u32, len: u32, name: &Name, frame: &[u8]) {
        let name = name.as_str().as_bytes();
        let kept = cfg!(feature = "gdb") && frame.len() <= MAX_FRAME;
        let frame = if kept { frame } else { &[] };
        let head = [u64::from(offset) | u64::from(len) << 32, name.len() as u64 | (frame.len() as u64) << 32];
        let size = head.len() + name.len().div_ceil(8) + frame.len().div_ceil(8);
        let Some(mut block) = Block::at(&self.log) else { return };
        while let Some(next) = Block::at(&block.next) {
            block = next;
        }
        if block.used.load(Relaxed) + size > WORDS {
            let next = state.block();
            block.next.store(ptr::from_ref(next).cast_mut(), Release);
            block = next;
        }
        let used = block.used.load(Relaxed);
        // As in `State::block`: this may be another thread than the one that took the block.
        fence(Release);
        let words = head.into_iter().chain(name.chunks(8).chain(frame.chunks(8)).map(word));
        for (place, word) in block.words.iter().skip(used).zip(words) {
            place.store(word, Relaxed);
        }
        block.used.store(used + size, Release);
    }

    /// The log, as long as the region is of this version.
    fn records(&self, version: usize) -> impl Iterator<Item = Record> {
        let (mut block, mut at) = (Block::at(&self.log), 0);
        std::iter::from_fn(move || {
            loop {
                let current = block?;
                if at < current.used.load(Acquire) {
                    let record = Record::read(current, at)?;
                    at += record.words();
                    return Some(record);
                }
                // The blocks of a region that has ended are another's, and need not come to an end.
                if self.version.load(Acquire) != version {
                    return None;
                }
                (block, at) = (Block::at(&current.next), 0);
            }
        })
    }

    fn find(&self, address: usize) -> Option<Description> {
        let version = self.version.load(Acquire);
        let start = self.start.load(Relaxed);
        let offset = address.checked_sub(start).filter(|&offset| offset < self.len.load(Relaxed))?;
        let inside = |record: &Record| {
            let behind = offset.checked_sub(record.offset as usize);
            behind.is_some_and(|behind| behind < record.len as usize)
        };
        let record = self.records(version).find(inside)?;
        let start = start.wrapping_add(record.offset as usize);
        let description = Description { name: record.name(), start, size: record.len as usize, address };
        fence(Acquire);
        // Code that is not being freed is in a region that does not change, so that there is no need to look again.
        (version.is_multiple_of(2) && self.version.load(Relaxed) == version).then_some(description)
    }

    /// Where the region is, under the lock.
    #[cfg(feature = "gdb")]
    pub(crate) fn start(&self) -> usize {
        self.start.load(Relaxed)
    }

    /// The region's functions, under the lock.
    pub(crate) fn functions(&self) -> impl Iterator<Item = Function> {
        let start = self.start.load(Relaxed);
        self.records(self.version.load(Relaxed)).filter(|record| record.len > 0).map(move |record| Function {
            start: start + record.offset as usize,
            len: record.len as usize,
            name: record.name(),
            frame: record.frame(),
        })
    }

    /// The `.eh_frame` entries for all functions, under the lock.
    #[cfg(feature = "gdb")]
    pub(crate) fn frame(&self) -> Vec<u8> {
        self.records(self.version.load(Relaxed)).next().map(|record| record.frame()).unwrap_or_default()
    }
}

impl Block {
    fn at(pointer: &AtomicPtr<Self>) -> Option<&'static Self> {
        // SAFETY: it is null or points to a block, none of which is ever freed.
        unsafe { pointer.load(Acquire).as_ref() }
    }

    fn word(&self, index: usize) -> Option<u64> {
        Some(self.words.get(index)?.load(Relaxed))
    }
}

impl Record {
    fn read(block: &'static Block, at: usize) -> Option<Self> {
        let (place, sizes) = (block.word(at)?, block.word(at + 1)?);
        let halves = |word: u64| (word as u32, (word >> 32) as u32);
        let ((offset, len), (name_len, frame_len)) = (halves(place), halves(sizes));
        Some(Self { block, at, offset, len, name_len, frame_len })
    }

    const fn words(&self) -> usize {
        2 + (self.name_len as usize).div_ceil(8) + (self.frame_len as usize).div_ceil(8)
    }

    fn name(&self) -> Name {
        Name::filled(self.name_len as usize, |bytes| self.copy(self.at + 2, bytes))
    }

    fn frame(&self) -> Vec<u8> {
        let mut frame = vec![0; self.frame_len as usize];
        self.copy(self.at + 2 + (self.name_len as usize).div_ceil(8), &mut frame);
        frame
    }

    /// Copies bytes from the word with this index on.
    fn copy(&self, index: usize, bytes: &mut [u8]) {
        for (index, bytes) in (index..).zip(bytes.chunks_mut(8)) {
            let word = self.block.word(index).unwrap_or_default().to_le_bytes();
            bytes.iter_mut().zip(word).for_each(|(byte, value)| *byte = value);
        }
    }
}

/// Up to eight bytes.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn cells() -> impl Iterator<Item = &'static Cell> {
    // SAFETY: each pointer is null or points to a cell, none of which is ever freed.
    let at = |pointer: *const Cell| unsafe { pointer.as_ref() };
    std::iter::successors(at(CELLS.load(Acquire)), move |cell| at(cell.next))
}

pub(crate) fn find(address: usize) -> Option<Description> {
    cells().find_map(|cell| cell.find(address))
}

/// The regions there are, under the lock.
fn regions(_: &State) -> impl Iterator<Item = &'static Cell> {
    cells().filter(|cell| cell.len.load(Relaxed) > 0)
}

pub(crate) fn enable_perf_map() -> io::Result<()> {
    let mut locked = lock();
    if locked.perf.as_ref().is_some_and(perf::Map::is_own) {
        return Ok(());
    }
    let mut map = perf::Map::open()?;
    let functions: Vec<_> = regions(&locked).flat_map(Cell::functions).collect();
    map.add(functions.iter().map(|function| (function.start, function.len, function.name.as_str())))?;
    locked.perf = Some(map);
    PROFILED.store(true, Relaxed);
    Ok(())
}

/// Whether memory for code must belong to no file from now on: `perf` looks for names of other memory in the file.
#[cfg(feature = "cranelift")]
pub(crate) fn is_profiled() -> bool {
    PROFILED.load(Relaxed)
}

#[cfg(feature = "gdb")]
pub(crate) fn enable_gdb() {
    let mut locked = lock();
    if locked.gdb.is_some() {
        return;
    }
    let mut objects = super::gdb::Objects::default();
    regions(&locked).for_each(|cell| objects.update(cell));
    locked.gdb = Some(objects);
}

/// Lets nothing change meanwhile.
#[cfg(all(test, feature = "gdb"))]
pub(crate) fn frozen<T>(look: impl FnOnce() -> T) -> T {
    let _locked = lock();
    look()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    // The regions of these tests are at addresses where no memory is, and each test has its own.

    fn add(region: &Region, start: usize, len: usize, name: &str) {
        region.add(ptr::without_provenance(start), len, &Name::of(name), &[]);
    }

    fn region(start: usize, len: usize) -> Region {
        Region::new(ptr::without_provenance(start), len, &[])
    }

    fn described(address: usize) -> Option<String> {
        find(address).map(|description| description.to_string())
    }

    #[test]
    fn functions_are_found_from_first_byte_to_last() {
        let region = region(0x1000, 0x100);
        assert_eq!(described(0x1000), None);
        add(&region, 0x1000, 0x15, "one");
        add(&region, 0x1020, 0x10, "two");
        assert_eq!(described(0xfff), None);
        assert_eq!(described(0x1000).unwrap(), "hotcall one+0x0");
        assert_eq!(described(0x1014).unwrap(), "hotcall one+0x14");
        assert_eq!(described(0x1015), None);
        assert_eq!(described(0x102f).unwrap(), "hotcall two+0xf");
        assert_eq!(described(0x1030), None);
        assert_eq!(described(0x1100), None);
        let two = find(0x1028).unwrap();
        assert_eq!((two.start(), two.size(), two.offset()), (0x1020, 0x10, 8));
        drop(region);
        assert_eq!(described(0x1000), None);
    }

    /// More than a block holds, in blocks that were used before.
    #[test]
    fn logs_have_any_length() {
        for round in 0..3 {
            let region = region(0x2000, 0x1000);
            for number in 0..200 {
                add(&region, 0x2000 + number * 16, 16, &format!("{}{round}-{number}", "x".repeat(number)));
            }
            for number in 0..200 {
                let description = find(0x2000 + number * 16).unwrap();
                let name = Name::of(&format!("{}{round}-{number}", "x".repeat(number)));
                assert_eq!(description.name(), name.as_str());
            }
        }
    }

    /// Regions at one address begin and end while others look there: what they find must belong together. Names are as long
    /// as their code, and made of one letter.
    #[test]
    fn readers_find_nothing_that_changes_below_them() {
        static STOP: AtomicBool = AtomicBool::new(false);
        let reader = || {
            let (mut found, mut last) = (0, false);
            // Once more when the writers are gone.
            while !last {
                last = STOP.load(Acquire);
                for address in (0x4000..0x4400).step_by(100) {
                    let Some(description) = find(address) else { continue };
                    let name = description.name().strip_prefix("hotcall ").unwrap();
                    let letter = name.chars().next().unwrap();
                    assert!(name.chars().all(|c| c == letter), "{name}");
                    assert_eq!(description.size(), name.len(), "{name}");
                    assert!(description.offset() < description.size());
                    found += 1;
                }
            }
            found
        };
        let writer = || {
            // The last one stays, so that readers find something for certain.
            let mut kept = None;
            for round in 0..2000 {
                drop(kept.take());
                let region = region(0x4000, 0x400);
                let mut start = 0x4000;
                for letter in (b'a'..=b'z').cycle().skip(round).take(5) {
                    let len = usize::from(letter);
                    add(&region, start, len, &char::from(letter).to_string().repeat(len));
                    start += len;
                }
                kept = Some(region);
            }
            kept
        };
        let readers = [thread::spawn(reader), thread::spawn(reader)];
        let kept = writer();
        STOP.store(true, Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
        drop(kept);
    }
}
