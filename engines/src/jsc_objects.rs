//! The layout of JavaScriptCore's objects for machine code, found in samples and compared with the engine's own views.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::javascript_core::{
    JavaScriptCoreBytes, JavaScriptCoreKind, JavaScriptCorePlace, JavaScriptCoreSample, objects,
};
use hotcall::engine::{Engine, ModelError, Realm, Site, View, Words, nanbox};

use crate::jsc_api::{Api, Class, Context, Text, Value, evaluate};
use crate::jsc_engine::{Jsc, value, words};

/// Makes arrays of samples: those of each [`Group`], then all other objects, then a function. Behind each sample of a group
/// are two numbers: that of its class, and the shift of its elements.
///
/// The program calls the function when it has asked for the addresses of the samples that are pinned or resizable. It
/// returns true if script cannot detach these, but others.
///
/// Numbers of elements and offsets differ, so that few fields have them by chance.
const SAMPLES: &str = r"(() => {
    const arrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
        BigInt64Array, BigUint64Array, Float32Array, Float64Array].concat(globalThis.Float16Array ?? []);
    const changed = object => Object.assign(object, { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, 'h h': 8 });
    const derived = Class => class extends Class {};
    const detached = object => ((object.buffer ?? object).transfer(), object);
    const resizable = length => new ArrayBuffer(length, { maxByteLength: 3 * length });
    const memory = () => new WebAssembly.Memory({ initial: 1, maximum: 3 });
    const unbuffered = () => arrays.flatMap((Array, i) => [new Array(3 + i), new Array(3000 + i), new (derived(Array))(20 + i),
        changed(new Array(33 + i))]);
    const pinned = [
        ...unbuffered(),
        ...arrays.flatMap((Array, i) => [new Array(new ArrayBuffer(1024), 64 + 8 * i, 40 + i),
            new (derived(Array))(new ArrayBuffer(1 << 20), 80 + 8 * i, 50 + i)]),
        ...[11, 12, 70, 500, 70000].flatMap(length => [new ArrayBuffer(length), new DataView(new ArrayBuffer(length + 2)),
            new DataView(new ArrayBuffer(1 << 20), length % 100, length - 5)]),
        changed(new ArrayBuffer(77)), new (derived(ArrayBuffer))(78), changed(new DataView(new ArrayBuffer(79), 4)),
        new (derived(DataView))(new ArrayBuffer(80), 8),
    ];
    const resizables = [
        ...[40, 50, 99, 1000, 7000].map(resizable),
        ...[60, 80, 200, 3000].flatMap(length => [new DataView(resizable(length)), new DataView(resizable(length), 4, 9)]),
        ...arrays.flatMap((Array, i) => [new Array(resizable(800 + 8 * i)), new Array(resizable(1000), 8, 7 + i)]),
    ];
    const web_assembly = [1, 2, 3, 4].map(() => memory().buffer).flatMap((buffer, i) =>
        [buffer, new DataView(buffer, 9, 10), new arrays[i](buffer), new arrays[i + 5](buffer, 8, 9)]);
    const unpinned = () => [33, 34, 800].flatMap((length, i) => [
        new ArrayBuffer(length), new DataView(new ArrayBuffer(length), i), new arrays[i](new ArrayBuffer(length)),
        new arrays[i + 5](new ArrayBuffer(1 << 13), 8 * i, length),
    ]);
    // Properties lie in the object, where typed arrays have their mode.
    const like_modes = Array.from({ length: 256 }, (_, mode) => ({ a: 1, b: 2, c: 3, mode }));
    const grown = memory(), old = grown.buffer, bytes = new Uint8Array(64);
    grown.grow(1);
    const others = [
        ...like_modes,
        ...arrays.flatMap(Array => [new Array(0), new Array(new ArrayBuffer(8), 8), new Array(3).subarray(1),
            Object.create(Array.prototype)]),
        bytes.subarray(3), bytes.subarray(64), Uint8Array, Uint8Array.prototype, new ArrayBuffer(0), resizable(0),
        new DataView(new ArrayBuffer(0)), detached(new ArrayBuffer(0)), detached(resizable(9)),
        detached(new Uint8Array(resizable(9))), old, new Uint8Array(grown.buffer), new Proxy(bytes, {}),
        new Proxy(new ArrayBuffer(9), {}), Object.create(bytes), { __proto__: bytes.buffer }, [], {}, [1, 2, 3], [1.5],
        () => 0, /./, new Map(), new Set(), new Date(0), Symbol(), 'text', 'a'.repeat(99), 1n << 70n, null, undefined, true,
        1, 1.5, class {}, new Error(), new WeakMap(), (function* () {})(), (function () { return arguments })(1),
        globalThis, Math, Object(1), Object('text'), Object(Symbol()), Object(1n), Promise.resolve(1), arrays,
        bytes[Symbol.iterator](), WebAssembly, grown, Intl, JSON, new (class { #a = 1 })(), eval, (() => 0).bind(null),
        parseInt,
    ];
    const are_detached = (objects, expected) => objects.every(object => {
        const buffer = object.buffer ?? object;
        for (const name of ['transfer', 'transferToFixedLength']) try { buffer[name]() } catch {}
        return buffer.detached === expected;
    });
    const pinned_stay = () => are_detached([...pinned, ...resizables], false) && are_detached(unpinned(), true);
    const classes = [ArrayBuffer, DataView, ...arrays];
    const describe = object =>
        [object, classes.findIndex(Class => object instanceof Class), Math.log2(object.BYTES_PER_ELEMENT ?? 1)];
    const groups = [pinned, resizables, web_assembly, [...unpinned(), ...unpinned().map(detached)], unbuffered()];
    return [...groups.map(group => group.flatMap(describe)), others, pinned_stay];
})()";

