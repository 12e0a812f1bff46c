//! Options for the functions of a library.

use hotcall::declare::{Declarations, FunctionDeclaration, Item};
use hotcall::{Pointee, Scalar, Signature, Type};

use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::declarations::malformed;

/// Options for functions.
pub(crate) struct Options {
    /// The functions that call script back.
    calls_back: Marks,
    /// The functions whose errno is kept.
    errno: Marks,
    /// True if symbols may be missing.
    is_optional: bool,
    /// True if data pointers also take bytes. In C's text the type of a pointer does not say whether it leads to memory of
    /// script.
    takes_bytes: bool,
}

impl Options {
    pub(crate) fn of(args: &Arguments<'_>, index: usize) -> Result<Self, Thrown> {
        let flag = |key| args.option(index, key).map(|value| args.env().as_boolean(value).unwrap_or(false));
        let (calls_back, errno) = (Marks::of(args, index, "callbacks")?, Marks::of(args, index, "errno")?);
        Ok(Self { calls_back, errno, is_optional: flag("optional")?, takes_bytes: flag("bytes")? })
    }

    /// Returns the signature that script calls.
    pub(crate) fn signature(&self, signature: &Signature) -> Result<Signature, Thrown> {
        if !self.takes_bytes {
            return Ok(signature.clone());
        }
        let params = signature.params().iter().map(with_bytes);
        let opened = match signature.first_variadic() {
            None => Signature::new(params, signature.result().cloned()),
            Some(first) => Signature::variadic(params, first, signature.result().cloned()),
        };
        opened.map_err(Thrown::type_error)
    }

    /// Returns true if script may run while the function runs.
    pub(crate) fn calls_back(&self, key: &str) -> bool {
        self.calls_back.contains(key)
    }

    /// Returns true if the function's errno is kept.
    pub(crate) fn captures_errno(&self, key: &str, function: &FunctionDeclaration) -> bool {
        function.capture_errno || self.errno.contains(key)
    }

    /// Returns the declarations that script calls.
    pub(crate) fn declarations(&self, declarations: &Declarations) -> Result<Declarations, Thrown> {
        let mut changed = Declarations::new();
        for declaration in declarations {
            let mut declaration = declaration.clone();
            declaration.optional |= self.is_optional;
            if let Item::Function(function) = &mut declaration.item {
                function.signature = self.signature(&function.signature)?;
                function.capture_errno = self.captures_errno(&declaration.key, function);
            }
            changed.insert(declaration).map_err(malformed)?;
        }
        Ok(changed)
    }
}

/// The functions that an option names.
enum Marks {
    All(bool),
    Keys(Vec<String>),
}

impl Marks {
    /// Reads an option: a boolean, or a list of keys.
    fn of(args: &Arguments<'_>, index: usize, key: &str) -> Result<Self, Thrown> {
        let env = args.env();
        let option = args.option(index, key)?;
        if let Some(all) = env.as_boolean(option) {
            return Ok(Self::All(all));
        }
        if env.kind(option)? == ValueKind::Undefined {
            return Ok(Self::All(false));
        }
        let keys = env.elements(option)?;
        let keys = keys.ok_or_else(|| Thrown::TypeError(format!("{key} is neither a boolean nor a list of names")))?;
        keys.into_iter().map(|key| env.as_string(key)).collect::<Result<_, _>>().map(Self::Keys)
    }

    fn contains(&self, key: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Keys(keys) => keys.iter().any(|other| other == key),
        }
    }
}

/// Returns a data pointer as one that also takes bytes. Other types do not change.
fn with_bytes(ty: &Type) -> Type {
    let Some(Scalar::Pointer(Pointee::Opaque | Pointee::Buffer)) = ty.as_scalar() else { return ty.clone() };
    let details = ty.pointer().and_then(|pointer| Type::TEXT.with_pointer(pointer.clone()).ok());
    details.unwrap_or(Type::TEXT)
}
