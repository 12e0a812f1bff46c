//! Types and signatures as data.
//!
//! They contain each other: a struct has members, whose types may be pointers to functions, whose signatures have
//! types. So all their definitions are in this file. The operations of each type have a file of their own.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::c::scalar::{Character, Scalar};

/// A C type that has a size.
///
/// Cloning is cheap. Types are equal if their values are laid out, passed and converted alike. A type keeps
/// [targets](Self::pointer) of pointers and `const`, but comparison ignores them. Make aggregates with
/// [`Type::structure`], [`Type::union`] and [`Type::array`]:
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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Type {
    pub(crate) kind: TypeKind,
    pub(crate) pointer: Uncompared<Option<Arc<Pointer>>>,
    pub(crate) character: Uncompared<Option<Character>>,
}

/// The kind of a type. C does not have further kinds (C11 6.2.5p21): new types will be scalars.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TypeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A struct or union.
    Aggregate(Arc<Aggregate>),
    /// An array of fixed length, which C allows as a member only.
    Array(Arc<Array>),
}

/// The two ways to place an aggregate's members.
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
    pub(crate) kind: AggregateKind,
    pub(crate) name: Option<Box<str>>,
    pub(crate) fields: Box<[Field]>,
    pub(crate) packed: Option<u8>,
    pub(crate) align: Option<u8>,
    pub(crate) reach: Reach,
}

/// An array of fixed length.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Array {
    pub(crate) element: Type,
    pub(crate) len: u32,
    pub(crate) flexible: bool,
    pub(crate) counted_by: Uncompared<Option<Box<str>>>,
    pub(crate) reach: Reach,
}

/// A member of a struct or union.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    pub(crate) name: Option<Box<str>>,
    pub(crate) ty: Type,
    pub(crate) packed: bool,
    pub(crate) align: Option<u8>,
    pub(crate) constant: Uncompared<bool>,
}

/// Details of a pointer from its declaration.
///
/// Comparing two values of this type compares all their details. The types in a [`Target`] compare as types do, so
/// details of their own pointers are ignored.
///
/// ```
/// use hotcall::{Direction, Length, Pointer, Target, Type};
///
/// // `_Out_writes_(count) double *results`
/// let results = Pointer::new(Target::Type(Type::F64)).with_direction(Direction::Out).with_length(Length::Counted("count".into()));
/// assert_eq!(results.to_string(), "f64 *");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pointer {
    pub(crate) target: Target,
    pub(crate) constant: bool,
    pub(crate) length: Option<Length>,
    pub(crate) direction: Option<Direction>,
    pub(crate) freed_by: Option<Arc<str>>,
    pub(crate) depth: Uncompared<u32>,
}

/// The target of a pointer.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// No stated target (`void`).
    Void,
    /// An object of this type.
    Type(Type),
    /// A struct or union by its name, because it may point to itself. The name is `struct point`, or the typedef's name
    /// if there is no tag. `Declarations::type_named` returns the type if it is complete.
    Named(Arc<str>),
    /// A function.
    Function(FunctionType),
    /// A target that hotcall does not have a type for, with the reason.
    Unsupported(Box<str>),
}

/// A function's type with its parameters' names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FunctionType {
    pub(crate) signature: Signature,
    pub(crate) parameter_names: Uncompared<Arc<[Option<Box<str>>]>>,
}

/// The number of elements or bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Length {
    /// The length of a parameter declared as an array (`int a[4]`). C requires the caller to have at least this many
    /// elements only if the declaration says `static` (C11 6.7.6.3p7).
    Elements(u64),
    /// This many bytes.
    Bytes(u64),
    /// The number of elements that the parameter or member of this name holds.
    Counted(Arc<str>),
    /// The number of bytes that the parameter or member of this name holds.
    CountedBytes(Arc<str>),
    /// A number given by an expression, or by something else that hotcall does not understand.
    Expression,
}

/// The direction of data through a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Direction {
    /// The callee reads.
    In,
    /// The callee writes, and does not read the previous contents.
    Out,
    /// The callee reads and writes.
    InOut,
}

/// A function's type: parameters, result, and where variadic arguments begin.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    pub(crate) params: Arc<[Type]>,
    pub(crate) result: Option<Type>,
    pub(crate) first_variadic: Option<usize>,
}

/// Information for users that no stage of a call depends on. All values of this type are equal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uncompared<T>(pub(crate) T);

impl<T> PartialEq for Uncompared<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Uncompared<T> {}

impl<T> Hash for Uncompared<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// The measure of a type, which bounds a walk over it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Reach {
    pub(crate) depth: u32,
    pub(crate) nodes: u32,
    /// The depth, including the targets of pointers.
    pub(crate) through_pointers: Uncompared<u32>,
}
