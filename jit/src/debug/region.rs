//! Regions: memory for code, each with a log of its functions.
//!
//! Regions and logs use memory that is reused for other regions but never freed, so that a reader may read anything at
//! any time. A region's version tells whether the parts that were read belong together. It is odd while the region
//! begins or ends, and no version occurs twice.

use std::array;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::debug::description::Description;
use crate::debug::name::Name;
use crate::sync::{AtomicPtr, AtomicU64, AtomicUsize, fence, shared};

/// The words of a block: 1 KiB, with room for the names of about twenty functions. In models it has room for the first
/// record and for one function with a short name.
const WORDS: usize = if cfg!(all(test, loom)) { 6 } else { 126 };

/// The most bytes of `.eh_frame` entries that are kept, for debuggers. No function comes near this limit.
const MAX_FRAME: usize = 512;

// The longest record must fit into an empty block. Names in models are short.
#[cfg(not(all(test, loom)))]
const _: () = assert!(2 + crate::debug::name::MAX_NAME.div_ceil(8) + MAX_FRAME.div_ceil(8) <= WORDS);

shared! {
    /// All cells, the newest first.
    static CELLS: AtomicPtr<RegionCell> = AtomicPtr::new(ptr::null_mut());
}

pub(crate) struct RegionCell {
    next: *const RegionCell,
    version: AtomicUsize,
    pub(crate) start: AtomicUsize,
    pub(crate) len: AtomicUsize,
    pub(crate) log: AtomicPtr<LogBlock>,
    /// The last block of the log, for writers. They would take longer to find it than for all else.
    last: AtomicPtr<LogBlock>,
}

// SAFETY: cells are never freed, `next` never changes, and all other fields are atomic.
unsafe impl Sync for RegionCell {}

/// A part of a region's log.
pub(crate) struct LogBlock {
    next: AtomicPtr<LogBlock>,
    /// Words in use.
    used: AtomicUsize,
    words: [AtomicU64; WORDS],
}

/// A function in its region's log: two words, then the name, then the frame, each filled up to a word.
#[derive(Clone, Copy)]
struct LogRecord {
    block: &'static LogBlock,
    /// The record's first word.
    at: usize,
    offset: u32,
    /// The length of the code; 0 for the first record, which describes the frames of all functions.
    len: u32,
    name_len: u32,
    frame_len: u32,
}

/// A function, copied from its log.
#[cfg_attr(not(feature = "gdb"), expect(dead_code, reason = "frames are for debuggers"))]
pub(crate) struct NamedFunction {
    pub(crate) start: usize,
    pub(crate) len: usize,
    pub(crate) name: Name,
    /// `.eh_frame` entries.
    pub(crate) frame: Vec<u8>,
}

/// The cells and blocks that no region uses. All writers share them.
pub(crate) struct RegionMemory {
    cells: Vec<&'static RegionCell>,
    blocks: Vec<&'static LogBlock>,
}

impl RegionMemory {
    pub(crate) const fn new() -> Self {
        Self { cells: Vec::new(), blocks: Vec::new() }
    }

    /// Returns a cell that no region uses.
    pub(crate) fn cell(&mut self) -> &'static RegionCell {
        if let Some(cell) = self.cells.pop() {
            return cell;
        }
        let cell = &*Box::leak(Box::new(RegionCell {
            next: CELLS.load(Relaxed),
            version: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            log: AtomicPtr::default(),
            last: AtomicPtr::default(),
        }));
        CELLS.store(ptr::from_ref(cell).cast_mut(), Release);
        cell
    }

    /// Returns an empty block that no region uses.
    pub(crate) fn block(&mut self) -> &'static LogBlock {
        let Some(block) = self.blocks.pop() else {
            let words = array::from_fn(|_| AtomicU64::new(0));
            return Box::leak(Box::new(LogBlock { next: AtomicPtr::default(), used: AtomicUsize::new(0), words }));
        };
        // A reader that came here for the block's last region may find it empty. That is true of a region that has ended.
        block.used.store(0, Relaxed);
        block.next.store(ptr::null_mut(), Relaxed);
        block
    }

    /// Takes back the blocks of a region's log.
    pub(crate) fn free_log(&mut self, cell: &RegionCell) {
        let mut block = LogBlock::at(&cell.log);
        while let Some(current) = block {
            block = LogBlock::at(&current.next);
            self.blocks.push(current);
        }
    }

    /// Takes back the cell of a region that has ended.
    pub(crate) fn free_cell(&mut self, cell: &'static RegionCell) {
        self.cells.push(cell);
    }
}

impl RegionCell {
    /// Changes data that readers see, under the lock.
    pub(crate) fn change(&self, change: impl FnOnce()) {
        let version = self.version.load(Relaxed);
        self.version.store(version.wrapping_add(1), Relaxed);
        fence(Release);
        change();
        self.version.store(version.wrapping_add(2), Release);
    }

