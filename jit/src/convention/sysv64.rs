//! System V x86-64, after the "System V Application Binary Interface, AMD64 Architecture Processor Supplement", section
//! 3.2.3 "Parameter Passing" (<https://gitlab.com/x86-psABIs/x86-64-ABI>).
//!
//! Integer arguments: rdi, rsi, rdx, rcx, r8, r9; floats: xmm0 to xmm7; results: rax, rdx and xmm0, xmm1.

use smallvec::smallvec;

use crate::c::definitions::{Signature, Type};
use crate::c::layout::{Layout, LayoutError};
use crate::c::scalar::Scalar;
use crate::convention::plan::{Arg, Ext, Loc, MAX_STACK, Pass, Piece, Pieces, Plan, PlanError, Return};
use crate::convention::registers::{Convention, Order, Register, Sequences, Variadic};

const RAX: Register = 0;
const RCX: Register = 1;
const RDX: Register = 2;
const RSI: Register = 6;
const RDI: Register = 7;

/// The convention's registers and stack. "Figure 3.4: Register Usage" lists them.
pub(crate) static CONVENTION: Convention = Convention {
    arguments: Sequences { int: &[RDI, RSI, RDX, RCX, 8, 9], float: &[0, 1, 2, 3, 4, 5, 6, 7] },
    results: Sequences { int: &[RAX, RDX], float: &[0, 1] },
    order: Order::Separate,
    int_scratch: &[RAX, RCX, RDX, RSI, RDI, 8, 9, 10, 11],
    result_pointer: Loc::Int(0),
    stack_word: 8,
    shadow: 0,
    frame: 16,
    variadic: Variadic::VectorCount,
    plan,
};

/// A class of an eightbyte, ordered so that merging two of them is `max` (psABI, "classification", step 4: equal classes
/// stay; NO_CLASS yields; MEMORY wins; INTEGER wins over SSE).
///
/// The remaining classes belong to types that hotcall does not have yet (SSEUP: vectors; X87: `long double`), and MEMORY is
/// a property of the whole value: see [`Memory`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Class {
    /// NO_CLASS: padding and empty structs.
    Padding,
    Sse,
    Integer,
}

/// The value has class MEMORY.
pub(crate) struct Memory;

impl Class {
    fn of(scalar: Scalar) -> Self {
        if scalar.is_float() { Self::Sse } else { Self::Integer }
    }
}

pub(crate) fn plan(signature: &Signature) -> Result<Plan, PlanError> {
    let mut next = Next::default();
    let ret = match signature.result() {
        None => Return::Pass(Arg::VOID),
        Some(ty) => plan_result(&Value::of(ty).map_err(|source| PlanError::Result { source })?, &mut next),
    };
    let args = signature.params().iter().enumerate().map(|(index, ty)| {
        let value = Value::of(ty).map_err(|source| PlanError::Argument { index, source })?;
        let arg = plan_argument(&value, &mut next);
        if next.stack > MAX_STACK { Err(PlanError::Stack { index, max: MAX_STACK }) } else { Ok(arg) }
    });
    let args = args.collect::<Result<_, _>>()?;
    // "Variable arguments": al holds an upper bound of the number of vector registers used.
    let vector_count = signature.first_variadic().map(|_| next.float);
    Ok(Plan { args, ret, stack_size: next.stack, vector_count })
}

/// A type, reduced to the facts that classification needs.
struct Value {
    size: u32,
    align: u8,
    /// `None` for structs and unions.
    scalar: Option<Scalar>,
    classes: Result<[Class; 2], Memory>,
}

impl Value {
    fn of(ty: &Type) -> Result<Self, LayoutError> {
        if let Some(scalar) = ty.as_scalar() {
            let (size, align) = (scalar.size(), scalar.size() as u8);
            return Ok(Self { size, align, scalar: Some(scalar), classes: Ok([Class::of(scalar), Class::Padding]) });
        }
        let layout = Layout::of(ty)?;
        Ok(Self { size: layout.size, align: layout.align, scalar: None, classes: classify(&layout) })
    }
}

