//! Variables of a library, read and written by their type.

use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use hotcall_jit::{Extent, Scalar, Type};

use super::error::{StaticError, SymbolError};
use crate::library::mapping::Mapping;
use crate::slots::memory::{load, store};
use crate::slots::slot::Slot;
use crate::slots::value::Value;
use crate::slots::value_type::ValueType;

/// A variable of a library. It keeps the library mapped.
///
/// Reads and writes need no alignment and are not atomic.
#[derive(Clone)]
pub struct Static(Arc<Variable>);

struct Variable {
    address: NonNull<c_void>,
    size: usize,
    ty: Type,
    name: Arc<str>,
    library: Arc<Mapping>,
}

// SAFETY: the address is only a number until an unsafe function reads or writes through it. The contracts of these
// functions exclude races.
unsafe impl Send for Variable {}
// SAFETY: shared references only copy the address. The contracts of the unsafe functions that follow it exclude races.
unsafe impl Sync for Variable {}

impl Static {
    pub(super) fn new(
        name: Arc<str>,
        address: NonNull<c_void>,
        ty: &Type,
        library: Arc<Mapping>,
    ) -> Result<Self, SymbolError> {
        let extent = Extent::of(ty).map_err(|source| SymbolError::Layout { name: (&*name).into(), source })?;
        Ok(Self(Arc::new(Variable { address, size: extent.size as usize, ty: ty.clone(), name, library })))
    }

    /// The symbol's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The variable's type.
    pub fn ty(&self) -> &Type {
        &self.0.ty
    }

    /// The variable's address. It is valid as long as this `Static` lives, which keeps the library mapped. For a
    /// variable of a thread (`_Thread_local`) it is the address in the thread that looked it up, and dangles once that
    /// thread has ended.
    pub fn address(&self) -> *mut c_void {
        self.0.address.as_ptr()
    }

