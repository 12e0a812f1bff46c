//! C's types as a text declares them: typedef names, the tags of structs, unions and enums, and their layouts by GCC's
//! rules ("Common Type Attributes", "Structure-Layout Pragmas", "Structures, unions, enumerations, and bit-fields").
//!
//! Whatever hotcall cannot pass is still a type here, with the reason: behind a pointer it does no harm.

use std::collections::HashMap;
use std::rc::Rc;

use hotcall_jit::{MAX_SIZE, Pointee, Scalar, Signature, Type};

use super::target::{DataModel, Known};
use crate::declare::error::{Quoted, Short};

/// Why something cannot be passed by value.
pub(super) type Reason = Rc<str>;

pub(super) fn reason(text: impl AsRef<str>) -> Reason {
    text.as_ref().into()
}

/// A type; everything inside is shared, so that cloning is cheap and dropping shallow.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CType {
    pub(super) kind: Kind,
    /// The alignment that a typedef gives in place of the type's own.
    pub(super) align: Option<u64>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind {
    Void,
    Scalar {
        scalar: Scalar,
        /// It is `char`, with or without a sign: what text is made of.
        character: bool,
    },
    /// A struct, union or enum.
    Tag(usize),
    Array(Rc<ArrayType>),
    Function(Rc<FunctionType>),
    Unsupported(Reason),
    /// Not declared; not even a pointer to it can be.
    Unknown(Reason),
}

#[derive(PartialEq, Debug)]
pub(super) struct ArrayType {
    /// What a pointer to an element is.
    pub(super) pointee: Pointee,
    pub(super) value: Value,
    /// Without a length.
    pub(super) open: bool,
}

#[derive(PartialEq, Debug)]
pub(super) struct FunctionType {
    pub(super) params: Vec<Parameter>,
    pub(super) result: CType,
    pub(super) variadic: bool,
    /// Declared with `()`, which says nothing about parameters before C23.
    pub(super) unspecified: bool,
    /// It is called by rules that are not followed.
    pub(super) unsupported: Option<Reason>,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Option<Box<str>>,
    pub(super) ty: CType,
}

impl PartialEq for Parameter {
    /// Names do not matter.
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty
    }
}

/// Size and alignment in bytes, of any type C can measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub(super) size: u64,
    pub(super) align: u64,
}

/// A type as a value.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Value {
    pub(super) ty: Result<Type, Reason>,
    /// What `sizeof` says, as far as it is known; also for values too large to pass.
    pub(super) extent: Option<Extent>,
}

impl Value {
    pub(super) fn without(reason: Reason) -> Self {
        Self { ty: Err(reason), extent: None }
    }

    pub(super) fn scalar(scalar: Scalar) -> Self {
        let size = scalar.size().into();
        Self { ty: Ok(Type::Scalar(scalar)), extent: Some(Extent { size, align: size }) }
    }
}

impl CType {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, align: None }
    }

    pub(super) const fn scalar(scalar: Scalar) -> Self {
        Self::new(Kind::Scalar { scalar, character: false })
    }

    pub(super) fn unsupported(text: impl AsRef<str>) -> Self {
        Self::new(Kind::Unsupported(reason(text)))
    }

    fn pointee(&self) -> Pointee {
        match self.kind {
            Kind::Scalar { character: true, .. } => Pointee::Text,
            Kind::Function(_) => Pointee::Function,
            _ => Pointee::Opaque,
        }
    }

    /// A pointer to it.
    pub(super) fn pointer(self) -> Self {
        match self.kind {
            Kind::Unknown(_) => self,
            _ => Self::scalar(Scalar::Pointer(self.pointee())),
        }
    }

    /// As a parameter: arrays and functions become pointers (C11 6.7.6.3p7, p8).
    pub(super) fn adjusted(self) -> Self {
        match &self.kind {
            Kind::Array(array) => Self::scalar(Scalar::Pointer(array.pointee)),
            Kind::Function(_) => self.pointer(),
            _ => self,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TagKind {
    Struct,
    Union,
    Enum,
}

impl TagKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
        }
    }
}

/// A struct, union or enum.
pub(super) struct Tag {
    pub(super) kind: TagKind,
    pub(super) name: Option<Box<str>>,
    /// Once it is complete.
    pub(super) value: Option<Value>,
}

