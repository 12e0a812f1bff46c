//! The key of native functions: everything that their code depends on.

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::scalar::{Pointee, Scalar};
use crate::convention::abi::Abi;
use crate::convention::canonical;
use crate::convention::plan::Plan;
#[cfg(feature = "cranelift")]
use crate::engine::object::Want;
use crate::engine::pins::MAX_PINNED;
use crate::engine::values::model::EngineAbi;
#[cfg(feature = "cranelift")]
use crate::engine::values::model::ObjectClass;
use crate::entry::engine_values::destination::Destination;
#[cfg(feature = "cranelift")]
use crate::entry::engine_values::read::Read;

/// Signatures with equal keys share a native function; models are compared by their contents.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EngineValuesKey {
    pub(crate) engine: EngineAbi,
    pub(crate) abi: Abi,
    /// The canonical plan, from slots to C.
    pub(crate) plan: Plan,
    /// The types of the parameters; `None` is a struct or union.
    pub(crate) params: Box<[Option<Scalar>]>,
    pub(crate) result: Form,
    /// The destination of the result, which is an argument behind C's. `None` if the result becomes a value.
    pub(crate) destination: Option<Destination>,
}

impl EngineValuesKey {
    /// Makes the key of a signature from its plan.
    pub(crate) fn of(
        abi: Abi,
        signature: &Signature,
        plan: Plan,
        engine: &EngineAbi,
        destination: Option<Destination>,
    ) -> Self {
        // Only machine code that reads objects depends on what a pointer points to.
        let reads_objects = engine.model().objects.is_some();
        let param = |scalar: Scalar| {
            let is_kept = matches!(scalar, Scalar::Pointer(Pointee::Buffer | Pointee::Text));
            if reads_objects && is_kept { scalar } else { scalar.representative() }
        };
        Self {
            engine: engine.clone(),
            abi,
            plan: canonical::outgoing(signature, plan),
            params: signature.params().iter().map(|ty| ty.as_scalar().map(param)).collect(),
            result: Form::of(signature.result()).representative(),
            destination,
        }
    }

    /// Returns the number of arguments that the engine passes.
    #[cfg(feature = "cranelift")]
    pub(crate) fn arity(&self) -> usize {
        self.params.len() + usize::from(self.destination.is_some())
    }

    /// Returns the number of arguments that a helper converts and may pin.
    pub(crate) fn pinnable(&self) -> usize {
        let params = self.params.iter().filter(|param| param.is_none_or(is_pinnable)).count();
        params + usize::from(self.destination.is_some())
    }

    /// Returns true if helpers may pin arguments of compiled functions.
    #[cfg(feature = "cranelift")]
    pub(crate) fn pins_by_helper(&self) -> bool {
        self.is_buffered() && self.pinnable() > 0
    }

    /// Returns true if arguments are converted to a buffer of slots before they go to their places. Machine code does
    /// not convert them.
    #[cfg(feature = "cranelift")]
    pub(crate) fn is_buffered(&self) -> bool {
        self.params.len() > MAX_IN_REGISTERS || (self.engine.model().objects.is_none() && self.pinnable() > 0)
    }

    /// Returns true if machine code finds the bytes of objects.
    fn reads_objects(&self) -> bool {
        self.engine.model().objects.is_some() && self.pinnable() > 0
    }

    /// Returns the work of the [readers](super::read) that compiled code calls, for each argument in order.
    #[cfg(feature = "cranelift")]
    pub(crate) fn reads(&self) -> impl Iterator<Item = Read> {
        let model = self.engine.model();
        let param = |(index, param): (usize, &Option<Scalar>)| {
            let form = param.map_or(Form::Bytes(self.plan.args[index].size), Form::Scalar);
            match (Want::of(form, model.has_pin_list()), *param) {
                (Some(want), _) => Read::Object(want),
                (None, Some(scalar)) => Read::Number(scalar),
                (None, None) => unreachable!("structs and unions are objects"),
            }
        };
        let destination = self.destination.map(|to| Read::Object(to.want(model)));
        let reads = self.params.iter().enumerate().map(param).chain(destination);
        self.calls_readers().then_some(reads).into_iter().flatten()
    }

    /// Returns true if compiled code calls readers for all of its arguments.
    #[cfg(feature = "cranelift")]
    pub(crate) fn calls_readers(&self) -> bool {
        let is_short = self.engine.model().objects.as_ref().is_some_and(ObjectClass::is_short);
        self.reads_objects() && !is_short && !self.is_buffered()
    }

    /// Returns true if compiling takes too long for what it saves.
    pub(crate) fn is_too_long(&self) -> bool {
        let is_long = self.params.len() > MAX_IN_REGISTERS;
        let max = if is_long && self.reads_objects() { MAX_IN_REGISTERS } else { MAX_COMPILED };
        self.params.len() > max
    }
}

/// The largest number of parameters of a compiled function. Functions with more are interpreted. Each parameter takes
/// some 60 µs to compile, and more in longer signatures.
const MAX_COMPILED: usize = 32;

const _: () = assert!(MAX_COMPILED <= MAX_PINNED);

/// The largest number of parameters that machine code unpacks. Each number that waits in a register makes compiling
/// the others slower.
const MAX_IN_REGISTERS: usize = 14;

/// Returns true if arguments of the type may be pinned. Without a model of objects a helper always converts them.
pub(crate) const fn is_pinnable(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Pointer(_))
}
