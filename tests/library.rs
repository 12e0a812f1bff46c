//! Resolving, opening, looking up and closing libraries, and their variables, against C compiled here.

#![cfg(unix)]

use std::ffi::{OsStr, OsString, c_void};
use std::fs;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use hotcall::{
    Binding, CallError, ClosedError, Error, FunctionOptions, Library, LibraryError, OpenFlags, Resolved, Signature,
    Slot, Static, StaticError, SymbolError, Type, Value, Visibility, resolve,
};
use hotcall_testing::fixture::shared_object;

fn open(source: &str) -> Library {
    // SAFETY: the fixtures' initialisers and finalisers, where they have any, touch nothing but what tests give them.
    unsafe { Library::open(shared_object(source)) }.unwrap()
}

fn int_of_nothing() -> Signature {
    Signature::new([], Type::I32).unwrap()
}

fn error_of<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("this must be an error"),
        Err(error) => error,
    }
}

/// A directory of one test, removed at its end.
struct Directory(PathBuf);

fn directory(name: &str) -> Directory {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("library-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    Directory(path.canonicalize().unwrap())
}

impl Deref for Directory {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn bare_names_are_left_to_the_loader() {
    assert_eq!(resolve("libm.so.6").unwrap(), Resolved::Searched("libm.so.6".into()));
    assert_eq!(resolve("no-such-library").unwrap().to_string(), "library no-such-library");
}

/// The path that the loader gets, and the canonical one.
fn paths(name: impl AsRef<OsStr>) -> (PathBuf, Option<PathBuf>) {
    let resolved = resolve(name).unwrap();
    let Resolved::Path(path) = resolved else { panic!("{resolved}") };
    (path.given().to_owned(), path.canonical().map(Path::to_owned))
}

#[test]
fn paths_are_made_absolute_and_canonical() {
    let directory = directory("canonical");
    let file = directory.join("file.so");
    fs::write(&file, "").unwrap();
    fs::create_dir(directory.join("inner")).unwrap();
    symlink(&file, directory.join("link.so")).unwrap();
    symlink("inner", directory.join("away")).unwrap();
    for (name, given) in [
        ("file.so", "file.so"),
        ("link.so", "link.so"),
        ("inner/../file.so", "inner/../file.so"),
        ("./inner/.././link.so", "inner/../link.so"),
        ("away/../file.so", "away/../file.so"),
        ("inner//..///file.so", "inner/../file.so"),
    ] {
        assert_eq!(paths(directory.join(name)), (directory.join(given), Some(file.clone())), "{name}");
    }
    // Tests run in the package's directory.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (given, canonical) =
        (manifest.join("tests/../Cargo.toml"), manifest.join("Cargo.toml").canonicalize().unwrap());
    assert_eq!(paths("tests/../Cargo.toml"), (given, Some(canonical)));
}

#[test]
fn names_that_cannot_be_resolved() {
    let directory = directory("unresolved");
    assert!(matches!(resolve(""), Err(LibraryError::EmptyName)));
    for name in ["a\0b", "a\0", "./a\0b"] {
        assert!(matches!(resolve(name), Err(LibraryError::NulInName { name: data }) if data == name), "{name:?}");
    }
    let missing = directory.join("missing.so");
    let error = resolve(&missing).unwrap_err();
    assert!(error.to_string().contains("missing.so"), "{error}");
    assert!(matches!(error, LibraryError::Resolve { path, source }
        if path == missing && source.kind() == std::io::ErrorKind::NotFound));
    for (name, what) in [
        (directory.to_str().unwrap(), "a directory"),
        ("/dev/null", "a device"),
        (mkfifo(&directory).to_str().unwrap(), "a pipe"),
    ] {
        let error = resolve(name).unwrap_err();
        assert_eq!(error.to_string(), format!("library {name} is {what}, not a file"));
        assert!(matches!(error, LibraryError::NotAFile { path, .. } if path == Path::new(name)));
    }
    fs::write(directory.join("file.so"), "").unwrap();
    symlink("nowhere", directory.join("broken.so")).unwrap();
    symlink("round.so", directory.join("round.so")).unwrap();
    for name in ["file.so/", "file.so/.", "file.so/../file.so", "broken.so", "round.so"] {
        assert!(matches!(resolve(directory.join(name)), Err(LibraryError::Resolve { .. })), "{name}");
    }
}

fn mkfifo(directory: &Path) -> PathBuf {
    let path = directory.join("pipe.so");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn paths_that_the_loader_expands_are_refused() {
    let directory = directory("tokens");
    for token in ["$ORIGIN", "${LIB}", "x$PLATFORM"] {
        let file = directory.join(token);
        fs::write(&file, "").unwrap();
        assert!(matches!(resolve(&file), Err(LibraryError::Rewritten { path }) if path == file), "{token}");
    }
    // The path that the loader gets counts.
    fs::create_dir(directory.join("$LIB")).unwrap();
    symlink("../$HOME", directory.join("$LIB/link.so")).unwrap();
    symlink("$ORIGIN", directory.join("plain.so")).unwrap();
    fs::write(directory.join("$HOME"), "").unwrap();
    assert!(resolve(directory.join("$HOME")).is_ok());
    assert!(matches!(resolve(directory.join("$LIB/link.so")), Err(LibraryError::Rewritten { .. })));
    assert!(resolve(directory.join("plain.so")).is_ok());
}

#[test]
fn what_was_not_resolved_is_not_opened() {
    let forged = [Resolved::Searched("./libm.so.6".into()), Resolved::Searched("".into())];
    for forged in forged {
        // SAFETY: nothing is loaded.
        let error = error_of(unsafe { Library::open_resolved(&forged, OpenFlags::default()) });
        assert!(matches!(error, LibraryError::NotResolved { library } if library == forged));
    }
    let nul = Resolved::Searched(OsString::from("a\0b"));
    // SAFETY: nothing is loaded.
    let error = error_of(unsafe { Library::open_resolved(&nul, OpenFlags::default()) });
    assert!(matches!(error, LibraryError::NulInName { .. }));
}

#[test]
fn the_loaders_refusals_are_passed_on() {
    // SAFETY: there is no such library.
    let error = error_of(unsafe { Library::open("libno-such-library.so") });
    assert!(error.to_string().contains("No such file"), "{error}");
    assert!(matches!(error, LibraryError::Load { library: Resolved::Searched(_), .. }));

    let directory = directory("refused");
    let file = directory.join("text.so");
    fs::write(&file, "this is not a library").unwrap();
    // SAFETY: the loader refuses it.
    let error = error_of(unsafe { Library::open(&file) });
    assert!(error.to_string().contains("text.so"), "{error}");
    assert!(matches!(error, LibraryError::Load { library: Resolved::Path(path), message }
        if path.given() == file && !message.is_empty()));

    // A name that is no UTF-8 reaches the loader as it is.
    // SAFETY: there is no such library.
    let error = error_of(unsafe { Library::open(OsStr::from_bytes(b"lib\xff.so")) });
    assert!(matches!(error, LibraryError::Load { .. }), "{error}");
}

#[test]
fn exactly_what_was_resolved_is_opened() {
    let object = shared_object("int answer(void) { return 42; }");
    let resolved = resolve(&object).unwrap();
    assert_eq!(paths(&object), (object.clone(), object.canonicalize().ok()));
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open_resolved(&resolved, OpenFlags::default()) }.unwrap();
    assert_eq!(*library.resolved(), resolved);
    let answer = library.function("answer", &int_of_nothing()).unwrap();
    // SAFETY: this is its signature.
    assert_eq!(unsafe { answer.call_slots(&[]) }.unwrap().as_i32(), 42);
}

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
fn symbols_that_cannot_be_had() {
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

/// Writes 1 where `watch` was told when the library is unmapped.
fn watched(name: &str) -> String {
    format!(
        "static int *flag;
         void watch(int *at) {{ flag = at; }}
         int {name}(void) {{ return 1; }}
         int variable = 1;
         __attribute__((destructor)) static void unmapped(void) {{ if (flag) *flag = 1; }}"
    )
}

fn watch(library: &Library, flag: &AtomicI32) {
    let watch = library.function("watch", &Signature::new([Type::POINTER], None).unwrap()).unwrap();
    // SAFETY: this is its signature; the tests keep the flag until the library is unmapped.
    unsafe { watch.call_slots(&[flag.as_ptr().into()]) }.unwrap();
}

fn unmapped(flag: &AtomicI32) -> bool {
    flag.load(Ordering::SeqCst) == 1
}

#[test]
fn closing_unmaps_at_once_if_nothing_is_held() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("closing_unmaps"));
    watch(&library, &flag);
    let clone = library.clone();
    assert!(!library.is_closed() && !unmapped(&flag));
    library.close();
    assert!(unmapped(&flag));
    assert!(library.is_closed() && clone.is_closed());
    library.close();
    clone.close();
}

#[test]
fn dropping_unmaps_like_closing() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("dropping_unmaps"));
    watch(&library, &flag);
    let function = library.function("dropping_unmaps", &int_of_nothing()).unwrap();
    drop(library);
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call_slots(&[]) }.unwrap().as_i32(), 1);
    assert!(!unmapped(&flag));
    drop(function);
    assert!(unmapped(&flag));
}

