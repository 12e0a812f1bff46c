//! V8's ordinary callback, in a [machine](crate::v8_machine) with V8's values.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::fs;
use std::rc::Rc;

use hotcall::engine::v8::{CallbackLayout, Generation, Roots};
use hotcall::engine::{Object, Realm, Record, Site, Words};
use hotcall::{Call, Callback, Library, LocalCallback, LocalOptions, Thunk};
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;

use crate::destinations::SIZES;
use crate::languages::function;
use crate::v8_machine::{DETACHED, FORBIDDEN, Isolate, RESIZABLE, SHARED, V8, VERSIONS, Version, Word, handle, smi};
use crate::world::fixture;

/// A realm of an isolate, whose functions are compiled or not.
struct Machine {
    isolate: Rc<Isolate>,
    realm: Realm<V8>,
    is_compiled: bool,
}

/// Runs a test in all versions, with functions that are compiled and with such that are not.
fn each(test: impl Fn(&Machine)) {
    for version in VERSIONS {
        for after in [0, u32::MAX] {
            let isolate = Isolate::new(version);
            let realm = V8::realm(&isolate);
            realm.compile_policy().set_after(after);
            test(&Machine { isolate, realm, is_compiled: after == 0 && cfg!(feature = "jit") });
        }
    }
}

impl Machine {
    fn record(&self, symbol: &str, signature: &str) -> Record {
        let function = fixture().function(symbol, &notation::signature(signature)).unwrap();
        // SAFETY: the tests pass what the functions take.
        unsafe { self.realm.record(&function) }.unwrap()
    }

    /// Makes a record of a function that does not call script back.
    fn quiet(&self, symbol: &str, signature: &str) -> Record {
        let function = fixture().function(symbol, &notation::signature(signature)).unwrap();
        // SAFETY: the tests pass what the functions take, which do not call script.
        unsafe { self.realm.without_callbacks().record(&function) }.unwrap()
    }

    /// The result of a call, or the message of its exception.
    fn call(&self, record: &Record, args: &[Word]) -> String {
        self.isolate.call(record, args).map_or_else(|message| message, |word| self.isolate.show(word))
    }

    /// Calls a function of one parameter with each of the values, and compares results. Errors are the ends of messages. Code
    /// answers those of the first group by itself, if there is code.
    #[track_caller]
    fn check(&self, symbol: &str, ty: &str, by_code: &[(Word, &str)], others: &[(Word, &str)]) {
        let record = self.record(symbol, &format!("({ty}) -> {ty}"));
        let version = self.isolate.version.name;
        for (index, &(word, expected)) in by_code.iter().enumerate() {
            assert_eq!(self.call(&record, &[word]), expected, "{version} {symbol} {index}");
        }
        let interpreted = if self.is_compiled { 0 } else { by_code.len() as u64 };
        assert_eq!(record.interpreted_calls(), interpreted, "{version} {symbol}");
        assert_eq!(self.isolate.viewed.get(), 0, "{version} {symbol}");
        for (index, &(word, expected)) in others.iter().enumerate() {
            let seen = self.call(&record, &[word]);
            assert!(seen.ends_with(expected), "{version} {symbol} {index}: {seen} instead of {expected}");
        }
        assert_eq!(record.calls(), (by_code.len() + others.len()) as u64);
        self.isolate.viewed.set(0);
    }
}

