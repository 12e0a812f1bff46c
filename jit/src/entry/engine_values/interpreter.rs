//! Calls of the engine-values entry without generated code. Arguments go by the model into slots, and then through the
//! slots entry.
//!
//! Compiled trampolines leave two kinds of calls to the interpreter: rare ones, and those that will be refused.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use crate::c::definitions::Signature;
use crate::c::form::Form;
use crate::c::scalar::Scalar;
use crate::c::signature::MAX_PARAMETERS;
use crate::engine::call::{Failure, NativeCall, Words};
use crate::engine::object::Want;
use crate::engine::pins::{MAX_PINNED, PinList};
use crate::engine::record::Pending;
#[cfg(feature = "cranelift")]
use crate::engine::record::RecordHead;
use crate::engine::values::model::{EngineAbi, ValueModel};
use crate::entry::engine_values::destination::Destination;
use crate::entry::slots::key::Options;
use crate::entry::slots::trampoline::{Trampoline, Trampolines};
use crate::error::JitError;
use crate::lock::Once;

/// A signature with the model by which its values are converted.
pub(crate) struct Interpreter {
    engine: EngineAbi,
    params: Box<[NativeParam]>,
    /// The number of parameters whose objects are pinned.
    pinned: usize,
    result: Form,
    destination: Option<Destination>,
    signature: Signature,
    /// Makes the trampoline at the first call: preferably a universal one, which takes far less time to make.
    trampolines: [&'static Trampolines; 2],
    trampoline: Once<Trampoline>,
}

/// A parameter of the engine: one of C's, or the destination of the result.
struct NativeParam {
    /// The type, if it is a scalar.
    scalar: Option<Scalar>,
    /// The requirement on objects. `None` if it takes none.
    want: Option<Want>,
}

impl NativeParam {
    fn of(form: Form, model: &ValueModel) -> Self {
        Self { scalar: form.scalar(), want: Want::of(form, model.has_pin_list()) }
    }

    fn of_destination(destination: Destination, model: &ValueModel) -> Self {
        Self { scalar: None, want: Some(destination.want(model)) }
    }

    /// Returns true if its objects are added to the list of pinned objects.
    fn is_pinned(&self) -> bool {
        self.want.is_some_and(Want::pins)
    }
}

impl Interpreter {
    /// Makes the interpreter. It calls C by one of the first trampolines, or of the others if no address is left for
    /// another one of these.
    pub(crate) fn new(
        signature: &Signature,
        engine: &EngineAbi,
        destination: Option<Destination>,
        trampolines: [&'static Trampolines; 2],
    ) -> Self {
        let model = engine.model();
        let of_c = signature.params().iter().map(|ty| NativeParam::of(Form::of(ty), model));
        let behind = destination.map(|destination| NativeParam::of_destination(destination, model));
        let params: Box<[_]> = of_c.chain(behind).collect();
        Self {
            engine: engine.clone(),
            pinned: params.iter().filter(|param| param.is_pinned()).count(),
            params,
            result: Form::of(signature.result()),
            destination,
            signature: signature.clone(),
            trampolines,
            trampoline: Once::new(),
        }
    }

    pub(crate) fn trampoline(&self) -> Result<&Trampoline, JitError> {
        self.trampoline.get_or_try(|| {
            let [first, second] =
                self.trampolines.map(|trampolines| || trampolines.get(&self.signature, Options::new()));
            first().or_else(|_| second())
        })
    }

    pub(crate) const fn engine(&self) -> &EngineAbi {
        &self.engine
    }

    pub(crate) const fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) const fn destination(&self) -> Option<Destination> {
        self.destination
    }

    /// Returns the number of arguments that the engine passes.
    pub(crate) const fn arity(&self) -> usize {
        self.params.len()
    }

