//! The compared ways to call a shape's function. Each is a loop around one call through a pointer that the compiler cannot see
//! through.

use std::cell::UnsafeCell;
use std::error::Error;
use std::ffi::c_void;

use hotcall_jit::{Jit, Options, SlotsEntry, Trampoline};
use libffi::middle::Cif;
use libffi::raw::ffi_call;

use crate::support::libffi_types::cif;
use crate::support::shapes::{Arg, Direct, Shape};
use crate::trampolines::{CCode, Copied};

/// A way to call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// The compiled trampoline.
    Hotcall,
    /// The trampoline as C has it, copied into code memory.
    C,
    /// A call through a pointer of the function's type.
    Direct,
    /// `ffi_call` with a prepared `ffi_cif`.
    Libffi,
    /// The universal trampoline, without code generation.
    Universal,
}

impl Way {
    pub(crate) const ALL: [Self; 5] = [Self::Hotcall, Self::C, Self::Direct, Self::Libffi, Self::Universal];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hotcall => "hotcall",
            Self::C => "c",
            Self::Direct => "direct",
            Self::Libffi => "libffi",
            Self::Universal => "universal",
        }
    }
}

/// All ways to call one shape's function, with the same arguments. Slots and results lie at the same addresses for all.
pub(crate) struct Contenders<'s> {
    /// The function that is called.
    pub(crate) target: *const c_void,
    pub(crate) trampoline: Trampoline,
    universal: Trampoline,
    pub(crate) c: Copied,
    direct: Direct,
    cif: Cif,
    /// The arguments as slots, and as libffi wants them: by address.
    slots: Box<[u64]>,
    addresses: Box<[*mut c_void]>,
    result: Box<UnsafeCell<Buffer>>,
    errno: Box<UnsafeCell<i32>>,
    /// Slots and addresses point to its arguments.
    pub(crate) shape: &'s Shape,
}

/// A result of any of the shapes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Buffer([u64; 8]);

impl<'s> Contenders<'s> {
    /// Sets all of them up, and checks that they agree on the result.
    pub(crate) fn new(jit: &Jit, code: &CCode, shape: &'s Shape) -> Result<Self, Box<dyn Error>> {
        let target = code.callee(shape.name)?;
        let slots: Box<[u64]> = shape.args.iter().map(Arg::slot).collect();
        let addresses = shape.args.iter().zip(&slots).map(|(arg, slot)| match arg {
            Arg::Slot(_) => std::ptr::from_ref(slot).cast_mut().cast(),
            Arg::Struct(words) => words.as_ptr().cast_mut().cast(),
        });
        let contenders = Self {
            target,
            trampoline: jit.slots(&shape.signature, Options::default())?,
            universal: Jit::universal()?.slots(&shape.signature, Options::default())?,
            c: code.trampoline(shape.name)?,
            direct: (shape.direct)(target),
            cif: cif(shape)?,
            addresses: addresses.collect(),
            slots,
            result: Box::new(UnsafeCell::new(Buffer([0; 8]))),
            errno: Box::new(UnsafeCell::new(0)),
            shape,
        };
        contenders.check()?;
        Ok(contenders)
    }

    fn check(&self) -> Result<(), String> {
        let mut expected = (self.direct.result)();
        expected.resize(8, 0);
        for way in [Way::Hotcall, Way::C, Way::Libffi, Way::Universal] {
            // SAFETY: nothing else refers to the buffer while no call runs.
            unsafe { *self.result.get() = Buffer([0; 8]) };
            self.run(way, 1);
            // SAFETY: nothing else refers to the buffer while no call runs.
            let Buffer(found) = unsafe { *self.result.get() };
            if found[..] != expected {
                return Err(format!("{}: {} gives {found:x?}, not {expected:x?}", self.shape.name, way.name()));
            }
        }
        Ok(())
    }

    /// Calls the function `n` times.
    pub(crate) fn run(&self, way: Way, n: u64) {
        match way {
            Way::Hotcall => self.run_slots(self.trampoline.entry(), n),
            Way::C => self.run_slots(self.c.entry(), n),
            Way::Direct => (self.direct.run)(n),
            Way::Libffi => self.run_libffi(n),
            Way::Universal => self.run_slots(self.universal.entry(), n),
        }
    }

    /// One loop for all trampolines, so that they differ by nothing but themselves.
    #[inline(never)]
    fn run_slots(&self, entry: SlotsEntry, n: u64) {
        let (target, slots) = (self.target, self.slots.as_ptr());
        let (result, errno) = (self.result.get().cast(), self.errno.get());
        for _ in 0..n {
            // SAFETY: the trampoline is for the target's signature, and the slots are arguments of its types.
            unsafe { entry(target, slots, result, errno) };
        }
    }

    #[inline(never)]
    fn run_libffi(&self, n: u64) {
        let (cif, addresses) = (self.cif.as_raw_ptr(), self.addresses.as_ptr().cast_mut());
        let result = self.result.get().cast();
        // SAFETY: a function pointer of any type may stand for another until it is called.
        let target = unsafe { std::mem::transmute::<*const c_void, Option<unsafe extern "C" fn()>>(self.target) };
        for _ in 0..n {
            // SAFETY: the cif is for the target's signature, and the addresses are of arguments of its types.
            unsafe { ffi_call(cif, target, result, addresses) };
        }
    }
}

impl Arg {
    fn slot(&self) -> u64 {
        match self {
            Self::Slot(slot) => *slot,
            Self::Struct(words) => words.as_ptr() as u64,
        }
    }
}
