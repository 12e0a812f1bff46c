//! The model of SpiderMonkey, with values and calls of C code that was written after the engine's headers.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::{ptr, slice};

use hotcall::engine::nanbox::{SpiderMonkeyTypes, spider_monkey};
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Site, View, Words};
use hotcall::{Callback, Function, FunctionOptions, LocalOptions, Signature, Slot, Thunk, Type};
use hotcall_testing::alone::alone_with;
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::shared_object_with;

use crate::same::{same_bool, same_f32, same_f64, same_i8, same_i16, same_i32, same_i64};
use crate::same::{same_point, same_pointer, same_u8, same_u16, same_u32, same_u64};
use crate::values::{add, first, sum};

/// The codes of all types in a version of the header, in the order of `TYPES`.
type Codes = [u8; 8];

const TYPES: [&str; 8] = ["INT32", "BOOLEAN", "UNDEFINED", "NULL", "STRING", "SYMBOL", "BIGINT", "OBJECT"];
/// SpiderMonkey 115.
const OLD: Codes = [0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x09, 0x0c];
/// The newest headers of mozilla-central.
const NEW: Codes = [0x02, 0x03, 0x06, 0x04, 0x0e, 0x08, 0x09, 0x0c];

#[repr(C)]
struct CCell {
    low: u64,
    address: *mut c_void,
    len: usize,
}

/// The functions of spider_monkey.c.
struct C {
    from_int32: unsafe extern "C" fn(i32) -> u64,
    from_boolean: unsafe extern "C" fn(bool) -> u64,
    from_undefined: unsafe extern "C" fn() -> u64,
    from_null: unsafe extern "C" fn() -> u64,
    from_double: unsafe extern "C" fn(f64) -> u64,
    from_cell: unsafe extern "C" fn(u32, *const CCell) -> u64,
    new_cell: unsafe extern "C" fn(u64, *mut c_void, usize) -> *mut CCell,
    type_of: unsafe extern "C" fn(u64) -> u32,
    to_double: unsafe extern "C" fn(u64) -> f64,
    to_int32: unsafe extern "C" fn(u64) -> i32,
    to_boolean: unsafe extern "C" fn(u64) -> bool,
    to_cell: unsafe extern "C" fn(u64) -> *mut CCell,
    is_canonical: unsafe extern "C" fn(u64) -> bool,
    call: unsafe extern "C" fn(*const c_void, *mut c_void, u32, *const u64, *mut u64) -> i32,
}

/// A value as the test writes it.
#[derive(Clone, Debug)]
enum Js {
    Int(i32),
    Double(f64),
    Bool(bool),
    Undefined,
    Null,
    String,
    Symbol,
    BigInt(u64),
    Pointer(u64),
    Bytes(Vec<u8>),
    Object,
}

impl PartialEq for Js {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            _ => format!("{self:?}") == format!("{other:?}"),
        }
    }
}

/// The kinds of objects, in their cells' `low`.
const PLAIN: u64 = 0;
const POINTER: u64 = 1;
const BYTES: u64 = 2;

struct Monkey {
    c: C,
    codes: Codes,
    pins: Cell<usize>,
}

impl Monkey {
    fn new(codes: Codes) -> Self {
        let flags: Vec<_> = TYPES.iter().zip(codes).map(|(name, code)| format!("-DTYPE_{name}={code}")).collect();
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let path = shared_object_with(&Compiler::c(), &flags, include_str!("spider_monkey.c"));
        // SAFETY: the library has no initialisers, and functions of these types. It stays.
        let c = unsafe {
            let library: &'static _ = Box::leak(Box::new(libloading::Library::new(path).unwrap()));
            macro_rules! load {
                ($($name:ident)*) => { C { $($name: *library.get(stringify!($name)).unwrap(),)* } };
            }
            load! {
                from_int32 from_boolean from_undefined from_null from_double from_cell new_cell type_of to_double
                to_int32 to_boolean to_cell is_canonical call
            }
        };
        Self { c, codes, pins: Cell::new(0) }
    }

    fn cell(&self, ty: &str, low: u64, address: *mut c_void, len: usize) -> u64 {
        let code = self.codes[TYPES.iter().position(|&name| name == ty).unwrap()];
        // SAFETY: the functions take any values.
        unsafe { (self.c.from_cell)(code.into(), (self.c.new_cell)(low, address, len)) }
    }

