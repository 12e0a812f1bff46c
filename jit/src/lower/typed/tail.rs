//! Native functions that only check their arguments and move them: the code jumps to C, which returns to the caller.
//!
//! That saves a frame, a call and a return: a third of what an optimised call costs. Cranelift has no jumps to functions of C's
//! convention, so these few instructions are assembled here, for System V x86-64 and functions whose exit is a flag, or whose
//! arguments are never refused where the caller looks for exceptions. All others are compiled.
//!
//! The arguments keep their order, so that each one's place mostly lies at or before the place it arrives in, and moving them one
//! after the other overwrites none that is still to be moved. Where it would, the function is compiled.

use cranelift_assembler_x64::{Amode, AmodeOffset, AmodeOffsetPlusKnownOffset, Inst, Registers, inst};

use super::Native;
use crate::abi::Abi;
use crate::compile::{Compiled, Hole};
use crate::numbers::power;
use crate::plan::{Arg, Ext, Loc, Piece, Return};
use crate::shape::TypedParam;
use crate::typed::{Exit, Narrowing, Role, Small};
use crate::types::Scalar;
use crate::values::{Pending, RecordHead};

/// Code that jumps to its record's target.
pub(crate) struct Tail {
    pub(crate) compiled: Compiled,
    /// Where in it a closed record's target is: what refuses the call.
    pub(crate) closed: usize,
}

/// The code, if the function is one of this kind.
pub(crate) fn assemble(native: &Native<'_>) -> Option<Tail> {
    let moves = moves(native)?;
    if !returns_as_c(native) || native.typed.plan.stack_size > native.plan.stack_size {
        return None;
    }
    let refusal = refusal(native, &moves)?;
    let mut code = Code::default();
    if let Refusal::Flag { exit, kept: true, .. } = refusal {
        let exit = code.in_register(exit, R10);
        code.hole(RAX, Hole::Pending);
        code.store(exit, RAX, Pending::EXIT as i32);
    }
    moves.iter().for_each(|step| code.step(step));
    code.hole(R11, Hole::Record);
    if let Some(vectors) = native.typed.plan.vector_count {
        code.emit(inst::movl_oi::new(RAX, u32::from(vectors)));
    }
    code.emit(inst::jmpq_m::new(memory(R11, RecordHead::TARGET as i32)));
    let closed = code.refused(&refusal);
    Some(Tail { compiled: Compiled::template(code.bytes, code.holes), closed })
}

/// What a refused call does. The parameter of the exit arrives in `exit`.
enum Refusal {
    /// Sets the flag that is at this offset of what the parameter points to. That is `kept` in the cell: for callbacks, or because
    /// an argument is moved to where it arrives.
    Flag { exit: Loc, offset: i32, kept: bool },
    /// Jumps to this helper, with the parameter if there is one. No argument is refused: the function is closed.
    Raise { exit: Option<Loc>, helper: u64 },
}

fn refusal(native: &Native<'_>, moves: &[Step]) -> Option<Refusal> {
    let Native { model, needs, .. } = native;
    let exit = model.exit_parameter().map(|param| native.piece(param).loc);
    let overwritten = exit.is_some_and(|exit| moves.iter().any(|step| step.to == exit));
    match (model.exit, exit) {
        (Exit::Flag { offset }, Some(exit)) => {
            Some(Refusal::Flag { exit, offset: offset.try_into().ok()?, kept: overwritten || !model.caller_looks })
        }
        (Exit::Raise, exit) if model.caller_looks && !overwritten && !moves.iter().any(Step::refuses) => {
            Some(Refusal::Raise { exit, helper: needs.helpers.raise as *const () as u64 })
        }
        _ => None,
    }
}

/// A general register, by its number in instructions.
type Register = u8;

const RAX: Register = 0;
const RSP: Register = 4;
const R10: Register = 10;
const R11: Register = 11;

