//! All symbols of a library at once, and the lazy functions among them.

use std::sync::{Arc, Barrier};
use std::thread;

use hotcall::declare::{Declaration, DeclarationError, Declarations};
use hotcall::{
    CallError, CompileError, Function, FunctionError, FunctionOptions, Library, LibraryError, Signature, Slot,
    StaticError, Symbol, SymbolError, Symbols, Type, Value,
};
use hotcall_jit::{Jit, Stats};
use hotcall_testing::alone::alone;
use hotcall_testing::fixture;

const SOURCE: &str = r#"
#include <errno.h>
#include <stdint.h>
struct pair { int64_t a; double b; };
struct big { int64_t a[5]; };
int32_t add(int32_t a, int32_t b) { return a + b; }
int32_t set_errno(int32_t to) { errno = to; return to + 1; }
double scale(double x, int8_t by) { return x * by; }
struct pair twist(struct pair p) { return (struct pair){(int64_t)p.b, (double)p.a}; }
struct big fill(int64_t with) { return (struct big){{with, with + 1, with + 2, with + 3, with + 4}}; }
int16_t number = -7;
struct pair point = {3, 4.5};
__asm__(".globl nowhere\n.set nowhere, 0");
"#;

fn open() -> Library {
    // SAFETY: the fixture has no initialisers.
    unsafe { Library::open(fixture::shared_object(SOURCE)) }.unwrap()
}

fn signature<const N: usize>(params: [Type; N], result: impl Into<Option<Type>>) -> Signature {
    Signature::new(params, result).unwrap()
}

fn pair() -> Type {
    Type::structure([("a", Type::I64), ("b", Type::F64)]).unwrap()
}

fn big() -> Type {
    Type::structure([("a", Type::array(Type::I64, 5).unwrap())]).unwrap()
}

fn add() -> Declaration {
    Declaration::function("add", signature([Type::I32, Type::I32], Type::I32))
}

fn all() -> Declarations {
    declarations([
        Declaration::static_("point", pair()),
        Declaration::function("scale", signature([Type::F64, Type::I8], Type::F64)),
        add(),
        Declaration::function("no_such_function", signature([], None)).optional(),
        Declaration::function("twist", signature([pair()], pair())),
        Declaration::static_("alias", Type::I16).symbol("number"),
        Declaration::static_("no_such_static", big()).optional(),
        Declaration::function("set_errno", signature([Type::I32], Type::I32)).capture_errno(),
        Declaration::function("fill", signature([Type::I64], big())),
        Declaration::function("Add", signature([Type::I32, Type::I32], Type::I32)).symbol("add").optional(),
    ])
}

fn declarations(all: impl IntoIterator<Item = Declaration>) -> Declarations {
    let mut declarations = Declarations::new();
    declarations.try_extend(all).unwrap();
    declarations
}

