//! Libraries that are closed, and functions that outlive their libraries and engines. No memory remains.

use std::ffi::c_void;
use std::mem::transmute;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process, thread};

use hotcall::engine::{Exit, FastCallError, FastCallRecord, FastCallRole, RecordError, Site};
use hotcall::{CompileError, Error, JitError, Library, Signature, Type};
use hotcall_testing::alone::alone;
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;

use crate::toy::{Style, Thrown};
use crate::world::{Compiled, EXITS, FLAG, Way, World, fixture, worlds};

/// A library of its own for a test: the fixture under another name.
struct Own {
    library: Library,
    path: PathBuf,
}

impl Own {
    fn open() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hotcall-fast-call-{}-{}.so", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap().join(name);
        fs::copy(shared_object(include_str!("fixture.c")), &path).unwrap();
        // SAFETY: it has no initialisers.
        Self { library: unsafe { Library::open(&path) }.unwrap(), path }
    }

    fn compiled<'a>(&self, world: &'a World, symbol: &str, signature: &str, exit: Exit) -> Compiled<'a> {
        let signature = notation::signature(signature);
        let ways: Vec<_> = signature.params().iter().map(Way::of).collect();
        world
            .compile(&self.library.function(symbol, &signature).unwrap(), world.model(&signature, &ways, exit))
            .unwrap()
    }

    /// The error that calls throw after it was closed.
    fn closed(&self) -> Thrown {
        Thrown::Other(format!("library {} is closed", self.path.display()))
    }

    fn is_mapped(&self) -> bool {
        fs::read_to_string("/proc/self/maps").unwrap().contains(self.path.to_str().unwrap())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        fs::remove_file(&self.path).unwrap();
    }
}

#[test]
fn functions_of_a_closed_library_throw() {
    for (world, exit) in worlds() {
        let own = Own::open();
        let heap = &world.heap;
        let large = heap.bytes(&[1; 40], 0..40);
        let one = heap.number(1.0);
        let rows = [
            ("add_i32", "(i32, i32) -> i32", vec![one, one], None),
            ("id_f64", "(f64) -> f64", vec![one], None),
            ("read_le", "(buffer, u32) -> u32", vec![large, one], None),
            ("nothing", "()", vec![], None),
            ("large_from", "(i64) -> struct {i64[5]}", vec![one], Some(large)),
            ("reversed", "(struct {i64[5]}) -> struct {i64[5]}", vec![large], Some(large)),
        ];
        let functions = rows.map(|(symbol, signature, args, to)| {
            let compiled = own.compiled(&world, symbol, signature, exit);
            assert!(compiled.call_to(&args, to).is_ok(), "{symbol}");
            (compiled, args, to)
        });
        own.library.close();
        for (compiled, args, to) in &functions {
            let symbol = compiled.function.name();
            assert_eq!(compiled.call_to(args, *to), Err(own.closed()), "{symbol} {exit:?}");
            let seen = compiled.enter(args, *to);
            assert_eq!((seen.flagged, seen.thrown.is_some()), (exit == FLAG, exit != FLAG), "{symbol}");
            assert!(seen.result.to_bits() == 0 || exit != FLAG, "{symbol}");
        }
        // Made after that, functions are closed from the beginning.
        let (compiled, args, to) = &functions[0];
        let ways = [Way::Handle, Way::Handle];
        let late = world.compile(&compiled.function, world.model(compiled.function.signature(), &ways, exit)).unwrap();
        assert_eq!(late.call_to(args, *to), Err(own.closed()));
    }
}

