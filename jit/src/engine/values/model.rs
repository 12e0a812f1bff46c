//! Engines' values as data, for the engine-values entry: its trampoline is the engine's native function itself.
//!
//! A [`ValueModel`] describes the engine's calls of native functions and the layout of its values in memory. Machine
//! code made from it (`entry/engine_values/`) unpacks numbers, booleans, null and objects, and packs results.
//! [`pack`](ValueModel::pack) and [`unpack`](ValueModel::unpack) make these conversions without machine code.
//! [`EngineHelpers`] convert all other values.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::engine::call::{EngineHelpers, NativeCall, Words};
use crate::engine::number_object::NumberObjects;
use crate::engine::object::{Object, load};
use crate::engine::pins::PinList;
use crate::engine::test::Test;
use crate::engine::values::info::CallInfo;
use crate::engine::values::make::MakeFunctions;

/// The way in which an engine calls native functions, and the layout of its values in memory.
///
/// Values without a class in the model, or of a class that it omits (`None`), go through the helpers. This is slower,
/// and still correct. No value belongs to two classes, unless the two classes are equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ValueModel {
    /// The type of the engine's native functions, in C's terms. A value that is passed as a struct must be a struct
    /// here, because conventions may pass it differently from an integer of its size.
    pub native: Signature,
    /// The role of each parameter, in order.
    pub roles: Box<[Role]>,
    /// The way in which values and exceptions are returned.
    pub outcome: ResultPath,
    /// The size of a value in bytes, 8 or 16. Arguments lie side by side in memory, each of this size.
    pub size: u8,
    /// True if the engine fills the arguments up with `undefined` to the number that the function was registered with.
    /// Then the number of arguments is ignored.
    pub padded: bool,
    /// Numbers that the engine keeps as integers. Integers of up to 32 bits become such numbers if they fit, and
    /// doubles otherwise. All types except booleans and pointers accept them.
    pub integer: Option<Integer>,
    /// Numbers that the engine keeps as `double`. `float` and `double` become such numbers. Integer types accept those
    /// that are whole.
    pub double: Option<Double>,
    /// The class of integers of 64 bits that fit into it, such as BigInts without memory of their own. Only types of 64
    /// bits accept it. If numbers have 64 bits, this is equal to `integer`.
    pub wide: Option<Integer>,
    /// Truth values, which `bool` accepts and becomes.
    pub boolean: Option<Boolean>,
    /// The words of false and true, in place of [`boolean`](Self::boolean), if the words have nothing in common.
    pub truths: Option<[u64; 2]>,
    /// The null pointer.
    pub null: Option<Singleton>,
    /// The result of functions without a result, and the value of a missing argument. It may be null too.
    pub undefined: Singleton,
    /// Objects whose bytes machine code finds by itself.
    pub objects: Option<ObjectClass>,
    /// Numbers that are objects: those that do not fit into a value.
    pub numbers: Option<NumberClass>,
    /// True if null, undefined and truth values are objects too, so that their values pass the tests of objects. They are
    /// not of a kind of [`objects`](Self::objects), and not [`numbers`](Self::numbers).
    pub constants_are_objects: bool,
    /// The function that calls functions of script. Callbacks that are functions of script need it.
    pub call: Option<CallFunction>,
    /// The functions that make values of results without a class. Without them, [`EngineHelpers::result`] makes them.
    pub make: MakeFunctions,
    /// The struct that describes a call, if native functions get its address instead of single parameters.
    pub info: Option<CallInfo>,
    /// True if helpers get and return the addresses of values, in the first of the [`Words`]. A missing argument is the
    /// address of undefined. An address that [`EngineHelpers::result`] returns can be read until the native function
    /// returns. So can an address that a function of [`make`](Self::make) returns.
    pub indirect: bool,
    /// True if a call may repeat one by a [fast call](crate::engine::fast_call) that was left with an exception. It then throws
    /// the waiting exception instead of calling C again. Calls also reset [`Pending::exit`], so callbacks know whether a fast
    /// call runs.
    ///
    /// [`Pending::exit`]: crate::engine::values::Pending::exit
    pub repeats: bool,
}

/// A consistent [`ValueModel`], with the [`EngineHelpers`] for values without a class. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EngineAbi(pub(crate) Arc<(ValueModel, EngineHelpers)>);

/// The role of a parameter of the engine's native functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Role {
    /// A parameter of any type that a call does not need, such as `this`.
    Ignored,
    /// A pointer that the engine's own functions want as their first argument. The helpers get it.
    Context,
    /// The number of arguments, an integer of at least 32 bits.
    Argc,
    /// The address of an array of values that contains the arguments.
    Argv {
        /// The index of the first argument in the array. It is not 0 if the callee or `this` come before the arguments.
        first: u8,
    },
    /// The pointer that the function was registered with: its record. If an engine does not pass one, the model does
    /// not have this role, and each function has its own address.
    Data,
    /// The address for a thrown value: the helpers get it.
    Exception,
    /// The address of the struct that describes the call: [`info`](ValueModel::info). It has the number of arguments, the
    /// arguments, and the context.
    Info,
}