#[test]
fn what_is_held_keeps_the_library_mapped() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("held"));
    watch(&library, &flag);
    let function = library.function("held", &int_of_nothing()).unwrap();
    let variable = library.static_("variable", &Type::I32).unwrap();
    // SAFETY: this is its signature.
    let call = unsafe { function.prepare_slots(&[]) }.unwrap();
    library.close();
    drop(library);

    // SAFETY: this is its signature.
    let error = error_of(unsafe { function.call_slots(&[]) });
    assert!(matches!(error, CallError::Closed(ClosedError { library: Resolved::Path(_), .. })), "{error}");
    // SAFETY: it is an int.
    assert!(matches!(unsafe { variable.read_slot() }, Err(StaticError::Closed(_))));
    drop(function);
    assert!(!unmapped(&flag), "the static holds it");
    drop(variable);
    assert!(!unmapped(&flag), "the prepared call holds it");
    thread::spawn(|| call.run()).join().unwrap();
    assert!(unmapped(&flag));
}

#[test]
fn everything_fails_once_closed() {
    let library = open("int closed(void) { return 1; } int variable;");
    let function = library.function("closed", &int_of_nothing()).unwrap();
    let variable = library.static_("variable", &Type::I32).unwrap();
    library.close();
    let message = format!("{} is closed", library.resolved());
    let closed = |error: Error| error.is_closed() && error.to_string() == message;
    let options = FunctionOptions::default();
    assert!(closed(error_of(library.symbol("closed")).into()));
    assert!(closed(error_of(library.optional_symbol("closed")).into()));
    assert!(closed(error_of(library.function("closed", &int_of_nothing())).into()));
    assert!(closed(error_of(library.optional_function("absent", &int_of_nothing(), options)).into()));
    assert!(closed(error_of(library.static_("variable", &Type::I32)).into()));
    assert!(closed(error_of(library.optional_static("absent", &Type::I32)).into()));
    // SAFETY: the types are right, and nothing is called or touched.
    unsafe {
        assert!(closed(error_of(function.call_slots(&[])).into()));
        assert!(closed(error_of(function.call_slots_errno(&[])).into()));
        assert!(closed(error_of(function.call_slots_into(&[], &mut [])).into()));
        assert!(closed(error_of(function.call_slots_into_errno(&[], &mut [])).into()));
        assert!(closed(error_of(function.prepare_slots(&[])).into()));
        assert!(closed(error_of(variable.read_slot()).into()));
        assert!(closed(error_of(variable.write_slot(Slot::default())).into()));
        assert!(closed(error_of(variable.read_into(&mut [0; 4])).into()));
        assert!(closed(error_of(variable.write_from(&[0; 4])).into()));
    }
}