#[test]
fn numbers_come_as_words_and_as_objects() {
    each(|machine| {
        let isolate = &*machine.isolate;
        let double = |number| isolate.double(number);
        let big = |is_negative, digits: &[u64]| isolate.big_int(is_negative, digits);
        let (text, null, yes) = (isolate.text(), isolate.null, isolate.yes);
        machine.check(
            "id_i8",
            "i8",
            &[(smi(127), "127.0"), (smi(-128), "-128.0"), (double(-3.0), "-3.0"), (double(-0.0), "0.0")],
            &[
                (smi(128), "argument 1 (i8): 128 is out of range"),
                (double(1.5), "argument 1 (i8): 1.5 is not an integer"),
                (double(f64::NAN), "NaN is not an integer"),
                (big(false, &[1]), "expected an integer, not a BigInt"),
                (text, "expected an integer, not a string"),
                (null, "expected an integer, not null"),
                (yes, "expected an integer, not a boolean"),
                (isolate.undefined, "expected an integer, not undefined"),
            ],
        );
        machine.check(
            "id_u32",
            "u32",
            &[
                (smi(5), "5.0"),
                (smi(i32::MAX), "2147483647.0"),
                (double(2_147_483_648.0), "2147483648.0"),
                (double(4_294_967_295.0), "4294967295.0"),
            ],
            &[(smi(-1), "-1 is out of range"), (double(4_294_967_296.0), "4294967296 is out of range")],
        );
        machine.check(
            "id_f64",
            "f64",
            &[
                (smi(-7), "-7.0"),
                (double(1.5), "1.5"),
                (double(-0.0), "-0.0"),
                (double(1e300), "1e300"),
                (double(f64::INFINITY), "inf"),
                (double(f64::NAN), "NaN"),
            ],
            &[(big(false, &[1]), "expected a number, not a BigInt"), (isolate.no, "expected a number, not a boolean")],
        );
        machine.check(
            "id_f32",
            "f32",
            &[(smi(16_777_217), "16777216.0"), (double(0.1), "0.10000000149011612"), (double(0.0), "0.0")],
            // A denormal `float`.
            &[(double(1e-40), "9.99994610111476e-41"), (text, "expected a number, not a string")],
        );
        machine.check(
            "id_i64",
            "i64",
            &[
                (smi(-1), "18446744073709551615n"),
                (double(9_007_199_254_740_992.0), "9007199254740992n"),
                (big(false, &[]), "0n"),
                (big(true, &[5]), "18446744073709551611n"),
                // The low 64 bits of longer ones, which a negative sign changes too.
                (big(false, &[3, 1]), "3n"),
                (big(true, &[3, 1]), "18446744073709551613n"),
                (big(true, &[0, 1]), "0n"),
                (big(false, &[u64::MAX]), "18446744073709551615n"),
            ],
            &[(double(0.5), "0.5 is not an integer"), (text, "expected an integer or a BigInt, not a string")],
        );
        machine.check(
            "id_u64",
            "u64",
            &[
                (smi(0), "0n"),
                (big(false, &[u64::MAX, 7]), "18446744073709551615n"),
                (big(true, &[1]), "18446744073709551615n"),
            ],
            &[(smi(-1), "-1 is out of range"), (double(9_223_372_036_854_775_808.0), "9223372036854775808n")],
        );
        machine.check(
            "id_bool",
            "bool",
            &[(isolate.yes, "true"), (isolate.no, "false")],
            &[(smi(1), "expected a boolean, not a number"), (null, "not null"), (isolate.undefined, "not undefined")],
        );
        machine.check(
            "id_pointer",
            "pointer",
            &[(null, "null"), (isolate.external(0x1234), "0x1234")],
            &[
                (isolate.array(&[1]), "expected null or a pointer, not a buffer"),
                (isolate.undefined, "expected null or a pointer, not undefined"),
                (smi(0), "expected null or a pointer, not a number"),
            ],
        );
    });
}

#[test]
fn results_are_made_by_v8s_functions() {
    each(|machine| {
        let isolate = &*machine.isolate;
        // The number of values that V8's functions make for a result, if there is code. The engine makes them otherwise.
        let check = |symbol, signature, arg: Word, expected: &str, made: u32| {
            let record = machine.record(symbol, signature);
            assert_eq!(machine.call(&record, &[arg]), expected, "{symbol}");
            let (by_v8, by_engine) = if machine.is_compiled { (made, 0) } else { (0, made) };
            assert_eq!((isolate.new.take(), isolate.made.take()), (by_v8, by_engine), "{symbol}");
        };
        check("id_i32", "(i32) -> i32", smi(i32::MIN), "-2147483648.0", 0);
        check("id_u32", "(u32) -> u32", smi(i32::MAX), "2147483647.0", 0);
        check("id_u32", "(u32) -> u32", isolate.double(2_147_483_648.0), "2147483648.0", 1);
        check("id_f64", "(f64) -> f64", smi(3), "3.0", 1);
        check("id_f32", "(f32) -> f32", isolate.double(1.5), "1.5", 1);
        check("id_i64", "(i64) -> i64", smi(3), "3n", 1);
        check("id_u64", "(u64) -> u64", smi(3), "3n", 1);
        check("id_pointer", "(pointer) -> pointer", isolate.external(8), "0x8", 1);
        check("id_pointer", "(pointer) -> pointer", isolate.null, "null", 0);
        check(
            "id_pointer",
            "(pointer) -> pointer",
            isolate.external(FORBIDDEN as u64),
            "no external",
            u32::from(!machine.is_compiled),
        );
        check("wide_bool", "(bool) -> bool", isolate.yes, "true", 0);
        check("count_up", "()", smi(1), "undefined", 0);
        // A whole double is a small integer in V8, and -0 is not.
        let identity = machine.record("id_f64", "(f64) -> f64");
        assert_eq!(isolate.call(&identity, &[isolate.double(2.0)]), Ok(smi(2)));
        assert_ne!(isolate.call(&identity, &[isolate.double(-0.0)]), Ok(smi(0)));
    });
}

