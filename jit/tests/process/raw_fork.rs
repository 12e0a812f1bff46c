//! Children that are made without the handlers of `pthread_atfork`. They share the memory that code is in, as those of
//! `fork` do.
//!
//! No other thread may run in the process, because no handler looks after the allocator's locks either.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::{Jit, Options, Signature, Trampoline, Type, Use};
use hotcall_testing::alone::alone;

/// A way to make a child.
type Fork = fn() -> libc::pid_t;

fn system_call_fork() -> libc::pid_t {
    // SAFETY: nobody else runs in this process.
    unsafe { libc::syscall(libc::SYS_fork) as libc::pid_t }
}

fn system_call_clone() -> libc::pid_t {
    // SAFETY: nobody else runs in this process; without a stack the child goes on with a copy of this one.
    unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as libc::pid_t }
}

/// Makes the first process of a namespace. All first processes have one number.
fn in_a_namespace() -> libc::pid_t {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWPID | libc::SIGCHLD;
    // SAFETY: nobody else runs in this process; without a stack the child goes on with a copy of this one.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) as libc::pid_t } {
        // Some systems do not allow namespaces.
        -1 => system_call_clone(),
        child => child,
    }
}

/// glibc's since 2.34.
fn underscore_fork() -> libc::pid_t {
    // SAFETY: the function has this type, and nobody else runs in this process.
    unsafe {
        let function = libc::dlsym(libc::RTLD_DEFAULT, c"_Fork".as_ptr());
        if function.is_null() {
            return system_call_fork();
        }
        std::mem::transmute::<*mut c_void, extern "C" fn() -> libc::pid_t>(function)()
    }
}

fn handled() -> libc::pid_t {
    // SAFETY: nobody else runs in this process.
    unsafe { libc::fork() }
}

extern "C" fn sum(a: i64, b: i64, c: i64) -> i64 {
    a + b + c
}

unsafe extern "C-unwind" fn answer(_: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the callback has an argument and a result.
    unsafe { *result = *args + 1 };
}

fn signature(params: usize) -> Signature {
    Signature::new(vec![Type::I64; params], Type::I64).unwrap()
}

/// Code that was made, with its bytes.
struct Made {
    trampoline: Trampoline,
    code: Vec<u8>,
}

impl Made {
    fn new(jit: &Jit, params: usize) -> Self {
        let trampoline = jit.slots(&signature(params), Options::default()).unwrap();
        let code = trampoline.code().to_vec();
        Self { trampoline, code }
    }

    fn is_right(&self) -> bool {
        let (args, mut result) = ([1, 2, 3, 0, 0, 0, 0, 0, 0, 0], 0);
        let entry = self.trampoline.entry();
        // SAFETY: `sum` may be called with more arguments than it has in this convention.
        self.trampoline.code() == self.code
            && unsafe {
                entry(sum as *const c_void, args.as_ptr(), &mut result, ptr::null_mut());
                result == 6
            }
    }
}

/// Makes a callback of a shape and calls it.
fn calls_back(jit: &Jit, params: usize) -> bool {
    let pool = jit.thunk(&signature(params)).unwrap().stubs(Use::Plain);
    let stub = pool.take().unwrap();
    // SAFETY: the stub is ours; the handler needs no context.
    unsafe { stub.bind(answer, ptr::null_mut()) };
    // SAFETY: the stub is a function of at least this parameter, and ignores the others.
    let function = unsafe { std::mem::transmute::<*const c_void, extern "C" fn(i64) -> i64>(stub.entry()) };
    let right = function(41) == 42;
    stub.retire();
    // SAFETY: the stub was taken from this pool, and nobody calls it.
    unsafe { pool.give_back(stub) };
    right
}

/// Makes new code in an order of its own; the code from before and this is right in the end.
fn go_on(jit: &Jit, before: &[Made], order: impl Iterator<Item = usize>, meanwhile: impl FnOnce() -> bool) -> bool {
    let (mut made, mut right) = (Vec::new(), true);
    for params in order {
        made.push(Made::new(jit, params));
        right &= calls_back(jit, params);
    }
    right &= meanwhile();
    right && before.iter().chain(&made).all(Made::is_right)
}

/// Runs the body in a child; returns what awaits its result.
fn in_child(fork: Fork, body: impl FnOnce() -> bool) -> impl FnOnce() -> bool {
    let child = fork();
    assert!(child >= 0, "{}", std::io::Error::last_os_error());
    if child == 0 {
        // SAFETY: this only sets a timer, and the child ends without the test harness's clean-up.
        unsafe {
            libc::alarm(60);
            libc::_exit(if body() { 0 } else { 1 });
        }
    }
    move || {
        let mut status = 0;
        // SAFETY: the child is this process's.
        unsafe { libc::waitpid(child, &mut status, 0) == child && status == 0 }
    }
}

/// A child that forks itself, and its parent, all of which go on. In shared memory each would overwrite the code of another.
fn family(forks: [Fork; 2]) {
    let jit = Jit::new().unwrap();
    let before = [Made::new(&jit, 3)];
    assert!(calls_back(&jit, 3));
    let child = in_child(forks[0], || {
        let grandchild = in_child(forks[1], || go_on(&jit, &before, [6, 5, 7, 4, 8].into_iter(), || true));
        go_on(&jit, &before, 4..9, grandchild)
    });
    assert!(go_on(&jit, &before, (4..9).rev(), child), "{forks:?}");
    // A parent fills what it has, with as many children as it likes.
    let child = in_child(forks[1], || go_on(&jit, &before, 4..9, || true));
    assert!(go_on(&jit, &before, (4..9).rev(), child), "{forks:?}");
}

#[test]
fn children_of_the_system_call_go_on() {
    alone(|| family([system_call_fork, system_call_fork]));
}

#[test]
fn children_of_clone_go_on() {
    alone(|| family([system_call_clone, system_call_clone]));
}

#[test]
fn children_with_their_parents_number_go_on() {
    alone(|| family([in_a_namespace, in_a_namespace]));
}

#[test]
fn children_of_underscore_fork_go_on() {
    alone(|| family([underscore_fork, underscore_fork]));
}

#[test]
fn children_of_a_child_of_fork_go_on() {
    alone(|| family([handled, system_call_fork]));
}

#[test]
fn children_by_fork_of_another_child_go_on() {
    alone(|| family([system_call_fork, handled]));
}
