"""Tries each rule of .ci/rooms in a small workspace: without faults nothing is found, and each fault alone is found."""

import os
import tempfile

# A workspace that keeps to all rules. It has what only looks like a fault, so that a rule that finds too much fails here.
BASE = {
    "Cargo.toml": """
[workspace]
members = ["jit"]

[package]
name = "hotcall"
edition = "2024"
""",
    "jit/Cargo.toml": """
[package]
name = "hotcall-jit"
edition = "2024"
""",
    ".ci/rooms.toml": """
[[exception]]
rule = "systems"
path = ["src/room/three.rs"]
pattern = 'libc::getpid'
reason = "shows what an exception is"
""",
    "ARCHITECTURE.md": """
| term | defined in | meaning |
|---|---|---|
| **first *thing*** | `src/room/one.rs` | what comes first |
| **convention** | `jit/src/convention/abi.rs` | how values are passed |
""",
    "src/lib.rs": """
//! A library.
mod room;
pub use hotcall_jit::Abi;
pub use room::{One, three::{self as third, Three}};
""",
    "src/main.rs": """
mod part;
fn main() { part::run() }
""",
    "src/part.rs": """
pub fn run() { let _: hotcall::One; }
""",
    "src/room/mod.rs": """
//! A room, which hands on [`One`].
mod one;
pub(crate) mod two;
#[cfg_attr(feature = "jit", path = "jit.rs")]
mod system;
#[path = "elsewhere.rs"]
mod far;
pub mod three;
#[cfg(test)]
mod tests;
pub use one::One;
pub(crate) use system::id;
""",
    "src/room/one.rs": """
//! Defines the first
//! **thing**s.
use crate::room::two::{Two};
use super::far::Far;
use super::system;
macro_rules! make { () => { 1 } }
pub struct One(Two, Far);
pub enum Kind { A }
pub fn one<'a>(text: &'a str) -> u32 { let _ = ('a', '"', text); system::id() }
pub const LIST: [fn(u8) -> u8; 0] = { [] };
""",
    "src/room/two.rs": """
//! Names [`crate::room::one::One`] in documentation alone.
use super::three::{SIZE, Three};
// use crate::room::one::One;
/* use crate::room::one::One; /* nested */ crate::room::one::one() */
/// ```
/// use crate::room::one::One;
/// ```
pub struct Two(Three);
impl Two {
    fn text(&self) -> &str { r#"crate::room::one::one() " use crate::room::one::One;"# }
    fn method(&self) { let one = self.text(); one.len(); let r = 'a'..='b'; }
    #[cfg(test)]
    fn only_for_tests() { crate::room::one::one() }
}
#[rustfmt::skip]
#[cfg(all(test, unix))]
use crate::room::one::One;
#[test]
fn test() { crate::room::one::one() }
#[cfg(test)]
mod tests {
    use crate::room::one::One;
    const ADDRESS: *const u8 = libc::memcpy as _;
    struct One;
}
""",
    "src/room/three.rs": """
pub struct Three;
pub type Word = u64;
impl Three {
    const REGION: u8 = region::SIZE;
    fn id() -> i32 { crate::room::id(); unsafe { libc::getpid() } }
}
mod region { pub const SIZE: u8 = 8; }
pub(crate) use region::SIZE;
#[cfg_attr(feature = "jit", expect(unix))]
fn sorted() -> bool { cfg!(feature = "unix") }
""",
    "src/room/jit.rs": "pub fn id() -> u32 { 1 }\n",
    "src/room/system.rs": "pub fn id() -> u32 { 2 }\n",
    "src/room/elsewhere.rs": "pub struct Far;\n",
    "src/room/tests.rs": "mod deep;\nuse super::one::One;\nstruct Two;\n",
    "src/room/tests/deep.rs": "struct Three;\n",
    "jit/src/lib.rs": """
mod arch; mod code; mod codegen; mod convention; mod os;
pub use convention::abi::Abi;
pub use codegen::compiler::Compiler;
""",
    "jit/src/arch/mod.rs": "pub(crate) mod x86_64;\n",
    "jit/src/arch/x86_64.rs": """
#[cfg(target_arch = "x86_64")]
pub(crate) fn jump() { core::arch::naked_asm!("jmp rax") }
pub(crate) const RAX: u8 = 0;
pub(crate) const CODE: &[u8] = &[0x48, 0x89];
""",
    "jit/src/os/mod.rs": "pub(crate) mod pages;\n",
    "jit/src/os/pages.rs": """
#[cfg(target_os = "linux")]
pub(crate) fn map() { unsafe { libc::mmap() } }
""",
    "jit/src/convention/mod.rs": "pub(crate) mod abi;\n",
    "jit/src/convention/abi.rs": """
/// A calling convention.
pub struct Abi;
pub(crate) struct Registers { pub(crate) int: u8 }
pub(crate) const REGISTERS: Registers = Registers { int: 6 };
""",
    "jit/src/codegen/mod.rs": "pub(crate) mod compiler;\nmod explanation;\n",
    "jit/src/codegen/compiler.rs": """
use crate::convention::abi::Abi;
/// Compiles slots, callbacks and fast calls.
pub struct Compiler(Abi);
""",
    "jit/src/codegen/explanation.rs": "pub(crate) fn explain() {}\n",
    "jit/src/code/mod.rs": "mod generator;\n",
    "jit/src/code/generator.rs": "pub(crate) fn generate() { crate::arch::x86_64::jump() }\n",
}

