//! Backtraces at every instruction of stubs and thunks, as a profiler or a debugger takes them.
//!
//! C code sets the trap flag and calls the stub; the processor then raises a signal behind every instruction, whose handler
//! follows the frames.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall_jit::Stub;
use hotcall_testing::fixture;
use hotcall_testing::frames;
use hotcall_testing::notation;
use hotcall_testing::ways;

use crate::fixtures::bound;

/// The first frees the 128 bytes below the stack pointer that the caller may use.
const STEP: &str = r#"
#include <stdint.h>
#define STEP(call) \
    __asm__ volatile("subq $128, %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n addq $128, %%rsp" ::: "memory", "cc"); \
    call; \
    __asm__ volatile("subq $128, %%rsp\n pushfq\n andq $~0x100, (%%rsp)\n popfq\n addq $128, %%rsp" ::: "memory", "cc");
void step_0(void (*f)(int)) { STEP(f(1)) }
void step_1(void (*f)(int, int, int, int, int, int)) { STEP(f(1, 2, 3, 4, 5, 6)) }
void step_2(void (*f)(int, int, int, int, int, int, double, double, double, double, double, double, double, double, int)) {
    STEP(f(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9))
}
"#;

/// The place of the stub that is stepped through.
static STUB: AtomicUsize = AtomicUsize::new(0);

/// The instructions at which a backtrace was taken, a bit for each offset.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// The instructions among these whose backtrace went on through the C function to the test.
static COMPLETE: AtomicUsize = AtomicUsize::new(0);

/// The number of instructions of stub, thunk and handler, and of those at which the C function was not found.
static STEPS: AtomicUsize = AtomicUsize::new(0);
static LOST: AtomicUsize = AtomicUsize::new(0);

fn in_stub(ip: usize) -> Option<usize> {
    ip.checked_sub(STUB.load(Ordering::Relaxed)).filter(|&offset| offset < 16)
}

extern "C" fn stepped(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over this record.
    let ip = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] } as usize;
    let in_c = |address| frames::name(address).is_some_and(|name| name.to_bytes().starts_with(b"step_"));
    // The compiler that describes the C function does not know what the assembly in it pushes.
    if in_c(ip + 1) {
        return;
    }
    let mut found = false;
    frames::follow(|ip| found |= in_c(ip));
    STEPS.fetch_add(1, Ordering::Relaxed);
    LOST.fetch_add(usize::from(!found), Ordering::Relaxed);
    let Some(offset) = in_stub(ip) else { return };
    SEEN.fetch_or(1 << offset, Ordering::Relaxed);
    let (mut behind, mut in_caller) = (None, false);
    // The signal came from the stub, so that this thread holds no lock of the unwinder.
    frames::follow(|ip| match &mut behind {
        None => behind = in_stub(ip).map(|_| 0),
        Some(count) => {
            *count += 1;
            in_caller |= *count == 1 && in_c(ip);
        }
    });
    if in_caller && behind > Some(3) {
        COMPLETE.fetch_or(1 << offset, Ordering::Relaxed);
    }
}

unsafe extern "C-unwind" fn nothing(_: *mut c_void, _: *const u64, _: *mut u64) {}

/// The offsets of the instructions that were stepped onto in the stub, and of those with a complete backtrace.
fn step(function: unsafe extern "C" fn(*const c_void), stub: Stub) -> (usize, usize) {
    STUB.store(stub.entry().addr(), Ordering::Relaxed);
    SEEN.store(0, Ordering::Relaxed);
    COMPLETE.store(0, Ordering::Relaxed);
    // SAFETY: the function calls the stub by its signature, and its signals are handled.
    unsafe { function(stub.entry()) };
    (SEEN.load(Ordering::Relaxed), COMPLETE.load(Ordering::Relaxed))
}

#[test]
fn backtraces_are_complete_at_every_instruction() {
    // SAFETY: a plain record; the handler touches nothing but atomics and the unwinder.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = stepped as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &action, ptr::null_mut()), 0);
    }
    let cases = [
        ("step_0", "(i32)", 1 | 1 << 7),
        ("step_1", "(6*i32)", 1 | 1 << 8),
        // push, call, pop, ret
        ("step_2", "(6*i32, 8*f64, i32)", 1 | 1 << 6 | 1 << 12 | 1 << 13),
    ];
    // Static stubs are all alike.
    let offsets_of = |way, generated| if way == "universal" { 1 | 1 << 7 | 1 << 11 } else { generated };
    let ways = ways::all(cfg!(feature = "cranelift"));
    for (compiler, library) in &fixture::load_all(STEP) {
        for ((way, jit), (name, text, generated)) in ways.iter().flat_map(|way| cases.map(|case| (way, case))) {
            let way = *way;
            let offsets = offsets_of(way, generated);
            let stub = bound(jit.thunk(&notation::signature(text)).unwrap(), nothing, ptr::null_mut::<u8>());
            // SAFETY: the function has this type.
            let function = unsafe { *library.get(name.as_bytes()).unwrap() };
            let (seen, complete) = step(function, stub);
            assert_eq!(seen, offsets, "{text}, {way}, compiled by {}: {seen:#b}", compiler.command());
            assert_eq!(complete, offsets, "{text}, {way}, compiled by {}: {complete:#b}", compiler.command());
            // The stub, the thunk and the handler have more instructions than that.
            assert!(STEPS.swap(0, Ordering::Relaxed) > 10, "{text}, {way}");
            // Generated code is described by the chunk, whose description holds once the frame is made: not at the first
            // two instructions, nor at the last.
            let lost = LOST.swap(0, Ordering::Relaxed);
            assert!(
                lost <= if way == "universal" { 0 } else { 3 },
                "{text}, {way}, compiled by {}",
                compiler.command()
            );
        }
    }
}
