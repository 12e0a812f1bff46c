//! The format of a file that the loader refuses, told by its first bytes.
//!
//! | format | described by |
//! |---|---|
//! | ELF | System V gABI, chapter 4, "ELF Header" |
//! | archives | `ar(5)`; thin ones: binutils, `ar(1)` |
//! | linker scripts | GNU ld's manual, "File Commands" |
//! | PE | Microsoft's "PE Format", "MS-DOS Stub" |
//! | Mach-O | `<mach-o/loader.h>`, `<mach-o/fat.h>` |

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use hotcall_jit::ELF_MACHINE;

/// A kind of file that the system's loader cannot load as a library.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FileFormat {
    /// A file without bytes.
    Empty,
    /// A text for the linker, which names the libraries to link, such as `libm.so` of a system's development files.
    LinkerScript {
        /// The libraries that it refers to, as it writes them: paths, file names, or `-l` options, without static libraries.
        libraries: Box<[Box<str>]>,
    },
    /// An archive of object files, `.a`.
    Archive,
    /// An ELF file for this machine that is not a shared library.
    Elf(ElfType),
    /// An ELF file for another machine.
    ForeignElf {
        /// The bits of an address: 32 or 64.
        bits: u8,
        /// The number of the machine, `e_machine`.
        machine: u16,
    },
    /// An ELF file that ends before its header does.
    TruncatedElf,
    /// A library or program for Windows.
    Pe,
    /// A library or program for macOS or iOS.
    MachO,
}

/// The purpose of an ELF file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ElfType {
    /// Linking: an object file, `.o`.
    Object,
    /// Running: a program at a fixed address.
    Program,
    /// Debugging: the memory of a process that crashed.
    Core,
}

/// The largest number of bytes that are read of a file. Linker scripts of systems are shorter.
const READ: u64 = 64 * 1024;

impl FileFormat {
    /// Reads a file's format. `None` if it is unknown, cannot be read, or is a library for this machine.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        // Opening a device or a pipe could block.
        let file = path.metadata().is_ok_and(|metadata| metadata.is_file()).then(|| File::open(path))?.ok()?;
        let mut bytes = Vec::new();
        file.take(READ).read_to_end(&mut bytes).ok()?;
        Self::of_bytes(&bytes)
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        const MACH_O: [[u8; 4]; 4] =
            [[0xfe, 0xed, 0xfa, 0xce], [0xce, 0xfa, 0xed, 0xfe], [0xfe, 0xed, 0xfa, 0xcf], [0xcf, 0xfa, 0xed, 0xfe]];
        const FAT: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];
        /// Java's classes begin as fat files do. Fat files then have the number of machines, and classes their version,
        /// which began at 45.
        const MACHINES: std::ops::Range<u32> = 1..45;
        let word = |at: usize| bytes.get(at..)?.first_chunk::<4>().copied();
        Some(match bytes {
            [] => Self::Empty,
            [0x7f, b'E', b'L', b'F', ..] => return elf(bytes),
            _ if bytes.starts_with(b"!<arch>\n") || bytes.starts_with(b"!<thin>\n") => Self::Archive,
            [b'M', b'Z', ..] => native_is_none(cfg!(windows), Self::Pe)?,
            _ if word(0).is_some_and(|magic| MACH_O.contains(&magic)) => {
                native_is_none(cfg!(target_vendor = "apple"), Self::MachO)?
            }
            _ if word(0) == Some(FAT) && word(4).is_some_and(|count| MACHINES.contains(&u32::from_be_bytes(count))) => {
                native_is_none(cfg!(target_vendor = "apple"), Self::MachO)?
            }
            _ => Self::LinkerScript { libraries: linker_script(str::from_utf8(bytes).ok()?)? },
        })
    }
}

/// Returns `None` for a file of this system's own format, because the loader's message is about its fault.
fn native_is_none(native: bool, format: FileFormat) -> Option<FileFormat> {
    (!native).then_some(format)
}

