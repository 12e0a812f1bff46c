//! Functions that check arguments, move them and jump, on System V x86-64.

use cranelift_assembler_x64::{Amode, AmodeOffset, AmodeOffsetPlusKnownOffset, Inst, Registers, inst};

use crate::arch::jump::{ArgumentMove, Conversion, Jump, JumpCode, Refusal};
use crate::c::narrowing::Narrowing;
use crate::c::numbers::power;
use crate::c::scalar::Scalar;
use crate::convention::plan::{Ext, Loc};
use crate::convention::registers::Register;
use crate::convention::sysv64::CONVENTION;
use crate::engine::hole::Hole;
use crate::engine::record::{Pending, RecordHead};

/// Assembles the function.
pub(crate) fn assemble(jump: &Jump) -> JumpCode {
    let mut code = Assembly::default();
    if let Refusal::Flag { exit, kept: true, .. } = jump.refusal {
        let exit = code.in_register(exit, R10);
        code.hole(RAX, Hole::Pending);
        code.store(exit, RAX, Pending::EXIT as i32);
    }
    jump.moves.iter().for_each(|step| code.step(step));
    code.hole(R11, Hole::Record);
    if let Some(vectors) = jump.vector_count {
        code.emit(inst::movl_oi::new(RAX, u32::from(vectors)));
    }
    code.emit(inst::jmpq_m::new(memory(R11, RecordHead::TARGET as i32)));
    let closed = code.refused(&jump.refusal);
    JumpCode { bytes: code.bytes, holes: code.holes, closed }
}

pub(super) const RAX: Register = 0;
const RSP: Register = 4;
const R10: Register = 10;
pub(super) const R11: Register = 11;

/// The integer registers of arguments.
pub(super) const ARGUMENTS: &[Register] = CONVENTION.arguments.int;

/// Bytes from the stack pointer to the first stack argument: the return address.
const STACK_ARGUMENTS: i32 = 8;

/// Holds the integer that was converted back to a number, to compare it with the original.
const XMM15: u8 = 15;

pub(super) struct Regs;

impl Registers for Regs {
    type ReadGpr = Register;
    type ReadWriteGpr = Register;
    type WriteGpr = Register;
    type ReadXmm = u8;
    type ReadWriteXmm = u8;
    type WriteXmm = u8;
}

/// The condition of a jump.
#[derive(Clone, Copy)]
enum Condition {
    NotEqual,
    Negative,
    NotBelow,
}

#[derive(Default)]
struct Assembly {
    bytes: Vec<u8>,
    holes: Vec<(u32, Hole)>,
    /// The places in the code where distances of jumps belong. These jumps lead to the code that refuses arguments.
    refusals: Vec<usize>,
    /// The bound that the last [`number`](Self::number) left in R11.
    behind: Option<u64>,
}

impl Assembly {
    fn emit(&mut self, instruction: impl Into<Inst<Regs>>) {
        instruction.into().encode(&mut self.bytes);
    }

    /// Loads the address that each copy of the code has in this hole.
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

    /// Returns the register of a word. A word on the stack is first loaded to `otherwise`.
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

    fn step(&mut self, ArgumentMove { from, to, conversion }: &ArgumentMove) {
        let (from, to) = (*from, *to);
        match *conversion {
            Conversion::Float => self.float(from, to),
            Conversion::Integer { narrowing: None, len, room, .. } if from == to && len >= room => {}
            Conversion::Integer { narrowing: None, len, ext, room } => {
                let mut word = self.in_register(from, RAX);
                if len < room {
                    let new = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
                    self.extend(new, word, len, ext);
                    word = new;
                }
                self.place(word, to);
            }
            Conversion::Integer { narrowing: Some(narrowing), len, ext, room } => {
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
            Conversion::Number(c) => self.number(c, from, to),
            Conversion::Small { indirect, small, narrowing } => {
                let handle = self.in_register(from, RAX);
                let word = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
                if indirect {
                    self.load(word, handle, 0);
                } else {
                    self.emit(inst::movq_rm::new(word, handle));
                }
                // Uses the shorter instruction if the mask fits.
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
            // Loads the whole place, for either float type.
            (Loc::Stack(from), Loc::Float(to)) => self.emit(inst::movsd_a_m::new(to, memory(RSP, stack(from)))),
            (from, to) => {
                let word = self.in_register(from, RAX);
                self.place(word, to);
            }
        }
    }

    /// Converts a `double` to an integer and back, and compares. The range is checked first, because converting a
    /// number beyond it signals FE_INVALID. Bits are compared, because with DAZ a denormal number is equal to 0.
    fn number(&mut self, c: Scalar, from: Loc, to: Loc) {
        let Loc::Float(number) = from else { unreachable!("a number is in a register") };
        let new = if let Loc::Int(n) = to { ARGUMENTS[usize::from(n)] } else { RAX };
        let bits = c.size() as i32 * 8;
        // Without the sign, bits have the order of the numbers' magnitudes. The shift by one drops the sign.
        self.emit(inst::movq_b::new(R10, number));
        self.emit(inst::addq_rm::new(R10, R10));
        let behind = if c.is_signed() {
            // Adds 1 if the carry, which holds the sign, is clear: -2ⁿ is in range, 2ⁿ is not.
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
        // The bits differ at most in the sign, which they do for -0.
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

    /// Checks an integer of 64 bits. If the integer needs a new register, it is extended into that. Returns the
    /// register that holds it.
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
        // Equal words may stay in the first register.
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

    /// Emits the code that refused arguments and calls of closed records lead to. Returns its offset.
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

    /// Jumps to the helper, without an argument to blame. The exit's parameter may arrive in a register that the
    /// helper's arguments need, so its copy is written first.
    fn raise(&mut self, exit: Option<Loc>, helper: u64) {
        let &[record, second, index, bits, ..] = ARGUMENTS else { unreachable!("the convention has six registers") };
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

pub(super) fn memory(base: Register, offset: i32) -> Amode<Register> {
    let simm32 = AmodeOffsetPlusKnownOffset { simm32: AmodeOffset::new(offset), offset: None };
    Amode::ImmReg { base, simm32, trap: None }
}

/// Returns the register that is an argument's place. Returns R10 if the place is not a register or the argument is
/// already there.
fn other_register(to: Loc, word: Register) -> Register {
    let place = if let Loc::Int(n) = to { Some(ARGUMENTS[usize::from(n)]) } else { None };
    place.filter(|&place| place != word).unwrap_or(R10)
}

/// Bytes from the stack pointer to the stack argument at `offset`.
const fn stack(offset: u32) -> i32 {
    STACK_ARGUMENTS + offset as i32
}
