//! Bounds and names of types.

use super::*;
use crate::c::definitions::{FunctionType, Signature};
use crate::c::limits::MAX_NODES;

#[test]
fn scalars_have_names_of_their_own() {
    for &scalar in Scalar::ALL {
        assert_eq!(Scalar::named(scalar.name()), Some(scalar));
    }
    assert_eq!(Scalar::named("void"), None);
}

#[test]
fn ranges_are_those_of_c() {
    for (scalar, low, high) in [
        (Scalar::I8, -128, 127),
        (Scalar::U8, 0, 255),
        (Scalar::I16, -32768, 32767),
        (Scalar::U32, 0, u32::MAX.into()),
        (Scalar::Isize, i64::MIN.into(), i64::MAX.into()),
        (Scalar::U64, 0, u64::MAX.into()),
        (Scalar::Pointer(Pointee::Opaque), 0, u64::MAX.into()),
    ] {
        assert_eq!(scalar.range(), low..=high, "{scalar}");
    }
}

#[test]
fn depth_is_bounded() {
    let mut ty = Type::I32;
    let error = loop {
        match Type::structure([ty]) {
            Ok(outer) => ty = outer,
            Err(error) => break error,
        }
    };
    assert_eq!(error, TypeError::Nesting { max: MAX_NESTING });
}

#[test]
fn doubling_is_bounded_also_without_size() {
    let mut ty = Type::structure::<Type>([]).unwrap();
    let error = loop {
        match Type::structure([ty.clone(), ty]) {
            Ok(outer) => ty = outer,
            Err(error) => break error,
        }
    };
    assert_eq!(error, TypeError::Nodes { max: MAX_NODES });
    assert_eq!(Type::array(Type::U8, u32::MAX), Err(TypeError::Nodes { max: MAX_NODES }));
}

#[test]
fn members_have_names_of_their_own() {
    let twice = |name: &str| Err(TypeError::MemberTwice { name: name.into() });
    let pair = [("b", Type::I8), ("c", Type::I8)];
    let anonymous = Type::union([("u", Type::structure(pair.clone()).unwrap()), ("a", Type::I8)]).unwrap();
    assert_eq!(Type::structure([("a", Type::I8), ("b", Type::I8), ("a", Type::I16)]), twice("a"));
    assert_eq!(Type::union([("a", Type::I8), ("a", Type::I8)]), twice("a"));
    assert_eq!(Type::structure([Field::new("a", Type::I8), Field::from(anonymous.clone())]), twice("a"));
    assert_eq!(Type::structure([anonymous.clone(), anonymous.clone()]), twice("a"));
    // A name inside a named member is a different name. So is a name inside a struct with a tag.
    assert!(Type::structure([Field::new("u", Type::I8), Field::new("v", anonymous.clone())]).is_ok());
    let tagged = Type::structure(pair).unwrap().named("pair");
    assert!(Type::structure([tagged.clone(), tagged]).is_ok());
}

#[test]
fn flexible_arrays_are_not_arrays_of_0() {
    let [flexible, empty] = [Type::flexible_array(Type::U8), Type::array(Type::U8, 0)].map(Result::unwrap);
    assert_ne!(flexible, empty);
    assert_eq!((flexible.to_string(), empty.to_string()), ("u8[]".to_owned(), "u8[0]".to_owned()));
}

#[test]
fn arrays_show_their_lengths_in_the_order_of_c() {
    let of = |element: &Type, len| Type::array(element.clone(), len).unwrap();
    assert_eq!(of(&of(&Type::I32, 3), 2).to_string(), "i32[2][3]");
    assert_eq!(of(&of(&of(&Type::BUFFER, 4), 3), 2).to_string(), "buffer[2][3][4]");
    assert_eq!(of(&Type::structure([of(&of(&Type::U8, 2), 1)]).unwrap(), 5).to_string(), "struct {u8[1][2]}[5]");
    assert_eq!(Type::flexible_array(of(&Type::U8, 4)).unwrap().to_string(), "u8[][4]");
}

#[test]
fn alignments_are_powers_of_two_up_to_16() {
    for align in [0, 3, 32, 255] {
        let ty = Type::structure([Type::U8]).unwrap();
        assert_eq!(ty.aligned(align), Err(TypeError::Align { align: align.into(), max: 16 }));
    }
    assert!(matches!(Type::I32.packed(1), Err(TypeError::NotAggregate { .. })));
}

#[test]
fn what_is_told_of_types_is_not_compared() {
    let told = Type::pointer_to(Pointer::new(Target::Type(Type::I32)).constant()).unwrap();
    assert_eq!(told, Type::POINTER);
    assert_eq!(told.pointer().unwrap().to_string(), "const i32 *");
    assert!(Type::POINTER.pointer().is_none());
    let [with, without] = [told, Type::POINTER].map(|ty| Type::structure([("p", ty)]).unwrap());
    assert_eq!(with, without);
    assert_eq!(Type::structure([Field::new("p", Type::POINTER).constant()]).unwrap(), without);
    assert!(with.as_aggregate().unwrap().fields()[0].ty().pointer().is_some());
}

#[test]
fn characters_are_integers() {
    let char16 = Type::U16.with_character(Character::Char16).unwrap();
    assert_eq!((&char16, char16.character()), (&Type::U16, Some(Character::Char16)));
    assert!(!char16.tells_as(&Type::U16) && char16.tells_as(&char16.clone()));
    assert_eq!(Type::F64.with_character(Character::Char), Err(TypeError::NotInteger { ty: Type::F64 }));
    for character in [Character::Char, Character::Char8, Character::Char16, Character::Char32, Character::Wide] {
        assert_eq!(Character::named(character.name()), Some(character));
    }
}

#[test]
fn targets_decide_the_kind_of_pointer() {
    let function = FunctionType::new(Signature::new([Type::I32], None).unwrap()).with_names([Some("n".into())]);
    let ty = Type::pointer_to(Pointer::new(Target::Function(function))).unwrap();
    assert_eq!(ty, Type::FUNCTION);
    let Target::Function(function) = ty.pointer().unwrap().target() else { panic!("{ty:?}") };
    assert_eq!((function.signature().to_string(), function.parameter_name(0)), ("(i32)".to_owned(), Some("n")));
    assert_eq!(Type::pointer_to(Pointer::new(Target::Named("struct node".into()))).unwrap(), Type::POINTER);
    let refused = Type::I64.with_pointer(Pointer::new(Target::Void));
    assert_eq!(refused, Err(TypeError::NotPointer { ty: Type::I64 }));
}

/// Types are dropped recursively, pointers' targets included.
#[test]
fn depth_through_pointers_is_bounded() {
    let mut ty = Type::I32;
    let mut depth = 0;
    let error = loop {
        let outer = match depth % 3 {
            0 => Type::structure([ty]),
            1 => {
                let function = FunctionType::new(Signature::new([ty], None).unwrap());
                Type::pointer_to(Pointer::new(Target::Function(function)))
            }
            _ => Type::pointer_to(Pointer::new(Target::Type(ty))),
        };
        let outer = match outer {
            Ok(outer) => outer,
            Err(error) => break error,
        };
        ty = outer;
        depth += 1;
        assert!(depth <= MAX_NESTING);
    };
    assert_eq!(error, TypeError::Nesting { max: MAX_NESTING });
}
