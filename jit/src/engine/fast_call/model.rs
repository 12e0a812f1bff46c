//! Native functions whose arguments the caller has put into registers itself, as data: the fast-call entry.
//!
//! An optimising compiler that knows a function's type calls it as C would, with parameters of its own before and after.
//! A [`FastCallModel`] says what each parameter is; machine code made from it (`entry/fast_call/`) checks the arguments, calls C and
//! widens the result. What it refuses takes the [`Exit`]. Objects come as [`Handles`], whose bytes machine code finds by
//! itself where it knows how they lie in memory, and [`FastCallHelpers::resolve`] elsewhere.

use std::ffi::c_void;
use std::hash::{Hash, Hasher};

use crate::c::definitions::Signature;
use crate::convention::abi::Abi;
use crate::engine::record::RecordHead;
use crate::engine::values::model::Test;

/// The most parameters of a native function: each record has code of its own, which grows with every parameter.
pub const MAX_FAST_CALL_PARAMETERS: usize = 32;

/// How one native function is called, and by what rules its arguments become those of a C function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct FastCallModel {
    /// The convention by which it is called. It may differ from that of C: a compiler may pass every stack argument in 8 bytes
    /// where the platform packs them.
    pub abi: Abi,
    /// The function's type as the caller sees it, in C's terms: scalars alone.
    pub native: Signature,
    /// What each of its parameters is. Those that are arguments come in the order of the C function's.
    pub roles: Box<[FastCallRole]>,
    /// What the handles are that roles refer to by index.
    pub handles: Box<[Handles]>,
    /// What becomes of a call with a refused argument.
    pub exit: Exit,
    /// Whether the caller looks after each call whether an exception [waits](crate::engine::values::Pending), and throws it. A callback has
    /// left it there, or the native function itself where the exit is [`Raise`](Exit::Raise). Else the native function sees to it that
    /// the exit is taken when C has returned, which costs a store or a comparison.
    pub caller_looks: bool,
}

/// What a parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FastCallRole {
    /// Nothing that the call needs, such as a receiver or a context. Of any type.
    Ignored,
    /// The next argument as a number, a truth value or an address, in the parameter's type. An integer that the C type has no
    /// room for is refused, and so is a `double` that is none.
    Argument,
    /// The next argument as one of the [`Handles`]: anything but a float.
    Handle(u8),
    /// One of the [`Handles`] of memory for the C function's struct or union.
    Result(u8),
    /// A pointer for the [`Exit`].
    Exit,
}

/// What becomes of a call that is refused: an argument is wrong, or its function closed. What the native function returns then
/// means nothing, and may be no value of its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// A 1 is written to the byte at this offset of what the parameter with the role [`Exit`](FastCallRole::Exit) points to: the caller
    /// makes the call again in its ordinary way, which may take the arguments or throw.
    ///
    /// Before C is called, the parameter is left in [`Pending`](crate::engine::values::Pending), for callbacks that must do the same, unless the
    /// [caller looks](FastCallModel::caller_looks).
    Flag {
        /// In bytes.
        offset: u32,
    },
    /// [`FastCallHelpers::raise`] throws, with the parameter if there is one. It does so too when C has returned and an exception
    /// [waits](crate::engine::values::Pending). Where the [caller looks](FastCallModel::caller_looks), the helper leaves that to it, and is not
    /// called after C.
    Raise,
}

/// What stands for an object: a *word*, or the address of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Handles {
    /// Whether a handle is the address of the word.
    pub indirect: bool,
    /// The words that are integers.
    pub integers: Option<Small>,
    /// The word that stands for null.
    pub null: Option<u64>,
    /// The words that stand for false and true.
    pub booleans: Option<[u64; 2]>,
    /// The bits that tell an object's word from others, and what they are then. A null of 0 may have them.
    pub tag: Tag,
    /// Kinds of objects that machine code reads by itself. No word is of two kinds.
    pub objects: Box<[Object]>,
}

/// Integers that are words by themselves: the word without its lowest `shift` bits. The highest bit is the sign.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Small {
    /// What tells them from other words, in those bits.
    pub tag: Tag,
    /// 1 to 63.
    pub shift: u8,
}