/// The samples of one state of their bytes: the index of their array in that of [`SAMPLES`].
#[derive(Clone, Copy)]
enum Group {
    Pinned,
    Resizable,
    WebAssembly,
    Unpinned,
    Unbuffered,
}

const GROUPS: [Group; 5] = [Group::Pinned, Group::Resizable, Group::WebAssembly, Group::Unpinned, Group::Unbuffered];

/// The indices behind those of groups.
const OTHERS: u32 = 5;
const PINNED_STAY: u32 = 6;

/// Addresses of pointer objects. Nothing reads there.
const ADDRESSES: [u64; 6] = [0x1234_5678_9abd, 0xffff_8765_4321_0fee, 0, 3, 0x7654_0000_0000, 0x9999_0000_ffff];

/// Makes a realm of an engine. Machine code reads the engine's objects if their layout is found.
///
/// # Errors
///
/// The parts of the model do not fit together.
///
/// # Safety
///
/// Script has not run yet in the context, which is the engine's.
pub(crate) unsafe fn realm(engine: Jsc, context: Context) -> Result<Realm<Jsc>, ModelError> {
    let model = nanbox::javascript_core();
    // SAFETY: the caller promises a context where `SAMPLES` does what it says.
    unsafe {
        // Unwritten bytes may look like a field. Those of other samples then do not.
        let found = (0..3).find_map(|_| {
            let samples = JscSamples::make(&engine, context);
            let objects = samples.pinned_stay.then(|| objects(&samples.described, samples.class)).flatten();
            objects.map(|objects| (objects, samples))
        });
        let Some((objects, samples)) = found else { return Realm::new(engine, model) };
        Realm::with_samples(engine, model.objects(objects), Site::new(context), samples.twice(), |_| ())
    }
}

