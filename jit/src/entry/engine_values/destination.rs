//! Destinations: bytes of the engine that C's struct or union is written to, instead of a new value.
//!
//! The engine passes them as one argument more, behind those of C. They are found before C is called, and stay in place
//! like the bytes of a pointer. Then C writes its result to private memory, because it may write before it has read all
//! arguments, and pointers among these may lead to the destination. The result is copied when C has returned, unless an
//! exception waits.

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::signature::MAX_PARAMETERS;
use crate::engine::object::Want;
use crate::engine::values::model::ValueModel;
use crate::error::JitError;

/// The destination of a function's result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Destination {
    /// The size of the result.
    pub(crate) size: u32,
}

impl Destination {
    /// Returns the destination for the results of functions with this signature.
    pub(crate) fn of(signature: &Signature) -> Result<Self, JitError> {
        match Form::of(signature.result()) {
            Form::Bytes(_) if signature.params().len() >= MAX_PARAMETERS => {
                Err(JitError::DestinationArgument { max: MAX_PARAMETERS - 1 })
            }
            Form::Bytes(size) => Ok(Self { size }),
            Form::Void | Form::Scalar(_) => Err(JitError::DestinationResult),
        }
    }

    /// Returns the requirement on the object.
    pub(crate) fn want(self, model: &ValueModel) -> Want {
        Want::Destination { size: self.size, pins: model.has_pin_list() }
    }
}
