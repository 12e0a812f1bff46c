//! The signature compiler: the code of all entries, made once for each key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::c::definitions::Signature;
use crate::code::generator::{self, Generator};
use crate::code::once_map::{Life, OnceMap};
use crate::convention::abi::Abi;
use crate::debug::name::Name;
use crate::engine::callback::EngineCallbackHelpers;
#[cfg(doc)]
use crate::engine::callback::EngineCallbackRecord;
use crate::engine::fast_call::check::check;
use crate::engine::fast_call::model::{FastCallHelpers, FastCallModel};
use crate::engine::values::model::EngineAbi;
use crate::entry::callback::thunk::{ThunkCode, Thunks};
use crate::entry::engine_callback::interpreter::ScriptCall;
use crate::entry::engine_callback::key::{EngineCallbackKey, MAX_COMPILED};
use crate::entry::engine_values::destination::Destination;
use crate::entry::engine_values::function::EngineValues;
use crate::entry::engine_values::interpreted;
use crate::entry::engine_values::interpreter::Interpreter;
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::engine_values::shape::Shape;
use crate::entry::engine_values::uncompiled::Uncompiled;
use crate::entry::fast_call::function::FastCall;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::shape::FastCallCode;
use crate::entry::slots::key::Options;
use crate::entry::slots::trampoline::{Trampoline, Trampolines};
use crate::error::JitError;
use crate::lock::{Once, hold_off};

/// The signature compiler with the code that it made, once for each *shape*: signatures have one shape if their keys
/// are equal.
///
/// The code of a [`Trampoline`] lives as long as a clone of it. The code of a [`ThunkCode`] lives as long as the
/// process.
///
/// Code cannot be generated if the feature `cranelift` is off or the system refuses memory for code. Then trampolines
/// and thunks are *universal*: they read the plan of a call each time. They behave like generated ones, take a few
/// times as long, and are limited in number. The program contains 2,048 addresses for them. Each shape's trampolines
/// take one of these, and so does each callback.
pub struct Jit {
    /// The generator, or `None` if everything is universal.
    generator: Option<Arc<Generator>>,
    trampolines: Trampolines,
    /// Universal trampolines, which take far less time to make, for functions that are not compiled yet.
    uncompiled_trampolines: Trampolines,
    thunks: Thunks,
    engine_values: OnceMap<EngineValuesKey, Shape>,
    uncompiled: OnceMap<EngineAbi, Uncompiled>,
    fast_calls: OnceMap<FastCallKey, FastCallCode>,
    engine_callbacks: OnceMap<EngineCallbackKey, Option<&'static ThunkCode>>,
}

/// The code that a [`Jit`] holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Shapes of calls, including those of engines, which may not be compiled yet.
    pub trampolines: usize,
    /// Shapes of callbacks that have code.
    pub thunks: usize,
    /// Functions in code memory: trampolines, thunks, and the shims of variadic calls.
    pub functions: usize,
    /// Bytes of these functions.
    pub code_bytes: usize,
    /// Bytes of memory for code, including unused bytes. Memory that is mapped twice counts once.
    pub mapped_bytes: usize,
    /// Callbacks that are bound to a handler.
    pub callbacks: usize,
    /// Stubs that are not bound to a handler: their callback was closed, or is yet to come.
    pub retired_callbacks: usize,
}

impl Jit {
    /// Makes a compiler without any code.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown, to the code generator or to hotcall.
    pub fn new() -> Result<Self, JitError> {
        Abi::host().ok_or(JitError::Host)?;
        Ok(Self::with(Generator::new()?))
    }

    /// Makes a compiler that never generates code: all its trampolines and thunks are universal.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown.
    pub fn universal() -> Result<Self, JitError> {
        Abi::host().ok_or(JitError::Host)?;
        Ok(Self::with(None))
    }

    fn with(generator: Option<Generator>) -> Self {
        let generator = generator.map(Arc::new);
        Self {
            trampolines: Trampolines::new(generator.clone()),
            uncompiled_trampolines: Trampolines::new(None),
            thunks: Thunks::new(generator.clone()),
            generator,
            engine_values: OnceMap::new(),
            uncompiled: OnceMap::new(),
            fast_calls: OnceMap::new(),
            engine_callbacks: OnceMap::new(),
        }
    }

