//! The layout of SpiderMonkey's objects for machine code, found in samples and compared with the engine's own views. The list of
//! pinned objects is here too: the collector and `detach` ask for it.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::nanbox::SpiderMonkeyTypes;
use hotcall::engine::spider_monkey::{self, SpiderMonkeyKind, SpiderMonkeySample};
use hotcall::engine::{ModelError, Realm, Site, nanbox};

use crate::spider_monkey_api::{Api, Described, MonkeyContext, PinnedObjects, VisitOne, sample};
use crate::spider_monkey_engine::SpiderMonkey;

/// Makes arrays of samples: objects whose layout is like that of others of their kind, new typed arrays, and all others.
///
/// Numbers of elements and offsets differ, so that few fields have them by chance. Elements differ, so that other memory does not have
/// them. The other objects come twice, because some are typed arrays without a buffer, and some with one.
const SAMPLES: &str = r"(() => {
    const arrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
        BigInt64Array, BigUint64Array, Float32Array, Float64Array];
    const counted = array => {
        for (let i = 0; i < array.length; i++) array[i] = typeof array[i] === 'bigint' ? BigInt(i + 1) : i + 1;
        return array;
    };
    const detached = object => (detach(object.buffer ?? object), object);
    const buffers = [11, 12, 70, 500].map(length => new ArrayBuffer(length));
    const shared = new SharedArrayBuffer(1024);
    const plain = [
        ...arrays.flatMap((Array, index) => [new Array(13 + index), new Array(100 + index),
            new Array(new ArrayBuffer(1024), 64 + 8 * index, 40 + index), new Array(shared, 72 + 8 * index, 30 + index)]),
        ...arrays.map(Array => detached(new Array(77))), ...buffers, detached(new ArrayBuffer(70)), new DataView(buffers[0]),
        new DataView(buffers[1], 4), new DataView(shared, 80, 20), detached(new DataView(new ArrayBuffer(80), 8, 60)),
    ];
    // Arrays of more than 96 bytes have a buffer from the beginning.
    const unbuffered = arrays.flatMap((Array, index) => [2 + index, 12 - index].map(length => counted(new Array(length))));
    const bytes = new Uint8Array(64);
    const others = () => [
        ...arrays.flatMap(Array => [new Array(0), counted(new Array(5)), counted(new Array(1000)), new Array(shared), new Array(shared, 1024),
            new (class extends Array {})(9), new Array(3).subarray(1), Object.create(Array.prototype),
            Object.freeze(new Array(0)), Object.assign(new Array(3), { a: 1, b: 2, c: 3, d: 4 })]),
        bytes.subarray(3), bytes.subarray(64), new ArrayBuffer(0), detached(new ArrayBuffer(0)), new DataView(new ArrayBuffer(0)),
        new DataView(buffers[3], 500), shared, new SharedArrayBuffer(0), new Proxy(bytes, {}), new Proxy(buffers[0], {}),
        [], {}, [1, 2, 3], () => 0, /./, new Map(), new Set(), new Date(0), Symbol(), 'text', 1n << 70n, null, undefined, true, 1, 1.5,
        class {}, new Error(), new WeakMap(), (function* () {})(), (function () { return arguments })(1), globalThis, Math,
        Object(1), Object('text'), Object(Symbol()), Object(1n), Promise.resolve(1), arrays, bytes[Symbol.iterator](),
    ];
    return [plain, unbuffered, others(), others()];
})()";

/// Makes a realm of an engine. Machine code reads the engine's objects if their layout is found.
///
/// # Errors
///
/// The parts of the model do not fit together.
///
/// # Safety
///
/// Script has not run yet in the context, which is the engine's.
pub(crate) unsafe fn realm(
    engine: SpiderMonkey,
    api: &'static Api,
    context: MonkeyContext,
) -> Result<Realm<SpiderMonkey>, ModelError> {
    let model = nanbox::spider_monkey(SpiderMonkeyTypes::INT32_IS_1);
    // SAFETY: the caller promises a context where `SAMPLES` does what it says.
    unsafe {
        let Samples { plain, unbuffered, others } = Samples::make(api, context);
        let new = unbuffered.iter().map(|&sample| describe(api, context, sample, true));
        let described: Option<Vec<_>> =
            plain.iter().map(|&sample| describe(api, context, sample, false)).chain(new).collect();
        let objects = described.and_then(|samples| spider_monkey::objects(&samples, (api.class_size)()));
        let bytes = spider_monkey::bytes_function(api.new_bytes as *const c_void, &model);
        let call = spider_monkey::call_function(&model);
        let model = model.objects(objects).bytes(bytes).call(call);
        let samples = unbuffered.into_iter().chain(others).chain(plain).map(|value| [value, 0]);
        // Pinned objects have no counters.
        let realm = Realm::with_samples(engine, model, Site::new(context), samples, |_| ());
        (api.forget)(context);
        realm
    }
}