    /// The value of the variable: a scalar, or the bytes of a struct, union or array.
    ///
    /// # Errors
    ///
    /// The library is closed.
    ///
    /// # Safety
    ///
    /// * The symbol is a variable of at least this type's size.
    /// * For a variable of a thread (`_Thread_local`), the thread that looked it up has not ended. Its end leaves the address
    ///   dangling.
    /// * No other thread writes to it meanwhile.
    pub unsafe fn read(&self) -> Result<Value<'static>, StaticError> {
        if let Some(scalar) = self.0.ty.as_scalar() {
            // SAFETY: the caller promises that the variable has its type, is alive on this thread, and is not written
            // meanwhile.
            let slot = unsafe { self.read_slot() }?;
            return Ok(Value::from_slot(slot, scalar));
        }
        let mut bytes = vec![0; self.0.size];
        // SAFETY: the caller promises that the variable has its type, is alive on this thread, and is not written
        // meanwhile. The length is the size of the type.
        unsafe { self.read_into(&mut bytes) }?;
        Ok(bytes.into())
    }

    /// Writes the variable: a scalar of its type, or the bytes of a struct, union or array.
    ///
    /// # Errors
    ///
    /// The library is closed, or the value has another type or another length.
    ///
    /// # Safety
    ///
    /// * The symbol is a variable of at least this type's size, and may be written to.
    /// * For a variable of a thread (`_Thread_local`), the thread that looked it up has not ended. Its end leaves the address
    ///   dangling.
    /// * No other thread reads or writes it meanwhile.
    pub unsafe fn write<'a>(&self, value: impl Into<Value<'a>>) -> Result<(), StaticError> {
        let value = value.into();
        let wrong_type = || self.wrong_type(value.ty());
        match self.0.ty.as_scalar() {
            // SAFETY: the caller promises that the variable has its type, is writable, and is not used elsewhere
            // meanwhile.
            Some(scalar) => unsafe { self.write_slot(value.slot_of(scalar).ok_or_else(wrong_type)?) },
            // SAFETY: the caller promises that the variable has its type, is writable, and is not used elsewhere
            // meanwhile.
            None => unsafe { self.write_from(value.as_bytes().ok_or_else(wrong_type)?) },
        }
    }

    /// The value of a scalar as a canonical slot.
    ///
    /// # Errors
    ///
    /// The library is closed, or the type is not a scalar.
    ///
    /// # Safety
    ///
    /// * The symbol is a variable of at least this type's size.
    /// * For a variable of a thread (`_Thread_local`), the thread that looked it up has not ended. Its end leaves the address
    ///   dangling.
    /// * No other thread writes to it meanwhile.
    pub unsafe fn read_slot(&self) -> Result<Slot, StaticError> {
        let scalar = self.scalar()?;
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..self.0.size.min(8)];
        // SAFETY: the caller promises that the variable has its type, is alive on this thread, and is not written
        // meanwhile. The length is the size of the scalar.
        unsafe { self.read_into(bytes) }?;
        Ok(load(scalar, bytes))
    }

    /// Writes a scalar: the low bytes of the slot, or 0 or 1 for a `bool`.
    ///
    /// # Errors
    ///
    /// The library is closed, or the type is not a scalar.
    ///
    /// # Safety
    ///
    /// * The symbol is a variable of at least this type's size, and may be written to.
    /// * For a variable of a thread (`_Thread_local`), the thread that looked it up has not ended. Its end leaves the address
    ///   dangling.
    /// * No other thread reads or writes it meanwhile.
    pub unsafe fn write_slot(&self, value: Slot) -> Result<(), StaticError> {
        let scalar = self.scalar()?;
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..self.0.size.min(8)];
        store(scalar, value, bytes);
        // SAFETY: the caller promises that the variable has its type, is writable, and is not used elsewhere meanwhile.
        // The length is the size of the scalar.
        unsafe { self.write_from(bytes) }
    }

    /// Copies the variable's bytes to `bytes`, which must have the size of its type.
    ///
    /// # Errors
    ///
    /// The library is closed, or the length is not the size of the type.
    ///
    /// # Safety
    ///
    /// The contract of [`Static::read`].
    pub unsafe fn read_into(&self, bytes: &mut [u8]) -> Result<(), StaticError> {
        self.check(bytes.len())?;
        // SAFETY: the library is mapped, and the length is the size of the variable's type. The caller promises that
        // the variable has that size and no thread writes to it meanwhile. `ptr::copy` allows overlap.
        unsafe { ptr::copy(self.0.address.as_ptr().cast(), bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// Copies `bytes`, which must have the size of the variable's type, to the variable.
    ///
    /// # Errors
    ///
    /// The library is closed, or the length is not the size of the type.
    ///
    /// # Safety
    ///
    /// The contract of [`Static::write`].
    pub unsafe fn write_from(&self, bytes: &[u8]) -> Result<(), StaticError> {
        self.check(bytes.len())?;
        // SAFETY: the library is mapped, and the length is the size of the variable's type. The caller promises that
        // the variable has that size, is writable, and no thread uses it meanwhile. `ptr::copy` allows overlap.
        unsafe { ptr::copy(bytes.as_ptr(), self.0.address.as_ptr().cast(), bytes.len()) };
        Ok(())
    }

    /// The error for writing a value of this type.
    fn wrong_type(&self, given: ValueType) -> StaticError {
        StaticError::Type { name: (&*self.0.name).into(), ty: self.0.ty.clone(), given }
    }

    fn scalar(&self) -> Result<Scalar, StaticError> {
        let error = || StaticError::Aggregate { name: (&*self.0.name).into(), ty: self.0.ty.clone() };
        self.0.ty.as_scalar().ok_or_else(error)
    }

    fn check(&self, given: usize) -> Result<(), StaticError> {
        self.0.library.check_open()?;
        if given == self.0.size {
            return Ok(());
        }
        Err(StaticError::Length { name: (&*self.0.name).into(), ty: self.0.ty.clone(), expected: self.0.size, given })
    }
}

impl fmt::Debug for Static {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Static")
            .field("name", &self.0.name)
            .field("ty", &self.0.ty)
            .field("address", &self.0.address)
            .finish()
    }
}
