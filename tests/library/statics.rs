//! Variables of a library: every scalar, structs and arrays, at any address.

use std::ffi::c_void;

use hotcall::{Library, Signature, Slot, Static, StaticError, SymbolError, Type, Value};

use super::{error_of, int_of_nothing, open};

const SCALARS: &str = r#"
#include <stdbool.h>
#include <stdint.h>
int8_t i8 = -8; uint8_t u8 = 0xf8; int16_t i16 = -16; uint16_t u16 = 0xfff0; int32_t i32 = -32; uint32_t u32 = 0xffffffe0;
int64_t i64 = -64; uint64_t u64 = -64; intptr_t isize = -65; uintptr_t usize = -65; bool boolean = true;
float f32 = 1.5f; double f64 = -2.5; void *pointer = &i8;
"#;

#[test]
fn every_scalar_is_read_and_written() {
    let library = open(SCALARS);
    let pointee = library.symbol("i8").unwrap();
    let expected: [(&str, Type, Slot, Slot); 14] = [
        ("i8", Type::I8, (-8i8).into(), i8::MIN.into()),
        ("u8", Type::U8, 0xf8u8.into(), u8::MAX.into()),
        ("i16", Type::I16, (-16i16).into(), i16::MIN.into()),
        ("u16", Type::U16, 0xfff0u16.into(), u16::MAX.into()),
        ("i32", Type::I32, (-32i32).into(), i32::MIN.into()),
        ("u32", Type::U32, 0xffff_ffe0u32.into(), u32::MAX.into()),
        ("i64", Type::I64, (-64i64).into(), i64::MIN.into()),
        ("u64", Type::U64, (-64i64 as u64).into(), u64::MAX.into()),
        ("isize", Type::ISIZE, (-65isize).into(), isize::MIN.into()),
        ("usize", Type::USIZE, (-65isize as usize).into(), usize::MAX.into()),
        ("boolean", Type::BOOL, true.into(), false.into()),
        ("f32", Type::F32, 1.5f32.into(), f32::MIN.into()),
        ("f64", Type::F64, (-2.5).into(), f64::MIN.into()),
        ("pointer", Type::POINTER, pointee.into(), std::ptr::null::<c_void>().into()),
    ];
    for (name, ty, first, second) in &expected {
        let variable = library.static_(name, ty).unwrap();
        assert_eq!((variable.name(), variable.ty()), (*name, ty));
        // SAFETY: the types are those of the C text, and only this test uses the variables.
        unsafe {
            assert_eq!(variable.read_slot().unwrap(), *first, "{name}");
            variable.write_slot(*second).unwrap();
            assert_eq!(variable.read_slot().unwrap(), *second, "{name}");
        }
    }
    // No write went beyond its variable.
    for (name, ty, _, second) in &expected {
        // SAFETY: the types are those of the C text, and only this test uses the variables.
        assert_eq!(unsafe { library.static_(name, ty).unwrap().read_slot() }.unwrap(), *second, "{name}");
    }
}

#[test]
fn statics_take_values_of_their_type_alone() {
    let library = open(
        "#include <stdint.h>\ndouble f64 = 0.5; intptr_t isize = 1; char *text; struct pair { int a, b; } pair = { 1, 2 };",
    );
    let pair = Type::structure([Type::I32, Type::I32]).unwrap().named("pair");
    let [f64, isize, text, pair] = [("f64", Type::F64), ("isize", Type::ISIZE), ("text", Type::TEXT), ("pair", pair)]
        .map(|(name, ty)| library.static_(name, &ty).unwrap());
    // SAFETY: the types are those of the C text, and only this test uses the variables.
    unsafe {
        assert_eq!(f64.read().unwrap(), Value::F64(0.5));
        let error = error_of(f64.write(2));
        assert_eq!(error.to_string(), "cannot write static \"f64\" (f64): an i32 is given");
        assert!(matches!(f64.write(2f32), Err(StaticError::Type { .. })));
        assert!(matches!(f64.write(&[0; 8]), Err(StaticError::Type { .. })));
        assert_eq!(f64.read().unwrap(), Value::F64(0.5), "nothing was written");
        f64.write(2.0).unwrap();
        assert_eq!(f64.read().unwrap(), Value::F64(2.0));
        isize.write(-5i64).unwrap();
        assert_eq!(isize.read().unwrap(), Value::Isize(-5));
        assert_eq!(text.read().unwrap(), Value::NULL);
        text.write(c"text").unwrap();
        assert_eq!(text.read().unwrap(), c"text".into());
        assert!(matches!(text.write(0usize), Err(StaticError::Type { .. })));
        let bytes = |a: i32, b: i32| [a.to_le_bytes(), b.to_le_bytes()].concat();
        assert_eq!(pair.read().unwrap(), bytes(1, 2).into());
        pair.write(bytes(3, 4)).unwrap();
        assert_eq!(pair.read().unwrap(), bytes(3, 4).into());
        assert!(matches!(pair.write(&[0; 7]), Err(StaticError::Length { expected: 8, given: 7, .. })));
        assert!(matches!(pair.write(Value::NULL), Err(StaticError::Type { .. })));
        assert_eq!(pair.read().unwrap(), bytes(3, 4).into());
        library.close();
        assert!(matches!(f64.read(), Err(StaticError::Closed(_))));
        assert!(matches!(f64.write(2.0), Err(StaticError::Closed(_))));
        assert!(matches!(pair.read(), Err(StaticError::Closed(_))));
    }
}

