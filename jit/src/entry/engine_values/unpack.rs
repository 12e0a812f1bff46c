//! Values to slots: the machine code of [`ValueModel::unpack`](crate::engine::values::ValueModel::unpack).

use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::codegen::bits::Bits;
use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::float_slot;
use crate::codegen::test::{compare, holds, read, reads_same, truth};
use crate::codegen::{number_object, numbers};
use crate::engine::test::Test;
use crate::engine::values::model::{Double, Integer, NumberClass, ValueModel};

/// Returns a value as a float of its own type, or otherwise as a canonical slot.
///
/// Values without a class that the type accepts continue in `otherwise`.
pub(crate) fn value(
    b: &mut FunctionBuilder<'_>,
    model: &ValueModel,
    bits: Bits<'_>,
    scalar: Scalar,
    otherwise: Block,
) -> Value {
    Unpacking { model, bits, scalar, otherwise }.unpack(b)
}

/// Returns an unpacked value as a canonical slot.
pub(crate) fn to_slot(b: &mut FunctionBuilder<'_>, value: Value) -> Value {
    let value = float_slot(b, value);
    if b.func.dfg.value_type(value) == types::F64 {
        b.ins().bitcast(types::I64, MemFlagsData::new(), value)
    } else {
        value
    }
}

/// A class of values that a type accepts.
#[derive(Clone, Copy)]
enum ValueClass {
    Integer(Integer),
    Wide(Integer),
    Double(Double),
    Boolean { test: Test, offset: u8 },
}

impl ValueClass {
    const fn test(self) -> Test {
        match self {
            Self::Integer(Integer { test, .. })
            | Self::Wide(Integer { test, .. })
            | Self::Double(Double { test, .. })
            | Self::Boolean { test, .. } => test,
        }
    }
}

/// The form that a value is converted to.
#[derive(Clone, Copy)]
enum Goal {
    Truth,
    /// An integer, or an address.
    Integer,
    Single,
    Double,
}

impl Goal {
    const fn of(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Bool => Self::Truth,
            Scalar::F32 => Self::Single,
            Scalar::F64 => Self::Double,
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => Self::Integer,
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize | Scalar::Pointer(_) => Self::Integer,
        }
    }
}

struct Unpacking<'a> {
    model: &'a ValueModel,
    bits: Bits<'a>,
    scalar: Scalar,
    otherwise: Block,
}

