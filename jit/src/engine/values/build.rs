//! Builders of models. Parts that later versions add have defaults, which keep the meaning of models without them.

use crate::c::definitions::Signature;
use crate::engine::call::Words;
use crate::engine::number_object::NumberObjects;
use crate::engine::object::Object;
use crate::engine::pins::PinList;
use crate::engine::test::Test;
use crate::engine::values::info::CallInfo;
use crate::engine::values::make::{MakeFunction, MakeFunctions};
use crate::engine::values::model::{
    Boolean, CallFunction, Double, Integer, NumberClass, ObjectClass, ResultPath, Role, Singleton, ValueModel,
};

impl ValueModel {
    /// Makes a model of values of 8 bytes, with the class `undefined` alone. All other values go through the helpers.
    ///
    /// ```
    /// use hotcall::engine::{Singleton, Integer, ResultPath, Role, Test, ValueModel};
    /// use hotcall::{Signature, Type};
    ///
    /// // Value f(Context *, int argc, Value *argv), whose lowest bit tells integers from nil.
    /// let native = Signature::new([Type::POINTER, Type::I32, Type::POINTER], Type::U64).unwrap();
    /// let roles = [Role::Context, Role::Argc, Role::Argv { first: 0 }];
    /// let integer = Integer::new(Test::masked(0, 1, 1, 1), 8, [1, 0]).shift(1);
    /// let model = ValueModel::new(native, roles, ResultPath::Returned { exception: [0x10, 0] }, Singleton::word(0x20))
    ///     .integer(integer)
    ///     .padded(true);
    /// assert_eq!(model.size, 8);
    /// assert_eq!(model.double, None);
    /// ```
    pub fn new(
        native: Signature,
        roles: impl IntoIterator<Item = Role>,
        outcome: ResultPath,
        undefined: Singleton,
    ) -> Self {
        Self {
            native,
            roles: roles.into_iter().collect(),
            outcome,
            size: 8,
            padded: false,
            integer: None,
            double: None,
            wide: None,
            boolean: None,
            truths: None,
            null: None,
            undefined,
            objects: None,
            numbers: None,
            constants_are_objects: false,
            call: None,
            make: MakeFunctions::default(),
            info: None,
            indirect: false,
            repeats: false,
        }
    }

    /// Sets the bytes of a value, 8 or 16.
    pub fn size(self, size: u8) -> Self {
        Self { size, ..self }
    }

    /// Sets whether the engine fills the arguments up with `undefined`; see [the field](Self#structfield.padded).
    pub fn padded(self, padded: bool) -> Self {
        Self { padded, ..self }
    }

    /// Sets the class of numbers that the engine keeps as integers.
    pub fn integer(self, integer: impl Into<Option<Integer>>) -> Self {
        Self { integer: integer.into(), ..self }
    }

    /// Sets the class of numbers that the engine keeps as `double`.
    pub fn double(self, double: impl Into<Option<Double>>) -> Self {
        Self { double: double.into(), ..self }
    }

    /// Sets the class for integers of 64 bits that fit into it.
    pub fn wide(self, wide: impl Into<Option<Integer>>) -> Self {
        Self { wide: wide.into(), ..self }
    }

    /// Sets the class of truth values.
    pub fn boolean(self, boolean: impl Into<Option<Boolean>>) -> Self {
        Self { boolean: boolean.into(), ..self }
    }

    /// Sets the function that calls functions of script.
    pub fn call(self, call: impl Into<Option<CallFunction>>) -> Self {
        Self { call: call.into(), ..self }
    }

    /// Sets the function that makes values of structs and unions.
    pub fn bytes(self, bytes: impl Into<Option<MakeFunction>>) -> Self {
        Self { make: MakeFunctions { bytes: bytes.into(), ..self.make }, ..self }
    }

    /// Sets the function that makes numbers of doubles.
    pub fn make_number(self, number: impl Into<Option<MakeFunction>>) -> Self {
        Self { make: MakeFunctions { number: number.into(), ..self.make }, ..self }
    }

    /// Sets the function that makes values of 64-bit integers with a sign.
    pub fn make_signed(self, signed: impl Into<Option<MakeFunction>>) -> Self {
        Self { make: MakeFunctions { signed: signed.into(), ..self.make }, ..self }
    }

    /// Sets the function that makes values of 64-bit integers without a sign.
    pub fn make_unsigned(self, unsigned: impl Into<Option<MakeFunction>>) -> Self {
        Self { make: MakeFunctions { unsigned: unsigned.into(), ..self.make }, ..self }
    }

    /// Sets the function that makes values of addresses.
    pub fn make_pointer(self, pointer: impl Into<Option<MakeFunction>>) -> Self {
        Self { make: MakeFunctions { pointer: pointer.into(), ..self.make }, ..self }
    }

