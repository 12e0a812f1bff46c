//! Calls whose arguments are slots: the fast path, which compares no types.

use std::ptr;

use hotcall_jit::{Form, SlotsEntry, errno};

use super::error::CallError;
use super::function::{Function, FunctionState};
use super::owned_args::Aligned;
use crate::slots::slot::Slot;
use crate::slots::value_type::ValueType;

impl Function {
    /// The slot for a struct or union argument: the address of these bytes, which must live until the call returns.
    ///
    /// # Errors
    ///
    /// The parameter is not a struct or union, or its size is not the length of `bytes`.
    pub fn aggregate(&self, index: usize, bytes: &[u8]) -> Result<Slot, CallError> {
        let state = &self.state;
        let expected = state.size_of(index).ok_or_else(|| CallError::NotAggregate { function: state.name(), index })?;
        if bytes.len() != expected {
            return Err(state.wrong_type(index, ValueType::Bytes(bytes.len())));
        }
        Ok(bytes.as_ptr().into())
    }

    /// Calls the function with arguments in slots. Their types are not compared with the signature. The result is a
    /// scalar or `void` (an empty slot).
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::{Library, Signature, Type};
    ///
    /// // SAFETY: loading libm runs no code that could do harm.
    /// let libm = unsafe { Library::open("libm.so.6") }?;
    /// let pow = libm.function("pow", &Signature::new([Type::F64, Type::F64], Type::F64)?)?;
    /// // SAFETY: this is pow's signature, and these are slots of its types.
    /// assert_eq!(unsafe { pow.call_slots(&[2.0.into(), 10.0.into()]) }?.as_f64(), 1024.0);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    ///
    /// C++ exceptions and panics of `extern "C-unwind"` functions pass through.
    ///
    /// # Errors
    ///
    /// All are found before the call:
    /// * The library is closed.
    /// * The number of arguments is wrong.
    /// * The slot of a struct is null.
    /// * The result is a struct or union.
    ///
    /// # Safety
    ///
    /// * The function has this signature, and calling it with these arguments, on this thread, is sound.
    /// * The slots are in the canonical form of their parameters' types.
    /// * The slots of structs and unions are addresses of their bytes, all of which can be read.
    pub unsafe fn call_slots(&self, args: &[Slot]) -> Result<Slot, CallError> {
        self.state.check(args)?;
        self.state.check_slot_result()?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller promises that the call is sound. `args` has one slot for each parameter, and the result is
        // a slot.
        Ok(unsafe { self.invoke(entry, args, None) })
    }

    /// Does as [`Function::call_slots`] for a function whose result is a struct or union. All bytes of `result` are
    /// written. They need no particular alignment and may overlap arguments.
    ///
    /// # Errors
    ///
    /// All are found before the call:
    /// * The library is closed.
    /// * The number of arguments is wrong.
    /// * The slot of a struct is null.
    /// * The result is not a struct or union.
    /// * `result` does not have the result's length.
    ///
    /// # Safety
    ///
    /// The contract of [`Function::call_slots`].
    pub unsafe fn call_slots_into(&self, args: &[Slot], result: &mut [u8]) -> Result<(), CallError> {
        self.state.check(args)?;
        self.state.check_bytes_result(result.len())?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller promises that the call is sound. `args` has one slot for each parameter, and `result` has
        // the result's size.
        unsafe { self.invoke_into(entry, args, result, None) };
        Ok(())
    }

    /// Does as [`Function::call_slots`], and also returns errno straight after the call: 0 if the function did not
    /// touch it.
    ///
    /// # Errors
    ///
    /// The errors of [`Function::call_slots`], and at the first use errors of making code.
    ///
    /// # Safety
    ///
    /// The contract of [`Function::call_slots`].
    pub unsafe fn call_slots_errno(&self, args: &[Slot]) -> Result<(Slot, i32), CallError> {
        self.state.check(args)?;
        self.state.check_slot_result()?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller promises that the call is sound. `args` has one slot for each parameter, and `entry`
        // captures errno.
        let result = unsafe { self.invoke(entry, args, Some(&mut errno)) };
        Ok((result, errno))
    }

    /// Does as [`Function::call_slots_into`], and also returns errno straight after the call: 0 if the function did not
    /// touch it.
    ///
    /// # Errors
    ///
    /// The errors of [`Function::call_slots_into`], and at the first use errors of making code.
    ///
    /// # Safety
    ///
    /// The contract of [`Function::call_slots`].
    pub unsafe fn call_slots_into_errno(&self, args: &[Slot], result: &mut [u8]) -> Result<i32, CallError> {
        self.state.check(args)?;
        self.state.check_bytes_result(result.len())?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller promises that the call is sound. `args` has one slot for each parameter, `result` has the
        // result's size, and `entry` captures errno.
        unsafe { self.invoke_into(entry, args, result, Some(&mut errno)) };
        Ok(errno)
    }

