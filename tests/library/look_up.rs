//! Look-ups that find the wrong kind of symbol, or almost the right name.

use hotcall::declare::{Declaration, Declarations};
use hotcall::{FunctionOptions, Library, LibraryError, Signature, SymbolError, SymbolKind, Type};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::{shared_object, shared_object_with};

fn open(source: &str, flags: &[&str]) -> Library {
    // SAFETY: the fixtures do not have initialisers.
    unsafe { Library::open(shared_object_with(&Compiler::c(), flags, source)) }.unwrap()
}

fn system(name: &str) -> Library {
    // SAFETY: the system's libraries are loaded already, or have harmless initialisers.
    unsafe { Library::open(name) }.unwrap()
}

fn int() -> Signature {
    Signature::new([], Type::I32).unwrap()
}

#[track_caller]
fn refused(library: &Library, name: &str) -> LibraryError {
    let error = library.function(name, &int()).expect_err(name);
    let SymbolError::Library(error) = error else { panic!("{error}") };
    let optional = library.optional_function(name, &int(), FunctionOptions::default()).expect_err(name);
    assert_eq!(optional.to_string(), error.to_string());
    // By the name of a declaration, under another key, lazily, and also if it is optional.
    let declaration = Declaration::function("key", int()).symbol(name).optional();
    assert_eq!(library.declared(&declaration).expect_err(name).to_string(), error.to_string());
    let mut declarations = Declarations::new();
    declarations.insert(declaration).unwrap();
    match (library.symbols(&declarations), &error) {
        // A header may declare it for others.
        (Ok(symbols), LibraryError::ReturnsTwice { .. }) => {
            assert_eq!(symbols.get("key").expect_err(name).to_string(), "`key` cannot be used: it returns twice");
        }
        (symbols, error) => assert_eq!(symbols.expect_err(name).to_string(), error.to_string()),
    }
    error
}

const KINDS: &str = r#"
int variable = 1; const int constant = 2; int zeroed; const char table[4096] = { 3 };
int common __attribute__((common));
_Thread_local int local = 4; _Thread_local int local_zeroed;
int function(void) { return 5; }
static int one(void) { return 6; }
static int (*choose(void))(void) { return one; }
int chosen(void) __attribute__((ifunc("choose")));
extern __typeof(function) alias __attribute__((alias("function")));
__attribute__((weak)) int weak(void) { return 7; }
__asm__(".text\n.globl untyped\nuntyped: mov $8, %eax\nret\n"
        ".section .rodata\n.globl untyped_end\n.type data_in_text, @object\n.text\n.globl data_in_text\n"
        "data_in_text: .long 9\n.size data_in_text, 4\n");
"#;

/// Each way of laying out segments and of hashing names that linkers offer.
const FLAGS: [&[&str]; 4] = [
    &["-Wl,-z,separate-code"],
    &["-Wl,-z,noseparate-code"],
    &["-Wl,--hash-style=sysv"],
    &["-Wl,--hash-style=gnu", "-fcommon"],
];

#[test]
#[cfg(target_arch = "x86_64")]
fn variables_are_not_functions() {
    for flags in FLAGS {
        let library = open(KINDS, flags);
        for (name, kind) in [
            ("variable", SymbolKind::Variable),
            ("constant", SymbolKind::Variable),
            ("zeroed", SymbolKind::Variable),
            ("table", SymbolKind::Variable),
            ("common", SymbolKind::Variable),
            ("data_in_text", SymbolKind::Variable),
            ("local", SymbolKind::ThreadLocal),
            ("local_zeroed", SymbolKind::ThreadLocal),
        ] {
            let error = refused(&library, name);
            assert_eq!(
                error.to_string(),
                format!("symbol {name:?} of {} is {kind}, not a function", library.resolved())
            );
            assert!(matches!(error, LibraryError::NotAFunction { kind: found, .. } if found == kind), "{flags:?}");
            assert!(library.static_(name, &Type::I32).is_ok());
            assert!(library.symbol(name).is_ok());
        }
        for (name, result) in [("function", 5), ("chosen", 6), ("alias", 5), ("weak", 7), ("untyped", 8)] {
            let function = library.function(name, &int()).unwrap_or_else(|error| panic!("{flags:?}: {error}"));
            // SAFETY: this is its signature.
            assert_eq!(unsafe { function.call_slots(&[]) }.unwrap().as_i32(), result, "{name}");
        }
        // The bytes of a function can be read.
        assert!(library.static_("function", &Type::U8).is_ok());
    }
}

/// Some systems' compilers leave out libraries that are not used.
const NEEDS_LIBC: &[&str] = &["-Wl,--no-as-needed", "-lc"];

