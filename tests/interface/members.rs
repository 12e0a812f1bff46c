//! Reading and writing structs' bytes by member.

use hotcall::{Field, Member, MemberError, Scalar, Slot, Type, Value};

use hotcall_testing::values::scalars;

/// `struct shape { uint8_t tag; union { struct { double x, y; }; float raw[4]; }; struct { int16_t x; } inner[3]; }`
fn shape() -> Type {
    let point = Type::structure([("x", Type::F64), ("y", Type::F64)]).unwrap();
    let raw = Field::new("raw", Type::array(Type::F32, 4).unwrap());
    let either = Type::union([point.into(), raw]).unwrap();
    let inner = Type::array(Type::structure([("x", Type::I16)]).unwrap(), 3).unwrap();
    let fields = [Field::new("tag", Type::U8), either.into(), Field::new("inner", inner)];
    Type::structure(fields).unwrap().named("shape")
}

#[test]
fn paths_lead_to_members() {
    let cases = [
        ("", 0, 32),
        ("tag", 0, 1),
        ("x", 8, 8),
        ("y", 16, 8),
        ("raw", 8, 16),
        ("raw[3]", 20, 4),
        ("inner", 24, 6),
        ("inner[2]", 28, 2),
        ("inner[2].x", 28, 2),
        ("[1]", 8, 16),
        ("[1].y", 16, 8),
        ("[1][0][1]", 16, 8),
        ("[2][1][0]", 26, 2),
    ];
    for (path, offset, size) in cases {
        let member = Member::at(&shape(), path).unwrap();
        assert_eq!((member.offset(), member.size()), (offset, size), "{path:?}");
    }
    let inner = Member::whole(&shape()).unwrap().field("inner").unwrap();
    assert_eq!((inner.len(), inner.is_empty()), (3, false));
    assert_eq!(inner.index(1).unwrap().field("x").unwrap(), Member::at(&shape(), "inner[1].x").unwrap());
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    let error = |path: &str| Member::at(&shape(), path).unwrap_err();
    assert_eq!(error("z").to_string(), "struct shape has no member \"z\"");
    assert!(matches!(error("inner[0].y"), MemberError::NoMember { member, .. } if *member == *"y"));
    assert!(matches!(error("tag.x"), MemberError::NoMember { ty, .. } if ty == Type::U8));
    assert!(matches!(error("raw.x"), MemberError::NoMember { .. }));
    assert!(matches!(error("inner[3]"), MemberError::NoIndex { index: 3, len: 3, .. }));
    assert!(matches!(error("[3]"), MemberError::NoIndex { index: 3, len: 3, .. }));
    assert_eq!(error("tag[0]").to_string(), "u8 has 0 members, and none with index 0");
    let malformed = [
        (".tag", 0),
        ("tag.", 3),
        ("inner[", 5),
        ("inner[]", 5),
        ("inner[+1]", 5),
        ("inner[ 1]", 5),
        ("inner[99999999999999999999]", 5),
        ("inner[1]x", 8),
        ("inner[1]..x", 8),
        ("x..y", 1),
    ];
    for (path, byte) in malformed {
        let error = error(path);
        assert!(matches!(&error, MemberError::Path { at, .. } if *at == byte), "{error}");
    }
}

#[test]
fn every_scalar_is_read_and_written_at_any_address() {
    let scalars: [(Type, Slot); 14] = [
        (Type::I8, (-3i8).into()),
        (Type::U8, 0xfdu8.into()),
        (Type::I16, (-3i16).into()),
        (Type::U16, 0xfffdu16.into()),
        (Type::I32, (-3i32).into()),
        (Type::U32, 0xffff_fffdu32.into()),
        (Type::I64, (-3i64).into()),
        (Type::U64, (u64::MAX - 2).into()),
        (Type::ISIZE, (-3isize).into()),
        (Type::USIZE, (usize::MAX - 2).into()),
        (Type::BOOL, true.into()),
        (Type::F32, (-1.5f32).into()),
        (Type::F64, 2.5.into()),
        (Type::POINTER, Slot::from_bits(0x1122_3344_5566)),
    ];
    for (ty, slot) in scalars {
        let packed = Type::structure([("pad", Type::U8), ("value", ty.clone()), ("end", Type::U8)]);
        let packed = packed.unwrap().packed(1).unwrap();
        let value = Member::at(&packed, "value").unwrap();
        assert_eq!(value.offset(), 1);
        let mut bytes = vec![0xee; value.size() + 2];
        value.write_slot(&mut bytes, slot).unwrap();
        assert_eq!(value.read_slot(&bytes).unwrap(), slot, "{ty}");
        assert_eq!((bytes[0], bytes[value.size() + 1]), (0xee, 0xee), "{ty}");
        assert_eq!(value.bytes(&bytes).unwrap(), &slot.to_bits().to_le_bytes()[..value.size()], "{ty}");
    }
}

