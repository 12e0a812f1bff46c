//! The words of a call by place, and its registers in the order of the convention.

use crate::convention::plan::{Loc, Pass, Piece, Plan, Return};
use crate::convention::registers::Order;
use crate::error::JitError;

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
    CopyAddress { arg: usize },
}

/// Returns the words of a call by place. Words of one kind of place stand together, in the order of the kind.
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
            Pass::ByRef(loc) => words.push((*loc, Word::CopyAddress { arg: index })),
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

/// An item for each register that a call uses.
#[derive(Clone, Debug)]
pub(crate) struct ByRegister<T> {
    int: Vec<Option<T>>,
    float: Vec<Option<T>>,
}

impl<T: Copy> ByRegister<T> {
    pub(crate) const fn new() -> Self {
        Self { int: Vec::new(), float: Vec::new() }
    }

    /// Puts an item in a register of one of the sequences.
    ///
    /// # Errors
    ///
    /// The place is not such a register.
    pub(crate) fn put(&mut self, loc: Loc, item: T) -> Result<(), JitError> {
        let (registers, n) = match loc {
            Loc::Int(n) => (&mut self.int, usize::from(n)),
            Loc::Float(n) => (&mut self.float, usize::from(n)),
            Loc::Stack(_) | Loc::X87(_) | Loc::ResultPointer => return Err(JitError::Place { loc }),
        };
        if registers.len() <= n {
            registers.resize(n + 1, None);
        }
        registers[n] = Some(item);
        Ok(())
    }

    /// Makes room for at least `count` integer registers.
    pub(crate) fn reach_int(&mut self, count: usize) {
        self.int.resize(count.max(self.int.len()), None);
    }

    /// Makes room for at least `count` float registers.
    pub(crate) fn reach_float(&mut self, count: usize) {
        self.float.resize(count.max(self.float.len()), None);
    }

    /// Returns the number of integer registers up to the last one with an item.
    pub(crate) const fn int_len(&self) -> usize {
        self.int.len()
    }

    /// Returns the number of integer registers with an item.
    pub(crate) fn int_count(&self) -> usize {
        self.int.iter().flatten().count()
    }

    /// Returns the registers in the order of the convention. Registers without an item get one from `filler`.
    pub(crate) fn in_order(&self, order: Order, filler: impl Fn(Loc) -> T) -> Vec<(Loc, T)> {
        let at = |loc: Loc, item: Option<T>| (loc, item.unwrap_or_else(|| filler(loc)));
        match order {
            Order::Separate => {
                let ints = (0..).zip(&self.int).map(|(n, &item)| at(Loc::Int(n), item));
                let floats = (0..).zip(&self.float).map(|(n, &item)| at(Loc::Float(n), item));
                ints.chain(floats).collect()
            }
            Order::Positional => {
                let item = |registers: &[Option<T>], n: u8| registers.get(usize::from(n)).copied().flatten();
                let positions = self.int.len().max(self.float.len()) as u8;
                let position = |n| match (item(&self.int, n), item(&self.float, n)) {
                    (None, Some(float)) => (Loc::Float(n), float),
                    (int, _) => at(Loc::Int(n), int),
                };
                (0..positions).map(position).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_stand_in_the_order_of_the_convention() {
        let mut registers = ByRegister::new();
        for (loc, item) in [(Loc::Int(0), 'a'), (Loc::Float(1), 'b'), (Loc::Int(3), 'c')] {
            registers.put(loc, item).unwrap();
        }
        let separate = registers.in_order(Order::Separate, |_| '-');
        let places = [Loc::Int(0), Loc::Int(1), Loc::Int(2), Loc::Int(3), Loc::Float(0), Loc::Float(1)];
        assert_eq!(separate, places.into_iter().zip("a--c-b".chars()).collect::<Vec<_>>());
        let positional = registers.in_order(Order::Positional, |_| '-');
        let places = [Loc::Int(0), Loc::Float(1), Loc::Int(2), Loc::Int(3)];
        assert_eq!(positional, places.into_iter().zip("ab-c".chars()).collect::<Vec<_>>());
        assert!(registers.put(Loc::X87(0), 'd').is_err());
    }
}
