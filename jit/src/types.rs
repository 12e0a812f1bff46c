//! C types as data.
//!
//! A [`Type`] is sound by construction: its nesting and its number of nodes are bounded, so every later stage may walk it
//! recursively and to its end. Sizes and offsets are the business of [`crate::layout`].

use std::fmt;
use std::sync::Arc;

/// The deepest nesting of structs, unions and arrays.
///
/// Later stages recurse over types; this keeps the deepest recursion far below the smallest thread stack, and C code nests
/// a handful of levels.
pub const MAX_NESTING: u32 = 64;

/// The most members, counted with repetition, that one type may have.
///
/// A struct of the largest size has at most 65,536 one-byte members; members without size could be any number, and a type
/// built by doubling grows exponentially in the length of its declaration. Twice the former leaves room for nesting.
pub const MAX_NODES: u32 = 1 << 17;

/// The largest alignment of a type or a member, in bytes.
///
/// Generated code keeps the stack aligned to 16 bytes, as the calling conventions ask, and no further.
pub const MAX_ALIGN: u8 = 16;

/// A type that a register holds whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scalar {
    /// `int8_t`
    I8,
    /// `uint8_t`
    U8,
    /// `int16_t`
    I16,
    /// `uint16_t`
    U16,
    /// `int32_t`
    I32,
    /// `uint32_t`
    U32,
    /// `int64_t`
    I64,
    /// `uint64_t`
    U64,
    /// `intptr_t`, `ssize_t`
    Isize,
    /// `uintptr_t`, `size_t`
    Usize,
    /// `bool`: one byte, 0 or 1
    Bool,
    /// `float`
    F32,
    /// `double`
    F64,
    /// Any pointer; what it points to matters only to those who convert values.
    Pointer(Pointee),
}

/// What a pointer is declared to point to, as far as a runtime converts values by it. No calling convention cares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pointee {
    /// Anything (`void *`; Deno's `pointer`).
    Opaque,
    /// Bytes that the runtime owns (Deno's `buffer`).
    Buffer,
    /// Characters ending with a zero (`char *`).
    Text,
    /// Code (`int (*)(int)`; Deno's `function`).
    Function,
}

impl Scalar {
    /// Every scalar.
    pub const ALL: [Self; 17] = [
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::Isize,
        Self::Usize,
        Self::Bool,
        Self::F32,
        Self::F64,
        Self::Pointer(Pointee::Opaque),
        Self::Pointer(Pointee::Buffer),
        Self::Pointer(Pointee::Text),
        Self::Pointer(Pointee::Function),
    ];

    /// Its name in messages, which is Deno's name where Deno has the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::Isize => "isize",
            Self::Usize => "usize",
            Self::Bool => "bool",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Pointer(Pointee::Opaque) => "pointer",
            Self::Pointer(Pointee::Buffer) => "buffer",
            Self::Pointer(Pointee::Text) => "text",
            Self::Pointer(Pointee::Function) => "function",
        }
    }

    /// The scalar of this [name](Self::name).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// Its place among [all](Self::ALL).
    pub(crate) fn index(self) -> u8 {
        Self::ALL.iter().position(|&scalar| scalar == self).unwrap_or_default() as u8
    }

    /// The size in bytes, which is also the alignment: so it is for every scalar on every 64-bit target supported.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::Isize | Self::Usize | Self::F64 | Self::Pointer(_) => 8,
        }
    }

    /// Whether it is `float` or `double`.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether it is an integer with a sign.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::Isize)
    }

    /// Whether C's default argument promotions leave it as it is, so that it may stand for a variadic argument (C11
    /// 6.5.2.2p6: narrow integers become `int`, `float` becomes `double`).
    pub const fn is_promoted(self) -> bool {
        self.size() >= 4 && !matches!(self, Self::F32)
    }
}

/// A C type that has a size.
///
/// Cloning is cheap. Make aggregates with [`Type::structure`], [`Type::union`] and [`Type::array`]:
///
/// ```
/// use hotcall::{Layout, Type};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let point = Type::structure([("x", Type::F64), ("y", Type::F64)])?.named("point");
/// let header = Type::structure([Type::U8, Type::array(Type::U16, 3)?, point])?.packed(1)?;
/// assert_eq!(Layout::of(&header)?.size, 1 + 6 + 16);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// A scalar.
    Scalar(Scalar),
    /// A struct or union.
    Aggregate(Arc<Aggregate>),
    /// An array of fixed length, which C allows as a member only.
    Array(Arc<Array>),
}

