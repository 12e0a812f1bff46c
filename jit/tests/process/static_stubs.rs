//! The addresses that trampolines and callbacks share where no code is generated. Each test takes all of a process's.

use std::collections::HashSet;
use std::ffi::c_void;
use std::ptr;

use hotcall_jit::{Jit, JitError, Options, Stub, StubPool, Trampoline, Use};
use hotcall_testing::alone::alone;
use hotcall_testing::notation;

/// A shape for each number, which decides the integers and floats.
fn trampoline(jit: &Jit, number: usize) -> Result<Trampoline, JitError> {
    let (ints, floats) = (number % 60, number / 60);
    jit.slots(&notation::signature(&format!("({ints}*i64, {floats}*f64)")), Options::default())
}

/// Makes a trampoline for each address.
fn all(jit: &Jit) -> Vec<Trampoline> {
    let made = (0..).map_while(|number| match trampoline(jit, number) {
        Ok(trampoline) => Some(trampoline),
        Err(JitError::Stubs { max }) => {
            assert!(number <= max);
            None
        }
        Err(error) => panic!("{error}"),
    });
    made.collect()
}

fn close(pool: &'static StubPool, stub: Stub) {
    stub.retire();
    // SAFETY: the tests take each stub from this pool, and use it no more.
    unsafe { pool.give_back(stub) };
}

#[test]
fn trampolines_give_theirs_back() {
    alone(|| {
        extern "C" fn sum(a: i64, b: i64) -> i64 {
            a + b
        }
        let jit = Jit::universal().unwrap();
        let made = all(&jit);
        let entries: HashSet<_> = made.iter().map(|trampoline| trampoline.entry() as usize).collect();
        assert_eq!(entries.len(), made.len());
        assert!(made.iter().all(|trampoline| trampoline.code().is_empty()));
        // A shape that exists does not take a second address.
        let shared = trampoline(&jit, 2).unwrap();
        assert_eq!(shared.entry() as usize, made[2].entry() as usize);
        let error = jit.slots(&notation::signature("(i64, i64) -> i64"), Options::default()).unwrap_err();
        assert!(error.to_string().contains(&format!("{} addresses", 2048)), "{error}");

        drop(made);
        assert_eq!(all(&jit).len(), entries.len());
        let add = jit.slots(&notation::signature("(i64, i64) -> i64"), Options::default()).unwrap();
        let mut result = 0;
        // SAFETY: `sum` has the trampoline's signature.
        unsafe { (add.entry())(sum as *const c_void, [40, 2].as_ptr(), &mut result, ptr::null_mut()) };
        assert_eq!(result, 42);
    });
}

#[test]
fn callbacks_keep_theirs_for_their_shape() {
    alone(|| {
        let jit = Jit::universal().unwrap();
        let pool = jit.thunk(&notation::signature("(i32)")).unwrap().stubs(Use::Plain);
        let other = jit.thunk(&notation::signature("(f32)")).unwrap().stubs(Use::Plain);
        let held: Vec<_> = (0..8).map(|_| pool.take().unwrap()).collect();
        let entries: HashSet<_> = held.iter().map(Stub::entry).collect();
        let trampolines = all(&jit);
        assert!(matches!(pool.take(), Err(JitError::Stubs { .. })));
        // If all are taken, stubs are used again before they have rested.
        held.into_iter().for_each(|stub| close(pool, stub));
        let again: Vec<_> = (0..8).map(|_| pool.take().unwrap()).collect();
        assert_eq!(again.iter().map(Stub::entry).collect::<HashSet<_>>(), entries);
        again.into_iter().for_each(|stub| close(pool, stub));
        assert!(matches!(other.take(), Err(JitError::Stubs { .. })));

        // Any shape may take a stub that C does not call any more.
        let stub = pool.take().unwrap();
        let entry = stub.entry();
        // SAFETY: the stub is ours, and nobody calls it.
        unsafe { pool.free(stub) };
        assert_eq!(other.take().unwrap().entry(), entry);
        drop(trampolines);
    });
}

/// 200 shapes find addresses, although each makes many callbacks.
#[test]
fn no_shape_takes_all() {
    alone(|| {
        let jit = Jit::universal().unwrap();
        for shape in 0..200 {
            let text = format!("({}*i8, {}*f32)", shape % 60, 1 + shape / 60);
            let pool = jit.thunk(&notation::signature(&text)).unwrap().stubs(Use::Counted);
            let entries: HashSet<_> = (0..300)
                .map(|_| {
                    let stub = pool.take().unwrap();
                    let entry = stub.entry();
                    close(pool, stub);
                    entry
                })
                .collect();
            assert!(entries.len() < 100, "{} stubs for shape {shape}", entries.len());
        }
    });
}
