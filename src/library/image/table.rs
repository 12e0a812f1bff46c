//! The dynamic symbol table of one loaded object.
//!
//! System V gABI, chapter 5: "Dynamic Section", "Hash DynamicSymbols"; chapter 4: "Symbol DynamicSymbols".
//! `DT_GNU_HASH` is described by its reader, `do_lookup_x` in glibc's `elf/dl-lookup.c`.
//!
//! # Bounds
//!
//! Every read is inside a region that ends with a segment, and every loop ends with its region. So a malformed table
//! gives no symbols. References are made to the bytes of tables alone, because the rest of a segment may be variables.

use std::{iter, ptr, slice};

use libc::Elf64_Sym;

use crate::library::symbol_kind::SymbolKind;

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

/// Memory of a loaded object.
#[derive(Clone, Copy)]
pub(super) struct ObjectMemory {
    start: usize,
    len: usize,
}

impl ObjectMemory {
    /// # Safety
    ///
    /// The bytes are mapped and can be read as long as a copy of this value is used. Meanwhile nothing writes to the
    /// loader's tables in them.
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

    /// An entry of a table, by its index.
    fn entry<T: Plain>(self, index: usize) -> Option<T> {
        let at = index.checked_mul(size_of::<T>())?;
        if at.checked_add(size_of::<T>())? > self.len {
            return None;
        }
        // SAFETY: the entry lies in the region, and `ObjectMemory::new` promises that it is mapped. `Plain` types take
        // any bits.
        Some(unsafe { ptr::with_exposed_provenance::<T>(self.start + at).read_unaligned() })
    }

    fn word(self, index: usize) -> Option<u32> {
        self.entry(index)
    }

    /// All bytes of a table that is exactly this region.
    fn bytes(&self) -> &[u8] {
        // SAFETY: `ObjectMemory::new` promises that the bytes are mapped and that nothing writes to tables.
        unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(self.start), self.len) }
    }
}

/// Types for which all bits are valid values.
///
/// # Safety
///
/// All bits are valid values of the type.
unsafe trait Plain: Copy {}

// SAFETY: this is an integer.
unsafe impl Plain for u32 {}
// SAFETY: these are integers.
unsafe impl Plain for [u64; 2] {}
// SAFETY: this is a struct of integers.
unsafe impl Plain for Elf64_Sym {}

/// The symbols of a loaded object.
pub(super) struct DynamicSymbols {
    /// The difference between addresses in memory and those in the file.
    base: usize,
    symbols: ObjectMemory,
    /// The names, without other bytes.
    names: ObjectMemory,
    hash: Hash,
}

enum Hash {
    Gnu(ObjectMemory),
    SystemV(ObjectMemory),
}