fn function<'s>(symbols: &'s Symbols, key: &str) -> &'s Function {
    match symbols.get(key) {
        Ok(Some(Symbol::Function(function))) => function,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn each_key_has_what_it_declares() {
    let (library, declarations) = (open(), all());
    let symbols = library.symbols(&declarations).unwrap();
    let kinds: Vec<_> = symbols
        .iter()
        .map(|(key, symbol)| {
            let function =
                symbol.and_then(Symbol::as_function).map(|function| ("function", function.name().to_owned()));
            let variable = symbol.and_then(Symbol::as_static).map(|variable| ("static", variable.name().to_owned()));
            (key, function.or(variable))
        })
        .collect();
    let function = |name: &str| Some(("function", name.to_owned()));
    let variable = |name: &str| Some(("static", name.to_owned()));
    let expected = [
        ("Add", function("add")),
        ("add", function("add")),
        ("alias", variable("number")),
        ("fill", function("fill")),
        ("no_such_function", None),
        ("no_such_static", None),
        ("point", variable("point")),
        ("scale", function("scale")),
        ("set_errno", function("set_errno")),
        ("twist", function("twist")),
    ];
    assert_eq!(kinds, expected, "in the order of the keys");
    assert_eq!((symbols.len(), symbols.iter().len(), symbols.is_empty()), (10, 10, false));
    for (key, symbol) in symbols.iter() {
        assert_eq!(symbols.get(key).unwrap().is_some(), symbol.is_some());
    }
    assert!(format!("{symbols:?}").contains("\"no_such_static\": None"));
    let error = symbols.get("absent").unwrap_err();
    assert!(matches!(&error, DeclarationError::Missing { key } if **key == *"absent"));
    // The name of a symbol is not a key.
    assert!(matches!(symbols.get("number"), Err(DeclarationError::Missing { .. })));
    let nothing = library.symbols(&Declarations::new()).unwrap();
    assert!(nothing.is_empty() && nothing.get("add").is_err());
    nothing.compile().unwrap();
}

#[test]
fn each_can_be_used() {
    let symbols = open().symbols(&all()).unwrap();
    let pair = [5i64.to_le_bytes(), 6.0f64.to_le_bytes()].concat();
    for compiled in [false, true] {
        if compiled {
            symbols.compile().unwrap();
        }
        let function = |key| function(&symbols, key);
        let (mut twisted, mut filled) = ([0; 16], [0; 40]);
        // SAFETY: these are the functions' signatures.
        unsafe {
            assert_eq!(function("add").call_slots(&[40.into(), 2.into()]).unwrap().as_i32(), 42);
            assert_eq!(function("Add").call_slots(&[(-1).into(), 2.into()]).unwrap().as_i32(), 1);
            assert_eq!(function("scale").call_slots(&[1.5.into(), (-3i8).into()]).unwrap().as_f64(), -4.5);
            let twist = function("twist");
            twist.call_slots_into(&[twist.aggregate(0, &pair).unwrap()], &mut twisted).unwrap();
            function("fill").call_slots_into(&[7i64.into()], &mut filled).unwrap();
        }
        assert_eq!(twisted[..], [6i64.to_le_bytes(), 5.0f64.to_le_bytes()].concat());
        assert_eq!(filled[..], [7i64, 8, 9, 10, 11].map(i64::to_le_bytes).concat());
    }
    let Some(Symbol::Static(number)) = symbols.get("alias").unwrap() else { panic!("number is a static") };
    let Some(Symbol::Static(point)) = symbols.get("point").unwrap() else { panic!("point is a static") };
    let mut bytes = [0; 16];
    // SAFETY: these are the variables' types.
    unsafe {
        assert_eq!(number.read_slot().unwrap().as_i16(), -7);
        point.read_into(&mut bytes).unwrap();
    }
    assert_eq!(bytes[..], [3i64.to_le_bytes(), 4.5f64.to_le_bytes()].concat());
}

/// Every error says which symbol it is about.
#[test]
fn errors_name_the_symbol() {
    let library = open();
    let refused = |declaration: Declaration| {
        // The first missing one, in the order of the declarations.
        let last = Declaration::function("aaa_no_such", signature([], None));
        library.symbols(&declarations([add(), declaration, last])).unwrap_err()
    };
    let nothing = || signature([], None);
    let missing = refused(Declaration::function("key", nothing()).symbol("no_such"));
    assert!(matches!(&missing, SymbolError::Library(LibraryError::NoSymbol { symbol, .. }) if **symbol == *"no_such"));
    assert!(missing.to_string().contains("no_such"));
    let missing = refused(Declaration::static_("key", Type::I32).symbol("no_such"));
    assert!(matches!(&missing, SymbolError::Library(LibraryError::NoSymbol { symbol, .. }) if **symbol == *"no_such"));
    let null = refused(Declaration::function("nowhere", nothing()).optional());
    assert!(matches!(&null, SymbolError::Library(LibraryError::NullSymbol { symbol, .. }) if **symbol == *"nowhere"));
    let zero = refused(Declaration::function("zero\0byte", nothing()).optional());
    assert!(
        matches!(&zero, SymbolError::Library(LibraryError::NulInSymbol { symbol, .. }) if **symbol == *"zero\0byte")
    );
    let huge = Type::array(Type::array(Type::U64, 1 << 13).unwrap(), 2).unwrap();
    let layout = refused(Declaration::static_("key", huge).symbol("number"));
    assert!(matches!(&layout, SymbolError::Layout { name, .. } if **name == *"number"));
    // A function that cannot be called is an error, although nothing is compiled.
    let large = Type::structure([Type::array(Type::U64, 1 << 13).unwrap()]).unwrap();
    let compile =
        refused(Declaration::function("key", signature([large.clone(), large.clone(), large], None)).symbol("add"));
    assert!(
        matches!(&compile, SymbolError::Function(FunctionError::Compile(CompileError { function, .. })) if **function == *"add"),
        "{compile}"
    );
    assert!(compile.to_string().contains("add"));
}

#[test]
#[cfg(feature = "c-text")]
fn what_cannot_be_used_is_an_error_of_its_own() {
    let declared = "int add(int, int); int add_long_doubles(long double, long double); extern long double wide;";
    let symbols = open().symbols(&Declarations::from_c(declared).unwrap()).unwrap();
    assert_eq!(symbols.len(), 1);
    function(&symbols, "add");
    for key in ["add_long_doubles", "wide"] {
        let error = symbols.get(key).unwrap_err();
        let DeclarationError::Unsupported { symbol, reason } = &error else { panic!("{error}") };
        assert!(**symbol == *key && reason.contains("long double"), "{error}");
    }
}

/// A header of the system may declare functions that return twice. Its other functions stay usable.
#[test]
#[cfg(target_env = "gnu")]
fn functions_that_return_twice_are_errors_of_their_own() {
    let vfork = Declaration::function("vfork", signature([], Type::I32));
    let symbols = open().symbols(&declarations([add(), vfork])).unwrap();
    assert_eq!(symbols.get("vfork").unwrap_err().to_string(), "`vfork` cannot be used: it returns twice");
    assert!(symbols.get("add").unwrap().is_some());
    assert_eq!(symbols.len(), 1);
}

#[test]
fn closing_ends_calls_but_not_what_is_prepared() {
    let library = open();
    let symbols = library.symbols(&all()).unwrap();
    let (add, set_errno) = (function(&symbols, "add"), function(&symbols, "set_errno"));
    // SAFETY: these are the functions' signatures.
    let (sum, errno) = unsafe { (add.prepare_slots(&[1.into(), 2.into()]), set_errno.prepare_slots(&[5.into()])) };
    let (sum, errno) = (sum.unwrap(), errno.unwrap());
    library.close();
    assert!(matches!(library.symbols(&all()), Err(SymbolError::Library(LibraryError::Closed(_)))));
    // Found symbols are still there, and refuse to work.
    for key in ["add", "scale", "fill"] {
        let function = function(&symbols, key);
        let args = vec![Slot::default(); function.signature().params().len()];
        // SAFETY: nothing is called.
        unsafe {
            assert!(matches!(function.call_slots(&args), Err(CallError::Closed(_))), "{key}");
            assert!(matches!(function.call_slots_errno(&args), Err(CallError::Closed(_))), "{key}");
            assert!(matches!(function.prepare_slots(&args), Err(CallError::Closed(_))), "{key}");
        }
    }
    let Some(Symbol::Static(number)) = symbols.get("alias").unwrap() else { panic!("number is a static") };
    // SAFETY: this is its type.
    assert!(matches!(unsafe { number.read_slot() }, Err(StaticError::Closed(_))));
    symbols.compile().unwrap();
    drop(symbols);
    assert_eq!(sum.run().value, Value::I32(3));
    let outcome = errno.run();
    assert_eq!((outcome.value, outcome.errno), (Value::I32(6), Some(5)));
}

fn stats() -> Stats {
    Jit::shared().unwrap().stats()
}

/// The largest number of calls of a signature before it is compiled.
const FIRST_CALLS: i32 = 10_000;

/// Counts of the functions in code memory. Each test runs first in a process of its own.
#[cfg(feature = "jit")]
mod compiled {
    use super::*;

    fn functions() -> usize {
        stats().functions
    }

    #[test]
    fn nothing_is_compiled_before_it_pays() {
        alone(|| {
            let symbols = open().symbols(&all()).unwrap();
            assert_eq!(stats(), Stats::default());
            let add = function(&symbols, "add");
            // SAFETY: this is its signature.
            let call = |n: i32| assert_eq!(unsafe { add.call_slots(&[n.into(), 1.into()]) }.unwrap().as_i32(), n + 1);
            (0..100).for_each(call);
            assert_eq!(stats(), Stats::default());
            (0..FIRST_CALLS).for_each(call);
            assert_eq!(functions(), 1);
            drop(symbols);
            assert_eq!(functions(), 0);
        });
    }

    #[test]
    fn everything_is_compiled_on_request() {
        alone(|| {
            let library = open();
            let symbols = library.symbols(&all()).unwrap();
            symbols.compile().unwrap();
            // Five signatures, no two of one shape; errno takes code of its own.
            assert_eq!((stats().trampolines, functions()), (6, 6));
            symbols.compile().unwrap();
            let again = library.symbols(&all()).unwrap();
            again.compile().unwrap();
            assert_eq!(functions(), 6);
            drop(symbols);
            assert_eq!(functions(), 6);
            drop(again);
            assert_eq!(functions(), 0);
        });
    }

    #[test]
    fn what_needs_code_compiles_it() {
        alone(|| {
            let library = open();
            let fresh = || library.symbols(&all()).unwrap();
            let args = [Slot::from(1), Slot::from(2)];
            let check = |what: &str, act: fn(&Function, &[Slot])| {
                let symbols = fresh();
                assert_eq!(functions(), 0, "{what}");
                act(function(&symbols, "add"), &args);
                assert_eq!(functions(), 1, "{what}");
            };
            check("compile", |add, _| add.compile().unwrap());
            check("entry", |add, _| {
                let entry = add.entry().unwrap();
                assert_eq!(entry as usize, add.entry().unwrap() as usize);
                assert_eq!(entry as usize, add.clone().entry().unwrap() as usize);
            });
            check("entry_with_errno", |add, _| _ = add.entry_with_errno().unwrap());
            // SAFETY: these are add's signature, and as many arguments.
            unsafe {
                check("call_errno", |add, args| assert_eq!(add.call_slots_errno(args).unwrap().0.as_i32(), 3));
                check("prepare", |add, args| assert_eq!(add.prepare_slots(args).unwrap().run().value, Value::I32(3)));
                check("call_unchecked", |add, args| {
                    let mut result = Slot::default();
                    add.call_unchecked(args.as_ptr(), &mut result);
                    assert_eq!(result.as_i32(), 3);
                });
            }
        });
    }

    #[test]
    fn several_threads_compile_once() {
        alone(|| {
            let object = fixture::shared_object(SOURCE);
            // SAFETY: the fixture has no initialisers.
            let library = unsafe { Library::open(object) }.unwrap();
            // In this convention a function may be called with more arguments than it has.
            let shapes = (0..300).map(|number: usize| {
                let ints = vec![Type::I64; number % 20];
                let params = ints.into_iter().chain(vec![Type::F64; number / 20]).collect::<Vec<_>>();
                Declaration::function(format!("key{number}"), Signature::new(params, Type::I32).unwrap()).symbol("add")
            });
            let symbols = library.symbols(&declarations(shapes)).unwrap();
            thread::scope(|scope| {
                (0..4).for_each(|_| _ = scope.spawn(|| symbols.compile().unwrap()));
            });
            assert_eq!((stats().trampolines, functions()), (300, 300));
            let sum = function(&symbols, "key2");
            // SAFETY: in this convention `add` may be called with more arguments than it has.
            assert_eq!(unsafe { sum.call_slots(&[1i64.into(), 2i64.into()]) }.unwrap().as_i32(), 3);
        });
    }
}

/// Threads call it also while one of them compiles it.
#[test]
fn many_threads_call_a_lazy_function() {
    alone(|| {
        const THREADS: i32 = 16;
        const CALLS: i32 = FIRST_CALLS / 4;
        let symbols = Arc::new(open().symbols(&all()).unwrap());
        let start = Barrier::new(THREADS as usize);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (symbols, start) = (&symbols, &start);
                scope.spawn(move || {
                    // Some have a function of their own, which shares code with the others'.
                    let own = function(symbols, "add").clone();
                    let add = if thread % 2 == 0 { &own } else { function(symbols, "add") };
                    let fill = function(symbols, "fill");
                    start.wait();
                    for n in 0..CALLS {
                        let args = [Slot::from(thread), Slot::from(n)];
                        let mut filled = [0; 40];
                        // SAFETY: these are the functions' signatures.
                        let (sum, with_errno) = unsafe {
                            fill.call_slots_into(&[i64::from(n).into()], &mut filled).unwrap();
                            (add.call_slots(&args).unwrap(), add.call_slots_errno(&args).unwrap())
                        };
                        assert_eq!((sum.as_i32(), with_errno.0.as_i32()), (thread + n, thread + n));
                        assert_eq!(filled[..8], i64::from(n).to_le_bytes());
                        assert_eq!(filled[32..], i64::from(n + 4).to_le_bytes());
                    }
                });
            }
        });
        // `add` with and without errno, and `fill`; universal ones count as shapes.
        assert_eq!(stats().trampolines, 3);
        assert_eq!(stats().functions, if cfg!(feature = "jit") { 3 } else { 0 });
    });
}

#[test]
fn lazy_functions_keep_their_options() {
    let library = open();
    let options = FunctionOptions::new().capture_errno(true).lazy(true);
    let set_errno = library.function_with("set_errno", &signature([Type::I32], Type::I32), options).unwrap();
    assert!(set_errno.captures_errno());
    // SAFETY: this is its signature.
    unsafe {
        assert_eq!(set_errno.call_slots(&[1.into()]).unwrap().as_i32(), 2);
        assert_eq!(
            set_errno.call_slots_errno(&[3.into()]).map(|(result, errno)| (result.as_i32(), errno)).unwrap(),
            (4, 3)
        );
        assert_eq!(set_errno.prepare_slots(&[4.into()]).unwrap().run().errno, Some(4));
    }
}
