//! Descriptions of addresses in code, for crash handlers, also inside signal handlers.
//!
//! A program of its own, because its allocator and its handlers serve the whole process.

#![cfg(all(feature = "cranelift", target_arch = "x86_64", target_os = "linux"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::fmt::Write as _;
use std::os::unix::thread::JoinHandleExt;
use std::process::{Command, abort};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::{env, fs, mem, ptr, thread};

use hotcall_jit::debug::{Description, describe};
use hotcall_jit::{Jit, Options, Trampoline, Use};
use hotcall_testing::notation;

fn slots(jit: &Jit, text: &str) -> Trampoline {
    jit.slots(&notation::signature(text), Options::default()).unwrap()
}

fn at(address: usize) -> Option<Description> {
    describe(ptr::without_provenance(address))
}

/// The code of this function is one piece of this name.
fn assert_name(code: &[u8], name: &str) {
    let start = code.as_ptr().addr();
    for offset in [0, 1, code.len() - 1] {
        let description = at(start + offset).unwrap_or_else(|| panic!("{name}+{offset:#x} is unknown"));
        assert_eq!((description.name(), description.offset()), (name, offset));
        assert_eq!((description.start(), description.size()), (start, code.len()));
    }
    assert_ne!(at(start + code.len()).map(|behind| behind.start()), Some(start));
}

#[test]
fn code_of_every_kind_has_a_name() {
    let jit = Jit::new().unwrap();
    let trampoline = slots(&jit, "(i32, f64) -> i32");
    assert_name(trampoline.code(), "hotcall slots (i32,f64)->i32");
    // Another signature of this shape: the code keeps the first one's name.
    assert_name(slots(&jit, "(u32, f64) -> i32").code(), "hotcall slots (i32,f64)->i32");
    let signature = notation::signature("(i32, f64) -> i32");
    let with_errno = jit.slots(&signature, Options::new().capture_errno(true)).unwrap();
    assert_name(with_errno.code(), "hotcall slots errno (i32,f64)->i32");
    assert_name(slots(&jit, "(struct {u8[9000]}, ..., f64)").code(), "hotcall slots (struct {u8[9000]},...,f64)");
    let thunk = jit.thunk(&signature).unwrap();
    assert_name(thunk.code(), "hotcall thunk (i32,f64)->i32");
    let stub = thunk.stubs(Use::Plain).take().unwrap();
    assert_eq!(at(stub.entry().addr() + 7).unwrap().name(), "hotcall stubs");
}

/// The shim's address is part of the trampoline's code.
#[test]
fn shims_have_a_name() {
    let jit = Jit::new().unwrap();
    let trampoline = slots(&jit, "(text, ..., f64) -> i32");
    let words = trampoline.code().windows(8).filter_map(|bytes| Some(usize::from_le_bytes(bytes.try_into().ok()?)));
    let found: Vec<_> = words.filter_map(at).collect();
    assert!(found.iter().any(|code| code.name() == "hotcall shim" && code.offset() == 0), "{found:?}");
}

#[test]
fn other_addresses_have_none() {
    let jit = Jit::new().unwrap();
    let _code = slots(&jit, "(i16)");
    for address in [0, 1, usize::MAX, other_addresses_have_none as *const () as usize, (&raw const jit).addr()] {
        assert!(at(address).is_none());
    }
}

#[test]
fn freed_code_has_none() {
    let name = "hotcall slots (i8,i8,f32,i8)->f32";
    let jit = Jit::new().unwrap();
    let trampoline = slots(&jit, "(i8, i8, f32, i8) -> f32");
    let start = trampoline.code().as_ptr().addr();
    assert_name(trampoline.code(), name);
    drop((trampoline, jit));
    // Other code may be there by now, of another test.
    assert!(at(start).is_none_or(|other| other.name() != name));
}

/// Aborts where a signal handler allocates.
struct Forbidding;

thread_local! {
    static IN_HANDLER: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Forbidding {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IN_HANDLER.get() {
            abort();
        }
        // SAFETY: the caller keeps the promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if IN_HANDLER.get() {
            abort();
        }
        // SAFETY: the caller keeps the promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Forbidding = Forbidding;

type SignalHandler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

fn handle(signal: c_int, handler: SignalHandler) {
    // SAFETY: a plain record; the handlers of this file call only functions that are safe in signal handlers.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
    }
}

/// Text in memory of its own.
struct Line {
    bytes: [u8; 256],
    len: usize,
}

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let place = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

