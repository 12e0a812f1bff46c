//! Numbers from C never become addresses in engines whose values are the numbers' own bits.
//!
//! The expected values are written after the engines' headers, JSCJSValue.h and js/public/Value.h.

use std::ffi::c_void;
use std::mem::transmute;

use hotcall::engine::nanbox::{SpiderMonkeyTypes, javascript_core, spider_monkey};
use hotcall::{Library, Signature, Slot, Type};
use hotcall_engines::Language;
use hotcall_engines::jsc::JscScript;
use hotcall_jit::Jit;
use hotcall_jit::engine::values::{EngineAbi, EngineHelpers, Failure, NativeCall, Pending, ValueModel, Words};
use hotcall_testing::fixture::shared_object;

use crate::languages::{callback, check, define};

/// Possible addresses of a cell.
const ADDRESSES: [u64; 6] = [1, 2, 7, 0x0000_5555_5555_4440, 0x0000_7fff_ffff_ffff, 0xdead_beef];

/// NaNs with each combination of the sign, of the highest four bits of the payload, and of an address. Among them are
/// signalling NaNs, the tags of both engines, values that the addition of 2⁴⁹ makes addresses, and all ones.
fn nans() -> Vec<u64> {
    let high = (0x7ff0..=0x7fff).chain(0xfff0..=0xffff_u64);
    let low = ADDRESSES.into_iter().chain([0, 0xffff_ffff_ffff]);
    let all = high.flat_map(|high| low.clone().map(move |low| high << 48 | low));
    all.filter(|&bits| f64::from_bits(bits).is_nan()).collect()
}

/// The NaNs of `float` with each sign and several payloads.
fn short_nans() -> Vec<u32> {
    let high = (0x7f80..=0x7fff).chain(0xff80..=0xffff_u32);
    let all = high.flat_map(|high| [0, 1, 0x8000, 0xffff].map(|low| high << 16 | low));
    all.filter(|&bits| f32::from_bits(bits).is_nan()).collect()
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    JavaScriptCore,
    SpiderMonkey,
}

/// An engine that calls by the model. The tests pass its values.
struct Bare {
    kind: Kind,
    abi: EngineAbi,
}

unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
    false
}

unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
    false
}

unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {}

unsafe extern "C-unwind" fn take_pins(_: *mut NativeCall) {}

unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}

impl Bare {
    fn new(kind: Kind, model: ValueModel) -> Self {
        Self { kind, abi: EngineAbi::new(model, EngineHelpers { convert, result, finish, take_pins, fail }).unwrap() }
    }

    /// Calls a function without parameters, or with one integer. Returns the value that it makes of its result.
    fn call(&self, jit: &'static Jit, target: *const c_void, ty: &Type, arg: Option<u64>) -> u64 {
        let signature = Signature::new(arg.map(|_| Type::U32), ty.clone()).unwrap();
        let values = jit.engine_values(&signature, &self.abi).unwrap();
        let pending = Pending::new();
        // SAFETY: the target has this signature, but for what the result's register holds beyond the type; the record
        // stays while it is called.
        unsafe {
            let head = values.record(target, &pending);
            let native = values.bind(&head).unwrap();
            let mut vp = [0, 0, arg.unwrap_or(0)];
            let null = std::ptr::null_mut::<c_void>();
            match self.kind {
                Kind::JavaScriptCore => {
                    type Native = unsafe extern "C" fn(
                        *mut c_void,
                        *mut c_void,
                        *mut c_void,
                        usize,
                        *const u64,
                        *mut c_void,
                    ) -> u64;
                    let native = transmute::<*const c_void, Native>(native.entry());
                    native(null, null, null, usize::from(arg.is_some()), &vp[2], null)
                }
                Kind::SpiderMonkey => {
                    type Native = unsafe extern "C" fn(*mut c_void, u32, *mut u64) -> bool;
                    let native = transmute::<*const c_void, Native>(native.entry());
                    assert!(native(null, arg.is_some().into(), vp.as_mut_ptr()));
                    vp[0]
                }
            }
        }
    }
}

