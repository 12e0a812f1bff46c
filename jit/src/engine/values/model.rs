//! Engines' values as data, for the engine-values entry: a trampoline that is the engine's native function itself.
//!
//! A [`ValueModel`] says how an engine calls native functions and how its values lie in memory. Machine code made from
//! it (`entry/engine_values/`) unpacks numbers, booleans and null, and packs such results; [`pack`](ValueModel::pack) and
//! [`unpack`](ValueModel::unpack) do the same without code. What they leave over goes to [`EngineHelpers`].

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::engine::call::{EngineHelpers, Words};

/// How an engine calls native functions, and how its values lie in memory.
///
/// A class of values that the model leaves out (`None`), or that is none of these, goes through the helpers: slower,
/// and not wrong. No value is of two classes, but for two that are the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ValueModel {
    /// The type of the engine's native functions, in C's terms: what is passed as a struct must be one here, since it
    /// is passed otherwise than an integer of its size.
    pub native: Signature,
    /// What each parameter of it is, in their order.
    pub roles: Box<[Role]>,
    /// How the value and exceptions come back.
    pub outcome: ResultPath,
    /// The bytes of a value, 8 or 16. Arguments lie side by side in memory, each of this size.
    pub size: u8,
    /// Whether the engine fills the arguments up with `undefined` to the number that the function was registered with.
    /// If it does, nobody looks at how many there are.
    pub padded: bool,
    /// Numbers that the engine keeps as integers. Integers of up to 32 bits become such if there is room, else doubles;
    /// all types but booleans and pointers take them.
    pub integer: Option<Integer>,
    /// Numbers that it keeps as `double`: what `float` and `double` become. Integer types take those that are whole.
    pub double: Option<Double>,
    /// What integers of 64 bits become that have room in it, such as BigInts without memory of their own. Taken by
    /// types of 64 bits alone. Where numbers have 64 bits, this is the same class as `integer`.
    pub wide: Option<Integer>,
    /// Truth values: what `bool` takes and becomes.
    pub boolean: Option<Boolean>,
    /// The null pointer.
    pub null: Option<Singleton>,
    /// What functions without a result return, and what a missing argument is. May be null too.
    pub undefined: Singleton,
}

/// A [`ValueModel`] that was found to make sense, with the [`EngineHelpers`] for what it has no class for. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EngineAbi(pub(crate) Arc<(ValueModel, EngineHelpers)>);

/// What a parameter of the engine's native functions is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Role {
    /// Nothing that a call needs, such as `this`. Of any type.
    Ignored,
    /// A pointer that the engine's own functions want first: the helpers get it.
    Context,
    /// The number of arguments, an integer of at least 32 bits.
    Argc,
    /// The address of an array of values, in which the arguments are.
    Argv {
        /// The index of the first argument in it: not 0 where the callee or `this` come before them.
        first: u8,
    },
    /// The pointer that the function was registered with: its record. Engines that pass none have no such role, and
    /// functions with an address each.
    Data,
    /// The address for a thrown value: the helpers get it.
    Exception,
}

/// How a native function hands over its result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ResultPath {
    /// It returns a value: the result of [`native`](ValueModel::native) has its size.
    Returned {
        /// What it returns when it has thrown: a value that nothing else is, or anything where the engine does not look
        /// at it.
        exception: Words,
    },
    /// It writes a value to the array that the arguments are in, and returns an integer.
    Stored {
        /// The value's index in the array.
        index: u8,
        /// What it returns then.
        success: u64,
        /// What it returns when it has thrown.
        exception: u64,
    },
}

/// Bits that tell the class of a value: the integer of `len` bytes at `offset`, masked, lies in `low..=high`.
///
/// It must hold for the values of the class and for no others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Test {
    /// Bytes from the beginning of the value.
    pub offset: u8,
    /// How many bytes are read: 1, 2, 4 or 8.
    pub len: u8,
    /// The bits that count.
    pub mask: u64,
    /// The least of the range, unsigned.
    pub low: u64,
    /// The greatest, included.
    pub high: u64,
}

/// A class of integers with a sign: `len` bytes at `offset`, of which the lowest `shift` bits are none of the number's.
///
/// An `int` beside a tag has 4 bytes and no shift; a "small integer" in the upper 63 bits of a word has 8 bytes and a
/// shift of 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Integer {
    /// What tells the class.
    pub test: Test,
    /// Bytes from the beginning of the value.
    pub offset: u8,
    /// 4 or 8.
    pub len: u8,
    /// How many low bits of them are dropped: they are the tag's.
    pub shift: u8,
    /// The value that holds 0: all bits that are not the number's.
    pub zero: Words,
}

impl Integer {
    /// The bits that a number has room for, its sign included.
    pub(crate) const fn bits(&self) -> u32 {
        self.len as u32 * 8 - self.shift as u32
    }

    /// The bits of the payload, from `offset` on, that make the number.
    pub(crate) const fn payload(&self) -> u64 {
        u64::MAX >> (64 - self.len as u32 * 8) >> self.shift << self.shift
    }
}

/// A class of doubles: their 8 bytes at `offset`, with `bias` added as to an integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Double {
    /// What tells the class.
    pub test: Test,
    /// Bytes from the beginning of the value, 0 or 8.
    pub offset: u8,
    /// What a value's bits exceed the number's by, modulo 2⁶⁴: 0 where doubles are as they are. JavaScriptCore adds
    /// 2⁴⁹, so that pointers are as they are.
    pub bias: u64,
    /// The value that holds 0.0, but for the number's bits, which are 0 here.
    pub zero: Words,
    /// The bits, without the bias, that every NaN becomes, where others would look like another class. Needed where the
    /// test looks at the number's own bits.
    pub nan: Option<u64>,
}

/// The two truth values: the lowest bit of the byte at `offset`. All other bits are the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Boolean {
    /// What tells the class.
    pub test: Test,
    /// Bytes from the beginning of the value.
    pub offset: u8,
    /// The value that is false.
    pub zero: Words,
}

/// A class of one value: null, or undefined.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Singleton {
    /// What tells it. It may look at a tag alone, whatever lies beside that.
    pub test: Test,
    /// The value, where one is made.
    pub value: Words,
}

impl EngineAbi {
    /// The model.
    pub fn model(&self) -> &ValueModel {
        &self.0.0
    }

    /// What is called for everything else.
    pub fn helpers(&self) -> &EngineHelpers {
        &self.0.1
    }
}

impl ValueModel {
    /// Whether the engine hands functions the pointer that they were registered with. If not, each has an address of
    /// its own.
    pub fn passes_data(&self) -> bool {
        self.index(|role| role == Role::Data).is_some()
    }

    /// The first parameter with a role.
    pub(crate) fn index(&self, is: impl Fn(Role) -> bool) -> Option<usize> {
        self.roles.iter().position(|&role| is(role))
    }

    /// The index of the first argument in the array of values.
    pub(crate) fn first_argument(&self) -> u8 {
        let first = |role: &Role| if let Role::Argv { first } = *role { Some(first) } else { None };
        self.roles.iter().find_map(first).unwrap_or(0)
    }
}

impl PartialEq for EngineHelpers {
    fn eq(&self, other: &Self) -> bool {
        self.addresses() == other.addresses()
    }
}

impl Eq for EngineHelpers {}

impl Hash for EngineHelpers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addresses().hash(state);
    }
}
