//! Two threads beside one: each with an engine of its own, so that only hotcall's own state is shared. The first two rows do not
//! use hotcall: they show how much the machine and the allocator can do.

use std::error::Error;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use hotcall::{Function, FunctionOptions, Library, Scalar, Signature, Type};
use hotcall_engines::quickjs::Script;
use serde::Serialize;

use crate::branches::forget;
use crate::cores::{self, Stopwatch};
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
            forget();
            loops.run(0, 200_000);
            barrier.wait();
            let watch = Stopwatch::start();
            loops.run(0, 2_000_000);
            watch.seconds()
        })
    };
    Ok(vec![
        Row { work: "arithmetic", two_over_one: ratio(computed) },
        Row { work: "memory allocated and freed", two_over_one: ratio(allocated) },
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
    let watch = Stopwatch::start();
    (0..30_000).for_each(|_| one_round());
    let seconds = watch.seconds();
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

/// Seconds in which a thread computes, without memory.
fn computed(barrier: &Barrier) -> f64 {
    barrier.wait();
    let watch = Stopwatch::start();
    black_box((0..50_000_000_u64).fold(black_box(1_u64), |value, n| value.wrapping_mul(3) ^ n));
    watch.seconds()
}

/// Seconds in which a thread allocates memory and frees it.
fn allocated(barrier: &Barrier) -> f64 {
    let mut kept = [const { Vec::new() }; 64];
    barrier.wait();
    let watch = Stopwatch::start();
    for n in 0..2_000_000 {
        kept[n % kept.len()] = Vec::<u8>::with_capacity(black_box(16 + n % 13 * 32));
    }
    let seconds = watch.seconds();
    black_box(kept);
    seconds
}

/// Runs the work on one processor, on another, and on both at once, in turn. `work` waits for the others when it is set up, and
/// returns seconds.
fn ratio(work: impl Fn(&Barrier) -> f64 + Sync) -> f64 {
    let time = |processors: &[usize]| {
        let barrier = Barrier::new(processors.len());
        let (work, barrier) = (&work, &barrier);
        thread::scope(|scope| {
            let start = |&processor| {
                scope.spawn(move || {
                    cores::pin(processor).expect("the machine has two processors");
                    work(barrier)
                })
            };
            let running: Vec<_> = processors.iter().map(start).collect();
            running.into_iter().map(|thread| thread.join().expect("the work ends")).collect::<Vec<_>>()
        })
    };
    let round = || {
        let alone = [time(&[0])[0], time(&[1])[0]];
        let both = time(&[0, 1]);
        alone[0] / both[0] + alone[1] / both[1]
    };
    median((0..ROUNDS).map(|_| round()).collect())
}

/// Prints a table.
pub(crate) fn print(rows: &[Row]) {
    println!("\nTwo threads, as a multiple of one");
    for Row { work, two_over_one } in rows {
        println!("{work:<50} {two_over_one:.2}");
    }
}
