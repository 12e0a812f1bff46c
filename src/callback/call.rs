//! A call of a callback, for its handler.

use std::marker::PhantomData;
use std::slice;

use hotcall_jit::ThunkCode;

use super::error::HandlerError;
use super::types::CallbackTypes;
use crate::slots::slot::Slot;
use crate::slots::value::Value;
use crate::slots::value_type::ValueType;

/// A call of a callback: its arguments, and the place for its result, which is zero until the handler writes it.
///
/// [`Call::arg`] and [`Call::set`] use [values](Value) of the signature's types. A runtime that compares the types
/// itself uses [`Call::slots`] and [`Call::set_slot`].
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcall::{Callback, Error, Function, FunctionOptions, OnPanic, Signature, Thunk, Type, Value};
///
/// let signature = Signature::new([Type::F64], Type::F64)?;
/// let halve = |call: &mut hotcall::Call<'_>| -> Result<(), Error> {
///     let x: f64 = call.arg(0)?.try_into()?;
///     assert!(call.set(1).is_err(), "an i32 is not a double");
///     Ok(call.set(x / 2.0)?)
/// };
/// let handler = move |call: &mut hotcall::Call<'_>| halve(call).expect("the types are those of the signature");
/// let callback = Callback::sync(&Thunk::new(&signature)?, OnPanic::Catch, handler)?;
///
/// // SAFETY: the callback is a function of this signature, and lives longer than its call.
/// let function = unsafe { Function::from_address("halve", callback.as_ptr(), &signature, FunctionOptions::default()) }?;
/// // SAFETY: the callback is a function of this signature.
/// assert_eq!(unsafe { function.call(&[3.0.into()]) }?, Value::F64(1.5));
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
pub struct Call<'a> {
    types: &'static CallbackTypes,
    args: *const Slot,
    result: *mut Slot,
    /// Borrows the arguments and the result.
    life: PhantomData<&'a mut Slot>,
}

impl<'a> Call<'a> {
    /// # Safety
    ///
    /// `args` and `result` are those that the thunk passes to its handler. Nothing else uses them during `'a`.
    pub(super) const unsafe fn new(types: &'static CallbackTypes, args: *const Slot, result: *mut Slot) -> Self {
        Self { types, args, result, life: PhantomData }
    }

    /// An argument by its index from 0: a scalar, or the bytes of a struct or union.
    ///
    /// # Errors
    ///
    /// The argument does not exist.
    pub fn arg(&self, index: usize) -> Result<Value<'a>, HandlerError> {
        let params = self.types.params();
        let ty = *params.get(index).ok_or(HandlerError::NoArgument { index, count: params.len() })?;
        Ok(match ty {
            ValueType::Scalar(scalar) => Value::from_slot(self.slots()[index], scalar),
            ValueType::Bytes(_) => self.bytes(index)?.into(),
            ValueType::Void => Value::Void,
        })
    }

    /// The arguments as canonical slots, one for each parameter. Slots of structs and unions hold the addresses of
    /// their bytes, which are aligned to 16.
    #[inline]
    pub fn slots(&self) -> &'a [Slot] {
        // SAFETY: the thunk passes one slot for each parameter, and nothing writes to them during `'a`.
        unsafe { slice::from_raw_parts(self.args, self.types.params().len()) }
    }

    /// The bytes of a struct or union argument, by its index from 0.
    ///
    /// # Errors
    ///
    /// The parameter is not a struct or union, or does not exist.
    pub fn bytes(&self, index: usize) -> Result<&'a [u8], HandlerError> {
        let Some(&ValueType::Bytes(size)) = self.types.params().get(index) else {
            return Err(HandlerError::NotAggregate { index });
        };
        // SAFETY: the slot of an aggregate points to its bytes, and nothing writes to them during `'a`.
        Ok(unsafe { slice::from_raw_parts(self.slots()[index].as_ptr(), size) })
    }

    /// Sets the result: a scalar of its type, the bytes of a struct or union, or `()` for `void`.
    ///
    /// # Errors
    ///
    /// The value does not have the result's type.
    pub fn set<'v>(&mut self, result: impl Into<Value<'v>>) -> Result<(), HandlerError> {
        let value = result.into();
        let (given, expected) = (value.ty(), self.types.result());
        if !given.fits(expected) {
            return Err(HandlerError::ResultType { expected, given });
        }
        match given {
            ValueType::Void => {}
            ValueType::Bytes(_) => self.result_bytes()?.copy_from_slice(value.as_bytes().unwrap_or_default()),
            ValueType::Scalar(_) => self.set_slot(&value)?,
        }
        Ok(())
    }

    /// Sets a scalar result by its slot, whose type nothing compares with the result's.
    ///
    /// # Errors
    ///
    /// The callback returns a struct or union, or nothing.
    #[inline]
    pub fn set_slot(&mut self, result: impl Into<Slot>) -> Result<(), HandlerError> {
        match self.types.result() {
            // SAFETY: the place of a scalar result is one slot, and this call alone refers to it.
            ValueType::Scalar(_) => unsafe { self.result.write(result.into()) },
            ValueType::Void => return Err(HandlerError::ReturnsVoid),
            ValueType::Bytes(_) => return Err(HandlerError::ReturnsAggregate),
        }
        Ok(())
    }

    /// The bytes of a struct or union result, to be written.
    ///
    /// # Errors
    ///
    /// The callback returns a scalar, or nothing.
    pub fn result_bytes(&mut self) -> Result<&mut [u8], HandlerError> {
        match self.types.result() {
            // SAFETY: the result has this size. The thunk zeroed it, and this call alone refers to it.
            ValueType::Bytes(size) => Ok(unsafe { slice::from_raw_parts_mut(self.result.cast(), size) }),
            ValueType::Void => Err(HandlerError::ReturnsVoid),
            ValueType::Scalar(_) => Err(HandlerError::ReturnsScalar),
        }
    }

    /// Zeroes the result again.
    pub(super) fn clear_result(&mut self) {
        let size = match self.types.result() {
            ValueType::Void => 0,
            ValueType::Scalar(_) => size_of::<Slot>(),
            ValueType::Bytes(size) => size,
        };
        // SAFETY: the result has this size, and this call alone refers to it.
        unsafe { self.result.cast::<u8>().write_bytes(0, size) };
    }

    pub(super) const fn types(&self) -> &'static CallbackTypes {
        self.types
    }

    pub(super) const fn code(&self) -> &'static ThunkCode {
        self.types.code()
    }

    /// Arguments and result, for another thread while this one waits.
    pub(super) const fn parts(&self) -> (*const Slot, *mut Slot) {
        (self.args, self.result)
    }
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("args", &self.slots()).finish_non_exhaustive()
    }
}