/// Whether an aggregate's members follow each other or share their place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AggregateKind {
    /// Members one after the other.
    Struct,
    /// Members all at offset 0.
    Union,
}

/// A struct or union.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Aggregate {
    kind: AggregateKind,
    name: Option<Box<str>>,
    fields: Box<[Field]>,
    packed: Option<u8>,
    align: Option<u8>,
    reach: Reach,
}

/// An array of fixed length.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Array {
    element: Type,
    len: u32,
    flexible: bool,
    reach: Reach,
}

/// How far a type reaches: what bounds a walk over it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Reach {
    depth: u32,
    nodes: u32,
}

impl Reach {
    const SCALAR: Self = Self { depth: 0, nodes: 1 };

    /// The extent of a type whose members together have `inside`.
    fn around(inside: Self) -> Result<Self, TypeError> {
        let outside = Self { depth: inside.depth + 1, nodes: inside.nodes.saturating_add(1) };
        if outside.depth > MAX_NESTING {
            return Err(TypeError::Nesting { max: MAX_NESTING });
        }
        if outside.nodes > MAX_NODES {
            return Err(TypeError::Nodes { max: MAX_NODES });
        }
        Ok(outside)
    }
}

/// A member of a struct or union.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    name: Option<Box<str>>,
    ty: Type,
    packed: bool,
    align: Option<u8>,
}

impl Field {
    /// A member with a name.
    pub fn new(name: impl Into<Box<str>>, ty: Type) -> Self {
        Self { name: Some(name.into()), ..Self::from(ty) }
    }

    /// The member aligned to at least `align` bytes, also inside a packed struct (`__attribute__((aligned(n)))`).
    pub fn aligned(self, align: u8) -> Result<Self, TypeError> {
        Ok(Self { align: self.align.max(Some(checked_align(align)?)), ..self })
    }

    /// The member without its type's own alignment (`__attribute__((packed))` on one member).
    pub fn packed(self) -> Self {
        Self { packed: true, ..self }
    }

    /// The member's name; C11's anonymous structs and unions have none, nor have Deno's fields.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The member's type.
    pub const fn ty(&self) -> &Type {
        &self.ty
    }

    /// The alignment asked for this member.
    pub const fn align(&self) -> Option<u8> {
        self.align
    }

    /// Whether the type's own alignment is disregarded.
    pub const fn is_packed(&self) -> bool {
        self.packed
    }
}

impl From<Type> for Field {
    fn from(ty: Type) -> Self {
        Self { name: None, ty, packed: false, align: None }
    }
}

impl<S: Into<Box<str>>> From<(S, Type)> for Field {
    fn from((name, ty): (S, Type)) -> Self {
        Self::new(name, ty)
    }
}

#[expect(missing_docs, reason = "the names are those of the scalars")]
impl Type {
    pub const I8: Self = Self::Scalar(Scalar::I8);
    pub const U8: Self = Self::Scalar(Scalar::U8);
    pub const I16: Self = Self::Scalar(Scalar::I16);
    pub const U16: Self = Self::Scalar(Scalar::U16);
    pub const I32: Self = Self::Scalar(Scalar::I32);
    pub const U32: Self = Self::Scalar(Scalar::U32);
    pub const I64: Self = Self::Scalar(Scalar::I64);
    pub const U64: Self = Self::Scalar(Scalar::U64);
    pub const ISIZE: Self = Self::Scalar(Scalar::Isize);
    pub const USIZE: Self = Self::Scalar(Scalar::Usize);
    pub const BOOL: Self = Self::Scalar(Scalar::Bool);
    pub const F32: Self = Self::Scalar(Scalar::F32);
    pub const F64: Self = Self::Scalar(Scalar::F64);
    pub const POINTER: Self = Self::Scalar(Scalar::Pointer(Pointee::Opaque));
    pub const BUFFER: Self = Self::Scalar(Scalar::Pointer(Pointee::Buffer));
    pub const TEXT: Self = Self::Scalar(Scalar::Pointer(Pointee::Text));
    pub const FUNCTION: Self = Self::Scalar(Scalar::Pointer(Pointee::Function));
}