    /// Returns figures of this compiler's current code.
    pub fn stats(&self) -> Stats {
        let no_fork = hold_off();
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let trampolines = self.trampolines.count(&no_fork)
            + self.engine_values.live(&no_fork).len()
            + self.fast_calls.live(&no_fork).len();
        let mut stats = Stats { trampolines, ..Stats::default() };
        if let Some(counters) = self.generator.as_deref().map(Generator::counters) {
            stats.functions = count(&counters.functions);
            stats.code_bytes = count(&counters.code_bytes);
            stats.mapped_bytes = count(&counters.mapped_bytes);
        }
        let of_script = self.engine_callbacks.live(&no_fork).into_iter().filter_map(|thunk| *thunk);
        for thunk in self.thunks.all(&no_fork).chain(of_script) {
            let (bound, retired) = thunk.count_stubs();
            stats.thunks += 1;
            stats.callbacks += bound;
            stats.retired_callbacks += retired;
        }
        stats
    }

    /// Returns the compiler that the process shares.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::new`].
    pub fn shared() -> Result<&'static Self, JitError> {
        static SHARED: Once<Jit> = Once::new();
        SHARED.get_or_try(Self::new)
    }

    /// Returns the trampoline for functions of this signature. Signatures of one shape share it.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown, the signature exceeds a limit, or code is not generated and no address is
    /// left.
    pub fn slots(&self, signature: &Signature, options: Options) -> Result<Trampoline, JitError> {
        self.trampolines.get(signature, options)
    }

    /// Does as [`slots`](Self::slots), but never generates code. Such trampolines are made faster, and called more slowly.
    ///
    /// # Errors
    ///
    /// The errors of [`Jit::slots`]. No address may be left although code can be generated.
    pub fn uncompiled_slots(&self, signature: &Signature, options: Options) -> Result<Trampoline, JitError> {
        self.uncompiled_trampolines.get(signature, options)
    }

    /// Returns the thunk for callbacks of this signature. Signatures of one shape share it, and it is never freed.
    ///
    /// # Errors
    ///
    /// The signature is variadic; the errors of [`Jit::slots`].
    pub fn thunk(&self, signature: &Signature) -> Result<&'static ThunkCode, JitError> {
        self.thunks.get(signature)
    }

    /// Returns the thunk for callbacks of this signature that are functions of script. Signatures of one shape share
    /// it, and it is never freed. `None` if code is not generated for it: then [`Jit::thunk`] does.
    ///
    /// The thunk calls script itself if its stub's callback has an open [record](EngineCallbackRecord), on the thread
    /// that owns the record. Otherwise it calls the stub's handler.
    ///
    /// # Errors
    ///
    /// The model does not describe a call function, or that exceeds a limit; the errors of [`Jit::thunk`].
    ///
    /// # Safety
    ///
    /// The stubs of the thunk are bound to contexts of one kind alone. Such a context is memory that is never freed. At
    /// [`EngineCallbackRecord::IN_CONTEXT`] it holds null, or the address of a record.
    pub unsafe fn engine_callback(
        &self,
        signature: &Signature,
        engine: &EngineAbi,
        helpers: EngineCallbackHelpers,
    ) -> Result<Option<&'static ThunkCode>, JitError> {
        if signature.first_variadic().is_some() {
            return Err(JitError::VariadicCallback);
        }
        let abi = Abi::host().ok_or(JitError::Host)?;
        let key = EngineCallbackKey::of(abi, signature, abi.plan(signature)?, engine, helpers)?;
        let Some(generator) = self.generator.as_deref().filter(|_| key.params.len() <= MAX_COMPILED) else {
            return Ok(None);
        };
        let no_fork = hold_off();
        let make = || {
            let name = Name::new("engine callback", signature);
            let code = generator::make(&no_fork, Some(generator), &name, &key)?;
            code.map(|code| ThunkCode::leak(&key.callback, Some(code))).transpose()
        };
        self.engine_callbacks.get_or_make(&no_fork, &key, Life::Kept, make).map(|thunk| *thunk)
    }

    /// Returns the engine's call function for Rust code.
    ///
    /// # Errors
    ///
    /// The model does not describe a call function; the errors of [`Jit::slots`].
    pub fn script_call(&self, engine: &EngineAbi) -> Result<ScriptCall, JitError> {
        ScriptCall::new(&self.trampolines, engine)
    }

    /// Returns the native functions for engines of this model and C functions of this signature, compiled. Signatures
    /// of one shape share them.
    ///
    /// # Errors
    ///
    /// The model's native function exceeds a limit; the errors of [`Jit::slots`].
    pub fn engine_values(&'static self, signature: &Signature, engine: &EngineAbi) -> Result<EngineValues, JitError> {
        let values = self.uncompiled_engine_values(signature, engine)?;
        values.compile()?;
        Ok(values)
    }

    /// Does as [`engine_values`](Self::engine_values), but leaves compiling to the
    /// [policy](crate::CompilePolicy) of the records. Calls are interpreted until then.
    ///
    /// # Errors
    ///
    /// The errors of [`engine_values`](Self::engine_values).
    pub fn uncompiled_engine_values(
        &'static self,
        signature: &Signature,
        engine: &EngineAbi,
    ) -> Result<EngineValues, JitError> {
        self.engine_values_with(signature, engine, None)
    }

    /// Does as [`uncompiled_engine_values`](Self::uncompiled_engine_values), for functions that write their struct or union
    /// into a buffer. The engine passes it as one argument more, behind those of C: an object with at least as many bytes
    /// as the result. The functions return undefined.
    ///
    /// The buffer has the index after the last argument when it is [converted](crate::engine::values::EngineHelpers), and
    /// its slot is the address of its bytes. If an exception waits when C has returned, they are not changed.
    ///
    /// # Errors
    ///
    /// The result is not a struct or a union, or an argument more is too many; the errors of
    /// [`engine_values`](Self::engine_values).
    pub fn uncompiled_engine_values_into(
        &'static self,
        signature: &Signature,
        engine: &EngineAbi,
    ) -> Result<EngineValues, JitError> {
        self.engine_values_with(signature, engine, Some(Destination::of(signature)?))
    }

    fn engine_values_with(
        &'static self,
        signature: &Signature,
        engine: &EngineAbi,
        destination: Option<Destination>,
    ) -> Result<EngineValues, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let key = EngineValuesKey::of(abi, signature, abi.plan(signature)?, engine, destination);
        let no_fork = hold_off();
        // Code behind stubs is never freed, because thunks are not.
        let life = if engine.model().passes_data() { Life::Used } else { Life::Kept };
        let make = || {
            let uncompiled = self.uncompiled.get_or_make(&no_fork, engine, Life::Kept, || {
                // SAFETY: the handler takes this context, and the slots of the model's native function.
                unsafe { Uncompiled::new(&no_fork, self.generator.as_deref(), abi, engine, interpreted::with_data) }
            })?;
            let trampolines = match &self.generator {
                Some(_) => [&self.uncompiled_trampolines, &self.trampolines],
                None => [&self.trampolines; 2],
            };
            let interpreter = Interpreter::new(signature, engine, destination, trampolines);
            Shape::new(abi, engine, interpreter, self.generator.clone(), uncompiled)
        };
        self.engine_values.get_or_make(&no_fork, &key, life, make).map(EngineValues::from)
    }

    /// Returns the model's native function for C functions of this signature, compiled. Signatures of one shape share
    /// it.
    ///
    /// # Errors
    ///
    /// The model does not fit the signature; code cannot be generated here; the errors of [`Jit::slots`].
    pub fn fast_call(
        &self,
        signature: &Signature,
        model: &FastCallModel,
        helpers: FastCallHelpers,
    ) -> Result<FastCall, JitError> {
        let fast = self.uncompiled_fast_call(signature, model, helpers)?;
        fast.compile()?;
        Ok(fast)
    }

    /// Does as [`fast_call`](Self::fast_call), but leaves compiling to
    /// [`bind`](FastCall::bind) or the [first call](FastCall::bind_at_first_call).
    ///
    /// # Errors
    ///
    /// The errors of [`fast_call`](Self::fast_call).
    pub fn uncompiled_fast_call(
        &self,
        signature: &Signature,
        model: &FastCallModel,
        helpers: FastCallHelpers,
    ) -> Result<FastCall, JitError> {
        check(model, signature)?;
        let abi = Abi::host().ok_or(JitError::Host)?;
        let key = FastCallKey::of(abi, signature, abi.plan(signature)?, model, helpers);
        let no_fork = hold_off();
        let generator = self.generator.as_ref().ok_or(JitError::NoCode)?;
        let make = || FastCallCode::new(generator, signature, &key);
        self.fast_calls.get_or_make(&no_fork, &key, Life::Used, make).map(FastCall::from)
    }
}

