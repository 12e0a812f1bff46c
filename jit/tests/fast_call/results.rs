//! Structs that C returns, in memory of the caller's.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::fast_call::Exit;
use hotcall_jit::engine::values::Pending;
use hotcall_jit::{FastCall, Jit, MAX_SIZE, Options, Type};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::Random;

use crate::engine::HELPERS;
use crate::forms::fixture;
use crate::heap::{Heap, Thing};
use crate::native::{Answers, ExitFlag, FLAG, Fixture};

fn bytes(address: *mut u8, len: u64) -> Thing {
    Thing::Bytes { address: address.expose_provenance() as u64, len, kind: 0 }
}

/// Calls a function of these structs and a result, all of them in `memory` at these offsets; the last one is the result's.
fn call(fixture: &Fixture, heap: &mut Heap, memory: &mut [u8], at: &[usize], result: &[u8]) {
    let mut flag = ExitFlag::new();
    let base = memory.as_mut_ptr();
    // SAFETY: the offsets are in the memory.
    let mut words: Vec<_> = at.iter().map(|&at| heap.handle(bytes(unsafe { base.add(at) }, MAX_SIZE.into()))).collect();
    words.push(flag.word());
    fixture.call(&words, Answers::returning(result));
    assert!(!flag.is_set());
}

#[test]
fn results_of_every_size_are_written_whole() {
    let mut heap = Heap::mapped();
    let mut random = Random::new(5);
    let sizes = (1..=80).chain([255, 256, 257, 511, 512, 4095, 4096, 10_001, MAX_SIZE - 1, MAX_SIZE]);
    for size in sizes {
        let c = format!("() -> struct {{u8[{size}]}}");
        let fixture = fixture(&c, "(pointer, pointer)", "rx", FLAG);
        let result: Vec<u8> = (0..size).map(|_| random.bits() as u8).collect();
        for offset in [0, 1, 7] {
            let mut memory = vec![0x77; size as usize + 16];
            call(&fixture, &mut heap, &mut memory, &[offset], &result);
            let end = offset + size as usize;
            assert_eq!(memory[offset..end], result, "{size} bytes at {offset}");
            let around = memory[..offset].iter().chain(&memory[end..]);
            assert!(around.copied().all(|byte| byte == 0x77), "{size} bytes at {offset}");
        }
    }
}

/// C reads its arguments before and after it writes the result. Still it does not see the result in its arguments, and no
/// argument is lost.
#[test]
fn results_may_lie_over_arguments() {
    let text = r"
        #include <string.h>
        struct small { unsigned char bytes[12]; };
        struct large { unsigned char bytes[600]; };
        #define MIX(name) \
            struct name mix_##name(struct name a, struct name b) { \
                struct name r; \
                for (unsigned i = 0; i < sizeof r; i++) { \
                    r.bytes[i] = a.bytes[i] * 3 + b.bytes[sizeof r - 1 - i]; \
                } \
                return r; \
            }
        MIX(small)
        MIX(large)
    ";
    let libraries = fixture::load_all(text);
    for (name, size) in [("small", 12), ("large", 600)] {
        let ty = format!("struct {{u8[{size}]}}");
        let signature = format!("({ty}, {ty}) -> {ty}");
        // Only for its model.
        let model = fixture(&signature, "(3*pointer, pointer)", "hhrx", Exit::Raise).model.clone();
        let code = Jit::shared().unwrap().fast_call(&notation::signature(&signature), &model, HELPERS).unwrap();
        let caller = Jit::shared().unwrap().slots(&model.native, Options::default()).unwrap();
        let mut heap = Heap::mapped();
        for (compiler, library) in &libraries {
            let pending = Pending::new();
            // SAFETY: the function has this type in the text.
            let target = unsafe { *library.get::<*const c_void>(format!("mix_{name}").as_bytes()).unwrap() };
            // SAFETY: the text compiles the function with the code's signature.
            let record = unsafe { FastCall::record(target, &pending) };
            // SAFETY: the record outlives its function.
            let native = unsafe { code.bind(&record) }.unwrap();
            for (first, second, to) in
                [(0, size, 0), (0, size, size), (0, 0, 0), (0, size, 5), (3, size, 0), (0, size, size / 2)]
            {
                let mut memory: Vec<u8> = (0..3 * size).map(|at| (at * 7 + at / 256) as u8).collect();
                let (a, b) = (memory[first..first + size].to_vec(), memory[second..second + size].to_vec());
                let mut expected = memory.clone();
                for at in 0..size {
                    expected[to + at] = a[at].wrapping_mul(3).wrapping_add(b[size - 1 - at]);
                }
                let base = memory.as_mut_ptr();
                let words: Vec<_> = [first, second, to]
                    // SAFETY: these are in the memory.
                    .map(|at| heap.handle(bytes(unsafe { base.add(at) }, size as u64)))
                    .into_iter()
                    .chain([0])
                    .collect();
                // SAFETY: the entry is a native function of the model; the memory is there for it to read and write.
                unsafe { (caller.entry())(native.entry(), words.as_ptr(), ptr::null_mut(), ptr::null_mut()) };
                assert!(memory == expected, "{name} at {first}, {second} to {to}, compiled by {}", compiler.command());
            }
        }
    }
}