/// The way in which a native function returns its result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ResultPath {
    /// The function returns a value: the result of [`native`](ValueModel::native) has a value's size.
    Returned {
        /// The returned value when the function has thrown. No other result may be equal to it, unless the engine
        /// ignores the value then.
        exception: Words,
    },
    /// The function writes a value to the array of arguments, and returns an integer.
    Stored {
        /// The value's index in the array.
        index: u8,
        /// The integer returned with a value.
        success: u64,
        /// The integer returned when the function has thrown.
        exception: u64,
    },
    /// The function writes a value to the [struct](ValueModel::info) that describes the call, and returns nothing. When
    /// it has thrown, it does not write.
    Info,
}

/// A class of integers with a sign: `len` bytes at `offset`, without their lowest `shift` bits.
///
/// An `int` beside a tag has 4 bytes and no shift. A "small integer" in the upper 63 bits of a word has 8 bytes and a
/// shift of 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Integer {
    /// The test of the class.
    pub test: Test,
    /// Bytes from the beginning of the value.
    pub offset: u8,
    /// The number of bytes, 4 or 8.
    pub len: u8,
    /// The number of low bits that are dropped, because they belong to the tag.
    pub shift: u8,
    /// The value that holds 0. It contains all bits outside the number.
    pub zero: Words,
}

impl Integer {
    /// Returns the number of bits of a number, including its sign.
    pub(crate) const fn bits(&self) -> u32 {
        self.len as u32 * 8 - self.shift as u32
    }

    /// Returns the bits of the payload, from `offset` on, that hold the number.
    pub(crate) const fn payload(&self) -> u64 {
        u64::MAX >> (64 - self.len as u32 * 8) >> self.shift << self.shift
    }
}

/// A class of doubles: their 8 bytes at `offset`, with `bias` added as an integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Double {
    /// The test of the class.
    pub test: Test,
    /// Bytes from the beginning of the value, 0 or 8.
    pub offset: u8,
    /// The difference between a value's bits and the number's, modulo 2⁶⁴: 0 if doubles are stored unchanged.
    /// JavaScriptCore adds 2⁴⁹, so that pointers are stored unchanged.
    pub bias: u64,
    /// The value that holds 0.0, with 0 in place of the number's bits.
    pub zero: Words,
    /// The bits, without the bias, that replace every NaN, if other NaNs would pass for another class. Needed if the
    /// test reads the number's own bits.
    pub nan: Option<u64>,
}

/// The two truth values: the lowest bit of the byte at `offset`. All other bits are equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Boolean {
    /// The test of the class.
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
    /// The test of the class. It may read a tag alone, and ignore the rest of the value.
    pub test: Test,
    /// The value that is used when one is made.
    pub value: Words,
}

/// The class of numbers that are objects: values whose first word is the object's.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct NumberClass {
    /// The test of values that are objects. It may be that of [`ObjectClass`].
    pub test: Test,
    /// The kinds of numbers.
    pub objects: NumberObjects,
}

/// The class of objects: values that hold the address of an object in the engine's memory.
///
/// Machine code finds the bytes of objects of the [kinds](Self::kinds) by itself. It leaves calls with other objects to
/// the interpreter, which asks [`EngineHelpers::convert`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ObjectClass {
    /// The test of the class.
    pub test: Test,
    /// The bytes from the beginning of the value to the word that holds the object's address: 0 or 8.
    pub offset: u8,
    /// The bits of this word that are the address. All other bits of the address are 0.
    pub mask: u64,
    /// The kinds of objects that machine code reads. An object must not be of two kinds.
    pub kinds: Box<[Object]>,
    /// The test of values that hold an address of C instead of an object's, in the same bits. `None` if the engine makes
    /// objects of addresses, or if helpers read them.
    pub pointers: Option<Test>,
    /// The list of pinned objects. `None` if the engine itself leaves the bytes of arguments in place as long as a call
    /// runs.
    pub pins: Option<PinList>,
}

/// The engine's call function: it calls a function of script. Callbacks call it.
///
/// The function belongs to a [`ValueModel`]. Its values have that model's form. The arguments lie side by side in
/// memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct CallFunction {
    /// The function's type in C's terms. A value that is passed as a struct must be a struct here.
    pub native: Signature,
    /// The role of each parameter, in order.
    pub roles: Box<[CallRole]>,
    /// The value that is passed as `this`.
    pub this: Words,
    /// The way in which the result and an exception come back.
    pub outcome: CallOutcome,
}