    /// Calls the function without checks: two loads, a test whether it is compiled, and an indirect call of the
    /// trampoline.
    ///
    /// It is meant for runtimes that already know the facts which [`Function::call`] checks, and that keep `args` and
    /// `result` in place between calls.
    ///
    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`].
    /// * `args` has one slot for each parameter. Slots of structs and unions are not null.
    /// * `result` has room for the result: a slot for a scalar, or all bytes of a struct or union, aligned as its type
    ///   is. For `void` it is not touched.
    /// * The library may be closed, because the function keeps it mapped, and the call is not refused. The caller must
    ///   know that C may still be called.
    ///
    /// # Panics
    ///
    /// The function is lazy and was not [compiled](Function::compile), and memory for code is missing.
    #[inline]
    pub unsafe fn call_unchecked(&self, args: *const Slot, result: *mut Slot) {
        let entry = self.entry().expect("there is memory for the code of a lazy function");
        // SAFETY: the caller promises that the call is sound. Slots are the trampoline's `u64`, and this entry does not
        // capture errno.
        unsafe { entry(self.target.as_ptr(), args.cast(), result.cast(), ptr::null_mut()) }
    }

    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`].
    /// * The result is not a struct or union.
    /// * `entry` captures errno if `errno` is `Some`.
    pub(super) unsafe fn invoke(&self, entry: SlotsEntry, args: &[Slot], errno: Option<&mut i32>) -> Slot {
        let mut result = Slot::default();
        // SAFETY: the caller promises that the call is sound. `result` is a slot.
        unsafe { self.enter(entry, args, (&raw mut result).cast(), errno) };
        result
    }

    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`].
    /// * The result is a struct or union, and `result` has its size.
    /// * `entry` captures errno if `errno` is `Some`.
    pub(super) unsafe fn invoke_into(
        &self,
        entry: SlotsEntry,
        args: &[Slot],
        result: &mut [u8],
        errno: Option<&mut i32>,
    ) {
        // A function that writes the result itself relies on its type's alignment. Trampolines write to any address.
        if result.as_ptr().addr().is_multiple_of(self.state.prototype.result_align().into()) {
            // SAFETY: the caller promises that the call is sound and that `result` has the result's size. It has the
            // alignment that the function relies on.
            return unsafe { self.enter(entry, args, result.as_mut_ptr().cast(), errno) };
        }
        let mut aligned = vec![Aligned([0; 16]); result.len().div_ceil(16)];
        let address = aligned.as_mut_ptr().cast::<u8>();
        // SAFETY: the caller promises that the call is sound. The memory is aligned to 16, the largest alignment of a
        // type, and has the result's size. It does not overlap the result, which it is copied to.
        unsafe {
            self.enter(entry, args, address.cast(), errno);
            ptr::copy_nonoverlapping(address, result.as_mut_ptr(), result.len());
        }
    }

    /// Calls the trampoline. errno is cleared last, because allocating may set it.
    ///
    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`].
    /// * `result` is a place for the result, aligned if the function itself writes there.
    /// * `entry` captures errno if `errno` is `Some`.
    unsafe fn enter(&self, entry: SlotsEntry, args: &[Slot], result: *mut u64, errno: Option<&mut i32>) {
        let errno = match errno {
            Some(errno) => {
                errno::clear();
                &raw mut *errno
            }
            None => ptr::null_mut(),
        };
        // SAFETY: the caller promises that the call is sound. Slots are the trampoline's `u64`.
        unsafe { entry(self.target.as_ptr(), args.as_ptr().cast(), result, errno) }
    }
}

impl FunctionState {
    /// Checks that the library is open, the number of arguments, and that slots of structs and unions are not null.
    #[inline]
    pub(super) fn check(&self, args: &[Slot]) -> Result<(), CallError> {
        self.check_open_and_count(args.len())?;
        for &(index, _) in self.prototype.aggregates() {
            let index = usize::from(index);
            if args[index].to_bits() == 0 {
                let ty = self.prototype.signature().params()[index].clone();
                return Err(CallError::NullAggregate { function: self.name(), index, ty });
            }
        }
        Ok(())
    }

    #[inline]
    fn check_slot_result(&self) -> Result<(), CallError> {
        match self.prototype.result() {
            Form::Void | Form::Scalar(_) => Ok(()),
            Form::Bytes(_) => self.refuse_aggregate_result(),
        }
    }

    #[cold]
    fn refuse_aggregate_result(&self) -> Result<(), CallError> {
        match self.signature().result() {
            Some(ty) => Err(CallError::AggregateResult { function: self.name(), ty: ty.clone() }),
            None => Ok(()),
        }
    }

    #[inline]
    fn check_bytes_result(&self, given: usize) -> Result<(), CallError> {
        let (Form::Bytes(size), Some(ty)) = (self.prototype.result(), self.prototype.signature().result()) else {
            return Err(CallError::ScalarResult { function: self.name() });
        };
        let expected = size as usize;
        if given != expected {
            return Err(CallError::ResultLength { function: self.name(), ty: ty.clone(), expected, given });
        }
        Ok(())
    }
}