#[test]
fn statics_are_written_canonically() {
    let library = open(
        "#include <stdbool.h>\nstruct { char before; bool value; char after; } all = { 1, 0, 2 }; bool flag;
         int raw(void) { return *(unsigned char *)&flag; } unsigned char narrow[2] = { 1, 2 };",
    );
    let raw = library.function("raw", &int_of_nothing()).unwrap();
    let flag = library.static_("flag", &Type::BOOL).unwrap();
    let narrow = library.static_("narrow", &Type::U8).unwrap();
    let both = library.static_("narrow", &Type::array(Type::U8, 2).unwrap()).unwrap();
    // SAFETY: the types are those of the C text, and only this test uses the variables.
    unsafe {
        // The low byte alone is a bool's.
        for (bits, byte) in [(0x5a80, 1), (0x100, 0), (2, 1), (u64::MAX << 8, 0)] {
            flag.write_slot(Slot::from_bits(bits)).unwrap();
            assert_eq!(raw.call_slots(&[]).unwrap().as_i32(), byte, "{bits:#x}");
        }
        narrow.write_slot(Slot::from_bits(0xabcd)).unwrap();
        let mut bytes = [0; 2];
        both.read_into(&mut bytes).unwrap();
        assert_eq!(bytes, [0xcd, 2]);
    }
}

#[test]
fn structs_and_arrays_are_read_and_written() {
    let library = open(
        "struct pair { signed char a; long b; } pair = { 1, 2 }; short array[3] = { 1, 2, 3 };
         signed char sum_pair(void) { return pair.a + pair.b; }",
    );
    let pair = Type::structure([Type::I8, Type::I64]).unwrap().named("pair");
    let pair = library.static_("pair", &pair).unwrap();
    let array = library.static_("array", &Type::array(Type::I16, 3).unwrap()).unwrap();
    // SAFETY: the types are those of the C text, and only this test uses the variables.
    unsafe {
        let mut bytes = [0xff; 16];
        pair.read_into(&mut bytes).unwrap();
        assert_eq!((bytes[0], &bytes[8..]), (1, &2u64.to_le_bytes()[..]));
        bytes[0] = 40;
        pair.write_from(&bytes).unwrap();
        let sum = library.function("sum_pair", &Signature::new([], Type::I8).unwrap()).unwrap();
        assert_eq!(sum.call_slots(&[]).unwrap().as_i8(), 42);
        let mut bytes = [0; 6];
        array.read_into(&mut bytes).unwrap();
        assert_eq!(bytes, [1, 0, 2, 0, 3, 0]);

        let error = error_of(pair.read_slot());
        assert_eq!(
            error.to_string(),
            "static \"pair\" is struct pair: use read and write, or read_into and write_from"
        );
        assert!(matches!(error, StaticError::Aggregate { .. }));
        assert!(matches!(array.write_slot(Slot::default()), Err(StaticError::Aggregate { .. })));
        let error = error_of(pair.read_into(&mut [0; 15]));
        assert!(matches!(error, StaticError::Length { expected: 16, given: 15, .. }), "{error}");
        assert!(matches!(pair.write_from(&[0; 17]), Err(StaticError::Length { given: 17, .. })));
    }
    let huge = Type::array(Type::array(Type::U64, 1 << 13).unwrap(), 2).unwrap();
    assert!(matches!(library.static_("array", &huge), Err(SymbolError::Layout { name, .. }) if *name == *"array"));
}

#[test]
fn statics_need_no_alignment() {
    let library = open(
        "struct __attribute__((packed)) packed { char pad; double value; } all = { 1, 0.5 };
         extern double value; __asm__(\".globl value\\n.set value, all + 1\");",
    );
    let value = library.static_("value", &Type::F64).unwrap();
    assert_ne!(value.address().addr() % 8, 0);
    // SAFETY: the type is that of the C text, and only this test uses the variable.
    unsafe {
        assert_eq!(value.read_slot().unwrap().as_f64(), 0.5);
        value.write_slot(0.25.into()).unwrap();
        assert_eq!(value.read_slot().unwrap().as_f64(), 0.25);
    }
}

#[test]
fn handles_are_shared_between_threads() {
    const fn check<T: Send + Sync + Clone + std::fmt::Debug>() {}
    const { check::<Library>() };
    const { check::<Static>() };
}