#[test]
fn missing_arguments_are_undefined_and_extra_ones_are_ignored() {
    each(|machine| {
        let record = machine.record("make_s8", "(i32, i16, u8, u8) -> struct {i32, i16, u8, u8}");
        let message = |args: &[Word]| machine.call(&record, args);
        for count in 0..4 {
            let expected = format!(
                "cannot call \"make_s8\": argument {} ({}): expected an integer, not undefined",
                count + 1,
                ["i32", "i16", "u8", "u8"][count]
            );
            assert_eq!(message(&[smi(1); 4][..count]), expected);
        }
        for count in 4..8 {
            assert!(message(&[smi(1); 8][..count]).starts_with("Bytes"));
        }
        let buffer = machine.record("text_length", "(text) -> usize");
        assert!(machine.call(&buffer, &[]).ends_with("expected null, a buffer or a pointer, not undefined"));
    });
}

#[test]
fn structs_come_from_all_kinds_of_bytes() {
    each(|machine| {
        let isolate = &*machine.isolate;
        let bytes: Vec<u8> = (1..=25).collect();
        let values = [
            isolate.array(&bytes[1..4]),
            isolate.small_array(&bytes[1..25]),
            isolate.data_view(&bytes[1..9]),
            isolate.buffer(bytes[1..5].to_vec().leak(), 0),
            isolate.buffer(bytes[1..5].to_vec().leak(), SHARED),
            isolate.array_of(bytes[1..5].to_vec().leak(), SHARED),
        ];
        for record in [
            machine.record("id_s3", "(struct {u8[3]}) -> struct {u8[3]}"),
            machine.quiet("id_s3", "(struct {u8[3]}) -> struct {u8[3]}"),
        ] {
            for value in values {
                let result = isolate.call(&record, &[value]).unwrap();
                assert_eq!(isolate.bytes(result), [2, 3, 4]);
            }
            assert_eq!(record.interpreted_calls(), if machine.is_compiled { 0 } else { 6 });
            assert_eq!(isolate.viewed.get(), 0);
            // Others ask the engine.
            let resizable = isolate.buffer(bytes[1..5].to_vec().leak(), RESIZABLE);
            let result = isolate.call(&record, &[resizable]).unwrap();
            assert_eq!((isolate.bytes(result), isolate.viewed.take()), (vec![2, 3, 4], 1));
            let short = isolate.array(&bytes[..2]);
            assert!(machine.call(&record, &[short]).ends_with("2 bytes are too few: it has 3"));
            let detached = isolate.array_of(bytes[1..5].to_vec().leak(), DETACHED);
            assert!(machine.call(&record, &[detached]).ends_with("expected a buffer, not a detached buffer"));
            let detached = isolate.buffer(bytes[1..5].to_vec().leak(), DETACHED);
            assert!(machine.call(&record, &[detached]).ends_with("expected a buffer, not a detached buffer"));
            assert!(machine.call(&record, &[isolate.null]).ends_with("expected a buffer, not null"));
            isolate.viewed.set(0);
        }
    });
}

