//! The registry of code. It can be read without a lock, also in a signal handler.

use std::ffi::c_void;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::debug::description::Description;
#[cfg(feature = "gdb")]
use crate::debug::gdb;
use crate::debug::name::Name;
use crate::debug::perf;
use crate::debug::region::{RegionCell, RegionMemory, cells};
#[cfg(not(all(test, loom)))]
use crate::lock::{Lock, Locked};
use crate::sync::shared;
#[cfg(all(test, loom))]
use crate::sync::{Lock, Locked};

shared! {
    static STATE: Lock<State> = Lock::new(State {
        memory: RegionMemory::new(),
        perf: None,
        #[cfg(feature = "gdb")]
        gdb: None,
    });
}

/// True if `perf` is to name code, in this process or an ancestor.
static PROFILED: AtomicBool = AtomicBool::new(false);

/// The state that writers share.
struct State {
    memory: RegionMemory,
    perf: Option<perf::Map>,
    #[cfg(feature = "gdb")]
    gdb: Option<gdb::Objects>,
}

fn lock() -> Locked<'static, State> {
    STATE.hold()
}

/// A piece of memory for code, known to readers until this is dropped.
pub(crate) struct Region(&'static RegionCell);

impl Region {
    /// Registers memory for functions. The `.eh_frame` entries, if any, describe all of the functions.
    pub(crate) fn new(start: *const u8, len: usize, frame: &[u8]) -> Self {
        let mut locked = lock();
        let state = &mut *locked;
        let cell = state.memory.cell();
        // Readers ignore the other contents of a cell without a length.
        cell.start.store(start.addr(), Relaxed);
        cell.begin_log(state.memory.block());
        cell.append(&mut state.memory, 0, 0, &Name::EMPTY, frame);
        cell.change(|| cell.len.store(len, Relaxed));
        Self(cell)
    }

    /// Names a function in the region, after all earlier ones. The `.eh_frame` entries are its own, if it has any.
    pub(crate) fn add(&self, start: *const u8, len: usize, name: &Name, frame: &[u8]) {
        let mut locked = lock();
        let state = &mut *locked;
        let offset = start.addr() - self.0.start.load(Relaxed);
        self.0.append(&mut state.memory, offset as u32, len as u32, name, frame);
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
            state.memory.free_log(self.0);
        });
        state.memory.free_cell(self.0);
    }
}

/// Returns hotcall's code at an address, if there is any. Crash reports use this for program counters and return
/// addresses.
///
/// It may be called anywhere, also in a signal handler that interrupted any code: it takes no lock, allocates nothing,
/// and reads only memory that stays mapped. The answer is correct for code that is not freed meanwhile. The code of
/// running calls is not freed. Code that was freed keeps its name until its memory is freed, together with the code
/// around it.
///
/// A return address lies behind its call, so look up the byte in front of it.
///
/// ```
/// use std::ffi::c_void;
///
/// extern "C" fn report(address: *const c_void) {
///     if let Some(code) = hotcall::debug::describe(address) {
///         // Write it to a fixed buffer, and that to standard error.
///         let _name = code.name();
///     }
/// }
/// ```
pub fn describe(address: *const c_void) -> Option<Description> {
    cells().find_map(|cell| cell.find(address.addr()))
}

/// Returns the regions, under the lock.
fn regions(_: &State) -> impl Iterator<Item = &'static RegionCell> {
    cells().filter(|cell| cell.len.load(Relaxed) > 0)
}

/// Lets Linux's `perf` name existing and later code, by a list in `/tmp/perf-PID.map`.
///
/// Call it once, before code is compiled. `perf` uses the list only for memory without a file, and code usually lies in
/// a `memfd`. From this call on, new memory for code does not have a file. Other profilers name earlier code too. Call
/// it again in a forked child that is to be profiled: the child has another number and needs its own list.
///
/// Lines are appended to an existing file, because other compilers of the process may write to it too. So that nobody
/// can divert the lines, it must be a regular file with one name. This user must own it, and other users must not be
/// able to write to it. `perf` cannot remove lines. If two pieces of code have one address, one after the other, it may
/// show either.
///
/// # Errors
///
/// The file cannot be opened or written, or cannot be trusted. Systems other than Linux: `Unsupported`. If a line
/// cannot be written later, the list ends.
pub fn enable_perf_map() -> io::Result<()> {
    let mut locked = lock();
    if locked.perf.as_ref().is_some_and(perf::Map::is_own) {
        return Ok(());
    }
    let mut map = perf::Map::open()?;
    let functions: Vec<_> = regions(&locked).flat_map(RegionCell::functions).collect();
    map.add(functions.iter().map(|function| (function.start, function.len, function.name.as_str())))?;
    locked.perf = Some(map);
    PROFILED.store(true, Relaxed);
    Ok(())
}

/// Returns true if new memory for code must not have a file. For memory with a file, `perf` searches the file for
/// names.
#[cfg(feature = "cranelift")]
pub(crate) fn is_profiled() -> bool {
    PROFILED.load(Relaxed)
}

/// Lets gdb and lldb name existing and later code, and follow its frames.
///
/// Call it once, before or after a debugger is attached. It uses the GDB JIT interface: the symbols
/// `__jit_debug_register_code` and `__jit_debug_descriptor`, which a program can define only once. Leave the feature
/// `gdb` off if another statically linked compiler (of LLVM or Wasmtime) defines them.
#[cfg(feature = "gdb")]
pub fn enable_gdb() {
    let mut locked = lock();
    if locked.gdb.is_some() {
        return;
    }
    let mut objects = gdb::Objects::default();
    regions(&locked).for_each(|cell| objects.update(cell));
    locked.gdb = Some(objects);
}

/// Runs `look` while nothing can change.
#[cfg(all(test, any(loom, feature = "gdb")))]
pub(crate) fn frozen<T>(look: impl FnOnce() -> T) -> T {
    let _locked = lock();
    look()
}

#[cfg(test)]
mod tests {
    use std::ptr;
    use std::sync::atomic::Ordering::{Acquire, Release};
    use std::thread;

    use super::*;

    fn find(address: usize) -> Option<Description> {
        describe(ptr::without_provenance(address))
    }

    // The regions of these tests are at addresses without memory, and each test has its own.

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

    /// Logs may need more than one block, and reuse blocks.
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

    /// Regions at one address begin and end while other threads look there: their findings must belong together. Names
    /// are as long as their code, and made of one letter.
    #[test]
    fn readers_find_nothing_that_changes_below_them() {
        static STOP: AtomicBool = AtomicBool::new(false);
        let reader = || {
            let (mut found, mut last) = (0, false);
            // Looks once more after the writers have ended.
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
            // The last region stays, so that readers always find something.
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