/// Closed by another thread, each call is made or refused, and all after the first refused one are.
#[test]
fn a_library_is_closed_between_calls() {
    for (symbol, signature) in [("add_i32", "(i32, i32) -> i32"), ("id_i64", "(i64) -> i64")] {
        for exit in EXITS {
            let (own, world) = (Own::open(), World::new(Style::Indirect));
            let compiled = own.compiled(&world, symbol, signature, exit);
            let args = vec![world.heap.number(21.0); compiled.function.signature().params().len()];
            let expected = 21 * args.len() as i32;
            let library = own.library.clone();
            let made = AtomicU32::new(0);
            thread::scope(|threads| {
                let closing = || {
                    while made.load(Ordering::Relaxed) < 100 {
                        thread::yield_now();
                    }
                    library.close();
                };
                threads.spawn(closing);
                let refused = loop {
                    match compiled.call(&args) {
                        Ok(result) => assert_eq!(result.as_i32(), expected),
                        Err(thrown) => break thrown,
                    }
                    made.fetch_add(1, Ordering::Relaxed);
                };
                assert_eq!(refused, own.closed());
            });
            assert_eq!(compiled.call(&args), Err(own.closed()));
        }
    }
}

#[test]
fn a_record_keeps_its_library_mapped() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (own, world) = (Own::open(), World::new(Style::Direct));
    let add = own.compiled(&world, "add_i32", "(i32, i32) -> i32", FLAG);
    let Compiled { record, function, .. } = add;
    assert_eq!(record.function().name(), "add_i32");
    drop(function);
    own.library.close();
    assert!(own.is_mapped());
    drop(record);
    assert!(!own.is_mapped());
}

/// A library forgets dropped records: closing it later does not write to their memory.
#[test]
fn a_library_forgets_records_that_are_gone() {
    let (own, world) = (Own::open(), World::new(Style::Direct));
    let add = || own.compiled(&world, "add_i32", "(i32, i32) -> i32", FLAG).record;
    let kept = add();
    drop((0..50).map(|_| add()).collect::<Vec<_>>());
    // Probably at the same addresses.
    let others: Vec<Vec<u64>> = (0..10_000).map(|index| vec![u64::MAX; 8 + index % 40]).collect();
    own.library.close();
    assert!(others.iter().flatten().all(|word| *word == u64::MAX));
    drop(kept);
}

/// A record keeps the engine too, and may go on another thread.
#[test]
fn the_last_record_drops_the_engine_on_its_thread() {
    let world = World::new(Style::Indirect);
    let heap = Arc::clone(&world.heap);
    let records: Vec<FastCallRecord> =
        (0..8).map(|_| world.compiled("add_i32", "(i32, i32) -> i32", FLAG).record).collect();
    // One of its own, and that of the engine.
    let World { realm, heap: of_world, .. } = world;
    drop(of_world);
    assert_eq!(Arc::strong_count(&heap), 2);
    realm.throw(Thrown::Other("waits".into()));
    drop(realm);
    assert_eq!(Arc::strong_count(&heap), 2);
    thread::spawn(move || drop(records)).join().unwrap();
    assert_eq!(Arc::strong_count(&heap), 1);
}

#[test]
fn handles_make_no_records() {
    let world = World::new(Style::Indirect);
    let function = fixture().function("add_i32", &notation::signature("(i32, i32) -> i32")).unwrap();
    // SAFETY: it is not called.
    let error = unsafe { world.realm.record(&function) }.err().unwrap();
    assert!(matches!(&error, RecordError::Handles { function } if &**function == "add_i32"), "{error}");
    assert!(error.to_string().contains("add_i32"));
    assert!(world.realm.model().is_none());
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let world = World::new(Style::Indirect);
    let signature = notation::signature("(i32, f64) -> i32");
    let function = fixture().function("add_i32", &signature).unwrap();
    let ways = [Way::Handle, Way::As(Type::F64)];
    let good = world.model(&signature, &ways, FLAG);
    let refused = |edit: &dyn Fn(&mut hotcall::engine::FastCallModel)| {
        let mut model = good.clone();
        edit(&mut model);
        let error = world.compile(&function, model).err();
        let Some(Error::Compile(CompileError { function, source, .. })) = error else { panic!("{error:?}") };
        assert_eq!(&*function, "add_i32");
        let JitError::FastCall(error) = *source else { panic!("{source}") };
        error
    };
    assert!(world.compile(&function, good.clone()).is_ok());
    let error = refused(&|model| model.roles[1] = FastCallRole::Ignored);
    assert_eq!(error, FastCallError::Arguments { native: 1, c: 2 });
    let error = refused(&|model| model.roles[1] = FastCallRole::Handle(1));
    assert_eq!(error, FastCallError::NoHandles { index: 1 });
    let error = refused(&|model| model.roles[3] = FastCallRole::Ignored);
    assert_eq!(error, FastCallError::Missing { role: "exit" });
    let error = refused(&|model| model.roles[2] = FastCallRole::Handle(0));
    assert_eq!(error, FastCallError::Pointer { index: 2, ty: Type::F64 });
    let error = refused(&|model| {
        model.native = Signature::new(model.native.params().to_vec(), Type::I16).unwrap();
    });
    assert_eq!(error, FastCallError::Result { native: "i16", c: "i32" });
}

