//! Errors of each step become the top error, which keeps their message and source.

use hotcall::declare::{Declaration, Declarations};
use hotcall::{Error, Library, Signature, SignatureError, Type, TypeError};
use hotcall_testing::fixture::shared_object;

#[test]
fn every_step_fails_with_one_error() {
    fn declare(key: &str, align: u8, variadic: usize) -> Result<(), Error> {
        let ty = Type::structure([Type::I32])?.aligned(align)?;
        let signature = Signature::variadic([ty], variadic, None)?;
        let mut declarations = Declarations::new();
        declarations.insert(Declaration::function("first", signature.clone()))?;
        Ok(declarations.insert(Declaration::function(key, signature))?)
    }
    assert!(declare("second", 8, 1).is_ok());
    assert!(matches!(declare("second", 3, 1), Err(Error::Type(TypeError::Align { align: 3, .. }))));
    assert!(matches!(declare("second", 8, 2), Err(Error::Signature(SignatureError::FirstVariadic { count: 1 }))));
    let error = declare("first", 8, 1).unwrap_err();
    assert!(matches!(&error, Error::Declaration(source) if source.to_string() == error.to_string()));
}

#[test]
fn the_top_error_has_the_message_and_the_source_of_the_error_inside() {
    use std::error::Error as _;

    let object = shared_object("int f(void) { return 1; }");
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open(object) }.unwrap();
    let large = Type::structure([Type::array(Type::U64, 1 << 14).unwrap()]).unwrap();
    let refused = library.function("f", &Signature::new([large], None).unwrap()).unwrap_err();
    let messages = |error: &dyn std::error::Error| (error.to_string(), error.source().map(ToString::to_string));
    let inside = messages(&refused);
    assert!(inside.1.as_ref().is_some_and(|source| inside.0.ends_with(source.as_str())), "{inside:?}");
    let top = Error::from(refused);
    assert_eq!(messages(&top), inside);
    assert!(top.source().is_some() && !top.is_closed());

    library.close();
    let closed = library.symbol("f").unwrap_err();
    let message = closed.to_string();
    let top = Error::from(closed);
    assert!(top.is_closed() && top.to_string() == message, "{top}");
}
