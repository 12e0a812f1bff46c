//! Deno's FFI on hotcall: the functions from which `ffi.js` builds the `Deno` namespace.
//!
//! QuickJS itself calls the functions that script sees: each is a record's trampoline. This file has the rest:
//! libraries, calls on other threads, callbacks, memory behind pointers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::mem;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use hotcall::declare::{Declaration, DeclarationError, Declarations, Item};
use hotcall::engine::{Engine, EngineError, Realm, Record, Site};
use hotcall::{
    Call, Callback, CallbackError, ForeignCall, Function, FunctionOptions, Library, LocalCallback, LocalOptions,
    MAX_PARAMETERS, OpenFlags, Outcome, Scalar, Slot, Static, Symbol, Thunk, Type,
};
use hotcall_engines::quickjs::{Callee, ErrorKind, Owned, Pin, Raised, Thrown, closure, value, words};
use rquickjs::function::Rest;
use rquickjs::object::Property;
use rquickjs::qjs as js;
use rquickjs::{Array, Ctx, Error, JsLifetime, Object, Persistent, Value};

use crate::declared::{Names, Reader, text_of};
use crate::exceptions;
use crate::functions::in_context;
use crate::host::{Deno, QuickJs, buffer_of};
use crate::permissions::Permission;
use crate::thread_pool::ThreadPool;

type JsFunction<'js> = rquickjs::Function<'js>;
type Result<T> = rquickjs::Result<T>;

/// A message of another thread to the event loop.
pub(crate) enum Event {
    /// A nonblocking call has returned.
    Done(u32, Outcome),
    /// C called a callback on another thread, which waits.
    Called(ForeignCall),
}

/// The FFI of one runtime. Shared by its functions, through the context's user data.
pub(crate) struct Ffi {
    pub(crate) realm: Realm<QuickJs>,
    /// The context that script runs in.
    context: NonNull<js::JSContext>,
    permission: Permission,
    /// The threads of nonblocking calls.
    threads: ThreadPool,
    queue: Sender<Event>,
    libraries: RefCell<Table<Library>>,
    callbacks: RefCell<Table<LocalCallback>>,
    calls: RefCell<Table<Running>>,
    /// The number of callbacks that keep the event loop alive.
    referenced: Cell<usize>,
}

/// A nonblocking call: its promise, and the memory that it works on.
struct Running {
    result: Option<Type>,
    resolve: Persistent<JsFunction<'static>>,
    kept: Vec<Pin>,
}

/// The arguments of a call in hotcall's form.
#[derive(Default)]
struct Arguments {
    slots: Vec<Slot>,
    /// The buffers whose addresses are in the slots.
    kept: Vec<Pin>,
}

/// Objects by number.
struct Table<T> {
    next: u32,
    things: HashMap<u32, T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { next: 0, things: HashMap::new() }
    }
}

impl<T> Table<T> {
    fn insert(&mut self, thing: T) -> u32 {
        self.next += 1;
        self.things.insert(self.next, thing);
        self.next
    }
}

#[derive(Clone)]
struct Installed(Rc<Ffi>);

// SAFETY: no field has the lifetime of a context. `Ffi::shut_down` releases the values of a context that it keeps.
unsafe impl<'js> JsLifetime<'js> for Installed {
    type Changed<'to> = Self;
}

/// Takes the result of one of the engine's functions.
pub(crate) fn owned<'js>(ctx: &Ctx<'js>, result: std::result::Result<Owned, Raised>) -> Result<Value<'js>> {
    // SAFETY: the value is the engine's, and its reference belongs to this function.
    result.map(|owned| unsafe { Value::from_raw(ctx.clone(), owned.into_value()) }).map_err(|Raised| Error::Exception)
}

/// A function that the engine itself calls.
fn native<'js>(ctx: &Ctx<'js>, name: &str, record: Record) -> Result<Value<'js>> {
    let name = CString::new(name).unwrap_or_default();
    // SAFETY: the context lives longer than its functions, and the record is of this engine's realm.
    owned(ctx, unsafe { closure(ctx.as_raw().as_ptr(), &name, record) })
}

