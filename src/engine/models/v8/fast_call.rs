//! The models of functions that V8's optimised code calls.

use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole, MAX_FAST_CALL_PARAMETERS};
use hotcall_jit::{Abi, Scalar, Signature, SignatureError, Type};

use super::generation::{BOOL, Generation, Numbers, OPTIONS, VOID};
use super::roots::Roots;

impl Generation {
    /// The model for calls of a C function by optimised code.
    ///
    /// # Errors
    ///
    /// The function does not have such a call; the ordinary callback serves it.
    pub fn fast_call(&self, signature: &Signature, roots: &Roots) -> Result<V8FastCall, NoFastCall> {
        let abi = convention().ok_or(NoFastCall::Host)?;
        let arrivals = self.arrivals(abi, signature);
        let mut call = Building { generation: self, native: vec![], roles: vec![], params: vec![] };
        call.push(Type::POINTER, FastCallRole::Ignored, self.numbers.value);
        for (ty, arrival) in signature.params().iter().zip(arrivals) {
            match arrival {
                Arrival::Handle => call.push(Type::POINTER, FastCallRole::Handle(0), self.numbers.value),
                Arrival::Int64 => call.push(Type::I64, FastCallRole::Argument, self.numbers.int64),
                Arrival::Float64 => call.push(Type::F64, FastCallRole::Argument, self.numbers.float64),
                Arrival::Float32 => call.push(ty.clone(), FastCallRole::Argument, self.numbers.float32),
            }
        }
        let result = match signature.result().map(|ty| (ty, ty.as_scalar())) {
            None => (None, VOID),
            Some((ty, Some(scalar))) => self.result(ty, scalar)?,
            Some((_, None)) => {
                call.push(Type::POINTER, FastCallRole::Result(0), self.numbers.value);
                (None, VOID)
            }
        };
        // Such a function refuses calls only when it is closed, and the script around it handles that.
        let only_floats = signature.params().iter().all(|ty| ty.as_scalar().is_some_and(Scalar::is_float));
        let is_refused_nothing = only_floats && signature.result().is_none_or(|ty| ty.as_scalar().is_some());
        if !(self.misses_handlers && is_refused_nothing) {
            call.push(Type::POINTER, FastCallRole::Exit, OPTIONS);
        }
        let big_ints = matches!(signature.result().and_then(Type::as_scalar), Some(scalar) if is_wide(scalar));
        call.finish(abi, result, roots, big_ints)
    }

    fn arrivals(&self, abi: Abi, signature: &Signature) -> Vec<Arrival> {
        let scalars: Vec<_> = signature.params().iter().map(Type::as_scalar).collect();
        let is_small = |scalar: Scalar| scalar.is_integer() && scalar.size() <= 4;
        let only_numbers =
            scalars.iter().all(|scalar| scalar.is_some_and(|scalar| scalar.is_float() || is_small(scalar)));
        let small = scalars.iter().flatten().filter(|&&scalar| is_small(scalar)).count();
        let floats = scalars.iter().flatten().filter(|scalar| scalar.is_float()).count();
        // V8 has one representation of integers of 64 bits for a whole function. If the result is a BigInt, arguments
        // that come as `int64_t` would be BigInts too.
        let by_number = !signature.result().and_then(Type::as_scalar).is_some_and(is_wide);
        // The double that makes up for the receiver takes one more register for floats.
        let on_the_stack = self.fallback.is_some()
            && (only_numbers && by_number)
            && need_stack(abi, &Type::I64, small)
            && !need_stack(abi, &Type::F64, floats + 1);
        let mut first = true;
        let mut integer = |scalar: Scalar| {
            if is_small(scalar) && on_the_stack {
                if std::mem::take(&mut first) { Arrival::Float64 } else { Arrival::Int64 }
            } else if scalar == Scalar::U32 && only_numbers && self.fallback.is_some() {
                // Half of these values are not small integers, and the code of functions of numbers alone calls no
                // helper.
                Arrival::Float64
            } else {
                Arrival::Handle
            }
        };
        // Types without a form of their own come as handles.
        let arrival = |scalar: &Option<Scalar>| match *scalar {
            Some(Scalar::F64) => Arrival::Float64,
            Some(Scalar::F32) => Arrival::Float32,
            Some(scalar) if scalar.is_integer() => integer(scalar),
            Some(_) | None => Arrival::Handle,
        };
        scalars.iter().map(arrival).collect()
    }

