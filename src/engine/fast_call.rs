//! Functions that an engine's compiled code calls with arguments in registers.

use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use hotcall_jit::engine::fast_call::{Exit, FastCallHelpers, FastCallModel, FastCallRole, NoResult, ResolvedHandle};
use hotcall_jit::engine::values::RecordHead;
use hotcall_jit::{FastCall, FastCallFunction, JitError, Scalar, Signature};

use super::convert::{Wanted, text};
use super::engine::Engine;
use super::error::EngineError;
use super::problem::Problem;
use super::realm_state::RealmState;
use super::record_memory::{OwnedRecord, RecordMemory, adopt};
use super::site::Site;
use super::view::View;
use crate::function::error::CompileError;
use crate::function::function::Function;
use crate::slots::slot::Slot;
use hotcall_jit::Form;

/// A function that an engine's compiled code calls, made by [`Realm::fast_call`](super::Realm::fast_call).
///
/// It keeps the C function's library, and refuses calls once that was closed. Keep it as long as the engine may call
/// [`entry`](FastCallRecord::entry). It may be dropped on any thread, but not while a call of it runs.
///
/// # A compiler
///
/// A compiler that knows the types of a call's arguments calls such a function like a C function. Here it passes a
/// context, the argument's word, and the address of a flag:
///
/// ```
/// # #[cfg(all(feature = "jit", target_os = "linux", target_arch = "x86_64"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::ffi::c_void;
///
/// use hotcall::engine::{
///     Abi, Engine, EngineError, Exit, FastCallModel, FastCallRole, Handles, Kind, Output, Realm, Site, Small, Tag, View,
///     Words,
/// };
/// use hotcall::{Library, Signature, Type};
///
/// /// Values are words: even ones are integers of 63 bits, odd ones are something else.
/// struct Language;
///
/// // SAFETY: no value has bytes, and none is made.
/// unsafe impl Engine for Language {
///     type Exception = String;
///
///     unsafe fn view(&self, _: Site, [word, _]: Words) -> View {
///         if word & 1 == 0 { View::Number((word as i64 >> 1) as f64) } else { View::Other(Kind::Object) }
///     }
///     unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, String> {
///         Err("this language has integers alone".into())
///     }
///     unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
///         error.to_string()
///     }
///     unsafe fn throw(&self, _: Site, exception: String) {
///         eprintln!("{exception}");
///     }
/// }
///
/// // What it is in C: int (*)(Context *, Word, char *flag).
/// let native = Signature::new([Type::POINTER, Type::U64, Type::POINTER], Type::I32)?;
/// let words = Handles::new(Tag { mask: 1, bits: 1 }).integers(Small::new(Tag { mask: 1, bits: 0 }, 1));
/// let abi = Abi::host().ok_or("no convention is known for this machine")?;
/// let roles = [FastCallRole::Ignored, FastCallRole::Handle(0), FastCallRole::Exit];
/// let model = FastCallModel::new(abi, native, roles, Exit::Flag { offset: 0 }).handles([words]);
///
/// // SAFETY: libc is loaded already.
/// let libc = unsafe { Library::open("libc.so.6") }?;
/// let abs = libc.function("abs", &Signature::new([Type::I32], Type::I32)?)?;
/// let realm = Realm::of_handles(Language);
/// // SAFETY: any integer may be passed; the function is called as the model says.
/// let record = unsafe { realm.fast_call(&abs, &model) }?;
///
/// // What the compiler puts into its code: a call of this address.
/// type Abs = unsafe extern "C" fn(*mut c_void, u64, *mut u8) -> i32;
/// // SAFETY: this is the type that the model describes.
/// let abs = unsafe { std::mem::transmute::<*const c_void, Abs>(record.entry()) };
/// let (context, mut flag) = (std::ptr::null_mut(), 0);
/// // SAFETY: these are words of the language.
/// unsafe {
///     assert_eq!(abs(context, (-42_i64 as u64) << 1, &mut flag), 42);
///     assert_eq!(flag, 0);
///     // No i32: C is not called, and the ordinary function has to throw.
///     abs(context, 1 << 40, &mut flag);
///     assert_eq!(flag, 1);
/// }
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "jit", target_os = "linux", target_arch = "x86_64")))]
/// # fn main() {}
/// ```
pub struct FastCallRecord(OwnedRecord<FastCallFunction, Refusals>);