impl fmt::Debug for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jit").finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "cranelift", target_arch = "x86_64", not(windows)))]
mod tests {
    use std::ptr;

    use std::ffi::c_void;

    use super::*;
    use crate::c::definitions::Type;
    use crate::engine::call::{EngineHelpers, Failure, NativeCall, Words};
    use crate::engine::fast_call::model::{Exit, FastCallRole, NoResult};
    use crate::engine::object::ResolvedHandle;
    use crate::engine::record::{Pending, RecordHead};
    use crate::engine::test::Test;
    use crate::engine::values::model::{Integer, ResultPath, Role, Singleton, ValueModel};
    use crate::entry::callback::thunk::Use;
    use crate::entry::engine_values::policy::CompilePolicy;

    extern "C-unwind" fn join(high: i32, low: u8) -> i64 {
        i64::from(high) << 8 | i64::from(low)
    }

    unsafe extern "C-unwind" fn handle(context: *mut c_void, args: *const u64, result: *mut u64) {
        // SAFETY: the context is the trampoline, and the thunk has the trampoline's signature.
        unsafe { ((*context.cast::<Trampoline>()).entry())(join as *const c_void, args, result, ptr::null_mut()) };
    }

    #[test]
    fn without_memory_for_code_all_is_universal() {
        let jit = Jit::with(Some(Generator::without_memory()));
        let signature = Signature::new([Type::I32, Type::U8], Type::I64).unwrap();
        let mut trampoline = jit.slots(&signature, Options::default()).unwrap();
        // A shim needs memory too.
        let variadic = Signature::variadic([Type::I32, Type::I32], 1, None).unwrap();
        assert!(jit.slots(&variadic, Options::default()).unwrap().code().is_empty());
        let thunk = jit.thunk(&signature).unwrap();
        assert!(trampoline.code().is_empty() && thunk.code().is_empty());

        let stub = thunk.stubs(Use::Plain).take().unwrap();
        let mut result = 0;
        // SAFETY: the trampoline lives as long as the stub is called; both have this signature.
        unsafe {
            stub.bind(handle, (&raw mut trampoline).cast());
            (trampoline.entry())(stub.entry(), [-2i64 as u64, 0xff].as_ptr(), &mut result, ptr::null_mut());
            stub.retire();
            thunk.stubs(Use::Plain).give_back(stub);
        }
        assert_eq!(result as i64, -257);
    }

    unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
        false
    }

    unsafe extern "C-unwind" fn convert_result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
        false
    }

    unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {}

    unsafe extern "C-unwind" fn take_pins(_: *mut NativeCall) {}

    unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}

    extern "C-unwind" fn double(number: i32) -> i32 {
        number * 2
    }

    /// An engine whose integers have ones in the upper half, with and without a parameter for the record.
    fn engine(passes_data: bool) -> EngineAbi {
        const INTEGER: u64 = 0xffff_ffff << 32;
        let roles = [Role::Argc, Role::Argv { first: 0 }, if passes_data { Role::Data } else { Role::Ignored }];
        let native = Signature::new([Type::USIZE, Type::POINTER, Type::POINTER], Type::U64).unwrap();
        let outcome = ResultPath::Returned { exception: [0, 0] };
        let integer = Integer::new(Test::range(INTEGER, u64::MAX), 4, [INTEGER, 0]);
        let model = ValueModel::new(native, roles, outcome, Singleton::word(10)).integer(integer);
        EngineAbi::new(model, EngineHelpers { convert, result: convert_result, finish, take_pins, fail }).unwrap()
    }

    #[test]
    fn calls_stay_interpreted_without_memory_for_their_code() {
        for passes_data in [true, false] {
            let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
            let signature = Signature::new([Type::I32], Type::I32).unwrap();
            let values = jit.uncompiled_engine_values(&signature, &engine(passes_data)).unwrap();
            let (pending, policy) = (Pending::new(), CompilePolicy::new());
            policy.set_after(3);
            // SAFETY: the target has the signature; the cell and the policy outlive the record.
            let record = unsafe { values.record_by(double as *const c_void, &pending, &policy) };
            // SAFETY: the record outlives its function.
            let native = unsafe { values.bind(&raw const record) }.unwrap();
            jit.generator.as_ref().unwrap().lose_memory();
            type Native = unsafe extern "C" fn(usize, *const u64, *const c_void) -> u64;
            // SAFETY: the model describes a function of this type.
            let call = unsafe { std::mem::transmute::<*const c_void, Native>(native.entry()) };
            for number in 0..10 {
                let integer = 0xffff_ffff << 32 | number;
                // SAFETY: the function gets one value and its record.
                let result = unsafe { call(1, &integer, (&raw const record).cast()) };
                assert_eq!(result, (0xffff_ffff << 32) | (number * 2));
            }
            assert_eq!((record.interpreted_calls(), values.is_compiled()), (10, false));
            values.compile().unwrap();
            assert!(!values.is_compiled());
        }
    }

    static RAISED: AtomicUsize = AtomicUsize::new(0);

    unsafe extern "C-unwind" fn resolve(
        _: *const RecordHead,
        _: *mut c_void,
        _: usize,
        _: u64,
        _: *mut ResolvedHandle,
    ) -> bool {
        false
    }

    unsafe extern "C-unwind" fn raise(_: *const RecordHead, exit: *mut c_void, index: usize, _: u64) -> NoResult {
        assert!(!exit.is_null());
        RAISED.store(index, Ordering::Relaxed);
        NoResult::default()
    }

    unsafe extern "C-unwind" fn release(_: *const RecordHead) {}

    #[test]
    fn first_calls_without_memory_for_their_code_are_refused() {
        type Native = unsafe extern "C" fn(i64, *mut [u8; 4]) -> i64;
        let helpers = FastCallHelpers { resolve, raise, release };
        for exit in [Exit::Flag { offset: 2 }, Exit::Raise] {
            let jit = Jit::new().unwrap();
            // A result that is wider than C's is more than moves.
            let native = Signature::new([Type::I64, Type::POINTER], Type::I64).unwrap();
            let roles = [FastCallRole::Argument, FastCallRole::Exit];
            let model = FastCallModel::new(Abi::SysV64, native, roles, exit);
            let signature = Signature::new([Type::I32], Type::I32).unwrap();
            let code = jit.uncompiled_fast_call(&signature, &model, helpers).unwrap();
            let pending = Pending::new();
            // SAFETY: the target has the signature, and the cell outlives the record.
            let record = unsafe { FastCall::record(double as *const c_void, &pending) };
            // SAFETY: the record outlives its function.
            let function = unsafe { code.bind_at_first_call(&record) }.unwrap();
            jit.generator.as_ref().unwrap().lose_memory();
            // SAFETY: the model describes a function of this type.
            let call = unsafe { std::mem::transmute::<*const c_void, Native>(function.entry()) };
            let mut flags = [0; 4];
            // SAFETY: the function gets the address of its flag.
            unsafe { call(21, &mut flags) };
            let (flagged, raised) = match exit {
                Exit::Flag { .. } => ([0, 0, 1, 0], 0),
                Exit::Raise => ([0; 4], FastCallHelpers::NO_CODE),
            };
            assert_eq!((flags, RAISED.swap(0, Ordering::Relaxed)), (flagged, raised));
            assert!(!function.is_compiled() && function.compile().is_err());
        }
    }
}
