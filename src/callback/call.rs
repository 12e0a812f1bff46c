//! What a handler sees of a call.

use std::marker::PhantomData;
use std::slice;

use hotcall_jit::{ResultForm, Thunk as Code};

use crate::error::Error;
use crate::slot::Slot;

/// A call of a callback: its arguments, and the place for its result, which is zero until the handler writes it.
pub struct Call<'a> {
    code: &'static Code,
    args: *const Slot,
    result: *mut Slot,
    /// Borrows the arguments and the result.
    life: PhantomData<&'a mut Slot>,
}

impl<'a> Call<'a> {
    /// # Safety
    ///
    /// For `'a`, `args` and `result` are as the thunk hands them to its handlers, and nobody else uses them.
    pub(super) const unsafe fn new(code: &'static Code, args: *const Slot, result: *mut Slot) -> Self {
        Self { code, args, result, life: PhantomData }
    }

    /// The arguments as canonical slots, as many as the signature has parameters. Those of structs and unions hold the
    /// addresses of their bytes, which lie at multiples of 16.
    pub fn args(&self) -> &'a [Slot] {
        // SAFETY: there are as many slots as parameters, and nobody writes to them.
        unsafe { slice::from_raw_parts(self.args, self.code.aggregates().len()) }
    }

    /// The bytes of a struct or union argument, by its index from 0.
    ///
    /// # Errors
    ///
    /// The parameter is no struct or union, or does not exist.
    pub fn bytes(&self, index: usize) -> Result<&'a [u8], Error> {
        let Some(&Some(size)) = self.code.aggregates().get(index) else {
            return Err(Error::NotAggregateParameter { index });
        };
        // SAFETY: the slot of an aggregate points to its bytes, and nobody writes to them.
        Ok(unsafe { slice::from_raw_parts(self.args()[index].as_ptr(), size as usize) })
    }

    /// Sets a scalar result.
    ///
    /// # Errors
    ///
    /// The callback returns a struct or union, or nothing.
    pub fn set(&mut self, result: impl Into<Slot>) -> Result<(), Error> {
        match self.code.result() {
            // SAFETY: the result is one slot.
            ResultForm::Slot => unsafe { self.result.write(result.into()) },
            ResultForm::Void => return Err(Error::CallbackReturnsVoid),
            ResultForm::Bytes(_) => return Err(Error::CallbackReturnsAggregate),
        }
        Ok(())
    }

    /// The bytes of a struct or union result, to be written.
    ///
    /// # Errors
    ///
    /// The callback returns a scalar, or nothing.
    pub fn result_bytes(&mut self) -> Result<&mut [u8], Error> {
        match self.code.result() {
            // SAFETY: the result is so many bytes, which the thunk zeroed, and this call alone refers to them.
            ResultForm::Bytes(size) => Ok(unsafe { slice::from_raw_parts_mut(self.result.cast(), size as usize) }),
            ResultForm::Void => Err(Error::CallbackReturnsVoid),
            ResultForm::Slot => Err(Error::CallbackReturnsScalar),
        }
    }

    /// Takes back what was written.
    pub(super) fn clear_result(&mut self) {
        let size = match self.code.result() {
            ResultForm::Void => 0,
            ResultForm::Slot => size_of::<Slot>(),
            ResultForm::Bytes(size) => size as usize,
        };
        // SAFETY: the result has that size, and this call alone refers to it.
        unsafe { self.result.cast::<u8>().write_bytes(0, size) };
    }

    pub(super) const fn code(&self) -> &'static Code {
        self.code
    }

    /// Arguments and result, for another thread while this one waits.
    pub(super) const fn parts(&self) -> (*const Slot, *mut Slot) {
        (self.args, self.result)
    }
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("args", &self.args()).finish_non_exhaustive()
    }
}
