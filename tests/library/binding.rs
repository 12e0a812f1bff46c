//! The symbols that a library sees, the time when they are bound, and symbols without an address.

use hotcall::{
    Binding, FunctionOptions, Library, LibraryError, OpenFlags, Resolved, Signature, SymbolError, Type, Visibility,
};
use hotcall_testing::fixture::shared_object;

use super::{error_of, int_of_nothing, open};

#[test]
fn the_process_has_its_own_symbols() {
    let process = Library::this_process().unwrap();
    assert_eq!(*process.resolved(), Resolved::Process);
    let abs = process.function("abs", &Signature::new([Type::I32], Type::I32).unwrap()).unwrap();
    // SAFETY: this is its signature.
    assert_eq!(unsafe { abs.call_slots(&[(-7).into()]) }.unwrap().as_i32(), 7);
    // SAFETY: nothing is loaded.
    let again = unsafe { Library::open_resolved(&Resolved::Process, OpenFlags::default()) }.unwrap();
    assert_eq!(again.symbol("abs").unwrap(), process.symbol("abs").unwrap());
    assert_eq!(abs.address(), process.symbol("abs").unwrap());
}

#[test]
fn binding_now_finds_what_is_missing() {
    let object = shared_object("int nobody_defines_me(void); int f(void) { return nobody_defines_me(); }");
    // SAFETY: the fixture has no initialisers.
    assert!(unsafe { Library::open(&object) }.is_ok());
    let now = OpenFlags::new().binding(Binding::Now);
    // SAFETY: the fixture has no initialisers.
    let error = error_of(unsafe { Library::open_with(&object, now) });
    assert!(matches!(&error, LibraryError::Load { message, .. } if message.contains("nobody_defines_me")), "{error}");
}

#[test]
fn global_symbols_are_seen_by_all() {
    let process = Library::this_process().unwrap();
    let local = open("int hotcall_test_local(void) { return 1; }");
    assert!(process.optional_symbol("hotcall_test_local").unwrap().is_none());
    assert!(local.optional_symbol("hotcall_test_local").unwrap().is_some());
    let object = shared_object("int hotcall_test_global(void) { return 1; }");
    let flags = OpenFlags::new().visibility(Visibility::Global);
    // SAFETY: the fixture has no initialisers.
    let global = unsafe { Library::open_with(object, flags) }.unwrap();
    let symbol = global.symbol("hotcall_test_global").unwrap();
    assert_eq!(process.optional_symbol("hotcall_test_global").unwrap(), Some(symbol));
}

#[test]
fn two_libraries_may_use_one_name() {
    let (first, second) = (open("int same(void) { return 1; }"), open("int same(void) { return 2; }"));
    let functions = [&first, &second].map(|library| library.function("same", &int_of_nothing()).unwrap());
    // SAFETY: these are their signatures.
    let results = functions.each_ref().map(|function| unsafe { function.call_slots(&[]) }.unwrap().as_i32());
    assert_eq!(results, [1, 2]);
    first.close();
    // SAFETY: these are their signatures.
    let results = functions.each_ref().map(|function| unsafe { function.call_slots(&[]) }.is_ok());
    assert_eq!(results, [false, true]);
}

#[test]
fn missing_symbols_are_named_or_optional() {
    let library = open("int present(void) { return 1; }");
    let signature = int_of_nothing();
    let error = library.symbol("absent").unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
    assert!(matches!(&error, LibraryError::NoSymbol { library: from, symbol, message, nearest: None }
        if from == library.resolved() && **symbol == *"absent" && message.contains("absent")));
    assert!(matches!(library.function("absent", &signature), Err(SymbolError::Library(LibraryError::NoSymbol { .. }))));
    assert!(matches!(library.static_("absent", &Type::I32), Err(SymbolError::Library(LibraryError::NoSymbol { .. }))));

    let options = FunctionOptions::default();
    assert!(library.optional_symbol("absent").unwrap().is_none());
    assert!(library.optional_function("absent", &signature, options).unwrap().is_none());
    assert!(library.optional_static("absent", &Type::I32).unwrap().is_none());
    assert!(library.optional_symbol("present").unwrap().is_some());
    assert!(library.optional_function("present", &signature, options).unwrap().is_some());
    assert!(library.optional_static("present", &Type::I32).unwrap().is_some());

    assert!(matches!(library.symbol(""), Err(LibraryError::EmptySymbol { .. })));
    assert!(matches!(library.optional_symbol(""), Err(LibraryError::EmptySymbol { .. })));
    for name in ["present\0", "present\0x"] {
        assert!(matches!(library.symbol(name), Err(LibraryError::NulInSymbol { symbol, .. }) if *symbol == *name));
        assert!(matches!(library.optional_symbol(name), Err(LibraryError::NulInSymbol { .. })));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_symbol_without_address_is_not_a_missing_one() {
    let library = open("__asm__(\".globl nowhere\\n.set nowhere, 0\"); int somewhere(void) { return 1; }");
    assert!(matches!(library.symbol("nowhere"), Err(LibraryError::NullSymbol { symbol, .. }) if *symbol == *"nowhere"));
    assert!(matches!(library.optional_symbol("nowhere"), Err(LibraryError::NullSymbol { .. })));
    assert!(matches!(
        library.function("nowhere", &int_of_nothing()),
        Err(SymbolError::Library(LibraryError::NullSymbol { .. }))
    ));
}