#[test]
fn buffers_of_functions_that_may_call_back_are_pinned_by_the_engine() {
    each(|machine| {
        let isolate = &*machine.isolate;
        let signature = "(buffer, usize) -> u64";
        let [careful, quiet] = [machine.record("read_le", signature), machine.quiet("read_le", signature)];
        let values = [
            (isolate.array(&[5, 6]), 0),
            // C never gets an address in V8's heap.
            (isolate.small_array(&[5, 6]), 1),
            (isolate.data_view(&[5, 6]), 0),
            (isolate.buffer(vec![5, 6].leak(), 0), 0),
        ];
        for (value, views) in values {
            assert_eq!(machine.call(&quiet, &[value, smi(2)]), "1541n");
            assert_eq!((isolate.viewed.take(), isolate.pinned.take()), (views, 0));
            assert_eq!(machine.call(&careful, &[value, smi(2)]), "1541n");
            assert_eq!((isolate.viewed.take(), isolate.pinned.take()), (1, 1));
            assert!(isolate.pins.borrow().is_empty());
        }
        // What helpers convert for other functions is not pinned.
        let resizable = isolate.buffer(vec![5, 6].leak(), RESIZABLE);
        assert_eq!(machine.call(&quiet, &[resizable, smi(2)]), "1541n");
        assert_eq!((isolate.viewed.take(), isolate.pinned.take()), (1, 0));
        let len = machine.quiet("text_length", "(text) -> usize");
        assert_eq!(machine.call(&len, &[isolate.null]), format!("{}n", u64::MAX));
        assert_eq!(machine.call(&len, &[isolate.array(b"four\0")]), "4n");
        assert_eq!(isolate.viewed.get(), 0);
        assert_eq!(machine.call(&len, &[isolate.small_array(b"four\0")]), "4n");
        assert_eq!(isolate.viewed.get(), 1);
    });
}

#[test]
fn bytes_in_the_heap_are_found_again_when_the_engine_has_moved_them() {
    each(|machine| {
        let isolate = &*machine.isolate;
        let small = isolate.small_array(&[1, 2, 3, 4, 5, 6, 7, 8]);
        isolate.moving.set(Some(small));
        let resizable = isolate.array_of(vec![40].leak(), 0);
        let other = isolate.buffer(vec![30].leak(), RESIZABLE);
        let record = machine.quiet("both", "(buffer, struct {i32, i16, u8, u8}, i32) -> u8");
        // The last one settles the small array.
        for (first, expected) in [(resizable, 40 + 7), (other, 30 + 7), (small, 1 + 7)] {
            assert_eq!(machine.call(&record, &[first, small, smi(0)]), format!("{expected}.0"));
        }
        let two = machine.quiet("two", "(buffer, buffer, i32) -> u64");
        for in_front in [true, false] {
            let small = isolate.small_array(&[1, 2, 3, 4, 5, 6, 7, 8]);
            isolate.moving.set(Some(small));
            let (a, b) = if in_front { (small, other) } else { (other, small) };
            let expected = machine.call(&two, &[a, b, smi(0)]);
            isolate.moving.set(None);
            let (a, b) = (isolate.array(&isolate.bytes(a)), isolate.array(&isolate.bytes(b)));
            assert_eq!(machine.call(&two, &[a, b, smi(0)]), expected);
        }
        assert!(isolate.viewed.get() > 0);
    });
}

#[test]
fn results_are_written_into_buffers() {
    each(|machine| {
        let isolate = &*machine.isolate;
        for (address, size) in SIZES.into_iter().step_by(7) {
            let signature = notation::signature(&format!("(u8) -> struct {{u8[{size}]}}"));
            let function = function("bytes", address, &signature);
            for realm in [machine.realm.clone(), machine.realm.without_callbacks()] {
                // SAFETY: the function takes any number, and does not call script.
                let record = unsafe { realm.record_into(&function) }.unwrap();
                let size = size as usize;
                let made = |len: usize| {
                    [
                        isolate.small_array(&vec![0xee; len]),
                        isolate.array(&vec![0xee; len]),
                        isolate.data_view(&vec![0xee; len]),
                    ]
                };
                for to in made(size + 1) {
                    assert_eq!(isolate.call(&record, &[smi(50), to]), Ok(isolate.undefined));
                    let written: Vec<u8> = (50..50 + size as u8).chain([0xee]).collect();
                    assert_eq!(isolate.bytes(to), written);
                }
                let short = made(size - 1)[0];
                let few = format!("{} bytes are too few: it has {size}", size - 1);
                assert!(machine.call(&record, &[smi(50), short]).ends_with(&few));
                assert!(machine.call(&record, &[smi(50)]).ends_with("expected a buffer, not undefined"));
            }
        }
        assert!(isolate.pins.borrow().is_empty());
    });
}

