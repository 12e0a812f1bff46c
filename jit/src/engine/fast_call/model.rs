//! Native functions that get their arguments in registers, as data: the fast-call entry.
//!
//! An optimising compiler that knows a function's type calls it as C would, with additional parameters before and
//! after. A [`FastCallModel`] describes each parameter. Machine code made from it (`entry/fast_call/`) checks the
//! arguments, calls C and widens the result. Refused calls take the [`Exit`]. Objects come as [`Handles`]. Machine code
//! finds their bytes itself if it knows their layout in memory, and calls [`FastCallHelpers::resolve`] otherwise.

use std::ffi::c_void;
use std::hash::{Hash, Hasher};

use crate::c::definitions::Signature;
use crate::convention::abi::Abi;
use crate::engine::number_object::NumberObjects;
use crate::engine::object::{Object, ResolvedHandle};
use crate::engine::record::RecordHead;

/// The largest number of parameters of a native function. Each record has its own code, which grows with every
/// parameter.
pub const MAX_FAST_CALL_PARAMETERS: usize = 32;

/// The description of a native function: how it is called, and how its arguments become arguments of a C function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct FastCallModel {
    /// The convention by which it is called. It may differ from C's: a compiler may pass every stack argument in 8
    /// bytes on a platform that packs them.
    pub abi: Abi,
    /// The function's type for its caller, in C's terms: scalars only.
    pub native: Signature,
    /// The role of each parameter. Arguments come in the order of the C function's.
    pub roles: Box<[FastCallRole]>,
    /// The kinds of handles. Roles refer to them by index.
    pub handles: Box<[Handles]>,
    /// The answer to a call with a refused argument.
    pub exit: Exit,
    /// True if the caller checks for a [waiting](crate::engine::values::Pending) exception after each call, and throws
    /// it. A callback has left the exception there, or the native function itself if the exit is
    /// [`Raise`](Exit::Raise). If false, the native function ensures that the exit is taken after C returns, at the
    /// cost of a store or a comparison.
    pub caller_looks: bool,
}

/// The role of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FastCallRole {
    /// A parameter of any type that the call does not need, such as a receiver or a context.
    Ignored,
    /// The next argument as a number, a truth value or an address, in the parameter's type. An integer that does not
    /// fit the C type is refused. So is a `double` that is not an integer of the C type.
    Argument,
    /// The next argument as one of the [`Handles`]: anything except a float.
    Handle(u8),
    /// One of the [`Handles`] of memory for the C function's struct or union.
    Result(u8),
    /// A pointer for the [`Exit`].
    Exit,
}

/// The answer to a call that is refused because an argument is wrong or the function was closed. The caller must ignore
/// the native function's result, which may not be a value of its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// The native function writes 1 to the byte at this offset from the address in the parameter with the role
    /// [`Exit`](FastCallRole::Exit). The caller then repeats the call in its ordinary way, which may accept the
    /// arguments or throw.
    ///
    /// Callbacks must be able to set the flag too. So before C is called, the parameter is stored in
    /// [`Pending`](crate::engine::values::Pending), unless the [caller checks](FastCallModel::caller_looks).
    Flag {
        /// Offset in bytes.
        offset: u32,
    },
    /// [`FastCallHelpers::raise`] throws, with the parameter if there is one. It also throws if an exception
    /// [waits](crate::engine::values::Pending) when C has returned. If the [caller checks](FastCallModel::caller_looks)
    /// for exceptions, it throws instead, and the helper is not called after C.
    Raise,
}

/// The form of an object in a call: a *word*, or the address of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Handles {
    /// True if a handle is the address of the word.
    pub indirect: bool,
    /// The words that are integers.
    pub integers: Option<Small>,
    /// The word that stands for null.
    pub null: Option<u64>,
    /// The words that stand for false and true.
    pub booleans: Option<[u64; 2]>,
    /// The bits that distinguish an object's word from others, and their values. Null may have these bits if it is 0.
    pub tag: Tag,
    /// Kinds of objects that machine code reads by itself. A word must not be of two kinds.
    pub objects: Box<[Object]>,
    /// Numbers that are objects, which machine code reads for integers.
    pub numbers: Option<NumberObjects>,
}