/// The FFI of a context.
pub(crate) fn ffi(ctx: &Ctx<'_>) -> Rc<Ffi> {
    Rc::clone(&ctx.userdata::<Installed>().expect("it is installed before script runs").0)
}

/// Returns the context that script runs in. `ffi.js` runs in another one, whose built-ins script cannot change, and calls the
/// functions of this file from there. Values for script are made in script's context.
pub(crate) fn script<'js>(ctx: &Ctx<'js>) -> Ctx<'js> {
    // SAFETY: the context lives as long as the FFI, and has the runtime of `ctx`.
    unsafe { Ctx::from_raw(ffi(ctx).context) }
}

pub(crate) fn site(ctx: &Ctx<'_>) -> Site {
    Site::new(ffi(ctx).context.as_ptr().cast())
}

/// An `Error`: a request that cannot be fulfilled.
fn error(ctx: &Ctx<'_>, error: impl ToString) -> rquickjs::Error {
    exceptions::throw(&script(ctx), ErrorKind::Plain, error)
}

/// A `TypeError`: a request that makes no sense.
pub(crate) fn type_error(ctx: &Ctx<'_>, error: impl ToString) -> rquickjs::Error {
    exceptions::throw(&script(ctx), ErrorKind::Type, error)
}

/// A `TypeError` for declarations. It has the place of the fault in the declarations, but not in their JSON form.
fn malformed(ctx: &Ctx<'_>, error: &DeclarationError) -> rquickjs::Error {
    if let DeclarationError::Json { path, problem, .. } = error {
        return type_error(ctx, format!("{path}: {problem}"));
    }
    type_error(ctx, error)
}

