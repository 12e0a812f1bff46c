//! Calls through the public API: real libraries, results of every kind, errno, prepared calls, and every refusal.

use std::ffi::{CStr, c_char, c_void};
use std::panic;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use hotcall::{
    CallError, CompileError, Error, Function, FunctionError, FunctionOptions, Library, Member, OwnedCall, Signature,
    Slot, SymbolError, Type, Value,
};

use super::open;

fn libc() -> Library {
    Library::this_process().unwrap()
}

fn signature<const N: usize>(params: [Type; N], result: impl Into<Option<Type>>) -> Signature {
    Signature::new(params, result).unwrap()
}

/// A function of this test binary.
fn at(name: &str, address: *const c_void, signature: &Signature) -> Function {
    // SAFETY: the functions of a test binary are never unmapped.
    unsafe { Function::from_address(name, address, signature, FunctionOptions::default()) }.unwrap()
}

fn error_of<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("this must be an error"),
        Err(error) => error,
    }
}

#[test]
fn libc_returns_structs() {
    let quotient = |int: Type| Type::structure([("quot", int.clone()), ("rem", int)]).unwrap();
    let cases = [("div", Type::I32, 8), ("ldiv", Type::I64, 16)];
    for (name, int, size) in cases {
        let result = quotient(int.clone());
        let function = libc().function(name, &signature([int.clone(), int], result.clone())).unwrap();
        let mut bytes = vec![0; size];
        // SAFETY: these are div's and ldiv's signatures.
        unsafe { function.call_slots_into(&[(-17).into(), 5.into()], &mut bytes) }.unwrap();
        let member = |path: &str| Member::at(&result, path).unwrap().read_slot(&bytes).unwrap();
        assert_eq!((member("quot").as_i64(), member("rem").as_i64()), (-3, -2), "{name}");
    }
}

#[test]
fn libc_takes_pointers() {
    let strtod = libc().function("strtod", &signature([Type::TEXT, Type::POINTER], Type::F64)).unwrap();
    let text = c"2.5e3 apples";
    let mut end = ptr::null::<c_char>();
    // SAFETY: this is strtod's signature.
    let number = unsafe { strtod.call_slots(&[text.as_ptr().into(), (&raw mut end).into()]) }.unwrap();
    assert_eq!(number.as_f64(), 2500.0);
    // SAFETY: strtod wrote where the number ends.
    assert_eq!(unsafe { CStr::from_ptr(end) }, c" apples");
}

#[test]
fn libc_takes_variadic_arguments() {
    let snprintf = Signature::variadic([Type::POINTER, Type::USIZE, Type::TEXT], 3, Type::I32).unwrap();
    let call = snprintf.with_variadic([Type::I32, Type::F64, Type::TEXT, Type::I64]).unwrap();
    let snprintf = libc().function("snprintf", &call).unwrap();
    let mut buffer = [0u8; 64];
    let args = [
        buffer.as_mut_ptr().into(),
        buffer.len().into(),
        c"%d %.2f %s %lld".as_ptr().into(),
        (-1).into(),
        1.5.into(),
        c"text".as_ptr().into(),
        i64::MIN.into(),
    ];
    // SAFETY: this is snprintf's signature, with the arguments that the format asks for.
    let length = unsafe { snprintf.call_slots(&args) }.unwrap().as_i32();
    assert_eq!(&buffer[..length as usize], b"-1 1.50 text -9223372036854775808");
}

#[test]
#[cfg(target_os = "linux")]
fn libm_computes() {
    // SAFETY: loading libm does no harm.
    let libm = unsafe { Library::open("libm.so.6") }.unwrap();
    let unary = signature([Type::F64], Type::F64);
    let binary = signature([Type::F64, Type::F64], Type::F64);
    // SAFETY: these are their signatures.
    unsafe {
        assert_eq!(
            libm.function("pow", &binary).unwrap().call_slots(&[2.0.into(), 10.0.into()]).unwrap().as_f64(),
            1024.0
        );
        assert_eq!(libm.function("floor", &unary).unwrap().call_slots(&[(-0.5).into()]).unwrap().as_f64(), -1.0);
        let single = signature([Type::F32], Type::F32);
        assert_eq!(libm.function("sqrtf", &single).unwrap().call_slots(&[2.25f32.into()]).unwrap(), 1.5f32.into());
        let lround = libm.function("lround", &signature([Type::F64], Type::I64)).unwrap();
        assert_eq!(lround.call_slots(&[(-2.5).into()]).unwrap().as_i64(), -3);
    }
}