    /// Bytes in memory that is never freed.
    fn bytes(&self, bytes: &[u8]) -> u64 {
        let memory = Vec::leak(bytes.to_vec());
        self.cell("OBJECT", BYTES, memory.as_mut_ptr().cast(), memory.len())
    }

    fn value(&self, js: &Js) -> u64 {
        let none = ptr::null_mut();
        // SAFETY: the functions take any values.
        unsafe {
            match js {
                Js::Int(n) => (self.c.from_int32)(*n),
                Js::Double(n) => (self.c.from_double)(*n),
                Js::Bool(truth) => (self.c.from_boolean)(*truth),
                Js::Undefined => (self.c.from_undefined)(),
                Js::Null => (self.c.from_null)(),
                Js::String => self.cell("STRING", 0, none, 0),
                Js::Symbol => self.cell("SYMBOL", 0, none, 0),
                Js::BigInt(low) => self.cell("BIGINT", *low, none, 0),
                Js::Pointer(address) => self.cell("OBJECT", POINTER, *address as _, 0),
                Js::Bytes(bytes) => self.bytes(bytes),
                Js::Object => self.cell("OBJECT", PLAIN, none, 0),
            }
        }
    }

    fn js(&self, value: u64) -> Js {
        // SAFETY: the value is one that these functions made, or our functions of theirs.
        unsafe {
            let code = (self.c.type_of)(value);
            if code == 0 {
                return Js::Double((self.c.to_double)(value));
            }
            match TYPES[self.codes.iter().position(|&other| u32::from(other) == code).unwrap()] {
                "INT32" => Js::Int((self.c.to_int32)(value)),
                "BOOLEAN" => Js::Bool((self.c.to_boolean)(value)),
                "UNDEFINED" => Js::Undefined,
                "NULL" => Js::Null,
                "STRING" => Js::String,
                "SYMBOL" => Js::Symbol,
                "BIGINT" => Js::BigInt((*(self.c.to_cell)(value)).low),
                _ => {
                    let cell = &*(self.c.to_cell)(value);
                    match cell.low {
                        POINTER => Js::Pointer(cell.address as u64),
                        BYTES => Js::Bytes(slice::from_raw_parts(cell.address.cast(), cell.len).to_vec()),
                        _ => Js::Object,
                    }
                }
            }
        }
    }
}

// SAFETY: bytes stay where they are, and no script runs.
unsafe impl Engine for Monkey {
    type Exception = String;

