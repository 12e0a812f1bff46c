// What the toy's values look like, as data.

use hotcall::engine::{Boolean, Constant, Double, Integer, Outcome, Role, Test, ValueModel};
use hotcall::{Signature, SignatureError, Type};

use super::vm::{BOOLEAN, INTEGER, NAN, NIL, THROWN};

pub fn model() -> Result<ValueModel, SignatureError> {
    Ok(ValueModel {
        // Value f(Vm *, int argc, const Value *argv, void *data)
        native: Signature::new([Type::POINTER, Type::I32, Type::POINTER, Type::POINTER], Type::U64)?,
        roles: [Role::Context, Role::Argc, Role::Argv { first: 0 }, Role::Data].into(),
        outcome: Outcome::Returned { exception: [THROWN, 0] },
        size: 8,
        padded: false,
        integer: Some(Integer {
            // The highest 16 bits are the tag; the number is the low 4 bytes, and 0 has no bits beside the tag.
            test: Test::masked(0, 8, 0xffff << 48, INTEGER),
            offset: 0,
            len: 4,
            shift: 0,
            zero: [INTEGER, 0],
        }),
        double: Some(Double {
            // All doubles but NaNs have lower bits than -∞, the toy's NaN too; every NaN of C's becomes that one.
            test: Test::range(0, f64::NEG_INFINITY.to_bits()),
            offset: 0,
            bias: 0,
            zero: [0, 0],
            nan: Some(NAN),
        }),
        // The toy has no other class for integers of 64 bits.
        wide: None,
        // All but the lowest bit are the tag.
        boolean: Some(Boolean { test: Test::masked(0, 8, !1, BOOLEAN), offset: 0, zero: [BOOLEAN, 0] }),
        // Nil is both.
        null: Some(Constant::word(NIL)),
        undefined: Constant::word(NIL),
    })
}