/// The role of a parameter of a [`CallFunction`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CallRole {
    /// The pointer that the engine's own functions want as their first argument.
    Context,
    /// The value of the function to call.
    Callee,
    /// The value of `this`.
    This,
    /// The number of arguments, an integer of at least 32 bits.
    Argc,
    /// The address of the arguments.
    Argv,
    /// The address for the result, a value.
    Result,
    /// The address for a thrown value. Its memory has a value's size, and is zero at first.
    Exception,
}

/// The way in which a [`CallFunction`] returns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The function returns a value.
    Returned {
        /// The test of the value that is returned if script has thrown. It holds for no other result, and not for
        /// values of the model's classes.
        thrown: Test,
    },
    /// The function stores a value at the parameter with the role [`Result`](CallRole::Result), and returns an integer.
    Stored {
        /// The test of the integer, extended to 8 bytes, that is returned if script has thrown.
        thrown: Test,
    },
}

impl CallFunction {
    /// Makes the description of a function that gets `this` as the value `this`.
    pub fn new(
        native: Signature,
        roles: impl IntoIterator<Item = CallRole>,
        this: Words,
        outcome: CallOutcome,
    ) -> Self {
        Self { native, roles: roles.into_iter().collect(), this, outcome }
    }

    /// Returns the test for an exception, of the returned value or integer.
    pub(crate) const fn thrown(&self) -> Test {
        match self.outcome {
            CallOutcome::Returned { thrown } | CallOutcome::Stored { thrown } => thrown,
        }
    }

    /// Returns true if a parameter has this role.
    pub(crate) fn has(&self, role: CallRole) -> bool {
        self.roles.contains(&role)
    }
}

impl CallRole {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Callee => "callee",
            Self::This => "this",
            Self::Argc => "argc",
            Self::Argv => "argv",
            Self::Result => "result",
            Self::Exception => "exception",
        }
    }
}

impl EngineAbi {
    /// Returns the model.
    pub fn model(&self) -> &ValueModel {
        &self.0.0
    }

    /// Returns the helpers for all other values.
    pub fn helpers(&self) -> &EngineHelpers {
        &self.0.1
    }

    /// Returns the same engine for functions that do not call script back. While C runs, nothing moves the bytes of objects.
    /// So machine code reads those that [script may move](Object::stays) too, and does not pin. Neither should the helpers.
    #[must_use]
    pub fn without_callbacks(&self, helpers: EngineHelpers) -> Self {
        let mut model = self.model().clone();
        if let Some(objects) = &mut model.objects {
            objects.pins = None;
            objects.kinds.iter_mut().for_each(|kind| kind.stays = None);
        }
        Self(Arc::new((model, helpers)))
    }

    /// Makes the helper convert a result to a value. On failure it has thrown, and returns `false`.
    ///
    /// # Safety
    ///
    /// The contract of [`EngineHelpers::result`].
    pub(crate) unsafe fn make_value(&self, call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool {
        // SAFETY: the caller promises the contract of the helper. The address of a value that it returns can be read.
        unsafe {
            let made = (self.helpers().result)(call, result, value);
            if made && self.model().indirect {
                value.write([load((*value)[0]), 0]);
            }
            made
        }
    }
}

impl Hash for EngineAbi {
    /// Takes little of the model. A process has few models, but looks for shapes often, and hashing a whole model takes
    /// longer than all else of it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.model().size, self.model().undefined.value, self.helpers()).hash(state);
    }
}

impl ObjectClass {
    /// Returns true if the code for one object is short: functions have it themselves then, instead of calling readers.
    #[cfg(feature = "cranelift")]
    pub(crate) fn is_short(&self) -> bool {
        self.kinds.len() <= 1 && self.pins.is_none()
    }
}

impl ValueModel {
    /// Returns true if the engine passes each function the pointer that it was registered with. Otherwise each function
    /// has its own address.
    pub fn passes_data(&self) -> bool {
        self.index(|role| role == Role::Data).is_some()
    }

    /// Returns true if the engine passes the pointer that its own functions want as their first argument.
    pub(crate) fn passes_context(&self) -> bool {
        let in_info = self.info.as_ref().is_some_and(|info| info.context.is_some());
        in_info || self.index(|role| role == Role::Context).is_some()
    }

    /// Returns the address of a value for helpers, or the value itself.
    pub(crate) fn handle(&self, at: *const u8, value: Words) -> Words {
        if self.indirect { [at.expose_provenance() as u64, 0] } else { value }
    }

    /// Returns the first parameter with a role.
    pub(crate) fn index(&self, is: impl Fn(Role) -> bool) -> Option<usize> {
        self.roles.iter().position(|&role| is(role))
    }

    /// Returns the index of the first argument in the array of values.
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