/// A million calls, and five thousand functions: the process does not grow.
#[test]
fn nothing_is_left_behind() {
    alone(|| {
        let memory = || {
            let pages = fs::read_to_string("/proc/self/statm").unwrap();
            pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
        };
        let world = World::new(Style::Direct);
        let heap = &world.heap;
        let add = world.compiled("add_i32", "(i32, i32) -> i32", Exit::Raise);
        let read = world.compiled("read_le", "(buffer, u32) -> u32", FLAG);
        let [one, two, fraction] = [1.0, 2.0, 0.5].map(|number| heap.handle(heap.number(number)));
        let [plain, strange] = [heap.bytes(&[7, 1], 0..2), heap.strange(&[7, 2])].map(|value| heap.handle(value));
        type Entry = unsafe extern "C" fn(usize, u64, u64, *mut [u8; 16]) -> u32;
        // SAFETY: this is how the models say that they are called.
        let [add_entry, read_entry] =
            [&add, &read].map(|compiled| unsafe { transmute::<*const c_void, Entry>(compiled.record.entry()) });
        let run = |rounds: u32| {
            let mut flags = 0_u32;
            for _ in 0..rounds {
                let mut options = [0; 16];
                // SAFETY: these are arguments of the functions.
                unsafe {
                    assert_eq!(add_entry(0, one, two, &mut options), 3);
                    assert_eq!(add_entry(0, one, fraction, &mut options), 0);
                    assert_eq!(read_entry(0, plain, two, &mut options), 0x0107);
                    assert_eq!(read_entry(0, strange, two, &mut options), 0x0207);
                    assert_eq!(options[5], 0);
                    read_entry(0, one, two, &mut options);
                }
                flags += u32::from(options[5]);
                heap.take();
            }
            assert_eq!(flags, rounds);
        };
        let functions = |count: u32| {
            let signature = notation::signature("(i32, i32) -> i32");
            for _ in 0..count {
                let function = fixture().function("add_i32", &signature).unwrap();
                let model = world.model(&signature, &[Way::Handle, Way::Handle], FLAG);
                // SAFETY: it is not called.
                let record = unsafe { world.realm.fast_call(&function, &model) }.unwrap();
                assert!(!record.entry().is_null());
            }
        };
        run(1000);
        functions(1000);
        let (before, code) = (memory(), hotcall::stats());
        run(200_000);
        functions(5_000);
        let (grown, after) = (memory().saturating_sub(before), hotcall::stats());
        assert_eq!((after.functions, after.code_bytes), (code.functions, code.code_bytes));
        assert!(after.mapped_bytes <= code.mapped_bytes + (1 << 16), "{code:?} {after:?}");
        assert!(grown < 1 << 20, "{grown} bytes more");
        assert!(!world.realm.is_pending());
        // SAFETY: the site is one of the toy's.
        assert!(unsafe { world.realm.to_slot(Site::new(std::ptr::null_mut()), &Type::I32, [one, 0]) }.is_ok());
    });
}
