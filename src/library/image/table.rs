//! The dynamic symbol table of one loaded object.
//!
//! System V gABI, chapter 5: "Dynamic Section", "Hash Table"; chapter 4: "Symbol Table". `DT_GNU_HASH` is described by
//! what reads it, `do_lookup_x` in glibc's `elf/dl-lookup.c`.
//!
//! # Bounds
//!
//! Every read is one of a slice that ends with a segment, and every loop ends with its slice: a table that makes no
//! sense gives no symbols.

use std::{iter, ptr, slice};

use super::SymbolKind;

const DT_NULL: u64 = 0;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_STRSZ: u64 = 10;
const DT_GNU_HASH: u64 = 0x6fff_fef5;

const SHN_UNDEF: u16 = 0;

const STT_NOTYPE: u8 = 0;
const STT_OBJECT: u8 = 1;
const STT_FUNC: u8 = 2;
const STT_COMMON: u8 = 5;
const STT_TLS: u8 = 6;
const STT_GNU_IFUNC: u8 = 10;

/// The size of a symbol.
const SYMBOL: usize = 24;

/// Memory of a loaded object.
#[derive(Clone, Copy)]
pub(super) struct Region {
    start: usize,
    len: usize,
}

impl Region {
    /// # Safety
    ///
    /// The bytes are mapped and can be read, and nothing writes to tables of the loader in them, as long as a copy of this
    /// is used.
    pub(super) const unsafe fn new(start: usize, len: usize) -> Self {
        Self { start, len }
    }

    pub(super) const fn contains(self, address: usize) -> bool {
        address.wrapping_sub(self.start) < self.len
    }

    /// The bytes from this address to the end.
    fn from(self, address: usize) -> Option<Self> {
        let skipped = address.checked_sub(self.start)?;
        Some(Self { start: address, len: self.len.checked_sub(skipped)? })
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `Region::new` promises that the bytes are mapped, and not written to.
        unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(self.start), self.len) }
    }
}

/// The symbols of a loaded object.
pub(super) struct Table {
    /// The difference between addresses in memory and those in the file.
    base: usize,
    symbols: Region,
    names: Region,
    hash: Hash,
}

enum Hash {
    Gnu(Region),
    SystemV(Region),
}

/// An entry of the symbol table.
#[derive(Clone, Copy)]
struct Symbol<'t> {
    bytes: &'t [u8; SYMBOL],
    name: &'t [u8],
}

impl Table {
    /// Reads a dynamic section. `None` if a table is missing or lies outside of the segments.
    pub(super) fn read(base: usize, dynamic: Region, segments: &[Region]) -> Option<Self> {
        let (mut symbols, mut names, mut len, mut gnu, mut system_v) = (None, None, None, None, None);
        // Some loaders relocate these addresses in memory, others do not.
        let region = |address: usize| {
            let at = |address| segments.iter().find_map(|segment| segment.from(address).filter(|rest| rest.len > 0));
            if address >= base { at(address) } else { at(address.wrapping_add(base)) }
        };
        for entry in dynamic.bytes().chunks_exact(16) {
            let (tag, value) = (word64(entry, 0)?, word64(entry, 1)? as usize);
            match tag {
                DT_NULL => break,
                DT_SYMTAB => symbols = region(value),
                DT_STRTAB => names = region(value),
                DT_STRSZ => len = Some(value),
                DT_GNU_HASH => gnu = region(value),
                DT_HASH => system_v = region(value),
                _ => {}
            }
        }
        let names: Region = names?;
        let names = Region { len: names.len.min(len?), ..names };
        let hash = gnu.map(Hash::Gnu).or_else(|| system_v.map(Hash::SystemV))?;
        Some(Self { base, symbols: symbols?, names, hash })
    }

    /// The kind of the symbol that has this name and this address. A thread-local variable has an address for each thread,
    /// and an indirect function has one that is chosen at run time: their names suffice.
    pub(super) fn kind(&self, name: &[u8], address: usize) -> Option<SymbolKind> {
        self.named(name).find_map(|symbol| match symbol.kind() {
            STT_TLS => Some(SymbolKind::ThreadLocal),
            STT_GNU_IFUNC => Some(SymbolKind::Function),
            _ if self.base.wrapping_add(symbol.value()) != address => None,
            STT_OBJECT | STT_COMMON => Some(SymbolKind::Variable),
            STT_FUNC | STT_NOTYPE => Some(SymbolKind::Function),
            _ => None,
        })
    }

    /// Whether there is a thread-local variable of this name.
    pub(super) fn has_thread_local(&self, name: &[u8]) -> bool {
        self.named(name).any(|symbol| symbol.kind() == STT_TLS)
    }

    /// Whether a symbol of this name is defined here.
    pub(super) fn defines(&self, name: &[u8]) -> bool {
        self.named(name).next().is_some()
    }