/// Integers that are words by themselves: the word without its lowest `shift` bits. The highest bit is the sign.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Small {
    /// The bits that distinguish them from other words.
    pub tag: Tag,
    /// The shift in bits, 1 to 63.
    pub shift: u8,
}

/// Some bits of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    /// The bits that count.
    pub mask: u64,
    /// The values of these bits.
    pub bits: u64,
}

/// The functions that trampolines call besides C. They must not run script, except `raise`. `resolve` may move bytes of
/// other handles of the call only if machine code can read these.
#[derive(Clone, Copy, Debug)]
pub struct FastCallHelpers {
    /// Resolves a handle for the C parameter of this index. The result has the index after the last parameter. The
    /// helper returns the canonical slot of a scalar, or the address and the number of bytes. `false` means that the
    /// type does not accept the object; if the exit is [`Raise`](Exit::Raise), the helper has thrown then.
    pub resolve: Resolve,
    /// Throws the first of these three that applies: the waiting exception; an error because the record is closed; an
    /// error because an argument does not fit. For the last one it gets the index of the C parameter and the bits of
    /// the parameter's value or of the handle's integer. For a struct it gets the number of bytes. The index may be
    /// [`NO_CODE`](Self::NO_CODE) instead. If the [caller
    /// checks](FastCallModel::caller_looks) for exceptions, this helper and `resolve` do not throw but make the
    /// exception [wait](crate::engine::values::Pending). Both get the parameter with the role
    /// [`Exit`](FastCallRole::Exit), or null.
    pub raise: Raise,
    /// Releases the strings that `resolve` has copied, when C has returned or the call is refused.
    pub release: Release,
}

/// See [`FastCallHelpers::release`].
pub type Release = unsafe extern "C-unwind" fn(record: *const RecordHead);

/// See [`FastCallHelpers::resolve`].
pub type Resolve = unsafe extern "C-unwind" fn(
    record: *const RecordHead,
    exit: *mut c_void,
    index: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool;

/// See [`FastCallHelpers::raise`].
pub type Raise =
    unsafe extern "C-unwind" fn(record: *const RecordHead, exit: *mut c_void, index: usize, bits: u64) -> NoResult;

/// The result of [`FastCallHelpers::raise`]: zeros in the registers in which C returns results. A native function that
/// jumps to the helper returns them, whatever the type of its result is, and an engine may read its result before it
/// checks for exceptions. Assembled functions alone jump, which exist for System V x86-64: there the two words arrive in
/// RAX and XMM0 (psABI 3.2.3). Compiled functions return zeros themselves. Win64 returns only structs of up to 8 bytes in
/// a register.
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct NoResult {
    integer: u64,
    #[cfg(not(windows))]
    float: f64,
}

impl FastCallHelpers {
    /// The index that `raise` gets if memory for the function's code is exhausted at its first call.
    pub const NO_CODE: usize = usize::MAX;

    fn addresses(&self) -> [usize; 3] {
        [self.resolve as usize, self.raise as usize, self.release as usize]
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
    /// Returns the index of the [`Handles`] of an argument.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn handles(self) -> Option<u8> {
        match self {
            Self::Handle(handles) => Some(handles),
            Self::Ignored | Self::Argument | Self::Result(_) | Self::Exit => None,
        }
    }
}

impl FastCallModel {
    /// Returns the parameters that are arguments, in the order of the C function's.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (usize, FastCallRole)> {
        let roles = self.roles.iter().copied().enumerate();
        roles.filter(|(_, role)| matches!(role, FastCallRole::Argument | FastCallRole::Handle(_)))
    }

    /// Returns the parameter for the result's memory, with its kind of handle.
    pub(crate) fn result(&self) -> Option<(usize, u8)> {
        let handle = |(index, role): (usize, &FastCallRole)| {
            if let FastCallRole::Result(handle) = *role { Some((index, handle)) } else { None }
        };
        self.roles.iter().enumerate().find_map(handle)
    }

    /// Returns the parameter for the exit.
    pub(crate) fn exit_parameter(&self) -> Option<usize> {
        self.roles.iter().position(|&role| role == FastCallRole::Exit)
    }
}
