//! The cost of a panic that passes a trampoline and is caught above it. Unwinders are slower with more compiled code.

use std::error::Error;
use std::ffi::c_void;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::time::Instant;

use hotcall_jit::{Jit, Options, Signature, Trampoline, Type};

use crate::sample::median;

pub(crate) const SHAPES: usize = 1000;
const ROUNDS: usize = 40;
const THROWS: usize = 50;

pub(crate) struct Unwound {
    pub(crate) throw_us: f64,
    pub(crate) throw_us_1000_shapes: f64,
    /// The median of the rounds' own ratios.
    pub(crate) ratio: f64,
}

/// Each round measures first with one shape compiled and then with a thousand.
pub(crate) fn measure() -> Result<Unwound, Box<dyn Error>> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let one = Jit::new()?;
        let few = throw(&trampoline(&one, 0)?);
        drop(one);
        let jit = Jit::new()?;
        let many = (0..SHAPES).map(|number| trampoline(&jit, number)).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(jit.stats().trampolines, SHAPES, "shapes are the same");
        times.push((few, throw(&many[0])));
    }
    let (few, many) = times.iter().copied().unzip();
    let ratio = median(times.iter().map(|(few, many)| many / few).collect());
    Ok(Unwound { throw_us: median(few), throw_us_1000_shapes: median(many), ratio })
}

/// The trampoline with this many integer and floating-point parameters.
fn trampoline(jit: &Jit, number: usize) -> Result<Trampoline, Box<dyn Error>> {
    let params = (0..number % 40).map(|_| Type::I64).chain((0..number / 40).map(|_| Type::F64));
    let signature = Signature::new(params.collect::<Vec<_>>(), None)?;
    Ok(jit.slots(&signature, Options::default())?)
}

/// Microseconds from the throw to the catch, after the first throw of the process.
fn throw(trampoline: &Trampoline) -> f64 {
    let once = || {
        // SAFETY: `thrower` has the trampoline's signature.
        let caught = catch_unwind(AssertUnwindSafe(|| unsafe {
            (trampoline.entry())(thrower as *const c_void, ptr::null(), ptr::null_mut(), ptr::null_mut());
        }));
        black_box(caught).expect_err("the callee throws");
    };
    once();
    let start = Instant::now();
    (0..THROWS).for_each(|_| once());
    start.elapsed().as_secs_f64() * 1e6 / THROWS as f64
}

/// Panics without a message for anybody.
extern "C-unwind" fn thrower() {
    resume_unwind(Box::new(()));
}