impl Ffi {
    /// Returns an object of the native functions of `ffi.js`. It belongs to the context of `ffi.js`, `own`. Values that
    /// the functions make belong to script's context, `ctx`.
    pub(crate) fn install<'js>(
        ctx: &Ctx<'js>,
        own: &Ctx<'js>,
        permission: Permission,
        threads: usize,
        queue: Sender<Event>,
    ) -> Result<(Rc<Self>, Object<'js>)> {
        // SAFETY: the context lives until `shut_down`, and script has not run in it.
        let realm = unsafe {
            let context = ctx.as_raw().as_ptr();
            hotcall_engines::quickjs::realm(QuickJs::new(context, c"External", Deno::new(context)))
        };
        let realm = realm.map_err(|error| exceptions::throw(ctx, ErrorKind::Plain, error))?;
        let ffi = Rc::new(Self {
            realm,
            context: ctx.as_raw(),
            permission,
            threads: ThreadPool::new(threads),
            queue,
            libraries: RefCell::default(),
            callbacks: RefCell::default(),
            calls: RefCell::default(),
            referenced: Cell::new(0),
        });
        if ctx.store_userdata(Installed(Rc::clone(&ffi))).is_err() {
            return Err(exceptions::throw(ctx, ErrorKind::Plain, "the user data is in use"));
        }
        let functions = Object::new(own.clone())?;
        functions.set("allows", JsFunction::new(own.clone(), allows)?)?;
        functions.set("open", JsFunction::new(own.clone(), open)?)?;
        functions.set("close", JsFunction::new(own.clone(), close)?)?;
        functions.set("allowsPointers", JsFunction::new(own.clone(), |ctx: Ctx<'_>| ffi_allows(&ctx))?)?;
        functions.set("functionAt", JsFunction::new(own.clone(), function_at)?)?;
        functions.set("callback", JsFunction::new(own.clone(), callback)?)?;
        functions.set("closeCallback", JsFunction::new(own.clone(), close_callback)?)?;
        functions.set("reference", JsFunction::new(own.clone(), reference)?)?;
        Ok((ffi, functions))
    }

    /// Returns true if something may still happen that the event loop has to wait for.
    pub(crate) fn is_alive(&self) -> bool {
        self.referenced.get() > 0 || self.has_running_calls()
    }

    /// Returns true if nonblocking calls have not returned yet.
    pub(crate) fn has_running_calls(&self) -> bool {
        !self.calls.borrow().things.is_empty()
    }

    /// Releases the buffers that calls got in the last turn of the event loop.
    pub(crate) fn end_turn(&self) {
        self.take_pins();
        self.realm.engine().host().turn().end();
    }

    /// Keeps the buffers of calls that have returned until the turn ends.
    pub(crate) fn take_pins(&self) {
        // SAFETY: the context is the engine's. Script runs, or nothing does.
        unsafe { self.realm.take_pins(Site::new(self.context.as_ptr().cast())) };
    }

    /// Answers a message of another thread. An exception that script cannot catch is left for the caller.
    pub(crate) fn handle<'js>(&self, ctx: &Ctx<'js>, event: Event) -> Result<()> {
        match event {
            Event::Done(number, outcome) => self.settle(ctx, number, outcome),
            Event::Called(call) => {
                drop(call.run());
                // No native function runs here that would throw the exception.
                self.realm.take_exception().map_or(Ok(()), |exception| Err(self.throw(ctx, exception)))
            }
        }
    }

    /// Releases all values of the context, when no call runs.
    pub(crate) fn shut_down(&self) {
        drop(mem::take(&mut *self.callbacks.borrow_mut()));
        // Libraries are not unmapped at the end, because their own threads may still run.
        static KEPT: Mutex<Vec<Library>> = Mutex::new(Vec::new());
        let libraries = mem::take(&mut *self.libraries.borrow_mut()).things.into_values();
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).extend(libraries);
        drop(self.realm.take_exception());
        self.take_pins();
        // SAFETY: script does not run any more.
        unsafe { self.realm.engine().free() };
    }

    /// Throws the engine's exception for an error.
    fn refuse(&self, ctx: &Ctx<'_>, error: &EngineError) -> rquickjs::Error {
        // SAFETY: the site is the engine's.
        let exception = unsafe { self.realm.engine().exception(site(ctx), error) };
        self.throw(ctx, exception)
    }

    /// Throws an exception of hotcall's side of a call.
    fn throw(&self, ctx: &Ctx<'_>, thrown: Thrown) -> rquickjs::Error {
        // SAFETY: the value is the engine's, and belongs to this function.
        ctx.throw(unsafe { Value::from_raw(ctx.clone(), thrown.into_value()) })
    }

    /// The value of a slot.
    ///
    /// # Safety
    ///
    /// The slot of an aggregate is the address of its bytes.
    pub(crate) unsafe fn to_value<'js>(&self, ctx: &Ctx<'js>, ty: &Type, slot: Slot) -> Result<Value<'js>> {
        // SAFETY: the caller promises that an aggregate's slot is the address of its bytes. The value belongs to this
        // function.
        unsafe {
            match self.realm.to_value(site(ctx), ty, slot) {
                Ok(words) => Ok(Value::from_raw(ctx.clone(), value(words))),
                Err(exception) => Err(self.throw(ctx, exception)),
            }
        }
    }

    /// A function for script. One that returns a struct has a method `into(...args, buffer)`, which writes the struct
    /// to a buffer. That is one argument more, so a function with as many as possible does not have it.
    fn function<'js>(&self, ctx: &Ctx<'js>, record: Record) -> Result<Value<'js>> {
        let ctx = &script(ctx);
        let function = record.function().clone();
        let native = native(ctx, function.name(), record)?;
        let signature = function.signature();
        let returns_struct = signature.result().is_some_and(|ty| ty.as_aggregate().is_some());
        if let Some(native) = native.as_object()
            && returns_struct
            && signature.params().len() < MAX_PARAMETERS
        {
            // SAFETY: the user who gave the permission promises that declarations are true.
            let into = unsafe { self.realm.record_into(&function) }.map_err(|error| type_error(ctx, error))?;
            let into = self::native(ctx, "into", into)?;
            native.prop("into", Property::from(into).writable().enumerable().configurable())?;
        }
        Ok(native)
    }

    /// A function for script that calls on another thread.
    fn nonblocking<'js>(&self, ctx: &Ctx<'js>, function: Function) -> Result<Value<'js>> {
        let ctx = &script(ctx);
        let arity = function.signature().params().len();
        let name = function.name().to_owned();
        let start = move |ctx: Ctx<'js>, args: Rest<Value<'js>>| ffi(&ctx).start(&ctx, &function, &args);
        let start = JsFunction::new(ctx.clone(), start)?.with_name(name)?.with_length(arity)?;
        Ok(in_context(start)?.into_value())
    }

    /// The value of a variable: its contents, or its address if it is a pointer to something.
    fn variable<'js>(&self, ctx: &Ctx<'js>, variable: &Static) -> Result<Value<'js>> {
        let slot = match variable.ty().as_scalar() {
            None => return Err(type_error(ctx, format!("Invalid FFI static type, '{}' is a struct", variable.name()))),
            Some(Scalar::Pointer(_)) => variable.address().into(),
            // SAFETY: the user who gave the permission promises that the symbol is a variable of this type.
            Some(_) => unsafe { variable.read_slot() }.map_err(|error| type_error(ctx, error))?,
        };
        // SAFETY: the slot is that of a scalar.
        unsafe { self.to_value(ctx, variable.ty(), slot) }
    }

    /// Converts arguments for a call that the engine does not make itself.
    fn convert<'js>(&self, ctx: &Ctx<'js>, function: &Function, args: &[Value<'js>]) -> Result<Arguments> {
        let mut converted = Arguments::default();
        for (index, ty) in function.signature().params().iter().enumerate() {
            let arg = args.get(index).cloned().unwrap_or_else(|| Value::new_undefined(ctx.clone()));
            // SAFETY: the value is the engine's.
            match unsafe { self.realm.to_slot(site(ctx), ty, words(arg.as_raw())) } {
                Ok(slot) => converted.slots.push(slot),
                Err(problem) => {
                    self.release(ctx, converted.kept);
                    let function = function.name().into();
                    return Err(self.refuse(ctx, &EngineError::Argument { function, index, ty: ty.clone(), problem }));
                }
            }
            converted.kept.extend(self.keep(ctx, &arg));
        }
        Ok(converted)
    }

    /// Begins a call on another thread. Returns a promise, also for an error.
    fn start<'js>(&self, ctx: &Ctx<'js>, function: &Function, args: &[Value<'js>]) -> Result<Value<'js>> {
        let (promise, resolve, reject) = script(ctx).promise()?;
        match self.spawn(ctx, function, args, resolve) {
            Err(error) if error.is_exception() => reject.call::<_, ()>((ctx.catch(),))?,
            started => started?,
        }
        Ok(promise.into_value())
    }

    fn spawn<'js>(
        &self,
        ctx: &Ctx<'js>,
        function: &Function,
        args: &[Value<'js>],
        resolve: JsFunction<'js>,
    ) -> Result<()> {
        let Arguments { slots, kept } = self.convert(ctx, function, args)?;
        // SAFETY: the slots are those of the arguments, whose bytes are kept until the call has returned.
        let call = match unsafe { function.prepare_slots(&slots) } {
            Ok(call) => call,
            Err(refused) => {
                self.release(ctx, kept);
                return Err(error(ctx, refused));
            }
        };
        let result = function.signature().result().cloned();
        let running = Running { result, resolve: Persistent::save(ctx, resolve), kept };
        let number = self.calls.borrow_mut().insert(running);
        let queue = self.queue.clone();
        // Once the event loop has ended, the result is dropped.
        let run = move || drop(queue.send(Event::Done(number, call.run())));
        if let Err(problem) = self.threads.run(run) {
            let running = self.calls.borrow_mut().things.remove(&number);
            running.into_iter().for_each(|running| self.release(ctx, running.kept));
            return Err(error(ctx, format!("cannot start a thread for {}: {problem}", function.name())));
        }
        Ok(())
    }

    /// Resolves the promise of a call that has returned.
    fn settle(&self, ctx: &Ctx<'_>, number: u32, outcome: Outcome) -> Result<()> {
        let Some(Running { result, resolve, kept }) = self.calls.borrow_mut().things.remove(&number) else {
            return Ok(());
        };
        self.release(ctx, kept);
        let value = match (result, outcome.value) {
            (None, _) => Value::new_undefined(ctx.clone()),
            // SAFETY: the slot is that of a scalar, or the address of the result's bytes.
            (Some(ty), value) => unsafe { self.to_value(ctx, &ty, (&value).into())? },
        };
        resolve.restore(ctx)?.call((value,))
    }

    /// Pins the buffer that an argument is or points into.
    fn keep(&self, ctx: &Ctx<'_>, value: &Value<'_>) -> Option<Pin> {
        let engine = self.realm.engine();
        // SAFETY: the value is the engine's, and a buffer is an object with bytes.
        unsafe {
            let buffer = buffer_of(engine.buffers(), ctx.as_raw().as_ptr(), value.as_raw())?;
            engine.pin(site(ctx), words(buffer.value()))
        }
    }

    fn release(&self, ctx: &Ctx<'_>, kept: Vec<Pin>) {
        for pin in kept {
            // SAFETY: each pin is released once.
            unsafe { self.realm.engine().unpin(site(ctx), pin) };
        }
    }

    /// The address that a pointer object or null stands for.
    pub(crate) fn to_address(&self, ctx: &Ctx<'_>, pointer: &Value<'_>) -> Result<*mut c_void> {
        // SAFETY: the value is the engine's.
        let slot = unsafe { self.realm.to_slot(site(ctx), &Type::POINTER, words(pointer.as_raw())) };
        match slot {
            Ok(slot) => Ok(slot.as_mut_ptr()),
            Err(_) => Err(type_error(ctx, "Invalid FFI pointer type, expected null, or External")),
        }
    }
}