impl DynamicSymbols {
    /// Reads a dynamic section. `None` if a table is missing or lies outside of the segments.
    pub(super) fn read(base: usize, dynamic: ObjectMemory, segments: &[ObjectMemory]) -> Option<Self> {
        let (mut symbols, mut names, mut len, mut gnu, mut system_v) = (None, None, None, None, None);
        // Some loaders relocate these addresses in memory, others do not.
        let region = |address: usize| {
            let at = |address| segments.iter().find_map(|segment| segment.from(address).filter(|rest| rest.len > 0));
            if address >= base { at(address) } else { at(address.wrapping_add(base)) }
        };
        let entries = (0..).map_while(|index| dynamic.entry::<[u64; 2]>(index));
        for [tag, value] in entries {
            let value = value as usize;
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
        let names: ObjectMemory = names?;
        let names = ObjectMemory { len: names.len.min(len?), ..names };
        let hash = gnu.map(Hash::Gnu).or_else(|| system_v.map(Hash::SystemV))?;
        Some(Self { base, symbols: symbols?, names, hash })
    }

    /// The kind of the symbol that has this name and this address. Thread-local variables and indirect functions match
    /// by name alone. The first have an address for each thread, the second one that is chosen at run time.
    pub(super) fn kind(&self, name: &[u8], address: usize) -> Option<SymbolKind> {
        self.named(name).find_map(|symbol| match kind(&symbol) {
            STT_TLS => Some(SymbolKind::ThreadLocal),
            STT_GNU_IFUNC => Some(SymbolKind::Function),
            _ if self.address(symbol) != address => None,
            STT_OBJECT | STT_COMMON => Some(SymbolKind::Variable),
            STT_FUNC | STT_NOTYPE => Some(SymbolKind::Function),
            _ => None,
        })
    }

    /// Returns true if a thread-local variable of this name exists.
    pub(super) fn has_thread_local(&self, name: &[u8]) -> bool {
        self.named(name).any(|symbol| kind(&symbol) == STT_TLS)
    }

    /// Returns true if a symbol of this name is defined here.
    pub(super) fn defines(&self, name: &[u8]) -> bool {
        self.named(name).next().is_some()
    }

    /// The names of all symbols that are defined here.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.defined().map_while(|symbol| {
            let name = self.names.bytes().get(symbol.st_name as usize..)?;
            name.split(|&byte| byte == 0).next()
        })
    }

    /// The addresses of all variables that are defined here.
    pub(super) fn variables(&self) -> impl Iterator<Item = usize> {
        let variables = self.defined().filter(|symbol| matches!(kind(symbol), STT_OBJECT | STT_COMMON));
        variables.map(|symbol| self.address(symbol))
    }

    fn defined(&self) -> impl Iterator<Item = Elf64_Sym> {
        let indices = match &self.hash {
            Hash::Gnu(hash) => gnu_indices(*hash),
            Hash::SystemV(hash) => Some(1..hash.word(1).unwrap_or(0) as usize),
        };
        indices.unwrap_or(0..0).map_while(|index| self.symbol(index)).filter(is_defined)
    }

    fn address(&self, symbol: Elf64_Sym) -> usize {
        self.base.wrapping_add(symbol.st_value as usize)
    }

    /// The defined symbols of this name: one for each version.
    fn named<'t>(&'t self, name: &'t [u8]) -> impl Iterator<Item = Elf64_Sym> + use<'t> {
        let (gnu, system_v) = match &self.hash {
            Hash::Gnu(hash) => (Some(gnu_candidates(*hash, name)), None),
            Hash::SystemV(hash) => (None, Some(system_v_candidates(*hash, name))),
        };
        let candidates = gnu.into_iter().flatten().chain(system_v.into_iter().flatten());
        let symbols = candidates.map_while(|index| self.symbol(index));
        symbols.filter(move |symbol| is_defined(symbol) && self.is_name(symbol.st_name as usize, name))
    }

    /// Returns true if this name is at this offset in the string table.
    fn is_name(&self, at: usize, name: &[u8]) -> bool {
        let rest = self.names.bytes().get(at..).and_then(|bytes| bytes.split_at_checked(name.len()));
        rest.is_some_and(|(found, rest)| found == name && rest.first() == Some(&0))
    }

    fn symbol(&self, index: usize) -> Option<Elf64_Sym> {
        self.symbols.entry(index)
    }
}

fn is_defined(symbol: &Elf64_Sym) -> bool {
    symbol.st_shndx != SHN_UNDEF
}

const fn kind(symbol: &Elf64_Sym) -> u8 {
    symbol.st_info & 15
}

/// Positions of the parts of a GNU hash table, in words.
struct Gnu {
    first_symbol: usize,
    bucket_count: usize,
    buckets: usize,
    chains: usize,
}

impl Gnu {
    fn read(hash: ObjectMemory) -> Option<Self> {
        let header = |index| hash.word(index).map(|word| word as usize);
        let (bucket_count, first_symbol, bloom) = (header(0)?, header(1)?, header(2)?);
        let buckets = 4 + 2 * bloom;
        Some(Self { first_symbol, bucket_count, buckets, chains: buckets + bucket_count })
    }

    /// The entry of a symbol in its chain: its hash, whose lowest bit marks the chain's last entry.
    fn chain(&self, hash: ObjectMemory, index: usize) -> Option<u32> {
        hash.word(self.chains + index.checked_sub(self.first_symbol)?)
    }
}

