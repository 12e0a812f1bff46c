//! SpiderMonkey's objects in machine code: the layout by which it reads them, and the list of those whose bytes C has.

use hotcall::engine::{ElementSize, ObjectClass, Path, Realm, ValueModel};
use hotcall::{Signature, Type};
use hotcall_engines::Language;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;
use hotcall_testing::alone::alone_with;

use crate::calls::define_sum_after;
use crate::languages::{STACK, both_calls, callback, check, define, define_collect};
use crate::object_changes::Reader;

fn objects(script: &SpiderMonkeyScript) -> &ObjectClass {
    script.realm.model().unwrap().objects.as_ref().expect("the layout of this version")
}

#[test]
fn the_layout_is_found() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    let objects = objects(&script);
    // Typed arrays, buffers, data views and pointers.
    assert_eq!(objects.kinds.len(), 4);
    assert_eq!(objects.kinds.iter().filter(|kind| kind.length.is_some()).count(), 3);
    assert!(objects.pins.is_some());
}

/// A change to the description of objects. It still reads only memory that exists.
type Change = fn(&mut ObjectClass);

const CHANGES: [(&str, Change); 14] = [
    ("an address in front of the right one", |objects| move_path(&mut objects.kinds[0].address[0], -8)),
    ("the offset as a number", |objects| move_path(count(objects, 0), 8)),
    ("the buffer as a number", |objects| move_path(count(objects, 0), -8)),
    ("elements of another size", |objects| {
        let ElementSize::ByNumber { shifts, .. } = element(objects) else { panic!("elements have several sizes") };
        *shifts ^= u64::MAX;
    }),
    ("elements of one size", |objects| *element(objects) = ElementSize::Shift(0)),
    ("arrays without a buffer as others", |objects| objects.kinds[0].stays = None),
    ("all arrays as those without a buffer", |objects| {
        move_path(&mut objects.kinds[0].stays.as_mut().unwrap().at, 8);
    }),
    ("detached arrays", |objects| without_check(objects, 0, 1)),
    ("detached buffers", |objects| without_check(objects, 1, 1)),
    ("detached views", |objects| without_check(objects, 2, 1)),
    ("arrays as pointers", |objects| objects.kinds[0].length = None),
    ("another field of buffers", |objects| move_path(count(objects, 1), -8)),
    ("half of a pointer", |objects| objects.kinds[3].address = objects.kinds[3].address[..1].into()),
    ("arrays as views", |objects| without_check(objects, 2, 0)),
];

fn count(objects: &mut ObjectClass, kind: usize) -> &mut Path {
    &mut objects.kinds[kind].length.as_mut().unwrap().at
}

fn element(objects: &mut ObjectClass) -> &mut ElementSize {
    &mut objects.kinds[0].length.as_mut().unwrap().element
}

fn move_path(path: &mut Path, offset: i32) {
    *path.0.last_mut().unwrap() += offset;
}

fn without_check(objects: &mut ObjectClass, kind: usize, check: usize) {
    let checks = &mut objects.kinds[kind].checks;
    *checks = checks.iter().enumerate().filter(|(index, _)| *index != check).map(|(_, check)| check.clone()).collect();
}

/// A few objects of each kind: the engine compares more of them.
const SAMPLES: [&str; 15] = [
    "new Uint8Array([1, 2, 3, 4, 5])",
    "new Uint16Array(new ArrayBuffer(40), 8, 7)",
    "new Float64Array(300)",
    "new Float64Array(new ArrayBuffer(80))",
    "new BigInt64Array(new SharedArrayBuffer(40), 8, 2)",
    "(() => { const array = new Float32Array(9); detach(array.buffer); return array })()",
    "new ArrayBuffer(30)",
    "(() => { const buffer = new ArrayBuffer(50); detach(buffer); return buffer })()",
    "new SharedArrayBuffer(9)",
    "[1, 2]",
    "({})",
    "() => 0",
    "new DataView(new ArrayBuffer(20), 4)",
    "(() => { const view = new DataView(new ArrayBuffer(8), 4); detach(view.buffer); return view })()",
    "there",
];

