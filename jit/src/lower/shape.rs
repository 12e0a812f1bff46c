//! The key that compiled code is shared by.

use crate::abi::Abi;
use crate::lower::Options;
use crate::lower::callback::Incoming;
use crate::plan::{Arg, Ext, Loc, Pass, Piece, Plan, Return};

/// Everything that the code of a trampoline or thunk depends on, as packed bytes: two normalised plans have the same shape exactly
/// when they are equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Shape(Box<[u8]>);

impl Shape {
    /// The shape of a `slots` trampoline.
    pub(crate) fn slots(abi: Abi, plan: &Plan, options: Options) -> Self {
        let mut packer = Packer(Vec::with_capacity(8 + 8 * plan.args.len()));
        packer.entry(Entry::Slots, abi);
        packer.0.push(options.capture_errno.into());
        packer.plan(plan);
        Self(packer.0.into_boxed_slice())
    }

    /// The shape of a thunk.
    pub(crate) fn thunk(abi: Abi, incoming: &Incoming) -> Self {
        // Everything else in it follows from the plan.
        let Incoming { plan, returns_bool, .. } = incoming;
        let mut packer = Packer(Vec::with_capacity(8 + 8 * plan.args.len()));
        packer.entry(Entry::Thunk, abi);
        packer.0.push((*returns_bool).into());
        packer.plan(plan);
        Self(packer.0.into_boxed_slice())
    }

    #[cfg(feature = "disasm")]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// How the code is entered.
#[derive(Clone, Copy)]
enum Entry {
    Slots,
    Thunk,
}

struct Packer(Vec<u8>);

impl Packer {
    fn entry(&mut self, entry: Entry, abi: Abi) {
        self.0.extend([entry as u8, abi as u8]);
    }

    /// LEB128: seven bits a byte, the last one without the high bit.
    fn number(&mut self, mut n: u32) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn plan(&mut self, plan: &Plan) {
        let Plan { args, ret, stack_size, vector_count } = plan;
        self.number(args.len() as u32);
        args.iter().for_each(|arg| self.arg(arg));
        match ret {
            Return::Pass(arg) => {
                self.0.push(0);
                self.arg(arg);
            }
            Return::Hidden { size, align, pointer, returned_in } => {
                self.0.push(1);
                self.number(*size);
                self.0.push(*align);
                self.loc(*pointer);
                self.0.push(returned_in.is_some().into());
                returned_in.iter().for_each(|&loc| self.loc(loc));
            }
        }
        self.number(*stack_size);
        self.number(vector_count.map_or(0, |count| u32::from(count) + 1));
    }

    fn arg(&mut self, arg: &Arg) {
        let Arg { size, align, aggregate, pass } = arg;
        self.number(*size);
        self.0.push(*align);
        self.0.push((*aggregate).into());
        match pass {
            Pass::Ignore => self.0.push(0),
            Pass::Block { stack } => {
                self.0.push(1);
                self.number(*stack);
            }
            Pass::ByRef(loc) => {
                self.0.push(2);
                self.loc(*loc);
            }
            Pass::Pieces(pieces) => {
                self.0.push(3);
                self.number(pieces.len() as u32);
                pieces.iter().for_each(|piece| self.piece(piece));
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        let Piece { offset, len, loc, ext } = piece;
        self.number(*offset);
        self.0.push(*len);
        self.loc(*loc);
        self.0.push(match ext {
            Ext::None => 0,
            Ext::Zero => 1,
            Ext::Sign => 2,
        });
    }

    fn loc(&mut self, loc: Loc) {
        let (tag, n) = match loc {
            Loc::Int(n) => (0, n.into()),
            Loc::Float(n) => (1, n.into()),
            Loc::X87(n) => (2, n.into()),
            Loc::Stack(offset) => (3, offset),
            Loc::ResultPointer => (4, 0),
        };
        self.0.push(tag);
        self.number(n);
    }
}