impl Type {
    /// A struct with C's layout. Fields are types, or pairs of a name and a type, or [`Field`]s.
    ///
    /// A field without a name whose type is a struct or union without a name is C11's anonymous member: its members count
    /// as those of the struct around it.
    ///
    /// # Errors
    ///
    /// Two members have one name; the type exceeds [`MAX_NESTING`] or [`MAX_NODES`].
    pub fn structure<F: Into<Field>>(fields: impl IntoIterator<Item = F>) -> Result<Self, TypeError> {
        Self::aggregate(AggregateKind::Struct, fields.into_iter().map(Into::into).collect())
    }

    /// A union; its fields are given as those of a [struct](Self::structure).
    ///
    /// # Errors
    ///
    /// Those of [`structure`](Self::structure).
    pub fn union<F: Into<Field>>(fields: impl IntoIterator<Item = F>) -> Result<Self, TypeError> {
        Self::aggregate(AggregateKind::Union, fields.into_iter().map(Into::into).collect())
    }

    fn aggregate(kind: AggregateKind, fields: Box<[Field]>) -> Result<Self, TypeError> {
        let inside = fields.iter().map(|field| field.ty.reach()).fold(Reach { depth: 0, nodes: 0 }, |sum, field| {
            Reach { depth: sum.depth.max(field.depth), nodes: sum.nodes.saturating_add(field.nodes) }
        });
        let reach = Reach::around(inside)?;
        check_names(&fields)?;
        Ok(Self::Aggregate(Arc::new(Aggregate { kind, name: None, fields, packed: None, align: None, reach })))
    }

    /// An array of `len` elements, for use as a member.
    ///
    /// # Errors
    ///
    /// The type exceeds [`MAX_NESTING`] or [`MAX_NODES`].
    pub fn array(element: Type, len: u32) -> Result<Self, TypeError> {
        Self::array_of(element, len, false)
    }

    /// A flexible array member (`char data[]`), which C allows at the end of a struct.
    ///
    /// It is laid out as an array without elements. Compilers differ about it where the struct is passed by value.
    ///
    /// # Errors
    ///
    /// The type exceeds [`MAX_NESTING`].
    pub fn flexible_array(element: Type) -> Result<Self, TypeError> {
        Self::array_of(element, 0, true)
    }

    fn array_of(element: Type, len: u32, flexible: bool) -> Result<Self, TypeError> {
        let one = element.reach();
        let reach = Reach::around(Reach { depth: one.depth, nodes: one.nodes.saturating_mul(len) })?;
        Ok(Self::Array(Arc::new(Array { element, len, flexible, reach })))
    }

    /// The struct or union with no member aligned beyond `max` bytes, unless the member itself asks for it (`packed` is
    /// `packed(1)`).
    pub fn packed(self, max: u8) -> Result<Self, TypeError> {
        let max = checked_align(max)?;
        self.with_aggregate(|aggregate| aggregate.packed = Some(max))
    }

    /// The struct or union aligned to at least `align` bytes.
    pub fn aligned(self, align: u8) -> Result<Self, TypeError> {
        let align = checked_align(align)?;
        self.with_aggregate(|aggregate| aggregate.align = aggregate.align.max(Some(align)))
    }

    /// The struct or union with a name for messages; scalars and arrays stay as they are.
    pub fn named(self, name: impl Into<Box<str>>) -> Self {
        match self {
            Self::Aggregate(mut aggregate) => {
                Arc::make_mut(&mut aggregate).name = Some(name.into());
                Self::Aggregate(aggregate)
            }
            other => other,
        }
    }

    fn with_aggregate(self, change: impl FnOnce(&mut Aggregate)) -> Result<Self, TypeError> {
        match self {
            Self::Aggregate(mut aggregate) => {
                change(Arc::make_mut(&mut aggregate));
                Ok(Self::Aggregate(aggregate))
            }
            other => Err(TypeError::NotAggregate { ty: other }),
        }
    }

