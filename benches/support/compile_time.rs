//! The time of compiling a new shape: plan, IR, machine code, code memory and unwinding table together.

use std::error::Error;
use std::time::Instant;

use hotcall::engine::quickjs;
use hotcall::engine::v8::{Generation, Roots};
use hotcall_jit::engine::values::{EngineAbi, EngineHelpers, Failure, NativeCall, Pending, Words};
use hotcall_jit::{FastCall as FastCallCode, Jit, JitError, Options, Signature, SignatureError, Trampoline, Type};
use hotcall_testing::helpers::REFUSING;

use serde::Serialize;

use super::sample::{fast, median};
use crate::engine::Case;
use crate::support::shapes::Shape;

const ROUNDS: usize = 300;

/// Microseconds that a process waits for its first trampoline, the compiler's set-up included. To be called before any
/// other compiling.
pub(crate) fn first_in_process(signature: &Signature) -> Result<f64, JitError> {
    let start = Instant::now();
    let trampoline = Jit::new()?.slots(signature, Options::default())?;
    let time = start.elapsed();
    drop(trampoline);
    Ok(time.as_secs_f64() * 1e6)
}

/// Microseconds for each shape: the median and the fast tenth percentile. In each round all shapes are new to the compiler,
/// which has compiled another one before, as in a running program.
pub(crate) fn each(shapes: &[Shape]) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
    let other = other()?;
    let mut times: Vec<_> = shapes.iter().map(|_| Vec::with_capacity(ROUNDS)).collect();
    for round in 0..ROUNDS {
        let jit = Jit::new()?;
        let mut kept: Vec<Trampoline> = vec![jit.slots(&other, Options::default())?];
        for i in 0..shapes.len() {
            let i = (round + i) % shapes.len();
            let start = Instant::now();
            let trampoline = jit.slots(&shapes[i].signature, Options::default())?;
            times[i].push(start.elapsed().as_secs_f64() * 1e6);
            let known = kept.iter().any(|known| std::ptr::eq(known.code(), trampoline.code()));
            assert!(!known, "{} shares its code with another shape", shapes[i].name);
            kept.push(trampoline);
        }
    }
    Ok(times.into_iter().map(|times| (median(times.clone()), fast(times))).collect())
}

/// A signature that is not one of the shapes.
fn other() -> Result<Signature, SignatureError> {
    Signature::new((0..20).map(|i| if i % 2 == 0 { Type::I16 } else { Type::F32 }), Type::U16)
}

/// A compiler that has compiled another signature before. It is never freed, because engines' functions need it for ever.
fn used() -> Result<&'static Jit, Box<dyn Error>> {
    let jit: &'static Jit = Box::leak(Box::new(Jit::new()?));
    jit.slots(&other()?, Options::default())?;
    Ok(jit)
}

/// Microseconds for each trampoline that QuickJS calls: medians.
pub(crate) fn each_engine_values(cases: &[Case]) -> Result<Vec<f64>, Box<dyn Error>> {
    let engine = EngineAbi::new(quickjs::model(), EngineHelpers { convert, result, finish, take_pins, fail })?;
    let mut times: Vec<_> = cases.iter().map(|_| Vec::with_capacity(ROUNDS)).collect();
    for round in 0..ROUNDS {
        let jit = used()?;
        let mut kept = Vec::new();
        for i in 0..cases.len() {
            let i = (round + i) % cases.len();
            let start = Instant::now();
            let values = jit.engine_values(&cases[i].signature, &engine)?;
            times[i].push(start.elapsed().as_secs_f64() * 1e6);
            kept.push(values);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

/// The time of functions for V8's compiled code: to make one for a shape, and to copy it for one record. Medians.
pub(crate) fn each_fast_call(cases: &[Case]) -> Result<Vec<FastCall>, Box<dyn Error>> {
    let roots = Roots::new(1, 3, 5).typed_array(Some(1)).external(Some(2));
    let helpers = REFUSING;
    let pending = Pending::new();
    // Shapes whose results V8 10.2 does not have are left out.
    let calls = cases.iter().map(|case| (case, Generation::V10_2.fast_call(&case.signature, &roots)));
    let calls: Vec<_> = calls.filter_map(|(case, call)| Some((case, call.ok()?.model))).collect();
    let mut times: Vec<_> = calls.iter().map(|_| (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS), 0)).collect();
    for round in 0..ROUNDS {
        let jit = used()?;
        for i in 0..calls.len() {
            let i = (round + i) % calls.len();
            let (case, model) = &calls[i];
            let start = Instant::now();
            let shape = jit.fast_call(&case.signature, model, helpers)?;
            let made = start.elapsed();
            // SAFETY: nothing calls it; the record outlives its function.
            unsafe {
                let record = FastCallCode::record(case.name.as_ptr().cast(), &pending);
                let start = Instant::now();
                let native = shape.bind(&record)?;
                times[i].1.push(start.elapsed().as_secs_f64() * 1e6);
                drop(native);
            }
            times[i].0.push(made.as_secs_f64() * 1e6);
            times[i].2 = shape.code().len();
        }
    }
    let typed = calls.iter().zip(times);
    Ok(typed
        .map(|((case, _), (us, copy, bytes))| FastCall {
            case: case.name,
            us: median(us),
            copy_us: median(copy),
            bytes,
        })
        .collect())
}

#[derive(Serialize)]
pub(crate) struct FastCall {
    pub(crate) case: &'static str,
    pub(crate) us: f64,
    pub(crate) copy_us: f64,
    /// Of each copy.
    pub(crate) bytes: usize,
}

// Nothing here is called: compiling asks for addresses.

unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
    false
}

unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
    false
}

unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {}

unsafe extern "C-unwind" fn take_pins(_: *mut NativeCall) {}

unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}
