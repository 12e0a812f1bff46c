// The form of the toy's values, as data.

use hotcall::engine::{Boolean, Double, Integer, ResultPath, Role, Singleton, Test, ValueModel};
use hotcall::{Signature, SignatureError, Type};

use super::vm::{BOOLEAN, INTEGER, NAN, NIL, THROWN};

pub fn model() -> Result<ValueModel, SignatureError> {
    // VmValue f(Vm *, int argc, const VmValue *argv, void *data)
    let native = Signature::new([Type::POINTER, Type::I32, Type::POINTER, Type::POINTER], Type::U64)?;
    let roles = [Role::Context, Role::Argc, Role::Argv { first: 0 }, Role::Data];
    // The highest 16 bits are the tag, and the low 4 bytes the number. 0 has no bits except the tag.
    let integer = Integer::new(Test::masked(0, 8, 0xffff << 48, INTEGER), 4, [INTEGER, 0]);
    // All doubles except NaNs have lower bits than -∞, and so does the toy's NaN. Every NaN of C's becomes the toy's.
    let double = Double::new(Test::range(0, f64::NEG_INFINITY.to_bits()), [0, 0]).nan(NAN);
    // All bits except the lowest are the tag.
    let boolean = Boolean::new(Test::masked(0, 8, !1, BOOLEAN), [BOOLEAN, 0]);
    let nil = Singleton::word(NIL);
    // The toy does not have another class for integers of 64 bits. Nil is both null and undefined.
    let model = ValueModel::new(native, roles, ResultPath::Returned { exception: [THROWN, 0] }, nil);
    Ok(model.integer(integer).double(double).boolean(boolean).null(nil))
}