/// The values of samples.
struct Samples {
    /// Objects of kinds that machine code reads. Their bytes stay in place.
    plain: Vec<u64>,
    /// Typed arrays without a buffer.
    unbuffered: Vec<u64>,
    /// Objects of all kinds.
    others: Vec<u64>,
}

impl Samples {
    /// Makes samples that stay until the context forgets what it has made.
    ///
    /// # Safety
    ///
    /// The contract of [`realm`].
    unsafe fn make(api: &Api, context: MonkeyContext) -> Self {
        let mut arrays = 0;
        // SAFETY: the caller promises the context. The arrays keep their elements.
        unsafe {
            if !(api.evaluate)(context, SAMPLES.as_ptr(), SAMPLES.len(), &mut arrays) {
                (api.drop)((api.take_exception)(context));
                return Self { plain: Vec::new(), unbuffered: Vec::new(), others: Vec::new() };
            }
            let [mut plain, unbuffered, new, others] =
                [0, 1, 2, 3].map(|index| elements(api, context, (api.element)(context, arrays, index)));
            // Nothing reads at their addresses.
            for address in [0x1234_5678_9abd, 0xffff_8765_4321_0fee_u64, 3] {
                let mut value = 0;
                if (api.make_pointer)(context, address, &mut value) {
                    plain.push(value);
                }
            }
            // This gives typed arrays a buffer.
            for &other in &others {
                let _ = describe(api, context, other, false);
            }
            Self { plain, unbuffered, others: new.into_iter().chain(others).collect() }
        }
    }
}

/// Returns the elements of an array.
///
/// # Safety
///
/// The value is an array of the context.
unsafe fn elements(api: &Api, context: MonkeyContext, array: u64) -> Vec<u64> {
    // SAFETY: the caller promises an array of the context.
    unsafe { (0..(api.array_len)(context, array)).map(|index| (api.element)(context, array, index)).collect() }
}

/// Returns what the engine says of an object, and gives a typed array that is not new its buffer. `None` if machine code does not read
/// objects of this kind.
///
/// # Safety
///
/// The value is one of the context.
unsafe fn describe(api: &Api, context: MonkeyContext, value: u64, is_new: bool) -> Option<SpiderMonkeySample> {
    let mut described = Described::default();
    // SAFETY: the caller promises a value of the context.
    unsafe { (api.describe)(context, value, is_new, &mut described) };
    let Described { kind, shift, class, words: [address, len], buffer } = described;
    let buffer = (buffer != 0).then_some(buffer);
    let kind = match kind {
        sample::TYPED_ARRAY => SpiderMonkeyKind::TypedArray { address, count: len, shift: shift as u8, buffer },
        sample::DATA_VIEW => SpiderMonkeyKind::DataView { address, len },
        sample::BUFFER => SpiderMonkeyKind::Buffer { address, len },
        sample::POINTER => SpiderMonkeyKind::Pointer { slots: [address, len] },
        _ => return None,
    };
    Some(SpiderMonkeySample { value: [value, 0], class, kind })
}

/// Lets the context's collector and `detach` see the pinned objects of a realm.
///
/// # Safety
///
/// The context is alive, and the realm is its own. The realm is not moved or dropped as long as the context lives.
pub(crate) unsafe fn show_pins(api: &Api, context: MonkeyContext, realm: &Realm<SpiderMonkey>) {
    let pins = PinnedObjects { realm: ptr::from_ref(realm).cast(), visit, are_in_use };
    // SAFETY: the caller promises a live context, which asks for the realm's objects as long as it lives.
    unsafe { (api.set_pins)(context, &pins) };
}

unsafe extern "C" fn visit(realm: *const c_void, each: VisitOne, data: *mut c_void) {
    // SAFETY: the context passes the realm of `show_pins`, on its thread.
    let realm = unsafe { &*realm.cast::<Realm<SpiderMonkey>>() };
    // SAFETY: `each` takes the addresses of objects, with its own data.
    realm.visit_pins(|object| unsafe { each(data, object) });
}

unsafe extern "C" fn are_in_use(realm: *const c_void) -> bool {
    // SAFETY: the context passes the realm of `show_pins`, on its thread.
    unsafe { &*realm.cast::<Realm<SpiderMonkey>>() }.pins_are_in_use()
}
