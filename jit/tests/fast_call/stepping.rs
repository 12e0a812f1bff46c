//! Backtraces at every instruction of native functions, as a profiler or a debugger takes them. See
//! `callbacks/stepping.rs` for how the instructions are stepped through.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotcall_jit::FastCall;
use hotcall_jit::engine::values::Pending;
use hotcall_testing::fixture;
use hotcall_testing::frames;

use crate::forms::fixture;
use crate::native::{ExitFlag, FLAG};

const STEP: &str = r#"
#include <stdint.h>
#define STEP(call) \
    __asm__ volatile("subq $128, %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n addq $128, %%rsp" ::: "memory", "cc"); \
    call; \
    __asm__ volatile("subq $128, %%rsp\n pushfq\n andq $~0x100, (%%rsp)\n popfq\n addq $128, %%rsp" ::: "memory", "cc");
void fast_call_step_2(int64_t (*f)(int64_t, void *), int64_t n, void *exit) { STEP(f(n, exit)) }
void fast_call_step_9(int64_t (*f)(void *, double, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, void *), int64_t n, void *exit) {
    STEP(f(0, 1, 2, 3, 4, 5, 6, n, exit))
}
"#;

type Step = unsafe extern "C" fn(*const c_void, i64, *mut c_void);

/// The code that is stepped through.
static START: AtomicUsize = AtomicUsize::new(0);
static LEN: AtomicUsize = AtomicUsize::new(0);

/// The number of its instructions that were met, and of those at which the caller was not found.
static SEEN: AtomicUsize = AtomicUsize::new(0);
static LOST: AtomicUsize = AtomicUsize::new(0);

extern "C" fn stepped(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over this record.
    let ip = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] } as usize;
    if ip.wrapping_sub(START.load(Ordering::Relaxed)) >= LEN.load(Ordering::Relaxed) {
        return;
    }
    // The signal came from the code, so that this thread holds no lock of the unwinder.
    let mut found = false;
    let in_c = |address| frames::name(address).is_some_and(|name| name.to_bytes().starts_with(b"fast_call_step_"));
    frames::follow(|ip| found |= in_c(ip));
    SEEN.fetch_add(1, Ordering::Relaxed);
    LOST.fetch_add(usize::from(!found), Ordering::Relaxed);
}

extern "C" fn zero() -> i32 {
    0
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
        ("fast_call_step_2", "(i32)", "(i64, pointer)", "ax"),
        ("fast_call_step_9", "(7*i32)", "(pointer, f64, 6*i64, pointer)", "_aaaaaaax"),
    ];
    for (compiler, library) in &fixture::load_all(STEP) {
        for ((name, c, native, roles), result) in
            cases.iter().flat_map(|case| ["i32", "i64"].map(|result| (case, result)))
        {
            let fixture = fixture(&format!("{c} -> i32"), &format!("{native} -> {result}"), roles, FLAG);
            // Taken, refused, and closed.
            for (number, closed) in [(1, false), (1 << 31, false), (1, true)] {
                let (mut flag, pending) = (ExitFlag::new(), Pending::new());
                // SAFETY: the callee takes any arguments; the C function has this type and calls one of the native one's.
                unsafe {
                    let record = FastCall::record(zero as *const c_void, &pending);
                    let native = fixture.code.bind(&record).unwrap();
                    if closed {
                        record.close();
                    }
                    START.store(native.entry().addr(), Ordering::Relaxed);
                    LEN.store(fixture.code.code().len(), Ordering::Relaxed);
                    let exit = flag.0.as_mut_ptr().cast();
                    library.get::<Step>(name.as_bytes()).unwrap()(native.entry(), number, exit);
                    LEN.store(0, Ordering::Relaxed);
                }
                assert_eq!(flag.is_set(), closed || number != 1);
                let (seen, lost) = (SEEN.swap(0, Ordering::Relaxed), LOST.swap(0, Ordering::Relaxed));
                let context =
                    format!("{c} as {native} -> {result}, {number}, closed {closed}, by {}", compiler.command());
                assert!(seen >= 6, "{context}: {seen} instructions");
                // A chunk of functions with frames is described as they are once the frame is made: not at the first two
                // instructions, nor at the last.
                assert!(lost <= if fixture.is_assembled() { 0 } else { 3 }, "{context}: {lost} of {seen}");
            }
        }
    }
}
