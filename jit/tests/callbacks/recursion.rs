//! Callbacks that call C functions that call callbacks.

use std::ffi::c_void;
use std::{ptr, slice};

use hotcall_jit::{Handler, Options, Trampoline};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::ways;

use crate::fixtures::bound;

/// Each calls a function with a depth and returns a little more than that does. The context of the first is in an integer
/// register, of the second in a float register, of the third on the stack.
const ENTER: &str = r"
#include <stdint.h>
typedef struct { double value; int64_t depth[12]; } big;

int64_t enter_0(int64_t (*f)(int64_t), int64_t depth) { return 3 * f(depth) + 1; }

double enter_1(double (*f)(int64_t, int, int, int, int, int, float), int64_t depth) {
    return 2 * f(depth, 1, 2, 3, 4, 5, 0.5f) + 2;
}

big enter_2(big (*f)(int64_t, int, int, int, int, double, double, double, double, double, double, double, double, big),
            int64_t depth) {
    big b;
    for (int i = 0; i < 12; i++) b.depth[i] = depth + i;
    b = f(depth, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, b);
    b.value += 3;
    return b;
}
";

/// Signatures of the functions that are called, and of those that call them.
const KINDS: [(&str, &str); 3] = [
    ("(i64) -> i64", "(function, i64) -> i64"),
    ("(i64, 5*i32, f32) -> f64", "(function, i64) -> f64"),
    ("(i64, 4*i32, 8*f64, struct {f64, i64[12]}) -> struct {f64, i64[12]}", "(function, i64) -> struct {f64, i64[12]}"),
];

struct World {
    stubs: [*const c_void; 3],
    enter: [(*const c_void, Trampoline); 3],
    /// Depths in the order in which handlers were entered and left.
    trail: Vec<i64>,
}

impl World {
    /// Has C call the function that belongs to the depth.
    fn enter(&self, depth: i64) -> f64 {
        let kind = depth as usize % 3;
        let (target, trampoline) = &self.enter[kind];
        let args = [self.stubs[kind] as u64, depth as u64];
        let mut result = [0; 13];
        // SAFETY: the target has the trampoline's signature, and the largest result is as long.
        unsafe { (trampoline.entry())(*target, args.as_ptr(), result.as_mut_ptr(), ptr::null_mut()) };
        if kind == 0 { result[0] as f64 } else { f64::from_bits(result[0]) }
    }
}

unsafe extern "C-unwind" fn descend<const KIND: usize>(context: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the stub is bound with a world, of which no reference is kept while C runs.
    let world = context.cast::<World>();
    let slots = if KIND == 0 { 1 } else { [7, 14][KIND - 1] };
    // SAFETY: the signature has as many parameters.
    let before = unsafe { slice::from_raw_parts(args, slots) }.to_vec();
    let depth = before[0] as i64;
    // SAFETY: the stub is bound with a world, of which no reference is kept while C runs.
    unsafe { (*world).trail.push(depth) };
    // SAFETY: the stub is bound with a world, of which no reference is kept while C runs.
    let value = if depth == 0 { 1. } else { unsafe { (*world).enter(depth - 1) } } + depth as f64;
    // The calls in between did not change the arguments.
    // SAFETY: the signature has as many parameters; the last slot of the third kind is the address of 13 words.
    let intact = unsafe {
        slice::from_raw_parts(args, slots) == before
            && (KIND != 2 || (0..12).all(|at| *(before[13] as *const i64).add(1 + at) == depth + at as i64))
    };
    // SAFETY: the world is there, and the result has a slot at least, which is zero.
    unsafe {
        (*world).trail.push(if intact { depth } else { -1 });
        assert_eq!(*result, 0);
        *result = if KIND == 0 { value as u64 } else { value.to_bits() };
    }
}

#[test]
fn many_levels_of_every_kind_nest() {
    const DEPTH: i64 = 30;
    let handlers: [Handler; 3] = [descend::<0>, descend::<1>, descend::<2>];
    let ways = ways::all(cfg!(feature = "cranelift"));
    let libraries = fixture::load_all(ENTER);
    for ((way, jit), (compiler, library)) in
        ways.iter().flat_map(|way| libraries.iter().map(move |library| (way, library)))
    {
        let enter = [0, 1, 2].map(|kind| {
            // SAFETY: the symbol is a function.
            let target = unsafe { *library.get::<*const c_void>(format!("enter_{kind}").as_bytes()).unwrap() };
            (target, jit.slots(&notation::signature(KINDS[kind].1), Options::default()).unwrap())
        });
        let mut world = World { stubs: [ptr::null(); 3], enter, trail: Vec::new() };
        let context = &raw mut world;
        let stubs = [0, 1, 2].map(|kind| {
            let thunk = jit.thunk(&notation::signature(KINDS[kind].0)).unwrap();
            bound(thunk, handlers[kind], context).entry()
        });
        // SAFETY: nobody else uses the world yet; handlers use it by the same pointer.
        let value = unsafe {
            (*context).stubs = stubs;
            (*context).enter(DEPTH)
        };
        let mut expected = 1.;
        for depth in 0..=DEPTH {
            let handled = expected + if depth == 0 { 0. } else { depth as f64 };
            expected = [3. * handled + 1., 2. * handled + 2., handled + 3.][depth as usize % 3];
        }
        assert_eq!(value, expected, "{way}, compiled by {}", compiler.command());
        let depths: Vec<_> = (0..=DEPTH).rev().chain(0..=DEPTH).collect();
        assert_eq!(world.trail, depths, "{way}, compiled by {}", compiler.command());
    }
}
