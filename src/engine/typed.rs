//! Functions that an engine's compiled code calls with arguments in registers.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use hotcall_jit::engine::fast_call::{Exit, FastCallHelpers, FastCallModel, FastCallRole, ResolvedHandle};
use hotcall_jit::engine::values::RecordHead;
use hotcall_jit::{FastCall, FastCallFunction, Scalar};

use super::helpers::closed;
use super::realm::Shared;
use super::values::Form;
use super::{Engine, Problem, Site, View};
use crate::error::Error;
use crate::function::function::Function;

/// A function that an engine's compiled code calls, made by [`Realm::fast_call`](super::Realm::fast_call).
///
/// It keeps the C function's library, and refuses calls once that was closed. Keep it as long as the engine may call
/// [`entry`](FastCallRecord::entry). Dropping it is allowed on any thread, and while no call of it runs.
///
/// # A compiler
///
/// A compiler that has found out the types of a call's arguments calls such a function as it would call C. Here it passes a
/// context, the argument's word, and where to set a flag:
///
/// ```
/// # #[cfg(all(feature = "jit", target_os = "linux", target_arch = "x86_64"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::ffi::c_void;
///
/// use hotcall::engine::{
///     Abi, Engine, Exit, Handles, Kind, Output, Realm, Site, Small, Tag, FastCallModel, FastCallRole, View, Words,
/// };
/// use hotcall::{Error, Library, Signature, Type};
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
///     unsafe fn exception(&self, _: Site, error: &Error) -> String {
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
pub struct FastCallRecord(NonNull<dyn Parts>);

/// The record's memory, whose address the code knows.
#[repr(C)]
struct Full<E: Engine> {
    head: RecordHead,
    /// In front of what its code refers to, so that it goes first.
    native: Option<FastCallFunction>,
    function: Function,
    params: Box<[Form]>,
    result: Option<Form>,
    /// The native types of the arguments, of handles none, and where refused ones lead.
    native_params: Box<[Option<Scalar>]>,
    exit: Exit,
    caller_looks: bool,
    realm: Arc<Shared<E>>,
}

/// What does not depend on the engine.
trait Parts {
    fn head(&self) -> &RecordHead;
    fn native(&self) -> Option<&FastCallFunction>;
    fn function(&self) -> &Function;
}

// SAFETY: all that is reached by a record on other threads is dropping it, closing it and its plain data.
unsafe impl Send for FastCallRecord {}

impl FastCallRecord {
    pub(super) fn new<E: Engine>(
        function: &Function,
        realm: &Arc<Shared<E>>,
        model: &FastCallModel,
    ) -> Result<Self, Error> {
        let fail = |source| Error::Compile { function: function.name().into(), source: Box::new(source) };
        let helpers = FastCallHelpers { resolve: resolve::<E>, raise: raise::<E> };
        let typed = function.fast_call(model, helpers).map_err(fail)?;
        // SAFETY: the function has the signature; the record keeps the realm, and with it the cell.
        let head = unsafe { FastCall::record(function.address(), realm.pending()) };
        let arguments = model.native.params().iter().zip(&model.roles);
        let arguments = arguments.filter(|(_, role)| matches!(role, FastCallRole::Argument | FastCallRole::Handle(_)));
        let full = Box::into_raw(Box::new(Full {
            head,
            native: None,
            function: function.clone(),
            params: function.signature().params().iter().map(Form::of).collect(),
            result: function.signature().result().map(Form::of),
            native_params: arguments
                .map(|(ty, &role)| ty.as_scalar().filter(|_| role == FastCallRole::Argument))
                .collect(),
            exit: model.exit,
            caller_looks: model.caller_looks,
            realm: Arc::clone(realm),
        }));
        // SAFETY: a box is not null.
        let record = Self(unsafe { NonNull::new_unchecked(full as *mut dyn Parts) });
        // SAFETY: the record has just been made, and stays where it is until it is dropped with its native function; the caller
        // vouches for the calls.
        let native = unsafe { typed.bind(&raw const (*full).head) }.map_err(fail)?;
        // SAFETY: there is none yet, which need not be dropped; nobody else knows the record.
        unsafe { (&raw mut (*full).native).write(Some(native)) };
        if let Some(library) = function.library() {
            library.adopt(record.parts().head());
        }
        Ok(record)
    }

