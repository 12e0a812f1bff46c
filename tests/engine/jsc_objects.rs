//! JavaScriptCore's objects in machine code: the layout by which it reads them, and bytes that stay in place.

use hotcall::Type;
use hotcall::engine::javascript_core::{self, JavaScriptCoreBytes, JavaScriptCoreKind, JavaScriptCorePlace, agrees};
use hotcall::engine::{ObjectClass, Realm, ValueModel, nanbox};
use hotcall_engines::Language;
use hotcall_engines::jsc::JscScript;
use hotcall_engines::jsc_objects::JscSamples;
use hotcall_testing::alone::{alone, alone_with};

use crate::calls::define_sum_after;
use crate::languages::{STACK, both_calls, check, define, define_collect};
use crate::object_changes::{Reader, changes, check_changes};
use crate::values::first;

/// The kinds of objects that machine code reads, in order.
const KINDS: [&str; 4] = ["typed arrays", "data views", "buffers", "pointers"];

fn objects(script: &JscScript) -> &ObjectClass {
    script.realm.model().unwrap().objects.as_ref().expect("the layout of this version")
}

#[test]
fn the_layout_is_found() {
    let Some(script) = JscScript::new() else { return };
    let objects = objects(&script);
    assert_eq!(objects.kinds.len(), KINDS.len());
    assert_eq!(objects.kinds.iter().filter(|kind| kind.length.is_some()).count(), 3);
    // The engine itself leaves the bytes in place.
    assert_eq!(objects.pins, None);
}

/// Changes that do no harm in this version of the engine, and the reasons. All others are noticed, or let machine code leave
/// more to the engine.
const HARMLESS: [(&str, &str); 20] = [
    (
        "typed arrays, check 4, offset 0 +8",
        "detached arrays do not have elements, and empty ones go to the interpreter",
    ),
    ("data views, check 4, offset 0 +8", "detached views do not have bytes, and empty ones go to the interpreter"),
    ("buffers, check 4, offset 1 +8", "the function that frees the bytes goes with them"),
    ("buffers, length, offset 1 +8", "a fixed length is the length at most, too"),
    (
        "typed arrays, test 0, low - 1",
        "the type before is that of buffers, which end before the mode; the next cell's lowest byte is 0",
    ),
    ("typed arrays, test 0, high + 1", "the next type is that of data views, which have other modes"),
    ("typed arrays, test 1, low - 1", "no array has this mode"),
    ("typed arrays, test 1, high + 1", "no array has this mode"),
    ("typed arrays, test 2, high + 1", "a flag is 0 or 1"),
    ("data views, test 0, high + 1", "the next type does not have a store, and 0 in the place of its flag"),
    ("data views, test 1, high + 1", "a flag is 0 or 1"),
    ("buffers, test 0, low - 1", "objects of the type before do not lead to the flag of a store"),
    ("buffers, test 1, high + 1", "a flag is 0 or 1"),
    ("pointers, test 0, low - 1", "numbers of structures are multiples of 16"),
    ("pointers, test 0, high + 1", "numbers of structures are multiples of 16"),
    ("pointers, test 1, low - 1", "no class has this address"),
    ("pointers, test 1, high + 1", "no class has this address"),
    ("typed arrays, length of other bytes", "the lower half of a length is not greater than the length"),
    ("data views, length of other bytes", "the lower half of a length is not greater than the length"),
    ("buffers, length of other bytes", "the lower half of a length is not greater than the length"),
];

/// Returns true if the model's objects are used. Those of an inconsistent model are not.
fn are_used(script: &JscScript, model: ValueModel) -> bool {
    // The engine pins what it views, so the samples are new ones.
    // SAFETY: the context is the script's, where nothing else has run.
    let samples = unsafe { JscSamples::make(script.realm.engine(), script.context) };
    let agrees = |objects| agrees(objects, &samples.described, samples.class);
    if !model.objects.as_ref().is_some_and(agrees) {
        return false;
    }
    // SAFETY: the samples are the engine's, and the model is right in all but its kinds of objects.
    let realm =
        unsafe { Realm::with_samples(Reader(script.realm.clone()), model, script.site(), samples.twice(), |_| ()) };
    realm.is_ok_and(|realm| realm.model().unwrap().objects.is_some())
}

