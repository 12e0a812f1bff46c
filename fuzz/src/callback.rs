//! Callees of the other direction: stubs of hotcall, whose handler compares the arguments that reach it with a case.
//! The handler answers by itself or by a call of its own.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr;

use hotcall_jit::{JitError, Scalar, Stub, StubPool, ThunkCode, Trampoline, Type, Use, Which};
use hotcall_testing::random::slot;

use crate::case::{self, Case, JUNK, Record, Wrong};

/// The alignment of an aggregate's bytes in a handler.
const AGGREGATE_ALIGN: usize = 16;

/// The handler's action after it has compared the arguments.
#[derive(Debug)]
pub enum Then {
    /// Writes the case's result.
    Answer,
    /// Passes its slots and its result to this trampoline, which calls this function.
    Call(Trampoline, *const c_void),
}

/// The context of a handler.
struct Handling<'a> {
    case: &'a Case,
    then: Then,
    record: Record,
}

/// A stub bound to a handler for one case.
pub struct Callback<'a> {
    pool: &'static StubPool,
    stub: ManuallyDrop<Stub>,
    handling: *mut Handling<'a>,
}

impl<'a> Callback<'a> {
    /// Takes a stub, which is given back on drop. The handler answers by itself.
    ///
    /// # Errors
    ///
    /// Memory for stubs is missing.
    ///
    /// # Safety
    ///
    /// The thunk was made for the case's signature.
    pub unsafe fn new(thunk: &'static ThunkCode, case: &'a Case) -> Result<Self, JitError> {
        let pool = thunk.stubs(Use::Plain);
        let stub = pool.take()?;
        let handling = Box::into_raw(Box::new(Handling { case, then: Then::Answer, record: Record::default() }));
        // SAFETY: this value holds the stub. The handler's context lives until the stub is retired, and calls are over
        // by then.
        unsafe { stub.bind(handle, handling.cast()) };
        Ok(Self { pool, stub: ManuallyDrop::new(stub), handling })
    }

    /// The address of the function.
    pub fn address(&self) -> *const c_void {
        self.stub.entry()
    }

    /// Changes the handler's action.
    ///
    /// # Safety
    ///
    /// * The trampoline was made for the case's signature, and captures errno if the case sets it.
    /// * Its target is a function of that signature, and may be called with any bytes as long as the handler may be.
    pub unsafe fn then(&mut self, then: Then) {
        // SAFETY: the context lives until drop, and no call is running.
        unsafe { (*self.handling).then = then };
    }

    /// The result that the caller got in the only call since the last time, unless the handler found a fault first.
    ///
    /// # Errors
    ///
    /// [`Wrong::Handler`], or the caller's error.
    pub fn take(&mut self, got: Result<Vec<u8>, Wrong>) -> Result<Vec<u8>, Wrong> {
        // SAFETY: the context lives until drop, and no call is running.
        let found = unsafe { (*self.handling).record.take() };
        found.map_err(|wrong| Wrong::Handler(Box::new(wrong))).and(got)
    }
}

impl Drop for Callback<'_> {
    fn drop(&mut self) {
        self.stub.retire();
        // SAFETY: this value holds the stub and is not used again. No call is running, and no other will reach the
        // handler.
        unsafe {
            // The shapes outnumber the static stubs.
            self.pool.free(ManuallyDrop::take(&mut self.stub));
            drop(Box::from_raw(self.handling));
        }
    }
}

unsafe extern "C-unwind" fn handle(handling: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the context belongs to the stub, and callers of the stub do not hold references to it.
    let Handling { case, then, record } = unsafe { &mut *handling.cast::<Handling<'_>>() };
    let arrived = Arrived { case, args: args.cast_mut(), result };
    record.add(arrived.handle(then));
    if let Some(errno) = case.errno {
        // SAFETY: this is the address of the thread's errno.
        unsafe { *libc::__errno_location() = errno };
    }
}

/// The memory that a thunk passes to its handler: a slot for each parameter, which for an aggregate is the address of
/// its bytes; and room for the result, at least a slot for a scalar.
struct Arrived<'a> {
    case: &'a Case,
    args: *mut u64,
    result: *mut u64,
}

