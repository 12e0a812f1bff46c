//! The guide's toy, with models that may be wrong.

use hotcall::engine::ValueModel;
use hotcall::engine::guide::toy::framed::framed_model;
use hotcall::engine::guide::toy::model::model;
use hotcall::engine::guide::toy::subject::ToySubject;

/// The toy with a model, which may be wrong.
pub(crate) fn with_model(model: ValueModel) -> ToySubject {
    // SAFETY: the tests change a model in such ways that it makes no value an object.
    unsafe { ToySubject::new(model) }.unwrap()
}

pub(crate) fn with_data() -> ToySubject {
    with_model(model().unwrap())
}

pub(crate) fn framed() -> ToySubject {
    with_model(framed_model().unwrap())
}
