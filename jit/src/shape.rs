//! What trampolines and thunks depend on: plans as they read them, and the key that they are shared by.

use crate::abi::Abi;
use crate::layout::Extent;
use crate::plan::{Arg, Ext, Loc, Pass, Piece, Plan, ResultForm, Return};
use crate::signature::Signature;
use crate::types::{Pointee, Scalar, Type};

/// What a trampoline does besides calling.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Options {
    /// Write `errno` to the entry's fourth argument straight after the call.
    pub capture_errno: bool,
}

/// The plan as a `slots` trampoline reads it: what makes no difference to it is made the same, so that signatures that
/// differ only there share one.
pub(crate) fn slots_plan(signature: &Signature, mut plan: Plan) -> Plan {
    for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
        arg.align = 1;
        let Some(scalar) = ty.as_scalar() else { continue };
        if let Pass::Pieces(pieces) = &mut arg.pass {
            pieces.iter_mut().for_each(|piece| widen(piece, scalar));
            arg.size = 8;
        }
    }
    match &mut plan.ret {
        Return::Hidden { size, align, .. } => (*size, *align) = (0, 1),
        Return::Pass(arg) => {
            arg.align = 1;
            if let (Some(scalar), Pass::Pieces(pieces)) =
                (signature.result().and_then(|ty| ty.as_scalar()), &mut arg.pass)
            {
                // The slot wants the type's extension, whatever the convention leaves in the register.
                pieces.iter_mut().for_each(|piece| piece.ext = Ext::by_type(scalar));
            }
        }
    }
    plan
}

/// A scalar whose place wants no more than its slot holds is the whole slot.
fn widen(piece: &mut Piece, scalar: Scalar) {
    if piece.ext == Ext::None || piece.ext == Ext::by_type(scalar) {
        piece.len = 8;
        piece.ext = Ext::None;
    }
}

/// The plan as a `values` trampoline reads it, with the types that values are converted by.
pub(crate) struct ValuesPlan {
    pub(crate) plan: Plan,
    /// `None`: a struct or union.
    pub(crate) params: Box<[Option<Scalar>]>,
    pub(crate) result: ValuesResult,
}

/// What becomes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ValuesResult {
    Void,
    Scalar(Scalar),
    /// A struct or union of so many bytes.
    Bytes(u32),
}

impl ValuesPlan {
    pub(crate) fn of(signature: &Signature, plan: Plan) -> Self {
        let plan = slots_plan(signature, plan);
        let params = signature.params().iter().map(|ty| ty.as_scalar().map(converted_as)).collect();
        let result = ValuesResult::of(signature, &plan);
        Self { plan, params, result }
    }

    /// How many parameters are of types that a helper converts, and may pin.
    #[cfg(feature = "cranelift")]
    pub(crate) fn pinnable(&self) -> usize {
        self.params.iter().filter(|param| param.is_none_or(is_pinnable)).count()
    }

    /// Whether arguments go to a buffer of slots before they go to their places.
    #[cfg(feature = "cranelift")]
    pub(crate) fn is_buffered(&self) -> bool {
        self.params.len() > MAX_IN_REGISTERS || self.params.iter().any(|param| param.is_none_or(may_need_helper))
    }
}

impl ValuesResult {
    fn of(signature: &Signature, plan: &Plan) -> Self {
        match (signature.result().map(Type::as_scalar), plan.ret.form()) {
            (None, _) => Self::Void,
            (Some(Some(scalar)), _) => Self::Scalar(converted_as(scalar)),
            (Some(None), ResultForm::Bytes(_)) => {
                // The normalised plan does not say how many there are where the caller provides the memory.
                Self::Bytes(signature.result().and_then(|ty| Extent::of(ty).ok()).map_or(0, |extent| extent.size))
            }
            (Some(None), ResultForm::Void | ResultForm::Slot) => unreachable!("an aggregate has bytes"),
        }
    }

    #[cfg(feature = "cranelift")]
    pub(crate) const fn scalar(self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            Self::Void | Self::Bytes(_) => None,
        }
    }
}

/// The plan as a native function of the `typed` entry reads it, with the types that arguments are checked by.
pub(crate) struct TypedPlan {
    pub(crate) plan: Plan,
    pub(crate) params: Box<[TypedParam]>,
    pub(crate) result: ValuesResult,
}

/// What an argument becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TypedParam {
    Scalar(Scalar),
    /// A struct or union of so many bytes.
    Bytes(u32),
}

