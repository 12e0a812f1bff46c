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
    /// The parameter is not a struct or union; its size is not the length.
    pub fn aggregate(&self, index: usize, bytes: &[u8]) -> Result<Slot, CallError> {
        let state = &self.state;
        let expected = state.size_of(index).ok_or_else(|| CallError::NotAggregate { function: state.name(), index })?;
        if bytes.len() != expected {
            return Err(state.wrong_type(index, ValueType::Bytes(bytes.len())));
        }
        Ok(bytes.as_ptr().into())
    }

    /// Calls the function with arguments in slots, whose types nothing compares with the signature. The result is a scalar or
    /// `void` (an empty slot).
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
    /// Before the call: the library is closed, the number of arguments is wrong, the slot of a struct is null, or the
    /// result is a struct or union.
    ///
    /// # Safety
    ///
    /// * The function has this signature, and calling it with these arguments, on this thread, is sound.
    /// * The slots are in the canonical form of their parameters' types.
    /// * The slots of structs and unions are addresses of as many bytes as they have.
    pub unsafe fn call_slots(&self, args: &[Slot]) -> Result<Slot, CallError> {
        self.state.check(args)?;
        self.state.check_slot_result()?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters.
        Ok(unsafe { self.invoke(entry, args, None) })
    }

    /// [`Function::call_slots`] for a function whose result is a struct or union. The result is written to `result`: as many
    /// bytes as it has, which need no particular alignment and may overlap arguments.
    ///
    /// # Errors
    ///
    /// Before the call: the library is closed, the number of arguments is wrong, the slot of a struct is null, the result
    /// is not a struct or union, or `result` does not have its length.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_into(&self, args: &[Slot], result: &mut [u8]) -> Result<(), CallError> {
        self.state.check(args)?;
        self.state.check_bytes_result(result.len())?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters, the bytes as many as the result.
        unsafe { self.invoke_into(entry, args, result, None) };
        Ok(())
    }

    /// [`Function::call_slots`], and errno straight after: 0 if the function did not touch it.
    ///
    /// # Errors
    ///
    /// Those of [`Function::call_slots`]; at the first use also those of making code.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_errno(&self, args: &[Slot]) -> Result<(Slot, i32), CallError> {
        self.state.check(args)?;
        self.state.check_slot_result()?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters.
        let result = unsafe { self.invoke(entry, args, Some(&mut errno)) };
        Ok((result, errno))
    }

    /// [`Function::call_slots_into`], and errno straight after: 0 if the function did not touch it.
    ///
    /// # Errors
    ///
    /// Those of [`Function::call_slots_into`]; at the first use also those of making code.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_into_errno(&self, args: &[Slot], result: &mut [u8]) -> Result<i32, CallError> {
        self.state.check(args)?;
        self.state.check_bytes_result(result.len())?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters, the bytes as many as the result.
        unsafe { self.invoke_into(entry, args, result, Some(&mut errno)) };
        Ok(errno)
    }

    /// Calls the function without a check: two loads, a test whether it is compiled, and an indirect call of the trampoline.
    ///
    /// For runtimes that know by construction what [`Function::call`] checks, and that keep `args` and `result` in place
    /// from call to call.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`], and:
    /// * `args` has as many slots as the function has parameters, none of a struct or union null.
    /// * `result` is a slot to write a scalar result to, or the address of as many bytes as the struct or union has that is
    ///   returned, aligned as its type is. For `void` it is not touched.
    /// * The library may be closed, since the function keeps it mapped, and calls after closing are then the caller's affair.
    ///
    /// # Panics
    ///
    /// The function is lazy, was not [compiled](Function::compile) before, and there is no memory for code.
    #[inline]
    pub unsafe fn call_unchecked(&self, args: *const Slot, result: *mut Slot) {
        let entry = self.entry().expect("there is memory for the code of a lazy function");
        // SAFETY: the caller vouches for the call; slots are the trampoline's u64; errno is not captured by this code.
        unsafe { entry(self.target.as_ptr(), args.cast(), result.cast(), ptr::null_mut()) }
    }

    /// # Safety
    ///
    /// That of [`Function::call_slots`]; the result is not a struct or union; `entry` captures errno if it is asked for.
    pub(super) unsafe fn invoke(&self, entry: SlotsEntry, args: &[Slot], errno: Option<&mut i32>) -> Slot {
        let mut result = Slot::default();
        // SAFETY: the caller vouches for the call.
        unsafe { self.enter(entry, args, (&raw mut result).cast(), errno) };
        result
    }

    /// # Safety
    ///
    /// That of [`Function::call_slots`]; the result is a struct or union, and `result` has its size; `entry` captures errno if
    /// it is asked for.
    pub(super) unsafe fn invoke_into(
        &self,
        entry: SlotsEntry,
        args: &[Slot],
        result: &mut [u8],
        errno: Option<&mut i32>,
    ) {
        // A function that writes the result itself relies on its type's alignment. Trampolines write to any address.
        if result.as_ptr().addr().is_multiple_of(self.state.prototype.result_align().into()) {
            // SAFETY: the caller vouches for the call and for the length of the result, which has the alignment that it needs.
            return unsafe { self.enter(entry, args, result.as_mut_ptr().cast(), errno) };
        }
        let mut aligned = vec![Aligned([0; 16]); result.len().div_ceil(16)];
        let address = aligned.as_mut_ptr().cast::<u8>();
        // SAFETY: the caller vouches for the call; the memory is aligned to 16 bytes, which is the most that a type has, and
        // as long as the result, which it is then copied to. They are different memory.
        unsafe {
            self.enter(entry, args, address.cast(), errno);
            ptr::copy_nonoverlapping(address, result.as_mut_ptr(), result.len());
        }
    }

    /// Calls the trampoline. errno is cleared at the last moment: allocating may set it.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`]; `result` is a place for the result, aligned for a function that writes to it itself;
    /// `entry` captures errno if it is asked for.
    unsafe fn enter(&self, entry: SlotsEntry, args: &[Slot], result: *mut u64, errno: Option<&mut i32>) {
        let errno = match errno {
            Some(errno) => {
                errno::clear();
                &raw mut *errno
            }
            None => ptr::null_mut(),
        };
        // SAFETY: the caller vouches for the call; slots are the trampoline's u64.
        unsafe { entry(self.target.as_ptr(), args.as_ptr().cast(), result, errno) }
    }
}

impl FunctionState {
    /// Checks what every call by slots needs.
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