/// Samples of the engine's values, which this keeps from the collector.
pub struct JscSamples {
    /// The objects of kinds that machine code reads, with the answers of the engine's public functions.
    pub described: Vec<JavaScriptCoreSample>,
    /// The values of these objects, and of all others.
    pub all: Vec<Words>,
    /// The class of pointer objects.
    pub class: u64,
    /// True if script cannot detach the buffers whose address was asked for, but all others.
    pub pinned_stay: bool,
    api: &'static Api,
    context: Context,
    kept: Vec<Value>,
}

impl JscSamples {
    /// Makes samples in a context. There are none if the engine does not make one of them.
    ///
    /// # Safety
    ///
    /// The context is the engine's, and lives longer than the samples. Script has not changed the objects of the language.
    pub unsafe fn make(engine: &Jsc, context: *mut c_void) -> Self {
        let class = engine.loaded.pointers.expose_provenance() as u64;
        let (described, all, kept) = Default::default();
        let mut samples = Self { described, all, class, pinned_stay: false, api: engine.api(), context, kept };
        // SAFETY: the caller promises the context.
        unsafe {
            if let Ok(made) = evaluate(engine.api(), context, SAMPLES) {
                samples.keep(made);
                samples.add_all(engine, made);
            }
        }
        samples
    }

    /// Returns all values, and then again after asking for the addresses of their bytes.
    pub fn twice(&self) -> impl Iterator<Item = Words> {
        let asked = self.all.iter().copied().inspect(|&words| {
            let (api, none) = (self.api, ptr::null_mut());
            // SAFETY: the values are the context's. The functions of bytes take every object.
            unsafe {
                if (api.JSValueIsObject)(self.context, value(words)) {
                    (api.JSObjectGetTypedArrayBytesPtr)(self.context, value(words), none);
                    (api.JSObjectGetArrayBufferBytesPtr)(self.context, value(words), none);
                }
            }
        });
        self.all.iter().copied().chain(asked)
    }

    /// Adds the samples that [`SAMPLES`] has made, and pointer objects.
    ///
    /// # Safety
    ///
    /// The contract of [`make`](Self::make).
    unsafe fn add_all(&mut self, engine: &Jsc, made: Value) {
        // SAFETY: the caller promises the engine's context, and its values are kept.
        unsafe {
            for group in GROUPS {
                for described in self.elements(self.element(made, group as u32)).chunks_exact(3) {
                    self.described.extend(self.describe(engine, described, group));
                }
            }
            let [own, other] = [engine.loaded.pointers, engine.loaded.others];
            // Neighbours have other classes and addresses, so that one's fields are not those of another one.
            let classes = [own, own, other, own, other, other].into_iter().zip([other, other, own, other, own, own]);
            for ((class, other), address) in classes.zip(ADDRESSES) {
                let (plain, changed) = (self.pointer(class, address), self.pointer(other, !address));
                self.change(changed);
                let kind = JavaScriptCoreKind::Pointer { address, class: class.expose_provenance() as u64 };
                self.described.push(JavaScriptCoreSample { value: words(plain), kind });
                let kind = JavaScriptCoreKind::ChangedPointer;
                self.described.push(JavaScriptCoreSample { value: words(changed), kind });
            }
            let others = self.elements(self.element(made, OTHERS));
            self.all = self.described.iter().map(|sample| sample.value).chain(others.into_iter().map(words)).collect();
            let stay = engine.call(self.context, self.element(made, PINNED_STAY), &[]);
            self.pinned_stay = stay.is_ok_and(|stay| (self.api.JSValueToBoolean)(self.context, value(stay)));
        }
    }

    /// Keeps a value from the collector.
    ///
    /// # Safety
    ///
    /// The value is one of the context.
    unsafe fn keep(&mut self, value: Value) {
        // SAFETY: the caller promises a value of the context.
        unsafe { (self.api.JSValueProtect)(self.context, value) };
        self.kept.push(value);
    }

    /// # Safety
    ///
    /// The value is an array of the context with an element of this index.
    unsafe fn element(&self, array: Value, index: u32) -> Value {
        // SAFETY: the caller promises an array of the context.
        unsafe { (self.api.JSObjectGetPropertyAtIndex)(self.context, array, index, ptr::null_mut()) }
    }