ONE, TWO, THREE = "src/room/one.rs", "src/room/two.rs", "src/room/three.rs"


def circle(name, text, needle=None, also=(), **more):
    """A fault in two.rs, which names something of one.rs, and one.rs names Two."""
    needle = needle or text.strip().split("\n")[-1]
    return name, {TWO: text, **more}, [("circles", ONE, "use crate::room::two", (TWO, needle)), *also]


# A name, what is added to files, and the failures: each a rule, a file, the line's text, and what the message has: words, or
# a file and a line's text.
FAULTS = [
    circle("use", "use crate::room::one::One;"),
    circle("use of several", "use crate::{room::{one::{self, Kind}, three::Three as Other}};"),
    circle("use with another name", "use super::one::One as Other;"),
    circle("use in a function", "fn f() {\n use super::one::one; one() }", "use super::one::one"),
    circle("use with an attribute", "#[cfg(not(test))]\nuse super::one::One;"),
    circle("path in an expression", "fn f() { crate::room::one::one(); }"),
    circle("path in a range", "fn f() { 0..crate::room::one::one(); }"),
    circle("path in a type", "fn f(_: &super::one::One) {}"),
    circle("path in generics", "fn f() -> Vec<crate::room::one::One> { Vec::new() }"),
    circle("path in a constant", "const A: u8 = crate::room::one::Kind::A as u8;"),
    circle("path in an attribute", "#[derive(crate::room::one::One)]\nstruct S;", "#[derive(crate"),
    circle("path in a pattern", "fn f(x: u8) { match x { super::one::Kind::A => 1 } }"),
    circle("path through a module", "use super::one;\nfn f() { one::one() }"),
    circle("path through a module with another name", "use crate::room as place;\nfn f() { place::one::one() }"),
    circle("path through self", "use self::first::one;\nuse super::one as first;", "use self::first"),
    circle("path in a module's module", "mod inner { fn f() { super::super::one::one() } }"),
    circle("glob", "use super::one::*;"),
    circle(
        "glob of a module that hands on", "use super::*;",
        also=[("imports", TWO, "use super::*", "through src/room/mod.rs: import it from src/room/one.rs")],
    ),
    circle("glob of an enum", "use super::one::Kind::*;"),
    circle("macro", "fn f() { make!() }"),
    circle("macro's body", "macro_rules! name { ($x:expr) => { $crate::room::one::one($x) } }"),
    circle("foreign items", 'unsafe extern "C" { fn f(_: super::one::One); }'),
    circle(
        "path through a re-export", "use crate::room::One;",
        also=[("imports", TWO, "use crate::room::One", "through src/room/mod.rs: import it from src/room/one.rs")],
    ),
    circle(
        "path through two re-exports", "fn f() { crate::One::f() }",
        also=[("imports", TWO, "crate::One::f", "import it from src/room/one.rs")],
    ),
    (
        "circle through a file's re-export",
        {ONE: "pub use super::three::Three as Other;", THREE: "use super::one::Kind;"},
        [("circles", ONE, "Three as Other", (THREE, "super::one::Kind"))],
    ),
    (
        "circle of three files",
        {THREE: "fn f() { super::one::one() }"},
        [("circles", ONE, "use crate::room::two", (THREE, "super::one::one"))],
    ),
    (
        "circle with a file that an attribute names",
        {"src/room/elsewhere.rs": "use crate::room::one::One;"},
        [("circles", "src/room/elsewhere.rs", "use crate", "Far of src/room/elsewhere.rs")],
    ),
    (
        "circle with one of two files that cfg chooses from",
        {"src/room/system.rs": "use super::one::One;"},
        [("circles", ONE, "system::id", "id of src/room/system.rs")],
    ),
    (
        "circle with the other",
        {"src/room/jit.rs": "use super::one::One;"},
        [("circles", "src/room/jit.rs", "super::one::One", (ONE, "system::id"))],
    ),
    (
        "circle with the own mod.rs",
        {"src/room/mod.rs": "fn whole() {}", THREE: "fn f() { super::whole() }"},
        [
            ("circles", "src/room/mod.rs", "pub use one", (THREE, "super::whole")),
            ("mod-files", "src/room/mod.rs", "fn whole", "fn whole"),
        ],
    ),
    (
        "circle in a program",
        {"src/part.rs": "use crate::helper;\nfn f() { helper() }", "src/main.rs": "fn helper() {}"},
        [("circles", "src/main.rs", "part::run", "helper of src/main.rs")],
    ),
    (
        "import from the library's root",
        {TWO: "use crate::third::Word;"},
        [("imports", TWO, "use crate::third", "Word comes through src/lib.rs: import it from src/room/three.rs")],
    ),
    ("struct in mod.rs", {"src/room/mod.rs": "struct S;"}, [("mod-files", "src/room/mod.rs", "struct S", "struct S")]),
    ("impl in mod.rs", {"src/room/mod.rs": "impl One {}"}, [("mod-files", "src/room/mod.rs", "impl", "impl")]),
    ("macro in mod.rs", {"src/room/mod.rs": "call!();"}, [("mod-files", "src/room/mod.rs", "call!", "call")]),
    ("module in mod.rs", {"src/room/mod.rs": "mod m { fn f() {} }"}, [("mod-files", "src/room/mod.rs", "mod m", "mod m")]),
    (
        "tests in mod.rs",
        {"src/room/mod.rs": "#[cfg(test)]\nmod more { use super::One; }"},
        [("mod-files", "src/room/mod.rs", "mod more", "mod for tests")],
    ),
    (
        "function for tests in mod.rs",
        {"src/room/mod.rs": "#[cfg(test)]\npub(crate) fn more() {}"},
        [("mod-files", "src/room/mod.rs", "fn more", "fn for tests")],
    ),
    *(
        (
            f"{kind} of the same name",
            {THREE: f"{text} Two{rest}"},
            [("type-names", THREE, f"{text} Two", TWO), ("type-names", TWO, "struct Two", THREE)],
        )
        for kind, text, rest in [
            ("struct", "struct", ";"),
            ("public struct", "pub(crate) struct", "(u8);"),
            ("enum", "#[derive(Debug)] enum", " {}"),
            ("union", "pub union", " { a: u8 }"),
            ("trait", "unsafe trait", " {}"),
            ("type", "type", "<T> = Vec<T>;"),
            ("struct in a module", "mod m { struct", "; }"),
        ]
    ),
    (
        "public type of the same name",
        {THREE: "pub struct Compiler;"},
        [
            ("public-names", THREE, "struct Compiler", "jit/src/codegen/compiler.rs"),
            ("public-names", "jit/src/codegen/compiler.rs", "struct Compiler", THREE),
        ],
    ),
    (
        "public type under the same name",
        {"src/lib.rs": "pub use room::three::Word as Compiler;"},
        [
            ("public-names", THREE, "type Word", "jit/src/codegen/compiler.rs"),
            ("public-names", "jit/src/codegen/compiler.rs", "struct Compiler", THREE),
        ],
    ),
    *(
        (f"{rule}: {text}", {path: text}, [(rule, path, text.strip().split("\n")[-1], "")])
        for rule, path, text in [
            ("registers", ONE, "const INT_REGISTERS: usize = 6;"),
            ("registers", ONE, 'const NAMES: &[&str] = &["first", "rdi"];'),
            ("registers", ONE, "fn f() { X86_64::RBP }"),
            ("registers", ONE, "fn f() { Loc::Int(0) }"),
            ("registers", ONE, "struct Registers { a: u8 }"),
            ("registers", "jit/src/os/pages.rs", "type Register = u8;"),
            ("registers", "jit/src/os/pages.rs", "fn f() { Target::Register(1) }"),
            ("instructions", "jit/src/codegen/compiler.rs", "const STOP: u8 = 0xcc;"),
            ("instructions", "jit/src/codegen/compiler.rs", "fn f() { bytes(&[first, 0x8b, 5 | n << 3]) }"),
            ("instructions", "jit/src/codegen/compiler.rs", 'fn f() { asm!("nop") }'),
            ("instructions", "jit/src/codegen/compiler.rs", 'global_asm!("nop");'),
            ("instructions", "jit/src/convention/abi.rs", "use cranelift_assembler_x64::Inst;"),
            ("instructions", "jit/src/convention/abi.rs", "use std::arch::x86_64::_mm_pause;"),
            ("systems", ONE, "use libc::c_int;"),
            ("systems", ONE, "use libc;"),
            ("systems", ONE, "fn f() { unsafe { libc::close(0) } }"),
            ("systems", ONE, "macro_rules! names { ($name:ident) => { libc::$name } }"),
            ("systems", "jit/src/codegen/compiler.rs", "fn f(map: memmap2::Mmap) {}"),
            ("systems", "jit/src/codegen/compiler.rs", "fn f() { region::page::size() }"),
            ("systems", ONE, '#[cfg(target_os = "linux")]'),
            ("systems", ONE, "fn f() { cfg!(all(not(windows), feature = \"jit\")) }"),
            ("systems", ONE, '#[cfg_attr(unix, link_name = "a")]'),
            ("machines", ONE, '#[cfg(target_arch = "x86_64")]'),
            ("machines", "jit/src/os/pages.rs", 'fn f() { cfg!(target_arch = "aarch64") }'),
            ("conventions", ONE, 'fn f() { unreachable!("no convention here has such a place") }'),
            ("sorting", "jit/src/codegen/explanation.rs", "fn f() { words.sort_unstable_by_key(|word| word.place) }"),
            ("entries", "jit/src/codegen/compiler.rs", "fn f() { slots::emit() }"),
            ("entries", "jit/src/codegen/explanation.rs", "fn f(key: FastCallKey) {}"),
            ("entries", "jit/src/code/generator.rs", "fn f() { entry::engine_values::emit() }"),
        ]
    ),
    (
        "folder that a rule is about moved",
        {"jit/src/codegen/explanation.rs": None, "jit/src/codegen/mod.rs": "//-mod explanation;"},
        [("entries", "jit/src/codegen/explanation.rs", None, "does not exist")],
    ),
    (
        "term that no documentation has",
        {"ARCHITECTURE.md": "| **slot** | `src/room/one.rs` | a word |"},
        [("glossary", ONE, None, "lacks the term “slot” (ARCHITECTURE.md:6)")],
    ),
    (
        "terms that are parts of a word",
        {"ARCHITECTURE.md": "| **thin**, **hing** | `src/room/one.rs` | a word |"},
        [("glossary", ONE, None, "lacks the term “thin”"), ("glossary", ONE, None, "lacks the term “hing”")],
    ),
    (
        "term without a file",
        {"ARCHITECTURE.md": "| **slot** | the slots | a word |"},
        [("glossary", "ARCHITECTURE.md", "**slot**", "names no file")],
    ),
    (
        "term of a file that does not exist",
        {"ARCHITECTURE.md": "| **slot** | `src/slot.rs` | a word |"},
        [("glossary", "ARCHITECTURE.md", "**slot**", "src/slot.rs does not exist")],
    ),
    ("no glossary", {"ARCHITECTURE.md": None}, [("glossary", "ARCHITECTURE.md", None, "does not exist")]),
    (
        "glossary without terms",
        {"ARCHITECTURE.md": "//-**"},
        [("glossary", "ARCHITECTURE.md", None, "has no table")],
    ),
    ("file without a module", {"src/room/lost.rs": "struct S;"}, [("files", "src/room/lost.rs", None, "no crate")]),
    ("module without a file", {ONE: "mod lost;"}, [("files", ONE, "mod lost", "`mod lost;` has no file")]),
    (
        "exception that nothing needs",
        {THREE: "//-getpid"},
        [("exceptions", ".ci/rooms.toml", "[[exception]]", "nothing in src/room/three.rs needs")],
    ),
    (
        "one of two paths that nothing needs",
        {".ci/rooms.toml": "//-path = \npath = ['src/room/three.rs', 'src/room/two.rs']"},
        [("exceptions", ".ci/rooms.toml", "[[exception]]", "nothing in src/room/two.rs needs")],
    ),
    (
        "exception for another line",
        {THREE: "fn f() { libc::getppid() }"},
        [("systems", THREE, "getppid", "libc::getppid")],
    ),
    (
        "exception from another rule",
        {".ci/rooms.toml": "//-rule = \nrule = 'machines'"},
        [
            ("exceptions", ".ci/rooms.toml", "[[exception]]", "from machines"),
            ("systems", THREE, "libc::getpid", "libc::getpid"),
        ],
    ),
    (
        "exception without a reason",
        {".ci/rooms.toml": "//-reason\nreason = ''"},
        [
            ("exceptions", ".ci/rooms.toml", "[[exception]]", "and a reason"),
            ("systems", THREE, "libc::getpid", "libc::getpid"),
        ],
    ),
    (
        "exception from a circle",
        {".ci/rooms.toml": "\n[[exception]]\nrule = 'circles'\npath = '*'\npattern = '.'\nreason = 'none'"},
        [("exceptions", ".ci/rooms.toml", None, "rule circles has no exceptions")],
    ),
]