/// The part of [fast calls](FastCallRecord) that functions of one signature share. Making it takes longer than the rest.
pub struct FastCallShape {
    signature: Signature,
    code: FastCall,
    refusals: Refusals,
}

impl FastCallShape {
    pub(super) fn new<E: Engine>(function: &Function, model: &FastCallModel) -> Result<Self, CompileError> {
        let helpers = FastCallHelpers { resolve: resolve::<E>, raise: raise::<E>, release: release::<E> };
        let code = function.fast_call(model, helpers).map_err(|source| CompileError::new(function.name(), source))?;
        let arguments = model.native.params().iter().zip(&model.roles);
        let arguments = arguments.filter(|(_, role)| matches!(role, FastCallRole::Argument | FastCallRole::Handle(_)));
        let refusals = Refusals {
            native_params: arguments
                .map(|(ty, &role)| ty.as_scalar().filter(|_| role == FastCallRole::Argument))
                .collect(),
            exit: model.exit,
            caller_looks: model.caller_looks,
        };
        Ok(Self { signature: function.signature().clone(), code, refusals })
    }

    /// The signature of the functions.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl fmt::Debug for FastCallShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastCallShape").field("signature", &self.signature).finish_non_exhaustive()
    }
}

/// The data that decides how a call continues after it was refused.
#[derive(Clone)]
struct Refusals {
    /// The native types of the arguments; `None` for handles.
    native_params: Box<[Option<Scalar>]>,
    exit: Exit,
    caller_looks: bool,
}

/// The memory of such a record.
type FastCallMemory<E> = RecordMemory<E, FastCallFunction, Refusals>;

impl FastCallRecord {
    pub(super) fn new<E: Engine>(
        function: &Function,
        realm: &Arc<RealmState<E>>,
        shape: &FastCallShape,
    ) -> Result<Self, CompileError> {
        let FastCallShape { code, refusals, .. } = shape;
        let fail = |source| CompileError::new(function.name(), source);
        // SAFETY: the function has the signature. The record keeps the realm, and with it the cell.
        let head = unsafe { FastCall::record(function.address(), realm.pending()) };
        // SAFETY: the record stays in place until it is dropped with its native function. The caller promises that the
        // engine calls it as the model says.
        let bind = |head| unsafe {
            match realm.policy().after() {
                0 => code.bind(head),
                _ => code.bind_at_first_call(head),
            }
        };
        let record = OwnedRecord::new(head, function, realm, refusals.clone(), bind, FastCallFunction::entry);
        let record = record.map_err(fail)?;
        adopt([&record]);
        Ok(Self(record))
    }

    /// The address of the native function.
    pub fn entry(&self) -> *const c_void {
        self.0.entry
    }

    /// Compiles the function now instead of at its first call. Does nothing if it is compiled.
    ///
    /// # Errors
    ///
    /// Memory for code is missing, or the code generator failed.
    pub fn compile(&self) -> Result<(), CompileError> {
        self.0.native().compile().map_err(|source| CompileError::new(self.function().name(), source))
    }

    /// Returns true if there is code for the function. Otherwise its first call compiles it.
    pub fn is_compiled(&self) -> bool {
        self.0.native().is_compiled()
    }

    /// The C function.
    pub fn function(&self) -> &Function {
        &self.0.function
    }
}

impl<E: Engine> FastCallMemory<E> {
    #[cold]
    fn refuse(&self, site: Site, index: usize, problem: Problem) {
        if let Some(error) = self.data.refused(index, problem) {
            self.throw(site, error);
        }
    }

    /// Throws, or leaves the exception to the caller.
    fn throw(&self, site: Site, error: EngineError) {
        if self.data.own.caller_looks {
            return self.realm.keep_error(error);
        }
        // SAFETY: the site is that of a call by the engine.
        unsafe { self.realm.throw(site, &error) };
    }
}