    unsafe fn view(&self, _: Site, words: Words) -> View {
        match self.js(words[0]) {
            Js::Int(n) => View::Number(n.into()),
            Js::Double(n) => View::Number(n),
            Js::Bool(truth) => View::Boolean(truth),
            Js::Undefined => View::Undefined,
            Js::Null => View::Null,
            Js::String => View::Other(Kind::String),
            Js::Symbol => View::Other(Kind::Symbol),
            Js::BigInt(low) => View::BigInt(low),
            Js::Pointer(address) => View::Pointer(address as _),
            Js::Bytes(_) => {
                // SAFETY: the cell of an object lives for ever.
                let cell = unsafe { &*(self.c.to_cell)(words[0]) };
                View::Bytes { address: cell.address.cast(), len: cell.len }
            }
            Js::Object => View::Other(Kind::Object),
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, String> {
        let value = match output {
            Output::I64(number) => self.value(&Js::BigInt(number as u64)),
            Output::U64(number) => self.value(&Js::BigInt(number)),
            Output::Pointer(address, _) => self.value(&Js::Pointer(address as u64)),
            Output::Bytes(bytes) => self.bytes(bytes),
            // The model has classes for these.
            Output::Number(_) | Output::Boolean(_) | Output::Null | _ => return Err(output.no_value().to_string()),
        };
        Ok([value, 0])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, site: Site, exception: String) {
        // SAFETY: the context is what `Script::call` passed.
        *unsafe { &*site.context.cast::<RefCell<Option<String>>>() }.borrow_mut() = Some(exception);
    }

    unsafe fn pin(&self, _: Site, _: Words) -> Option<usize> {
        self.pins.set(self.pins.get() + 1);
        Some(1)
    }

    unsafe fn unpin(&self, _: Site, _: usize) {
        self.pins.set(self.pins.get() - 1);
    }
}

struct Script(Realm<Monkey>);

impl Script {
    fn call(&self, record: &hotcall::engine::Record, args: &[Js]) -> Result<Js, String> {
        let monkey = self.0.engine();
        let args: Vec<_> = args.iter().map(|js| monkey.value(js)).collect();
        let context = RefCell::new(None);
        let at: *const RefCell<Option<String>> = &context;
        let mut value = 0;
        // SAFETY: the entry is a function of the engine's type.
        let outcome = unsafe {
            (monkey.c.call)(record.entry(), at.cast_mut().cast(), args.len() as u32, args.as_ptr(), &mut value)
        };
        assert_eq!(monkey.pins.get(), 0);
        match (outcome, context.take()) {
            (0, Some(thrown)) => Err(thrown),
            (1, None) => {
                // SAFETY: the function takes any value.
                assert!(unsafe { (monkey.c.is_canonical)(value) }, "{value:#x}");
                Ok(monkey.js(value))
            }
            (outcome, thrown) => panic!("{outcome} and {thrown:?}"),
        }
    }

    fn record(&self, name: &str, address: *const (), params: &[Type], result: Option<Type>) -> hotcall::engine::Record {
        let signature = Signature::new(params.iter().cloned(), result).unwrap();
        // SAFETY: the tests give each function its signature, and call it with matching values.
        unsafe {
            let function = Function::from_address(name, address.cast(), &signature, FunctionOptions::default());
            self.0.record(&function.unwrap()).unwrap()
        }
    }
}

fn both(test: impl Fn(&Script)) {
    // Functions that are compiled stay so. Each test calls interpreted functions first, and then compiled ones.
    alone_with(&test, |test| {
        for (codes, types) in [(OLD, SpiderMonkeyTypes::INT32_IS_1), (NEW, SpiderMonkeyTypes::INT32_IS_2)] {
            for calls in [u32::MAX, 0] {
                // SAFETY: the model is the one that the C code was written by.
                let realm = unsafe { Realm::new(Monkey::new(codes), spider_monkey(types)) }.unwrap();
                realm.compile_policy().set_after(calls);
                test(&Script(realm));
            }
        }
    });
}

/// Calls a function that returns its one parameter, of this type. Checks the outcome for each value.
#[track_caller]
fn check(script: &Script, address: *const (), ty: &Type, cases: &[(Js, Result<Js, &str>)]) {
    let record = script.record("f", address, slice::from_ref(ty), Some(ty.clone()));
    for (argument, expected) in cases {
        let expected = expected.clone().map_err(|problem| format!("cannot call \"f\": argument 1 ({ty}): {problem}"));
        assert_eq!(script.call(&record, slice::from_ref(argument)), expected, "{ty} {argument:?}");
    }
}

use Js::{BigInt, Bool, Bytes, Double, Int, Null, Pointer, Undefined};

#[test]
fn numbers_go_both_ways() {
    let two = |exponent| 2_f64.powi(exponent);
    both(|script| {
        let no = |kind: &str| -> Result<Js, &'static str> {
            Err(Box::leak(format!("expected an integer, not {kind}").into_boxed_str()))
        };
        check(
            script,
            same_i8 as _,
            &Type::I8,
            &[
                (Int(-128), Ok(Int(-128))),
                (Int(127), Ok(Int(127))),
                (Double(-1.0), Ok(Int(-1))),
                (Double(-0.0), Ok(Int(0))),
                (Int(128), Err("128 is out of range")),
                (Double(1.5), Err("1.5 is not an integer")),
            ],
        );
        check(script, same_u8 as _, &Type::U8, &[(Int(255), Ok(Int(255))), (Int(-1), Err("-1 is out of range"))]);
        check(
            script,
            same_i16 as _,
            &Type::I16,
            &[(Int(-32768), Ok(Int(-32768))), (Int(32768), Err("32768 is out of range"))],
        );
        check(
            script,
            same_u16 as _,
            &Type::U16,
            &[(Int(65535), Ok(Int(65535))), (Int(65536), Err("65536 is out of range"))],
        );
        check(
            script,
            same_i32 as _,
            &Type::I32,
            &[
                (Int(i32::MIN), Ok(Int(i32::MIN))),
                (Int(-1), Ok(Int(-1))),
                (Double(2147483647.0), Ok(Int(2147483647))),
                (Double(two(31)), Err("2147483648 is out of range")),
                (Double(f64::NAN), Err("NaN is not an integer")),
                (Double(f64::NEG_INFINITY), Err("-Infinity is not an integer")),
                (Undefined, no("undefined")),
                (Null, no("null")),
                (Bool(true), no("a boolean")),
                (Js::String, no("a string")),
                (Js::Symbol, no("a symbol")),
                (BigInt(1), no("a BigInt")),
                (Js::Object, no("an object")),
                (Pointer(16), no("a pointer")),
                (Bytes(vec![1]), no("a buffer")),
            ],
        );
        check(
            script,
            same_u32 as _,
            &Type::U32,
            &[
                (Int(i32::MAX), Ok(Int(i32::MAX))),
                (Double(two(31)), Ok(Double(two(31)))),
                (Double(4294967295.0), Ok(Double(4294967295.0))),
                (Double(two(32)), Err("4294967296 is out of range")),
            ],
        );
        check(
            script,
            same_i64 as _,
            &Type::I64,
            &[
                (Int(-5), Ok(BigInt(-5_i64 as u64))),
                (Double(two(53)), Ok(BigInt(1 << 53))),
                (Double(-two(63)), Ok(BigInt(1 << 63))),
                (Double(two(63)), Err("9223372036854776000 is out of range")),
                (BigInt(u64::MAX), Ok(BigInt(u64::MAX))),
                (Double(0.5), Err("0.5 is not an integer")),
                (Js::String, Err("expected an integer or a BigInt, not a string")),
            ],
        );
        check(
            script,
            same_u64 as _,
            &Type::U64,
            &[(Double(two(63)), Ok(BigInt(1 << 63))), (Int(-1), Err("-1 is out of range")), (BigInt(7), Ok(BigInt(7)))],
        );
        check(
            script,
            same_f64 as _,
            &Type::F64,
            &[
                (Int(3), Ok(Double(3.0))),
                (Double(-0.0), Ok(Double(-0.0))),
                (Double(f64::NAN), Ok(Double(f64::NAN))),
                (Double(f64::NEG_INFINITY), Ok(Double(f64::NEG_INFINITY))),
                (Double(-f64::MAX), Ok(Double(-f64::MAX))),
                (Js::String, Err("expected a number, not a string")),
                (Undefined, Err("expected a number, not undefined")),
            ],
        );
        check(
            script,
            same_f32 as _,
            &Type::F32,
            &[(Double(0.1), Ok(Double(0.10000000149011612))), (Double(f64::NAN), Ok(Double(f64::NAN)))],
        );
        check(
            script,
            same_bool as _,
            &Type::BOOL,
            &[
                (Bool(true), Ok(Bool(true))),
                (Bool(false), Ok(Bool(false))),
                (Int(1), Err("expected a boolean, not a number")),
                (Null, Err("expected a boolean, not null")),
            ],
        );
    });
}

#[test]
fn addresses_go_both_ways() {
    both(|script| {
        check(
            script,
            same_pointer as _,
            &Type::POINTER,
            &[
                (Null, Ok(Null)),
                (Pointer(0x1234), Ok(Pointer(0x1234))),
                (Undefined, Err("expected null or a pointer, not undefined")),
                (Int(0), Err("expected null or a pointer, not a number")),
            ],
        );
        let point = Type::structure([("x", Type::F64), ("y", Type::I32)]).unwrap();
        let bytes: Vec<_> = (1..=16).collect();
        check(
            script,
            same_point as _,
            &point,
            &[
                (Bytes(bytes[..15].into()), Err("15 bytes are too few: it has 16")),
                (Null, Err("expected a buffer, not null")),
            ],
        );
        let record = script.record("point", same_point as _, slice::from_ref(&point), Some(point.clone()));
        let Ok(Bytes(result)) = script.call(&record, &[Bytes(bytes.clone())]) else { panic!() };
        // The last four are padding.
        assert_eq!((result.len(), &result[..12]), (16, &bytes[..12]));
        let record = script.record("first", first as _, &[Type::BUFFER], Some(Type::U8));
        assert_eq!(script.call(&record, &[Bytes(vec![200, 1])]), Ok(Int(200)));
    });
}

#[test]
fn missing_arguments_are_refused_and_extra_ones_ignored() {
    extern "C" fn nothing() {}
    both(|script| {
        let record = script.record("add", add as _, &[Type::I32, Type::I32], Some(Type::I32));
        let missing =
            |index| format!("cannot call \"add\": argument {index} (i32): expected an integer, not undefined");
        assert_eq!(script.call(&record, &[Int(40), Int(2)]), Ok(Int(42)));
        assert_eq!(script.call(&record, &[Int(40), Double(2.0), Js::Object, Null]), Ok(Int(42)));
        assert_eq!(script.call(&record, &[Int(40)]), Err(missing(2)));
        assert_eq!(script.call(&record, &[]), Err(missing(1)));
        let record = script.record("nothing", nothing as _, &[], None);
        assert_eq!(script.call(&record, &[]), Ok(Undefined));
        assert_eq!(script.call(&record, &[Js::String]), Ok(Undefined));
        let params = [
            Type::I8,
            Type::U16,
            Type::I32,
            Type::F32,
            Type::F64,
            Type::U8,
            Type::I64,
            Type::F64,
            Type::U32,
            Type::I16,
            Type::F32,
            Type::U64,
        ];
        let record = script.record("sum", sum as _, &params, Some(Type::F64));
        let args = [
            Int(-1),
            Int(2),
            Int(-3),
            Double(0.5),
            Double(0.25),
            Int(6),
            BigInt(-7_i64 as u64),
            Double(0.125),
            Int(9),
            Int(-10),
            Int(16),
            BigInt(12),
        ];
        assert_eq!(script.call(&record, &args), Ok(Double(24.875)));
    });
}

#[test]
fn callbacks_and_variables_convert_values() {
    extern "C-unwind" fn call(f: extern "C-unwind" fn(f64, bool, u32) -> i32) -> i32 {
        f(f64::from_bits(0xfffe_0000_0000_0010), true, 0x8000_0000) + 1
    }
    both(|script| {
        let record = script.record("call", call as _, &[Type::FUNCTION], Some(Type::I32));
        let signature = Signature::new([Type::F64, Type::BOOL, Type::U32], Type::I32).unwrap();
        let results = [Ok(Int(41)), Ok(Js::String), Err("thrown".to_owned())];
        let expected = [
            Ok(Int(42)),
            Err("a callback returned what is no i32: expected an integer, not a string".to_owned()),
            Err("thrown".to_owned()),
        ];
        for (result, expected) in results.into_iter().zip(expected) {
            let (realm, answered) = (script.0.clone(), signature.clone());
            let handler = move |call: &mut hotcall::Call<'_>| {
                let run = |args: &[Words]| {
                    let seen: Vec<_> = args.iter().map(|words| realm.engine().js(words[0])).collect();
                    assert_eq!(seen, [Double(f64::NAN), Bool(true), Double(2147483648.0)]);
                    result.clone().map(|js| [realm.engine().value(&js), 0])
                };
                // SAFETY: the call is one of this signature.
                unsafe { realm.answer(Site::new(ptr::null_mut()), &answered, call, run) };
            };
            let thunk = Thunk::new(&signature).unwrap();
            let callback = Callback::local(&thunk, LocalOptions::default(), Err, handler).unwrap();
            assert_eq!(script.call(&record, &[Pointer(callback.as_ptr() as u64)]), expected);
        }
        let site = Site::new(ptr::null_mut());
        // SAFETY: the slots are of these types.
        let value = |ty: &Type, bits| unsafe { script.0.to_value(site, ty, Slot::from_bits(bits)) }.unwrap()[0];
        let monkey = script.0.engine();
        assert_eq!(monkey.js(value(&Type::F64, 0xffff_8000_0000_1000)), Double(f64::NAN));
        assert_eq!(monkey.js(value(&Type::I32, u64::MAX)), Int(-1));
        assert_eq!(monkey.js(value(&Type::POINTER, 0)), Null);
        assert_eq!(monkey.js(value(&Type::U64, u64::MAX)), BigInt(u64::MAX));
    });
}