/// A callback of the signature `(i32) -> i32`, which a function of Rust answers.
fn callback(machine: &Machine, answer: impl Fn(&[Words]) -> Result<Words, String> + 'static) -> LocalCallback {
    let signature = notation::signature("(i32) -> i32");
    let (realm, isolate) = (machine.realm.clone(), Rc::as_ptr(&machine.isolate));
    let thunk = Thunk::new(&signature).unwrap();
    let run = move |call: &mut Call<'_>| {
        let site = Site::new(isolate.cast_mut().cast::<c_void>());
        // SAFETY: the call is one of a callback of this signature, and the values are the isolate's.
        unsafe { realm.answer(site, &signature, call, &answer) };
    };
    Callback::local(&thunk, LocalOptions::default(), Err, run).unwrap()
}

#[test]
fn callbacks_get_and_return_handles() {
    each(|machine| {
        let isolate = Rc::clone(&machine.isolate);
        let seen = Rc::new(RefCell::new(vec![]));
        let log = Rc::clone(&seen);
        let twice = callback(machine, move |args: &[Words]| {
            // SAFETY: arguments are handles.
            let word = Word(unsafe { *std::ptr::with_exposed_provenance::<u64>(args[0][0] as usize) });
            log.borrow_mut().push(isolate.show(word));
            let number = (word.0 >> 32) as i32;
            match number {
                13 => Err("unlucky".into()),
                // A number of script may be an object.
                12 => Ok([handle(isolate.double(24.0)), 0]),
                11 => Ok([handle(isolate.text()), 0]),
                _ => Ok([handle(smi(number * 2)), 0]),
            }
        });
        let f = machine.isolate.external(twice.as_ptr().expose_provenance() as u64);
        let record = machine.record("call_both", "(function, function, i32) -> i32");
        let call = |n| machine.call(&record, &[f, f, smi(n)]);
        assert_eq!(call(4), "808.0");
        assert_eq!(call(12), "2424.0");
        assert_eq!(seen.take(), ["4.0", "4.0", "12.0", "12.0"]);
        // The second one is not called.
        assert_eq!(call(13), "unlucky");
        assert_eq!(seen.take(), ["13.0"]);
        assert!(call(11).contains("expected an integer, not a string"));
        assert_eq!(call(1), "202.0");
        assert!(!machine.realm.is_pending());
    });
}

#[test]
fn a_waiting_exception_is_thrown_by_functions_of_both_handles() {
    each(|machine| {
        let calls = Rc::new(Cell::new(0));
        let (count, realm) = (Rc::clone(&calls), machine.realm.clone());
        let thunk = Thunk::new(&notation::signature("()")).unwrap();
        let refuse = move |_: &mut Call<'_>| {
            count.set(count.get() + 1);
            realm.throw("script cannot run".into());
        };
        let callback = Callback::local(&thunk, LocalOptions::default(), Err, refuse).unwrap();
        let f = machine.isolate.external(callback.as_ptr().expose_provenance() as u64);
        for record in [machine.record("call_void", "(function)"), machine.quiet("call_void", "(function)")] {
            assert_eq!(machine.call(&record, &[f]), "script cannot run");
            assert!(!machine.realm.is_pending());
        }
        assert_eq!(calls.get(), 2);
    });
}

/// The signature of `digits20`, whose arguments are too many for registers.
const DIGITS: &str =
    "(i8, f64, u16, f32, i32, f64, i64, f32, u8, f64, u32, f32, f64, i16, f64, f32, u64, f64, isize, bool) -> u64";

