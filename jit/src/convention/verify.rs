//! Checks plans against the layouts of their values, by the rules that hold in every convention.

use crate::c::layout::Layout;
use crate::convention::plan::{Arg, Loc, MAX_STACK, Pass, Piece, Plan, Return, Which};
use crate::convention::registers::{Convention, Sequences};

/// A fault that [`Plan::verify`] found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{value}: {fault}")]
#[non_exhaustive]
pub struct Fault {
    /// The argument by its index from 0, or the result.
    pub value: Which,
    /// The broken rule.
    pub fault: FaultKind,
}

/// A broken rule of plans.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FaultKind {
    #[error("its size or alignment is not its layout's")]
    Layout,
    #[error("a piece of {len} bytes at {offset} is empty, too long or outside the value")]
    Range { offset: u32, len: u8 },
    #[error("byte {byte} is in two pieces")]
    Twice { byte: u32 },
    #[error("byte {byte} of a leaf is in no piece")]
    Missing { byte: u32 },
    #[error("the convention does not have {loc}")]
    NoRegister { loc: Loc },
    #[error("{loc} is taken already")]
    Shared { loc: Loc },
    #[error("stack bytes {start}..{end} are outside the stack area")]
    Outside { start: u32, end: u32 },
    #[error("stack offset {stack} breaks its alignment of {align}")]
    Misaligned { stack: u32, align: u8 },
    #[error("the number of arguments is not that of the layouts")]
    Count,
}

impl Plan {
    /// Checks the plan against the layouts of parameters and result, by the rules that hold in every convention:
    ///
    /// * the pieces of a value lie inside it, cover every byte of every leaf, and no byte twice;
    /// * registers are those of the convention, and no two pieces share a place;
    /// * stack places lie inside the stack area and keep their alignment (blocks at least the alignment of the
    ///   convention's stack words).
    ///
    /// This proves consistency, not the convention. Tests against C compilers check the convention.
    pub fn verify(&self, convention: &Convention, params: &[Layout], result: Option<&Layout>) -> Result<(), Fault> {
        let fault = |value| move |fault| Fault { value, fault };
        if self.stack_size > MAX_STACK {
            return Err(fault(Which::Result)(FaultKind::Outside { start: MAX_STACK, end: self.stack_size }));
        }
        let mut taken = Taken::new(convention, &convention.arguments, self.stack_size);
        if params.len() != self.args.len() {
            return Err(fault(Which::Result)(FaultKind::Count));
        }
        if let Return::Hidden { size, align, pointer, .. } = self.ret {
            let matches = result.is_some_and(|layout| (layout.size, layout.align) == (size, align));
            (if matches { taken.take(pointer, 8, 8) } else { Err(FaultKind::Layout) }).map_err(fault(Which::Result))?;
        }
        for (index, (arg, layout)) in self.args.iter().zip(params).enumerate() {
            arg.verify(layout, &mut taken).map_err(fault(Which::Argument(index)))?;
        }
        if let Return::Pass(arg) = &self.ret {
            let void = Layout { size: 0, align: 1, leaves: Vec::new() };
            // Results have registers of their own, and nothing is returned on the stack.
            arg.verify(result.unwrap_or(&void), &mut Taken::new(convention, &convention.results, 0))
                .map_err(fault(Which::Result))?;
        }
        Ok(())
    }
}

impl Arg {
    fn verify(&self, layout: &Layout, taken: &mut Taken<'_>) -> Result<(), FaultKind> {
        if (self.size, self.align) != (layout.size, layout.align) {
            return Err(FaultKind::Layout);
        }
        match &self.pass {
            Pass::Ignore => self.verify_cover(layout, &[]),
            Pass::Block { stack } => taken.take_block(*stack, self.size, self.align),
            Pass::ByRef(loc) => taken.take(*loc, 8, 8),
            Pass::Pieces(pieces) => {
                self.verify_cover(layout, pieces)?;
                pieces.iter().try_for_each(|piece| taken.take(piece.loc, piece.len.into(), self.align.min(8)))
            }
        }
    }

    fn verify_cover(&self, layout: &Layout, pieces: &[Piece]) -> Result<(), FaultKind> {
        let mut covered = vec![false; self.size as usize];
        for &Piece { offset, len, .. } in pieces {
            let range = (1..=16).contains(&len) && offset.saturating_add(len.into()) <= self.size;
            if !range {
                return Err(FaultKind::Range { offset, len });
            }
            for byte in offset..offset + u32::from(len) {
                if std::mem::replace(&mut covered[byte as usize], true) {
                    return Err(FaultKind::Twice { byte });
                }
            }
        }
        for leaf in &layout.leaves {
            for byte in leaf.offset..leaf.offset + leaf.scalar.size() {
                match covered.get(byte as usize) {
                    Some(true) => {}
                    Some(false) => return Err(FaultKind::Missing { byte }),
                    None => return Err(FaultKind::Layout),
                }
            }
        }
        Ok(())
    }
}

/// The places that earlier values took.
struct Taken<'a> {
    convention: &'a Convention,
    sequences: &'a Sequences,
    registers: Vec<Loc>,
    stack: Vec<bool>,
}

impl<'a> Taken<'a> {
    fn new(convention: &'a Convention, sequences: &'a Sequences, stack_size: u32) -> Self {
        Self { convention, sequences, registers: Vec::new(), stack: vec![false; stack_size as usize] }
    }

    fn take(&mut self, loc: Loc, len: u32, align: u8) -> Result<(), FaultKind> {
        if let Loc::Stack(stack) = loc {
            return self.take_stack(stack, len, align);
        }
        if !self.sequences.have(loc) {
            return Err(FaultKind::NoRegister { loc });
        }
        if self.registers.iter().any(|&taken| self.convention.order.is_shared(taken, loc)) {
            return Err(FaultKind::Shared { loc });
        }
        self.registers.push(loc);
        Ok(())
    }

    fn take_block(&mut self, stack: u32, len: u32, align: u8) -> Result<(), FaultKind> {
        self.take_stack(stack, len, align.max(self.convention.stack_word as u8))
    }

    fn take_stack(&mut self, stack: u32, len: u32, align: u8) -> Result<(), FaultKind> {
        let end = stack.saturating_add(len);
        if !stack.is_multiple_of(align.into()) {
            return Err(FaultKind::Misaligned { stack, align });
        }
        let Some(bytes) = self.stack.get_mut(stack as usize..end as usize) else {
            return Err(FaultKind::Outside { start: stack, end });
        };
        if bytes.iter().any(|&byte| byte) {
            return Err(FaultKind::Shared { loc: Loc::Stack(stack) });
        }
        bytes.fill(true);
        Ok(())
    }
}
