//! The first oracle: libffi, which has its own classifier and moves values by its own assembly.
//!
//! The callee is a closure of libffi that compares every argument it sees. hotcall's trampoline calls it, and so does
//! libffi's own `ffi_call`, which calls hotcall's stubs too. [`crate::c`] covers signatures that libffi cannot express
//! ([`Inexpressible`]).

use std::ffi::{c_uint, c_void};
use std::ptr;

use hotcall_jit::{Aggregate, AggregateKind, Layout, Scalar, Signature, Type, TypeKind};
use libffi::raw;

use crate::case::{Case, JUNK, Record, Wrong};

/// The reason why libffi does not have such a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Inexpressible {
    /// libffi does not have unions.
    #[error("a union")]
    Union,
    /// libffi computes natural layouts alone.
    #[error("packed or aligned explicitly")]
    Attributes,
    /// `ffi_prep_cif` refuses aggregates of size 0.
    #[error("an aggregate or array without members")]
    Empty,
    /// libffi does not have this type.
    #[error("a scalar of another kind")]
    Scalar,
}

/// libffi and hotcall differ.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum LibffiDisagreement {
    #[error("ffi_prep_cif refuses the signature with status {status}")]
    Prepare { status: u32 },
    #[error("{ty} has size {size} and alignment {align} for libffi")]
    Layout { ty: String, size: usize, align: u16 },
    #[error("ffi_closure_alloc or ffi_prep_closure_loc fails")]
    Closure,
    #[error("libffi disagrees with itself: {0}")]
    Itself(Wrong),
}

/// A signature as libffi's data. It owns everything that the C structures point to.
pub struct Interface {
    cif: Box<raw::ffi_cif>,
    _params: Box<[*mut raw::ffi_type]>,
    _structs: Vec<Struct>,
}

struct Struct {
    _ty: Box<raw::ffi_type>,
    _elements: Box<[*mut raw::ffi_type]>,
}

impl Interface {
    /// Describes the case's signature to libffi and compares the layouts.
    ///
    /// # Errors
    ///
    /// The outer error: libffi cannot express the signature. The inner one: its layouts differ from hotcall's.
    pub fn new(case: &Case) -> Result<Result<Self, LibffiDisagreement>, Inexpressible> {
        let signature = &case.signature;
        let mut structs = Vec::new();
        let mut params = Vec::new();
        for ty in signature.params() {
            params.push(describe(ty, &mut structs)?);
        }
        let result = match signature.result() {
            Some(ty) => describe(ty, &mut structs)?,
            None => &raw mut raw::ffi_type_void,
        };
        Ok(Self::prepare(case, params.into(), result, structs))
    }

    fn prepare(
        case: &Case,
        mut params: Box<[*mut raw::ffi_type]>,
        result: *mut raw::ffi_type,
        structs: Vec<Struct>,
    ) -> Result<Self, LibffiDisagreement> {
        let signature = &case.signature;
        let mut cif = Box::new(raw::ffi_cif::default());
        let (abi, count) = (raw::ffi_abi_FFI_DEFAULT_ABI, params.len() as c_uint);
        // SAFETY: `params` has `count` types. Like the result they live as long as the interface.
        let status = unsafe {
            match signature.first_variadic() {
                None => raw::ffi_prep_cif(&raw mut *cif, abi, count, result, params.as_mut_ptr()),
                Some(first) => {
                    raw::ffi_prep_cif_var(&raw mut *cif, abi, first as c_uint, count, result, params.as_mut_ptr())
                }
            }
        };
        if status != raw::ffi_status_FFI_OK {
            return Err(LibffiDisagreement::Prepare { status });
        }
        let values = signature.params().iter().zip(&case.params).zip(params.iter().copied());
        let result = signature.result().zip(case.result.as_ref()).map(|value| (value, result));
        for ((ty, layout), described) in values.chain(result) {
            same_layout(ty, layout, described)?;
        }
        Ok(Self { cif, _params: params, _structs: structs })
    }

    /// The interface as the `*mut` that libffi asks for, although from now on it only reads it.
    fn cif(&self) -> *mut raw::ffi_cif {
        (&raw const *self.cif).cast_mut()
    }

