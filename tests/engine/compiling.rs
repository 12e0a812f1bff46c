//! Functions that are compiled while script calls them, and what their records say.

use std::mem::ManuallyDrop;
use std::sync::{Mutex, mpsc};
use std::thread;

use hotcall::engine::{CompileJob, Record};
use hotcall::{Function, Library, Signature, Type};
use hotcall_engines::Language;
use hotcall_testing::compiler::Compiler;
use hotcall_testing::notation;

use crate::world::{World, fixture};

fn function(symbol: &str, signature: &str) -> Function {
    fixture().function(symbol, &notation::signature(signature)).unwrap()
}

/// Gives script a record. Returns a view of it, for as long as script has it.
fn define(world: &World, name: &str, record: Record) -> ManuallyDrop<Record> {
    let raw = record.into_raw();
    // SAFETY: the pointer came from there. The engine owns the record, and the view does not drop it.
    let (owned, view) = unsafe { (Record::from_raw(raw), ManuallyDrop::new(Record::from_raw(raw))) };
    let value = world.closure(name, owned);
    world.set_global(name, value);
    view
}

/// A function that returns its first argument, of a shape that no other test of this process has.
fn unshared(world: &World, params: usize) -> ManuallyDrop<Record> {
    let signature = Signature::new(vec![Type::I32; params], Type::I32).unwrap();
    let function = fixture().function("id_i32", &signature).unwrap();
    // SAFETY: the function may be called with more arguments than it has in this convention.
    let record = unsafe { world.realm.record(&function) }.unwrap();
    define(world, "f", record)
}

#[test]
fn script_calls_a_function_until_it_is_compiled() {
    let world = World::new([]);
    world.realm.compile_policy().set_after(100);
    let record = unshared(&world, 9);
    assert_eq!((record.is_compiled(), record.interpreted_calls()), (false, 0));
    let calls = "let sum = 0; for (let n = 0; n < 60; n++) sum += f(n, 1, 1, 1, 1, 1, 1, 1, 1); sum";
    assert_eq!(world.run(&format!("{{ {calls} }}")).unwrap(), "1770");
    assert_eq!((record.is_compiled(), record.interpreted_calls()), (false, 60));
    let shown = "is_compiled: false, calls: 60, interpreted_calls: 60";
    assert!(format!("{:?}", *record).contains(shown), "{:?}", *record);
    assert_eq!(world.run(&format!("{{ {calls} }}")).unwrap(), "1770");
    let is_compiled = cfg!(feature = "jit");
    assert_eq!((record.is_compiled(), record.interpreted_calls()), (is_compiled, if is_compiled { 100 } else { 120 }));
    // Calls that compiled code leaves to the interpreter count too.
    assert!(world.run("f('x', 1, 1, 1, 1, 1, 1, 1, 1)").is_err());
    assert_eq!((record.calls(), record.interpreted_calls()), (121, if is_compiled { 101 } else { 121 }));
}

#[test]
fn another_thread_compiles() {
    let world = World::new([]);
    let policy = world.realm.compile_policy();
    policy.set_after(3);
    let (give, jobs) = mpsc::channel::<CompileJob>();
    let give = Mutex::new(give);
    policy.set_executor(move |job| give.lock().unwrap().send(job).unwrap());
    let record = unshared(&world, 10);
    let call = "f(5, 1, 1, 1, 1, 1, 1, 1, 1, 1)";
    (0..10).for_each(|_| assert_eq!(world.run(call).unwrap(), "5"));
    assert!(!record.is_compiled());
    // Without a code generator no call asks for code.
    let job = jobs.try_recv().ok();
    assert_eq!(job.is_some(), cfg!(feature = "jit"));
    thread::spawn(move || job.map(CompileJob::run)).join().unwrap();
    assert_eq!(record.is_compiled(), cfg!(feature = "jit"));
    assert_eq!(world.run(call).unwrap(), "5");
    assert_eq!(record.interpreted_calls(), if record.is_compiled() { 10 } else { 11 });
}

#[test]
fn a_function_is_compiled_when_that_is_asked_for() {
    let world = World::new([]);
    world.realm.compile_policy().set_after(u32::MAX);
    let record = unshared(&world, 11);
    record.compile().unwrap();
    assert_eq!(record.is_compiled(), cfg!(feature = "jit"));
    assert_eq!(world.run("f(7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)").unwrap(), "7");
}

#[test]
fn records_of_a_library_are_made_at_once() {
    let world = World::new([]);
    let object =
        Compiler::c().shared_object(&[], "int one(int n) { return n + 1; } int two(int n) { return n + 2; }").unwrap();
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(&object) }.unwrap();
    let signature = notation::signature("(i32) -> i32");
    let functions = [
        library.function("one", &signature).unwrap(),
        library.function("two", &signature).unwrap(),
        function("id_f64", "(f64) -> f64"),
        library.function("one", &signature).unwrap(),
    ];
    // SAFETY: the functions take any numbers.
    let records = unsafe { world.realm.records(&functions) }.unwrap();
    let names: Vec<_> = records.iter().map(|record| record.function().name().to_owned()).collect();
    assert_eq!(names, ["one", "two", "id_f64", "one"]);
    for (name, record) in ["a", "b", "c", "d"].iter().zip(records) {
        define(&world, name, record);
    }
    assert_eq!(world.run("[a(1), b(1), c(1.5), d(2)].join()").unwrap(), "2,3,1.5,3");
    // Each of them is closed with its library.
    library.close();
    assert_eq!(world.run("c(2.5)").unwrap(), "2.5");
    for call in ["a(1)", "b(1)", "d(1)"] {
        assert!(world.run(call).is_err(), "{call}");
    }
    // SAFETY: there are no functions.
    assert!(unsafe { world.realm.records([]) }.unwrap().is_empty());
}