#[test]
fn what_is_read_is_canonical() {
    let read = |ty: &Type, bytes: &[u8]| Member::whole(ty).unwrap().read_slot(bytes).unwrap().to_bits();
    assert_eq!(read(&Type::BOOL, &[0x40]), 1);
    assert_eq!(read(&Type::I8, &[0x80]), (-128i64) as u64);
    assert_eq!(read(&Type::F32, &[0, 0, 0x80, 0xbf]), 0xbf80_0000);
    let mut bytes = [0xff; 2];
    Member::whole(&Type::U8).unwrap().write_slot(&mut bytes, Slot::from_bits(0x1234)).unwrap();
    assert_eq!(bytes, [0x34, 0xff]);
}

#[test]
fn parts_without_a_slot_have_bytes() {
    let raw = Member::at(&shape(), "raw").unwrap();
    let mut bytes = [0; 32];
    let error = raw.read_slot(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the member at byte 8 is f32[4], which has no slot");
    assert!(matches!(raw.write_slot(&mut bytes, 0.into()), Err(MemberError::Aggregate { offset: 8, .. })));
    raw.bytes_mut(&mut bytes).unwrap().fill(1);
    assert_eq!(bytes.iter().position(|&byte| byte == 1), Some(8));
    assert_eq!(raw.bytes(&bytes).unwrap(), [1; 16]);
}

#[test]
fn bytes_must_reach_to_the_members_end() {
    let y = Member::at(&shape(), "y").unwrap();
    for given in [0, 8, 16, 23] {
        let mut bytes = vec![0; given];
        let error = y.read_slot(&bytes).unwrap_err();
        assert!(matches!(error, MemberError::Bounds { offset: 16, end: 24, given: data, .. } if data == given));
        assert!(matches!(y.write_slot(&mut bytes, 0.5.into()), Err(MemberError::Bounds { .. })));
        assert!(matches!(y.bytes(&bytes), Err(MemberError::Bounds { .. })));
        assert!(matches!(y.bytes_mut(&mut bytes), Err(MemberError::Bounds { .. })));
    }
    assert!(y.read_slot(&[0; 24]).is_ok());
}

#[test]
fn types_beyond_the_limits_have_no_members() {
    let huge = Type::structure([("a", Type::array(Type::U64, 1 << 14).unwrap())]).unwrap();
    let error = Member::at(&huge, "a[0]").unwrap_err();
    assert!(matches!(error, MemberError::Layout { .. }), "{error}");
}

#[test]
fn values_are_written_only_to_members_of_their_type() {
    let others = [("bytes", Value::from(&[1, 2, 3])), ("nothing", ().into())];
    let values: Vec<_> = scalars().into_iter().chain(others).collect();
    // The names of types that count as one.
    let one = |scalar: Scalar| match scalar.name() {
        "isize" => "i64",
        "usize" => "u64",
        "buffer" | "text" | "function" => "pointer",
        name => name,
    };
    for &scalar in Scalar::ALL {
        let whole = Type::structure([("pad", Type::U8), ("value", Type::from(scalar)), ("end", Type::U8)]);
        let member = Member::at(&whole.unwrap().packed(1).unwrap(), "value").unwrap();
        for (name, value) in &values {
            let mut bytes = vec![0xee; member.size() + 2];
            let outcome = member.write(&mut bytes, value.clone());
            if *name == one(scalar) {
                outcome.unwrap();
                assert_eq!(member.read(&bytes).unwrap(), Value::from_slot(value.into(), scalar));
                assert_eq!((bytes[0], bytes[member.size() + 1]), (0xee, 0xee), "{scalar}");
                continue;
            }
            let error = outcome.unwrap_err();
            assert!(matches!(&error, MemberError::Type { offset: 1, given, .. } if *given == value.ty()), "{error}");
            assert!(bytes.iter().all(|&byte| byte == 0xee), "nothing is written");
        }
    }
}

#[test]
fn parts_with_members_are_their_bytes() {
    let raw = Member::at(&shape(), "raw").unwrap();
    let mut bytes = [0; 32];
    raw.write(&mut bytes, &[7; 16]).unwrap();
    assert_eq!(raw.read(&bytes).unwrap(), Value::from(&[7; 16]));
    assert_eq!((bytes[7], bytes[24]), (0, 0));
    let error = raw.write(&mut bytes, &[7; 15]).unwrap_err();
    assert_eq!(error.to_string(), "the member at byte 8 is f32[4] of 16 bytes, not 15");
    let error = raw.write(&mut bytes, 1.5f32).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the member at byte 8 (f32[4]): an f32 is given");
    let y = Member::at(&shape(), "y").unwrap();
    let error = y.write(&mut bytes, 2).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the member at byte 16 (f64): an i32 is given");
    for given in [0, 8, 16, 23] {
        assert!(matches!(y.read(&vec![0; given]), Err(MemberError::Bounds { .. })));
        assert!(matches!(y.write(&mut vec![0; given], 0.5), Err(MemberError::Bounds { .. })));
        assert!(matches!(raw.read(&vec![0; given]), Err(MemberError::Bounds { .. })));
    }
}