/// The indices of symbols whose hash is that of the name.
fn gnu_candidates(hash: ObjectMemory, name: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let wanted = name.iter().fold(5381_u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
    let gnu = Gnu::read(hash);
    let bucket = |gnu: &Gnu| hash.word(gnu.buckets + (wanted as usize).checked_rem(gnu.bucket_count)?);
    let mut next = gnu.as_ref().and_then(bucket).map(|index| index as usize);
    let step = move || {
        let (gnu, index) = (gnu.as_ref()?, next?);
        let found = gnu.chain(hash, index)?;
        next = (found & 1 == 0).then_some(index + 1);
        Some((index, found))
    };
    iter::from_fn(step).filter(move |&(_, found)| found | 1 == wanted | 1).map(|(index, _)| index)
}

/// The indices of all symbols in the table, which are the defined ones.
fn gnu_indices(hash: ObjectMemory) -> Option<std::ops::Range<usize>> {
    let gnu = Gnu::read(hash)?;
    let buckets = (0..gnu.bucket_count).map_while(|bucket| hash.word(gnu.buckets + bucket));
    let mut last = buckets.max()? as usize;
    while gnu.chain(hash, last)? & 1 == 0 {
        last += 1;
    }
    Some(gnu.first_symbol..last + 1)
}

/// The indices of symbols in the bucket of the name.
fn system_v_candidates(hash: ObjectMemory, name: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let wanted = name.iter().fold(0_u32, |hash, &byte| {
        let hash = (hash << 4).wrapping_add(byte.into());
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    });
    let (buckets, symbols) = (hash.word(0).unwrap_or(0) as usize, hash.word(1).unwrap_or(0) as usize);
    let first = (wanted as usize).checked_rem(buckets).and_then(|bucket| hash.word(2 + bucket));
    let next = move |&index: &u32| hash.word(2 + buckets + index as usize);
    // A chain that leads back into itself ends after as many steps as there are symbols.
    iter::successors(first, next).take(symbols).take_while(|&index| index != 0).map(|index| index as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object in memory with the symbols `one`, a function at 16, and `two`, a variable at 32. It has the dynamic
    /// section, names, symbols, and both hash tables with one bucket.
    fn object() -> Vec<u8> {
        let (names, symbols, gnu, system_v) = (6 * 16, 6 * 16 + 16, 6 * 16 + 16 + 72, 6 * 16 + 16 + 72 + 40);
        let dynamic =
            [(DT_STRTAB, names), (DT_STRSZ, 9), (DT_SYMTAB, symbols), (DT_GNU_HASH, gnu), (DT_HASH, system_v)];
        let mut bytes: Vec<u8> =
            dynamic.iter().flat_map(|&(tag, value)| [tag, value]).flat_map(u64::to_ne_bytes).collect();
        bytes.extend([0; 16]);
        bytes.extend(b"\0one\0two\0\0\0\0\0\0\0\0");
        bytes.extend([0; size_of::<Elf64_Sym>()]);
        for (name, kind, value) in [(1_u32, STT_FUNC, 16_u64), (5, STT_OBJECT, 32)] {
            bytes.extend(name.to_ne_bytes());
            bytes.extend([0x10 | kind, 0, 1, 0]);
            bytes.extend(value.to_ne_bytes());
            bytes.extend([0; 8]);
        }
        let hash =
            |name: &[u8]| name.iter().fold(5381_u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
        let gnu = [1, 1, 1, 0, !0, !0, 1, hash(b"one") & !1, hash(b"two") | 1, 0];
        let system_v = [1, 3, 1, 0, 2, 0];
        bytes.extend(gnu.into_iter().chain(system_v).flat_map(u32::to_ne_bytes));
        bytes
    }

    /// Reads the object at its address, with one of its hash tables.
    fn read(bytes: &[u8]) -> Option<DynamicSymbols> {
        let base = bytes.as_ptr().expose_provenance();
        // SAFETY: the tests keep the bytes while they use the table.
        let all = unsafe { ObjectMemory::new(base, bytes.len()) };
        DynamicSymbols::read(base, all.from(base)?, &[all])
    }

    fn kinds(bytes: &[u8]) -> [Option<SymbolKind>; 3] {
        let table = read(bytes).unwrap();
        [(&b"one"[..], 16), (b"two", 32), (b"three", 16)].map(|(name, at)| table.kind(name, table.base + at))
    }

    #[test]
    fn both_hash_tables_are_read() {
        let mut bytes = object();
        let expected = [Some(SymbolKind::Function), Some(SymbolKind::Variable), None];
        assert_eq!(kinds(&bytes), expected);
        assert_eq!(read(&bytes).unwrap().names().collect::<Vec<_>>(), [b"one", b"two"]);
        // Without `DT_GNU_HASH` the other table is used.
        bytes[3 * 16..][..8].copy_from_slice(&1_u64.to_ne_bytes());
        assert_eq!(kinds(&bytes), expected);
        assert_eq!(read(&bytes).unwrap().names().collect::<Vec<_>>(), [b"one", b"two"]);
    }

    /// Fills the tables with any bytes: no read leaves the segment, and every look-up ends.
    #[test]
    fn tables_that_make_no_sense_give_no_symbols() {
        let whole = object();
        let look_up = |bytes: &[u8]| {
            if let Some(table) = read(bytes) {
                for name in [&b"one"[..], b"two", b""] {
                    table.kind(name, table.base + 16);
                    table.defines(name);
                    table.has_thread_local(name);
                }
                assert!(table.names().count() <= bytes.len() && table.variables().count() <= bytes.len());
            }
        };
        for gnu in [true, false] {
            let mut bytes = whole.clone();
            if !gnu {
                bytes[3 * 16..][..8].copy_from_slice(&1_u64.to_ne_bytes());
            }
            for at in 0..bytes.len() {
                let before = bytes[at];
                for byte in [0, 1, 2, 3, 0x7f, 0x80, 0xff] {
                    bytes[at] = byte;
                    look_up(&bytes);
                }
                bytes[at] = before;
            }
            // Copies an object that ends early, so that a read past its end would leave the allocation.
            for len in 0..bytes.len() {
                let early = bytes[..len].to_vec();
                look_up(&early);
            }
        }
    }
}