    fn parts(&self) -> &dyn Parts {
        // SAFETY: the record lives as long as this.
        unsafe { self.0.as_ref() }
    }

    /// The address of the native function.
    pub fn entry(&self) -> *const c_void {
        self.parts().native().map_or(std::ptr::null(), FastCallFunction::entry)
    }

    /// The C function.
    pub fn function(&self) -> &Function {
        self.parts().function()
    }
}

impl Drop for FastCallRecord {
    fn drop(&mut self) {
        if let Some(library) = self.function().library() {
            library.disown(self.parts().head());
        }
        // SAFETY: it came from a box, and is used no more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl<E: Engine> Parts for Full<E> {
    fn head(&self) -> &RecordHead {
        &self.head
    }

    fn native(&self) -> Option<&FastCallFunction> {
        self.native.as_ref()
    }

    fn function(&self) -> &Function {
        &self.function
    }
}

impl<E: Engine> Full<E> {
    #[cold]
    fn refuse(&self, site: Site, index: usize, problem: Problem) {
        let signature = self.function.signature();
        // Behind the arguments comes the memory for the result.
        let Some(ty) = signature.params().get(index).or(signature.result()) else { return };
        self.throw(site, Error::Argument { function: self.function.name().into(), index, ty: ty.clone(), problem });
    }

    /// Throws, or leaves it to the caller.
    fn throw(&self, site: Site, error: Error) {
        if self.caller_looks {
            return self.realm.fail(error);
        }
        let engine = self.realm.engine();
        // SAFETY: the site is that of a call by the engine.
        unsafe { engine.throw(site, engine.exception(site, &error)) };
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
    let full = unsafe { &*record.cast::<Full<E>>() };
    let site = Site::new(exit);
    let Some(form) = full.params.get(index).or(full.result.as_ref()) else { return false };
    // SAFETY: the handle is one of the engine's.
    let resolved = match (form, unsafe { full.realm.engine().view(site, [handle, 0]) }) {
        // Machine code compares the length.
        (Form::Bytes(_), View::Bytes { address, len }) => Ok(ResolvedHandle { slot: address as u64, len: len as u64 }),
        (&form, view) => view.to_slot(form).map(|slot| ResolvedHandle { slot: slot.to_bits(), len: u64::MAX }),
    };
    match resolved {
        Ok(resolved) => {
            // SAFETY: there is a place for it.
            unsafe { to.write(resolved) };
            true
        }
        Err(problem) => {
            if full.exit == Exit::Raise {
                full.refuse(site, index, problem);
            }
            false
        }
    }
}

unsafe extern "C-unwind" fn raise<E: Engine>(record: *const RecordHead, exit: *mut c_void, index: usize, bits: u64) {
    // SAFETY: the head is the first part of the record, which lives as long as the engine may call its function.
    let full = unsafe { &*record.cast::<Full<E>>() };
    let site = Site::new(exit);
    // Callers that look find it where it is.
    if !full.caller_looks
        && let Some(exception) = full.realm.take_exception()
    {
        // SAFETY: the site is that of a call by the engine.
        return unsafe { full.realm.engine().throw(site, exception) };
    }
    if full.head.is_closed() {
        return full.throw(site, closed(&full.function));
    }
    let problem = match full.params.get(index).or(full.result.as_ref()) {
        Some(&Form::Bytes(expected)) => Problem::Short { expected, given: bits as usize },
        _ => {
            let number = match full.native_params.get(index).copied().flatten() {
                Some(Scalar::F64) => f64::from_bits(bits),
                Some(Scalar::U64 | Scalar::Usize) => bits as f64,
                // Integers that handles are have a sign.
                _ => bits as i64 as f64,
            };
            Problem::of_number(number)
        }
    };
    full.refuse(site, index, problem);
}

impl fmt::Debug for FastCallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastCallRecord").field("function", self.function()).field("entry", &self.entry()).finish()
    }
}
