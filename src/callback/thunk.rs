//! The code for callbacks of one signature.

use std::fmt;

use hotcall_jit::{Jit, Pointer, Signature, Target, ThunkCode, Type};

use super::error::CallbackError;
use super::types::CallbackTypes;

/// The compiled code for callbacks of one signature. Clones are cheap.
///
/// The code and the addresses of callbacks are never freed, because C may call an address long after its callback was
/// closed. An address takes about a hundred bytes. About a thousand addresses of a shape rest before the first is
/// reused. So a shape with thousands of callbacks takes about 100 KB, and others take very little.
#[derive(Clone)]
pub struct Thunk {
    code: &'static ThunkCode,
    types: &'static CallbackTypes,
    signature: Signature,
}

impl Thunk {
    /// Compiles the code, unless code exists for a signature of an equal shape.
    ///
    /// # Errors
    ///
    /// The signature is variadic, or no code can be made for it.
    pub fn new(signature: &Signature) -> Result<Self, CallbackError> {
        let fail = |source| CallbackError::Compile { signature: signature.clone(), source: Box::new(source) };
        let code = Jit::shared().and_then(|jit| jit.thunk(signature)).map_err(fail)?;
        Ok(Self::with_code(code, signature))
    }

    /// Compiles the code for callbacks that are passed as a pointer to a function. `ty` is the type of such a
    /// parameter.
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
    /// * The type does not have a function's signature, like Deno's `"function"`.
    /// * The errors of [`Thunk::new`].
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

    /// Code for callbacks of this signature that was made otherwise.
    pub(crate) fn with_code(code: &'static ThunkCode, signature: &Signature) -> Self {
        Self { code, types: CallbackTypes::of(code, signature), signature: signature.clone() }
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
