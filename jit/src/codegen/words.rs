//! A plan as a Cranelift signature.
//!
//! Cranelift assigns registers and stack places by itself, parameter after parameter. So the parameters are not the
//! function's but its *words* in the order of their places: the integer registers, the float registers, then the stack
//! from its first byte. If words follow on the stack, padding takes unused registers before them, and gaps between
//! them.

use cranelift_codegen::ir::{self, AbiParam, ArgumentPurpose, types};
use cranelift_codegen::isa::CallConv;

use crate::arch::x86_64::shim::{Shim, ShimTarget};
use crate::convention::abi::Abi;
use crate::convention::order::{self, ByRegister, Word};
use crate::convention::plan::{Ext, Loc, Piece, Plan, Return};
use crate::convention::registers::Convention;
use crate::error::JitError;

/// The largest block, in bytes, that is copied to the stack word by word, which keeps its bytes in registers. Larger
/// blocks go by `memcpy`, as compilers do. A call with 256 bytes takes 6.6 ns by words and 7.4 by `memcpy`, one with
/// 384 bytes 10.4 and 9.0.
const MAX_WORDS: u32 = 256;

/// The largest number of stack words that the blocks of one call become. Later blocks go by `memcpy` too. Every word is
/// live until the call, and the time to compile grows with the square of their number.
const MAX_BLOCK_WORDS: usize = 64;

/// The smallest number of 16-byte words for which a block uses them. Smaller blocks take no longer in words of 8 bytes,
/// and need no padding of the vector registers.
const MIN_VECTORS: u32 = 4;

/// The content of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Bytes of an argument.
    Piece { arg: usize, piece: Piece },
    /// The first `size` bytes of an argument, copied to the stack.
    Memcpy { arg: usize, size: u32 },
    /// The address of the hidden result.
    ResultPointer,
    /// The address of the function, for the shim that is called in its place.
    Target,
    /// Anything.
    Padding,
}

impl Content {
    /// Returns the number of bytes that are copied to the stack, if the parameter stands for such a copy.
    const fn copied(self) -> Option<u32> {
        match self {
            Self::Memcpy { size, .. } => Some(size),
            Self::Piece { .. } | Self::ResultPointer | Self::Target | Self::Padding => None,
        }
    }
}

/// A word and its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) content: Content,
    pub(crate) ty: ir::Type,
}

/// The call that a plan describes, in Cranelift's terms.
#[derive(Debug)]
pub(crate) struct CallWords {
    pub(crate) params: Vec<Param>,
    /// Words of the result.
    pub(crate) returns: Vec<Piece>,
    /// The shim, for calls that go through one.
    pub(crate) shim: Option<Shim>,
    pub(crate) call_conv: CallConv,
}

impl CallWords {
    /// Describes the call. The source of the words needs `busy` integer registers besides the call's own.
    ///
    /// # Errors
    ///
    /// The plan has a place that Cranelift cannot reach.
    pub(crate) fn of(abi: Abi, plan: &Plan, busy: usize) -> Result<Self, JitError> {
        let convention = abi.convention();
        let mut sequences = WordSequences { registers: ByRegister::new(), stack: Vec::new(), block_words: 0 };
        for (loc, word) in order::words(plan) {
            match word {
                Word::ResultPointer => sequences.put(loc, Param { content: Content::ResultPointer, ty: types::I64 })?,
                Word::Piece { arg, piece } => sequences.put_piece(arg, piece)?,
                Word::Block { arg, size } => sequences.put_block(arg, size, loc)?,
                Word::CopyAddress { .. } => return Err(JitError::Place { loc }),
            }
        }
        let returns = match &plan.ret {
            Return::Hidden { .. } => Vec::new(),
            Return::Pass(arg) => arg.pieces().to_vec(),
        };
        let shim = match plan.vector_count {
            Some(vectors) => Some(Shim { target: sequences.put_target(convention, plan.stack_size)?, vectors }),
            None => None,
        };
        Ok(Self { params: sequences.into_params(convention, busy), returns, shim, call_conv: call_conv(abi) })
    }

    /// Returns the signature for `call_indirect`.
    pub(crate) fn signature(&self) -> ir::Signature {
        let mut signature = ir::Signature::new(self.call_conv);
        signature.params.extend(self.params.iter().map(|param| match param.content.copied() {
            Some(size) => AbiParam::special(types::I64, ArgumentPurpose::StructArgument(size)),
            None => AbiParam::new(param.ty),
        }));
        signature.returns.extend(self.returns.iter().map(|piece| AbiParam::new(word_type(piece))));
        signature
    }
}

/// Returns Cranelift's name of a convention.
pub(crate) const fn call_conv(abi: Abi) -> CallConv {
    match abi {
        Abi::SysV64 => CallConv::SystemV,
    }
}

