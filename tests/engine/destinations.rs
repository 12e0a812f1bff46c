//! Structs that functions write into a buffer of script, in QuickJS, JavaScriptCore and SpiderMonkey.

use hotcall::{MAX_PARAMETERS, Signature, Type};
use hotcall_engines::Language;

use crate::callees::IntToInt;
use crate::calls::define_sum_after;
use crate::languages::{STACK, all_ways, both_calls, check, function, in_each_engine};
use crate::world::{World, memory};

in_each_engine! {
    every_byte_of_every_size_is_written,
    callbacks_do_anything_to_the_buffer,
}

#[repr(C)]
struct Bytes<const N: usize>([u8; N]);

/// Returns distinct bytes, the first of which is given.
extern "C-unwind" fn bytes<const N: usize>(first: u8) -> Bytes<N> {
    Bytes(std::array::from_fn(|index| first + index as u8))
}

macro_rules! bytes_of_sizes {
    ($($tens:literal)*) => {
        [$(
            (bytes::<{ $tens + 1 }> as *const (), $tens + 1), (bytes::<{ $tens + 2 }> as *const (), $tens + 2),
            (bytes::<{ $tens + 3 }> as *const (), $tens + 3), (bytes::<{ $tens + 4 }> as *const (), $tens + 4),
            (bytes::<{ $tens + 5 }> as *const (), $tens + 5), (bytes::<{ $tens + 6 }> as *const (), $tens + 6),
            (bytes::<{ $tens + 7 }> as *const (), $tens + 7), (bytes::<{ $tens + 8 }> as *const (), $tens + 8),
        )*]
    };
}

/// Functions that return 1 to 64 bytes.
pub(crate) const SIZES: [(*const (), u32); 64] = bytes_of_sizes!(0 8 16 24 32 40 48 56);

/// A value of floats alone, of one register of each class, and of memory.
#[repr(C)]
struct Quad([f64; 4]);
#[repr(C)]
struct Mixed(f64, i64);

/// Calls script, and then returns the numbers from `n` on.
extern "C-unwind" fn quad_after(f: IntToInt, n: i32) -> Quad {
    f(n);
    Quad([0, 1, 2, 3].map(|index| f64::from(n + index)))
}

extern "C-unwind" fn mixed_after(f: IntToInt, n: i32) -> Mixed {
    f(n);
    Mixed(f64::from(n), i64::from(n + 1))
}

fn quad() -> Type {
    Type::structure([("m", Type::array(Type::F64, 4).unwrap())]).unwrap()
}

fn mixed() -> Type {
    Type::structure([("a", Type::F64), ("b", Type::I64)]).unwrap()
}

/// No other byte is written.
fn every_byte_of_every_size_is_written<L: Language>() {
    both_calls::<L>(STACK, |language, _| {
        for (address, size) in SIZES {
            let ty = Type::structure([("b", Type::array(Type::U8, size).unwrap())]).unwrap();
            let name = format!("b{size}");
            language.define_into(&name, &function(&name, address, &Signature::new([Type::U8], ty).unwrap()));
            let source = format!(
                "(() => {{ const all = new Uint8Array({size} + 2).fill(0xee); \
                 const result = {name}(100, all.subarray(1, {size} + 1)); return result + ' ' + all.join() }})()"
            );
            let written: Vec<_> = (100..100 + size).map(|byte| byte.to_string()).collect();
            let expected = format!("undefined 238,{},238", written.join(","));
            check(language, &[(&source, &expected)]);
            let short = format!("{name}(100, new Uint8Array({size} - 1))");
            let refused = format!(
                "TypeError: cannot call \"{name}\": argument 2 (struct {{u8[{size}]}}): {} bytes are too few: \
                 it has {size}",
                size - 1
            );
            check(language, &[(&short, &refused)]);
        }
    });
}