#[test]
fn scalar_results_are_canonical_slots() {
    let library = open(
        "#include <stdbool.h>
         signed char i8(void) { return -2; } unsigned char u8(void) { return 0xfe; }
         short i16(void) { return -2; } unsigned short u16(void) { return 0xfffe; }
         int i32(void) { return -2; } unsigned u32(void) { return 0xfffffffe; }
         bool boolean(void) { return true; } float f32(void) { return -1; } void nothing(void) {}",
    );
    let cases: [(&str, Option<Type>, Slot); 9] = [
        ("i8", Some(Type::I8), (-2i8).into()),
        ("u8", Some(Type::U8), 0xfeu8.into()),
        ("i16", Some(Type::I16), (-2i16).into()),
        ("u16", Some(Type::U16), 0xfffeu16.into()),
        ("i32", Some(Type::I32), (-2i32).into()),
        ("u32", Some(Type::U32), 0xffff_fffeu32.into()),
        ("boolean", Some(Type::BOOL), true.into()),
        ("f32", Some(Type::F32), (-1f32).into()),
        ("nothing", None, Slot::default()),
    ];
    for (name, result, expected) in cases {
        let function = library.function(name, &signature([], result)).unwrap();
        // SAFETY: these are their signatures.
        assert_eq!(unsafe { function.call_slots(&[]) }.unwrap(), expected, "{name}");
        let mut slot = Slot::from_bits(u64::MAX);
        // SAFETY: these are their signatures; there are no arguments.
        unsafe { function.call_unchecked(ptr::null(), &mut slot) };
        let untouched = Slot::from_bits(u64::MAX);
        assert_eq!(slot, if name == "nothing" { untouched } else { expected }, "{name}");
    }
}

/// Structs passed and returned in registers and in memory.
const STRUCTS: &str = "
#include <stdint.h>
struct small { int16_t a, b, c; };
struct small small(struct small s) { struct small r = { s.c, s.b, s.a }; s.a = 99; return r; }
struct wide { int64_t a[4]; } __attribute__((aligned(16)));
struct wide wide(struct wide s, int64_t add) {
    struct wide r = { { s.a[3] + add, s.a[2] + add, s.a[1] + add, s.a[0] + add } }; s.a[0] = 99; return r;
}
";

fn small() -> Type {
    Type::structure([("a", Type::I16), ("b", Type::I16), ("c", Type::I16)]).unwrap().named("small")
}

fn wide() -> Type {
    Type::structure([("a", Type::array(Type::I64, 4).unwrap())]).unwrap().aligned(16).unwrap().named("wide")
}

#[test]
fn structs_lie_at_any_address() {
    let library = open(STRUCTS);
    let function = library.function("wide", &signature([wide(), Type::I64], wide())).unwrap();
    let small_function = library.function("small", &signature([small()], small())).unwrap();
    #[repr(align(16))]
    struct Buffers([u8; 64], [u8; 64]);
    let mut buffers = Buffers([0; 64], [0; 64]);
    for (from, to) in [(0, 0), (1, 0), (0, 1), (7, 8), (3, 15)] {
        let argument = &mut buffers.0[from..from + 32];
        argument.copy_from_slice(&[1i64, 2, 3, 4].map(i64::to_le_bytes).concat());
        buffers.1.fill(0xee);
        let slot = function.aggregate(0, &buffers.0[from..from + 32]).unwrap();
        // SAFETY: this is its signature.
        unsafe { function.call_slots_into(&[slot, 10.into()], &mut buffers.1[to..to + 32]) }.unwrap();
        assert_eq!(buffers.1[to..to + 32], [14i64, 13, 12, 11].map(i64::to_le_bytes).concat(), "{from} {to}");
        assert_eq!(buffers.0[from..from + 8], 1i64.to_le_bytes(), "the callee changed its own copy");
        let outside = buffers.1[..to].iter().chain(&buffers.1[to + 32..]);
        assert!(outside.copied().all(|byte| byte == 0xee), "{from} {to}");

        let argument = &mut buffers.0[from..from + 6];
        argument.copy_from_slice(&[1i16, 2, 3].map(i16::to_le_bytes).concat());
        buffers.1.fill(0xee);
        let slot = small_function.aggregate(0, &buffers.0[from..from + 6]).unwrap();
        // SAFETY: this is its signature.
        unsafe { small_function.call_slots_into(&[slot], &mut buffers.1[to..to + 6]) }.unwrap();
        assert_eq!(buffers.1[to..to + 6], [3i16, 2, 1].map(i16::to_le_bytes).concat(), "{from} {to}");
        let outside = buffers.1[..to].iter().chain(&buffers.1[to + 6..]);
        assert!(outside.copied().all(|byte| byte == 0xee), "{from} {to}");
    }
}