/// rdi, rsi, rdx, rcx, r8, r9
const ARGUMENTS: [Register; 6] = [7, 6, 2, 1, 8, 9];

/// From the stack pointer to the first stack argument: the return address.
const STACK_ARGUMENTS: i32 = 8;

/// What integers are converted back to, to be compared with the number that they came from.
const XMM15: u8 = 15;

/// An argument's way.
struct Step {
    from: Loc,
    to: Loc,
    form: Form,
}

impl Step {
    const fn refuses(&self) -> bool {
        match self.form {
            Form::Float | Form::Integer { narrowing: None, .. } => false,
            Form::Integer { .. } | Form::Number(_) | Form::Small { .. } => true,
        }
    }
}

/// What an argument is on its way.
enum Form {
    /// A float, which stays as it is.
    Float,
    /// An integer of so many bytes as it arrives, where nothing is promised of the bytes above them. C reads `room` bytes, which
    /// are 4 at least.
    Integer { narrowing: Option<Narrowing>, len: u8, ext: Ext, room: u8 },
    /// A `double` that must be an integer of this type.
    Number(Scalar),
    /// The handle of a word that must be an integer.
    Small { indirect: bool, small: Small, narrowing: Option<Narrowing> },
}

/// The arguments' ways, if there are no others than this file knows.
fn moves(native: &Native<'_>) -> Option<Vec<Step>> {
    if [native.model.abi, native.abi] != [Abi::SysV64; 2] || native.model.result().is_some() {
        return None;
    }
    let args = native.arguments().zip(&native.typed.plan.args);
    let steps = args.map(|((param, role, c), arg)| {
        let TypedParam::Scalar(c) = c else { return None };
        let (from, to) = (native.piece(param).loc, single(arg)?.loc);
        let form = form(native, param, role, c)?;
        let way = match form {
            Form::Float => !matches!((from, to), (Loc::Float(_), Loc::Stack(_))),
            Form::Number(_) => from.is_float() && !to.is_float(),
            Form::Integer { .. } | Form::Small { .. } => !(matches!(from, Loc::Int(_)) && matches!(to, Loc::Stack(_))),
        };
        way.then_some(Step { from, to, form })
    });
    let steps: Vec<_> = steps.collect::<Option<_>>()?;
    let overwrites = |(index, step): (usize, &Step)| steps[index + 1..].iter().any(|later| later.from == step.to);
    if steps.iter().enumerate().any(overwrites) { None } else { Some(steps) }
}

fn form(native: &Native<'_>, param: usize, role: Role, c: Scalar) -> Option<Form> {
    match role {
        // Without a helper, what is no small integer leaves the call; that is for types alone of which all are small, and for
        // callers that make it again.
        Role::Handle(handles) if c.size() <= 4 && c != Scalar::Bool => {
            let handles = &native.model.handles[usize::from(handles)];
            let small = handles.integers?;
            let mask = i32::try_from(small.tag.mask).ok().filter(|_| small.tag.bits == 0);
            mask.map(|_| Form::Small { indirect: handles.indirect, small, narrowing: small.narrowing(c) })
        }
        Role::Argument => scalar_form(native.scalar(param), c),
        Role::Ignored | Role::Handle(_) | Role::Result(_) | Role::Exit => None,
    }
}

fn scalar_form(from: Scalar, c: Scalar) -> Option<Form> {
    if from.is_float() && from == c {
        return Some(Form::Float);
    }
    if from == Scalar::F64 && !c.is_float() && c.size() <= 4 {
        return Some(Form::Number(c));
    }
    if from.is_float() || c.is_float() {
        return None;
    }
    Some(Form::Integer {
        narrowing: Narrowing::between(from, c).filter(|_| c != Scalar::Bool),
        len: from.size() as u8,
        ext: Ext::by_type(from),
        room: c.size().max(4) as u8,
    })
}

fn single(arg: &Arg) -> Option<&Piece> {
    if arg.aggregate { None } else { arg.pieces().first() }
}

