//! The layout of the engine's objects, for machine code: found in samples, and compared with this engine's views.

use std::ffi::c_void;

use hotcall::engine::quickjs::{self, ObjectSample, SampleKind};
use hotcall::engine::{Engine, ModelError, Realm, Site, View};
use rquickjs_sys::{self as js, JSContext, JSValue};

use super::builtins::{call, evaluate};
use super::engine::QuickJs;
use super::host::Host;
use super::owned::Owned;
use super::pointers::PointerClass;
use super::values::{length, value, words};
use super::views::Views;

/// Makes arrays of samples: objects whose layout is like that of others of their kind, and all others.
///
/// Numbers of elements and offsets differ, so that few fields have them by chance. Several buffers are immutable, because
/// padding may be 1 in one buffer and 0 in others.
const SAMPLES: &str = r"(sharedBuffers => {
    const arrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
        BigInt64Array, BigUint64Array, Float16Array, Float32Array, Float64Array];
    const detached = object => ((object.buffer ?? object).transfer(), object);
    const buffers = [11, 12, 500].map(length => new ArrayBuffer(length));
    const plain = [
        ...arrays.flatMap((Array, index) => [new Array(13 + index), new Array(new ArrayBuffer(1024), 64 + 8 * index, 40 + index)]),
        ...arrays.map(Array => detached(new Array(77))),
        ...buffers, detached(new ArrayBuffer(70)), ...(sharedBuffers ? [new SharedArrayBuffer(33)] : []),
        ...[14, 15, 17, 18].map(length => new ArrayBuffer(length).transferToImmutable()), new Uint8Array(new ArrayBuffer(35).transferToImmutable(), 3, 19),
    ];
    const resized = (from, to, ...rest) => {
        const buffer = new ArrayBuffer(from, { maxByteLength: 4096 });
        const samples = [buffer, ...rest.map(part => new Uint16Array(buffer, ...part)), new DataView(buffer)];
        buffer.resize(to);
        return samples;
    };
    const shared = new SharedArrayBuffer(24);
    const others = [
        ...resized(100, 2001, [], [2], [2, 10]), ...resized(100, 11, [], [2], [20], [2, 10]), ...resized(100, 0, [], [0, 10]),
        ...arrays.flatMap(Array => [new Array(0), new Array(shared, 8), new Array(shared, 8, 1)]), new ArrayBuffer(0),
        shared, new DataView(buffers[0]), new DataView(buffers[0], 4, 2), detached(new DataView(new ArrayBuffer(8))),
        [], {}, [1, 2, 3], () => 0, /./, new Map(), new Date(0), new Proxy(new Uint8Array(8), {}), Symbol(), 'text', 1n << 70n,
        Object.create(Uint8Array.prototype), class {}, new Error(), new WeakMap(), (function* () {})(), (function () { return arguments })(1),
    ];
    return [plain, others];
})";

/// Makes a realm of an engine. Machine code reads the engine's objects if their layout is found.
///
/// # Errors
///
/// The parts of the model do not fit together.
///
/// # Safety
///
/// Script has not run yet in the engine's context.
pub unsafe fn realm<H: Host>(engine: QuickJs<H>) -> Result<Realm<QuickJs<H>>, ModelError> {
    let context = engine.context();
    let site = Site::new(context.cast());
    // SAFETY: the caller promises that script has not run, so `SAMPLES` does what it says.
    unsafe {
        let make = Owned::new(context, evaluate(context, SAMPLES));
        let shared_buffers = [js::JS_MKVAL(js::JS_TAG_BOOL, H::SHARED_BUFFERS.into())];
        let samples = Owned::new(context, call(context, make.value(), js::JS_UNDEFINED, shared_buffers));
        let [plain, others] = [0, 1].map(|index| elements(context, element(context, samples.value(), index).value()));
        let pointers = pointers(context, engine.pointers());
        let described: Option<Vec<_>> =
            plain.iter().chain(&pointers).map(|sample| describe(&engine, site, sample.value())).collect();
        let references = plain.first().and_then(|sample| references(context, sample.value()));
        let objects = described.zip(references).and_then(|(samples, at)| quickjs::objects(&samples, Some(at)));
        let all = plain.iter().chain(&pointers).chain(&others).map(|sample| words(sample.value()));
        let model =
            quickjs::model().objects(objects).bytes(quickjs::bytes_function(js::JS_NewUint8ArrayCopy as *const c_void));
        let retain = |object| _ = js::JS_DupValue(context, value(object));
        Realm::with_samples(engine, model, site, all.collect::<Vec<_>>(), retain)
    }
}