/// The names of a text.
pub(super) struct Types {
    pub(super) target: DataModel,
    typedefs: HashMap<Box<str>, CType>,
    pub(super) tags: Vec<Tag>,
    tag_names: HashMap<Box<str>, usize>,
    pub(super) warnings: Vec<Warning>,
}

/// Something that compilers differ about.
pub(super) struct Warning {
    /// The struct or union with the member; `None` for a typedef.
    pub(super) tag: Option<usize>,
    /// The member or the typedef.
    pub(super) name: Option<Box<str>>,
    pub(super) what: Box<str>,
}

impl Types {
    pub(super) fn new(target: DataModel) -> Self {
        Self { target, typedefs: HashMap::new(), tags: Vec::new(), tag_names: HashMap::new(), warnings: Vec::new() }
    }

    /// The type of a typedef's name, or of a word of C.
    pub(super) fn named(&self, name: &str) -> Option<CType> {
        if let Some(ty) = self.typedefs.get(name) {
            return Some(ty.clone());
        }
        Some(match name {
            "void" => CType::new(Kind::Void),
            "char" => CType::new(Kind::Scalar { scalar: self.target.char(), character: true }),
            "int" => CType::scalar(Scalar::I32),
            "float" => CType::scalar(Scalar::F32),
            "double" => CType::scalar(Scalar::F64),
            _ => match self.target.known(name)? {
                Known::Scalar(scalar) => CType::scalar(scalar),
                Known::Opaque => CType::unsupported(format!("`{name}` is used through pointers only")),
                Known::Unsupported(what) => CType::unsupported(format!("`{name}`: {what} cannot be passed")),
            },
        })
    }

    /// Declares a typedef's name; `false` if it is another type already.
    pub(super) fn declare(&mut self, name: &str, ty: CType) -> bool {
        if let Some(old) = self.typedefs.get(name) {
            return same(old, &ty);
        }
        // What `stdint.h` declares itself is the type that is known by this name.
        let known = self.target.known(name);
        let ty = match (known, &ty.kind) {
            (Some(Known::Scalar(known)), &Kind::Scalar { scalar, .. })
                if ty.align.is_none()
                    && known.size() == scalar.size()
                    && known.is_signed() == scalar.is_signed()
                    && known.is_float() == scalar.is_float() =>
            {
                CType::scalar(known)
            }
            _ => ty,
        };
        if let Kind::Tag(index) = ty.kind {
            self.tags[index].name.get_or_insert_with(|| name.into());
            self.rename(index);
        }
        self.typedefs.insert(name.into(), ty);
        true
    }

    /// Gives a type without a tag the name of its typedef.
    fn rename(&mut self, index: usize) {
        let Tag { name: Some(name), value: Some(value), .. } = &mut self.tags[index] else { return };
        if let Ok(ty) = &mut value.ty
            && ty.as_aggregate().is_some_and(|aggregate| aggregate.name().is_none())
        {
            *ty = ty.clone().named(name.clone());
        }
    }

    pub(super) fn tag(&self, index: usize) -> &Tag {
        &self.tags[index]
    }

    /// The tag of this name, which is made if there is none; `None` if it is of another kind.
    pub(super) fn tag_named(&mut self, kind: TagKind, name: &str) -> Option<usize> {
        if let Some(&index) = self.tag_names.get(name) {
            return (self.tags[index].kind == kind).then_some(index);
        }
        let index = self.tag_without_name(kind);
        self.tags[index].name = Some(name.into());
        self.tag_names.insert(name.into(), index);
        Some(index)
    }

    pub(super) fn tag_without_name(&mut self, kind: TagKind) -> usize {
        self.tags.push(Tag { kind, name: None, value: None });
        self.tags.len() - 1
    }

    /// `struct name`, for messages.
    pub(super) fn title(&self, index: usize) -> String {
        let Tag { kind, name, .. } = &self.tags[index];
        match name {
            Some(name) => format!("{} {}", kind.word(), Short(name)),
            None => format!("{} without a name", kind.word()),
        }
    }

    /// A type as a value.
    pub(super) fn value(&self, ty: &CType) -> Value {
        match &ty.kind {
            Kind::Void => Value::without(reason("`void` has no value")),
            Kind::Scalar { scalar, .. } => Value::scalar(*scalar),
            Kind::Tag(index) => match &self.tags[*index].value {
                Some(value) => value.clone(),
                None => Value::without(reason(format!("`{}` is incomplete", self.title(*index)))),
            },
            Kind::Array(array) => array.value.clone(),
            Kind::Function(_) => Value::without(reason("a function has no value")),
            Kind::Unsupported(reason) | Kind::Unknown(reason) => Value::without(reason.clone()),
        }
    }