def changed(text, change):
    """The text with lines added; with those removed first that have what follows `//-`, if the change begins with that."""
    if change.startswith("//-"):
        removed, _, change = change[3:].partition("\n")
        text = "".join(line for line in text.splitlines(True) if removed not in line)
    return text + change + "\n"


def line_of(directory, path, needle):
    """The last line that has the text: faults are at the end."""
    with open(os.path.join(directory, path), encoding="utf-8") as file:
        return [number for number, line in enumerate(file, 1) if needle in line][-1]


def write(directory, path, text):
    full = os.path.join(directory, path)
    if text is None:
        os.remove(full)
        return
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def is_expected(directory, failure, expected):
    rule, path, needle, wanted = expected
    if (failure.rule, failure.path) != (rule, path):
        return False
    if needle is not None and failure.line != line_of(directory, path, needle):
        return False
    if isinstance(wanted, tuple):
        wanted = f"{wanted[0]}:{line_of(directory, *wanted)}: "
    return wanted in failure.message


def run(check, targets_of, rules):
    """Prints what went wrong, and returns whether anything did."""
    wrong, tried = 0, set()
    with tempfile.TemporaryDirectory() as directory:
        for path, text in BASE.items():
            write(directory, path, text)
        targets = list(targets_of(directory))
        cases = [("no fault", {}, []), *FAULTS]
        for name, changes, expected in cases:
            for path, change in changes.items():
                write(directory, path, None if change is None else changed(BASE.get(path, ""), change))
            failures, _ = check(directory, targets)
            missing = [one for one in expected if not any(is_expected(directory, failure, one) for failure in failures)]
            others = [failure for failure in failures if not any(is_expected(directory, failure, one) for one in expected)]
            if missing or others or len(failures) != len(expected):
                wrong += 1
                print(f"{name}:")
                for one in missing:
                    print(f"    not found: {one}")
                for failure in others:
                    print(f"    not expected: {failure.path}:{failure.line}: {failure.rule}: {failure.message}")
            tried |= {rule for rule, *_ in expected}
            for path in changes:
                write(directory, path, BASE.get(path))
    for rule in set(rules) - tried:
        wrong += 1
        print(f"no fault tries the rule {rule}")
    if not wrong:
        print(f"{len(FAULTS)} faults of {len(tried)} rules, each found")
    return wrong > 0
