//! What compiling a new shape costs: plan, IR, machine code, code memory and unwinding table together.

use std::error::Error;
use std::time::Instant;

use hotcall::engine::quickjs;
use hotcall_jit::values::{EngineAbi, Failure, Helpers, NativeCall, Words};
use hotcall_jit::{Jit, JitError, Natives, Options, Signature, Trampoline, Type};

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

/// Microseconds for each shape: the median and the fast tenth percentile. In each round all are new to a compiler that has compiled something else before,
/// as a running program's has.
pub(crate) fn each(shapes: &[Shape]) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
    let params = (0..20).map(|i| if i % 2 == 0 { Type::I16 } else { Type::F32 });
    let other = Signature::new(params, Type::U16)?;
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

/// The same for trampolines that QuickJS calls: medians.
pub(crate) fn each_values(cases: &[Case]) -> Result<Vec<f64>, Box<dyn Error>> {
    let engine = EngineAbi::new(quickjs::model(), Helpers { convert, result, finish, fail })?;
    let jit = Jit::shared()?;
    let mut times: Vec<_> = cases.iter().map(|_| Vec::with_capacity(ROUNDS)).collect();
    for round in 0..ROUNDS {
        let natives = Natives::new(jit);
        let mut kept = Vec::new();
        for i in 0..cases.len() {
            let i = (round + i) % cases.len();
            let start = Instant::now();
            let values = natives.values(&cases[i].signature, &engine)?;
            times[i].push(start.elapsed().as_secs_f64() * 1e6);
            kept.push(values);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

// Nothing here is called: compiling asks for addresses.

unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
    false
}

unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
    false
}

unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {}

unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}
