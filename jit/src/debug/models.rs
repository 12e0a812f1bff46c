//! Models of the registry: a reader looks up addresses while regions begin, grow and end.
//!
//! loom runs them in every order of the steps. It also fails if a reader comes to memory before the writer made it.

use std::ptr;
use std::sync::Arc;

use loom::model::Builder;
use loom::thread;

use crate::debug::name::Name;
use crate::debug::registry::{Region, describe, frozen};

/// A function of a model, at an address without memory.
#[derive(Clone, Copy)]
struct Function {
    start: usize,
    len: usize,
    name: &'static str,
}

const OLD: Function = Function { start: 0x1000, len: 0x20, name: "old" };
/// Overlaps [`OLD`].
const NEW: Function = Function { start: 0x1010, len: 0x40, name: "new" };
/// An address in [`OLD`] and in [`NEW`].
const SHARED: usize = 0x1018;
const KEPT: Function = Function { start: 0x2000, len: 0x10, name: "kept" };
/// Follow [`KEPT`].
const MIDDLE: Function = Function { start: 0x2010, len: 0x10, name: "middle" };
const LAST: Function = Function { start: 0x2020, len: 0x10, name: "last" };

/// Registers memory that begins shortly before a function.
fn begin(function: Function) -> Region {
    Region::new(ptr::without_provenance(function.start - 8), 0x100, &[])
}

fn add(region: &Region, function: Function) {
    region.add(ptr::without_provenance(function.start), function.len, &Name::of(function.name), &[]);
}

fn region_of(function: Function) -> Region {
    let region = begin(function);
    add(&region, function);
    region
}

/// Returns the function at an address. Every answer must be one of the functions as a whole.
fn find(address: usize) -> Option<&'static str> {
    let found = describe(ptr::without_provenance(address))?;
    let is_found = |function: &Function| {
        found.name().strip_prefix("hotcall ") == Some(function.name)
            && (found.start(), found.size()) == (function.start, function.len)
    };
    let function = [OLD, NEW, KEPT, MIDDLE, LAST].into_iter().find(is_found);
    Some(function.unwrap_or_else(|| panic!("{found}, {} bytes at {:#x}", found.size(), found.start())).name)
}

type Regions = Vec<Region>;

/// Looks for the region that ends or for the one that begins.
fn find_either() {
    assert!([None, Some("old"), Some("new")].contains(&find(SHARED)));
}

/// Runs the writer and the reader at the same time, and looks at the `end` after both.
fn check(make: fn() -> Regions, write: fn(Regions) -> Regions, read: fn(), end: fn()) {
    // loom begins with one order, and finds others from accesses that conflict. For each word it remembers the last
    // access alone, and may miss a conflict. So it begins once with the reader, and once with the writer.
    for reader_is_first in [false, true] {
        let mut builder = Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(move || {
            // Statics must exist before threads: loom sees no conflict in the first use of one.
            frozen(|| assert_eq!(find(0), None));
            let regions = make();
            let regions = if reader_is_first {
                let writer = thread::spawn(move || write(regions));
                read();
                writer.join().unwrap()
            } else {
                let reader = thread::spawn(read);
                let regions = write(regions);
                reader.join().unwrap();
                regions
            };
            end();
            drop(regions);
            assert_eq!([SHARED, KEPT.start, LAST.start].map(find), [None; 3]);
        });
    }
}

#[test]
fn a_reader_sees_a_whole_region_or_none() {
    let read = || assert!([None, Some("old")].contains(&find(SHARED)));
    check(Vec::new, |_| vec![region_of(OLD)], read, || assert_eq!(find(SHARED), Some("old")));
}

/// The new region has the cell and the block of the old one.
#[test]
fn a_reader_does_not_mix_a_region_with_the_next_one() {
    let write = |regions| {
        drop(regions);
        vec![region_of(NEW)]
    };
    check(|| vec![region_of(OLD)], write, find_either, || assert_eq!(find(SHARED), Some("new")));
}

/// One thread takes the old region's block for the new region, and another thread fills it.
#[test]
fn a_reader_does_not_take_a_name_from_a_block_that_another_region_has() {
    let write = |regions: Regions| {
        let next = thread::spawn(|| {
            drop(regions);
            begin(NEW)
        });
        let new = next.join().unwrap();
        add(&new, NEW);
        vec![new]
    };
    check(|| vec![region_of(OLD)], write, find_either, || assert_eq!(find(SHARED), Some("new")));
}

/// Code that is not freed is found, whatever happens to its own log and to other regions.
#[test]
fn a_reader_always_finds_code_that_is_not_freed() {
    let write = |mut regions: Regions| {
        drop(regions.pop());
        add(&regions[0], LAST);
        regions
    };
    let read = || {
        assert_eq!(find(KEPT.start), Some("kept"));
        assert!([None, Some("last")].contains(&find(LAST.start)));
    };
    check(|| vec![region_of(KEPT), region_of(OLD)], write, read, || assert_eq!(find(LAST.start), Some("last")));
}

/// The other thread adds a function to the same region.
#[test]
fn writers_of_one_region_do_not_lose_functions() {
    let write = |mut regions: Regions| {
        let region = Arc::new(regions.remove(0));
        let shared = Arc::clone(&region);
        let other = thread::spawn(move || {
            add(&shared, LAST);
            shared
        });
        add(&region, MIDDLE);
        drop(other.join().unwrap());
        vec![Arc::into_inner(region).unwrap()]
    };
    let end = || {
        let found = [KEPT, MIDDLE, LAST].map(|function| find(function.start));
        assert_eq!(found, [Some("kept"), Some("middle"), Some("last")]);
    };
    check(|| vec![region_of(KEPT)], write, || (), end);
}

/// The region that begins may get the memory of the one that ends.
#[test]
fn a_region_that_begins_while_another_ends_is_found() {
    let write = |regions: Regions| {
        let other = thread::spawn(|| region_of(NEW));
        drop(regions);
        vec![other.join().unwrap()]
    };
    check(|| vec![region_of(OLD)], write, || (), || assert_eq!(find(SHARED), Some("new")));
}