    /// Returns the elements of an array.
    ///
    /// # Safety
    ///
    /// The value is an array of the context.
    unsafe fn elements(&self, array: Value) -> Vec<Value> {
        let length = Text::new(self.api, "length");
        // SAFETY: the caller promises an array of the context.
        unsafe {
            let length = (self.api.JSObjectGetProperty)(self.context, array, length.text, ptr::null_mut());
            (0..self.number(length)).map(|index| self.element(array, index)).collect()
        }
    }

    /// # Safety
    ///
    /// The value is a number of the context.
    unsafe fn number(&self, number: Value) -> u32 {
        // SAFETY: the caller promises a number.
        unsafe { (self.api.JSValueToNumber)(self.context, number, ptr::null_mut()) as u32 }
    }

    /// Returns the engine's answers about an object of a group, which its class and the shift of its elements follow. `None`
    /// if it does not give them.
    ///
    /// # Safety
    ///
    /// The object is a view or a buffer of the context.
    unsafe fn describe(&self, engine: &Jsc, described: &[Value], group: Group) -> Option<JavaScriptCoreSample> {
        const BUFFER: u32 = 0;
        const VIEW: u32 = 1;
        let &[object, class, shift] = described else { return None };
        // SAFETY: the caller promises an object of the context, and numbers.
        unsafe {
            let (class, shift) = (self.number(class), self.number(shift) as u8);
            let place = || {
                let view = engine.view(Site::new(self.context), words(object));
                let View::Bytes { address, len } = view else { return None };
                let buffer = if class == BUFFER {
                    object
                } else {
                    (self.api.JSObjectGetTypedArrayBuffer)(self.context, object, ptr::null_mut())
                };
                let [address, buffer] =
                    [address.expose_provenance(), buffer.expose_provenance()].map(|word| word as u64);
                Some(JavaScriptCorePlace { address, count: len as u64 >> shift, buffer })
            };
            let bytes = match group {
                Group::Pinned => JavaScriptCoreBytes::Pinned(place()?),
                Group::Resizable => JavaScriptCoreBytes::Resizable(place()?),
                Group::WebAssembly => JavaScriptCoreBytes::WebAssembly,
                Group::Unpinned => JavaScriptCoreBytes::Unpinned,
                Group::Unbuffered => JavaScriptCoreBytes::Unbuffered,
            };
            let kind = match class {
                BUFFER => JavaScriptCoreKind::Buffer(bytes),
                VIEW => JavaScriptCoreKind::DataView(bytes),
                _ => JavaScriptCoreKind::TypedArray { class, shift, bytes },
            };
            Some(JavaScriptCoreSample { value: words(object), kind })
        }
    }

    /// Makes an object of a class with an address, and keeps it.
    ///
    /// # Safety
    ///
    /// The context is alive.
    unsafe fn pointer(&mut self, class: Class, address: u64) -> Value {
        let address = ptr::without_provenance_mut(address as usize);
        // SAFETY: the class does nothing with the address.
        unsafe {
            let object = (self.api.JSObjectMake)(self.context, class, address);
            self.keep(object);
            object
        }
    }

    /// Gives an object a property.
    ///
    /// # Safety
    ///
    /// The value is an object of the context.
    unsafe fn change(&self, object: Value) {
        let name = Text::new(self.api, "changed");
        // SAFETY: the caller promises an object of the context.
        unsafe { (self.api.JSObjectSetProperty)(self.context, object, name.text, object, 0, ptr::null_mut()) };
    }
}

impl Drop for JscSamples {
    fn drop(&mut self) {
        for &value in &self.kept {
            // SAFETY: the value was protected, and the context is alive.
            unsafe { (self.api.JSValueUnprotect)(self.context, value) };
        }
    }
}