#[test]
fn a_layout_that_is_wrong_in_one_thing_is_not_used() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    script.set_global("there", script.pointer(0x1234_5678 as _));
    let right = script.realm.model().unwrap().clone();
    let used = |model: ValueModel| {
        // New objects for each model: a view gives a typed array its buffer. The engine comes to no other script meanwhile.
        let samples = SAMPLES.iter().enumerate().map(|(index, source)| {
            let value = script.value(source);
            script.set_global(&format!("sample{index}"), value);
            [value, 0]
        });
        let samples: Vec<_> = samples.collect();
        let reader = Reader(script.realm.clone());
        // SAFETY: the samples are values of the site's engine.
        let realm = unsafe { Realm::with_samples(reader, model, script.site(), samples, |_| ()) };
        realm.unwrap().model().unwrap().objects.is_some()
    };
    assert!(used(right.clone()));
    assert!(!used(right.clone().objects(None)));
    for (name, change) in CHANGES {
        let mut objects = right.objects.clone().unwrap();
        change(&mut objects);
        assert!(!used(right.clone().objects(objects)), "{name}");
    }
}

/// The pins are the program's: `detach` asks for them. Buffers do not have other functions that take bytes away or move them, such as
/// `resize` and `transfer` of later versions.
#[test]
fn script_has_no_other_way_to_take_bytes_away() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    let keys = |object: &str| format!("Reflect.ownKeys({object}).map(String).sort().join()");
    let buffers = "Symbol(Symbol.toStringTag),byteLength,constructor,slice";
    check(
        &script,
        &[
            (&keys("ArrayBuffer.prototype"), buffers),
            (&keys("SharedArrayBuffer.prototype"), buffers),
            (&keys("ArrayBuffer"), "Symbol(Symbol.species),isView,length,name,prototype"),
            ("new ArrayBuffer(8, { maxByteLength: 16 }).byteLength", "8"),
            ("[typeof structuredClone, typeof WebAssembly].join()", "undefined,undefined"),
        ],
    );
}

/// Runs a test with interpreted calls, and with compiled ones. Helpers convert and pin this number of arguments: typed arrays without
/// a buffer.
fn both(pinned: usize, test: impl Fn(&SpiderMonkeyScript)) {
    alone_with(&test, |test| {
        both_calls::<SpiderMonkeyScript>(STACK, |script, calls| {
            test(script);
            assert_eq!(script.realm.engine().pinned.get(), pinned, "{calls}");
        });
    });
}

#[test]
fn bytes_stay_while_calls_run() {
    both(2, |script| {
        let _callbacks = define_sum_after(script);
        check(script, &[("function ones(array) { array.buffer; return array.fill(1) } 0", "0")]);
        check(
            script,
            &[
                ("action = () => {}; sum_after(ones(new Uint8Array(3)), 3, pact)", "3"),
                ("action = () => { collect(0); churn() }; sum_after(ones(new Uint8Array(3)), 3, pact)", "3"),
                ("sum_after(ones(new Uint8Array(1 << 16)).subarray(1), 65535, pact)", "65535"),
                ("sum_after(new DataView(ones(new Uint8Array(1 << 10)).buffer, 5), 1019, pact)", "1019"),
                (
                    "action = () => { try { detach(b); said = 'gone' } catch (error) { said = error.message } churn() }; \
                     b = ones(new Uint8Array(64)).buffer; sum_after(b, 64, pact) + ' ' + said",
                    "64 C has the buffer's bytes",
                ),
                // Detaching through an array, inside another call, and for a buffer that no call has got.
                ("said = ''; sum_after(new Int16Array(b, 32), 32, pact) + said", "32C has the buffer's bytes"),
                (
                    "other = new ArrayBuffer(99); function inner() { return sum_after(ones(new Uint8Array(9)), 9, pact) } \
                     outer = action; n = 0; action = () => { if (n++ === 0) inner(); else outer() }; sum_after(b, 64, pact) + said",
                    "64C has the buffer's bytes",
                ),
                // Calls of the callback fill the list, which keeps what the call below works on.
                (
                    "function fill() { let sum = 0; action = () => {}; for (let i = 1; i < 100; i++) \
                     sum += Number(sum_after(ones(new Uint8Array(i)), i, pact)); action = outer; return sum } \
                     said = ''; action = () => { filled = fill(); collect(0); outer() }; sum_after(b, 64, pact) + ' ' + filled + said",
                    "64 4950C has the buffer's bytes",
                ),
                // The list does not take large objects.
                (
                    "small = b; b = ones(new Uint8Array(300000)).buffer; said = ''; action = outer; \
                     sum_after(new Uint8Array(b), 300000, pact) + said",
                    "300000C has the buffer's bytes",
                ),
                ("detach(b); b = small; b.byteLength", "64"),
                ("action = () => { detach(other); churn() }; sum_after(b, 64, pact)", "64"),
                ("detach(b); b.byteLength", "0"),
                (
                    "sum_after(b, 0, pact)",
                    "TypeError: cannot call \"sum_after\": argument 1 (buffer): expected null or a buffer, not a detached buffer",
                ),
                // The engine makes a typed array's buffer, and moves its bytes there, when script asks for it.
                (
                    "u = new Uint8Array(1000).fill(1); action = () => { u.buffer; churn() }; sum_after(u, 1000, pact)",
                    "1000",
                ),
                (
                    "u = new Uint8Array(9).fill(1); action = () => { new Uint8Array(u.buffer).fill(2) }; sum_after(u, 9, pact)",
                    "18",
                ),
            ],
        );
    });
}

