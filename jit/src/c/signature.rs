//! Functions' types as data.

use std::fmt;
use std::sync::Arc;

use crate::c::definitions::{Signature, Type};
use crate::c::limits::MAX_NODES;
use crate::c::scalar::Scalar;

/// The largest number of parameters of a function.
///
/// C guarantees 127. The time to compile grows faster than the number of arguments: 255 take about 2.5 ms.
pub const MAX_PARAMETERS: usize = 255;

impl Signature {
    /// Makes the signature of a function with these parameters and this result (`None`: `void`).
    pub fn new(
        params: impl IntoIterator<Item = Type>,
        result: impl Into<Option<Type>>,
    ) -> Result<Self, SignatureError> {
        Self::build(params.into_iter().collect(), result.into(), None)
    }

    /// Makes the signature of one call of a variadic function. The parameters from number `first` on stand for `...`.
    ///
    /// Variadic arguments must have promoted types, which C's callers pass: `double` for `float`, `int` for narrow
    /// integers. If `first` equals the number of parameters, no variadic argument is passed. Such a call may still
    /// differ from the call of a function without `...`.
    pub fn variadic(
        params: impl IntoIterator<Item = Type>,
        first: usize,
        result: impl Into<Option<Type>>,
    ) -> Result<Self, SignatureError> {
        Self::build(params.into_iter().collect(), result.into(), Some(first))
    }

    /// Returns the call of this variadic function with these variadic arguments in place of its own.
    pub fn with_variadic(&self, variadic: impl IntoIterator<Item = Type>) -> Result<Self, SignatureError> {
        let first = self.first_variadic.ok_or(SignatureError::NotVariadic)?;
        let fixed = self.params[..first].iter().cloned();
        Self::build(fixed.chain(variadic).collect(), self.result.clone(), Some(first))
    }

    fn build(params: Arc<[Type]>, result: Option<Type>, first_variadic: Option<usize>) -> Result<Self, SignatureError> {
        if params.len() > MAX_PARAMETERS {
            return Err(SignatureError::Parameters { count: params.len(), max: MAX_PARAMETERS });
        }
        let nodes = params.iter().chain(&result).fold(0, |sum: u32, ty| sum.saturating_add(ty.nodes()));
        if nodes > 2 * MAX_NODES {
            return Err(SignatureError::Nodes { max: 2 * MAX_NODES });
        }
        if first_variadic.is_some_and(|first| first > params.len()) {
            return Err(SignatureError::FirstVariadic { count: params.len() });
        }
        for (index, ty) in params.iter().enumerate() {
            if ty.as_array().is_some() {
                return Err(SignatureError::ArrayParameter { index });
            }
            let variadic = first_variadic.is_some_and(|first| index >= first);
            if let Some(scalar) = ty.as_scalar()
                && variadic
                && !scalar.is_promoted()
            {
                return Err(SignatureError::NotPromoted { index, scalar });
            }
        }
        if result.as_ref().is_some_and(|ty| ty.as_array().is_some()) {
            return Err(SignatureError::ArrayResult);
        }
        Ok(Self { params, result, first_variadic })
    }

    /// Returns true if an equal signature also carries equal information for users, which equality ignores. Pointers
    /// that were made separately count as different.
    #[doc(hidden)]
    pub fn tells_as(&self, other: &Self) -> bool {
        let (one, other) = (self.params.iter().chain(&self.result), other.params.iter().chain(&other.result));
        one.zip(other).all(|(one, other)| one.tells_as(other))
    }

    /// Returns the parameters, including variadic arguments.
    pub fn params(&self) -> &[Type] {
        &self.params
    }

    /// Returns the result; `None` is `void`.
    pub const fn result(&self) -> Option<&Type> {
        self.result.as_ref()
    }

    /// Returns the index of the first variadic argument, if the function is variadic.
    pub const fn first_variadic(&self) -> Option<usize> {
        self.first_variadic
    }
}

/// The reason why a signature cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are; indices count from 0")]
pub enum SignatureError {
    /// See [`MAX_PARAMETERS`].
    #[error("{count} parameters are more than {max}")]
    Parameters { count: usize, max: usize },
    /// All types together have more than twice [`MAX_NODES`] members.
    #[error("parameters and result have more than {max} members, counted with repetition")]
    Nodes { max: u32 },
    /// The first variadic argument lies behind the last parameter.
    #[error("variadic arguments begin behind the last of {count} parameters")]
    FirstVariadic { count: usize },
    /// Variadic arguments for a function without `...`.
    #[error("the function is not variadic")]
    NotVariadic,
    /// C passes arrays as pointers.
    #[error("argument {} is an array, which C passes as a pointer", index + 1)]
    ArrayParameter { index: usize },
    /// C does not return arrays.
    #[error("the result is an array, which C does not return")]
    ArrayResult,
    /// C's default argument promotions do not yield the variadic argument's type.
    #[error("variadic argument {} is {scalar}, which C passes as {}", index + 1, promoted(*.scalar))]
    NotPromoted { index: usize, scalar: Scalar },
}

fn promoted(scalar: Scalar) -> Scalar {
    if scalar == Scalar::F32 { Scalar::F64 } else { Scalar::I32 }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, ty) in self.params.iter().enumerate() {
            let dots = if self.first_variadic == Some(index) { "..., " } else { "" };
            write!(f, "{}{dots}{ty}", if index == 0 { "" } else { ", " })?;
        }
        if self.first_variadic == Some(self.params.len()) {
            f.write_str(if self.params.is_empty() { "..." } else { ", ..." })?;
        }
        f.write_str(")")?;
        match &self.result {
            Some(ty) => write!(f, " -> {ty}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_checked() {
        let long = vec![Type::I32; 256];
        assert_eq!(Signature::new(long, None), Err(SignatureError::Parameters { count: 256, max: 255 }));
        let array = Type::array(Type::I32, 2).unwrap();
        assert_eq!(Signature::new([Type::I32, array.clone()], None), Err(SignatureError::ArrayParameter { index: 1 }));
        assert_eq!(Signature::new([], array), Err(SignatureError::ArrayResult));
        assert_eq!(Signature::variadic([Type::I32], 2, None), Err(SignatureError::FirstVariadic { count: 1 }));
    }

    #[test]
    fn variadic_arguments_are_promoted() {
        let printf = Signature::variadic([Type::TEXT], 1, Type::I32).unwrap();
        assert_eq!(printf.to_string(), "(text, ...) -> i32");
        let call = printf.with_variadic([Type::F64, Type::I32]).unwrap();
        assert_eq!(call.to_string(), "(text, ..., f64, i32) -> i32");
        for scalar in [Scalar::F32, Scalar::Bool, Scalar::I8, Scalar::U16] {
            let error = printf.with_variadic([Type::I32, Type::from(scalar)]).unwrap_err();
            assert_eq!(error, SignatureError::NotPromoted { index: 2, scalar });
        }
        let error = printf.with_variadic([Type::F32]).unwrap_err();
        assert_eq!(error.to_string(), "variadic argument 2 is f32, which C passes as f64");
        // A fixed parameter may be narrow.
        assert!(Signature::variadic([Type::F32], 1, None).is_ok());
    }
}
