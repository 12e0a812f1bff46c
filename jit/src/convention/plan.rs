//! The plan of a call: for each argument and the result, which of its bytes live in which register or stack place.
//!
//! A plan is plain data, the same for a call (values are written to the places) and for a callback (values are read from
//! them). It is made by [`Abi::plan`](crate::Abi::plan), checked by [`Plan::verify`] and written down as code by the
//! lowering, which decides nothing about calling conventions.

use std::fmt;

use smallvec::SmallVec;

use crate::c::layout::LayoutError;
use crate::c::scalar::Scalar;

/// The most stack, in bytes, that one call may use for its arguments and for copies of them.
///
/// Secondary threads often have stacks of 512 KiB; a call that may take a quarter of one is refused beforehand rather than
/// overflowing it. Two aggregates of the largest size fit.
pub const MAX_STACK: u32 = 128 * 1024;

/// Where a piece of a value lives during the call.
///
/// Registers count in the order of the convention's sequence: that of arguments, or that of results for a result. On System V
/// x86-64 `Int(0)` is rdi for an argument and rax for a result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Loc {
    /// The n-th integer register.
    Int(u8),
    /// The n-th floating-point register.
    Float(u8),
    /// The n-th register of the x87 stack.
    X87(u8),
    /// Bytes from the first stack argument.
    Stack(u32),
    /// A register of its own for the address of the result (x8 on AArch64).
    ResultPointer,
}

impl Loc {
    /// Tells a floating-point register from other places.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float(_))
    }
}

/// What the bits of a register above the piece are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ext {
    /// Nothing in particular.
    None,
    /// Zeros.
    Zero,
    /// Copies of the sign.
    Sign,
}

impl Ext {
    /// How a scalar of this type keeps its value in a wider register; slots have it so.
    pub const fn by_type(scalar: Scalar) -> Self {
        if scalar.is_float() || scalar.size() == 8 {
            Self::None
        } else if scalar.is_signed() {
            Self::Sign
        } else {
            Self::Zero
        }
    }
}

/// `value[offset..][..len]` lives at `loc`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Piece {
    /// Bytes from the start of the value.
    pub offset: u32,
    /// 1 to 16 bytes.
    pub len: u8,
    /// The place.
    pub loc: Loc,
    /// How the piece fills the place.
    pub ext: Ext,
}

impl Piece {
    /// The bytes `offset..offset + len` of a value at `loc`, which they fill by `ext`.
    pub const fn new(offset: u32, len: u8, loc: Loc, ext: Ext) -> Self {
        Self { offset, len, loc, ext }
    }
}

/// The pieces of one value: almost always one or two, four at most.
pub type Pieces = SmallVec<[Piece; 4]>;

/// How a value is passed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pass {
    /// Not at all: it has no bytes.
    Ignore,
    /// Piece by piece.
    Pieces(Pieces),
    /// Whole, on the stack.
    Block {
        /// Bytes from the first stack argument.
        stack: u32,
    },
    /// As the address of a copy that belongs to the callee.
    ByRef(Loc),
}

/// An argument, or a result that is returned in registers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Arg {
    /// Size of the value in bytes.
    pub size: u32,
    /// Alignment of the value in bytes.
    pub align: u8,
    /// Whether it is a struct or union, so that its slot holds an address.
    pub aggregate: bool,
    /// Its places.
    pub pass: Pass,
}

/// How the result comes back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Return {
    /// In registers; `void` is an ignored value of size 0.
    Pass(Arg),
    /// In memory that the caller provides and the callee fills.
    Hidden {
        /// Size of the result in bytes.
        size: u32,
        /// Alignment of the result in bytes; the memory has it.
        align: u8,
        /// Where the callee finds the memory's address.
        pointer: Loc,
        /// Where the callee leaves the address, if it does.
        returned_in: Option<Loc>,
    },
}

/// A function's type in one calling convention.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// In the order of the parameters.
    pub args: Box<[Arg]>,
    /// The result.
    pub ret: Return,
    /// Bytes of stack arguments.
    pub stack_size: u32,
    /// For a variadic call on System V x86-64, the number of vector registers used, which the callee expects in al.
    pub vector_count: Option<u8>,
}

/// Why a signature has no plan.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are; indices count from 0")]
pub enum PlanError {
    /// An argument's type is too large.
    #[error("argument {}: {source}", index + 1)]
    Argument { index: usize, source: LayoutError },
    /// The result's type is too large.
    #[error("result: {source}")]
    Result { source: LayoutError },
    /// See [`MAX_STACK`].
    #[error("argument {}: the arguments up to it take more than {max} bytes of stack", index + 1)]
    Stack { index: usize, max: u32 },
}

/// An argument or the result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Which {
    /// By index from 0.
    Argument(usize),
    /// The result.
    Result,
}

impl Arg {
    /// The value of size 0 that stands for `void`.
    pub const VOID: Self = Self { size: 0, align: 1, aggregate: false, pass: Pass::Ignore };

    /// The pieces, if it is passed so.
    pub fn pieces(&self) -> &[Piece] {
        match &self.pass {
            Pass::Pieces(pieces) => pieces,
            Pass::Ignore | Pass::Block { .. } | Pass::ByRef(_) => &[],
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(index) => write!(f, "argument {}", index + 1),
            Self::Result => f.write_str("result"),
        }
    }
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "int {n}"),
            Self::Float(n) => write!(f, "float {n}"),
            Self::X87(n) => write!(f, "x87 {n}"),
            Self::Stack(offset) => write!(f, "stack {offset}"),
            Self::ResultPointer => f.write_str("result pointer"),
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{} in {}", self.offset, self.offset.saturating_add(self.len.into()), self.loc)?;
        f.write_str(match self.ext {
            Ext::None => "",
            Ext::Zero => " zero-extended",
            Ext::Sign => " sign-extended",
        })
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::VOID {
            return f.write_str("void");
        }
        let kind = if self.aggregate { "aggregate" } else { "scalar" };
        write!(f, "{kind} of {} bytes: ", self.size)?;
        match &self.pass {
            Pass::Ignore => f.write_str("not passed"),
            Pass::Block { stack } => write!(f, "whole at stack {stack}"),
            Pass::ByRef(loc) => write!(f, "address of a copy in {loc}"),
            Pass::Pieces(pieces) => {
                for (index, piece) in pieces.iter().enumerate() {
                    write!(f, "{}{piece}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(arg) => arg.fmt(f),
            Self::Hidden { size, pointer, returned_in, .. } => {
                write!(f, "aggregate of {size} bytes: address in {pointer}")?;
                match returned_in {
                    Some(loc) => write!(f, ", returned in {loc}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// One line for each argument, then the result and, where there are any, stack and vector registers.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.args.iter().enumerate() {
            writeln!(f, "{}: {arg}", Which::Argument(index))?;
        }
        write!(f, "{}: {}", Which::Result, self.ret)?;
        if self.stack_size > 0 {
            write!(f, "\nstack: {} bytes", self.stack_size)?;
        }
        if let Some(count) = self.vector_count {
            write!(f, "\nvariadic: {count} vector registers")?;
        }
        Ok(())
    }
}
