//! Processes whose files must not grow beyond a size (`ulimit -f`). Code then goes to memory without a file. The signal
//! SIGXFSZ, which would end the process, does not come.

use std::ffi::c_void;
use std::fs;
use std::mem::MaybeUninit;
use std::ptr;

use hotcall_jit::debug::enable_perf_map;
use hotcall_jit::{Jit, Options, Signature, Stub, Type, Use};
use hotcall_testing::alone::alone;

fn limit(size: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: size, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is read.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}

extern "C" fn first(a: i64) -> i64 {
    a
}

fn signature(ints: usize, floats: usize) -> Signature {
    let ints = std::iter::repeat_n(Type::I64, ints);
    Signature::new(ints.chain(vec![Type::F64; floats]).collect::<Vec<_>>(), Type::I64).unwrap()
}

/// Forty shapes, which take more than a chunk of pages of their own, and a call of each.
fn calls(jit: &Jit) {
    for (ints, floats) in (1..9).flat_map(|ints| (0..5).map(move |floats| (ints, floats))) {
        let trampoline = jit.slots(&signature(ints, floats), Options::default()).unwrap();
        let (args, mut result) = ([42_u64; 13], 0);
        // SAFETY: `first` may be called with more arguments than it has in this convention.
        unsafe { (trampoline.entry())(first as *const c_void, args.as_ptr(), &mut result, ptr::null_mut()) };
        assert_eq!(result, 42, "{ints} {floats}");
        assert!(!trampoline.code().is_empty());
    }
}

unsafe extern "C-unwind" fn answer(_: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the callback has an argument and a result.
    unsafe { *result = *args + 1 };
}

/// Makes enough callbacks for a small table of stubs and a large one.
fn callbacks(jit: &Jit) {
    let pool = jit.thunk(&signature(1, 0)).unwrap().stubs(Use::Plain);
    let stubs: Vec<Stub> = (0..1000).map(|_| pool.take().unwrap()).collect();
    for stub in &stubs {
        // SAFETY: the stub is ours; the handler needs no context.
        unsafe { stub.bind(answer, ptr::null_mut()) };
        // SAFETY: this is the type of the signature.
        let function = unsafe { std::mem::transmute::<*const c_void, extern "C" fn(i64) -> i64>(stub.entry()) };
        assert_eq!(function(41), 42);
    }
    for stub in stubs {
        stub.retire();
        // SAFETY: the stub was taken from this pool, and nobody calls it.
        unsafe { pool.give_back(stub) };
    }
}

/// Calls and callbacks in a process that has the limit from the start.
fn with_limit(size: libc::rlim_t) {
    limit(size);
    let jit = Jit::new().unwrap();
    calls(&jit);
    callbacks(&jit);
    calls(&Jit::new().unwrap());
}

#[test]
fn no_file_may_have_a_byte() {
    alone(|| with_limit(0));
}

#[test]
fn files_may_have_a_page() {
    alone(|| with_limit(4096));
}

#[test]
fn files_may_have_less_than_a_chunk() {
    alone(|| with_limit(32 * 1024));
}

#[test]
fn files_may_have_a_chunk() {
    alone(|| with_limit(64 * 1024));
}

#[test]
fn the_limit_changes_at_any_time() {
    alone(|| {
        let jit = Jit::new().unwrap();
        callbacks(&jit);
        for size in [libc::RLIM_INFINITY, 0, 64 * 1024, 4096, libc::RLIM_INFINITY] {
            limit(size);
            // Chunks of their own.
            calls(&Jit::new().unwrap());
            callbacks(&Jit::new().unwrap());
        }
    });
}

/// The list of a process, removed when this is dropped.
struct List(String);

impl List {
    fn new() -> Self {
        let list = Self(format!("/tmp/perf-{}.map", std::process::id()));
        fs::remove_file(&list.0).ok();
        list
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for List {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

#[test]
fn the_list_for_perf_ends() {
    alone(|| {
        let list = List::new();
        enable_perf_map().unwrap();
        calls(&Jit::new().unwrap());
        let before = list.read();
        // Room for a few lines more.
        limit(before.len() as u64 + 150);
        calls(&Jit::new().unwrap());
        let after = list.read();
        assert!(after.starts_with(&before) && after.len() <= before.len() + 150);
        assert!(after.ends_with('\n') && after.len() > before.len(), "{after}");
    });
}

#[test]
fn no_list_for_perf_can_be_made() {
    alone(|| {
        let _list = List::new();
        let jit = Jit::new().unwrap();
        calls(&jit);
        limit(0);
        callbacks(&jit);
        let error = enable_perf_map().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
        calls(&Jit::new().unwrap());
    });
}

/// Returns true if SIGXFSZ is in the set that `fill` fills.
fn signals(fill: impl FnOnce(*mut libc::sigset_t)) -> bool {
    let mut signals = MaybeUninit::uninit();
    fill(signals.as_mut_ptr());
    // SAFETY: it has been filled.
    unsafe { libc::sigismember(signals.as_ptr(), libc::SIGXFSZ) == 1 }
}

fn is_masked() -> bool {
    // SAFETY: the mask is only read.
    signals(|masked| assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), masked) }, 0))
}

fn waits() -> bool {
    // SAFETY: it fills the set.
    signals(|pending| assert_eq!(unsafe { libc::sigpending(pending) }, 0))
}

#[test]
fn the_program_keeps_its_own_signals() {
    alone(|| {
        limit(0);
        calls(&Jit::new().unwrap());
        assert_eq!((is_masked(), waits()), (false, false));
        // SAFETY: the set is filled before it is read; the signal is masked, and the process ends before it is not.
        unsafe {
            let mut signal = MaybeUninit::uninit();
            libc::sigemptyset(signal.as_mut_ptr());
            libc::sigaddset(signal.as_mut_ptr(), libc::SIGXFSZ);
            libc::pthread_sigmask(libc::SIG_BLOCK, signal.as_ptr(), ptr::null_mut());
            calls(&Jit::new().unwrap());
            assert_eq!((is_masked(), waits()), (true, false));
            libc::raise(libc::SIGXFSZ);
        }
        calls(&Jit::new().unwrap());
        assert_eq!((is_masked(), waits()), (true, true));
    });
}