/// A callee that writes only the first byte of its result.
const FIRST_BYTE: &str = r#"
__asm__(".globl first_byte\n.type first_byte, @function\nfirst_byte:\n    movb %sil, (%rdi)\n    movq %rdi, %rax\n    ret\n");
"#;

/// The rest is zero, and not the stack's content.
#[test]
fn what_c_does_not_write_is_zero() {
    let (_, library) = fixture::load_all(FIRST_BYTE).remove(0);
    // SAFETY: the symbol is a function, of which the address is taken.
    let target = unsafe { *library.get::<*const c_void>(b"first_byte").unwrap() };
    for size in [17, 24, 63, 256, 257, 300, 5000, MAX_SIZE] {
        let c = format!("(i8) -> struct {{u8[{size}]}}");
        let model = fixture(&c, "(i64, pointer)", "ar", Exit::Raise).model.clone();
        let code = Jit::shared().unwrap().fast_call(&notation::signature(&c), &model, HELPERS).unwrap();
        let caller = Jit::shared().unwrap().slots(&model.native, Options::default()).unwrap();
        let (mut heap, pending) = (Heap::mapped(), Pending::new());
        let mut memory = vec![0x77_u8; size as usize];
        let words = [5, heap.handle(bytes(memory.as_mut_ptr(), size.into()))];
        // SAFETY: the function is one of the signature, its record outlives the native function, and the memory is there.
        unsafe {
            let record = FastCall::record(target, &pending);
            let native = code.bind(&record).unwrap();
            (caller.entry())(native.entry(), words.as_ptr(), ptr::null_mut(), ptr::null_mut());
        }
        assert!(memory[0] == 5 && memory[1..].iter().all(|&byte| byte == 0), "{size}: {memory:x?}");
    }
}

/// Arguments of the largest size at odd addresses.
#[test]
fn large_arguments_lie_anywhere() {
    let ty = format!("struct {{u8[{MAX_SIZE}]}}");
    let fixture = fixture(&format!("({ty}, i32) -> i32"), "(pointer, i64, pointer) -> i64", "hax", FLAG);
    let mut heap = Heap::mapped();
    let mut random = Random::new(6);
    let mut memory: Vec<u8> = (0..MAX_SIZE + 1).map(|_| random.bits() as u8).collect();
    let mut flag = ExitFlag::new();
    // SAFETY: the memory is one byte longer.
    let handle = heap.handle(bytes(unsafe { memory.as_mut_ptr().add(1) }, MAX_SIZE.into()));
    let outcome = fixture.call(&[handle, 9, flag.word()], Answers::returning(3_u64.to_le_bytes()));
    let [crate::engine::Event::Called(args)] = &outcome.events[..] else { panic!("{:?}", outcome.events.len()) };
    assert!(args[0] == memory[1..] && args[1] == 9_u64.to_le_bytes() && outcome.returned == 3);
    assert!(!flag.is_set() && fixture.c.params()[1] == Type::I32);
}
