//! Signatures of one shape share code, for as long as one of them has it.

use std::ffi::c_void;
use std::ptr;
use std::thread;

use hotcall_jit::{Jit, Options, Trampoline};
use hotcall_testing::notation;

fn compile(jit: &Jit, text: &str) -> Trampoline {
    jit.slots(&notation::signature(text), Options::default()).unwrap()
}

#[test]
fn signatures_of_one_shape_share_code() {
    let jit = Jit::new().unwrap();
    // Slots are canonical. Every integer loads alike, and so does every float. Names, alignment and members within a class make
    // no difference.
    let shapes: [&[&str]; 6] = [
        &["(i32, i32) -> i32", "(u8, pointer) -> i32", "(bool, isize) -> i32", "(u64, i64) -> i32"],
        &["(f32) -> f64", "(f64) -> f64"],
        &["(f64) -> f32"],
        &["(struct {i32, i32})", "(struct {u8[8]})", "(struct {i16, f32})", "(union {i64, f32})"],
        &["(struct {i32, u8[3]} packed(1))"],
        &["() -> struct {u8[17]}", "() -> struct {f64[100]} aligned(16)"],
    ];
    let kept: Vec<Vec<Trampoline>> =
        shapes.iter().map(|texts| texts.iter().map(|text| compile(&jit, text)).collect()).collect();
    for (texts, trampolines) in shapes.iter().zip(&kept) {
        for (text, trampoline) in texts.iter().zip(trampolines) {
            assert_eq!(trampoline.entry() as usize, trampolines[0].entry() as usize, "{text}");
        }
    }
    let mut entries: Vec<_> = kept.iter().map(|trampolines| trampolines[0].entry() as usize).collect();
    entries.sort();
    entries.dedup();
    assert_eq!(entries.len(), shapes.len());
    let errno = jit.slots(&notation::signature(shapes[0][0]), Options::new().capture_errno(true)).unwrap();
    assert_ne!(errno.entry() as usize, kept[0][0].entry() as usize);
}

/// A result's slot is extended by its type.
#[test]
fn different_results_do_not_share_code() {
    let jit = Jit::new().unwrap();
    let results = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "f32", "f64", "struct {u8}", "struct {i64, i64}"];
    let kept = results.map(|result| compile(&jit, &format!("(i32) -> {result}")));
    for (index, one) in kept.iter().enumerate() {
        for (other, name) in kept[..index].iter().zip(results) {
            assert_ne!(one.entry() as usize, other.entry() as usize, "{} and {name}", results[index]);
        }
    }
}

/// A shape for each number: it decides the integers and floats before a struct, and the struct's size.
fn shape(number: usize) -> String {
    format!("({}*i64, {}*f64, struct {{u8[{}]}})", number % 5, number / 5 % 7, 1 + number / 35)
}

#[test]
fn a_clone_keeps_the_code() {
    let jit = Jit::new().unwrap();
    let first = compile(&jit, "() -> u64");
    let kept = first.clone();
    drop(first);
    drop(jit);
    extern "C" fn answer() -> u64 {
        42
    }
    let mut result = 0;
    // SAFETY: `answer` has the trampoline's signature.
    unsafe { (kept.entry())(answer as *const c_void, ptr::null(), &mut result, ptr::null_mut()) };
    assert_eq!(result, 42);
}

/// Threads ask for the same shapes in different orders; all get the same code, and call it.
#[test]
fn threads_share_code() {
    extern "C" fn sum(a: i64, b: i64) -> i64 {
        a + b
    }
    let jit = Jit::new().unwrap();
    let one_thread = |seed: usize| {
        let mut kept: Vec<_> =
            (0..60).map(|step| (step * 7 + seed) % 60).map(|n| (n, compile(&jit, &shape(n)))).collect();
        let add = compile(&jit, "(i64, i64) -> i64");
        for n in 0..1000 {
            let mut result = 0;
            // SAFETY: `sum` has the trampoline's signature.
            unsafe { (add.entry())(sum as *const c_void, [n, seed as u64].as_ptr(), &mut result, ptr::null_mut()) };
            assert_eq!(result, n + seed as u64);
        }
        kept.sort_by_key(|(n, _)| *n);
        kept.into_iter().map(|(_, trampoline)| trampoline).collect::<Vec<_>>()
    };
    let all: Vec<Vec<Trampoline>> = thread::scope(|scope| {
        let one_thread = &one_thread;
        let threads: Vec<_> = (0..8).map(|seed| scope.spawn(move || one_thread(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for trampolines in &all {
        for (one, first) in trampolines.iter().zip(&all[0]) {
            assert_eq!(one.entry() as usize, first.entry() as usize);
        }
    }
}
