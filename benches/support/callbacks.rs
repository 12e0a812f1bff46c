//! The compared ways to be called back: a shape's caller calls a pointer that leads into one handler. Also the ways to make
//! these pointers.

use std::error::Error;
use std::ffi::c_void;
use std::hint::black_box;
use std::io;
use std::ptr;
use std::slice;

use hotcall::{Callback, OnPanic, RawCallback, RawHandler, Slot, Thunk};
use libffi::low::{self, CodePtr};
use libffi::middle::Cif;
use libffi::raw::{ffi_cif, ffi_closure, ffi_prep_closure_loc};
use libloading::Library;

use crate::support::c::{address, compile};
use crate::support::libffi_types::cif;
use crate::support::shapes::{Arg, Direct, Shape};

/// C's callbacks.
pub(crate) struct CCallbacks(Library);

impl CCallbacks {
    pub(crate) fn build() -> io::Result<Self> {
        compile("callbacks", &["-O3", "-fno-stack-protector"]).map(Self)
    }

    /// The callback of this shape; all of them call `handler` from now on.
    fn get(&self, shape: &str, handler: RawHandler) -> io::Result<*const c_void> {
        let variable = address(&self.0, "handler")?.cast_mut().cast::<RawHandler>();
        // SAFETY: callbacks.c has a variable of this name and type, which nothing reads now.
        unsafe { *variable = handler };
        address(&self.0, shape)
    }
}

/// The owner of the called pointer.
pub(crate) const INVOKED: [&str; 3] = ["hotcall", "c", "libffi"];

/// One shape's caller with three callbacks, whose handlers are equivalent.
pub(crate) struct Invoked {
    callers: [Direct; 3],
    _raw: RawCallback,
    _closure: Closure,
}

impl Invoked {
    pub(crate) fn new(c: &CCallbacks, shape: &Shape) -> Result<Self, Box<dyn Error>> {
        let thunk = Thunk::new(&shape.signature)?;
        let handler = Handler::of(shape);
        // SAFETY: the handler reads the shape's arguments and writes its result.
        let raw = unsafe { Callback::raw(&thunk, handler.slots, ptr::null_mut()) }?;
        let closure = Closure::new(shape, handler.libffi)?;
        let addresses = [raw.as_ptr(), c.get(shape.name, handler.slots)?, closure.code.as_ptr()];
        let invoked = Self { callers: addresses.map(shape.direct), _raw: raw, _closure: closure };
        let [expected, others @ ..] = invoked.callers.each_ref().map(|caller| (caller.result)());
        let first = shape.args.first().and_then(|arg| match arg {
            Arg::Slot(slot) => Some(*slot),
            Arg::Struct(words) => words.first().copied(),
        });
        if expected.first().map(|word| *word as u8) != first.map(|word| word as u8) {
            return Err(format!("{}: the handler gives {expected:x?}, not {first:x?}", shape.name).into());
        }
        // libffi's narrow arguments come without their extension.
        let low = |words: &[u64]| words.iter().map(|word| *word as u32).collect::<Vec<_>>();
        for (name, result) in INVOKED[1..].iter().zip(others) {
            if low(&result) != low(&expected) {
                return Err(format!("{}: {name} gives {result:x?}, not {expected:x?}", shape.name).into());
            }
        }
        Ok(invoked)
    }

    pub(crate) fn run(&self, way: usize, n: u64) {
        (self.callers[way].run)(n);
    }
}

/// The handlers of a shape's callbacks, for slots and for libffi.
struct Handler {
    slots: RawHandler,
    libffi: FfiHandler,
}

type FfiHandler = unsafe extern "C" fn(&ffi_cif, *mut c_void, *const *const c_void, *mut c_void);

impl Handler {
    fn of(shape: &Shape) -> Self {
        match (shape.args.first(), shape.name) {
            (None, _) => Self { slots: nothing, libffi: ffi_nothing },
            (Some(Arg::Struct(_)), _) => Self { slots: first_word, libffi: ffi_first::<1> },
            (_, "struct16_out") => Self { slots: spread::<2>, libffi: ffi_first::<2> },
            (_, "struct32_out") => Self { slots: spread::<4>, libffi: ffi_first::<4> },
            _ => Self { slots: spread::<1>, libffi: ffi_first::<1> },
        }
    }
}

unsafe extern "C" fn nothing(_: *mut c_void, _: *const Slot, _: *mut Slot) {}