/// Returns the type of the word that a piece becomes.
pub(crate) fn word_type(piece: &Piece) -> ir::Type {
    match (piece.loc, piece.len) {
        (Loc::Float(_), 4) => types::F32,
        (Loc::Float(_), _) => types::F64,
        (_, 16) => types::I8X16,
        _ => types::I64,
    }
}

/// The words by place while they are collected.
struct WordSequences {
    registers: ByRegister<Param>,
    stack: Vec<(u32, Param)>,
    block_words: usize,
}

impl WordSequences {
    fn put(&mut self, loc: Loc, param: Param) -> Result<(), JitError> {
        if let Loc::Stack(offset) = loc {
            self.stack.push((offset, param));
            return Ok(());
        }
        self.registers.put(loc, param)
    }

    fn put_piece(&mut self, arg: usize, piece: Piece) -> Result<(), JitError> {
        self.put(piece.loc, Param { content: Content::Piece { arg, piece }, ty: word_type(&piece) })
    }

    /// Puts a block as words. They have 16 bytes while the stack is aligned to 16 and the block is large enough, then 8
    /// bytes, and at the end fewer.
    fn put_block(&mut self, arg: usize, size: u32, loc: Loc) -> Result<(), JitError> {
        let Loc::Stack(stack) = loc else { return Err(JitError::Place { loc }) };
        let mut at = 0;
        if size > MAX_WORDS || (size >= 8 && self.block_words >= MAX_BLOCK_WORDS) {
            at = size & !7;
            self.put(loc, Param { content: Content::Memcpy { arg, size: at }, ty: types::I64 })?;
        }
        let before = stack % 16;
        let vectors = size.saturating_sub(before) / 16 >= MIN_VECTORS;
        while at < size {
            let left = size - at;
            let vector = vectors && left >= 16 && (stack + at).is_multiple_of(16);
            let len = if vector { 16 } else { left.min(8) as u8 };
            self.put_piece(arg, Piece { offset: at, len, loc: Loc::Stack(stack + at), ext: Ext::None })?;
            at += u32::from(len);
            self.block_words += 1;
        }
        Ok(())
    }

    /// Puts the function's address into a place without an argument.
    fn put_target(&mut self, convention: &Convention, stack_size: u32) -> Result<ShimTarget, JitError> {
        let target = Param { content: Content::Target, ty: types::I64 };
        let used = self.registers.int_len() as u8;
        if usize::from(used) < convention.arguments.int.len() {
            self.put(Loc::Int(used), target)?;
            Ok(ShimTarget::Register(used))
        } else {
            self.put(Loc::Stack(stack_size), target)?;
            Ok(ShimTarget::Stack(convention.shadow + stack_size))
        }
    }

    /// Stack words wait in registers until all are loaded. Words that find no free integer register travel through
    /// float registers, because saving and restoring callee-saved registers costs more than padding the float sequence.
    fn spread_stack_words(&mut self, convention: &Convention, busy: usize) {
        let ints = self.registers.int_count();
        let free = convention.int_scratch.len().saturating_sub(ints + busy);
        let words = self.stack.iter_mut().filter(|(_, param)| param.ty == types::I64);
        for (_, param) in words.skip(free) {
            if let Content::Piece { piece: Piece { len, ext: Ext::None, .. }, .. } = param.content {
                match len {
                    8 => param.ty = types::F64,
                    4 => param.ty = types::F32,
                    _ => {}
                }
            }
        }
    }

    fn into_params(mut self, convention: &Convention, busy: usize) -> Vec<Param> {
        let padding = |ty| Param { content: Content::Padding, ty };
        self.spread_stack_words(convention, busy);
        if !self.stack.is_empty() {
            self.registers.reach_int(convention.arguments.int.len());
        }
        // Any float word on the stack, which is live until it is copied into the registers before it.
        let float = self.stack.iter().map(|(_, param)| param.ty).find(|ty| ty.is_float() || ty.is_vector());
        if float.is_some() {
            self.registers.reach_float(convention.arguments.float.len());
        }
        let filler = |loc: Loc| padding(if loc.is_float() { float.unwrap_or(types::F64) } else { types::I64 });
        let registers = self.registers.in_order(convention.order, filler);
        let mut params: Vec<_> = registers.into_iter().map(|(_, param)| param).collect();
        let mut next = 0;
        for (offset, param) in self.stack {
            while next < offset {
                params.push(padding(types::I64));
                next += convention.stack_word;
            }
            next += param.content.copied().unwrap_or_else(|| param.ty.bytes().max(convention.stack_word));
            params.push(param);
        }
        params
    }
}
