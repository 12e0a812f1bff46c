//! Two threads beside one: each with an engine of its own, so that only hotcall's own state is shared.

use std::error::Error;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use hotcall::{Function, FunctionOptions, Library, Scalar, Signature, Type};
use hotcall_engines::quickjs::Script;
use serde::Serialize;

use crate::engine::{CFunctions, Case, Loops, cases};
use crate::first_calls;
use crate::sample::median;
use crate::support::c::address;

/// The number of times that one thread and two are measured in turn.
const ROUNDS: usize = 9;

/// The work of two threads, as a multiple of what one thread does in the same time: 2 at best.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) work: &'static str,
    pub(crate) two_over_one: f64,
}

/// The rows; empty on a machine with one processor.
pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    if thread::available_parallelism().is_ok_and(|count| count.get() < 2) {
        return Ok(Vec::new());
    }
    let c = CFunctions::build()?;
    // SAFETY: the library is loaded already.
    let library = unsafe { Library::open("libm.so.6") }?;
    let cases = cases();
    let case = |name| cases.iter().find(|case: &&Case| case.name == name).expect("the engine's rows have this case");
    let loops = |name| {
        ratio(|barrier| {
            let loops = Loops::new(&c, case(name)).expect("the engine's rows have set it up");
            loops.run(0, 200_000);
            barrier.wait();
            let start = Instant::now();
            loops.run(0, 2_000_000);
            start.elapsed().as_secs_f64()
        })
    };
    Ok(vec![
        Row { work: "calls", two_over_one: loops("add_i32") },
        Row { work: "calls with a buffer", two_over_one: loops("first_byte") },
        Row { work: "callbacks", two_over_one: loops("call_back") },
        Row {
            work: "functions made, called and dropped",
            two_over_one: ratio(|barrier| {
                made_and_dropped(&cases.iter().filter_map(|case| function(&c, case)).collect::<Vec<_>>(), barrier)
            }),
        },
        Row {
            work: "functions of one library made, called and dropped",
            two_over_one: ratio(|barrier| made_and_dropped(&of_library(&library), barrier)),
        },
        Row { work: "first calls", two_over_one: ratio(first_calls::interpreted) },
        Row { work: "first fast calls", two_over_one: ratio(first_calls::fast) },
    ])
}

/// Seconds in which a thread makes these functions for script many times and calls each of them once.
fn made_and_dropped(functions: &[Function], barrier: &Barrier) -> f64 {
    let script = Script::default();
    let call = script.evaluate("f => { try { f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) } catch {} }");
    let one_round = || {
        for function in functions {
            // SAFETY: the callees take numbers, and refuse everything else before C is called.
            let record = unsafe { script.realm.record(function) }.expect("the engine's rows have made it");
            script.call_with(call, script.closure("f", record));
        }
    };
    (0..100).for_each(|_| one_round());
    barrier.wait();
    let start = Instant::now();
    (0..3_000).for_each(|_| one_round());
    let seconds = start.elapsed().as_secs_f64();
    script.free(call);
    black_box(seconds)
}

/// The function of a case, if it takes only numbers.
fn function(c: &CFunctions, case: &Case) -> Option<Function> {
    let is_number = |ty: &Type| ty.as_scalar().is_some_and(|scalar| !matches!(scalar, Scalar::Pointer(_)));
    let target = address(&c.0, case.name).ok().filter(|_| case.signature.params().iter().all(is_number))?;
    // SAFETY: the library stays loaded as long as the work runs, and the function has this signature.
    unsafe { Function::from_address(case.name, target, &case.signature, FunctionOptions::default()) }.ok()
}

/// Functions of the mathematical library.
fn of_library(library: &Library) -> Vec<Function> {
    let functions = [("cos", 1), ("pow", 2), ("fma", 3), ("hypot", 2), ("exp", 1), ("fdim", 2)];
    let function = |(name, count)| {
        let signature = Signature::new(vec![Type::F64; count], Type::F64).expect("the signature is short");
        library.function(name, &signature).expect("libm has the function")
    };
    functions.into_iter().map(function).collect()
}

/// Runs the work on one thread and on two, in turn. `work` waits for the others when it is set up, and returns seconds.
fn ratio(work: impl Fn(&Barrier) -> f64 + Sync) -> f64 {
    let time = |threads: usize| {
        let barrier = Barrier::new(threads);
        thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&barrier))).collect();
            running.into_iter().map(|thread| thread.join().expect("the work ends")).fold(0., f64::max)
        })
    };
    median((0..ROUNDS).map(|_| 2. * time(1) / time(2)).collect())
}

/// Prints a table.
pub(crate) fn print(rows: &[Row]) {
    println!("\nTwo threads, as a multiple of one");
    for Row { work, two_over_one } in rows {
        println!("{work:<50} {two_over_one:.2}");
    }
}
