//! The floating-point control registers of the calling thread, saved and restored.
//!
//! Initialisers, finalisers and the resolvers of indirect functions may change how the thread calculates. GCC before 13
//! links `crtfastmath.o` to libraries made with `-ffast-math`: its initialiser sets FTZ and DAZ, and denormals become zero.
//!
//! Only control bits are restored. The sticky flags of exceptions stay as C left them, as after any call of C, except that
//! those of the x87 unit are cleared where its control word has to be restored.
//!
//! | target | what is restored |
//! |---|---|
//! | x86-64 | MXCSR (Intel SDM volume 1, 10.2.3) and the control word of the x87 unit (8.1.5) |
//! | AArch64 | FPCR (Arm ARM, C5.2.8); the sticky flags are another register |
//! | RISC-V | `frm`, the rounding mode (ISA manual, "F" extension); denormals are never flushed there |
//! | others | nothing |

/// Restores the control registers when it is dropped.
pub(super) struct Restore(imp::Control);

impl Restore {
    /// Saves the control registers of this thread.
    pub(super) fn later() -> Self {
        Self(imp::read())
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        let now = imp::read();
        if now != self.0 {
            imp::write(self.0, now);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod imp {
    use std::arch::asm;

    /// The sticky flags in MXCSR.
    const FLAGS: u32 = 0x3f;

    #[derive(Clone, Copy, Eq)]
    pub(super) struct Control {
        mxcsr: u32,
        x87: u16,
    }

    impl PartialEq for Control {
        fn eq(&self, other: &Self) -> bool {
            (self.mxcsr & !FLAGS, self.x87) == (other.mxcsr & !FLAGS, other.x87)
        }
    }

    pub(super) fn read() -> Control {
        let mut control = Control { mxcsr: 0, x87: 0 };
        // SAFETY: these store the two registers to fields of their sizes.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut control.mxcsr, options(nostack, preserves_flags));
            asm!("fnstcw [{}]", in(reg) &raw mut control.x87, options(nostack, preserves_flags));
        }
        control
    }

    pub(super) fn write(before: Control, now: Control) {
        let mxcsr = before.mxcsr & !FLAGS | now.mxcsr & FLAGS;
        // SAFETY: the control bits were read from the register, so all reserved ones are zero. They are those that the code
        // before this expects.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const mxcsr, options(nostack, preserves_flags, readonly)) };
        if before.x87 != now.x87 {
            // A flag that is set and no longer masked would raise SIGFPE at the next x87 instruction: clear the flags.
            // SAFETY: the control word was read from the register.
            unsafe { asm!("fnclex", "fldcw [{}]", in(reg) &raw const before.x87, options(nostack, readonly)) };
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod imp {
    use std::arch::asm;

    pub(super) type Control = u64;

    pub(super) fn read() -> Control {
        let control;
        // SAFETY: reading the register has no effect.
        unsafe { asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags)) };
        control
    }

    pub(super) fn write(before: Control, _now: Control) {
        // SAFETY: the value was read from the register, and is what the code before this expects.
        unsafe { asm!("msr fpcr, {}", in(reg) before, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "riscv64")]
mod imp {
    use std::arch::asm;

    pub(super) type Control = u64;

    pub(super) fn read() -> Control {
        let control;
        // SAFETY: reading the register has no effect.
        unsafe { asm!("frrm {}", out(reg) control, options(nomem, nostack, preserves_flags)) };
        control
    }

    pub(super) fn write(before: Control, _now: Control) {
        // SAFETY: the value was read from the register, and is what the code before this expects.
        unsafe { asm!("fsrm {}", in(reg) before, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod imp {
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(super) struct Control;

    pub(super) const fn read() -> Control {
        Control
    }

    pub(super) const fn write(_before: Control, _now: Control) {}
}
