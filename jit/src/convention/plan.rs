//! The plan of a call: for each byte of the arguments and the result, its register or stack place.
//!
//! A plan is plain data. A call writes values to its places, and a callback reads values from them.
//! [`Abi::plan`](crate::Abi::plan) makes a plan, [`Plan::verify`] checks it, and code generation writes it down as
//! code. Code generation decides nothing about calling conventions.

use std::fmt;

use smallvec::SmallVec;

use crate::c::layout::LayoutError;
use crate::c::scalar::Scalar;

/// The most stack, in bytes, that one call may use for its arguments and for copies of them.
///
/// Secondary threads often have stacks of 512 KiB. A call that would take more than a quarter of one is refused in
/// advance instead of overflowing the stack. Two aggregates of the largest size fit.
pub const MAX_STACK: u32 = 128 * 1024;

/// The place of a piece during the call.
///
/// Registers are numbered in the order of the convention's sequence. Arguments and results have separate sequences. On
/// System V x86-64 `Int(0)` is rdi for an argument and rax for a result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Loc {
    /// The n-th integer register.
    Int(u8),
    /// The n-th floating-point register.
    Float(u8),
    /// The n-th register of the x87 stack.
    X87(u8),
    /// The stack, at this many bytes from the first stack argument.
    Stack(u32),
    /// A dedicated register for the address of the result (x8 on AArch64).
    ResultPointer,
}

impl Loc {
    /// Returns true for a floating-point register.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float(_))
    }
}

/// The bits of a register above the piece.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ext {
    /// Undefined.
    None,
    /// Zeros.
    Zero,
    /// Copies of the sign.
    Sign,
}

impl Ext {
    /// Returns the extension that keeps a value of this type in a wider register. Slots use it.
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

/// A piece: `value[offset..][..len]` lives at `loc`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Piece {
    /// Bytes from the start of the value.
    pub offset: u32,
    /// Length in bytes, 1 to 16.
    pub len: u8,
    /// The place.
    pub loc: Loc,
    /// The bits of the place above the piece.
    pub ext: Ext,
}

impl Piece {
    /// Makes the piece `offset..offset + len` of a value at `loc`, which it fills by `ext`.
    pub const fn new(offset: u32, len: u8, loc: Loc, ext: Ext) -> Self {
        Self { offset, len, loc, ext }
    }
}

/// The pieces of one value: usually one or two, four at most.
pub type Pieces = SmallVec<[Piece; 4]>;

/// The way in which a value is passed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pass {
    /// Nothing is passed: the value does not have bytes.
    Ignore,
    /// In pieces.
    Pieces(Pieces),
    /// Whole, on the stack.
    Block {
        /// Bytes from the first stack argument.
        stack: u32,
    },
    /// By the address of a copy that belongs to the callee.
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
    /// True for a struct or union, whose slot holds an address.
    pub aggregate: bool,
    /// The places of the value.
    pub pass: Pass,
}

/// The way in which the result is returned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Return {
    /// In registers; `void` is an ignored value of size 0.
    Pass(Arg),
    /// In memory that the caller provides and the callee fills.
    Hidden {
        /// Size of the result in bytes.
        size: u32,
        /// Alignment of the result in bytes. The memory has this alignment.
        align: u8,
        /// The place of the memory's address.
        pointer: Loc,
        /// The register in which the callee returns the address, if it does.
        returned_in: Option<Loc>,
    },
}

/// A function's type in one calling convention.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The arguments, in the order of the parameters.
    pub args: Box<[Arg]>,
    /// The result.
    pub ret: Return,
    /// Bytes of stack arguments.
    pub stack_size: u32,
    /// The number of vector registers used by a variadic call on System V x86-64. The callee expects it in al.
    pub vector_count: Option<u8>,
}

/// The reason why a signature does not have a plan.
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
    /// The argument with this index, from 0.
    Argument(usize),
    /// The result.
    Result,
}

impl Arg {
    /// The value of size 0 that stands for `void`.
    pub const VOID: Self = Self { size: 0, align: 1, aggregate: false, pass: Pass::Ignore };

    /// Returns the pieces, if the value is passed in pieces.
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

/// Prints one line for each argument, then the result, and stack and vector registers if there are any.
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