impl Unpacking<'_> {
    /// Returns the value as a float of its own type, or otherwise as a canonical slot.
    fn unpack(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let is_served = |class: &&NumberClass| number_object::serves(&class.objects, self.scalar);
        match self.model.numbers.as_ref().filter(is_served) {
            Some(class) => self.number_or_object(b, class),
            None => self.without_objects(b),
        }
    }

    /// Returns the number of a value, or of an object of the class.
    fn number_or_object(&self, b: &mut FunctionBuilder<'_>, class: &NumberClass) -> Value {
        let [object, done] = std::array::from_fn(|_| b.create_block());
        let number = Self { otherwise: object, ..*self }.without_objects(b);
        let ty = b.func.dfg.value_type(number);
        let result = b.append_block_param(done, ty);
        b.ins().jump(done, &[BlockArg::from(number)]);
        b.seal_block(object);
        if self.scalar.is_integer() {
            b.set_cold_block(object);
        }
        b.switch_to_block(object);
        // Nothing is loaded from a value that is not an object.
        let is_object = holds(b, self.bits, class.test);
        self.check(b, is_object);
        let word = self.bits.get(b, types::I64, 0);
        number_object::read(b, &class.objects, word, self.scalar, done, self.otherwise);
        b.seal_block(done);
        b.switch_to_block(done);
        result
    }

    /// Returns the argument, if it is not an object.
    fn without_objects(&self, b: &mut FunctionBuilder<'_>) -> Value {
        let Self { model, scalar, .. } = *self;
        if let (Goal::Truth, Some(truths)) = (Goal::of(scalar), model.truths) {
            let word = self.bits.get(b, types::I64, 0);
            return truth(b, truths, word, self.otherwise);
        }
        let double = model.double.map(ValueClass::Double);
        let integer = model.integer.map(ValueClass::Integer);
        let wide = model.wide.filter(|_| scalar.size() == 8).map(ValueClass::Wide);
        let boolean = model.boolean.map(|class| ValueClass::Boolean { test: class.test, offset: class.offset });
        // The most likely class comes first. The code of the others is cold.
        let (classes, ty) = match Goal::of(scalar) {
            Goal::Truth => ([boolean, None, None], types::I64),
            Goal::Double => ([double, integer, None], types::F64),
            Goal::Single => ([double, integer, None], types::F32),
            Goal::Integer => ([integer, wide, double], types::I64),
        };
        let classes: Vec<_> = classes.into_iter().flatten().collect();
        match *classes {
            [] => {
                let never = b.ins().iconst(types::I8, 0);
                self.check(b, never);
                self.anything(b, ty)
            }
            [ValueClass::Double(class)] if self.is_short_integer() => self.short_integer(b, class),
            [class] => {
                let holds = holds(b, self.bits, class.test());
                self.check(b, holds);
                let (value, fits) = self.get(b, class);
                if let Some(fits) = fits {
                    self.check(b, fits);
                }
                value
            }
            _ => self.first_of(b, &classes, ty),
        }
    }

    fn check(&self, b: &mut FunctionBuilder<'_>, condition: Value) {
        go_on_if(b, condition, self.otherwise);
    }

    /// Returns true for integers of at most 32 bits.
    const fn is_short_integer(&self) -> bool {
        self.scalar.is_integer() && self.scalar.size() <= 4
    }

    /// Returns such an integer in an engine whose numbers are all doubles.
    fn short_integer(&self, b: &mut FunctionBuilder<'_>, class: Double) -> Value {
        let Test { offset, len, mask, low, high } = class.test;
        // The bits of whole numbers may already tell the class.
        let is_told = class.bias == 0 && (offset, len, mask) == (class.offset, 8, u64::MAX);
        if !(is_told && numbers::are_whole_in(low, high)) {
            let holds = holds(b, self.bits, class.test);
            self.check(b, holds);
        }
        let (double, bits) = (self.double(b, class), self.bits(b, class));
        numbers::whole_or(b, double, bits, self.scalar, self.otherwise)
    }

    /// Tests the classes in order and runs the code of the first match.
    ///
    /// Most values are converted before their test is done, because the time to compile grows with the number of
    /// blocks. That is harmless: the result is not used, and at most FE_INEXACT is signalled. Converting a double to
    /// `float` could signal more, so its test comes first.
    fn first_of(&self, b: &mut FunctionBuilder<'_>, classes: &[ValueClass], ty: ir::Type) -> Value {
        let done = b.create_block();
        let result = b.append_block_param(done, ty);
        // The tag, and the test that has read it.
        let mut tag: Option<(Value, Test)> = None;
        for (index, &class) in classes.iter().enumerate() {
            let test = class.test();
            let bits = match tag {
                Some((bits, before)) if reads_same(before, test) => bits,
                _ => read(b, self.bits, test),
            };
            tag = Some((bits, test));
            let holds = compare(b, bits, test);
            let other = if index + 1 == classes.len() { self.otherwise } else { b.create_block() };
            let signals = self.scalar == Scalar::F32 && matches!(class, ValueClass::Double(_));
            if signals {
                go_on_if(b, holds, other);
            }
            let (value, fits) = self.get(b, class);
            match fits {
                None if signals => {
                    b.ins().jump(done, &[BlockArg::from(value)]);
                }
                // On the likely path two branches are faster than combining the conditions for one.
                Some(fits) if index == 0 => {
                    go_on_if(b, holds, other);
                    b.ins().brif(fits, done, &[BlockArg::from(value)], self.otherwise, &[]);
                }
                Some(fits) => {
                    let both = b.ins().band(holds, fits);
                    b.ins().brif(both, done, &[BlockArg::from(value)], other, &[]);
                }
                None => {
                    b.ins().brif(holds, done, &[BlockArg::from(value)], other, &[]);
                }
            }
            if other != self.otherwise {
                b.seal_block(other);
                b.set_cold_block(other);
                b.switch_to_block(other);
            }
        }
        b.seal_block(done);
        b.switch_to_block(done);
        result
    }

    /// Returns the value of this class in the scalar's type, and the condition that it fits. The condition is `None` if
    /// all values fit.
    fn get(&self, b: &mut FunctionBuilder<'_>, class: ValueClass) -> (Value, Option<Value>) {
        match class {
            ValueClass::Boolean { offset, .. } => {
                let byte = self.bits.byte(b, offset);
                (b.ins().band_imm_u(byte, 1), None)
            }
            ValueClass::Wide(class) => (self.integer(b, class), None),
            ValueClass::Integer(class) => {
                let integer = self.integer(b, class);
                match Goal::of(self.scalar) {
                    Goal::Double => (b.ins().fcvt_from_sint(types::F64, integer), None),
                    // An integer becomes a double first, because the language rounds that way.
                    Goal::Single => {
                        let double = b.ins().fcvt_from_sint(types::F64, integer);
                        (b.ins().fdemote(types::F32, double), None)
                    }
                    Goal::Truth | Goal::Integer => {
                        let narrowing = Narrowing::from_bits(class.bits(), self.scalar);
                        // Signed integers have one check.
                        (integer, narrowing.and_then(|narrowing| numbers::fits(b, integer, narrowing).next()))
                    }
                }
            }
            ValueClass::Double(class) => {
                let double = self.double(b, class);
                match Goal::of(self.scalar) {
                    Goal::Double => (double, None),
                    Goal::Single => {
                        // With FTZ a denormal float would become 0, so the interpreter converts it.
                        let bits = self.bits(b, class);
                        let normal = numbers::is_normal_float(b, bits);
                        self.check(b, normal);
                        (b.ins().fdemote(types::F32, double), None)
                    }
                    Goal::Truth | Goal::Integer => {
                        let bits = self.bits(b, class);
                        let (whole, fits) = numbers::whole(b, double, bits, self.scalar);
                        (whole, Some(fits))
                    }
                }
            }
        }
    }

    fn integer(&self, b: &mut FunctionBuilder<'_>, class: Integer) -> Value {
        let bits = match class.len {
            4 => self.bits.int(b, class.offset),
            _ => self.bits.get(b, types::I64, class.offset),
        };
        if class.shift == 0 { bits } else { b.ins().sshr_imm_u(bits, i64::from(class.shift)) }
    }

    fn double(&self, b: &mut FunctionBuilder<'_>, class: Double) -> Value {
        if class.bias == 0 {
            return self.bits.get(b, types::F64, class.offset);
        }
        let bits = self.bits(b, class);
        b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// Loads the bits of a double. A second load is faster than a move between registers.
    fn bits(&self, b: &mut FunctionBuilder<'_>, class: Double) -> Value {
        let bits = self.bits.get(b, types::I64, class.offset);
        if class.bias == 0 { bits } else { b.ins().iadd_imm_s(bits, class.bias.wrapping_neg() as i64) }
    }

    fn anything(&self, b: &mut FunctionBuilder<'_>, ty: ir::Type) -> Value {
        match ty {
            types::F32 => b.ins().f32const(0.0),
            types::F64 => b.ins().f64const(0.0),
            _ => b.ins().iconst(types::I64, 0),
        }
    }
}
