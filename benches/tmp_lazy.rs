#![allow(missing_docs, unused, clippy::all)]
#[path = "support/open_engine.rs"]
mod open_engine;
#[path = "support/sample.rs"]
mod sample;
use std::time::Instant;
use std::hint::black_box;
use hotcall::declare::{Declarations, Item};
use hotcall::engine::quickjs;
use hotcall_jit::engine::values::*;
use hotcall_jit::*;
use hotcall_testing::compiler::Compiler;
unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool { false }
unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool { false }
unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {}
unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {}
extern "C" fn nop() {}
fn signatures() -> Vec<Signature> {
    let text = Compiler::c().preprocessed(&["-I/usr/include/SDL2"], "SDL2/SDL.h").unwrap();
    let declarations = Declarations::from_c(&text).unwrap();
    let abi = EngineAbi::new(quickjs::model(), EngineHelpers { convert, result, finish, fail }).unwrap();
    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
    let mut kept = Vec::new();
    let mut all = Vec::new();
    for declaration in declarations.iter() {
        if let Item::Function(function) = &declaration.item {
            let before = jit.stats().trampolines;
            let Ok(values) = jit.uncompiled_engine_values(&function.signature, &abi) else { continue };
            kept.push(values);
            if jit.stats().trampolines > before { all.push(function.signature.clone()); }
        }
    }
    all
}
fn main() {
    let abi = EngineAbi::new(quickjs::model(), EngineHelpers { convert, result, finish, fail }).unwrap();
    match std::env::var("HC_MODE").as_deref() {
        Ok("settings") => {
            let all = signatures();
            let settings: Vec<String> = std::env::var("HC_SETTINGS").unwrap().split(';').map(String::from).collect();
            let mut times = vec![vec![Vec::new(); all.len()]; settings.len()];
            let mut bytes = vec![0; settings.len()];
            for round in 0..9 {
                for (n, setting) in settings.iter().enumerate() {
                    unsafe { std::env::set_var("HC_FLAGS", setting) };
                    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
                    let warm = Signature::new(vec![Type::I16; 9], Type::F32).unwrap();
                    jit.slots(&warm, Options::default()).unwrap();
                    bytes[n] = 0;
                    let mut kept = Vec::new();
                    for (i, signature) in all.iter().enumerate() {
                        let values = jit.uncompiled_engine_values(signature, &abi).unwrap();
                        let start = Instant::now();
                        values.compile().unwrap();
                        times[n][i].push(start.elapsed().as_secs_f64() * 1e6);
                        bytes[n] += values.code().len();
                        kept.push(values);
                    }
                }
            }
            println!("{} shapes", all.len());
            for (n, setting) in settings.iter().enumerate() {
                let fast: Vec<f64> = times[n].iter().map(|t| t.iter().copied().fold(f64::INFINITY, f64::min)).collect();
                let sum: f64 = fast.iter().sum();
                println!("{:8.1} us a shape (least of rounds), median shape {:6.1}, {:6} bytes  {setting}", sum / all.len() as f64, sample::median(fast), bytes[n] / all.len());
            }
        }
        Ok("compile") => {
            let all = signatures();
            let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
            let kept: Vec<_> = all.iter().map(|signature| jit.uncompiled_engine_values(signature, &abi).unwrap()).collect();
            for values in &kept { values.compile().unwrap(); }
        }
        Ok("jump") => {
            let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
            let values = jit.uncompiled_engine_values(&Signature::new([], None).unwrap(), &abi).unwrap();
            let pending: &'static Pending = Box::leak(Box::new(Pending::new()));
            unsafe {
                let record = Box::new(values.record(nop as *const _, pending));
                let early = values.bind(&*record).unwrap();
                #[repr(C)] struct Js(Words);
                type F = unsafe extern "C" fn(*mut u8, Js, i32, *const Words, i32, *const RecordHead) -> Js;
                let run = |entry: *const std::ffi::c_void, n: usize| {
                    let f = std::mem::transmute::<*const std::ffi::c_void, F>(black_box(entry));
                    let start = Instant::now();
                    for _ in 0..n { f(std::ptr::null_mut(), Js([0, 3]), 0, std::ptr::null(), 0, &*record); }
                    start.elapsed().as_secs_f64() * 1e9 / n as f64
                };
                let first: Vec<f64> = (0..500).map(|_| run(early.entry(), 1)).collect();
                let interpreted: Vec<f64> = (0..3).map(|_| run(early.entry(), 100)).collect();
                values.compile().unwrap();
                let late = values.bind(&*record).unwrap();
                let (mut a, mut b) = (Vec::new(), Vec::new());
                for _ in 0..400 { a.push(run(early.entry(), 5000)); b.push(run(late.entry(), 5000)); }
                println!("interpreted {interpreted:?} switch {:.3} direct {:.3} ratio {:.3}", sample::median(a.clone()), sample::median(b.clone()), sample::median(a.iter().zip(&b).map(|(a, b)| a / b).collect()));
            }
        }
        _ => open_engine::print(&open_engine::measure().unwrap()),
    }
}