/// The list has room for 32 objects, and keeps them for a while.
#[test]
fn the_list_of_pinned_objects_fills_up() {
    both(0, |script| {
        extern "C" fn first(bytes: *const u8) -> i32 {
            // SAFETY: the tests pass bytes.
            unsafe { bytes.read() }.into()
        }
        define(script, "first", first as _, [Type::BUFFER], Type::I32);
        let _collector = define_collect(script);
        let source = "(() => { let sum = 0; for (let i = 0; i < 3000; i++) { \
                      const array = new Uint8Array(new ArrayBuffer(i % 100 + 1)); array[0] = i % 7; sum += first(array); \
                      if (i % 500 === 0) collect(0) } return sum })()";
        let expected = (0..3000).map(|i| i % 7).sum::<u32>().to_string();
        check(script, &[(source, &expected), ("collect(0); first(new Uint16Array(new ArrayBuffer(4)).fill(9))", "9")]);
    });
}

#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

extern "C" fn address(of: usize) -> usize {
    of
}

#[test]
fn structs_go_both_ways() {
    both(1, |script| {
        extern "C" fn add(a: Point, b: Point) -> Point {
            Point { x: a.x + b.x, y: a.y + b.y }
        }
        let point = || Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
        extern "C" fn mixed(point: Point, bytes: *const u8) -> i32 {
            // SAFETY: the test passes 16 bytes.
            let bytes = unsafe { std::slice::from_raw_parts(bytes, 16) };
            let bytes = bytes.iter().map(|&byte| i32::from(byte)).sum::<i32>();
            bytes + i32::from(point.x.to_bits() == 0x0101_0101_0101_0101)
        }
        define(script, "add", add as _, [point(), point()], point());
        define(script, "mixed", mixed as _, [point(), Type::BUFFER], Type::I32);
        let _collector = define_collect(script);
        check(
            script,
            &[
                ("a = new Float64Array([1, 2]); b = new DataView(new Float64Array([10, 20]).buffer); 0", "0"),
                ("sum = add(a, b); String(sum.constructor === Uint8Array) + new Float64Array(sum.buffer)", "true11,22"),
                // Results without a buffer are arguments, too.
                (
                    "sum = a; for (let i = 0; i < 5000; i++) sum = add(sum, b); new Float64Array(sum.buffer) + ''",
                    "50001,100002",
                ),
                ("collect(0); new Float64Array(sum.buffer) + ''", "50001,100002"),
                ("new Float64Array(add(new Float32Array(4), new BigInt64Array(2)).buffer) + ''", "0,0"),
                // The helper gives the second argument its buffer, to which the bytes of the first one move.
                ("c = new Uint8Array(16).fill(1); mixed(c, c)", "17"),
                (
                    "add(a, new Float64Array(1))",
                    "TypeError: cannot call \"add\": argument 2 (struct {f64, f64}): 8 bytes are too few: it has 16",
                ),
            ],
        );
    });
}

