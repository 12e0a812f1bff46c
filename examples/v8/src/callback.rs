//! Function pointers for C that call script: the native functions of `Callback`.

use hotcall::declare::{Declarations, Item};
use hotcall::{Call, Callback, ForeignCall, LocalOptions, Slot, Thunk, Type};

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown, value, words};
use crate::isolate::Isolate;
use crate::library::malformed;
use crate::value::Value;

/// The reason why script does not run.
const REFUSED: &str =
    "script cannot run while optimised code calls C: declare the function that calls back with `callback: true`";

/// Makes a callback: `(definition, function)`. Returns its pointer.
pub(crate) fn open(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let definition = isolate.to_string(arguments.get(0))?;
    let declarations = Declarations::from_json(&format!("{{\"definition\":{definition}}}")).map_err(malformed)?;
    let signature = match declarations.iter().next().map(|declaration| &declaration.item) {
        Some(Item::Function(function)) => function.signature.clone(),
        _ => return Err(Thrown::type_error("the definition is none of a function")),
    };
    let thunk = Thunk::new(&signature).map_err(Thrown::error)?;
    // A call on another thread gets zeros, because no event loop could bring it here.
    let refuse = |call: ForeignCall| Err(call);
    let function = isolate.keep(arguments.get(1));
    let home: *const Isolate = isolate;
    let handler = move |call: &mut Call<'_>| {
        // SAFETY: the isolate closes its callbacks before it is dropped.
        let isolate = unsafe { &*home };
        let (realm, engine) = (&isolate.realm, isolate.realm.engine());
        if !engine.allows_script() {
            // A fast call called C. The script around it checks for exceptions, except for functions that are written
            // for V8.
            return realm.throw(Thrown::type_error(REFUSED));
        }
        isolate.scope(|| {
            let run = |arguments: &[_]| {
                let arguments: Vec<_> = arguments.iter().copied().map(value).collect();
                isolate.call(function.value(), &arguments).map(words)
            };
            // SAFETY: the callback has this signature, and runs on the isolate's thread.
            unsafe { realm.answer(SITE, &signature, call, run) };
        });
    };
    let callback = Callback::local(&thunk, LocalOptions::default(), refuse, handler).map_err(Thrown::error)?;
    let slot = Slot::from(&callback);
    isolate.callbacks.borrow_mut().insert(callback.as_ptr() as usize, callback);
    // SAFETY: the slot is that of a pointer.
    unsafe { isolate.realm.to_value(SITE, &Type::POINTER, slot) }.map(|words| Some(value(words)))
}

/// Closes a callback, by its pointer. Later calls return zeros.
pub(crate) fn close(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    // SAFETY: the value is the isolate's.
    if let Ok(slot) = unsafe { isolate.realm.to_slot(SITE, &Type::POINTER, words(arguments.get(0))) } {
        let callback = isolate.callbacks.borrow_mut().remove(&(slot.as_u64() as usize));
        drop(callback);
    }
    Ok(None)
}
