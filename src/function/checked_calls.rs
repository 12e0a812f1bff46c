//! Calls whose arguments are compared with the signature: values in, a value out.

use hotcall_jit::{Form, SlotsEntry};

use super::error::CallError;
use super::function::{Function, FunctionState};
use crate::slots::slot::Slot;
use crate::slots::value::Value;
use crate::slots::value_type::ValueType;

/// The number of arguments whose slots do not need an allocation.
const INLINE: usize = 16;

impl Function {
    /// Calls the function after comparing the arguments with its signature. The result is a scalar, the bytes of a struct or
    /// union, or [`Value::Void`].
    ///
    /// C++ exceptions and panics of `extern "C-unwind"` functions pass through.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::{Library, Signature, Type, Value};
    ///
    /// // SAFETY: loading libm runs no code that could do harm.
    /// let libm = unsafe { Library::open("libm.so.6") }?;
    /// let pow = libm.function("pow", &Signature::new([Type::F64, Type::F64], Type::F64)?)?;
    /// // SAFETY: this is pow's signature.
    /// assert_eq!(unsafe { pow.call(&[2.0.into(), 10.0.into()]) }?, Value::F64(1024.0));
    /// // SAFETY: this is pow's signature; C is not called.
    /// let error = unsafe { pow.call(&[2.into(), 10.into()]) }.unwrap_err();
    /// assert_eq!(error.to_string(), "cannot call \"pow\": argument 1 (f64): an i32 is given");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    ///
    /// [`Function::call_slots`] compares nothing and is faster.
    ///
    /// # Errors
    ///
    /// All are found before C is called:
    ///
    /// * The library is closed.
    /// * The number of arguments is wrong.
    /// * An argument does not have the type of its parameter. [`Value`] says which differences do not count.
    /// * The bytes of a struct do not have its length.
    ///
    /// # Safety
    ///
    /// * The function has this signature.
    /// * Calling it with these arguments, on this thread, is sound. Pointers among them, also those inside structs,
    ///   point to the objects that the function expects.
    pub unsafe fn call(&self, args: &[Value<'_>]) -> Result<Value<'static>, CallError> {
        self.state.with_slots(args, |slots| {
            let entry = self.entry_for_a_call()?;
            // SAFETY: the caller promises that the call is sound. The slots are those of arguments that fit the
            // signature.
            Ok(unsafe { self.invoke_any(entry, slots, None) })
        })
    }

    /// Does as [`Function::call`], and also returns errno straight after the call: 0 if the function did not touch it.
    ///
    /// # Errors
    ///
    /// The errors of [`Function::call`], and at the first use errors of making code.
    ///
    /// # Safety
    ///
    /// The contract of [`Function::call`].
    pub unsafe fn call_errno(&self, args: &[Value<'_>]) -> Result<(Value<'static>, i32), CallError> {
        self.state.with_slots(args, |slots| {
            let entry = self.entry_with_errno()?;
            let mut errno = 0;
            // SAFETY: the caller promises that the call is sound. The slots are those of arguments that fit the
            // signature, and `entry` captures errno.
            let result = unsafe { self.invoke_any(entry, slots, Some(&mut errno)) };
            Ok((result, errno))
        })
    }

    /// Makes a call with a result of any kind.
    ///
    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`].
    /// * `args` has one slot for each parameter.
    /// * `entry` captures errno if `errno` is `Some`.
    pub(super) unsafe fn invoke_any(
        &self,
        entry: SlotsEntry,
        args: &[Slot],
        errno: Option<&mut i32>,
    ) -> Value<'static> {
        match self.state.prototype.result() {
            Form::Bytes(size) => {
                let mut bytes = vec![0; size as usize];
                // SAFETY: the caller promises that the call is sound. The buffer has the size of the result, which is a
                // struct or union.
                unsafe { self.invoke_into(entry, args, &mut bytes, errno) };
                bytes.into()
            }
            form @ (Form::Void | Form::Scalar(_)) => {
                // SAFETY: the caller promises that the call is sound. The result is not a struct or union.
                let slot = unsafe { self.invoke(entry, args, errno) };
                form.scalar().map_or(Value::Void, |scalar| Value::from_slot(slot, scalar))
            }
        }
    }
}

impl FunctionState {
    /// Calls `call` with the slots of arguments that fit the signature. Slots of structs refer to `args`.
    #[inline]
    pub(super) fn with_slots<R>(
        &self,
        args: &[Value<'_>],
        call: impl FnOnce(&[Slot]) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        self.check_open_and_count(args.len())?;
        if args.len() <= INLINE {
            let slots = &mut [Slot::default(); INLINE][..args.len()];
            self.fill(args, slots)?;
            call(slots)
        } else {
            let mut slots = vec![Slot::default(); args.len()];
            self.fill(args, &mut slots)?;
            call(&slots)
        }
    }

    /// Writes one slot for each parameter. Each argument must fit its parameter.
    #[inline]
    fn fill(&self, args: &[Value<'_>], slots: &mut [Slot]) -> Result<(), CallError> {
        let params = self.prototype.signature().params();
        for (index, ((arg, ty), slot)) in args.iter().zip(params).zip(slots).enumerate() {
            let (own_slot, own) = arg.slot_and_type();
            let fits = match ty.as_scalar() {
                Some(scalar) => own.fits(ValueType::Scalar(scalar)),
                None => own == ValueType::Bytes(self.size_of(index).unwrap_or(0)),
            };
            if !fits {
                return Err(self.wrong_type(index, own));
            }
            *slot = own_slot;
        }
        Ok(())
    }

    /// The size of a parameter that is a struct or union; `None` for other parameters.
    pub(super) fn size_of(&self, index: usize) -> Option<usize> {
        let aggregates = self.prototype.aggregates();
        let found = aggregates.binary_search_by_key(&index, |&(at, _)| at.into()).ok()?;
        Some(aggregates[found].1 as usize)
    }

    /// The error for an argument of this type.
    #[cold]
    pub(super) fn wrong_type(&self, index: usize, given: ValueType) -> CallError {
        let (function, ty) = (self.name(), self.signature().params()[index].clone());
        match (given, self.size_of(index)) {
            (ValueType::Bytes(given), Some(expected)) => {
                CallError::AggregateLength { function, index, ty, expected, given }
            }
            (given, _) => CallError::ArgumentType { function, index, ty, given },
        }
    }
}
