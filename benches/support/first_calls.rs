//! The first calls of many functions, on one thread or on several at once.

use std::error::Error;
use std::ffi::c_void;
use std::mem::transmute;
use std::sync::Barrier;

use hotcall::engine::{Abi, Exit, FastCallModel, FastCallRecord, FastCallRole, Realm, quickjs};
use hotcall::{Function, FunctionOptions, Signature, Type};

use crate::cores::Stopwatch;
use crate::open;
use crate::open_engine::{EngineFunction, Mute, functions};

/// The number of functions of a round.
const FUNCTIONS: usize = 10_000;
const FAST_FUNCTIONS: usize = 1_000;
/// The number of rounds. In each, all functions and their shapes are new to the process.
const ROUNDS: usize = 15;

/// Seconds in which a thread calls many functions of an interpreter for the first time.
pub(crate) fn interpreted(barrier: &Barrier) -> f64 {
    let signatures: Vec<_> = (0..FUNCTIONS).map(|index| open::signature(index).expect("short signatures")).collect();
    rounds(barrier, || {
        let functions = functions(&signatures).expect("the signatures have plans");
        // SAFETY: the model is that of QuickJS, whose calls are imitated. The target takes any arguments.
        let records = unsafe { Realm::new(Mute, quickjs::model()).expect("a model").records(&functions) };
        let functions: Vec<_> =
            records.expect("the signatures have plans").into_iter().map(EngineFunction::new).collect();
        (functions, |functions: &Vec<EngineFunction>| functions.iter().for_each(EngineFunction::call))
    })
}

/// The target of all fast functions. It takes no notice of further arguments, which its caller removes.
extern "C" fn first(number: i32) -> i32 {
    number
}

/// The fast function of a compiler, with an argument for each parameter of C, and the address of a flag behind them.
type Fast = unsafe extern "C" fn(i64, i64, i64, i64, i64) -> i64;

/// Seconds in which a thread calls many functions of a compiler for the first time, which are bound then.
pub(crate) fn fast(barrier: &Barrier) -> f64 {
    rounds(barrier, || {
        let records = fast_records().expect("there is memory for code");
        (records, |records: &Vec<FastCallRecord>| {
            for record in records {
                // SAFETY: the model describes a function with at most these arguments. The callee takes any integers, and
                // the address of the flag is not used, because nothing is refused.
                unsafe { transmute::<*const c_void, Fast>(record.entry())(1, 2, 3, 4, 0) };
            }
        })
    })
}

/// Functions of several shapes that are compiled, because their results are wider than those of C.
fn fast_records() -> Result<Vec<FastCallRecord>, Box<dyn Error>> {
    let realm = Realm::of_handles(Mute);
    let abi = Abi::host().ok_or("no convention is known for this machine")?;
    let mut records = Vec::with_capacity(FAST_FUNCTIONS);
    for index in 0..FAST_FUNCTIONS {
        let arguments = 1 + index % 4;
        let signature = Signature::new(vec![Type::I32; arguments], Type::I32)?;
        let native = [vec![Type::I64; arguments], vec![Type::POINTER]].concat();
        let roles = [vec![FastCallRole::Argument; arguments], vec![FastCallRole::Exit]].concat();
        let model = FastCallModel::new(abi, Signature::new(native, Type::I64)?, roles, Exit::Flag { offset: 0 });
        let options = FunctionOptions::new().lazy(true);
        // SAFETY: a function with one parameter may be called with more in this convention.
        let function = unsafe { Function::from_address("first", first as *const c_void, &signature, options) }?;
        // SAFETY: the function is called as the model says, on this thread.
        records.push(unsafe { realm.fast_call(&function, &model) }?);
    }
    Ok(records)
}

/// The sum over all rounds of the time that the call of `prepare`'s result takes.
fn rounds<T, W: Fn(&T)>(barrier: &Barrier, prepare: impl Fn() -> (T, W)) -> f64 {
    let round = || {
        let (made, work) = prepare();
        barrier.wait();
        let watch = Stopwatch::start();
        work(&made);
        let seconds = watch.seconds();
        drop(made);
        // The functions of other threads have the same shapes, which end with the last of them.
        barrier.wait();
        seconds
    };
    round();
    (0..ROUNDS).map(|_| round()).sum()
}
