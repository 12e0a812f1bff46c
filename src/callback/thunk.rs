//! The code for callbacks of one signature.

use std::fmt;

use hotcall_jit::{Jit, Pointer, Signature, Target, ThunkCode, Type};

use super::error::CallbackError;
use super::types::CallbackTypes;

/// The compiled code for callbacks of one signature. Clones are cheap.
///
/// The code is never freed, nor are the addresses of callbacks: C may call one long after it was closed. A callback's address
/// takes about a hundred bytes, and about a thousand addresses of a shape rest before they are used again: about 100 KB for each
/// shape of which thousands of callbacks are made, and next to nothing for others.
#[derive(Clone)]
pub struct Thunk {
    code: &'static ThunkCode,
    types: &'static CallbackTypes,
    signature: Signature,
}

impl Thunk {
    /// Compiles the code, unless there is some for a signature of the same shape.
    ///
    /// # Errors
    ///
    /// The signature is variadic, or no code can be made for it.
    pub fn new(signature: &Signature) -> Result<Self, CallbackError> {
        let fail = |source| CallbackError::Compile { signature: signature.clone(), source: Box::new(source) };
        let code = Jit::shared().and_then(|jit| jit.thunk(signature)).map_err(fail)?;
        Ok(Self { code, types: CallbackTypes::of(code, signature), signature: signature.clone() })
    }

    /// Compiles the code for callbacks that a pointer to a function, such as a parameter of this type, is to be.
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", feature = "c-text"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::Thunk;
    /// use hotcall::declare::Declarations;
    ///
    /// let text = "void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));";
    /// let declarations = Declarations::from_c(text)?;
    /// let qsort = &declarations.get("qsort")?.as_function().unwrap().signature;
    /// let thunk = Thunk::of(&qsort.params()[3])?;
    /// assert_eq!(thunk.signature().to_string(), "(pointer, pointer) -> i32");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(target_os = "linux", feature = "c-text")))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The type does not have a function's signature, as Deno's own `"function"`; the errors of [`Thunk::new`].
    pub fn of(ty: &Type) -> Result<Self, CallbackError> {
        match ty.pointer().map(Pointer::target) {
            Some(Target::Function(function)) => Self::new(function.signature()),
            Some(Target::Unsupported(reason)) => Err(CallbackError::Type { ty: ty.clone(), reason: reason.clone() }),
            _ => Err(CallbackError::Type {
                ty: ty.clone(),
                reason: "it is not declared as a pointer to a function".into(),
            }),
        }
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(super) const fn types(&self) -> &'static CallbackTypes {
        self.types
    }

    pub(super) const fn code(&self) -> &'static ThunkCode {
        self.code
    }
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thunk({})", self.signature)
    }
}