    /// The names of all symbols that are defined here.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        let indices = match &self.hash {
            Hash::Gnu(hash) => gnu_indices(hash.bytes()),
            Hash::SystemV(hash) => Some(1..word(hash.bytes(), 1).unwrap_or(0) as usize),
        };
        indices
            .unwrap_or(0..0)
            .map_while(|index| self.symbol(index))
            .filter(Symbol::is_defined)
            .map(|symbol| symbol.name)
    }

    /// The defined symbols of this name: one for each version.
    fn named<'t>(&'t self, name: &'t [u8]) -> impl Iterator<Item = Symbol<'t>> {
        let (gnu, system_v) = match &self.hash {
            Hash::Gnu(hash) => (Some(gnu_candidates(hash.bytes(), name)), None),
            Hash::SystemV(hash) => (None, Some(system_v_candidates(hash.bytes(), name))),
        };
        let candidates = gnu.into_iter().flatten().chain(system_v.into_iter().flatten());
        candidates
            .map_while(|index| self.symbol(index))
            .filter(move |symbol| symbol.name == name && symbol.is_defined())
    }

    fn symbol(&self, index: usize) -> Option<Symbol<'_>> {
        let bytes = self.symbols.bytes().get(index.checked_mul(SYMBOL)?..)?.first_chunk()?;
        let name = self.names.bytes().get(word(bytes, 0)? as usize..)?;
        let name = name.get(..name.iter().position(|&byte| byte == 0)?)?;
        Some(Symbol { bytes, name })
    }
}

impl Symbol<'_> {
    const fn kind(&self) -> u8 {
        self.bytes[4] & 15
    }

    const fn is_defined(&self) -> bool {
        u16::from_ne_bytes([self.bytes[6], self.bytes[7]]) != SHN_UNDEF
    }

    fn value(&self) -> usize {
        word64(self.bytes, 1).unwrap_or(0) as usize
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index.checked_mul(4)?..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

fn word64(bytes: &[u8], index: usize) -> Option<u64> {
    bytes.get(index.checked_mul(8)?..)?.first_chunk().copied().map(u64::from_ne_bytes)
}

/// Where the parts of a GNU hash table are, in words.
struct Gnu {
    first_symbol: usize,
    bucket_count: usize,
    buckets: usize,
    chains: usize,
}

impl Gnu {
    fn read(hash: &[u8]) -> Option<Self> {
        let header = |index| word(hash, index).map(|word| word as usize);
        let (bucket_count, first_symbol, bloom) = (header(0)?, header(1)?, header(2)?);
        let buckets = 4 + 2 * bloom;
        Some(Self { first_symbol, bucket_count, buckets, chains: buckets + bucket_count })
    }

    /// The end of this symbol's chain: its hash, of which the lowest bit says that it is the last one.
    fn chain(&self, hash: &[u8], index: usize) -> Option<u32> {
        word(hash, self.chains + index.checked_sub(self.first_symbol)?)
    }
}

/// The indices of symbols whose hash is that of the name.
fn gnu_candidates<'t>(hash: &'t [u8], name: &[u8]) -> impl Iterator<Item = usize> + use<'t> {
    let wanted = name.iter().fold(5381_u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
    let gnu = Gnu::read(hash);
    let bucket = |gnu: &Gnu| word(hash, gnu.buckets + (wanted as usize).checked_rem(gnu.bucket_count)?);
    let mut next = gnu.as_ref().and_then(bucket).map(|index| index as usize);
    let step = move || {
        let (gnu, index) = (gnu.as_ref()?, next?);
        let found = gnu.chain(hash, index)?;
        next = (found & 1 == 0).then_some(index + 1);
        Some((index, found))
    };
    iter::from_fn(step).filter(move |&(_, found)| found | 1 == wanted | 1).map(|(index, _)| index)
}

/// The indices of all symbols in the table: those that are defined.
fn gnu_indices(hash: &[u8]) -> Option<std::ops::Range<usize>> {
    let gnu = Gnu::read(hash)?;
    let buckets = (0..gnu.bucket_count).map_while(|bucket| word(hash, gnu.buckets + bucket));
    let mut last = buckets.max()? as usize;
    while gnu.chain(hash, last)? & 1 == 0 {
        last += 1;
    }
    Some(gnu.first_symbol..last + 1)
}

/// The indices of symbols in the bucket of the name.
fn system_v_candidates<'t>(hash: &'t [u8], name: &[u8]) -> impl Iterator<Item = usize> + use<'t> {
    let wanted = name.iter().fold(0_u32, |hash, &byte| {
        let hash = (hash << 4).wrapping_add(byte.into());
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    });
    let (buckets, symbols) = (word(hash, 0).unwrap_or(0) as usize, word(hash, 1).unwrap_or(0) as usize);
    let first = (wanted as usize).checked_rem(buckets).and_then(|bucket| word(hash, 2 + bucket));
    let next = move |&index: &u32| word(hash, 2 + buckets + index as usize);
    // A chain that leads back into itself ends here.
    iter::successors(first, next).take(symbols).take_while(|&index| index != 0).map(|index| index as usize)
}