#[test]
fn results_may_overlap_arguments() {
    let library = open(STRUCTS);
    let function = library.function("wide", &signature([wide(), Type::I64], wide())).unwrap();
    let mut bytes = [1i64, 2, 3, 4].map(i64::to_le_bytes).concat();
    let slot = function.aggregate(0, &bytes).unwrap();
    // SAFETY: this is its signature.
    unsafe { function.call_slots_into(&[slot, 0.into()], &mut bytes) }.unwrap();
    assert_eq!(bytes, [4i64, 3, 2, 1].map(i64::to_le_bytes).concat());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn memory_for_results_is_aligned() {
    // It returns the address that it got for its result.
    let library = open("__asm__(\".globl place\\nplace: mov %rdi, (%rdi)\\nmov %rdi, %rax\\nret\");");
    let rest = Type::array(Type::U8, 24).unwrap();
    let big = Type::structure([("at", Type::USIZE), ("rest", rest)]).unwrap().aligned(16).unwrap();
    let function = library.function("place", &signature([], big.clone())).unwrap();
    let at = Member::at(&big, "at").unwrap();
    let mut bytes = [0; 64];
    for start in 0..16 {
        let result = &mut bytes[start..start + 32];
        let direct = result.as_ptr().addr().is_multiple_of(16);
        // SAFETY: this is its signature.
        unsafe { function.call_slots_into(&[], result) }.unwrap();
        let address = at.read_slot(result).unwrap().as_usize();
        assert_eq!(address % 16, 0, "{start}");
        assert_eq!(address == result.as_ptr().addr(), direct, "{start}");
    }
}

#[test]
fn empty_structs_are_nothing() {
    let library = open("struct none {}; struct none same(int a, struct none n, int *b) { *b = a; return n; }");
    let none = Type::structure::<Type>([]).unwrap();
    let function = library.function("same", &signature([Type::I32, none.clone(), Type::POINTER], none)).unwrap();
    let mut seen = 0;
    let slot = function.aggregate(1, &[]).unwrap();
    let args = [5.into(), slot, (&raw mut seen).into()];
    // SAFETY: this is its signature.
    unsafe { function.call_slots_into(&args, &mut []) }.unwrap();
    assert_eq!(seen, 5);
    seen = 0;
    // SAFETY: this is its signature.
    let outcome = unsafe { function.prepare_slots(&args) }.unwrap().run();
    assert_eq!((outcome.value, seen), (Value::from(&[]), 5));
}

#[test]
fn errno_is_that_of_the_call() {
    let open = Signature::variadic([Type::TEXT, Type::I32], 2, Type::I32).unwrap();
    let open = libc().function("open", &open).unwrap();
    // SAFETY: this is open's signature for reading.
    let (file, errno) = unsafe { open.call_slots_errno(&[c"/no such file".as_ptr().into(), 0.into()]) }.unwrap();
    assert_eq!((file.as_i32(), errno), (-1, libc::ENOENT));
    // errno is what an earlier call left, and this one does not touch it.
    let abs = libc().function("abs", &signature([Type::I32], Type::I32)).unwrap();
    // SAFETY: this is abs's signature.
    assert_eq!(unsafe { abs.call_slots_errno(&[(-3).into()]) }.unwrap(), (3.into(), 0));
}

const WITH_ERRNO: &str = "#include <errno.h>
struct two { long a, b; };
struct two set_errno(struct two s, int e) { errno = e; return (struct two) { s.b, s.a }; }
void set_only(int e) { errno = e; }";

#[test]
fn errno_comes_with_structs_and_with_prepared_calls() {
    let library = open(WITH_ERRNO);
    let two = Type::structure([Type::I64, Type::I64]).unwrap();
    let set_errno = signature([two.clone(), Type::I32], two);
    let plain = library.function("set_errno", &set_errno).unwrap();
    let capturing = FunctionOptions::new().capture_errno(true);
    let capturing = library.function_with("set_errno", &set_errno, capturing).unwrap();
    assert!(capturing.captures_errno() && !plain.captures_errno());
    let argument = [1i64, 2].map(i64::to_le_bytes).concat();
    let swapped = [2i64, 1].map(i64::to_le_bytes).concat();
    for (function, errno) in [(&plain, None), (&capturing, Some(libc::ERANGE))] {
        let args = [function.aggregate(0, &argument).unwrap(), libc::ERANGE.into()];
        let mut result = [0; 17];
        // SAFETY: this is its signature.
        unsafe {
            for start in [0, 1] {
                let result = &mut result[start..start + 16];
                assert_eq!(function.call_slots_into_errno(&args, result).unwrap(), libc::ERANGE);
                assert_eq!(result, &swapped);
                function.call_slots_into(&args, result).unwrap();
                assert_eq!(result, &swapped);
            }
            let outcome = function.prepare_slots(&args).unwrap().run();
            assert_eq!((outcome.value, outcome.errno), (Value::Bytes(swapped.clone().into()), errno));
        }
    }
}

#[test]
fn errno_comes_without_a_result_and_on_every_thread() {
    let library = open(WITH_ERRNO);
    let set = library.function("set_only", &signature([Type::I32], None)).unwrap();
    thread::scope(|scope| {
        for number in 1..5 {
            let set = &set;
            scope.spawn(move || {
                for _ in 0..1000 {
                    // SAFETY: this is its signature.
                    assert_eq!(unsafe { set.call_slots_errno(&[number.into()]) }.unwrap(), (Slot::default(), number));
                }
            });
        }
    });
}

#[test]
fn prepared_calls_need_nothing_else() {
    let library = open(STRUCTS);
    let call = {
        let function = library.function("wide", &signature([wide(), Type::I64], wide())).unwrap();
        let mut bytes = [1i64, 2, 3, 4].map(i64::to_le_bytes).concat();
        let args = [function.aggregate(0, &bytes).unwrap(), 100.into()];
        // SAFETY: this is its signature, and any thread may call it.
        let call = unsafe { function.prepare_slots(&args) }.unwrap();
        bytes.fill(0xff);
        call
    };
    library.close();
    drop(library);
    assert_eq!(call.function().name(), "wide");
    let outcome = thread::spawn(move || call.run()).join().unwrap();
    assert_eq!(outcome.value, Value::Bytes([104i64, 103, 102, 101].map(i64::to_le_bytes).concat().into()));
    assert_eq!(outcome.errno, None);
}

#[test]
fn prepared_calls_copy_every_struct() {
    let library = open(
        "struct odd { char c[3]; }; struct wide { long a[3]; };
         long sum(struct odd a, long b, struct wide c, struct odd d) {
             return a.c[0] + 10 * a.c[2] + 100 * b + 1000 * c.a[0] + 10000 * c.a[2] + 100000 * d.c[1];
         }",
    );
    let odd = Type::structure([Type::array(Type::I8, 3).unwrap()]).unwrap();
    let wide = Type::structure([Type::array(Type::I64, 3).unwrap()]).unwrap();
    let function = library.function("sum", &signature([odd.clone(), Type::I64, wide, odd], Type::I64)).unwrap();
    let prepare = || {
        let (a, c, d) = ([1u8, 0, 2], [4i64, 0, 5].map(i64::to_le_bytes).concat(), [0u8, 6, 0]);
        let aggregate = |index, bytes: &[u8]| function.aggregate(index, bytes).unwrap();
        // SAFETY: this is its signature.
        unsafe { function.prepare_slots(&[aggregate(0, &a), 3.into(), aggregate(2, &c), aggregate(3, &d)]) }.unwrap()
    };
    assert_eq!(prepare().run().value, Value::I64(654_321));
}

extern "C" fn triple(value: i32) -> i32 {
    value * 3
}

#[test]
fn functions_are_called_by_address() {
    let signature = signature([Type::I32], Type::I32);
    let function = at("triple", triple as *const c_void, &signature);
    assert_eq!((function.name(), function.signature()), ("triple", &signature));
    assert_eq!(function.address(), triple as *const c_void);
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call_slots(&[14.into()]) }.unwrap().as_i32(), 42);
    let mut result = Slot::default();
    // SAFETY: this is its signature; the entry is called as it is documented.
    unsafe {
        (function.entry().unwrap())(function.address(), [5u64].as_ptr(), (&raw mut result).cast(), ptr::null_mut())
    };
    assert_eq!(result.as_i32(), 15);
    // SAFETY: nothing is called.
    let null = unsafe { Function::from_address("null", ptr::null(), &signature, FunctionOptions::default()) };
    assert!(matches!(null, Err(FunctionError::Null { function }) if *function == *"null"));
}