fn ffi_allows(ctx: &Ctx<'_>) -> bool {
    ffi(ctx).permission.allows_pointers()
}

/// Returns true if the library that is found by this path may be opened.
fn allows(ctx: Ctx<'_>, path: String) -> bool {
    ffi(&ctx).permission.resolve(&path).is_some()
}

/// Opens a library: `[number, symbols]`. Returns nothing if that is not allowed (any more). `describe` makes JSON of a
/// declaration that does not have the usual form.
fn open<'js>(
    ctx: Ctx<'js>,
    path: String,
    declared: Object<'js>,
    describe: JsFunction<'js>,
) -> Result<Option<Array<'js>>> {
    let ffi = ffi(&ctx);
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the context lives while one of its functions runs.
    let names = unsafe { Names::of(context, declared.as_raw()) }.ok_or(Error::Exception)?;
    let declarations = read(&ctx, &names, &declared, &describe)?;
    let Some(resolved) = ffi.permission.resolve(&path) else { return Ok(None) };
    let resolved = resolved.map_err(|refused| error(&ctx, refused))?;
    // SAFETY: the user who gave the permission promises that the library may be loaded.
    let library =
        unsafe { Library::open_resolved(&resolved, OpenFlags::default()) }.map_err(|refused| error(&ctx, refused))?;
    let found = library.symbols(&declarations).map_err(|refused| error(&ctx, refused))?;
    let symbols = Object::new(ctx.clone())?;
    symbols.set_prototype(None)?;
    if found.len() < declarations.len() {
        // A function that cannot be called is among them.
        for declaration in &declarations {
            found.get(&declaration.key).map_err(|refused| error(&ctx, refused))?;
        }
    }
    let called = declarations.iter().zip(found.in_order()).filter_map(|(declaration, (_, symbol))| {
        symbol.and_then(Symbol::as_function).filter(|_| !is_nonblocking(declaration))
    });
    // SAFETY: the user who gave the permission promises that declarations are true.
    let records = unsafe { ffi.realm.records(called) }.map_err(|refused| type_error(&ctx, refused))?;
    let mut records = records.into_iter();
    for ((declaration, (_, symbol)), key) in declarations.iter().zip(found.in_order()).zip(names.atoms()) {
        let nonblocking = is_nonblocking(declaration);
        let value = if let Some(function) = symbol.and_then(Symbol::as_function) {
            match if nonblocking { None } else { records.next() } {
                Some(record) => ffi.function(&ctx, record)?,
                None => ffi.nonblocking(&ctx, function.clone())?,
            }
        } else if let Some(variable) = symbol.and_then(Symbol::as_static) {
            ffi.variable(&ctx, variable)?
        } else {
            Value::new_null(ctx.clone())
        };
        // Like in Deno, where script can replace the other functions.
        let is_fixed = nonblocking || matches!(declaration.item, Item::Static(_));
        // SAFETY: the object and the value are those of the context. The engine takes a reference of its own.
        let set = unsafe {
            let (symbols, value) = (symbols.as_raw(), js::JS_DupValue(context, value.as_raw()));
            match is_fixed {
                true => js::JS_DefinePropertyValue(context, symbols, key, value, js::JS_PROP_ENUMERABLE as i32),
                // Faster, and equal for an object without a prototype.
                false => js::JS_SetProperty(context, symbols, key, value),
            }
        };
        if set < 0 {
            return Err(Error::Exception);
        }
    }
    let answer = Array::new(ctx)?;
    answer.set(0, ffi.libraries.borrow_mut().insert(library))?;
    answer.set(1, symbols)?;
    Ok(Some(answer))
}