    fn result(&self, ty: &Type, scalar: Scalar) -> Result<(Option<Type>, u8), NoFastCall> {
        let Numbers { int32, uint32, int64, uint64, float32, float64, pointer, .. } = self.numbers;
        let number = |number: Option<u8>| match number {
            Some(number) => Ok((Some(ty.clone()), number)),
            None => Err(NoFastCall::Result { ty: ty.clone() }),
        };
        let wide = |integer| number(self.wide_results.then_some(integer));
        match scalar {
            Scalar::Bool => Ok((Some(Type::BOOL), BOOL)),
            Scalar::F32 => Ok((Some(Type::F32), float32)),
            Scalar::F64 => Ok((Some(Type::F64), float64)),
            Scalar::I8 | Scalar::I16 | Scalar::I32 => Ok((Some(Type::I32), int32)),
            Scalar::U8 | Scalar::U16 | Scalar::U32 => Ok((Some(Type::U32), uint32)),
            Scalar::I64 | Scalar::Isize => wide(int64),
            Scalar::U64 | Scalar::Usize => wide(uint64),
            Scalar::Pointer(_) => number(pointer),
            _ => Err(NoFastCall::Result { ty: ty.clone() }),
        }
    }
}

/// The convention of V8's calls: C's, except that each stack argument has 8 bytes on every platform. So it will differ
/// from C's on Apple's arm64, which packs them.
const fn convention() -> Option<Abi> {
    Abi::host()
}

/// Returns true if `count` arguments of a type do not fit in registers.
fn need_stack(abi: Abi, ty: &Type, count: usize) -> bool {
    Signature::new(vec![ty.clone(); count], None).is_ok_and(|all| abi.plan(&all).is_ok_and(|plan| plan.stack_size > 0))
}

const fn is_wide(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize)
}

/// The form in which an argument arrives.
#[derive(Clone, Copy)]
enum Arrival {
    Handle,
    Int64,
    Float64,
    Float32,
}

/// The description of a parameter or result for V8: the fields of `CTypeInfo`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct V8CType {
    /// `CTypeInfo::Type`, or `kCallbackOptionsType`.
    pub ty: u8,
    /// `CTypeInfo::SequenceType`: always 0. The last generation does not have it.
    pub sequence: u8,
    /// `CTypeInfo::Flags`: always 0.
    pub flags: u8,
}

/// The way in which optimised code calls a function.
///
/// Three objects must live as long as the function template: the array of `CTypeInfo`s, the `CFunctionInfo` over it,
/// and the record of [`Realm::fast_call`](crate::engine::Realm::fast_call). From 14.8 on the `CFunction` must, too.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct V8FastCall {
    /// The model for [`Realm::fast_call`](crate::engine::Realm::fast_call).
    pub model: FastCallModel,
    /// For V8: the receiver, the arguments, the memory for a struct if the function returns one, and the options, if
    /// the function uses them.
    pub params: Vec<V8CType>,
    /// For V8: the result of the function.
    pub result: V8CType,
    /// For V8: `Int64Representation::kBigInt`, in versions that have it.
    pub big_ints: bool,
}

/// The reason why a function does not have a fast call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum NoFastCall {
    #[error("no calling convention is known for this machine")]
    Host,
    #[error("the fast call has {parameters} parameters, the receiver and others included: more than {max}")]
    Parameters { parameters: usize, max: usize },
    #[error("this version of V8 takes no {ty} as the result of a fast call")]
    Result { ty: Type },
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

struct Building<'a> {
    generation: &'a Generation,
    native: Vec<Type>,
    roles: Vec<FastCallRole>,
    params: Vec<V8CType>,
}

impl Building<'_> {
    fn push(&mut self, ty: Type, role: FastCallRole, number: u8) {
        self.native.push(ty);
        self.roles.push(role);
        self.params.push(V8CType::scalar(number));
    }

    fn finish(
        self,
        abi: Abi,
        (ty, number): (Option<Type>, u8),
        roots: &Roots,
        big_ints: bool,
    ) -> Result<V8FastCall, NoFastCall> {
        if self.native.len() > MAX_FAST_CALL_PARAMETERS {
            return Err(NoFastCall::Parameters { parameters: self.native.len(), max: MAX_FAST_CALL_PARAMETERS });
        }
        let exit = if self.roles.contains(&FastCallRole::Exit) { self.generation.exit() } else { Exit::Raise };
        let model = FastCallModel::new(abi, Signature::new(self.native, ty)?, self.roles, exit)
            .handles([self.generation.handles(roots)])
            .caller_looks(self.generation.misses_handlers);
        Ok(V8FastCall { model, params: self.params, result: V8CType::scalar(number), big_ints })
    }
}

impl V8CType {
    const fn scalar(ty: u8) -> Self {
        Self { ty, sequence: 0, flags: 0 }
    }
}