    /// Calls a function by `ffi_call` and returns the result's bytes.
    ///
    /// # Errors
    ///
    /// [`Wrong::Changed`], [`Wrong::AroundResult`].
    ///
    /// # Safety
    ///
    /// * `target` is a function of the case's signature, and may be called with any bytes.
    /// * The interface was made for that signature.
    pub unsafe fn call(&self, case: &Case, target: *const c_void) -> Result<Vec<u8>, Wrong> {
        // The arguments are copied with extra room, because libffi may read whole words.
        let mut args: Vec<_> = case.args.iter().map(|bytes| words(bytes)).collect();
        let before = args.clone();
        let mut values: Vec<*mut c_void> = args.iter_mut().map(|arg| arg.as_mut_ptr().cast()).collect();
        let size = case.answer.len();
        let mut result = vec![JUNK; size.div_ceil(8).max(1) + 2];
        // SAFETY: the caller promises that the target is a function.
        let code = unsafe { std::mem::transmute::<*const c_void, unsafe extern "C" fn()>(target) };
        // SAFETY: the arguments have the types of the interface, which is the target's. The result has room for its
        // bytes, and at least for an `ffi_arg`.
        unsafe { raw::ffi_call(self.cif(), Some(code), result.as_mut_ptr().cast(), values.as_mut_ptr()) };
        if let Some(index) = args.iter().zip(&before).position(|(now, then)| now != then) {
            return Err(Wrong::Changed { index });
        }
        let bytes: Vec<_> = result.iter().flat_map(|word| word.to_le_bytes()).collect();
        let junk = JUNK.to_le_bytes().into_iter().cycle();
        // An `ffi_arg` is 8 bytes.
        if bytes.iter().zip(junk).skip(size.max(8)).any(|(now, then)| *now != then) {
            return Err(Wrong::AroundResult);
        }
        Ok(bytes[..size].to_vec())
    }
}

/// The bytes as words, with two more words after them.
fn words(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0; bytes.len().div_ceil(8) + 2];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
        let mut wide = [0; 8];
        wide[..chunk.len()].copy_from_slice(chunk);
        *word = u64::from_le_bytes(wide);
    }
    words
}

fn same_layout(ty: &Type, layout: &Layout, described: *mut raw::ffi_type) -> Result<(), LibffiDisagreement> {
    // SAFETY: the type lives, and libffi has filled it in.
    let raw::ffi_type { size, alignment: align, .. } = unsafe { *described };
    if (size, align) == (layout.size as usize, layout.align.into()) {
        Ok(())
    } else {
        Err(LibffiDisagreement::Layout { ty: format!("{ty} ({layout})"), size, align })
    }
}

fn describe(ty: &Type, structs: &mut Vec<Struct>) -> Result<*mut raw::ffi_type, Inexpressible> {
    match ty.kind() {
        TypeKind::Scalar(scalar) => describe_scalar(*scalar),
        TypeKind::Aggregate(aggregate) => describe_aggregate(aggregate, structs),
        TypeKind::Array(_) => Err(Inexpressible::Empty),
    }
}

fn describe_scalar(scalar: Scalar) -> Result<*mut raw::ffi_type, Inexpressible> {
    Ok(match scalar {
        Scalar::I8 => &raw mut raw::ffi_type_sint8,
        Scalar::U8 | Scalar::Bool => &raw mut raw::ffi_type_uint8,
        Scalar::I16 => &raw mut raw::ffi_type_sint16,
        Scalar::U16 => &raw mut raw::ffi_type_uint16,
        Scalar::I32 => &raw mut raw::ffi_type_sint32,
        Scalar::U32 => &raw mut raw::ffi_type_uint32,
        Scalar::I64 | Scalar::Isize => &raw mut raw::ffi_type_sint64,
        Scalar::U64 | Scalar::Usize => &raw mut raw::ffi_type_uint64,
        Scalar::F32 => &raw mut raw::ffi_type_float,
        Scalar::F64 => &raw mut raw::ffi_type_double,
        Scalar::Pointer(_) => &raw mut raw::ffi_type_pointer,
        _ => return Err(Inexpressible::Scalar),
    })
}

fn describe_aggregate(aggregate: &Aggregate, structs: &mut Vec<Struct>) -> Result<*mut raw::ffi_type, Inexpressible> {
    let attributes = aggregate.pack().is_some()
        || aggregate.align().is_some()
        || aggregate.fields().iter().any(|field| field.is_packed() || field.align().is_some());
    match aggregate.kind() {
        AggregateKind::Union => return Err(Inexpressible::Union),
        AggregateKind::Struct if attributes => return Err(Inexpressible::Attributes),
        AggregateKind::Struct => {}
    }
    let mut elements = Vec::new();
    for field in aggregate.fields() {
        push_elements(field.ty(), &mut elements, structs)?;
    }
    if elements.is_empty() {
        return Err(Inexpressible::Empty);
    }
    elements.push(ptr::null_mut());
    let mut elements = elements.into_boxed_slice();
    let mut ty =
        Box::new(raw::ffi_type { size: 0, alignment: 0, type_: raw::FFI_TYPE_STRUCT, elements: elements.as_mut_ptr() });
    let described = &raw mut *ty;
    structs.push(Struct { _ty: ty, _elements: elements });
    Ok(described)
}