/// Returns the classes of the value's eightbytes.
pub(crate) fn classify(layout: &Layout) -> Result<[Class; 2], Memory> {
    // Step 1 and the post-merger rule (c): beyond two eightbytes only a vector stays out of memory.
    if layout.size > 16 {
        return Err(Memory);
    }
    let mut classes = [Class::Padding; 2];
    for leaf in &layout.leaves {
        // Step 1: "or it contains unaligned fields".
        if !leaf.offset.is_multiple_of(leaf.scalar.size()) {
            return Err(Memory);
        }
        // An aligned scalar lies in one eightbyte.
        let class = &mut classes[leaf.offset as usize / 8];
        *class = (*class).max(Class::of(leaf.scalar));
    }
    Ok(classes)
}

/// The next free register of each sequence, and the next stack byte.
#[derive(Clone, Copy, Default)]
struct Next {
    int: u8,
    float: u8,
    stack: u32,
}

impl Next {
    /// Assigns the next registers to a value of these classes, even if there are not enough of them.
    fn pieces(&mut self, classes: [Class; 2], size: u32, ext: Ext) -> Pieces {
        let mut pieces = Pieces::new();
        for (class, offset) in classes.into_iter().zip([0, 8]) {
            let (register, place): (_, fn(u8) -> Loc) = match class {
                // Padding is not passed.
                Class::Padding => continue,
                Class::Integer => (&mut self.int, Loc::Int),
                Class::Sse => (&mut self.float, Loc::Float),
            };
            pieces.push(Piece { offset, len: (size - offset).min(8) as u8, loc: place(*register), ext });
            *register += 1;
        }
        pieces
    }

    /// Assigns the next stack place to a value. Each value takes a multiple of 8 bytes.
    fn stack(&mut self, size: u32, align: u8) -> u32 {
        let stack = self.stack.next_multiple_of(CONVENTION.stack_word.max(align.into()));
        self.stack = stack + size.next_multiple_of(CONVENTION.stack_word);
        stack
    }

    /// Returns true if the sequences have all assigned registers.
    const fn fits(self, registers: &Sequences) -> bool {
        self.int as usize <= registers.int.len() && self.float as usize <= registers.float.len()
    }
}

fn plan_argument(value: &Value, next: &mut Next) -> Arg {
    let Value { size, align, scalar, .. } = *value;
    let ext = scalar.map_or(Ext::None, extension);
    let pass = match value.classes {
        // GNU C's empty structs.
        Ok([Class::Padding, Class::Padding]) => Pass::Ignore,
        Ok(classes) => {
            let mut after = *next;
            let pieces = after.pieces(classes, size, ext);
            // "If there are no registers available for any eightbyte of an argument, the whole argument is passed on the
            // stack. If registers have already been assigned for some eightbytes of such an argument, the assignments
            // get reverted."
            if after.fits(&CONVENTION.arguments) {
                *next = after;
                Pass::Pieces(pieces)
            } else {
                let stack = next.stack(size, align);
                match scalar {
                    Some(_) => {
                        Pass::Pieces(smallvec![Piece { offset: 0, len: size as u8, loc: Loc::Stack(stack), ext }])
                    }
                    None => Pass::Block { stack },
                }
            }
        }
        Err(Memory) => Pass::Block { stack: next.stack(size, align) },
    };
    Arg { size, align, aggregate: scalar.is_none(), pass }
}

fn plan_result(value: &Value, next: &mut Next) -> Return {
    let Value { size, align, scalar, .. } = *value;
    match value.classes {
        Ok([Class::Padding, Class::Padding]) => {
            Return::Pass(Arg { size, align, aggregate: scalar.is_none(), pass: Pass::Ignore })
        }
        Ok(classes) => {
            let pieces = Next::default().pieces(classes, size, scalar.map_or(Ext::None, extension));
            Return::Pass(Arg { size, align, aggregate: scalar.is_none(), pass: Pass::Pieces(pieces) })
        }
        // "Returning of values", step 2: "the caller provides space for the return value and passes the address of this
        // storage in %rdi as if it were the first argument […] On return %rax will contain the address".
        Err(Memory) => {
            next.int = 1;
            Return::Hidden { size, align, pointer: CONVENTION.result_pointer, returned_in: Some(Loc::Int(0)) }
        }
    }
}

/// The psABI leaves the upper bits of narrow integers undefined, except for `_Bool`. But Clang's callees rely on an
/// extension to 32 bits by type, which GCC's and Clang's callers make.
fn extension(scalar: Scalar) -> Ext {
    Ext::by_type(scalar)
}
