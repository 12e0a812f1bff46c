//! Declarations become functions and variables, one at a time.

use hotcall::declare::Declaration;
use hotcall::{Library, LibraryError, Signature, Symbol, SymbolError, Type};
use hotcall_testing::fixture::shared_object;

#[test]
fn declarations_become_functions_and_statics() {
    let object = shared_object("#include <errno.h>\nint set(int e) { errno = e; return e + 1; } short number = -4;");
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open(object) }.unwrap();
    let signature = Signature::new([Type::I32], Type::I32).unwrap();

    let set = Declaration::function("alias", signature.clone()).symbol("set").capture_errno();
    let Ok(Some(Symbol::Function(set))) = library.declared(&set) else { panic!("set is a function") };
    assert!(set.captures_errno());
    // SAFETY: this is its signature.
    let outcome = unsafe { set.prepare_slots(&[5.into()]) }.unwrap().run();
    assert_eq!(outcome.errno, Some(5));
    let plain = Declaration::function("set", signature.clone()).optional();
    assert!(matches!(library.declared(&plain), Ok(Some(Symbol::Function(set))) if !set.captures_errno()));

    let number = Declaration::static_("alias", Type::I16).symbol("number");
    let Ok(Some(Symbol::Static(number))) = library.declared(&number) else { panic!("number is a static") };
    // SAFETY: this is its type.
    assert_eq!(unsafe { number.read_slot() }.unwrap().as_i16(), -4);

    let absent = [Declaration::function("absent", signature), Declaration::static_("absent", Type::I32)];
    for absent in absent {
        let error = library.declared(&absent).unwrap_err();
        assert!(matches!(error, SymbolError::Library(LibraryError::NoSymbol { symbol, .. }) if *symbol == *"absent"));
        assert!(library.declared(&absent.clone().optional()).unwrap().is_none());
        // The key of another symbol does not stand for it.
        assert!(library.declared(&absent.symbol("set")).unwrap().is_some());
    }
    let huge = Type::array(Type::array(Type::U64, 1 << 13).unwrap(), 2).unwrap();
    let huge = Declaration::static_("number", huge).optional();
    assert!(matches!(library.declared(&huge), Err(SymbolError::Layout { .. })));
    library.close();
    assert!(matches!(library.declared(&huge), Err(SymbolError::Library(LibraryError::Closed(_)))));
}
