//! The GDB JIT interface: a list of object files in memory. gdb and lldb read it when a function is called that they
//! stop at, or when they are attached (gdb's manual, "JIT Compilation Interface").

use std::collections::HashMap;
use std::ptr;

use crate::debug::elf;
use crate::debug::region::{NamedFunction, RegionCell};

/// The largest number of functions in an object. Debuggers grow slow with many objects, and an object is remade for
/// each function that joins it.
const BATCH: usize = 16;

/// An object in the list.
#[repr(C)]
struct CodeEntry {
    next: *mut CodeEntry,
    prev: *mut CodeEntry,
    symfile: *const u8,
    symfile_size: u64,
}

#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut CodeEntry,
    first: *mut CodeEntry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// The list. It changes only under the lock of the code's registry.
#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: ptr::null_mut(), first: ptr::null_mut() };

/// The function at which debuggers stop to read the list.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // SAFETY: the block is empty. The compiler assumes that it reads all memory, so the call and the stores before it
    // stay.
    unsafe { std::arch::asm!("", options(nostack, preserves_flags)) };
}

/// The objects in the list, by their region's address and in the order of their functions.
#[derive(Default)]
pub(crate) struct Objects {
    by_region: HashMap<usize, Vec<Registered>>,
}

impl Objects {
    /// Describes the functions that were added to a region.
    pub(crate) fn update(&mut self, region: &RegionCell) {
        let objects = self.by_region.entry(region.start()).or_default();
        // The last object may have room left. It is removed first, because debuggers do not expect two objects at one
        // place.
        objects.pop();
        let functions: Vec<_> = region.functions().skip(objects.len() * BATCH).collect();
        let frame = region.frame();
        objects.extend(functions.chunks(BATCH).filter_map(|functions| Registered::new(functions, &frame)));
    }

    /// Removes the objects of a region that ends.
    pub(crate) fn remove(&mut self, start: usize) {
        self.by_region.remove(&start);
    }
}

/// An object that is in the list until this is dropped.
struct Registered {
    entry: *mut CodeEntry,
    _object: Box<[u8]>,
}

// SAFETY: the entry belongs to this value and the list, which changes only under the registry's lock.
unsafe impl Send for Registered {}

impl Registered {
    /// Adds an object of the functions to the list. `None` if the object cannot be made.
    fn new(functions: &[NamedFunction], frame: &[u8]) -> Option<Self> {
        let object = elf::object(functions, frame).ok()?.into_boxed_slice();
        let (symfile, symfile_size) = (object.as_ptr(), object.len() as u64);
        let prev = ptr::null_mut();
        let descriptor = &raw mut __jit_debug_descriptor;
        // SAFETY: the registry's lock is held; the entries in the list are boxes that stay until they are taken out of
        // it.
        let entry = unsafe {
            let next = (*descriptor).first;
            let entry = Box::into_raw(Box::new(CodeEntry { next, prev, symfile, symfile_size }));
            if let Some(next) = next.as_mut() {
                next.prev = entry;
            }
            (*descriptor).first = entry;
            announce(REGISTER, entry);
            entry
        };
        Some(Self { entry, _object: object })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let descriptor = &raw mut __jit_debug_descriptor;
        // SAFETY: the registry's lock is held; the entry is in the list, and its neighbours are boxes that are in the
        // list too.
        unsafe {
            let CodeEntry { next, prev, .. } = *self.entry;
            match prev.as_mut() {
                Some(prev) => prev.next = next,
                None => (*descriptor).first = next,
            }
            if let Some(next) = next.as_mut() {
                next.prev = prev;
            }
            announce(UNREGISTER, self.entry);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// # Safety
///
/// The registry's lock is held, and the entry was put into the list or taken out of it.
unsafe fn announce(action: u32, entry: *mut CodeEntry) {
    let descriptor = &raw mut __jit_debug_descriptor;
    // SAFETY: the registry's lock is held, and only its holder writes to the descriptor.
    unsafe {
        (*descriptor).action = action;
        (*descriptor).relevant = entry;
    }
    __jit_debug_register_code();
    // SAFETY: the registry's lock is held, and only its holder writes to the descriptor. A later reader must not find
    // an entry that was freed.
    unsafe {
        (*descriptor).action = 0;
        (*descriptor).relevant = ptr::null_mut();
    }
}

#[cfg(test)]
mod tests {
    use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

    use super::*;
    use crate::debug::name::Name;
    use crate::debug::registry::{self, Region};

    /// An object in the list, as a debugger reads it.
    struct Read {
        text: std::ops::Range<u64>,
        frames: Vec<u8>,
        symbols: Vec<(String, u64, u64)>,
    }

    /// Returns the objects in the list for code between these addresses.
    fn objects(range: std::ops::Range<u64>) -> Vec<Read> {
        registry::frozen(|| {
            let mut objects = Vec::new();
            // SAFETY: nothing changes the list meanwhile, and its entries and objects live as long as they are in it.
            unsafe {
                let mut prev = ptr::null_mut();
                let mut at = __jit_debug_descriptor.first;
                while let Some(entry) = at.as_ref() {
                    assert_eq!(entry.prev, prev);
                    let bytes = std::slice::from_raw_parts(entry.symfile, entry.symfile_size as usize);
                    objects.push(read(bytes));
                    (prev, at) = (at, entry.next);
                }
            }
            objects.retain(|object| range.contains(&object.text.start));
            objects.sort_by_key(|object| object.text.start);
            objects
        })
    }

    fn read(bytes: &[u8]) -> Read {
        let file = object::read::elf::ElfFile64::<object::Endianness>::parse(bytes).unwrap();
        let text = file.section_by_name(".text").unwrap();
        let frames = file.section_by_name(".eh_frame").unwrap();
        let symbol = |symbol: object::read::elf::ElfSymbol64<'_, '_, object::Endianness>| {
            (symbol.name().unwrap().to_owned(), text.address() + symbol.address(), symbol.size())
        };
        Read {
            text: text.address()..text.address() + text.size(),
            frames: frames.data().unwrap().to_vec(),
            symbols: file.symbols().map(symbol).collect(),
        }
    }

    #[test]
    fn objects_come_and_go_with_their_regions() {
        const START: usize = 0x8000;
        let address = |number: usize| START + 32 * number;
        let add = |region: &Region, number| {
            let frame: &[u8] = if number == 17 { b"of one\0\0" } else { &[] };
            region.add(ptr::without_provenance(address(number)), 20, &Name::of(&format!("{number}")), frame);
        };
        let region = Region::new(ptr::without_provenance(START), 0x1000, b"of all\0\0");
        (0..10).for_each(|number| add(&region, number));
        crate::debug::enable_gdb();
        // A second call does nothing.
        crate::debug::enable_gdb();
        let range = START as u64..START as u64 + 0x1000;
        assert_eq!(objects(range.clone()).len(), 1);
        (10..20).for_each(|number| add(&region, number));
        let found = objects(range.clone());
        assert_eq!(found.len(), 2);
        let symbols: Vec<_> = found.iter().flat_map(|object| object.symbols.clone()).collect();
        let expected = |number| (format!("hotcall {number}"), address(number) as u64, 20);
        assert_eq!(symbols, (0..20).map(expected).collect::<Vec<_>>());
        assert_eq!(found[0].text, address(0) as u64..address(15) as u64 + 20);
        assert_eq!(found[1].text, address(16) as u64..address(19) as u64 + 20);
        assert_eq!(found[0].frames, b"of all\0\0");
        assert_eq!(found[1].frames, b"of all\0\0of one\0\0");
        drop(region);
        assert!(objects(range).is_empty());
    }
}
