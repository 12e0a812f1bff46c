//! Checked calls: values are compared with the signature before C is called, and every kind of result is returned.

use std::borrow::Cow;
use std::ffi::c_void;
use std::ptr;
use std::thread;

use hotcall::{CallError, ConvertError, Function, FunctionOptions, Library, Scalar, Signature, Type, Value, ValueType};

use super::open;

fn function<const N: usize>(
    library: &Library,
    name: &str,
    params: [Type; N],
    result: impl Into<Option<Type>>,
) -> Function {
    library.function(name, &Signature::new(params, result).unwrap()).unwrap()
}

/// Functions that return their argument, and count their calls.
const SAME: &str = "
#include <stdbool.h>
#include <stdint.h>
int calls;
#define SAME(name, type) type same_##name(type x) { calls++; return x; }
SAME(i8, int8_t) SAME(u8, uint8_t) SAME(i16, int16_t) SAME(u16, uint16_t) SAME(i32, int32_t) SAME(u32, uint32_t)
SAME(i64, int64_t) SAME(u64, uint64_t) SAME(isize, intptr_t) SAME(usize, uintptr_t) SAME(bool, bool)
SAME(f32, float) SAME(f64, double) SAME(pointer, void *) SAME(buffer, char *) SAME(text, const char *)
SAME(function, void *)
struct pair { int32_t a, b; } __attribute__((aligned(8)));
SAME(pair, struct pair)
";

fn pair() -> Type {
    Type::structure([("a", Type::I32), ("b", Type::I32)]).unwrap().aligned(8).unwrap().named("pair")
}

/// A value of each kind, its name in messages, and the parameters that take it.
fn values() -> [(Value<'static>, &'static str, &'static [&'static str]); 19] {
    const POINTERS: &[&str] = &["pointer", "buffer", "text", "function"];
    [
        ((-8i8).into(), "an i8 is", &["i8"]),
        (0xf8u8.into(), "a u8 is", &["u8"]),
        ((-16i16).into(), "an i16 is", &["i16"]),
        (0xfff0u16.into(), "a u16 is", &["u16"]),
        ((-32).into(), "an i32 is", &["i32"]),
        (0xffff_ffe0u32.into(), "a u32 is", &["u32"]),
        (i64::MIN.into(), "an i64 is", &["i64", "isize"]),
        (u64::MAX.into(), "a u64 is", &["u64", "usize"]),
        (isize::MIN.into(), "an isize is", &["i64", "isize"]),
        (usize::MAX.into(), "a usize is", &["u64", "usize"]),
        (true.into(), "a bool is", &["bool"]),
        (1.5f32.into(), "an f32 is", &["f32"]),
        ((-2.5).into(), "an f64 is", &["f64"]),
        (ptr::without_provenance::<c_void>(0x1234).into(), "a pointer is", POINTERS),
        (Value::NULL, "a pointer is", POINTERS),
        ((&[1, 0, 0, 0, 2, 0, 0, 0]).into(), "8 bytes are", &["pair"]),
        ((&[1]).into(), "1 byte is", &[]),
        (vec![].into(), "0 bytes are", &[]),
        (Value::Void, "nothing is", &[]),
    ]
}