    /// Begins a log with an empty block, under the lock.
    pub(crate) fn begin_log(&self, block: &'static LogBlock) {
        let block = ptr::from_ref(block).cast_mut();
        self.last.store(block, Relaxed);
        // A reader may see the length before the version. It follows the log then, so it must see a block there.
        self.log.store(block, Release);
    }

    /// Appends a record, under the lock.
    pub(crate) fn append(&self, memory: &mut RegionMemory, offset: u32, len: u32, name: &Name, frame: &[u8]) {
        let name = name.as_str().as_bytes();
        let kept = cfg!(feature = "gdb") && frame.len() <= MAX_FRAME;
        let frame = if kept { frame } else { &[] };
        let head = [u64::from(offset) | u64::from(len) << 32, name.len() as u64 | (frame.len() as u64) << 32];
        let size = head.len() + name.len().div_ceil(8) + frame.len().div_ceil(8);
        let Some(mut block) = LogBlock::at(&self.last) else { return };
        if block.used.load(Relaxed) + size > WORDS {
            let next = memory.block();
            block.next.store(ptr::from_ref(next).cast_mut(), Release);
            self.last.store(ptr::from_ref(next).cast_mut(), Relaxed);
            block = next;
        }
        let used = block.used.load(Relaxed);
        // A reader that sees the new contents also sees that the block's last region has ended. `RegionCell::change` has
        // a fence too, but another thread may have ended that region.
        fence(Release);
        let words = head.into_iter().chain(name.chunks(8).chain(frame.chunks(8)).map(word));
        for (place, word) in block.words.iter().skip(used).zip(words) {
            place.store(word, Relaxed);
        }
        block.used.store(used + size, Release);
    }

    /// Returns the log, as long as the region has this version.
    fn records(&self, version: usize) -> impl Iterator<Item = LogRecord> {
        let (mut block, mut at) = (LogBlock::at(&self.log), 0);
        std::iter::from_fn(move || {
            loop {
                let current = block?;
                if at < current.used.load(Acquire) {
                    let record = LogRecord::read(current, at)?;
                    at += record.words();
                    return Some(record);
                }
                // If the region has ended, its blocks may belong to another region, and their chain may be endless.
                if self.version.load(Acquire) != version {
                    return None;
                }
                (block, at) = (LogBlock::at(&current.next), 0);
            }
        })
    }

    pub(crate) fn find(&self, address: usize) -> Option<Description> {
        let version = self.version.load(Acquire);
        let start = self.start.load(Relaxed);
        let offset = address.checked_sub(start).filter(|&offset| offset < self.len.load(Relaxed))?;
        let inside = |record: &LogRecord| {
            let behind = offset.checked_sub(record.offset as usize);
            behind.is_some_and(|behind| behind < record.len as usize)
        };
        let record = self.records(version).find(inside)?;
        let start = start.wrapping_add(record.offset as usize);
        let description = Description { name: record.name(), start, size: record.len as usize, address };
        fence(Acquire);
        // Code that is not being freed lies in a region that does not change, so the reader need not look again.
        (version.is_multiple_of(2) && self.version.load(Relaxed) == version).then_some(description)
    }

    /// Returns the address of the region, under the lock.
    #[cfg(feature = "gdb")]
    pub(crate) fn start(&self) -> usize {
        self.start.load(Relaxed)
    }

    /// Returns the region's functions, under the lock.
    pub(crate) fn functions(&self) -> impl Iterator<Item = NamedFunction> {
        let start = self.start.load(Relaxed);
        self.records(self.version.load(Relaxed)).filter(|record| record.len > 0).map(move |record| NamedFunction {
            start: start + record.offset as usize,
            len: record.len as usize,
            name: record.name(),
            frame: record.frame(),
        })
    }

    /// Returns the `.eh_frame` entries for all functions, under the lock.
    #[cfg(feature = "gdb")]
    pub(crate) fn frame(&self) -> Vec<u8> {
        self.records(self.version.load(Relaxed)).next().map(|record| record.frame()).unwrap_or_default()
    }
}

impl LogBlock {
    fn at(pointer: &AtomicPtr<Self>) -> Option<&'static Self> {
        // SAFETY: the pointer is null or points to a block, and blocks are never freed.
        unsafe { pointer.load(Acquire).as_ref() }
    }

    fn word(&self, index: usize) -> Option<u64> {
        Some(self.words.get(index)?.load(Relaxed))
    }
}

impl LogRecord {
    fn read(block: &'static LogBlock, at: usize) -> Option<Self> {
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

/// Packs up to eight bytes into a word.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

pub(crate) fn cells() -> impl Iterator<Item = &'static RegionCell> {
    // SAFETY: each pointer is null or points to a cell, and cells are never freed.
    let at = |pointer: *const RegionCell| unsafe { pointer.as_ref() };
    std::iter::successors(at(CELLS.load(Acquire)), move |cell| at(cell.next))
}
