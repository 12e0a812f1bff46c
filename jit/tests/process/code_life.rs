//! Compiled code goes with its last trampoline, and copies with their functions: the executable memory of the process is measured.

use std::ffi::c_void;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel};
use hotcall_jit::engine::values::Pending;
use hotcall_jit::{Abi, FastCall, Jit, Options, Trampoline};
use hotcall_testing::alone::alone;
use hotcall_testing::helpers::REFUSING;
use hotcall_testing::notation;

fn compile(jit: &Jit, text: &str) -> Trampoline {
    jit.slots(&notation::signature(text), Options::default()).unwrap()
}

/// Bytes of executable memory that come from no file: private, shared or of a memfd.
fn executable() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let size = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let anonymous = fields.get(5).is_none_or(|path| path.starts_with("/dev/zero") || path.starts_with("/memfd:"));
        let (start, end) = fields[0].split_once('-')?;
        let size = usize::from_str_radix(end, 16).ok()? - usize::from_str_radix(start, 16).ok()?;
        (anonymous && fields[1].contains('x')).then_some(size)
    };
    maps.lines().filter_map(size).sum()
}

/// A shape for each number: it decides the integers and floats before a struct, and the struct's size.
fn shape(number: usize) -> String {
    format!("({}*i64, {}*f64, struct {{u8[{}]}})", number % 5, number / 5 % 7, 1 + number / 35)
}

#[test]
fn code_goes_with_its_last_trampoline() {
    alone(|| {
        let jit = Jit::new().unwrap();
        let make =
            |numbers: std::ops::Range<usize>| numbers.map(|n| compile(&jit, &shape(n)).code().len()).sum::<usize>();
        make(0..100);
        let kept = compile(&jit, "(f64, i64, f64)");
        let before = executable();
        assert!(before >= kept.code().len(), "code is not found");
        let made = make(100..5000);
        // If all code were kept, memory would grow by more than half of its bytes.
        let grown = executable().saturating_sub(before);
        assert!(grown < made / 2, "{grown} bytes for {made} bytes of code");
        copies_go_with_their_functions();
    });
}

extern "C" fn nothing() {}

/// Fast-call functions are copies of one code.
fn copies_go_with_their_functions() {
    let c = notation::signature("()");
    let model = FastCallModel::new(Abi::host().unwrap(), c.clone(), [], Exit::Raise);
    let typed = Jit::shared().unwrap().fast_call(&c, &model, REFUSING).unwrap();
    let pending = Pending::new();
    // SAFETY: the function has the signature.
    let record = || Box::new(unsafe { FastCall::record(nothing as extern "C" fn() as *const c_void, &pending) });
    let make = || {
        let record = record();
        // SAFETY: the record is kept beside its function.
        (unsafe { typed.bind(&raw const *record) }.unwrap(), record)
    };
    let _kept = make();
    let before = executable();
    let copies = 20_000;
    (0..copies).for_each(|_| drop(make()));
    let (grown, made) = (executable().saturating_sub(before), copies * typed.code().len());
    assert!(grown < made / 2, "{grown} bytes for {made} bytes of copies");
}