/// Writes the descriptions of the crash's address and of its caller's, and ends the process.
extern "C" fn report(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    IN_HANDLER.set(true);
    // SAFETY: the kernel hands over this record; the stack pointer is that of the code which crashed.
    let (address, on_stack) = unsafe {
        let registers = (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
        (registers[libc::REG_RIP as usize] as usize, *(registers[libc::REG_RSP as usize] as *const usize))
    };
    let mut line = Line { bytes: [0; 256], len: 0 };
    for code in [address, on_stack.wrapping_sub(1)].map(at) {
        let written = match code {
            Some(code) => writeln!(line, "{code}"),
            None => writeln!(line, "none"),
        };
        written.unwrap_or_else(|_| abort());
    }
    // SAFETY: the bytes are the line's; `_exit` runs nothing.
    unsafe {
        libc::write(2, line.bytes.as_ptr().cast(), line.len);
        libc::_exit(7);
    }
}

std::arch::global_asm!(".local hotcall_test_trap", "hotcall_test_trap:", "int3", "ret");

unsafe extern "C" {
    fn hotcall_test_trap();
}

/// Crashes as the environment says, in a child process.
fn crash(how: &str) -> ! {
    let jit = Jit::new().unwrap();
    let trampoline = slots(&jit, "(i32, f64) -> i32");
    handle(libc::SIGSEGV, report);
    handle(libc::SIGTRAP, report);
    let args = [0; 2];
    let args = if how == "trampoline" { ptr::null() } else { args.as_ptr() };
    // SAFETY: reading from null is the crash that the test wants; the other function does not have parameters.
    unsafe { (trampoline.entry())(hotcall_test_trap as *const c_void, args, &mut 0, ptr::null_mut()) };
    panic!("that did not crash");
}

#[test]
fn crash_handlers_name_the_code() {
    const CRASH: &str = "HOTCALL_TEST_CRASH";
    if let Ok(how) = env::var(CRASH) {
        crash(&how);
    }
    let lines = |how| {
        let mut command = Command::new(env::current_exe().unwrap());
        let output = command.args(["--exact", "crash_handlers_name_the_code", "--nocapture"]).env(CRASH, how).output();
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(7), "{text}");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let name = "hotcall slots (i32,f64)->i32+0x";
    let in_trampoline = lines("trampoline");
    assert!(in_trampoline[0].starts_with(name), "{in_trampoline:?}");
    let in_callee = lines("callee");
    assert!(in_callee[0] == "none" && in_callee[1].starts_with(name), "{in_callee:?}");
}

/// Code that stays, and code that comes and goes.
static KEPT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static LATEST: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static LOOKED: AtomicUsize = AtomicUsize::new(0);
static WRONG: AtomicUsize = AtomicUsize::new(0);

extern "C" fn look(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    let was = IN_HANDLER.replace(true);
    let kept = describe(KEPT.load(Ordering::Relaxed));
    let latest = describe(LATEST.load(Ordering::Relaxed));
    let right = kept.is_some_and(|kept| kept.name() == "hotcall slots (pointer,pointer)->f32")
        && latest.is_none_or(|latest| latest.name().starts_with("hotcall "));
    WRONG.fetch_add(usize::from(!right), Ordering::Relaxed);
    LOOKED.fetch_add(1, Ordering::Release);
    IN_HANDLER.set(was);
}

/// Signals arrive anywhere in the compiler, the registry included.
#[test]
fn handlers_look_while_threads_compile_and_free() {
    let jit = Jit::new().unwrap();
    let kept = slots(&jit, "(pointer, pointer) -> f32");
    KEPT.store(kept.code().as_ptr().cast_mut().cast(), Ordering::Relaxed);
    handle(libc::SIGUSR1, look);
    let compile = || {
        while LOOKED.load(Ordering::Acquire) < 500 {
            // All of it goes at the end of a round, its chunk too.
            let jit = Jit::new().unwrap();
            for params in 1..6 {
                let name = vec!["f64"; params].join(",");
                let trampoline = slots(&jit, &format!("({name}) -> f64"));
                LATEST.store(trampoline.code().as_ptr().cast_mut().cast(), Ordering::Relaxed);
                assert_name(trampoline.code(), &format!("hotcall slots ({name})->f64"));
            }
        }
    };
    let threads = [thread::spawn(compile), thread::spawn(compile)];
    while !threads.iter().all(|thread| thread.is_finished()) {
        for thread in &threads {
            // SAFETY: the thread was not joined, and signals of this kind are handled.
            unsafe { libc::pthread_kill(thread.as_pthread_t(), libc::SIGUSR1) };
        }
        thread::yield_now();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(WRONG.load(Ordering::Relaxed), 0);
    assert_name(kept.code(), "hotcall slots (pointer,pointer)->f32");
}

/// A list is written only if the program asks for it.
#[test]
fn no_perf_map_by_default() {
    let _code = slots(&Jit::new().unwrap(), "(i64)");
    assert!(fs::symlink_metadata(format!("/tmp/perf-{}.map", std::process::id())).is_err());
}