#[test]
fn calls_of_a_closed_library_throw() {
    each(|machine| {
        let path = fs::canonicalize(env!("CARGO_TARGET_TMPDIR"))
            .unwrap()
            .join(format!("hotcall-v8-{}.so", std::process::id()));
        fs::copy(shared_object(include_str!("fixture.c")), &path).unwrap();
        // SAFETY: it has no initialisers.
        let library = unsafe { Library::open(&path) }.unwrap();
        fs::remove_file(&path).unwrap();
        let record = |symbol, signature| {
            let function = library.function(symbol, &notation::signature(signature)).unwrap();
            // SAFETY: these are functions of the library.
            unsafe { machine.realm.record(&function) }.unwrap()
        };
        let records = [record("id_i32", "(i32) -> i32"), record("digits20", DIGITS)];
        let args: Vec<_> = (1..20).map(|digit| smi(digit % 10)).chain([machine.isolate.yes]).collect();
        assert_eq!(machine.call(&records[0], &args), "1.0");
        assert_eq!(machine.call(&records[1], &args), "12345678901234567891n");
        library.close();
        for record in records {
            assert!(machine.call(&record, &args).ends_with(" is closed"));
            assert_eq!(record.calls(), 1);
        }
    });
}

#[test]
fn the_layout_of_a_callback_is_found_by_a_probe() {
    thread_local! {
        static FOUND: Cell<Option<CallbackLayout>> = const { Cell::new(None) };
        static EXPECTED: Cell<(usize, [u64; 3])> = const { Cell::new((0, [0; 3])) };
    }
    unsafe extern "C-unwind" fn probe(info: *const c_void) {
        let (isolate, args) = EXPECTED.get();
        FOUND.set(CallbackLayout::find(info, std::ptr::without_provenance(isolate), &args));
    }
    for version in VERSIONS {
        let Version { name, layout, .. } = version;
        let (major, minor) = name.split_once('.').unwrap();
        let [major, minor] = [major, minor].map(|number| number.parse().unwrap());
        assert_eq!(CallbackLayout::of_version(major, minor), Some(layout));
        assert_eq!(Generation::of_version(major, minor), Some(version.generation));
        let find = |passed: (usize, [u64; 3]), expected: (usize, [u64; 3])| {
            EXPECTED.set(expected);
            version.pass(probe as *const c_void, passed.0 as u64, &passed.1);
            FOUND.take()
        };
        let call = (0x10e1, [smi(1).0, smi(2).0, smi(3).0]);
        let found = if cfg!(target_os = "linux") { Some(layout) } else { None };
        assert_eq!(find(call, call), found, "{name}");
        assert_eq!(find(call, (0x10e2, call.1)), None);
        assert_eq!(find(call, (call.0, [smi(1).0, smi(2).0, smi(4).0])), None);
    }
    assert_eq!(CallbackLayout::find(std::ptr::null(), std::ptr::null(), &[]), None);
    assert_eq!((Generation::of_version(14, 3), CallbackLayout::of_version(14, 3)), (None, None));
    assert_eq!((Generation::of_version(99, 0), CallbackLayout::of_version(15, 0)), (None, None));
}

#[test]
fn samples_confirm_the_objects_of_callbacks() {
    for version in VERSIONS {
        let isolate = Isolate::new(version);
        let samples = [
            isolate.array(&[1, 2]),
            isolate.small_array(&[3, 4, 5]),
            isolate.data_view(&[6]),
            isolate.buffer(vec![7, 8].leak(), 0),
            isolate.external(0x20),
            isolate.array_of(vec![1].leak(), DETACHED),
            isolate.null,
            smi(1),
            isolate.double(1.5),
        ];
        let realm = |model| {
            let samples = samples.map(|sample| [handle(sample), 0]);
            let site = Site::new(std::ptr::null_mut());
            // SAFETY: the model may be wrong about objects alone. The samples are the isolate's.
            unsafe { Realm::with_samples(V8(Rc::clone(&isolate)), model, site, samples, |_| {}) }.unwrap()
        };
        let agrees = realm(isolate.model()).model().unwrap().objects.is_some();
        assert_eq!(agrees, cfg!(target_os = "linux"), "{}", version.name);
        let kinds = isolate.model().objects.unwrap().kinds;
        assert_eq!(kinds.iter().map(Object::always_moves).collect::<Vec<_>>(), [true, false, true, true]);
        // Objects of another version's layout.
        let other = VERSIONS[usize::from(version.name == VERSIONS[0].name)];
        let roots: Roots = isolate.roots();
        let wrong = other.generation.callback(version.layout, &roots, isolate.undefined.0);
        assert!(realm(wrong).model().unwrap().objects.is_none());
    }
}