/// Wrong descriptions read memory that other tests would fill. So the test has a process of its own.
#[test]
fn a_layout_that_is_wrong_in_one_thing_is_not_used() {
    alone(|| {
        let Some(script) = JscScript::new() else { return };
        let right = objects(&script);
        assert!(are_used(&script, nanbox::javascript_core().objects(right.clone())));
        assert!(!are_used(&script, nanbox::javascript_core()));
        // The engine's memory is all over the address space, so none surely does not exist.
        let changes = changes(&KINDS, &[], right);
        assert!(changes.iter().filter(|change| !change.narrows).count() > 200);
        check_changes(changes, &HARMLESS, |objects| are_used(&script, nanbox::javascript_core().objects(objects)));
    });
}

/// Returns true if the sample is meant.
type IsMeant = fn(JavaScriptCoreKind) -> bool;

/// Samples without which the layout is not found.
const NEEDED: [(&str, IsMeant); 9] = [
    ("arrays of a class", |kind| matches!(kind, JavaScriptCoreKind::TypedArray { class: 5, .. })),
    ("data views", |kind| matches!(kind, JavaScriptCoreKind::DataView(_))),
    ("buffers", |kind| matches!(kind, JavaScriptCoreKind::Buffer(_))),
    ("pointers", |kind| matches!(kind, JavaScriptCoreKind::Pointer { .. })),
    ("changed pointers", |kind| kind == JavaScriptCoreKind::ChangedPointer),
    ("pinned ones", |mut kind| matches!(bytes(&mut kind), Some(JavaScriptCoreBytes::Pinned(_)))),
    ("resizable ones", |mut kind| matches!(bytes(&mut kind), Some(JavaScriptCoreBytes::Resizable(_)))),
    ("memory of WebAssembly", |mut kind| bytes(&mut kind) == Some(&mut JavaScriptCoreBytes::WebAssembly)),
    ("unpinned ones", |mut kind| bytes(&mut kind) == Some(&mut JavaScriptCoreBytes::Unpinned)),
];

/// Changes a sample. Returns false if it is of another kind.
type Lie = fn(&mut JavaScriptCoreKind) -> bool;

/// Changes of one sample that the layout does not survive.
const LIES: [(&str, Lie); 14] = [
    ("another address", |kind| pinned(kind).map(|place| place.address += 1).is_some()),
    ("another length", |kind| pinned(kind).map(|place| place.count += 1).is_some()),
    ("another buffer", |kind| {
        let is_view = !matches!(kind, JavaScriptCoreKind::Buffer(_));
        pinned(kind).filter(|_| is_view).map(|place| place.buffer -= 0x1000).is_some()
    }),
    ("unpinned", |kind| {
        let is_pinned = pinned(kind).is_some();
        bytes(kind).filter(|_| is_pinned).map(|bytes| *bytes = JavaScriptCoreBytes::Unpinned).is_some()
    }),
    ("resizable", |kind| {
        let place = pinned(kind).copied();
        bytes(kind).zip(place).map(|(bytes, place)| *bytes = JavaScriptCoreBytes::Resizable(place)).is_some()
    }),
    ("of fixed length", |kind| {
        let Some(bytes @ &mut JavaScriptCoreBytes::Resizable(place)) = bytes(kind) else { return false };
        *bytes = JavaScriptCoreBytes::Pinned(place);
        true
    }),
    ("memory of WebAssembly", |kind| {
        let is_buffer = *kind == JavaScriptCoreKind::Buffer(JavaScriptCoreBytes::Unpinned);
        bytes(kind).filter(|_| is_buffer).map(|bytes| *bytes = JavaScriptCoreBytes::WebAssembly).is_some()
    }),
    ("not memory of WebAssembly", |kind| {
        let is_buffer = *kind == JavaScriptCoreKind::Buffer(JavaScriptCoreBytes::WebAssembly);
        bytes(kind).filter(|_| is_buffer).map(|bytes| *bytes = JavaScriptCoreBytes::Unpinned).is_some()
    }),
    ("another class of arrays", |kind| {
        let JavaScriptCoreKind::TypedArray { class, .. } = kind else { return false };
        *class ^= 1;
        true
    }),
    ("another size of elements", |kind| {
        let JavaScriptCoreKind::TypedArray { shift, .. } = kind else { return false };
        *shift ^= 1;
        true
    }),
    ("another address of a pointer", |kind| {
        let JavaScriptCoreKind::Pointer { address, .. } = kind else { return false };
        *address += 1;
        true
    }),
    ("another class of pointers", |kind| {
        let JavaScriptCoreKind::Pointer { class, .. } = kind else { return false };
        *class += 1;
        true
    }),
    ("a pointer that is changed", |kind| {
        let is_pointer = matches!(kind, JavaScriptCoreKind::Pointer { .. });
        if is_pointer {
            *kind = JavaScriptCoreKind::ChangedPointer;
        }
        is_pointer
    }),
    ("a changed pointer that is not", |kind| {
        let is_changed = *kind == JavaScriptCoreKind::ChangedPointer;
        if is_changed {
            *kind = JavaScriptCoreKind::Pointer { address: 0, class: 0 };
        }
        is_changed
    }),
];