/// Whether what C leaves in registers is what the caller expects there.
fn returns_as_c(native: &Native<'_>) -> bool {
    let (Return::Pass(native_arg), Return::Pass(c)) = (&native.plan.ret, &native.typed.plan.ret) else { return false };
    match (native_arg.pieces(), c.pieces()) {
        ([], []) => true,
        ([native_piece], [_]) if !c.aggregate => {
            let (result, piece) = (native.typed.result.scalar(), native_piece);
            result.is_some_and(|scalar| {
                scalar.size() == u32::from(piece.len) && scalar.is_float() == piece.loc.is_float()
            })
        }
        _ => false,
    }
}

struct Regs;

impl Registers for Regs {
    type ReadGpr = Register;
    type ReadWriteGpr = Register;
    type WriteGpr = Register;
    type ReadXmm = u8;
    type ReadWriteXmm = u8;
    type WriteXmm = u8;
}

/// When a jump is taken.
#[derive(Clone, Copy)]
enum Condition {
    NotEqual,
    Negative,
    NotBelow,
}

#[derive(Default)]
struct Code {
    bytes: Vec<u8>,
    holes: Vec<(u32, Hole)>,
    /// Where the distances of the jumps are that lead to where arguments are refused.
    refusals: Vec<usize>,
    /// The bound of the last [`number`](Self::number), which R11 still holds.
    behind: Option<u64>,
}

impl Code {
    fn emit(&mut self, instruction: impl Into<Inst<Regs>>) {
        instruction.into().encode(&mut self.bytes);
    }

    /// An address that each copy of the code has.
    fn hole(&mut self, to: Register, hole: Hole) {
        self.movabs(to, 0);
        // The immediate ends the instruction.
        self.holes.push((self.bytes.len() as u32 - 8, hole));
    }

    fn movabs(&mut self, to: Register, value: u64) {
        self.emit(inst::movabsq_oi::new(to, value));
    }

    fn load(&mut self, to: Register, base: Register, offset: i32) {
        self.emit(inst::movq_rm::new(to, memory(base, offset)));
    }

    fn store(&mut self, from: Register, base: Register, offset: i32) {
        self.emit(inst::movq_mr::new(memory(base, offset), from));
    }

    /// The register of a word, which is loaded to `otherwise` if it lies on the stack.
    fn in_register(&mut self, place: Loc, otherwise: Register) -> Register {
        match place {
            Loc::Int(n) => ARGUMENTS[usize::from(n)],
            Loc::Stack(offset) => {
                self.load(otherwise, RSP, stack(offset));
                otherwise
            }
            Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer => {
                unreachable!("integers are in integer registers or on the stack")
            }
        }
    }

    fn step(&mut self, Step { from, to, form }: &Step) {
        let (from, to) = (*from, *to);
        match *form {
            Form::Float => self.float(from, to),
            Form::Integer { narrowing: None, len, room, .. } if from == to && len >= room => {}
            Form::Integer { narrowing: None, len, ext, room } => {
                let mut word = self.in_register(from, RAX);
                if len < room {
                    let new = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
                    self.extend(new, word, len, ext);
                    word = new;
                }
                self.place(word, to);
            }
            Form::Integer { narrowing: Some(narrowing), len, ext, room } => {
                let mut word = self.in_register(from, RAX);
                if len < 8 {
                    self.extend(RAX, word, len, ext);
                    word = RAX;
                }
                let checked = self.narrow(narrowing, word, to);
                if from != to || len < room {
                    self.place(checked, to);
                }
            }
            Form::Number(c) => self.number(c, from, to),
            Form::Small { indirect, small, narrowing } => {
                let handle = self.in_register(from, RAX);
                let word = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
                if indirect {
                    self.load(word, handle, 0);
                } else {
                    self.emit(inst::movq_rm::new(word, handle));
                }
                // The shorter of the instructions, where it will do.
                match u8::try_from(small.tag.mask) {
                    Ok(mask) => self.emit(inst::testb_mi::new(word, mask)),
                    Err(_) => self.emit(inst::testq_mi::new(word, small.tag.mask as i32)),
                }
                self.refuse_if(Condition::NotEqual);
                self.emit(inst::sarq_mi::new(word, small.shift));
                if let Some(narrowing) = narrowing {
                    self.narrow(narrowing, word, to);
                }
                self.place(word, to);
            }
        }
    }