/// libffi does not have arrays, so their elements are listed one by one.
fn push_elements(
    ty: &Type,
    elements: &mut Vec<*mut raw::ffi_type>,
    structs: &mut Vec<Struct>,
) -> Result<(), Inexpressible> {
    let Some(array) = ty.as_array() else {
        elements.push(describe(ty, structs)?);
        return Ok(());
    };
    if array.is_empty() {
        return Err(Inexpressible::Empty);
    }
    let start = elements.len();
    push_elements(array.element(), elements, structs)?;
    let element = elements[start..].to_vec();
    for _ in 1..array.len() {
        elements.extend(&element);
    }
    Ok(())
}

/// The answer of the closure, and its findings.
struct Answering<'a> {
    case: &'a Case,
    record: Record,
}

/// A closure of libffi with the case's signature.
pub struct Callee<'a> {
    _interface: &'a Interface,
    closure: *mut raw::ffi_closure,
    code: *mut c_void,
    answering: *mut Answering<'a>,
}

impl<'a> Callee<'a> {
    /// Makes the closure; `None` if libffi gets no executable memory.
    pub fn new(case: &'a Case, interface: &'a Interface) -> Option<Self> {
        let mut code = ptr::null_mut();
        // SAFETY: the allocation is freed on drop.
        let closure = unsafe { raw::ffi_closure_alloc(size_of::<raw::ffi_closure>(), &raw mut code) };
        if closure.is_null() {
            return None;
        }
        let answering = Box::into_raw(Box::new(Answering { case, record: Record::default() }));
        let callee = Self { _interface: interface, closure: closure.cast(), code, answering };
        // SAFETY: closure and code come from one allocation. The interface and the closure's context outlive it.
        let status = unsafe {
            raw::ffi_prep_closure_loc(callee.closure, interface.cif(), Some(record_call), answering.cast(), callee.code)
        };
        (status == raw::ffi_status_FFI_OK).then_some(callee)
    }

    /// The address of the function.
    pub const fn address(&self) -> *const c_void {
        self.code
    }

    /// The finding of the only call since the last time.
    ///
    /// # Errors
    ///
    /// See [`Record::take`].
    pub fn take(&mut self) -> Result<(), Wrong> {
        // SAFETY: the context lives until drop, and no call is running.
        unsafe { (*self.answering).record.take() }
    }
}

impl Drop for Callee<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` allocated both, and no call is running.
        unsafe {
            raw::ffi_closure_free(self.closure.cast());
            drop(Box::from_raw(self.answering));
        }
    }
}

unsafe extern "C" fn record_call(
    _cif: *mut raw::ffi_cif,
    result: *mut c_void,
    args: *mut *mut c_void,
    answering: *mut c_void,
) {
    // SAFETY: `ffi_prep_closure_loc` got this pointer. The caller of the closure does not hold a reference to it.
    let Answering { case, record } = unsafe { &mut *answering.cast::<Answering<'_>>() };
    let seen = case.args.iter().enumerate().map(|(index, sent)| {
        // SAFETY: libffi passes a pointer for each parameter, to the parameter's bytes.
        unsafe { std::slice::from_raw_parts((*args.add(index)).cast(), sent.len()) }
    });
    record.add(case.compare_arguments(seen));
    answer(&case.signature, &case.answer, result);
    // The callee owns its copies. The caller must not see that they change.
    for (index, (ty, bytes)) in case.signature.params().iter().zip(&case.args).enumerate() {
        if ty.as_scalar().is_none() {
            // SAFETY: libffi passes a pointer for each parameter, to the parameter's bytes.
            unsafe { ptr::write_bytes((*args.add(index)).cast::<u8>(), 0x5a, bytes.len()) };
        }
    }
    if let Some(errno) = case.errno {
        // SAFETY: this is the address of the thread's errno.
        unsafe { *libc::__errno_location() = errno };
    }
}

/// Writes a closure's result. libffi's manual ("The Closure API") demands a whole `ffi_arg` for narrower integers.
fn answer(signature: &Signature, answer: &[u8], result: *mut c_void) {
    match signature.result().and_then(Type::as_scalar) {
        Some(scalar) if !scalar.is_float() => {
            let wide = hotcall_testing::random::slot(scalar, answer);
            // SAFETY: libffi gives room for an `ffi_arg`.
            unsafe { result.cast::<u64>().write_unaligned(wide) };
        }
        // SAFETY: libffi gives room for the result. `void` writes nothing.
        _ => unsafe { ptr::copy_nonoverlapping(answer.as_ptr(), result.cast(), answer.len()) },
    }
}