#[test]
fn values_pass_only_for_their_own_type() {
    let library = open(SAME);
    let calls = library.static_("calls", &Type::I32).unwrap();
    // SAFETY: only this test uses the library.
    unsafe { calls.write(0) }.unwrap();
    let mut accepted = 0;
    let types = Scalar::ALL.iter().copied().map(Type::from).chain([pair()]);
    for ty in types {
        let name = ty.as_scalar().map_or("pair", Scalar::name);
        let same = function(&library, &format!("same_{name}"), [ty.clone()], ty.clone());
        for (value, words, takers) in values() {
            // SAFETY: this is its signature.
            let result = unsafe { same.call(std::slice::from_ref(&value)) };
            // SAFETY: this is its signature; a call that is refused is not made later either.
            let prepared = unsafe { same.prepare(std::slice::from_ref(&value)) };
            if takers.contains(&name) {
                accepted += 2;
                let result = result.unwrap();
                // The result has the declared type.
                let expected = match ty.as_scalar() {
                    Some(scalar) => Value::from_slot((&value).into(), scalar),
                    None => value,
                };
                assert_eq!(result, expected, "{name}");
                assert_eq!(prepared.unwrap().run().value, expected, "{name}");
                continue;
            }
            let expected = match (name, value.as_bytes()) {
                ("pair", Some(bytes)) => {
                    format!("argument 1 of function \"same_pair\" is struct pair of 8 bytes, not {}", bytes.len())
                }
                _ => format!("cannot call \"same_{name}\": argument 1 ({ty}): {words} given"),
            };
            assert_eq!(result.unwrap_err().to_string(), expected);
            assert_eq!(prepared.unwrap_err().to_string(), expected);
            // SAFETY: this is its signature; C is not called.
            let error = unsafe { same.call_errno(std::slice::from_ref(&value)) }.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
    // SAFETY: only this test uses the library.
    assert_eq!(unsafe { calls.read() }.unwrap(), Value::I32(accepted), "what is refused does not reach C");
    assert_eq!(accepted, 2 * 26);
}

#[test]
#[cfg(target_os = "linux")]
fn integers_do_not_pass_for_doubles() {
    // SAFETY: loading libm does no harm.
    let libm = unsafe { Library::open("libm.so.6") }.unwrap();
    let pow = function(&libm, "pow", [Type::F64, Type::F64], Type::F64);
    // SAFETY: this is pow's signature.
    unsafe {
        let error = pow.call(&[2.into(), 10.into()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot call \"pow\": argument 1 (f64): an i32 is given");
        let CallError::ArgumentType { function, index: 0, ty, given } = error else { panic!("{error}") };
        assert_eq!((&*function, ty, given), ("pow", Type::F64, ValueType::Scalar(Scalar::I32)));
        let error = pow.call(&[2.0.into(), 10f32.into()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot call \"pow\": argument 2 (f64): an f32 is given");
        assert_eq!(f64::try_from(pow.call(&[2.0.into(), 10.0.into()]).unwrap()).unwrap(), 1024.0);
        let (result, errno) = pow.call_errno(&[0.0.into(), (-1.0).into()]).unwrap();
        assert_eq!((result, errno), (Value::F64(f64::INFINITY), libc::ERANGE));
    }
}

#[test]
fn the_number_of_arguments_and_closing_come_first() {
    let library = open("int same(int x) { return x; }");
    let same = function(&library, "same", [Type::I32], Type::I32);
    // SAFETY: this is its signature.
    unsafe {
        for args in [&[][..], &[1.into(), 2.0.into()], &[Value::Void, Value::Void, Value::Void]] {
            let error = same.call(args).unwrap_err();
            assert_eq!(error.to_string(), format!("function \"same\" takes 1 arguments, not {}", args.len()));
            assert!(matches!(same.call_errno(args), Err(CallError::ArgumentCount { .. })));
            assert!(matches!(same.prepare(args), Err(CallError::ArgumentCount { .. })));
        }
        let prepared = same.prepare(&[7.into()]).unwrap();
        library.close();
        assert!(matches!(same.call(&[1.0.into()]), Err(CallError::Closed(_))));
        assert!(matches!(same.call_errno(&[1.into()]), Err(CallError::Closed(_))));
        assert!(matches!(same.prepare(&[1.into()]), Err(CallError::Closed(_))));
        assert_eq!(prepared.run().value, Value::I32(7));
    }
}

/// Up to 16 arguments need no allocation.
#[test]
fn any_number_of_arguments_is_compared() {
    for count in [0, 1, 15, 16, 17, 18, 255] {
        let params: Vec<_> = (0..count).map(|n| format!("int p{n}")).collect();
        let sum: String = (0..count).map(|n| format!(" + {}L * p{n}", n + 1)).collect();
        let library = open(&format!("long sum({}) {{ return 0{sum}; }}", params.join(", ")));
        let signature = Signature::new((0..count).map(|_| Type::I32), Type::I64).unwrap();
        let function = library.function("sum", &signature).unwrap();
        let mut args: Vec<Value<'_>> = (0..count).map(|n: i32| (n - 3).into()).collect();
        let expected: i64 = (0..i64::from(count)).map(|n| (n + 1) * (n - 3)).sum();
        // SAFETY: this is its signature.
        assert_eq!(unsafe { function.call(&args) }.unwrap(), Value::I64(expected), "{count}");
        for wrong in 0..args.len() {
            let right = std::mem::replace(&mut args[wrong], 1u32.into());
            // SAFETY: this is its signature; C is not called.
            let error = unsafe { function.call(&args) }.unwrap_err();
            let expected = format!("cannot call \"sum\": argument {} (i32): a u32 is given", wrong + 1);
            assert_eq!(error.to_string(), expected);
            args[wrong] = right;
        }
    }
}

#[test]
fn variadic_arguments_are_compared() {
    let snprintf = Signature::variadic([Type::POINTER, Type::USIZE, Type::TEXT], 3, Type::I32).unwrap();
    let call = snprintf.with_variadic([Type::I32, Type::F64, Type::TEXT, Type::I64]).unwrap();
    let snprintf = Library::this_process().unwrap().function("snprintf", &call).unwrap();
    let mut buffer = [0u8; 64];
    let mut args = [
        buffer.as_mut_ptr().into(),
        buffer.len().into(),
        c"%d %.2f %s %lld".into(),
        (-1).into(),
        1.5.into(),
        c"text".into(),
        i64::MIN.into(),
    ];
    // SAFETY: this is snprintf's signature, with the arguments that the format asks for.
    let length = unsafe { snprintf.call(&args) }.unwrap();
    assert_eq!(&buffer[..i32::try_from(length).unwrap() as usize], b"-1 1.50 text -9223372036854775808");
    args[4] = 1.into();
    // SAFETY: C is not called.
    let error = unsafe { snprintf.call(&args) }.unwrap_err();
    assert_eq!(error.to_string(), "cannot call \"snprintf\": argument 5 (f64): an i32 is given");
}

const STRUCTS: &str = "
#include <errno.h>
#include <stdint.h>
struct small { int16_t a, b, c; };
struct small small(struct small s) { errno = s.a; return (struct small) { s.c, s.b, s.a }; }
struct mixed { double x; int32_t n; };
struct mixed mixed(int32_t before, struct mixed s, double y) { return (struct mixed) { s.x * y, s.n + before }; }
struct wide { int64_t a[4]; } __attribute__((aligned(16)));
struct wide wide(struct wide s, int64_t add) {
    return (struct wide) { { s.a[3] + add, s.a[2] + add, s.a[1] + add, s.a[0] + add } };
}
struct none {};
struct none none(int32_t a, struct none n, int32_t *b) { *b = a; return n; }
union either { float x; int32_t n; };
union either either(union either e) { e.n++; return e; }
void nothing(int32_t e) { errno = e; }
";

fn small() -> Type {
    Type::structure([Type::I16, Type::I16, Type::I16]).unwrap().named("small")
}

fn wide() -> Type {
    Type::structure([Type::array(Type::I64, 4).unwrap()]).unwrap().aligned(16).unwrap().named("wide")
}

fn bytes_of<const N: usize>(numbers: [i64; N]) -> Vec<u8> {
    numbers.map(i64::to_le_bytes).concat()
}

#[test]
fn structs_go_in_and_out_as_bytes() {
    let library = open(STRUCTS);
    // SAFETY: these are their signatures.
    unsafe {
        let small = function(&library, "small", [small()], small());
        assert_eq!(small.call(&[(&[1, 0, 2, 0, 3, 0]).into()]).unwrap(), Value::from(&[3, 0, 2, 0, 1, 0]));
        let mixed = Type::structure([Type::F64, Type::I32]).unwrap();
        let mixed = function(&library, "mixed", [Type::I32, mixed.clone(), Type::F64], mixed);
        let s = [1.5f64.to_le_bytes(), 7i64.to_le_bytes()].concat();
        let result: [u8; 16] = mixed.call(&[3.into(), s.into(), 2.0.into()]).unwrap().try_into().unwrap();
        assert_eq!((&result[..8], &result[8..12]), (&3f64.to_le_bytes()[..], &10i32.to_le_bytes()[..]));
        let wide = function(&library, "wide", [wide(), Type::I64], wide());
        // At any address.
        let bytes = [vec![0; 16], bytes_of([1, 2, 3, 4])].concat();
        for start in 0..16 {
            let mut moved = bytes.clone();
            moved.rotate_left(start);
            let s = &moved[16 - start..48 - start];
            let result = wide.call(&[s.into(), 10i64.into()]).unwrap();
            assert_eq!(result, bytes_of([14, 13, 12, 11]).into(), "{start}");
        }
        let either = Type::union([Type::F32, Type::I32]).unwrap();
        let either = function(&library, "either", [either.clone()], either);
        assert_eq!(either.call(&[(&41i32.to_le_bytes()).into()]).unwrap(), Value::from(&42i32.to_le_bytes()));
        let mut seen = 0;
        let empty = Type::structure::<Type>([]).unwrap();
        let none = function(&library, "none", [Type::I32, empty.clone(), Type::POINTER], empty);
        let result = none.call(&[5.into(), (&[]).into(), (&raw mut seen).into()]).unwrap();
        assert_eq!((result, seen), (Value::from(&[]), 5));
    }
}

#[test]
fn structs_must_have_their_length() {
    let library = open(STRUCTS);
    let wide = function(&library, "wide", [wide(), Type::I64], wide());
    // SAFETY: this is its signature, and no call is made.
    let refusal = |s: Value<'_>| unsafe { wide.call(&[s, 0i64.into()]) }.unwrap_err();
    for length in [0, 8, 31, 33, 64] {
        let error = refusal(vec![0; length].into());
        assert_eq!(
            error.to_string(),
            format!("argument 1 of function \"wide\" is struct wide of 32 bytes, not {length}")
        );
        assert!(matches!(error, CallError::AggregateLength { index: 0, expected: 32, given, .. } if given == length));
    }
    let bytes = [0u8; 32];
    for (value, words) in [
        (Value::NULL, "a pointer is"),
        (bytes.as_ptr().into(), "a pointer is"),
        (0i64.into(), "an i64 is"),
        (Value::Void, "nothing is"),
    ] {
        let expected = format!("cannot call \"wide\": argument 1 (struct wide): {words} given");
        assert_eq!(refusal(value).to_string(), expected);
    }
}

#[test]
fn errno_comes_with_every_kind_of_result() {
    let library = open(STRUCTS);
    let (small, nothing) =
        (function(&library, "small", [small()], small()), function(&library, "nothing", [Type::I32], None));
    // SAFETY: these are their signatures.
    unsafe {
        assert_eq!(nothing.call(&[5.into()]).unwrap(), Value::Void);
        assert_eq!(nothing.call_errno(&[libc::ERANGE.into()]).unwrap(), (Value::Void, libc::ERANGE));
        let (result, errno) = small.call_errno(&[(&[9, 0, 0, 0, 1, 0]).into()]).unwrap();
        assert_eq!((result, errno), (Value::from(&[1, 0, 0, 0, 9, 0]), 9));
        let options = FunctionOptions::new().capture_errno(true).lazy(true);
        let nothing = library.function_with("nothing", nothing.signature(), options).unwrap();
        let outcome = nothing.prepare(&[libc::EDOM.into()]).unwrap().run();
        assert_eq!((outcome.value, outcome.errno), (Value::Void, Some(libc::EDOM)));
    }
}

#[test]
fn prepared_calls_run_on_another_thread() {
    let library = open(STRUCTS);
    let wide = function(&library, "wide", [wide(), Type::I64], wide());
    let mut bytes = bytes_of([1, 2, 3, 4]);
    // SAFETY: this is its signature, and any thread may call it.
    let call = unsafe { wide.prepare(&[(&*bytes).into(), 100i64.into()]) }.unwrap();
    bytes.fill(0xff);
    library.close();
    drop((library, wide));
    let outcome = thread::spawn(move || call.run()).join().unwrap();
    assert_eq!((outcome.value, outcome.errno), (bytes_of([104, 103, 102, 101]).into(), None));
}

#[test]
fn values_convert_back_to_their_own_type_alone() {
    assert_eq!(i64::try_from(Value::Isize(-5)).unwrap(), -5);
    assert_eq!(isize::try_from(Value::I64(-5)).unwrap(), -5);
    assert_eq!(u64::try_from(Value::Usize(5)).unwrap(), 5);
    assert_eq!(usize::try_from(Value::U64(5)).unwrap(), 5);
    let error = |result: Result<(), ConvertError>| result.unwrap_err().to_string();
    let cannot = |to: &str, given: &str| format!("cannot convert a value to {to}: it is {given}");
    assert_eq!(error(i64::try_from(Value::I32(5)).map(drop)), cannot("i64", "an i32"));
    assert_eq!(error(u64::try_from(Value::I64(5)).map(drop)), cannot("u64", "an i64"));
    assert_eq!(error(bool::try_from(Value::U8(1)).map(drop)), cannot("bool", "a u8"));
    assert_eq!(error(f64::try_from(Value::F32(1.0)).map(drop)), cannot("f64", "an f32"));
    assert_eq!(error(<*mut i32>::try_from(Value::Usize(0)).map(drop)), cannot("*mut i32", "a usize"));
    assert_eq!(error(<*const u8>::try_from(Value::from(&[1])).map(drop)), cannot("*const u8", "1 byte"));
    assert_eq!(error(<[u8; 3]>::try_from(Value::from(&[1, 2])).map(drop)), cannot("[u8; 3]", "2 bytes"));
    assert!(Vec::<u8>::try_from(Value::NULL).is_err() && Cow::<[u8]>::try_from(Value::Void).is_err());
    assert!(<()>::try_from(Value::Void).is_ok() && <()>::try_from(Value::Bool(true)).is_err());
    let number = 5;
    let address = <*const i32>::try_from(Value::from(&raw const number)).unwrap();
    assert_eq!(address, &raw const number);
    assert_eq!(Vec::<u8>::try_from(Value::from(&[1, 2])).unwrap(), [1, 2]);
    for &scalar in Scalar::ALL {
        let ty = Value::from_slot(0.into(), scalar).ty();
        assert!(matches!(ty, ValueType::Scalar(own) if own == scalar || own.name() == "pointer"), "{scalar}: {ty}");
    }
    for (value, ..) in values() {
        let ValueType::Scalar(scalar) = value.ty() else { continue };
        assert_eq!(Value::from_slot((&value).into(), scalar), value);
    }
}
