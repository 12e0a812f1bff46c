//! Places for aggregates: between canaries, at any alignment, and next to inaccessible pages.

use std::io;
use std::ptr;

use hotcall_testing::guarded::Guarded;
use hotcall_testing::random::Random;

/// The accessible bytes of each area, and the number of areas. A larger aggregate lies on the heap.
const AREA: usize = 8192;
const AREAS: usize = 48;

/// The byte around a value.
const CANARY: u8 = 0xc7;

/// The number of accessible bytes of canary on each side.
const MARGIN: usize = 48;

/// Areas of memory between inaccessible pages.
#[derive(Debug)]
pub struct Memory {
    areas: Vec<Guarded>,
}

impl Memory {
    /// Maps the areas.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn new() -> io::Result<Self> {
        Ok(Self { areas: (0..AREAS).map(|_| Guarded::new(AREA)).collect::<Result<_, _>>()? })
    }

    /// Starts again to hand out places.
    pub const fn places(&mut self) -> Places<'_> {
        Places { memory: self, next: 0 }
    }
}

/// Hands out places.
#[derive(Debug)]
pub struct Places<'a> {
    memory: &'a mut Memory,
    next: usize,
}

impl Places<'_> {
    /// A place for `size` bytes, filled with canaries. The address is a multiple of `align` if `size` is one.
    pub fn place(&mut self, size: usize, align: usize, random: &mut Random) -> Place {
        if let Some(area) = self.memory.areas.get(self.next)
            && size + MARGIN <= AREA
            && !random.one_in(3)
        {
            let area = area.start();
            self.next += 1;
            let span = size + MARGIN;
            if random.one_in(4) {
                return Place::new(area, span, 0, size, None);
            }
            let at_start = random.one_in(4);
            // SAFETY: `span` is at most AREA, so both places stay inside the area.
            let start = if at_start { area } else { unsafe { area.add(AREA - span) } };
            return Place::new(start, span, if at_start { 0 } else { MARGIN }, size, None);
        }
        let span = size + 2 * MARGIN + 32;
        let mut heap = vec![0; span].into_boxed_slice();
        let offset = MARGIN + random.below(16) as usize;
        let offset = offset + (heap.as_ptr() as usize + offset).wrapping_neg() % align;
        Place::new(heap.as_mut_ptr(), span, offset, size, Some(heap))
    }
}

/// A value's bytes among canaries.
#[derive(Debug)]
pub struct Place {
    start: *mut u8,
    span: usize,
    offset: usize,
    size: usize,
    /// The owner of the bytes, unless they lie in an area.
    _heap: Option<Box<[u8]>>,
}

impl Place {
    fn new(start: *mut u8, span: usize, offset: usize, size: usize, heap: Option<Box<[u8]>>) -> Self {
        // SAFETY: callers pass `span` accessible bytes.
        unsafe { ptr::write_bytes(start, CANARY, span) };
        Self { start, span, offset, size, _heap: heap }
    }

    /// The address of the value.
    pub const fn address(&self) -> *mut u8 {
        // SAFETY: the value lies inside the span.
        unsafe { self.start.add(self.offset) }
    }

    /// The number of the value's bytes.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Copies the value in.
    pub fn write(&self, bytes: &[u8]) {
        assert!(bytes.len() <= self.size, "the place is too small");
        // SAFETY: the place has that many bytes, and no reference to them is alive.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.address(), bytes.len()) };
    }

    /// Copies the value out.
    pub fn read(&self) -> Vec<u8> {
        // SAFETY: the bytes are initialised, and not written meanwhile.
        unsafe { std::slice::from_raw_parts(self.address(), self.size) }.to_vec()
    }

    /// Returns true if the bytes around the value are unchanged.
    pub fn is_framed(&self) -> bool {
        // SAFETY: the span is initialised, and not written meanwhile.
        let span = unsafe { std::slice::from_raw_parts(self.start, self.span) };
        let around = span[..self.offset].iter().chain(&span[self.offset + self.size..]);
        around.copied().all(|byte| byte == CANARY)
    }
}