/// The first slot, `N` times.
unsafe extern "C" fn spread<const N: usize>(_: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: the shapes that use it have an argument, and a result of `N` words.
    unsafe { slice::from_raw_parts_mut(result, N).fill(*args) };
}

/// The first word of the struct behind the first slot.
unsafe extern "C" fn first_word(_: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: the shapes that use it have a struct of at least eight bytes as their argument.
    unsafe { *result = *(*args).as_ptr() };
}

unsafe extern "C" fn ffi_nothing(_: &ffi_cif, _: *mut c_void, _: *const *const c_void, _: *mut c_void) {}

/// The first eight bytes of the first argument, `N` times. (libffi gives the address of a narrower integer's register.)
unsafe extern "C" fn ffi_first<const N: usize>(
    _: &ffi_cif,
    result: *mut c_void,
    args: *const *const c_void,
    _: *mut c_void,
) {
    // SAFETY: the shapes that use it have an argument, and a result of `N` words; libffi's arguments and results lie in whole
    // words.
    unsafe { slice::from_raw_parts_mut(result.cast(), N).fill(*(*args).cast::<u64>()) };
}

/// libffi's callback.
struct Closure {
    closure: *mut ffi_closure,
    code: CodePtr,
    /// The closure points to it.
    _cif: Box<Cif>,
}

impl Closure {
    fn new(shape: &Shape, handler: FfiHandler) -> Result<Self, Box<dyn Error>> {
        let cif = Box::new(cif(shape)?);
        let (closure, code) = low::closure_alloc();
        // SAFETY: the closure was just allocated, and the cif is kept as long.
        unsafe { prepare(closure, &cif, handler, code) };
        Ok(Self { closure, code, _cif: cif })
    }
}

/// # Safety
///
/// `closure` and `code` were allocated together; the cif lives as long.
unsafe fn prepare(closure: *mut ffi_closure, cif: &Cif, handler: FfiHandler, code: CodePtr) {
    // SAFETY: the handler is what libffi's C declares; a reference to the cif is its address.
    let status = unsafe {
        let handler = std::mem::transmute::<
            FfiHandler,
            unsafe extern "C" fn(*mut ffi_cif, *mut c_void, *mut *mut c_void, *mut c_void),
        >(handler);
        ffi_prep_closure_loc(closure, cif.as_raw_ptr(), Some(handler), ptr::null_mut(), code.as_mut_ptr())
    };
    assert_eq!(status, 0, "libffi refuses a closure");
}

impl Drop for Closure {
    fn drop(&mut self) {
        // SAFETY: it was allocated, and nobody calls it any more.
        unsafe { low::closure_free(self.closure) };
    }
}

/// Makes and closes callbacks of one shape: raw ones, closures, libffi's.
pub(crate) struct Made {
    thunk: Thunk,
    cif: Cif,
}

impl Made {
    pub(crate) fn new(shape: &Shape) -> Result<Self, Box<dyn Error>> {
        Ok(Self { thunk: Thunk::new(&shape.signature)?, cif: cif(shape)? })
    }

    pub(crate) fn run(&self, way: usize, n: u64) {
        match way {
            0 => self.raw(n),
            1 => self.closure(n),
            _ => self.libffi(n),
        }
    }

    #[inline(never)]
    fn raw(&self, n: u64) {
        for _ in 0..n {
            // SAFETY: nobody calls it.
            let callback = unsafe { Callback::raw(&self.thunk, nothing, ptr::null_mut()) };
            black_box(callback.expect("there is memory for one callback").as_ptr());
        }
    }

    #[inline(never)]
    fn closure(&self, n: u64) {
        for i in 0..n {
            // It captures a word, as closures do.
            let handler = move |call: &mut hotcall::Call<'_>| call.set_slot(i).expect("the shape has a result");
            let callback = Callback::sync(&self.thunk, OnPanic::Catch, handler);
            black_box(callback.expect("there is memory for one callback").as_ptr());
        }
    }

    #[inline(never)]
    fn libffi(&self, n: u64) {
        for _ in 0..n {
            let (closure, code) = low::closure_alloc();
            // SAFETY: the closure was just allocated, and the cif lives longer.
            unsafe { prepare(closure, &self.cif, ffi_nothing, code) };
            black_box(code.as_ptr());
            // SAFETY: nobody calls it.
            unsafe { low::closure_free(closure) };
        }
    }
}