impl Arrived<'_> {
    fn handle(&self, then: &Then) -> Result<(), Wrong> {
        let seen = self.arguments()?;
        self.case.compare_arguments(seen.iter().map(Vec::as_slice))?;
        self.check_result_is_fresh()?;
        match then {
            Then::Answer => self.answer(),
            Then::Call(trampoline, target) => self.call(trampoline, *target)?,
        }
        // The result does not overlap the arguments, and the callee owns copies.
        let now = self.arguments()?;
        if let Some(index) = now.iter().zip(&seen).position(|(now, then)| now != then) {
            return Err(Wrong::Changed { index });
        }
        self.spoil_arguments();
        Ok(())
    }

    /// The bytes of each argument.
    fn arguments(&self) -> Result<Vec<Vec<u8>>, Wrong> {
        let params = self.case.signature.params().iter().zip(&self.case.params).enumerate();
        let arguments = params.map(|(index, (ty, layout))| {
            let which = Which::Argument(index);
            // SAFETY: there is a slot for each parameter.
            let slot = unsafe { self.args.add(index).read() };
            if let Some(scalar) = ty.as_scalar() {
                return case::scalar_bytes(which, scalar, slot);
            }
            check_alignment(which, slot as usize, AGGREGATE_ALIGN)?;
            // SAFETY: the slot of an aggregate is the address of its bytes.
            Ok(unsafe { std::slice::from_raw_parts(slot as *const u8, layout.size as usize) }.to_vec())
        });
        arguments.collect()
    }

    /// The result without conversion: a whole slot for a scalar.
    fn result(&self) -> Vec<u8> {
        let size = if self.result_scalar().is_some() { size_of::<u64>() } else { self.case.answer.len() };
        // SAFETY: there is room for `size` bytes.
        unsafe { std::slice::from_raw_parts(self.result.cast::<u8>(), size) }.to_vec()
    }

    fn result_scalar(&self) -> Option<Scalar> {
        self.case.signature.result().and_then(Type::as_scalar)
    }

    /// Checks that the result is zero before it is written, and aligned for the value.
    fn check_result_is_fresh(&self) -> Result<(), Wrong> {
        let Some(layout) = &self.case.result else { return Ok(()) };
        let align = if self.result_scalar().is_some() { align_of::<u64>() } else { layout.align.into() };
        check_alignment(Which::Result, self.result as usize, align)?;
        let bytes = self.result();
        if bytes.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(Wrong::NotZero { bytes }) }
    }

    /// Writes the case's result. A slot is not in its canonical form, so that the thunk must extend it.
    fn answer(&self) {
        let answer = &self.case.answer;
        match self.result_scalar() {
            Some(scalar) => {
                let canonical = slot(scalar, answer);
                let used = u64::MAX >> (64 - 8 * scalar.size());
                let slot = match (scalar, canonical) {
                    // Every low byte other than 0 is true.
                    (Scalar::Bool, 1) => JUNK,
                    _ => canonical & used | JUNK & !used,
                };
                // SAFETY: a scalar's result has room for a slot.
                unsafe { self.result.write(slot) };
            }
            // SAFETY: there is room for an aggregate's bytes. `void` writes none.
            None => unsafe { ptr::copy_nonoverlapping(answer.as_ptr(), self.result.cast(), answer.len()) },
        }
    }

    /// Makes the target answer.
    fn call(&self, trampoline: &Trampoline, target: *const c_void) -> Result<(), Wrong> {
        let mut errno = self.case.errno.map_or(0, |errno| !errno);
        // SAFETY: the thunk's slots and result suit a trampoline. Both fit the target, by the contract of
        // `Callback::then`.
        unsafe { trampoline.entry()(target, self.args, self.result, &raw mut errno) };
        let got = match self.result_scalar() {
            // SAFETY: a scalar's result has room for a slot.
            Some(scalar) => case::scalar_bytes(Which::Result, scalar, unsafe { self.result.read() })?,
            None => self.result(),
        };
        self.case.compare_result(&got)?;
        match self.case.errno {
            Some(set) if set != errno => Err(Wrong::Errno { set, got: errno }),
            _ => Ok(()),
        }
    }

    /// Overwrites the arguments, which the handler owns. The caller must not see it.
    fn spoil_arguments(&self) {
        for (index, (ty, layout)) in self.case.signature.params().iter().zip(&self.case.params).enumerate() {
            // SAFETY: there is a slot for each parameter, and the slot of an aggregate is the address of its bytes.
            unsafe {
                let slot = self.args.add(index);
                if ty.as_scalar().is_none() {
                    ptr::write_bytes(slot.read() as *mut u8, 0x5a, layout.size as usize);
                }
                slot.write(JUNK);
            }
        }
    }
}

fn check_alignment(which: Which, address: usize, align: usize) -> Result<(), Wrong> {
    if address.is_multiple_of(align) { Ok(()) } else { Err(Wrong::Unaligned { which, address, align }) }
}