/// Some bits of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    /// The bits that count.
    pub mask: u64,
    /// What they are.
    pub bits: u64,
}

/// A kind of object: how it is told from others, and where it says what memory it stands for.
///
/// An object with a length is *bytes*; one without is a pointer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Object {
    /// What holds for these objects alone. One after the other: a check may read what those before it vouch for.
    pub checks: Box<[Check]>,
    /// The address is the sum of these words.
    pub address: Box<[Path]>,
    /// How many bytes there are.
    pub length: Option<Path>,
}

/// Something that an object's memory says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Check {
    /// Where.
    pub at: Path,
    /// What.
    pub test: Test,
}

/// The way from an object's word to a field: add an offset, load a word, and so on; the last offset leads to the field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Path(pub Box<[i32]>);

/// What trampolines call beside C. None of them may run script, but for `raise`; and `resolve` moves no bytes that machine code has found
/// for other handles of the call.
#[derive(Clone, Copy, Debug)]
pub struct FastCallHelpers {
    /// Finds what a handle stands for, for the C parameter of this index, or behind all of them for the result: the canonical slot of
    /// a scalar, or the address of bytes, and how many there are. `false`: nothing that the type takes; where the exit is
    /// [`Raise`](Exit::Raise), this has been thrown.
    pub resolve: Resolve,
    /// Throws the exception that waits; or else because the record is closed; or else because the C parameter of this index got these
    /// bits that it has no room for (of a parameter's value, or of the integer that a handle is; for a struct: the number of bytes).
    /// Where the [caller looks](FastCallModel::caller_looks), it does not throw but has the exception [wait](crate::engine::values::Pending),
    /// and so does `resolve`. Both helpers get the parameter with the role [`Exit`](FastCallRole::Exit), or null.
    pub raise: Raise,
}

/// See [`FastCallHelpers::resolve`].
pub type Resolve = unsafe extern "C-unwind" fn(
    record: *const RecordHead,
    exit: *mut c_void,
    index: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool;

/// See [`FastCallHelpers::raise`].
pub type Raise = unsafe extern "C-unwind" fn(record: *const RecordHead, exit: *mut c_void, index: usize, bits: u64);

/// What a handle stands for.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResolvedHandle {
    /// A canonical slot, or the address of bytes.
    pub slot: u64,
    /// The number of bytes at it, if it is that of bytes.
    pub len: u64,
}

impl FastCallHelpers {
    fn addresses(&self) -> [usize; 2] {
        [self.resolve as usize, self.raise as usize]
    }
}

impl PartialEq for FastCallHelpers {
    fn eq(&self, other: &Self) -> bool {
        self.addresses() == other.addresses()
    }
}

impl Eq for FastCallHelpers {}

impl Hash for FastCallHelpers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addresses().hash(state);
    }
}

impl FastCallRole {
    /// The index of the [`Handles`] that an argument is one of.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn handles(self) -> Option<u8> {
        match self {
            Self::Handle(handles) => Some(handles),
            Self::Ignored | Self::Argument | Self::Result(_) | Self::Exit => None,
        }
    }
}

impl FastCallModel {
    /// The parameters that are arguments, in the order of the C function's.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (usize, FastCallRole)> {
        let roles = self.roles.iter().copied().enumerate();
        roles.filter(|(_, role)| matches!(role, FastCallRole::Argument | FastCallRole::Handle(_)))
    }

    /// The parameter that names the memory for the result, with its kind of handle.
    pub(crate) fn result(&self) -> Option<(usize, u8)> {
        let handle = |(index, role): (usize, &FastCallRole)| {
            if let FastCallRole::Result(handle) = *role { Some((index, handle)) } else { None }
        };
        self.roles.iter().enumerate().find_map(handle)
    }

    /// The parameter for the exit.
    #[cfg(feature = "cranelift")]
    pub(crate) fn exit_parameter(&self) -> Option<usize> {
        self.roles.iter().position(|&role| role == FastCallRole::Exit)
    }
}