    fn float(&mut self, from: Loc, to: Loc) {
        match (from, to) {
            (from, to) if from == to => {}
            (Loc::Float(from), Loc::Float(to)) => self.emit(inst::movaps_a::new(to, from)),
            // All of its place, whichever float it is.
            (Loc::Stack(from), Loc::Float(to)) => self.emit(inst::movsd_a_m::new(to, memory(RSP, stack(from)))),
            (from, to) => {
                let word = self.in_register(from, RAX);
                self.place(word, to);
            }
        }
    }

    /// Converts a `double` to an integer and back, and compares. The range is checked first: converting a number beyond it signals
    /// FE_INVALID. Bits are compared, since with DAZ a denormal number is equal to 0.
    fn number(&mut self, c: Scalar, from: Loc, to: Loc) {
        let Loc::Float(number) = from else { unreachable!("it is in a register") };
        let new = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
        let bits = c.size() as i32 * 8;
        // The bits without the sign, shifted by one, have the order of the numbers' sizes.
        self.emit(inst::movq_b::new(R10, number));
        self.emit(inst::addq_rm::new(R10, R10));
        let behind = if c.is_signed() {
            // One more for numbers without a sign, which is in the carry: -2ⁿ is in range, 2ⁿ is not.
            self.emit(inst::sbbq_mi_sxb::new(R10, -1));
            power(bits - 1) << 1 | 1
        } else {
            power(bits) << 1
        };
        if self.behind.replace(behind) != Some(behind) {
            self.movabs(R11, behind);
        }
        self.emit(inst::cmpq_rm::new(R10, R11));
        self.refuse_if(Condition::NotBelow);
        self.emit(inst::xorps_a::new(XMM15, XMM15));
        if c.is_signed() {
            self.emit(inst::cvttsd2si_a::new(new, number));
            self.emit(inst::cvtsi2sdl_a::new(XMM15, new));
        } else {
            self.emit(inst::cvttsd2si_aq::new(new, number));
            self.emit(inst::cvtsi2sdq_a::new(XMM15, new));
        }
        // Nothing differs but the sign, which that of -0 does.
        self.emit(inst::xorps_a::new(XMM15, number));
        self.emit(inst::movq_b::new(R10, XMM15));
        self.emit(inst::addq_rm::new(R10, R10));
        self.refuse_if(Condition::NotEqual);
        if !c.is_signed() {
            self.emit(inst::testq_mr::new(new, new));
            self.refuse_if(Condition::Negative);
        }
        self.place(new, to);
    }

    /// Checks an integer of 64 bits, which it extends on its way to its new register, if that is another one. Returns where it is.
    fn narrow(&mut self, narrowing: Narrowing, word: Register, to: Loc) -> Register {
        let Narrowing { signed, unsigned, not_negative } = narrowing;
        let new = other_register(to, word);
        let extended = signed.map(|size| (size, Ext::Sign)).or(unsigned.map(|size| (size, Ext::Zero)));
        if let Some((size, ext)) = extended {
            self.extend(new, word, (size / 8) as u8, ext);
            self.emit(inst::cmpq_rm::new(new, word));
            self.refuse_if(Condition::NotEqual);
        }
        if not_negative {
            self.emit(inst::testq_mr::new(word, word));
            self.refuse_if(Condition::Negative);
        }
        // What is equal may stay where it is.
        if extended.is_some() && new != R10 { new } else { word }
    }