fn bytes(kind: &mut JavaScriptCoreKind) -> Option<&mut JavaScriptCoreBytes> {
    match kind {
        JavaScriptCoreKind::TypedArray { bytes, .. }
        | JavaScriptCoreKind::DataView(bytes)
        | JavaScriptCoreKind::Buffer(bytes) => Some(bytes),
        JavaScriptCoreKind::Pointer { .. } | JavaScriptCoreKind::ChangedPointer => None,
    }
}

fn pinned(kind: &mut JavaScriptCoreKind) -> Option<&mut JavaScriptCorePlace> {
    if let Some(JavaScriptCoreBytes::Pinned(place)) = bytes(kind) { Some(place) } else { None }
}

#[test]
fn samples_that_contradict_each_other_give_no_layout() {
    let Some(script) = JscScript::new() else { return };
    // SAFETY: the context is the script's, where nothing else has run.
    let samples = unsafe { JscSamples::make(script.realm.engine(), script.context) };
    assert!(samples.pinned_stay);
    // SAFETY: the samples are the engine's objects.
    let is_found = |described: &[_]| unsafe { javascript_core::objects(described, samples.class) }.is_some();
    assert!(is_found(&samples.described));
    assert!(!is_found(&[]));
    for (name, is_removed) in NEEDED {
        let mut described = samples.described.clone();
        described.retain(|sample| !is_removed(sample.kind));
        assert!(!is_found(&described), "no {name}");
    }
    for (name, lie) in LIES {
        let mut lies = 0;
        // Every eighth sample: those of all kinds and groups.
        for index in (0..samples.described.len()).step_by(8) {
            let mut described = samples.described.clone();
            let Some(index) = (index..described.len()).find(|&index| lie(&mut described[index].kind)) else { break };
            assert!(!is_found(&described), "sample {index}: {name}");
            lies += 1;
        }
        assert!(lies > 0, "{name}");
    }
}

/// Runs a test with interpreted calls, and with compiled ones. Helpers convert this number of arguments.
fn both(helped: usize, test: impl Fn(&JscScript)) {
    alone_with(&test, |test| {
        both_calls::<JscScript>(STACK, |script, calls| {
            test(script);
            assert_eq!(script.realm.engine().pinned.get(), helped, "{calls}");
        });
    });
}

/// Objects, the number of helpers that their first two calls need, and that of two more.
const PASSED: [(&str, usize, usize); 19] = [
    ("new Uint8Array(8)", 1, 0),
    ("new Float64Array(2000)", 1, 0),
    ("new Float16Array(8)", 1, 0),
    ("new BigUint64Array([3n])", 1, 0),
    ("new Uint8Array(new ArrayBuffer(8), 3)", 1, 0),
    ("new (class extends Int16Array {})(9)", 1, 0),
    ("Object.assign(new Uint32Array(9), { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 })", 1, 0),
    ("Object.setPrototypeOf(new Uint8Array(8), null)", 1, 0),
    ("Object.preventExtensions(new Uint8Array(8))", 1, 0),
    ("new ArrayBuffer(8)", 1, 0),
    ("Object.freeze(new ArrayBuffer(8))", 1, 0),
    ("new DataView(new ArrayBuffer(8))", 1, 0),
    ("new DataView(new ArrayBuffer(8), 2, 3)", 1, 0),
    // The length of these can change.
    ("new ArrayBuffer(8, { maxByteLength: 16 })", 2, 2),
    ("new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }))", 2, 2),
    ("new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 2, 3)", 2, 2),
    ("new DataView(new ArrayBuffer(8, { maxByteLength: 16 }))", 2, 2),
    ("new DataView(new ArrayBuffer(8, { maxByteLength: 16 }), 2, 3)", 2, 2),
    ("null", 0, 0),
];

#[test]
fn objects_need_a_helper_once() {
    let helped = PASSED.iter().map(|(_, once, again)| once + again).sum();
    both(helped, |script| {
        extern "C" fn is_there(bytes: *const u8) -> bool {
            !bytes.is_null()
        }
        define(script, "is_there", is_there as _, [Type::BUFFER], Type::BOOL);
        let engine = script.realm.engine();
        for (source, once, again) in PASSED {
            let expected = (source != "null").to_string();
            let before = engine.pinned.get();
            check(script, &[(&format!("o = {source}; is_there(o); is_there(o)"), &expected)]);
            assert_eq!(engine.pinned.get() - before, once, "{source}");
            check(script, &[("is_there(o); is_there(o)", &expected)]);
            assert_eq!(engine.pinned.get() - before, once + again, "{source}");
        }
    });
}

