//! The floating-point control registers of the calling thread, saved and restored.
//!
//! Initialisers, finalisers and the resolvers of indirect functions may change how the thread calculates. For example,
//! GCC before 13 links `crtfastmath.o` to libraries made with `-ffast-math`. Its initialiser sets FTZ and DAZ, so that
//! denormals become zero.
//!
//! Only control bits are restored. The sticky flags of exceptions stay as C left them, as after any call of C. The
//! flags of the x87 unit are an exception: they are cleared if its control word has to be restored.
//!
//! | target | what is restored |
//! |---|---|
//! | x86-64 | MXCSR (Intel SDM volume 1, 10.2.3) and the control word of the x87 unit (8.1.5) |
//! | AArch64 | FPCR (Arm ARM, C5.2.8); the sticky flags are another register |
//! | RISC-V | `frm`, the rounding mode (ISA manual, "F" extension); denormals are never flushed there |
//! | others | nothing |

/// Restores the control bits when it is dropped.
pub(crate) struct Restore(u64);

impl Restore {
    /// Saves the control bits of this thread.
    pub(super) fn later() -> Self {
        Self(imp::read())
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if imp::read() != self.0 {
            imp::write(self.0);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod imp {
    use std::arch::asm;

    /// The sticky flags in MXCSR.
    const FLAGS: u32 = 0x3f;

    /// The control bits of MXCSR, and above them the control word of the x87 unit.
    pub(super) fn read() -> u64 {
        u64::from(mxcsr() & !FLAGS) | u64::from(x87()) << 32
    }

    pub(super) fn write(before: u64) {
        let (control, word) = (before as u32 | mxcsr() & FLAGS, (before >> 32) as u16);
        // SAFETY: the control bits were read from the register, so all reserved ones are zero. The code before this one
        // runs with them.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack, preserves_flags, readonly)) };
        if word != x87() {
            // A flag that is set and no longer masked would raise SIGFPE at the next x87 instruction, so the flags are
            // cleared.
            // SAFETY: the control word was read from the register.
            unsafe { asm!("fnclex", "fldcw [{}]", in(reg) &raw const word, options(nostack, readonly)) };
        }
    }

    fn mxcsr() -> u32 {
        let mut mxcsr = 0;
        // SAFETY: this stores the register to a variable of its size.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack, preserves_flags)) };
        mxcsr
    }

    fn x87() -> u16 {
        let mut word = 0;
        // SAFETY: this stores the register to a variable of its size.
        unsafe { asm!("fnstcw [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
        word
    }
}

#[cfg(target_arch = "aarch64")]
mod imp {
    use std::arch::asm;

    pub(super) fn read() -> u64 {
        let control;
        // SAFETY: reading the register has no effect.
        unsafe { asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags)) };
        control
    }

    pub(super) fn write(before: u64) {
        // SAFETY: the value was read from the register, so the code before this one runs with it.
        unsafe { asm!("msr fpcr, {}", in(reg) before, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "riscv64")]
mod imp {
    use std::arch::asm;

    pub(super) fn read() -> u64 {
        let control;
        // SAFETY: reading the register has no effect.
        unsafe { asm!("frrm {}", out(reg) control, options(nomem, nostack, preserves_flags)) };
        control
    }

    pub(super) fn write(before: u64) {
        // SAFETY: the value was read from the register, so the code before this one runs with it.
        unsafe { asm!("fsrm {}", in(reg) before, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod imp {
    pub(super) const fn read() -> u64 {
        0
    }

    pub(super) const fn write(_before: u64) {}
}
