//! Real headers, as the system's preprocessor gives them. Each is read whole, and functions are called by their declarations.

use std::collections::HashSet;
use std::env;
use std::ffi::{CStr, c_char};

use hotcall::declare::Declarations;
use hotcall::{Function, Library, Slot, Symbol};
use hotcall_jit::{Jit, Options};
use hotcall_testing::fixture;

fn declarations(header: &str) -> Option<Declarations> {
    let text = fixture::preprocessed(header)?;
    Some(Declarations::from_c(&text).unwrap_or_else(|error| panic!("{header}: {error}")))
}

fn signature(declarations: &Declarations, name: &str) -> String {
    let declaration = declarations.get(name).unwrap_or_else(|error| panic!("{error}"));
    declaration.as_function().unwrap_or_else(|| panic!("{name} is no function")).signature.to_string()
}

fn function(library: &Library, declarations: &Declarations, name: &str) -> Function {
    match library.declared(declarations.get(name).unwrap()) {
        Ok(Some(Symbol::Function(function))) => function,
        other => panic!("{name}: {other:?}"),
    }
}

/// Reads a header. Checks these signatures, and that the rest cannot be used for one of these causes.
fn check(header: &str, least: usize, signatures: &[(&str, &str)], causes: &[&str]) {
    let Some(declarations) = declarations(header) else { return };
    println!("{header}: {} usable, {} not", declarations.len(), declarations.unsupported().len());
    assert!(declarations.len() >= least, "{header}: {} usable", declarations.len());
    for (name, expected) in signatures {
        assert_eq!(signature(&declarations, name), *expected, "{header}: {name}");
    }
    for (name, why) in declarations.unsupported() {
        assert!(causes.iter().any(|cause| why.contains(cause)), "{header}: {name}: {why}");
    }
}

#[test]
fn headers_of_the_standard_library_are_read() {
    let wide = ["`long double`", "wider than double"];
    check(
        "math.h",
        150,
        &[
            ("pow", "(f64, f64) -> f64"),
            ("sinf", "(f32) -> f32"),
            ("frexp", "(f64, pointer) -> f64"),
            ("ldexp", "(f64, i32) -> f64"),
            ("lround", "(f64) -> i64"),
            ("nan", "(text) -> f64"),
        ],
        &wide,
    );
    check(
        "stdlib.h",
        80,
        &[
            ("qsort", "(pointer, usize, usize, function)"),
            ("bsearch", "(pointer, pointer, usize, usize, function) -> pointer"),
            ("div", "(i32, i32) -> struct div_t"),
            ("ldiv", "(i64, i64) -> struct ldiv_t"),
            ("lldiv", "(i64, i64) -> struct lldiv_t"),
            ("strtod", "(text, pointer) -> f64"),
            ("strtoul", "(text, pointer, i32) -> u64"),
            ("malloc", "(usize) -> pointer"),
            ("atexit", "(function) -> i32"),
            ("abort", "()"),
            ("getenv", "(text) -> text"),
        ],
        &wide,
    );
    check(
        "string.h",
        30,
        &[
            ("memcpy", "(pointer, pointer, usize) -> pointer"),
            ("strlen", "(text) -> usize"),
            ("strchr", "(text, i32) -> text"),
            ("memcmp", "(pointer, pointer, usize) -> i32"),
        ],
        &[],
    );
    check(
        "stdio.h",
        60,
        &[
            ("snprintf", "(text, usize, text, ...) -> i32"),
            ("fopen", "(text, text) -> pointer"),
            ("fwrite", "(pointer, usize, usize, pointer) -> usize"),
            ("fseek", "(pointer, i64, i32) -> i32"),
            ("puts", "(text) -> i32"),
        ],
        &["va_list"],
    );
}

#[test]
fn headers_of_the_system_are_read() {
    let causes = ["`long double`", "wider than double", "va_list", "complex", "without a length"];
    for header in ["unistd.h", "time.h", "wchar.h", "pthread.h", "sys/socket.h", "sys/stat.h", "fcntl.h", "dlfcn.h"] {
        check(header, 3, &[], &causes);
    }
    check("complex.h", 0, &[], &causes);
    check("time.h", 10, &[("mktime", "(pointer) -> i64"), ("difftime", "(i64, i64) -> f64")], &causes);
}