    /// Makes the call and converts its result to a value. On failure it throws, and returns `false`.
    ///
    /// # Safety
    ///
    /// * The call is one of a function of this signature, with room for its pins.
    /// * There are `argc` values at `argv`, of the model's size.
    pub(crate) unsafe fn run(&self, call: *mut NativeCall, argc: usize, argv: *const u8, value: *mut Words) -> bool {
        let helpers = self.engine.helpers();
        // SAFETY: the record lives as long as the engine may call its function.
        let record = unsafe { &*(*call).record };
        let fail = |why| {
            // SAFETY: the call belongs to the engine of these helpers.
            unsafe { (helpers.fail)(call, why) };
            false
        };
        if self.engine.model().repeats {
            // SAFETY: the cell lives as long as its records.
            unsafe { (*record.pending()).set_exit(ptr::null_mut()) };
            if record.is_pending() {
                return fail(Failure::Pending);
            }
        }
        let target = record.target();
        if target.is_null() {
            return fail(Failure::Closed);
        }
        record.count_interpreted();
        let Ok(trampoline) = self.trampoline() else { return fail(Failure::Memory) };
        let mut args = [const { MaybeUninit::<u64>::uninit() }; MAX_PARAMETERS];
        // SAFETY: the caller promises `argc` values at `argv`, and room for the pins of this signature. No signature has
        // more parameters than there are slots.
        if !unsafe { self.convert(call, argc, argv, args.as_mut_ptr().cast()) } {
            return false;
        }
        // SAFETY: a trampoline may be called with a function of its signature and slots that were converted for it. The
        // record keeps the target's code, also if another thread has closed the record meanwhile.
        let mut result = unsafe { self.call(trampoline, target, args.as_ptr().cast()) };
        // SAFETY: the call belongs to the engine of these helpers, and the result has the type of the signature. All slots
        // were converted. That of a destination is the address of at least `size` bytes, which are in place until the pins
        // are released. The result's memory is this function's own.
        unsafe {
            if let Some(Destination { size }) = self.destination
                && !record.is_pending()
            {
                // The destination is the last argument.
                let to = ptr::with_exposed_provenance_mut::<u8>(args[self.params.len() - 1].assume_init() as usize);
                result.slot().cast::<u8>().copy_to_nonoverlapping(to, size as usize);
            }
            if (*call).is_pinned() {
                (helpers.finish)(call);
            }
            if record.is_pending() {
                return fail(Failure::Pending);
            }
            let packed = match self.result {
                Form::Bytes(_) if self.destination.is_none() => None,
                Form::Void | Form::Bytes(_) => Some(self.engine.model().undefined()),
                Form::Scalar(scalar) => self.engine.model().pack(scalar, *result.slot()),
            };
            let Some(words) = packed else { return self.engine.make_value(call, result.slot(), value) };
            value.write(words);
        }
        true
    }

    /// Returns the list of pinned objects, if the call's objects go there. Otherwise helpers pin them.
    ///
    /// # Safety
    ///
    /// The contract of [`run`](Self::run).
    unsafe fn list(&self, call: *mut NativeCall) -> Option<(PinList, &Pending)> {
        let list = self.engine.model().objects.as_ref()?.pins?;
        if self.pinned == 0 || self.pinned > MAX_PINNED {
            return None;
        }
        // SAFETY: the record and its cell live as long as the engine may call its function. Nothing of this call is in
        // the list yet.
        unsafe {
            let cell = &*(*(*call).record).pending();
            if !cell.has_room(self.pinned) {
                (self.engine.helpers().take_pins)(call);
            }
            // Calls that run may need the whole list.
            cell.has_room(self.pinned).then_some((list, cell))
        }
    }

    /// Takes back the pins of the arguments that compiled code has read before it left the call. It does not read arguments
    /// if there are too few, or if the record was closed. If another thread has closed it since, the pins stay.
    ///
    /// # Safety
    ///
    /// Compiled code has left the call of this record, with this number of arguments.
    #[cfg(feature = "cranelift")]
    pub(crate) unsafe fn undo_pins(&self, record: &RecordHead, argc: usize) {
        let list = self.engine.model().objects.as_ref().and_then(|objects| objects.pins);
        let is_read = self.pinned > 0 && argc >= self.arity() && !record.target().is_null();
        if let Some(list) = list.filter(|_| is_read) {
            // SAFETY: the cell lives as long as its records. Compiled code noted the end of the list before it read the
            // arguments, and nothing but readers ran since. They add objects of the model alone.
            unsafe { (*record.pending()).undo_pins(list) };
        }
    }

