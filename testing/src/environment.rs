//! The floating-point environment of a thread: x86's control and status register, MXCSR.

use std::arch::asm;
use std::hint::black_box;

/// Denormal numbers count as 0, as operands (DAZ) and as results (FTZ). `-ffast-math` sets both.
pub const TINY_IS_ZERO: u32 = 1 << 6 | 1 << 15;

/// The rounding modes: to nearest, down, up, to zero.
pub const ROUNDINGS: [u32; 4] = [0, 1 << 13, 2 << 13, 3 << 13];

/// FE_INVALID: an operand that the instruction has no result for.
pub const INVALID: u32 = 1;

/// No exception traps.
const MASKED: u32 = 0x1f80;
const FLAGS: u32 = 0x3f;

fn set(register: u32) {
    // SAFETY: the callers restore the register, and do not rely on computations in between.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &register, options(nostack)) };
}

fn get() -> u32 {
    let mut register = 0_u32;
    // SAFETY: it writes to the variable.
    unsafe { asm!("stmxcsr [{}]", in(reg) &mut register, options(nostack)) };
    register
}

/// Runs the body in an environment. Returns its result and the signalled exceptions.
#[inline(never)]
pub fn within<T>(environment: u32, body: impl FnOnce() -> T) -> (T, u32) {
    set(MASKED | environment);
    let result = black_box(body());
    let flags = get() & FLAGS;
    set(MASKED);
    (result, flags)
}

/// Runs the body where [`INVALID`] traps, which ends the process.
#[inline(never)]
pub fn where_invalid_traps<T>(body: impl FnOnce() -> T) -> T {
    set(MASKED & !(INVALID << 7));
    let result = black_box(body());
    set(MASKED);
    result
}

/// Returns true for the bits of NaNs that signal when they are converted.
pub fn is_signalling(bits: u64) -> bool {
    let size = bits & !(1 << 63);
    size > f64::INFINITY.to_bits() && size & 1 << 51 == 0
}

/// Returns true for the bits of a `float` NaN that signals when it is converted.
pub fn is_signalling_float(bits: u32) -> bool {
    let size = bits & !(1 << 31);
    size > f32::INFINITY.to_bits() && size & 1 << 22 == 0
}