    /// What `sizeof` and `_Alignof` say.
    pub(super) fn extent(&self, ty: &CType) -> Result<Extent, Reason> {
        let value = self.value(ty);
        match (value.extent, value.ty) {
            (Some(extent), _) => Ok(Extent { align: ty.align.unwrap_or(extent.align), ..extent }),
            (None, Err(reason)) => Err(reason),
            (None, Ok(_)) => Err(reason("its size is unknown")),
        }
    }

    /// An array; without a length it is open.
    pub(super) fn array(&self, element: CType, len: Option<Result<u64, Reason>>) -> CType {
        let pointee = element.pointee();
        let open = len.is_none();
        let one = match &element.kind {
            Kind::Unknown(_) => return element,
            Kind::Array(inner) if inner.open => Value::without(reason("an array of arrays without a length")),
            _ => self.value(&element),
        };
        let value = match len.unwrap_or(Ok(0)) {
            Ok(len) => array_value(one, len),
            Err(reason) => Value::without(reason),
        };
        let value = if open { flexible(value) } else { value };
        // GCC keeps the alignment that a typedef gives to the elements.
        CType { kind: Kind::Array(Rc::new(ArrayType { pointee, value, open })), align: element.align }
    }

    /// A function's type as a signature.
    pub(super) fn signature(&self, function: &FunctionType) -> Result<Signature, Reason> {
        if let Some(reason) = &function.unsupported {
            return Err(reason.clone());
        }
        let result = match function.result.kind {
            Kind::Void => None,
            _ => Some(self.passed(&function.result).map_err(|why| reason(format!("the result: {why}")))?),
        };
        let mut params = Vec::with_capacity(function.params.len());
        for (index, parameter) in function.params.iter().enumerate() {
            let ty = self.passed(&parameter.ty).map_err(|why| match &parameter.name {
                Some(name) => reason(format!("argument {} ({}): {why}", index + 1, Quoted(name))),
                None => reason(format!("argument {}: {why}", index + 1)),
            })?;
            params.push(ty);
        }
        let fixed = params.len();
        let signature = match function.variadic {
            true => Signature::variadic(params, fixed, result),
            false => Signature::new(params, result),
        };
        signature.map_err(|error| reason(error.to_string()))
    }

    /// The type of an argument or a result.
    fn passed(&self, ty: &CType) -> Result<Type, Reason> {
        let value = self.value(ty);
        let passed = value.ty?;
        // An alignment that only a typedef gives changes the place of an aggregate in ways that compilers differ about.
        if passed.as_scalar().is_none() && ty.align.is_some() && ty.align != value.extent.map(|extent| extent.align) {
            return Err(reason("a typedef with another alignment than its struct's own cannot be passed"));
        }
        Ok(passed)
    }
}

/// Whether two declarations of a typedef agree; what cannot be used is not compared.
fn same(a: &CType, b: &CType) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Unsupported(_) | Kind::Unknown(_), _) | (_, Kind::Unsupported(_) | Kind::Unknown(_)) => true,
        (&Kind::Scalar { scalar: a, .. }, &Kind::Scalar { scalar: b, .. }) => {
            a.size() == b.size() && a.is_signed() == b.is_signed() && a.is_float() == b.is_float()
        }
        _ => a == b,
    }
}

/// An array without a length: a flexible array member, where it can be one.
fn flexible(value: Value) -> Value {
    let ty = value.ty.and_then(|ty| match &ty {
        Type::Array(array) => Type::flexible_array(array.element().clone()).map_err(|error| reason(error.to_string())),
        Type::Scalar(_) | Type::Aggregate(_) => Ok(ty),
    });
    Value { ty, ..value }
}

fn array_value(one: Value, len: u64) -> Value {
    let extent = one.extent.and_then(|one| Some(Extent { size: one.size.checked_mul(len)?, ..one }));
    let ty = one.ty.and_then(|element| {
        let size = extent.map_or(u64::MAX, |extent| extent.size);
        let short = u32::try_from(len).ok().filter(|_| size <= MAX_SIZE.into());
        let short =
            short.ok_or_else(|| reason(format!("an array of {len} elements is larger than {MAX_SIZE} bytes")))?;
        Type::array(element, short).map_err(|error| reason(error.to_string()))
    });
    Value { ty, extent }
}