fn is_nonblocking(declaration: &Declaration) -> bool {
    declaration.as_function().is_some_and(|function| function.nonblocking)
}

/// Reads script's declarations under these names.
fn read<'js>(
    ctx: &Ctx<'js>,
    names: &Names,
    declared: &Object<'js>,
    describe: &JsFunction<'js>,
) -> Result<Declarations> {
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the context lives while one of its functions runs.
    let mut reader = unsafe { Reader::new(context) };
    let mut declarations = Declarations::new();
    for name in names.atoms() {
        // SAFETY: the name and the object are those of the context, and the results belong to this function.
        let (key, value) = unsafe {
            let value = Value::from_raw(ctx.clone(), js::JS_GetProperty(context, declared.as_raw(), name));
            if value.is_exception() {
                return Err(Error::Exception);
            }
            (text_of(context, name), value)
        };
        // SAFETY: the value is one of the context.
        let usual = key.as_deref().and_then(|key| unsafe { reader.read(key, value.as_raw()) });
        let declaration = match usual {
            Some(declaration) => declaration,
            None => {
                // SAFETY: the name is one of the context, and the text belongs to this function.
                let key = unsafe { Value::from_raw(ctx.clone(), js::JS_AtomToString(context, name)) };
                let text: String = describe.call((key, value))?;
                let read = Declarations::from_json(&text).map_err(|refused| malformed(ctx, &refused))?;
                let described = read.iter().next().cloned();
                described.ok_or_else(|| type_error(ctx, "a declaration is missing"))?
            }
        };
        declarations.insert(declaration).map_err(|refused| malformed(ctx, &refused))?;
    }
    Ok(declarations)
}