/// The engines, each with code for the call and without.
fn engines(mut test: impl FnMut(&'static Jit, &Bare, SpiderMonkeyTypes)) {
    let universal: &'static Jit = Box::leak(Box::new(Jit::universal().unwrap()));
    for jit in [Jit::shared().unwrap(), universal] {
        let types = [SpiderMonkeyTypes::INT32_IS_1, SpiderMonkeyTypes::INT32_IS_2];
        test(jit, &Bare::new(Kind::JavaScriptCore, javascript_core()), types[0]);
        for types in types {
            test(jit, &Bare::new(Kind::SpiderMonkey, spider_monkey(types)), types);
        }
    }
}

thread_local! {
    static BITS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

extern "C" fn any_f64() -> f64 {
    f64::from_bits(BITS.get())
}

extern "C" fn any_f32() -> f32 {
    f32::from_bits(BITS.get() as u32)
}

extern "C" fn any_word() -> u64 {
    BITS.get()
}

extern "C" fn word_and_argument(n: u32) -> u64 {
    BITS.get() + u64::from(n)
}

#[test]
fn results_are_no_addresses() {
    engines(|jit, engine, _| {
        let nan = if engine.kind == Kind::JavaScriptCore { 0x7ffa_0000_0000_0000 } else { 0x7ff8_0000_0000_0000 };
        for bits in nans() {
            BITS.set(bits);
            assert_eq!(engine.call(jit, any_f64 as _, &Type::F64, None), nan, "{:?} {bits:#x}", engine.kind);
        }
        for bits in short_nans() {
            BITS.set(bits.into());
            assert_eq!(engine.call(jit, any_f32 as _, &Type::F32, None), nan, "{:?} {bits:#x}", engine.kind);
        }
        let offset = if engine.kind == Kind::JavaScriptCore { 0x0002_0000_0000_0000 } else { 0 };
        let numbers = [0_u64, 1, 1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7fef_ffff_ffff_ffff, 0xffef_ffff_ffff_ffff];
        for bits in numbers {
            BITS.set(bits);
            let value = engine.call(jit, any_f64 as _, &Type::F64, None);
            assert_eq!(value, bits + offset, "{:?} {bits:#x}", engine.kind);
        }
    });
}

/// C does not define a register's bits beyond the type's, and a `bool` may have any bits.
#[test]
fn short_results_have_the_bits_of_their_type_alone() {
    engines(|jit, engine, types| {
        let tag = |code: u8| (0x1fff0 | u64::from(code)) << 47;
        let (int32, falsehood) = match engine.kind {
            Kind::JavaScriptCore => (0xfffe << 48, 6),
            Kind::SpiderMonkey => (tag(types.int32), tag(types.boolean)),
        };
        let offset = if engine.kind == Kind::JavaScriptCore { 0x0002_0000_0000_0000 } else { 0 };
        let cases = [
            (Type::BOOL, 0, falsehood),
            (Type::BOOL, 1, falsehood + 1),
            (Type::BOOL, 2, falsehood + 1),
            (Type::BOOL, 0x80, falsehood + 1),
            (Type::BOOL, 0xff, falsehood + 1),
            (Type::BOOL, 0xffff_ffff_ffff_ff00, falsehood),
            (Type::BOOL, 0x5555_5555_5555_5504, falsehood + 1),
            (Type::I8, 0x1234_5678_9abc_de80, int32 + 0xffff_ff80),
            (Type::U8, 0x1234_5678_9abc_de80, int32 + 0x80),
            (Type::I16, 0x1234_5678_9abc_8001, int32 + 0xffff_8001),
            (Type::U16, 0x1234_5678_9abc_8001, int32 + 0x8001),
            (Type::I32, 0x1234_5678_ffff_ffff, int32 + 0xffff_ffff),
            (Type::I32, 0xffff_ffff_0000_0005, int32 + 5),
            (Type::I32, 0x8000_0000, int32 + 0x8000_0000),
            (Type::U32, 0xffff_ffff_7fff_ffff, int32 + 0x7fff_ffff),
            // 2³¹ and 2³² − 1 as doubles.
            (Type::U32, 0xffff_ffff_8000_0000, 0x41e0_0000_0000_0000 + offset),
            (Type::U32, 0x1234_5678_ffff_ffff, 0x41ef_ffff_ffe0_0000 + offset),
        ];
        for (ty, bits, expected) in cases {
            BITS.set(bits);
            let value = engine.call(jit, any_word as _, &ty, None);
            assert_eq!(value, expected, "{:?} {ty} {bits:#x}", engine.kind);
        }
        BITS.set(0x1234_5678_0000_0000);
        let value = engine.call(jit, word_and_argument as _, &Type::I32, Some(int32 + 7));
        assert_eq!(value, int32 + 7);
    });
}

#[test]
fn statics_are_no_addresses() {
    let Some(script) = JscScript::new() else { return };
    let all = nans();
    let list = |bits: &[u64]| bits.iter().map(|bits| format!("{bits:#x}ull")).collect::<Vec<_>>().join(",");
    let mut source = String::from("unsigned char truths[] = {0, 1, 2, 0x80, 0xff};\nunsigned big = 0x80000000;\n");
    source += &format!("unsigned long long nans[] = {{{}}};\n", list(&all));
    source += "struct { unsigned long long a, b; } pair = {0xfffe555555554440, 7};\n";
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(shared_object(&source)) }.unwrap();
    let value = |ty: &Type, slot: Slot| {
        // SAFETY: the slot is one of the type.
        unsafe { script.realm.to_value(script.site(), ty, slot) }.ok().unwrap()[0]
    };
    let nans = library.static_("nans", &Type::F64).unwrap();
    let place = nans.address().cast::<u64>();
    for (index, &bits) in all.iter().enumerate() {
        // SAFETY: the array has an element of this index, and nobody else uses it.
        let slot = unsafe {
            place.write(place.add(index).read());
            nans.read_slot().unwrap()
        };
        assert_eq!(value(&Type::F64, slot), 0x7ffa_0000_0000_0000, "{bits:#x}");
    }
    let truths = library.static_("truths", &Type::BOOL).unwrap();
    for (index, expected) in [6, 7, 7, 7, 7].into_iter().enumerate() {
        let place = truths.address().cast::<u8>();
        // SAFETY: the array has an element of this index, and nobody else uses it.
        let slot = unsafe {
            place.write(place.add(index).read());
            truths.read_slot().unwrap()
        };
        assert_eq!(value(&Type::BOOL, slot), expected, "{index}");
    }
    let big = library.static_("big", &Type::U32).unwrap();
    // SAFETY: the static is of this type.
    assert_eq!(value(&Type::U32, unsafe { big.read_slot() }.unwrap()), 0x41e2_0000_0000_0000);
    let pair = Type::structure([("a", Type::F64), ("b", Type::F64)]).unwrap();
    let address = library.static_("pair", &pair).unwrap().address();
    // SAFETY: the engine made the value that the function returned.
    unsafe { script.set_global("pair", value(&pair, Slot::from(address.cast_const())) as _) };
    check(
        &script,
        &[("Array.from(pair, (byte) => byte.toString(16)).join(' ')", "40 44 55 55 55 55 fe ff 7 0 0 0 0 0 0 0")],
    );
}

extern "C" fn f64_of(high: u32, low: u32) -> f64 {
    f64::from_bits(u64::from(high) << 32 | u64::from(low))
}

extern "C" fn f32_of(bits: u32) -> f32 {
    f32::from_bits(bits)
}

extern "C" fn byte(n: u32) -> u8 {
    n as u8
}

type Feed = extern "C-unwind" fn(f64, f32, u8, u32) -> f64;

extern "C-unwind" fn feed(f: Feed, high: u32, low: u32) -> f64 {
    f(f64_of(high, low), f32_of(high | 0x7f80_0000), low as u8, high)
}

/// The values as script uses them.
#[test]
fn script_sees_numbers() {
    let Some(script) = JscScript::new() else { return };
    define(&script, "f64_of", f64_of as _, [Type::U32, Type::U32], Type::F64);
    define(&script, "f32_of", f32_of as _, [Type::U32], Type::F32);
    define(&script, "bool_of", byte as _, [Type::U32], Type::BOOL);
    define(&script, "feed", feed as _, [Type::FUNCTION, Type::U32, Type::U32], Type::F64);
    let signature = Signature::new([Type::F64, Type::F32, Type::BOOL, Type::U32], Type::F64).unwrap();
    check(
        &script,
        &[
            ("function is_nan(x) { return typeof x === 'number' && x !== x && Object.is(x, NaN) } 0", "0"),
            (
                "function fed(d, f, b, u) { kept.push(d, f); bad += !is_nan(d) + (typeof b !== 'boolean') + (u < 0); \
                 return d } 0",
                "0",
            ),
            ("kept = []; bad = 0", "0"),
        ],
    );
    let _callback = callback(&script, "fed", &signature);
    let pairs: Vec<_> = nans().iter().map(|bits| format!("[{}, {}]", bits >> 32, *bits as u32)).collect();
    let singles: Vec<_> = short_nans().iter().map(u32::to_string).collect();
    let singles = format!("[{}]", singles.join(","));
    check(
        &script,
        &[
            (&format!("pairs = [{}]; singles = {singles}; 0", pairs.join(",")), "0"),
            // Often enough for compiled code.
            (
                "(function () { for (let turn = 0; turn < 200; turn++) for (const [high, low] of pairs) { \
                 const x = f64_of(high, low); if (!is_nan(x) || !is_nan(x + 1) || x === null || x > 0) bad++; \
                 if (turn === 0) kept.push(x, { x }, [x]) } return bad })()",
                "0",
            ),
            ("for (const bits of singles) { const x = f32_of(bits); bad += !is_nan(x); kept.push(x) } bad", "0"),
            ("for (const [high, low] of pairs) bad += !is_nan(feed(pfed, high, low)); bad", "0"),
            ("[0, 1, 2, 128, 255, 256, 258].map((n) => bool_of(n)).join()", "false,true,true,true,true,false,true"),
            ("[2, 255].every((n) => bool_of(n) === true && typeof bool_of(n) === 'boolean')", "true"),
            ("typeof JSON.stringify(kept)", "string"),
        ],
    );
    script.collect_garbage();
    check(
        &script,
        &[
            ("new Set(kept.filter((x) => typeof x === 'number' && x !== x)).size", "1"),
            ("kept.some((x) => x === undefined || x === null || typeof x === 'boolean')", "false"),
        ],
    );
}