    /// The scalar, if it is one.
    pub const fn as_scalar(&self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(*scalar),
            Self::Aggregate(_) | Self::Array(_) => None,
        }
    }

    /// The struct or union, if it is one.
    pub fn as_aggregate(&self) -> Option<&Aggregate> {
        match self {
            Self::Aggregate(aggregate) => Some(aggregate),
            Self::Scalar(_) | Self::Array(_) => None,
        }
    }

    pub(crate) fn nodes(&self) -> u32 {
        self.reach().nodes
    }

    fn reach(&self) -> Reach {
        match self {
            Self::Scalar(_) => Reach::SCALAR,
            Self::Aggregate(aggregate) => aggregate.reach,
            Self::Array(array) => array.reach,
        }
    }
}

impl Aggregate {
    /// Struct or union.
    pub const fn kind(&self) -> AggregateKind {
        self.kind
    }

    /// The name given, without `struct` or `union`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The members in order.
    pub const fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The largest alignment of members that do not ask for one, if it is limited.
    pub const fn pack(&self) -> Option<u8> {
        self.packed
    }

    /// The alignment asked for the whole.
    pub const fn align(&self) -> Option<u8> {
        self.align
    }
}

impl Array {
    /// The type of each element.
    pub const fn element(&self) -> &Type {
        &self.element
    }

    /// The number of elements.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Returns whether there are no elements.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether this is a flexible array member.
    pub const fn is_flexible(&self) -> bool {
        self.flexible
    }
}

/// Checks that no two members have one name, with those of anonymous members (C11 6.7.2.1p13).
fn check_names(fields: &[Field]) -> Result<(), TypeError> {
    let mut names = Vec::new();
    push_names(fields, &mut names);
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(TypeError::MemberTwice { name: pair[0].into() }),
        None => Ok(()),
    }
}

fn push_names<'a>(fields: &'a [Field], names: &mut Vec<&'a str>) {
    for field in fields {
        match (field.name(), &field.ty) {
            (Some(name), _) => names.push(name),
            (None, Type::Aggregate(inner)) if inner.name.is_none() => push_names(&inner.fields, names),
            (None, _) => {}
        }
    }
}

fn checked_align(align: u8) -> Result<u8, TypeError> {
    if align.is_power_of_two() && align <= MAX_ALIGN {
        Ok(align)
    } else {
        Err(TypeError::Align { align: align.into(), max: MAX_ALIGN })
    }
}

/// Why a type cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// See [`MAX_NESTING`].
    #[error("types nest deeper than {max} levels")]
    #[expect(missing_docs, reason = "the message says it")]
    Nesting { max: u32 },
    /// See [`MAX_NODES`].
    #[error("the type has more than {max} members, counted with repetition")]
    #[expect(missing_docs, reason = "the message says it")]
    Nodes { max: u32 },
    /// See [`MAX_ALIGN`].
    #[error("an alignment of {align} bytes is not a power of two up to {max}")]
    #[expect(missing_docs, reason = "the message says it")]
    Align { align: u64, max: u8 },
    /// Only structs and unions are packed or aligned as a whole.
    #[error("{ty} is neither a struct nor a union")]
    #[expect(missing_docs, reason = "the message says it")]
    NotAggregate { ty: Type },
    /// A struct or union has two members of one name, perhaps inside an anonymous member.
    #[error("two members are named `{}`", shortened(name))]
    #[expect(missing_docs, reason = "the message says it")]
    MemberTwice { name: Box<str> },
}

/// The longest name in a message, in characters.
const MAX_NAME: usize = 64;

fn shortened(name: &str) -> String {
    let mut short: String = name.chars().take(MAX_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::Array(array) if array.flexible => write!(f, "{}[]", array.element),
            Self::Array(array) => write!(f, "{}[{}]", array.element, array.len),
            Self::Aggregate(aggregate) => aggregate.fmt(f),
        }
    }
}

/// How many members of an aggregate without a name stand in a message.
const MAX_SHOWN: usize = 32;

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            AggregateKind::Struct => "struct",
            AggregateKind::Union => "union",
        })?;
        if let Some(name) = &self.name {
            return write!(f, " {name}");
        }
        f.write_str(" {")?;
        for (index, field) in self.fields.iter().enumerate().take(MAX_SHOWN) {
            write!(f, "{}{}", if index == 0 { "" } else { ", " }, field.ty)?;
        }
        f.write_str(if self.fields.len() > MAX_SHOWN { ", …}" } else { "}" })
    }
}

#[cfg(test)]
mod tests;