#[test]
fn bytes_that_machine_code_passes_stay() {
    both(5, |script| {
        let _callbacks = define_sum_after(script);
        define(script, "first", first as _, [Type::BUFFER], Type::U8);
        check(
            script,
            &[
                // Asks for the address of the bytes, all of them 1.
                ("function ones(o) { new Uint8Array(o.buffer ?? o).fill(1); first(o); return o } 0", "0"),
                ("action = () => {}; b = ones(new ArrayBuffer(64)); sum_after(b, 64, pact)", "64"),
                ("action = () => { collect(0); churn() }; sum_after(b, 64, pact)", "64"),
                (
                    "action = () => { moved = [b.transfer(), b.transferToFixedLength(9)]; churn() }; \
                     [sum_after(b, 64, pact), b.detached, moved[0].byteLength]",
                    "64,false,64",
                ),
                // The running call alone has the object.
                (
                    "action = () => { o = null; for (let i = 0; i < 3; i++) { collect(0); churn() } }; \
                     sum_after((o = ones(new Uint8Array(1000))), 1000, pact)",
                    "1000",
                ),
                (
                    "o = ones(new Uint8Array(3)); action = () => { for (const name of 'abcdefghij') o[name] = name; \
                     o.buffer; Object.setPrototypeOf(o, null); collect(0); churn() }; sum_after(o, 3, pact)",
                    "3",
                ),
                ("sum_after(ones(new Uint8Array(1 << 16)).subarray(1), 65535, pact)", "65535"),
                ("o = ones(new DataView(new ArrayBuffer(1 << 10), 5)); sum_after(o, 1019, pact)", "1019"),
                // Calls inside of a call.
                (
                    "n = 0; action = () => { if (n++ < 50) { const sum = sum_after(b, 64, pact); \
                     inner += Number(sum) } else collect(0) }; \
                     inner = 0; [sum_after(b, 64, pact), inner]",
                    "64,3200",
                ),
                // Detached before anybody asked for its address.
                (
                    "action = () => {}; gone = new Uint8Array(8); gone.buffer.transfer(); sum_after(gone, 0, pact)",
                    "TypeError: cannot call \"sum_after\": argument 1 (buffer): expected null or a buffer, not a detached buffer",
                ),
                (
                    "sum_after(gone, 0, pact)",
                    "TypeError: cannot call \"sum_after\": argument 1 (buffer): expected null or a buffer, not a detached buffer",
                ),
                // Address spaces of WebAssembly grow elsewhere.
                (
                    "memory = new WebAssembly.Memory({ initial: 1, maximum: 2 }); w = new Uint8Array(memory.buffer); \
                     sum_after(w, 1, pact)",
                    "TypeError: cannot call \"sum_after\": argument 1 (buffer): expected null or a buffer, not an object",
                ),
                (
                    "sum_after(w, 1, pact)",
                    "TypeError: cannot call \"sum_after\": argument 1 (buffer): expected null or a buffer, not an object",
                ),
            ],
        );
    });
}

#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

extern "C" fn add(a: Point, b: Point) -> Point {
    Point { x: a.x + b.x, y: a.y + b.y }
}

#[test]
fn structs_are_copied_by_machine_code() {
    both(4, |script| {
        let point = || Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
        define(script, "add", add as _, [point(), point()], point());
        let _collector = define_collect(script);
        check(
            script,
            &[
                ("a = new Float64Array([1, 2]); b = new DataView(new Float64Array([10, 20]).buffer); 0", "0"),
                ("new Float64Array(add(a, b).buffer) + ''", "11,22"),
                // Results are arguments, too.
                (
                    "sum = a; for (let i = 0; i < 5000; i++) sum = add(sum, b); collect(0); new Float64Array(sum.buffer) + ''",
                    "50001,100002",
                ),
                ("new Float64Array(add(new Float32Array(4), new BigInt64Array(2)).buffer) + ''", "0,0"),
                (
                    "short = new Float64Array(1); try { add(a, short) } catch {} add(a, short)",
                    "TypeError: cannot call \"add\": argument 2 (struct {f64, f64}): 8 bytes are too few: it has 16",
                ),
                (
                    "add(a, new Uint8Array(new ArrayBuffer(64), 49))",
                    "TypeError: cannot call \"add\": argument 2 (struct {f64, f64}): 15 bytes are too few: it has 16",
                ),
            ],
        );
    });
}