/// Symbols that the loader finds in a library that this one needs, or anywhere in the process.
#[test]
fn variables_of_other_objects_are_not_functions_either() {
    let process = Library::this_process().unwrap();
    let library = open("int some_function(void) { return 1; }", NEEDS_LIBC);
    for library in [&process, &library] {
        for name in ["environ", "stdout"] {
            assert!(
                matches!(refused(library, name), LibraryError::NotAFunction { kind: SymbolKind::Variable, .. }),
                "{name}"
            );
        }
        let abs = library.function("abs", &Signature::new([Type::I32], Type::I32).unwrap()).unwrap();
        // SAFETY: this is its signature.
        assert_eq!(unsafe { abs.call_slots(&[(-3).into()]) }.unwrap().as_i32(), 3);
        // An indirect function.
        assert!(library.function("strlen", &Signature::new([Type::POINTER], Type::USIZE).unwrap()).is_ok());
    }
    let neighbour =
        shared_object_with(&Compiler::c(), &["-Wl,-soname,libhotcall_tls.so"], "_Thread_local int hotcall_tls = 1;");
    let path = neighbour.display().to_string();
    let (link, rpath) =
        (format!("-Wl,--no-as-needed,{path}"), format!("-Wl,-rpath,{}", neighbour.parent().unwrap().display()));
    let link_name = neighbour.with_file_name("libhotcall_tls.so");
    std::fs::copy(&neighbour, &link_name).unwrap();
    let user = open("int tls_user(void) { return 1; }", &[&link, &rpath]);
    assert!(matches!(refused(&user, "hotcall_tls"), LibraryError::NotAFunction { kind: SymbolKind::ThreadLocal, .. }));
}

#[test]
fn functions_that_return_twice_are_refused() {
    let (libc, process) = (system("libc.so.6"), Library::this_process().unwrap());
    let needs_libc = open("int needs_libc(void) { return 1; }", NEEDS_LIBC);
    for library in [&libc, &process, &needs_libc] {
        for name in ["vfork", "setjmp", "_setjmp", "__sigsetjmp", "getcontext"] {
            let error = refused(library, name);
            assert!(matches!(error, LibraryError::ReturnsTwice { .. }), "{error}");
            let message = format!("function {name:?} of {} cannot be called: it returns twice", library.resolved());
            assert_eq!(error.to_string(), message);
            assert!(library.symbol(name).is_ok(), "the address may be had");
        }
        for name in ["fork", "longjmp", "setcontext", "swapcontext"] {
            assert!(library.function(name, &int()).is_ok(), "{name}");
        }
    }
    // A library's own function of this name returns once, unless the library also has the function that makes it return again.
    let own =
        open("int savectx(void) { return 1; } int getcontext(void) { return 2; } int vfork(void) { return 3; }", &[]);
    for (name, result) in [("savectx", 1), ("getcontext", 2), ("vfork", 3)] {
        let function = own.function(name, &int()).unwrap();
        // SAFETY: this is its signature.
        assert_eq!(unsafe { function.call_slots(&[]) }.unwrap().as_i32(), result);
    }
    let replacement = open("int getcontext(void) { return 1; } int setcontext(void) { return 2; }", &[]);
    assert!(matches!(refused(&replacement, "getcontext"), LibraryError::ReturnsTwice { .. }));
}

#[test]
fn missing_symbols_suggest_the_nearest_name() {
    let libm = system("libm.so.6");
    for (name, expected) in
        [("pwo", Some("pow")), ("powff", Some("powf")), ("hypott", Some("hypot")), ("no_such_thing", None)]
    {
        let error = libm.symbol(name).unwrap_err();
        assert!(matches!(&error, LibraryError::NoSymbol { nearest, .. } if nearest.as_deref() == expected), "{error}");
        let hint = expected.map(|name| format!("; did you mean {name:?}?"));
        assert!(error.to_string().ends_with(&hint.unwrap_or_else(|| format!("undefined symbol: {name}"))), "{error}");
    }
    for flags in FLAGS {
        let library = open("int sqrt_of(void) { return 1; } int variable; _Thread_local int local;", flags);
        for (name, expected) in [("sqrt_fo", "sqrt_of"), ("varible", "variable"), ("locale", "local")] {
            for error in [
                library.symbol(name).unwrap_err().into(),
                library.function(name, &int()).unwrap_err(),
                library.static_(name, &Type::I32).unwrap_err(),
                library.declared(&Declaration::function(name, int())).unwrap_err(),
            ] {
                assert!(
                    matches!(&error, SymbolError::Library(LibraryError::NoSymbol { nearest: Some(near), .. }) if **near == *expected),
                    "{error}"
                );
            }
            assert!(library.optional_symbol(name).unwrap().is_none());
        }
    }
    // The process has the symbols of the libraries that it was linked with.
    let error = Library::this_process().unwrap().symbol("strlne").unwrap_err();
    assert!(matches!(&error, LibraryError::NoSymbol { nearest: Some(near), .. } if **near == *"strlen"), "{error}");
}

/// The table has several entries for a symbol with several versions.
#[test]
fn symbols_with_versions_are_functions() {
    let libc = system("libc.so.6");
    for name in ["memcpy", "fopen", "pthread_cond_wait", "posix_spawn", "realpath"] {
        assert!(libc.function(name, &int()).is_ok(), "{name}");
    }
}

#[test]
fn a_library_without_symbols_has_none() {
    let object =
        shared_object("static int hidden(void) { return 1; } __attribute__((used)) static int (*keep)(void) = hidden;");
    // SAFETY: the fixture does not have initialisers.
    let library = unsafe { Library::open(object) }.unwrap();
    assert!(matches!(library.symbol("hiden").unwrap_err(), LibraryError::NoSymbol { nearest: None, .. }));
}