extern "C-unwind" fn give_up(value: i32) -> i32 {
    if value < 0 {
        panic::panic_any(value);
    }
    value
}

#[test]
fn panics_pass_through() {
    let function = at("give_up", give_up as *const c_void, &signature([Type::I32], Type::I32));
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call_slots(&[1.into()]) }.unwrap().as_i32(), 1);
    // SAFETY: this is its signature.
    let payload = panic::catch_unwind(|| unsafe { function.call_slots(&[(-5).into()]) }).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&-5));
    // SAFETY: this is its signature.
    let call = unsafe { function.prepare_slots(&[(-6).into()]) }.unwrap();
    let payload = thread::spawn(|| call.run()).join().unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&-6));
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call_slots(&[2.into()]) }.unwrap().as_i32(), 2, "it can be called again");
}

#[repr(C, align(16))]
struct Wide([i64; 4]);

extern "C-unwind" fn give_up_wide(_: Wide) -> Wide {
    panic::panic_any("wide")
}

#[test]
fn panics_pass_through_struct_calls() {
    let function = at("give_up_wide", give_up_wide as *const c_void, &signature([wide()], wide()));
    let bytes = [0; 32];
    let mut result = [0; 40];
    let slot = function.aggregate(0, &bytes).unwrap();
    for start in 0..8 {
        let call = panic::AssertUnwindSafe(|| {
            // SAFETY: this is its signature.
            unsafe { function.call_slots_into(&[slot], &mut result[start..start + 32]) }
        });
        assert_eq!(panic::catch_unwind(call).unwrap_err().downcast_ref(), Some(&"wide"));
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let library = open(STRUCTS);
    let function = library.function("wide", &signature([wide(), Type::I64], wide())).unwrap();
    let bytes = [0; 32];
    let good = function.aggregate(0, &bytes).unwrap();
    let mut result = [0; 32];
    // SAFETY: this is its signature, and no call is made.
    unsafe {
        for args in [&[][..], &[good], &[good, 0.into(), 0.into()]] {
            let error = error_of(function.call_slots_into(args, &mut result));
            let CallError::ArgumentCount { function: name, expected: 2, given } = &error else { panic!("{error}") };
            assert_eq!((&**name, *given), ("wide", args.len()));
            assert!(matches!(function.prepare_slots(args), Err(CallError::ArgumentCount { .. })));
            assert!(matches!(function.call_slots(args), Err(CallError::ArgumentCount { .. })));
            assert!(matches!(function.call_slots_errno(args), Err(CallError::ArgumentCount { .. })));
            assert!(matches!(function.call_slots_into_errno(args, &mut result), Err(CallError::ArgumentCount { .. })));
        }
        let null = [Slot::default(), 0.into()];
        let error = error_of(function.call_slots_into(&null, &mut result));
        assert_eq!(error.to_string(), "argument 1 of function \"wide\" is struct wide, and its slot is null");
        assert!(matches!(error, CallError::NullAggregate { index: 0, .. }));
        assert!(matches!(function.prepare_slots(&null), Err(CallError::NullAggregate { .. })));
        for given in [0, 31, 33] {
            let error = error_of(function.call_slots_into(&[good, 0.into()], &mut vec![0; given]));
            assert!(matches!(error, CallError::ResultLength { expected: 32, given: data, .. } if data == given));
            let error = error_of(function.call_slots_into_errno(&[good, 0.into()], &mut vec![0; given]));
            assert!(matches!(error, CallError::ResultLength { .. }), "{error}");
        }
        let error = error_of(function.call_slots(&[good, 0.into()]));
        assert_eq!(error.to_string(), "function \"wide\" returns struct wide: use call_slots_into");
        assert!(matches!(error, CallError::AggregateResult { .. }));
        assert!(matches!(function.call_slots_errno(&[good, 0.into()]), Err(CallError::AggregateResult { .. })));
        for result in [Some(Type::I32), None] {
            let abs = libc().function("abs", &signature([Type::I32], result)).unwrap();
            assert!(matches!(abs.call_slots_into(&[1.into()], &mut [0; 4]), Err(CallError::ScalarResult { .. })));
            assert!(matches!(abs.call_slots_into_errno(&[1.into()], &mut []), Err(CallError::ScalarResult { .. })));
        }
    }
}

#[test]
fn wrong_struct_bytes_are_refused() {
    let function = open(STRUCTS).function("wide", &signature([wide(), Type::I64], wide())).unwrap();
    for length in [0, 31, 33] {
        let error = error_of(function.aggregate(0, &vec![0; length]));
        assert!(
            matches!(&error, CallError::AggregateLength { index: 0, expected: 32, given, ty, .. }
            if *given == length && *ty == wide()),
            "{error}"
        );
    }
    let error = error_of(function.aggregate(1, &[0; 8]));
    assert_eq!(error.to_string(), "argument 2 of function \"wide\" is not a struct or union");
    assert!(matches!(function.aggregate(2, &[0; 8]), Err(CallError::NotAggregate { index: 2, .. })));
    assert!(matches!(function.aggregate(usize::MAX, &[0; 8]), Err(CallError::NotAggregate { .. })));
}

#[test]
fn signatures_beyond_the_limits_are_refused() {
    let huge = Type::structure([Type::array(Type::U64, 1 << 14).unwrap()]).unwrap();
    for signature in [signature([huge.clone()], None), signature([], huge)] {
        let error = error_of(libc().function("abs", &signature));
        assert!(
            matches!(&error, SymbolError::Function(FunctionError::Compile(CompileError { function, .. })) if **function == *"abs"),
            "{error}"
        );
        assert!(error.to_string().contains("larger than"), "{error}");
    }
}

#[test]
fn as_many_parameters_as_there_may_be_are_passed() {
    let pair = Type::structure([Type::I32]).unwrap();
    let params = (0..255).map(|_| pair.clone());
    let function = libc().function("abs", &Signature::new(params, Type::I32).unwrap()).unwrap();
    let bytes: Vec<[u8; 4]> = (0..255).map(|index: i32| (-7 - index).to_le_bytes()).collect();
    let args: Vec<Slot> =
        bytes.iter().enumerate().map(|(index, bytes)| function.aggregate(index, bytes).unwrap()).collect();
    // SAFETY: abs takes its argument as it would the struct, and disregards the others.
    assert_eq!(unsafe { function.call_slots(&args) }.unwrap().as_i32(), 7);
}

#[test]
fn functions_are_called_from_many_threads() {
    let library = open("int add(int *sum, int value) { return __atomic_add_fetch(sum, value, __ATOMIC_SEQ_CST); }");
    let function = library.function("add", &signature([Type::POINTER, Type::I32], Type::I32)).unwrap();
    drop(library);
    let sum = AtomicI32::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (function, sum) = (function.clone(), &sum);
            scope.spawn(move || {
                for _ in 0..1000 {
                    // SAFETY: this is its signature; the callee adds atomically.
                    unsafe { function.call_slots(&[sum.as_ptr().into(), 2.into()]) }.unwrap();
                }
            });
        }
    });
    assert_eq!(sum.load(Ordering::SeqCst), 8000);
}

#[test]
fn handles_may_be_sent() {
    const fn shared<T: Send + Sync + Clone + std::fmt::Debug>() {}
    const fn sent<T: Send + std::fmt::Debug + 'static>() {}
    const { shared::<Function>() };
    const { sent::<OwnedCall>() };
    const { sent::<Error>() };
}
