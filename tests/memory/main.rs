//! Memory for code: where it comes from, that it is never writable and executable, and that it goes when it is not used.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod at_once;
mod limits;
mod refused;
mod returned;
mod symbols;

use std::fs;
use std::ops::Range;

use hotcall::{Signature, Type};
use hotcall_jit::{Jit, Stats};

/// The statistics of the compiler that the process shares.
fn stats() -> Stats {
    Jit::shared().unwrap().stats()
}

fn signature<const N: usize>(params: [Type; N], result: impl Into<Option<Type>>) -> Signature {
    Signature::new(params, result).unwrap()
}

/// A range of addresses.
#[derive(Debug)]
struct Map {
    addresses: Range<usize>,
    permissions: String,
    /// The path of the file, or a name in brackets.
    file: Option<String>,
}

impl Map {
    fn read(line: &str) -> Self {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next().unwrap().split_once('-').unwrap();
        let address = |text| usize::from_str_radix(text, 16).unwrap();
        let permissions = fields.next().unwrap().into();
        Self { addresses: address(start)..address(end), permissions, file: fields.nth(3).map(Into::into) }
    }
}

/// All mappings of the process.
fn maps() -> Vec<Map> {
    fs::read_to_string("/proc/self/maps").unwrap().lines().map(Map::read).collect()
}
