//! A thousand libraries that are opened and closed leave no memory behind.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use hotcall::{Callback, Library, OnPanic, Symbols, Thunk, Type};
use hotcall_testing::alone::alone;

use super::symbols::{self, SYMBOLS, apply, check, some_declarations};
use super::{maps, signature, stats};

/// The kilobytes of memory that the process uses.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The library under several names, each of which the loader maps for itself.
fn copies(directory: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(directory).unwrap();
    let object = symbols::object();
    let copy = |number| {
        let copy = directory.join(format!("{number}.so"));
        fs::copy(&object, &copy).unwrap();
        copy
    };
    (0..8).map(copy).collect()
}

/// Opens one, compiles some of its functions, calls them, and closes it.
fn open(object: &Path, number: usize) -> Symbols {
    let numbers: Vec<_> = (0..6).map(|n| (number * 7 + n * 11) % SYMBOLS).collect();
    // SAFETY: it has no initialisers.
    let library = unsafe { Library::open(object) }.unwrap();
    let symbols = library.symbols(&some_declarations(numbers.iter().copied())).unwrap();
    symbols.compile().unwrap();
    numbers.iter().for_each(|&symbol| check(&symbols, symbol, number));
    let thunk = Thunk::new(&signature([Type::I64], Type::I64)).unwrap();
    let callback = Callback::sync(&thunk, OnPanic::Abort, |call| call.set_slot(call.slots()[0]).unwrap()).unwrap();
    assert_eq!(apply(&symbols, (&callback).into(), 7), 8);
    library.close();
    symbols
}

#[test]
fn memory_returns_when_libraries_are_closed() {
    alone(|| {
        let directory = std::env::temp_dir().join(format!("hotcall-memory-{}", std::process::id()));
        let copies = copies(&directory);
        let mut number = 0;
        let mut open_many = |count| {
            // Some outlive others that were opened after them.
            let mut kept = VecDeque::new();
            for _ in 0..count {
                number += 1;
                kept.push_back(open(&copies[number % copies.len()], number));
                if kept.len() > 1 + number % 7 {
                    kept.pop_front();
                }
            }
            assert!(stats().trampolines > 0);
            drop(kept);
            let maps = maps();
            let mapped =
                maps.iter().filter(|map| map.file.as_ref().is_some_and(|file| file.contains("hotcall-memory")));
            assert_eq!(mapped.count(), 0, "libraries that are still mapped");
            (stats(), maps.len(), resident())
        };
        // Stubs that were given back rest until about a thousand others were given back.
        let warm = open_many(1200);
        let (stats, maps, kilobytes) = open_many(1000);
        fs::remove_dir_all(&directory).unwrap();

        assert_eq!(stats, warm.0);
        assert_eq!((stats.trampolines, stats.callbacks), (0, 0));
        // One thunk remains.
        assert_eq!((stats.thunks, stats.functions), (1, usize::from(cfg!(feature = "jit"))));
        assert!(stats.mapped_bytes <= 4 * 64 * 1024, "{stats:?}");
        assert!(maps <= warm.1 + 8, "{maps} mappings after {}", warm.1);
        assert!(kilobytes <= warm.2 + 1024, "{kilobytes} kB after {}", warm.2);
    });
}