/// The calls, with the results in `view` where the object `held` or its buffer have been left in place.
const CALLBACKS: [(&str, &str); 17] = [
    (
        "show = () => new Float64Array(held.slice(0, 40)).join(); fresh = () => { held = new ArrayBuffer(64); \
      new Uint8Array(held).fill(0); return held }; 0",
        "0",
    ),
    ("action = () => {}; quad_after(pact, 5, fresh()) + ' ' + show()", "undefined 5,6,7,8,0"),
    (
        "mixed_after(pact, 5, fresh()) + ' ' + new BigInt64Array(held)[1] + ' ' + new BigInt64Array(held)[2]",
        "undefined 6 0",
    ),
    // Script sees the bytes as they were, and those that it writes are overwritten.
    (
        "action = () => { before = show() }; quad_after(pact, 9, held); before + ' ' + show()",
        "5,3e-323,0,0,0 9,10,11,12,0",
    ),
    ("action = () => new Float64Array(held).fill(1); quad_after(pact, 2, held); show()", "2,3,4,5,1"),
    // An exception leaves all as it was.
    (
        "action = () => { throw new Error('no') }; try { quad_after(pact, 7, held) } catch (error) { error + ' ' + show() }",
        "Error: no 2,3,4,5,1",
    ),
    ("try { mixed_after(pact, 7, held) } catch (error) { error + ' ' + show() }", "Error: no 2,3,4,5,1"),
    // The outer call writes last.
    ("action = n => { if (n > 0) quad_after(pact, n - 1, held) }; quad_after(pact, 20, held); show()", "20,21,22,23,1"),
    (
        "action = n => { if (n > 0) mixed_after(pact, n - 1, held) }; mixed_after(pact, 20, held); new Float64Array(held)[0]",
        "20",
    ),
    // The last reference goes.
    ("action = () => { held = null; collect(0); churn() }; quad_after(pact, 3, fresh())", "undefined"),
    ("mixed_after(pact, 3, new Uint8Array(16))", "undefined"),
    ("quad_after(pact, 3, new DataView(new ArrayBuffer(40), 8))", "undefined"),
    // The bytes go elsewhere.
    (
        "take = () => { try { typeof detach === 'function' ? detach(held) : held.transfer(100) } catch {} churn() }; 0",
        "0",
    ),
    ("action = take; quad_after(pact, 3, fresh()) + ' ' + mixed_after(pact, 3, fresh())", "undefined undefined"),
    (
        "fixed = new ArrayBuffer(64); action = () => { if (held.transferToImmutable) fixed = held.transferToImmutable() }; \
      quad_after(pact, 3, fresh()) + ' ' + new Float64Array(fixed).join()",
        "undefined 0,0,0,0,0,0,0,0",
    ),
    (
        "action = () => { try { held.resize(8) } catch {} churn() }; quad_after(pact, 3, held = typeof held.resize === 'function' \
      ? new ArrayBuffer(64, { maxByteLength: 4096 }) : fresh())",
        "undefined",
    ),
    (
        "action = () => { try { held.resize(4096) } catch {} churn() }; mixed_after(pact, 3, held = typeof held.resize === \
      'function' ? new ArrayBuffer(64, { maxByteLength: 4096 }) : fresh())",
        "undefined",
    ),
];

fn callbacks_do_anything_to_the_buffer<L: Language>() {
    all_ways::<L>(STACK, |language, _| {
        let _callbacks = define_sum_after(language);
        for (name, address, ty) in
            [("quad_after", quad_after as *const (), quad()), ("mixed_after", mixed_after as _, mixed())]
        {
            let signature = Signature::new([Type::FUNCTION, Type::I32], ty).unwrap();
            language.define_into(name, &function(name, address, &signature));
        }
        check(language, &CALLBACKS);
    });
}

/// A buffer's bytes are new every time, so the list of pinned objects fills up, and nothing else remains.
#[test]
fn calls_leave_nothing_behind() {
    let world = World::new([]);
    let (address, size) = SIZES[39];
    let ty = Type::structure([("b", Type::array(Type::U8, size).unwrap())]).unwrap();
    world.define_into("into", &function("into", address, &Signature::new([Type::U8], ty).unwrap()));
    let loops = "(() => { for (let i = 0; i < 1000; i++) { into(1, new Uint8Array(40)); \
                 try { into(1, new Uint8Array(39)) } catch {} try { into(300, new Uint8Array(40)) } catch {} } })()";
    let used = || {
        world.show(loops);
        // SAFETY: no call runs.
        unsafe { world.realm.take_pins(world.site()) };
        assert_eq!(world.realm.engine().buffers().pins().count(), 0);
        memory(&world)
    };
    let first = used();
    assert_eq!(used(), first);
}

#[test]
fn immutable_buffers_are_refused() {
    let world = World::new([]);
    let (address, size) = SIZES[15];
    let ty = Type::structure([("b", Type::array(Type::U8, size).unwrap())]).unwrap();
    world.define_into("into", &function("into", address, &Signature::new([Type::U8], ty).unwrap()));
    world.add("same", "id_s16", "(struct {f64, i32, f32}) -> struct {f64, i32, f32}");
    let refused =
        "TypeError: cannot call \"into\": argument 2 (struct {u8[16]}): expected a buffer, not an immutable buffer";
    world.check([
        ("(globalThis.fixed = new ArrayBuffer(16).transferToImmutable(), 0)", "0"),
        ("into(1, fixed)", refused),
        ("into(1, new Uint8Array(fixed))", refused),
        ("into(1, new Float64Array(fixed, 0, 2))", refused),
        ("into(1, new DataView(fixed))", refused),
        // C reads from them.
        ("same(fixed).length + same(new Uint8Array(fixed)).length", "32"),
        ("new Uint8Array(fixed).join()", "\"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\""),
    ]);
}

#[test]
fn functions_without_a_struct_are_refused() {
    let world = World::new([]);
    let error = |params: usize, result: Option<Type>| {
        let signature = Signature::new(vec![Type::U8; params], result).unwrap();
        // SAFETY: the function is not called.
        unsafe { world.realm.record_into(&function("f", SIZES[0].0, &signature)) }.map(|record| record.arity())
    };
    let structure = || Some(Type::structure([("b", Type::U8)]).unwrap());
    assert_eq!(error(3, structure()).unwrap(), 4);
    assert_eq!(error(MAX_PARAMETERS - 1, structure()).unwrap(), MAX_PARAMETERS);
    for (params, result, message) in [
        (1, Some(Type::I32), "the result is not a struct or a union, so it cannot be written to a buffer"),
        (1, None, "the result is not a struct or a union, so it cannot be written to a buffer"),
        (MAX_PARAMETERS, structure(), "with a buffer for its result, a function has at most 254 parameters"),
    ] {
        let error = error(params, result).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot compile the call of \"f\": {message}"));
    }
}
