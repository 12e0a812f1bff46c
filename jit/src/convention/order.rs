//! The words of a call in the convention's order: integer registers, float registers, then the stack from its first byte.

use crate::convention::plan::{Loc, Pass, Piece, Plan, Return};

/// The content of a place, or of the stack from that place on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    /// The address of the memory for the result.
    ResultPointer,
    /// A piece of an argument.
    Piece { arg: usize, piece: Piece },
    /// All bytes of an argument.
    Block { arg: usize, size: u32 },
    /// The address of a copy of an argument.
    Copy { arg: usize },
}

/// The words of a call by place. Those of one kind of place stand together, in its order.
pub(crate) fn words(plan: &Plan) -> Vec<(Loc, Word)> {
    let pointer =
        if let Return::Hidden { pointer, .. } = plan.ret { Some((pointer, Word::ResultPointer)) } else { None };
    let mut words: Vec<_> = pointer.into_iter().collect();
    for (index, arg) in plan.args.iter().enumerate() {
        match &arg.pass {
            Pass::Ignore => {}
            Pass::Pieces(pieces) => {
                words.extend(pieces.iter().map(|&piece| (piece.loc, Word::Piece { arg: index, piece })));
            }
            Pass::Block { stack } => words.push((Loc::Stack(*stack), Word::Block { arg: index, size: arg.size })),
            Pass::ByRef(loc) => words.push((*loc, Word::Copy { arg: index })),
        }
    }
    words.sort_by_key(|&(loc, _)| match loc {
        Loc::ResultPointer => (0, 0),
        Loc::Int(n) => (1, n.into()),
        Loc::Float(n) => (2, n.into()),
        Loc::X87(n) => (3, n.into()),
        Loc::Stack(offset) => (4, offset),
    });
    words
}