#[test]
fn results_are_collected_while_script_runs() {
    both(0, |script| {
        extern "C" fn same(point: Point) -> Point {
            point
        }
        extern "C" fn more(n: u64) -> u64 {
            n.wrapping_add(1)
        }
        let point = || Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
        define(script, "same", same as _, [point()], point());
        define(script, "more", more as _, [Type::U64], Type::U64);
        define(script, "address", address as _, [Type::USIZE], Type::POINTER);
        define(script, "call", call_with_point as _, [Type::FUNCTION, Type::I32], Type::F64);
        let loops = "function loop(n, f) { for (; n > 0; n--) f(n) } p = new Float64Array([1, 2]); b = 0n; 0";
        check(script, &[("function echo(p, q, n) { return p } 0", "0"), (loops, "0")]);
        let _echo = callback(script, "echo", &Signature::new([point(), Type::POINTER, Type::U64], point()).unwrap());
        for (source, expected) in [
            // The heap does not have room for all of these.
            ("loop(400000, () => { p = same(p) }); String(new Float64Array(p.buffer))", "1,2"),
            ("loop(1000, () => { b = more(2n ** 63n + b) - 2n ** 63n }); String(b)", "1000"),
            ("loop(1000, n => address(n)); String(address(0))", "null"),
            ("loop(1000, () => call(pecho, 2)); String(call(pecho, 2))", "0.5"),
        ] {
            check(script, &[(source, expected)]);
            // The value of the script is kept, but not those of its calls.
            assert_eq!(script.made(), 1, "{source}");
        }
    });
}

/// Calls back with a struct, a pointer and a number without a class in the model.
extern "C-unwind" fn call_with_point(f: extern "C-unwind" fn(Point, *const u8, u64) -> Point, n: i32) -> f64 {
    let (mut sum, bytes) = (0.0, [0; 4]);
    for index in 0..n {
        let Point { x, y } = f(Point { x: index.into(), y: 0.5 }, bytes.as_ptr(), u64::MAX);
        sum += x * y;
    }
    sum
}

/// Functions of script that machine code calls.
#[test]
fn callbacks_are_called_by_machine_code() {
    let Some(script) = SpiderMonkeyScript::new() else { return };
    let point = || Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
    let signature = Signature::new([point(), Type::POINTER, Type::U64], point()).unwrap();
    define(&script, "call", call_with_point as _, [Type::FUNCTION, Type::I32], Type::F64);
    define(&script, "address", address as _, [Type::POINTER], Type::U64);
    let _collector = define_collect(&script);
    let functions = [
        (
            "twice",
            "(p, q, n) => { collect(0); if (n !== 2n ** 64n - 1n || !address(q)) throw 'wrong'; \
                   return new Float64Array(p.buffer).map(x => 2 * x) }",
        ),
        ("wrong", "(p) => 7"),
        ("throws", "(p) => { throw new Error('at ' + new Float64Array(p.buffer)[0]) }"),
        ("nested", "(p) => { try { call(pthrows, 2) } catch (error) { said = error.message } collect(0); return p }"),
    ];
    let callbacks = functions.map(|(name, source)| {
        // The collector keeps the function for the callback.
        let callback = script.engine_callback(&signature, source).unwrap();
        script.set_global(&format!("p{name}"), script.pointer(callback.as_ptr()));
        callback
    });
    script.collect_garbage();
    check(
        &script,
        &[
            ("call(ptwice, 5)", "20"),
            (
                "call(pwrong, 5)",
                "TypeError: a callback returned what is no struct {f64, f64}: expected a buffer, not a number",
            ),
            ("call(pthrows, 3)", "Error: at 0"),
            ("call(pnested, 4) + said", "3at 0"),
            ("let all = 0; for (let i = 0; i < 300; i++) all += call(pnested, 1); all", "0"),
        ],
    );
    assert!(!script.realm.is_pending());
    drop(callbacks);
    script.collect_garbage();
}