    /// Converts the arguments to slots. On failure it throws, and returns `false`.
    ///
    /// # Safety
    ///
    /// * The contract of [`run`](Self::run).
    /// * There are slots for all parameters at `slots`.
    pub(crate) unsafe fn convert(&self, call: *mut NativeCall, argc: usize, argv: *const u8, slots: *mut u64) -> bool {
        let (model, helpers) = (self.engine.model(), self.engine.helpers());
        // SAFETY: the caller promises a call of this signature.
        let list = unsafe { self.list(call) };
        let argument = |index| {
            let mut value = model.undefined();
            if index < argc {
                let size = usize::from(model.size);
                // SAFETY: the index is less than `argc`, and the caller promises `argc` values of this size.
                unsafe { argv.add(index * size).copy_to_nonoverlapping((&raw mut value).cast(), size) };
            }
            value
        };
        // SAFETY: the value is one of the engine's, which the model describes.
        let address = |want, value| unsafe { model.objects.as_ref()?.address(want, value) };
        // Helpers convert what is not pinned in the list.
        let wanted = |param: &NativeParam| param.want.filter(|_| list.is_some() || !param.is_pinned());
        let (mut objects, mut count, mut is_helped) = ([0; MAX_PINNED], 0, false);
        for (index, param) in self.params.iter().enumerate() {
            // SAFETY: the caller promises a slot for each parameter.
            let slot = unsafe { slots.add(index) };
            let value = argument(index);
            let is_pinned = list.is_some() && param.is_pinned();
            // SAFETY: the value is one of the engine's, which the model describes.
            let object = |scalar| unsafe { model.unpack_object(scalar, value) };
            let unpacked = param.scalar.and_then(|scalar| model.unpack(scalar, value).or_else(|| object(scalar)));
            let unpacked = unpacked.map(|slot| (slot, 0));
            if let Some((converted, object)) = unpacked.or_else(|| address(wanted(param)?, value)) {
                // SAFETY: the slot is the one of this parameter.
                unsafe { slot.write(converted) };
                if is_pinned {
                    objects[count] = object;
                    count += 1;
                }
                continue;
            }
            is_helped = true;
            let at = if index < argc {
                argv.wrapping_add(index * usize::from(model.size))
            } else {
                (&raw const value).cast()
            };
            let given = model.handle(at, value);
            // SAFETY: the helper gets a value for a parameter, or its address, and memory for its slot.
            unsafe {
                if !(helpers.convert)(call, index, &given, slot) {
                    if (*call).is_pinned() {
                        (helpers.finish)(call);
                    }
                    return false;
                }
            }
        }
        // A helper may have moved the bytes of an earlier argument, which C does not have yet. Those that stay are found at the
        // same address.
        if is_helped {
            for (index, param) in self.params.iter().enumerate() {
                if let Some((address, _)) = wanted(param).and_then(|want| address(want, argument(index))) {
                    // SAFETY: the caller promises a slot for each parameter.
                    unsafe { slots.add(index).write(address) };
                }
            }
        }
        if let Some((list, cell)) = list {
            // SAFETY: the objects are those of the call, so they have the list's counter.
            let are_pinned = unsafe { cell.pin(list, &objects[..count]) };
            debug_assert!(are_pinned, "there was room, and helpers do not run script");
        }
        true
    }

    /// # Safety
    ///
    /// The target is a function of the signature, and may be called with these slots.
    unsafe fn call(&self, trampoline: &Trampoline, target: *const c_void, args: *const u64) -> ResultMemory {
        let mut result = ResultMemory::of(self.result);
        // SAFETY: the caller promises that the target may be called with these slots; the memory has the size of the
        // result.
        unsafe { (trampoline.entry())(target, args, result.slot(), ptr::null_mut()) };
        result
    }
}

/// Memory for a result.
enum ResultMemory {
    Short([u128; 4]),
    Long(Vec<u128>),
}

impl ResultMemory {
    fn of(form: Form) -> Self {
        match form {
            Form::Bytes(size) if size > size_of::<[u128; 4]>() as u32 => {
                Self::Long(vec![0; size.div_ceil(size_of::<u128>() as u32) as usize])
            }
            Form::Void | Form::Scalar(_) | Form::Bytes(_) => Self::Short([0; 4]),
        }
    }

    const fn slot(&mut self) -> *mut u64 {
        match self {
            Self::Short(words) => words.as_mut_ptr().cast(),
            Self::Long(words) => words.as_mut_ptr().cast(),
        }
    }
}