fn close(ctx: Ctx<'_>, number: u32) {
    let library = ffi(&ctx).libraries.borrow_mut().things.remove(&number);
    if let Some(library) = library {
        library.close();
    }
}

/// The declaration of one function, in its JSON form.
fn declared(ctx: &Ctx<'_>, declaration: &str) -> Result<hotcall::declare::FunctionDeclaration> {
    let declarations = Declarations::from_json(&format!("{{\"definition\":{declaration}}}"));
    let declarations = declarations.map_err(|error| malformed(ctx, &error))?;
    match declarations.iter().next().map(|declaration| &declaration.item) {
        Some(Item::Function(function)) => Ok(function.clone()),
        _ => Err(type_error(ctx, "the definition is none of a function")),
    }
}

/// The function at an address.
fn function_at<'js>(ctx: Ctx<'js>, pointer: Value<'js>, declaration: String) -> Result<Value<'js>> {
    let ffi = ffi(&ctx);
    let address = ffi.to_address(&ctx, &pointer)?;
    let declaration = declared(&ctx, &declaration)?;
    let options = FunctionOptions::new().lazy(true);
    // SAFETY: the user who gave the permission promises that the address is a function of this type.
    let function = unsafe { Function::from_address("function pointer", address, &declaration.signature, options) };
    let function = function.map_err(|error| type_error(&ctx, error))?;
    if declaration.nonblocking {
        return ffi.nonblocking(&ctx, function);
    }
    // SAFETY: the user who gave the permission promises that declarations are true.
    let record = unsafe { ffi.realm.record(&function) }.map_err(|error| type_error(&ctx, error))?;
    ffi.function(&ctx, record)
}