#[test]
fn the_header_of_zlib_is_read() {
    check(
        "zlib.h",
        70,
        &[
            ("deflate", "(pointer, i32) -> i32"),
            ("deflateInit_", "(pointer, i32, text, i32) -> i32"),
            ("compress2", "(pointer, pointer, pointer, u64, i32) -> i32"),
            ("compressBound", "(u64) -> u64"),
            ("crc32", "(u64, pointer, u32) -> u64"),
            ("gzopen", "(text, text) -> pointer"),
            ("gzprintf", "(pointer, text, ...) -> i32"),
            ("inflateBack", "(pointer, function, pointer, function, pointer) -> i32"),
            ("zlibVersion", "() -> text"),
        ],
        &["va_list"],
    );
    let Some(declarations) = declarations("zlib.h") else { return };
    // SAFETY: zlib's initialisers touch only its own data.
    let library = unsafe { Library::open("libz.so.1") }.unwrap();
    let function = |name| function(&library, &declarations, name);
    let text = b"123456789";
    let arguments = [Slot::from(0_u64), Slot::from(text.as_ptr()), Slot::from(9_u32)];
    // SAFETY: the arguments are those of zlib's prototype; the text has nine bytes.
    let sum = unsafe { function("crc32").call_slots(&arguments) }.unwrap();
    assert_eq!(sum.as_u64(), 0xcbf4_3926);
    // SAFETY: any number may be asked for.
    let bound = unsafe { function("compressBound").call_slots(&[Slot::from(1000_u64)]) }.unwrap();
    assert!((1000..1100).contains(&bound.as_u64()), "{}", bound.as_u64());
}

#[test]
fn the_header_of_sqlite_is_read() {
    check(
        "sqlite3.h",
        200,
        &[
            ("sqlite3_exec", "(pointer, text, function, pointer, pointer) -> i32"),
            ("sqlite3_open_v2", "(text, pointer, i32, text) -> i32"),
            ("sqlite3_prepare_v2", "(pointer, text, i32, pointer, pointer) -> i32"),
            ("sqlite3_bind_int64", "(pointer, i32, i64) -> i32"),
            ("sqlite3_bind_text", "(pointer, i32, text, i32, function) -> i32"),
            ("sqlite3_column_double", "(pointer, i32) -> f64"),
            ("sqlite3_libversion", "() -> text"),
            ("sqlite3_mprintf", "(text, ...) -> text"),
            ("sqlite3_uri_int64", "(text, text, i64) -> i64"),
        ],
        &["va_list", "without a length"],
    );
    let Some(declarations) = declarations("sqlite3.h") else { return };
    // SAFETY: SQLite's initialisers touch only its own data.
    let library = unsafe { Library::open("libsqlite3.so.0") }.unwrap();
    let function = |name| function(&library, &declarations, name);
    // SAFETY: the function takes nothing, and returns a string that lives as long as the library.
    let version = unsafe { function("sqlite3_libversion").call_slots(&[]) }.unwrap();
    // SAFETY: the library is open.
    let version = unsafe { CStr::from_ptr(version.as_ptr::<c_char>()) }.to_str().unwrap();
    // SAFETY: the function takes nothing.
    let number = unsafe { function("sqlite3_libversion_number").call_slots(&[]) }.unwrap().as_i32();
    assert_eq!(version, format!("{}.{}.{}", number / 1_000_000, number / 1000 % 1000, number % 1000));
}

/// Real libraries need fewer trampolines than they have signatures, and far fewer than they have functions.
///
/// `HOTCALL_HEADERS` names more headers to count, and `--nocapture` shows the numbers, which docs/calls.md has.
#[test]
fn functions_share_shapes() {
    let more = env::var("HOTCALL_HEADERS").unwrap_or_default();
    for header in ["sqlite3.h", "zlib.h"].into_iter().chain(more.split_whitespace()) {
        let Some(declarations) = declarations(header) else { continue };
        let functions = declarations.iter().filter_map(|declaration| declaration.as_function());
        let signatures: Vec<_> = functions.map(|function| &function.signature).collect();
        let (jit, distinct) = (Jit::universal().unwrap(), signatures.iter().collect::<HashSet<_>>().len());
        let made: Vec<_> =
            signatures.iter().map(|signature| jit.slots(signature, Options::default()).unwrap()).collect();
        let (functions, shapes) = (made.len(), jit.stats().trampolines);
        println!("{header}: {functions} functions, {distinct} signatures, {shapes} shapes");
        assert!(shapes * 2 < functions && shapes < distinct, "{header}");
    }
}