    /// Extends the low `len` bytes of a register.
    fn extend(&mut self, to: Register, from: Register, len: u8, ext: Ext) {
        match (len, ext) {
            (1, Ext::Sign) => self.emit(inst::movsbq_rm::new(to, from)),
            (2, Ext::Sign) => self.emit(inst::movswq_rm::new(to, from)),
            (4, Ext::Sign) => self.emit(inst::movslq_rm::new(to, from)),
            (1, _) => self.emit(inst::movzbl_rm::new(to, from)),
            (2, _) => self.emit(inst::movzwl_rm::new(to, from)),
            (4, _) => self.emit(inst::movl_rm::new(to, from)),
            _ => self.emit(inst::movq_rm::new(to, from)),
        }
    }

    fn place(&mut self, from: Register, to: Loc) {
        match to {
            Loc::Int(n) if ARGUMENTS[usize::from(n)] == from => {}
            Loc::Int(n) => self.emit(inst::movq_rm::new(ARGUMENTS[usize::from(n)], from)),
            Loc::Stack(offset) => self.store(from, RSP, stack(offset)),
            Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer => {
                unreachable!("integers are in integer registers or on the stack")
            }
        }
    }

    fn refuse_if(&mut self, condition: Condition) {
        match condition {
            Condition::NotEqual => self.emit(inst::jne_d32::new(0)),
            Condition::Negative => self.emit(inst::js_d32::new(0)),
            Condition::NotBelow => self.emit(inst::jae_d32::new(0)),
        }
        self.refusals.push(self.bytes.len() - 4);
    }

    /// Where refused arguments lead, and calls of closed records. Returns where it is.
    fn refused(&mut self, refusal: &Refusal) -> usize {
        let here = self.bytes.len();
        for at in std::mem::take(&mut self.refusals) {
            let distance = (here - at - 4) as u32;
            self.bytes[at..][..4].copy_from_slice(&distance.to_le_bytes());
        }
        match *refusal {
            Refusal::Flag { offset, exit, kept } => {
                let exit = if kept {
                    self.hole(R10, Hole::Pending);
                    self.load(R10, R10, Pending::EXIT as i32);
                    R10
                } else {
                    self.in_register(exit, R10)
                };
                self.emit(inst::movb_mi::new(memory(exit, offset), 1));
                self.emit(inst::xorl_rm::new(RAX, RAX));
                self.emit(inst::xorps_a::new(0_u8, 0_u8));
                self.emit(inst::retq_zo::new());
            }
            Refusal::Raise { exit, helper } => self.raise(exit, helper),
        }
        here
    }

    /// Jumps to the helper, for no argument in particular. What the exit arrives in may be a register of the helper's arguments, of
    /// which its own is written first.
    fn raise(&mut self, exit: Option<Loc>, helper: u64) {
        let [record, second, index, bits, ..] = ARGUMENTS;
        match exit {
            Some(exit) => {
                let exit = self.in_register(exit, R10);
                self.emit(inst::movq_rm::new(second, exit));
            }
            None => self.emit(inst::xorl_rm::new(second, second)),
        }
        self.hole(record, Hole::Record);
        for zero in [index, bits] {
            self.emit(inst::xorl_rm::new(zero, zero));
        }
        self.movabs(RAX, helper);
        self.emit(inst::jmpq_m::new(RAX));
    }
}

fn memory(base: Register, offset: i32) -> Amode<Register> {
    let simm32 = AmodeOffsetPlusKnownOffset { simm32: AmodeOffset::new(offset), offset: None };
    Amode::ImmReg { base, simm32, trap: None }
}

/// The register that is an argument's place, or one for the time being if it has none or the argument is there already.
fn other_register(to: Loc, word: Register) -> Register {
    let place = if let Loc::Int(n) = to { Some(ARGUMENTS[usize::from(n)]) } else { None };
    place.filter(|&place| place != word).unwrap_or(R10)
}

/// From the stack pointer to a stack argument.
const fn stack(offset: u32) -> i32 {
    STACK_ARGUMENTS + offset as i32
}