impl TypedPlan {
    pub(crate) fn of(signature: &Signature, plan: Plan) -> Self {
        let mut plan = slots_plan(signature, plan);
        for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
            // It comes as a float and not as a slot.
            if let (Some(Scalar::F32), Pass::Pieces(pieces)) = (ty.as_scalar(), &mut arg.pass) {
                pieces.iter_mut().for_each(|piece| piece.len = 4);
            }
        }
        let param = |ty: &Type| match ty.as_scalar() {
            Some(scalar) => TypedParam::Scalar(scalar),
            None => TypedParam::Bytes(Extent::of(ty).map_or(0, |extent| extent.size)),
        };
        let params = signature.params().iter().map(param).collect();
        let result = ValuesResult::of(signature, &plan);
        Self { plan, params, result }
    }
}

/// The type for all that are converted the same way in machine code; what they mean to a helper it knows itself.
const fn converted_as(scalar: Scalar) -> Scalar {
    match scalar {
        Scalar::Isize => Scalar::I64,
        Scalar::Usize => Scalar::U64,
        Scalar::Pointer(_) => Scalar::Pointer(Pointee::Opaque),
        other => other,
    }
}

/// More parameters than this are unpacked to memory: a number that waits in a register while others are unpacked makes compiling
/// take longer for each of them.
#[cfg(feature = "cranelift")]
const MAX_IN_REGISTERS: usize = 14;

/// Whether arguments of the type may be converted by a helper: those that are pinned, and integers that have no class.
#[cfg(feature = "cranelift")]
pub(crate) const fn may_need_helper(scalar: Scalar) -> bool {
    is_pinnable(scalar) || (scalar.size() == 8 && !scalar.is_float())
}

/// Whether arguments of the type may be pinned, and are always converted by a helper.
#[cfg(feature = "cranelift")]
pub(crate) const fn is_pinnable(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Pointer(_))
}

/// The plan as a thunk reads it.
pub(crate) struct CallbackPlan {
    pub(crate) plan: Plan,
    /// Whether the result is a `bool`, of which C expects 0 or 1.
    pub(crate) returns_bool: bool,
}

impl CallbackPlan {
    /// What makes no difference to a thunk is made the same, so that signatures that differ only there share one.
    pub(crate) fn of(signature: &Signature, mut plan: Plan) -> Self {
        for (arg, ty) in plan.args.iter_mut().zip(signature.params()) {
            extend_by_type(arg, ty);
        }
        match (&mut plan.ret, signature.result()) {
            (Return::Pass(arg), Some(ty)) => extend_by_type(arg, ty),
            (Return::Hidden { align, .. }, _) => *align = 1,
            (Return::Pass(_), None) => {}
        }
        let returns_bool = signature.result().and_then(Type::as_scalar) == Some(Scalar::Bool);
        Self { plan, returns_bool }
    }
}

/// Slots are extended by type, whatever the convention promises; alignment shows in the places already.
fn extend_by_type(arg: &mut Arg, ty: &Type) {
    arg.align = 1;
    if let (Some(scalar), Pass::Pieces(pieces)) = (ty.as_scalar(), &mut arg.pass) {
        let ext = if scalar == Scalar::F32 { Ext::Zero } else { Ext::by_type(scalar) };
        pieces.iter_mut().for_each(|piece| piece.ext = ext);
    }
}

/// Everything that a trampoline or thunk depends on, as packed bytes: two normalised plans have the same shape exactly
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

    /// The shape of a `values` trampoline, for one model.
    pub(crate) fn values(abi: Abi, ValuesPlan { plan, params, result }: &ValuesPlan) -> Self {
        let mut packer = Packer(Vec::with_capacity(8 + 9 * params.len()));
        packer.entry(Entry::Values, abi);
        let scalar = |param: &Option<Scalar>| param.map_or(0, |scalar| scalar.index() + 1);
        packer.0.extend(params.iter().map(scalar));
        packer.result(*result);
        packer.plan(plan);
        Self(packer.0.into_boxed_slice())
    }

    /// The shape of a native function of the `typed` entry, for one model.
    pub(crate) fn typed(abi: Abi, TypedPlan { plan, params, result }: &TypedPlan) -> Self {
        let mut packer = Packer(Vec::with_capacity(8 + 9 * params.len()));
        packer.entry(Entry::Typed, abi);
        for param in params {
            match *param {
                TypedParam::Scalar(scalar) => packer.0.push(scalar.index() + 1),
                TypedParam::Bytes(size) => {
                    packer.0.push(0);
                    packer.number(size);
                }
            }
        }
        packer.result(*result);
        packer.plan(plan);
        Self(packer.0.into_boxed_slice())
    }

    /// The shape of a thunk.
    pub(crate) fn thunk(abi: Abi, CallbackPlan { plan, returns_bool }: &CallbackPlan) -> Self {
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
    Values,
    Typed,
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

    fn result(&mut self, result: ValuesResult) {
        match result {
            ValuesResult::Void => self.0.push(0),
            ValuesResult::Scalar(scalar) => self.0.extend([1, scalar.index()]),
            ValuesResult::Bytes(size) => {
                self.0.push(2);
                self.number(size);
            }
        }
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