#[test]
fn running_calls_outlive_closing() {
    let library = open(
        "void wait_for(int *entered, int *leave) {
             __atomic_store_n(entered, 1, __ATOMIC_SEQ_CST);
             while (!__atomic_load_n(leave, __ATOMIC_SEQ_CST)) {}
         }",
    );
    let signature = Signature::new([Type::POINTER, Type::POINTER], None).unwrap();
    let function = library.function("wait_for", &signature).unwrap();
    let (entered, leave) = (AtomicI32::new(0), AtomicI32::new(0));
    thread::scope(|scope| {
        let args = [entered.as_ptr().into(), leave.as_ptr().into()];
        // SAFETY: this is its signature, and the flags outlive the scope.
        let running = scope.spawn(move || unsafe { function.call_slots(&args) });
        while entered.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        library.close();
        drop(library);
        leave.store(1, Ordering::SeqCst);
        assert_eq!(running.join().unwrap().unwrap(), Slot::default());
    });
}

#[test]
fn many_threads_call_while_one_closes() {
    for round in 0..20 {
        let flag = AtomicI32::new(0);
        let library = open(&watched("raced"));
        watch(&library, &flag);
        let function = library.function("raced", &int_of_nothing()).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                let (library, function) = (library.clone(), function.clone());
                scope.spawn(move || {
                    loop {
                        // SAFETY: this is its signature.
                        match unsafe { function.call_slots(&[]) } {
                            Ok(slot) => assert_eq!(slot.as_i32(), 1),
                            Err(CallError::Closed(_)) => break,
                            Err(other) => panic!("{other}"),
                        }
                        match library.function("raced", &int_of_nothing()) {
                            Ok(_) | Err(SymbolError::Library(LibraryError::Closed(_))) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            drop(function);
            thread::sleep(std::time::Duration::from_micros(100 * round));
            library.close();
        });
        assert!(unmapped(&flag));
    }
}

const SCALARS: &str = r#"
#include <stdbool.h>
#include <stdint.h>
int8_t i8 = -8; uint8_t u8 = 0xf8; int16_t i16 = -16; uint16_t u16 = 0xfff0; int32_t i32 = -32; uint32_t u32 = 0xffffffe0;
int64_t i64 = -64; uint64_t u64 = -64; intptr_t isize = -65; uintptr_t usize = -65; bool boolean = true;
float f32 = 1.5f; double f64 = -2.5; void *pointer = &i8;
"#;

#[test]
fn statics_of_every_scalar() {
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
fn statics_of_structs_and_arrays() {
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