unsafe extern "C-unwind" fn resolve<E: Engine>(
    record: *const RecordHead,
    exit: *mut c_void,
    index: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool {
    // SAFETY: the head is the first part of the record, which lives as long as the engine may call its function.
    let memory = unsafe { &*record.cast::<FastCallMemory<E>>() };
    let site = Site::new(exit);
    let (engine, wanted, value) = (memory.realm.engine(), memory.data.wanted(index), [handle, 0]);
    // SAFETY: the handle is one of the engine's.
    let found = unsafe {
        match text(engine, site, wanted, value) {
            Some(text) => text.map(|text| (memory.realm.keep_text(text), u64::MAX)),
            None => find(engine.view(site, value), wanted),
        }
    };
    match found {
        Ok((slot, len)) => {
            // SAFETY: the caller passes the address of a place for the result.
            unsafe { to.write(ResolvedHandle { slot: slot.to_bits(), len }) };
            true
        }
        Err(problem) => {
            if memory.data.own.exit == Exit::Raise {
                memory.refuse(site, index, problem);
            }
            false
        }
    }
}

/// Returns the slot of a value, and the number of its bytes where machine code compares that.
fn find(view: View, wanted: Wanted) -> Result<(Slot, u64), Problem> {
    let len = || view.bytes().map_or(u64::MAX, |(_, len)| len as u64);
    match wanted {
        Wanted::Argument(Form::Bytes(_)) => view.to_slot(Form::Bytes(0)).map(|slot| (slot, len())),
        Wanted::Argument(form) => view.to_slot(form).map(|slot| (slot, u64::MAX)),
        Wanted::Destination(_) => view.to_destination(Form::Bytes(0)).map(|slot| (slot, len())),
    }
}

unsafe extern "C-unwind" fn release<E: Engine>(record: *const RecordHead) {
    // SAFETY: the head is the first part of the record, which lives as long as the engine may call its function.
    let memory = unsafe { &*record.cast::<FastCallMemory<E>>() };
    memory.realm.release_texts();
}

unsafe extern "C-unwind" fn raise<E: Engine>(
    record: *const RecordHead,
    exit: *mut c_void,
    index: usize,
    bits: u64,
) -> NoResult {
    // SAFETY: the arguments are those of a helper.
    unsafe { throw::<E>(record, exit, index, bits) };
    NoResult::default()
}

/// Throws the exception that waits, or the error of a refused call.
///
/// # Safety
///
/// The arguments are those of [`FastCallHelpers::raise`].
unsafe fn throw<E: Engine>(record: *const RecordHead, exit: *mut c_void, index: usize, bits: u64) {
    // SAFETY: the head is the first part of the record, which lives as long as the engine may call its function.
    let memory = unsafe { &*record.cast::<FastCallMemory<E>>() };
    let site = Site::new(exit);
    memory.realm.release_texts();
    // Callers that check for a pending exception themselves find it in the realm.
    if !memory.data.own.caller_looks
        && let Some(exception) = memory.realm.take_exception()
    {
        // SAFETY: the site is that of a call by the engine.
        return unsafe { memory.realm.engine().throw(site, exception) };
    }
    if memory.data.head.is_closed() {
        return memory.throw(site, memory.data.closed());
    }
    if index == FastCallHelpers::NO_CODE {
        let source = JitError::Memory("none was left for the code of a function".into());
        return memory.throw(site, CompileError::new(memory.data.function.name(), source).into());
    }
    let (Wanted::Argument(form) | Wanted::Destination(form)) = memory.data.wanted(index);
    let problem = match form {
        Form::Bytes(size) => Problem::Short { expected: size as usize, given: bits as usize },
        Form::Void | Form::Scalar(_) => {
            let number = match memory.data.own.native_params.get(index).copied().flatten() {
                Some(Scalar::F64) => f64::from_bits(bits),
                Some(Scalar::U64 | Scalar::Usize) => bits as f64,
                // Integers in handles are signed.
                _ => bits as i64 as f64,
            };
            Problem::of_number(number)
        }
    };
    memory.refuse(site, index, problem);
}

impl fmt::Debug for FastCallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastCallRecord")
            .field("function", self.function())
            .field("entry", &self.entry())
            .field("is_compiled", &self.is_compiled())
            .finish()
    }
}
