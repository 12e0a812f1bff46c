//! Memory for tables of stubs: pages of code, and behind them as many pages of the stubs' data. All tables of one kind have equal
//! code.
//!
//! The code never changes once it is mapped. Making a callback writes only to the data. Both stay mapped as long as the
//! process lives, because C may call a stub at any time.

use std::io;
use std::ptr::NonNull;

use crate::arch::operands::{Handover, STRIDE};
use crate::arch::x86_64::stub;
use crate::code::unwind::Registration;
use crate::debug::name::Name;
use crate::debug::registry::{Region, is_profiled};
use crate::os::{dual, mapping, memory};
use crate::stubs::table::NewStubs;

/// Makes a table.
pub(crate) fn table(handover: Handover, pages: usize) -> io::Result<NewStubs> {
    let size = pages * mapping::page_size();
    let sealed = || table_of(handover, size, memory::sealed_table);
    if is_profiled() { sealed() } else { table_of(handover, size, dual::table).or_else(|_| sealed()) }
}

fn table_of(handover: Handover, size: usize, map: fn(&[u8]) -> io::Result<NonNull<u8>>) -> io::Result<NewStubs> {
    let code = stub::code(handover, size).repeat(size / STRIDE);
    let entry = map(&code)?;
    let unwind = Registration::of_stubs(handover, entry.as_ptr(), size).map_err(io::Error::other)?;
    let region = Region::new(entry.as_ptr(), size, unwind.as_ref().map_or(&[], Registration::entries));
    region.add(entry.as_ptr(), size, &Name::of("stubs"), &[]);
    // The name and the unwind information live as long as the code.
    std::mem::forget((unwind, region));
    // SAFETY: code and data of equal sizes lie behind each other in memory that is never unmapped and is new here.
    Ok(unsafe { NewStubs::new(entry, entry.add(size).cast(), size / STRIDE) })
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use std::collections::HashSet;
    use std::ptr;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::code::linker::{Code, Linker};
    use crate::codegen::isa::host_isa;
    use crate::convention::spare::Spare;

    type Map = fn(&[u8]) -> io::Result<NonNull<u8>>;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    const MAPS: [Map; 2] = [dual::table, memory::sealed_table];
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const MAPS: [Map; 1] = [memory::sealed_table];

    fn kinds() -> impl Iterator<Item = Handover> {
        let places = (0..6).map(Spare::Int).chain((0..8).map(Spare::Float)).chain([Spare::Stack]);
        places.map(Handover::Spare).chain([Handover::Nothing, Handover::Scratch])
    }

    /// A thunk that returns its context, or 0 if it gets none.
    fn returns_context(handover: Handover) -> Code {
        let mut code = match handover {
            // xor eax, eax
            Handover::Nothing => vec![0x31, 0xc0],
            // mov rax, r11
            Handover::Scratch => vec![0x4c, 0x89, 0xd8],
            // mov rax, r64
            Handover::Spare(Spare::Int(n)) => {
                let (prefix, register) =
                    [(0x48, 7), (0x48, 6), (0x48, 2), (0x48, 1), (0x4c, 0), (0x4c, 1)][usize::from(n)];
                vec![prefix, 0x89, 0xc0 | register << 3]
            }
            // movq rax, xmm
            Handover::Spare(Spare::Float(n)) => vec![0x66, 0x48, 0x0f, 0x7e, 0xc0 | n << 3],
            // mov rax, [rsp + 8]
            Handover::Spare(Spare::Stack) => vec![0x48, 0x8b, 0x44, 0x24, 8],
        };
        // ret
        code.push(0xc3);
        let mut linker = Linker::new(host_isa().unwrap());
        linker.assembled("test", code).unwrap()
    }

    fn call(entry: NonNull<u8>) -> usize {
        // SAFETY: the stub and its thunk are a function of this type.
        unsafe { std::mem::transmute::<NonNull<u8>, extern "C" fn() -> usize>(entry)() }
    }

    #[test]
    fn stubs_run_from_pages_of_every_size() {
        for kind in kinds() {
            let thunk = returns_context(kind);
            for (map, page) in MAPS.into_iter().flat_map(|map| [4, 16, 64].map(|kilobytes| (map, kilobytes * 1024))) {
                let mut table = table_of(kind, page, map).unwrap();
                let stubs: Vec<_> = std::iter::from_fn(|| table.next()).collect();
                assert_eq!(stubs.len(), page / STRIDE);
                assert!(table.next().is_none(), "a full table gives no more");
                let entries: HashSet<_> = stubs.iter().map(|(entry, _)| *entry).collect();
                assert_eq!(entries.len(), stubs.len());
                let chosen = [0, stubs.len() / 2, stubs.len() - 1].map(|index| stubs[index]);
                for (number, (_, data)) in (1..).zip(chosen) {
                    assert!(
                        data.cell.load(Ordering::Relaxed).is_null() && data.thunk.load(Ordering::Relaxed).is_null()
                    );
                    data.cell.store(ptr::without_provenance_mut(number << 40 | page), Ordering::Relaxed);
                    data.thunk.store(thunk.entry().cast_mut().cast(), Ordering::Relaxed);
                }
                for (number, (entry, _)) in (1..).zip(chosen) {
                    let expected = if kind != Handover::Nothing { number << 40 | page } else { 0 };
                    assert_eq!(call(entry), expected, "stub {entry:?}, {kind:?}, pages of {page}");
                }
            }
        }
    }

    #[test]
    fn no_memory_is_an_error() {
        let refused = table_of(Handover::Nothing, 4096, |_| Err(io::ErrorKind::PermissionDenied.into()));
        assert_eq!(refused.err().map(|error| error.kind()), Some(io::ErrorKind::PermissionDenied));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn code_is_executable_and_data_writable() {
        for map in MAPS {
            let page = mapping::page_size();
            let code = stub::code(Handover::Spare(Spare::Stack), page).repeat(page / STRIDE);
            let start = map(&code).unwrap().as_ptr().addr();
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let flags = |address: usize| {
                let range = |line: &str| {
                    let (start, end) = line.split(' ').next()?.split_once('-')?;
                    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
                };
                let line = maps.lines().find(|line| range(line).is_some_and(|range| range.contains(&address)));
                line.and_then(|line| line.split(' ').nth(1)).map(|flags| &flags[..3])
            };
            let last = page - 1;
            assert_eq!([start, start + last].map(flags), [Some("r-x"); 2]);
            assert_eq!([start + page, start + page + last].map(flags), [Some("rw-"); 2]);
        }
    }
}