/// Makes a callback: `[number, pointer]`.
fn callback<'js>(own: Ctx<'js>, declaration: String, function: JsFunction<'js>) -> Result<Array<'js>> {
    // The engine makes values for a function in the context of its caller.
    let (ffi, ctx) = (ffi(&own), script(&own));
    let signature = declared(&ctx, &declaration)?.signature;
    let fail = |error: CallbackError| type_error(&ctx, error);
    let thunk = Thunk::new(&signature).map_err(fail)?;
    let queue = ffi.queue.clone();
    let dispatch = move |call| {
        queue.send(Event::Called(call)).map_err(|refused| match refused.0 {
            Event::Called(call) => call,
            Event::Done(..) => unreachable!("a call was sent"),
        })
    };
    let context = ctx.as_raw();
    // SAFETY: the callback is dropped before the context.
    let function = unsafe {
        let function = js::JS_DupValue(context.as_ptr(), function.as_value().as_raw());
        Callee::new(Owned::new(context.as_ptr(), function))
    };
    let realm = ffi.realm.clone();
    let gives_address = matches!(signature.result().and_then(Type::as_scalar), Some(Scalar::Pointer(_)));
    let handler = move |call: &mut Call<'_>| {
        let engine = realm.engine();
        let run = |args: &[_]| {
            // SAFETY: the function and the values are the engine's.
            let result = unsafe { function.call(args) };
            if gives_address && let Ok(words) = result {
                // SAFETY: the value is the engine's.
                unsafe { engine.host().keep_for_turn(engine.buffers(), context.as_ptr(), value(words)) };
            }
            result
        };
        // SAFETY: the call is one of this callback, on the thread that runs the script.
        unsafe { realm.answer(Site::new(context.as_ptr().cast()), &signature, call, run) };
    };
    let callback = Callback::local(&thunk, LocalOptions::default(), dispatch, handler).map_err(fail)?;
    let answer = Array::new(own)?;
    // SAFETY: the slot is that of a pointer.
    answer.set(1, unsafe { ffi.to_value(&ctx, &Type::POINTER, Slot::from(&callback))? })?;
    answer.set(0, ffi.callbacks.borrow_mut().insert(callback))?;
    Ok(answer)
}

fn close_callback(ctx: Ctx<'_>, number: u32) {
    let callback = ffi(&ctx).callbacks.borrow_mut().things.remove(&number);
    drop(callback);
}

/// Changes the number of callbacks that keep the event loop alive by one.
fn reference(ctx: Ctx<'_>, more: bool) {
    let referenced = &ffi(&ctx).referenced;
    referenced.set(if more { referenced.get() + 1 } else { referenced.get().saturating_sub(1) });
}