fn elf(bytes: &[u8]) -> Option<FileFormat> {
    // `EI_CLASS` and `EI_DATA`.
    let (Some(&class), Some(&data)) = (bytes.get(4), bytes.get(5)) else {
        return Some(FileFormat::TruncatedElf);
    };
    let half = |at: usize| {
        let half = bytes.get(at..)?.first_chunk().copied()?;
        Some(if data == 2 { u16::from_be_bytes(half) } else { u16::from_le_bytes(half) })
    };
    let bits = if class == 1 { 32 } else { 64 };
    let header = if class == 1 { 52 } else { 64 };
    // `e_type` and `e_machine`.
    let (Some(kind), Some(machine), true) = (half(16), half(18), bytes.len() >= header) else {
        return Some(FileFormat::TruncatedElf);
    };
    let byte_order = if cfg!(target_endian = "big") { 2 } else { 1 };
    let native = u32::from(bits) == usize::BITS && data == byte_order && ELF_MACHINE.is_none_or(|own| own == machine);
    if !native || cfg!(any(windows, target_vendor = "apple")) {
        return Some(FileFormat::ForeignElf { bits, machine });
    }
    match kind {
        1 => Some(FileFormat::Elf(ElfType::Object)),
        2 => Some(FileFormat::Elf(ElfType::Program)),
        4 => Some(FileFormat::Elf(ElfType::Core)),
        _ => None,
    }
}

/// The libraries that a linker script refers to; `None` if the text is not one.
fn linker_script(text: &str) -> Option<Box<[Box<str>]>> {
    let text = without_comments(text);
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace([',', ';'], " ");
    let (mut linked, mut as_needed) = (Vec::new(), Vec::new());
    // The commands that own the open parentheses, the innermost last.
    let mut commands = Vec::new();
    let (mut previous, mut is_script) = ("", false);
    for token in spaced.split_whitespace() {
        match token {
            "(" => {
                is_script |= matches!(previous, "GROUP" | "INPUT");
                commands.push(previous);
            }
            ")" => drop(commands.pop()?),
            "AS_NEEDED" => {}
            file if !file.ends_with(".a") => match commands[..] {
                ["GROUP" | "INPUT"] => linked.push(file.trim_matches('"').into()),
                ["GROUP" | "INPUT", "AS_NEEDED"] => as_needed.push(file.trim_matches('"').into()),
                _ => {}
            },
            _ => {}
        }
        previous = token;
    }
    is_script.then(|| if linked.is_empty() { as_needed.into() } else { linked.into() })
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        kept.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// The largest number of libraries of a linker script that are shown.
const SHOWN: usize = 8;

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty file"),
            Self::LinkerScript { libraries } if libraries.is_empty() => f.write_str("a linker script"),
            Self::LinkerScript { libraries } => {
                let (shown, others) = libraries.split_at(libraries.len().min(SHOWN));
                write!(f, "a linker script that refers to {}", shown.join(", "))?;
                if others.is_empty() { Ok(()) } else { write!(f, " and {} others", others.len()) }
            }
            Self::Archive => f.write_str("an archive of object files"),
            Self::Elf(ElfType::Object) => f.write_str("an object file"),
            Self::Elf(ElfType::Program) => f.write_str("a program"),
            Self::Elf(ElfType::Core) => f.write_str("a core dump"),
            Self::ForeignElf { bits, machine } => match machine_name(*machine) {
                Some(name) => write!(f, "a {bits}-bit ELF file for {name}"),
                None => write!(f, "a {bits}-bit ELF file for machine {machine}"),
            },
            Self::TruncatedElf => f.write_str("an ELF file that ends within its header"),
            Self::Pe => f.write_str("a file for Windows (PE)"),
            Self::MachO => f.write_str("a file for macOS or iOS (Mach-O)"),
        }
    }
}

fn machine_name(machine: u16) -> Option<&'static str> {
    Some(match machine {
        2 | 18 | 43 => "SPARC",
        3 => "x86",
        8 => "MIPS",
        20 => "PowerPC",
        21 => "64-bit PowerPC",
        22 => "S/390",
        40 => "ARM",
        62 => "x86-64",
        183 => "AArch64",
        243 => "RISC-V",
        258 => "LoongArch",
        _ => return None,
    })
}
