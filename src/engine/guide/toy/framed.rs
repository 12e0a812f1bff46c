// The toy's other native functions: bool f(Vm *, unsigned argc, VmValue *frame)

use hotcall::engine::{ResultPath, Role, ValueModel};
use hotcall::{Signature, SignatureError, Type};

use super::model::model;

pub fn framed_model() -> Result<ValueModel, SignatureError> {
    let mut framed = model()?;
    framed.native = Signature::new([Type::POINTER, Type::U32, Type::POINTER], Type::BOOL)?;
    framed.roles = [Role::Context, Role::Argc, Role::Argv { first: 1 }].into();
    framed.outcome = ResultPath::Stored { index: 0, success: 1, exception: 0 };
    Ok(framed)
}
