// C functions and callbacks for the toy.

use std::ffi::c_void;
use std::mem;
use std::rc::Rc;

use hotcall::engine::{Realm, Record, RecordError, ValueModel};
use hotcall::{Callback, CallbackError, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Thunk};

use super::engine::{Toy, site};
use super::vm::{Framed, Script, Vm, VmFunction, VmObject, VmValue, WithData};

/// Makes a function value of a C function.
///
/// # Safety
///
/// The function may be called with any arguments that script passes, and the realm belongs to this engine.
pub unsafe fn function(vm: &Vm, realm: &Realm<Toy>, function: &Function) -> Result<VmValue, RecordError> {
    // SAFETY: the caller promises that the function takes any arguments. The engine calls it as the model says.
    let record = unsafe { realm.record(function) }?;
    Ok(of_record(vm, realm, record))
}

/// Makes a function value of a C function that writes its result into the buffer after its arguments.
///
/// # Safety
///
/// As for [`function`].
pub unsafe fn function_into(vm: &Vm, realm: &Realm<Toy>, function: &Function) -> Result<VmValue, RecordError> {
    // SAFETY: the caller promises that the function takes any arguments. The engine calls it as the model says.
    let record = unsafe { realm.record_into(function) }?;
    Ok(of_record(vm, realm, record))
}

fn of_record(vm: &Vm, realm: &Realm<Toy>, record: Record) -> VmValue {
    let native = if realm.model().is_some_and(ValueModel::passes_data) {
        // SAFETY: this is the type that the model describes.
        VmFunction::WithData(unsafe { mem::transmute::<*const c_void, WithData>(record.entry()) })
    } else {
        // SAFETY: this is the type that the model describes.
        VmFunction::Framed(unsafe { mem::transmute::<*const c_void, Framed>(record.entry()) })
    };
    vm.allocate(VmObject::Function { native, data: record.into_raw(), finalize: Record::finalize })
}

/// A function pointer for C that runs a script.
pub fn callback(
    vm: &Rc<Vm>,
    realm: &Realm<Toy>,
    signature: &Signature,
    script: Script,
) -> Result<LocalCallback, CallbackError> {
    let (vm, realm, types) = (Rc::clone(vm), realm.clone(), signature.clone());
    // Calls on other threads would need an event loop, which the toy does not have.
    let refuse = |call: ForeignCall| Err(call);
    Callback::local(&Thunk::new(signature)?, LocalOptions::default(), refuse, move |call| {
        let run = |arguments: &[[u64; 2]]| {
            // SAFETY: these are the toy's values.
            let arguments: Vec<_> = arguments.iter().map(|words| unsafe { VmValue::from_bits(words[0]) }).collect();
            Ok([vm.run(&script, &arguments)?.bits(), 0])
        };
        // SAFETY: the callback has this signature, and runs on this thread alone.
        unsafe { realm.answer(site(&vm), &types, call, run) };
    })
}