/// Makes pointer objects. Nothing reads at their addresses.
unsafe fn pointers(context: *mut JSContext, class: PointerClass) -> Vec<Owned> {
    let addresses = [0x1234_5678_9ab0_usize, 0x7fff_0000_0001].map(std::ptr::without_provenance::<c_void>);
    // SAFETY: the class was made with the runtime of the context.
    addresses.into_iter().map(|address| unsafe { Owned::new(context, class.make(context, address)) }).collect()
}

/// Returns what the engine says of an object. `None` if it is of no kind that machine code reads.
///
/// # Safety
///
/// The value is an object of the engine.
unsafe fn describe<H: Host>(engine: &QuickJs<H>, site: Site, object: JSValue) -> Option<ObjectSample> {
    // SAFETY: the caller promises an object of the engine.
    unsafe {
        let class = js::JS_GetClassID(object);
        let opaque = js::JS_GetOpaque(object, class).addr();
        let (address, len) = match engine.view(site, words(object)) {
            View::Bytes { address, len } | View::ReadOnly { address, len } => (address.addr(), len),
            View::Pointer(_) => {
                return Some(ObjectSample {
                    value: words(object),
                    class: class as u16,
                    opaque,
                    kind: SampleKind::Pointer,
                });
            }
            View::Number(_)
            | View::BigInt(_)
            | View::Boolean(_)
            | View::Null
            | View::Undefined
            | View::Other(_)
            | _ => (0, 0),
        };
        let kind = if Views::is_typed_array(object) {
            let size = js::JS_GetPropertyStr(site.context.cast(), object, c"BYTES_PER_ELEMENT".as_ptr());
            let shift = length(size)?.checked_ilog2()? as u8;
            let buffer = engine.buffers().views().whole(site.context.cast(), object);
            let buffer = buffer.map_or(0, |buffer| words(buffer.value())[0] as usize);
            SampleKind::TypedArray { address, count: (len >> shift) as u32, shift, buffer }
        } else {
            let immutable = js::JS_IsImmutableArrayBuffer(object) == 1;
            SampleKind::Buffer { address, len: len as u32, immutable }
        };
        Some(ObjectSample { value: words(object), class: class as u16, opaque, kind })
    }
}

/// Returns the bytes from an object to its counter of references.
///
/// # Safety
///
/// The value is an object of the context.
unsafe fn references(context: *mut JSContext, object: JSValue) -> Option<i32> {
    let mut retained = None;
    // SAFETY: the caller promises an object of the context. The new reference belongs to this function.
    unsafe {
        quickjs::counter(words(object), || retained = Some(Owned::new(context, js::JS_DupValue(context, object))))
    }
}

/// Returns the elements of an array.
///
/// # Safety
///
/// The value is an array of the context.
unsafe fn elements(context: *mut JSContext, array: JSValue) -> Vec<Owned> {
    let mut len = 0;
    // SAFETY: the caller promises an array of the context.
    unsafe {
        js::JS_GetLength(context, array, &mut len);
        (0..len as u32).map(|index| element(context, array, index)).collect()
    }
}

/// Returns an element of an array.
///
/// # Safety
///
/// The value is an array of the context.
unsafe fn element(context: *mut JSContext, array: JSValue, index: u32) -> Owned {
    // SAFETY: the caller promises an array of the context.
    unsafe { Owned::new(context, js::JS_GetPropertyUint32(context, array, index)) }
}
