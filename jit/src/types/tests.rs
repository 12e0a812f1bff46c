//! Bounds and names of types.

use super::*;

#[test]
fn scalars_have_names_of_their_own() {
    for scalar in Scalar::ALL {
        assert_eq!(Scalar::named(scalar.name()), Some(scalar));
    }
    assert_eq!(Scalar::named("void"), None);
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
    // A name inside a named member is another one, and so is one inside a struct with a tag.
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
fn alignments_are_powers_of_two_up_to_16() {
    for align in [0, 3, 32, 255] {
        let ty = Type::structure([Type::U8]).unwrap();
        assert_eq!(ty.aligned(align), Err(TypeError::Align { align: align.into(), max: 16 }));
    }
    assert!(matches!(Type::I32.packed(1), Err(TypeError::NotAggregate { .. })));
}