    /// Sets the struct that describes a call.
    pub fn info(self, info: impl Into<Option<CallInfo>>) -> Self {
        Self { info: info.into(), ..self }
    }

    /// Sets whether calls may repeat one of the engine's compiled code; see [the field](Self#structfield.repeats).
    pub fn repeats(self, repeats: bool) -> Self {
        Self { repeats, ..self }
    }

    /// Sets whether helpers get and return the addresses of values; see [the field](Self#structfield.indirect).
    pub fn indirect(self, indirect: bool) -> Self {
        Self { indirect, ..self }
    }

    /// Sets the words of false and true.
    pub fn truths(self, truths: impl Into<Option<[u64; 2]>>) -> Self {
        Self { truths: truths.into(), ..self }
    }

    /// Sets the numbers that are objects.
    pub fn numbers(self, numbers: impl Into<Option<NumberClass>>) -> Self {
        Self { numbers: numbers.into(), ..self }
    }

    /// Sets whether null, undefined and truth values are objects too.
    pub fn constants_are_objects(self, constants_are_objects: bool) -> Self {
        Self { constants_are_objects, ..self }
    }

    /// Sets the class of the null pointer.
    pub fn null(self, null: impl Into<Option<Singleton>>) -> Self {
        Self { null: null.into(), ..self }
    }

    /// Sets the objects whose bytes machine code finds by itself.
    pub fn objects(self, objects: impl Into<Option<ObjectClass>>) -> Self {
        Self { objects: objects.into(), ..self }
    }
}

impl NumberClass {
    /// Makes a class of numbers that are objects. The test holds for values that are objects of any kind.
    pub const fn new(test: Test, objects: NumberObjects) -> Self {
        Self { test, objects }
    }
}

impl ObjectClass {
    /// Makes a class of objects of these kinds, whose address is the value's first word. Calls do not pin them.
    pub fn new(test: Test, kinds: impl IntoIterator<Item = Object>) -> Self {
        Self { test, offset: 0, mask: u64::MAX, kinds: kinds.into_iter().collect(), pointers: None, pins: None }
    }

    /// Sets the bytes from the beginning of the value to the word that holds the address: 0 or 8.
    pub fn offset(self, offset: u8) -> Self {
        Self { offset, ..self }
    }

    /// Sets the bits of this word that are the address.
    pub fn mask(self, mask: u64) -> Self {
        Self { mask, ..self }
    }

    /// Sets the test of values that hold an address of C.
    pub fn pointers(self, pointers: impl Into<Option<Test>>) -> Self {
        Self { pointers: pointers.into(), ..self }
    }

    /// Sets the list of pinned objects.
    pub fn pins(self, pins: impl Into<Option<PinList>>) -> Self {
        Self { pins: pins.into(), ..self }
    }
}

impl Integer {
    /// Makes a class of integers of `len` bytes, 4 or 8, at the beginning of the value. `zero` is the value that holds
    /// 0.
    pub const fn new(test: Test, len: u8, zero: Words) -> Self {
        Self { test, offset: 0, len, shift: 0, zero }
    }

    /// Sets the offset of the bytes from the beginning of the value.
    pub const fn offset(self, offset: u8) -> Self {
        Self { offset, ..self }
    }

    /// Sets the number of low bits that are dropped.
    pub const fn shift(self, shift: u8) -> Self {
        Self { shift, ..self }
    }
}

impl Double {
    /// Makes a class of unchanged doubles at the beginning of the value. `zero` is the value that holds 0.0, with 0 for
    /// the number's bits.
    pub const fn new(test: Test, zero: Words) -> Self {
        Self { test, offset: 0, bias: 0, zero, nan: None }
    }

    /// Sets the offset of the bytes from the beginning of the value: 0 or 8.
    pub const fn offset(self, offset: u8) -> Self {
        Self { offset, ..self }
    }

    /// Sets the difference between a value's bits and the number's.
    pub const fn bias(self, bias: u64) -> Self {
        Self { bias, ..self }
    }

    /// Sets the bits that replace every NaN; see [the field](Self#structfield.nan).
    pub const fn nan(self, nan: u64) -> Self {
        Self { nan: Some(nan), ..self }
    }
}

impl Boolean {
    /// Makes a class of truth values in the lowest bit of the value's first byte. `zero` is the value that is false.
    pub const fn new(test: Test, zero: Words) -> Self {
        Self { test, offset: 0, zero }
    }

    /// Sets the offset of the byte from the beginning of the value.
    pub const fn offset(self, offset: u8) -> Self {
        Self { offset, ..self }
    }
}

impl Singleton {
    /// Makes a class of one value. `value` is used when such a value is made.
    pub const fn new(test: Test, value: Words) -> Self {
        Self { test, value }
    }

    /// Makes a class of one value, which the test compares with a word of 8 bytes.
    pub const fn word(value: u64) -> Self {
        Self::new(Test::equal(0, 8, value), [value, 0])
    }
}
