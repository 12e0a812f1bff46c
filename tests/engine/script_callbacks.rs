//! The life of callbacks that are functions of script: closing, threads, depth.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use hotcall::engine::{
    Catch, Engine, EngineCallback, EngineError, EngineThunk, Output, Realm, Site, View, Words, quickjs,
};
use hotcall::{ForeignCall, Function, FunctionOptions, LocalOptions, OnPanic, Value};
use hotcall_engines::Language;
use hotcall_engines::quickjs::Callee;
use hotcall_engines::quickjs::{QuickJs, Script};
use hotcall_testing::alone::alone;
use hotcall_testing::notation;
use rquickjs_sys as js;

use crate::world::World;

const REFUSE: fn(ForeignCall) -> Result<(), ForeignCall> = Err;

fn int_thunk(script: &Script) -> EngineThunk<QuickJs> {
    script.thunk(&notation::signature("(i32) -> i32")).unwrap()
}

fn callback(script: &Script, source: &str) -> EngineCallback {
    script.callback(&int_thunk(script), source, LocalOptions::default(), REFUSE).unwrap()
}

/// Calls an address as `int (*)(int)`, as C does.
fn call(address: *const c_void, n: i32) -> i32 {
    let signature = notation::signature("(i32) -> i32");
    // SAFETY: the address is that of a callback of this signature, also after it was dropped.
    unsafe {
        let function = Function::from_address("f", address, &signature, FunctionOptions::default()).unwrap();
        i32::try_from(function.call(&[Value::I32(n)]).unwrap()).unwrap()
    }
}

/// Tells when it is dropped.
struct Told<T>(Rc<Cell<bool>>, T);

impl<T> Drop for Told<T> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn a_callback_runs_its_function() {
    let script = Script::default();
    let callback = callback(&script, "n => n * 2");
    assert_eq!([1, 21, -1].map(|n| call(callback.as_ptr(), n)), [2, 42, -2]);
    assert_eq!(format!("{callback:?}"), format!("EngineCallback({:p})", callback.as_ptr()));
    assert_eq!(format!("{:?}", int_thunk(&script)), "EngineThunk((i32) -> i32)");
    assert_eq!(int_thunk(&script).clone().signature().to_string(), "(i32) -> i32");
}

#[test]
fn closed_and_dropped_callbacks_return_zeros_and_are_counted() {
    let script = Script::default();
    let callback = callback(&script, "n => n + 1");
    let address = callback.as_ptr();
    assert_eq!(call(address, 1), 2);
    callback.close();
    callback.close();
    assert!(callback.is_closed());
    let before = hotcall::retired_calls();
    assert_eq!(call(address, 1), 0);
    drop(callback);
    assert_eq!(call(address, 1), 0);
    // Other tests may count too.
    assert!(hotcall::retired_calls() >= before + 2);
}

/// A callback whose function can reach the callback itself: `act` is a function of script that runs `then`.
fn with_act(script: &Script, source: &str, then: impl Fn() + 'static) -> (EngineCallback, Rc<Cell<bool>>, impl Sized) {
    let signature = notation::signature("()");
    let thunk = hotcall::Thunk::new(&signature).unwrap();
    let act = hotcall::Callback::local(&thunk, LocalOptions::default(), REFUSE, move |_| then()).unwrap();
    // SAFETY: the callback is a function of this signature.
    let function = unsafe { Function::from_address("act", act.as_ptr(), &signature, FunctionOptions::default()) };
    script.define("act", &function.unwrap());
    let dropped = Rc::new(Cell::new(false));
    let kept = script.callee(source);
    let callee = kept.words();
    let told = Told(Rc::clone(&dropped), kept);
    // SAFETY: the context is the engine's, and `told` keeps the function.
    let callback =
        unsafe { int_thunk(script).callback(LocalOptions::default(), REFUSE, script.context.cast(), callee, told) };
    (callback.unwrap(), dropped, act)
}

#[test]
fn closing_while_it_runs_keeps_the_function_until_the_last_run_ends() {
    let script = Script::default();
    let held: Rc<RefCell<Option<EngineCallback>>> = Rc::default();
    let (in_act, seen) = (Rc::clone(&held), Rc::new(Cell::new(false)));
    let seen_in_act = Rc::clone(&seen);
    let dropped_in_act: Rc<RefCell<Option<Rc<Cell<bool>>>>> = Rc::default();
    let look = Rc::clone(&dropped_in_act);
    let source = "n => { if (n > 0) again(n - 1); else act(); collect(); return n + 100 }";
    let (callback, dropped, _act) = with_act(&script, source, move || {
        let callback = in_act.borrow();
        let callback = callback.as_ref().unwrap();
        callback.close();
        // This call is refused, the running ones are not.
        assert_eq!(call(callback.as_ptr(), 5), 0);
        let dropped = look.borrow().as_ref().unwrap().get();
        seen_in_act.set(!dropped);
    });
    *dropped_in_act.borrow_mut() = Some(Rc::clone(&dropped));
    let address = callback.as_ptr();
    *held.borrow_mut() = Some(callback);
    script.run("globalThis.collect = () => { for (let i = 0; i < 100; i++) ({}) }").unwrap();
    let signature = notation::signature("(i32) -> i32");
    // SAFETY: the callback is a function of this signature.
    let again = unsafe { Function::from_address("again", address, &signature, FunctionOptions::default()) };
    script.define("again", &again.unwrap());
    assert_eq!(call(address, 3), 103);
    assert!(seen.get() && dropped.get());
    assert_eq!(call(address, 3), 0);
    drop(held.take());
}

#[test]
fn a_callback_may_be_dropped_in_its_own_call() {
    let script = Script::default();
    let held: Rc<RefCell<Option<EngineCallback>>> = Rc::default();
    let in_act = Rc::clone(&held);
    let (callback, dropped, _act) = with_act(&script, "n => { act(); return n + 7 }", move || drop(in_act.take()));
    let address = callback.as_ptr();
    *held.borrow_mut() = Some(callback);
    assert_eq!(call(address, 1), 8);
    assert!(dropped.get() && held.borrow().is_none());
    assert_eq!(call(address, 1), 0);
    // The stubs of the shape are in order: more callbacks than rest.
    for n in 0..3000 {
        let callback = self::callback(&script, &format!("n => n + {n}"));
        assert_eq!(call(callback.as_ptr(), 1), n + 1);
    }
}

#[test]
fn calls_of_other_threads_come_to_the_owner() {
    let script = Script::default();
    let (queue, calls) = mpsc::channel();
    let dispatch = move |call| queue.send(call).map_err(|error: mpsc::SendError<_>| error.0);
    script.run("globalThis.ran = 0").unwrap();
    let callback = script.callback(&int_thunk(&script), "n => (ran++, n * 3)", LocalOptions::default(), dispatch);
    let callback = callback.unwrap();
    let address = callback.as_ptr() as usize;
    let other = thread::spawn(move || call(address as *const c_void, 14));
    let foreign: ForeignCall = calls.recv().unwrap();
    assert_eq!((callback.pending_foreign(), script.run("ran").unwrap().as_str()), (1, "0"));
    foreign.run().unwrap();
    assert_eq!((other.join().unwrap(), script.run("ran").unwrap().as_str()), (42, "1"));
    // Nobody answers it: closing does.
    let other = thread::spawn(move || call(address as *const c_void, 14));
    let foreign = calls.recv().unwrap();
    callback.close();
    assert_eq!(other.join().unwrap(), 0);
    drop(foreign);
    assert_eq!(script.run("ran").unwrap(), "1");
}

#[test]
fn threads_have_their_own_engines_and_share_code() {
    let run = |factor: i32| {
        let script = Script::default();
        for n in 0..1500 {
            let callback = callback(&script, &format!("n => n * {factor} + {n}"));
            assert_eq!(call(callback.as_ptr(), 10), 10 * factor + n);
        }
    };
    thread::scope(|scope| (1..4).for_each(|factor| drop(scope.spawn(move || run(factor)))));
}

#[test]
fn a_forked_child_calls_what_its_parent_made() {
    alone(|| {
        let script = Script::default();
        let callback = callback(&script, "n => n + 1");
        // SAFETY: this process has no other threads that hold locks.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let made = self::callback(&script, "n => n * 2");
            let is_right = call(callback.as_ptr(), 1) == 2 && call(made.as_ptr(), 4) == 8;
            // SAFETY: the child ends without the clean-up of the test harness, which is the parent's.
            unsafe { libc::_exit(if is_right { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: the child is this process's.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(call(callback.as_ptr(), 5), 6);
    });
}

#[test]
fn the_first_exception_waits_and_script_does_not_run_meanwhile() {
    let script = Script::default();
    script.run("globalThis.ran = 0").unwrap();
    let callback = callback(&script, "n => { ran++; throw 'no ' + n }");
    assert_eq!([1, 2, 3].map(|n| call(callback.as_ptr(), n)), [0; 3]);
    assert_eq!(script.run("ran").unwrap(), "1");
    assert_eq!(script.thrown_text(&script.realm.take_exception().unwrap()), "no 1");
    assert_eq!(call(callback.as_ptr(), 4), 0);
    assert_eq!(script.run("ran").unwrap(), "2");
    assert_eq!(script.thrown_text(&script.realm.take_exception().unwrap()), "no 4");
}

#[test]
fn what_is_made_is_released() {
    const POINT: &str = "struct {f64, f64}";
    let world = World::new([("call", "call_s24", "(function, struct {i64[3]}) -> struct {i64[3]}")]);
    let signature = notation::signature(&format!("(pointer, {POINT}, u64, i32) -> {POINT}"));
    let thunk = world.thunk(&signature).unwrap();
    let source = "(p, s, n, i) => (globalThis.last = [typeof p, s, n, i].map(show).join(), s)";
    let callback = world.deref().callback(&thunk, source, LocalOptions::default(), REFUSE).unwrap();
    // SAFETY: the callback is a function of this signature.
    let function = unsafe { Function::from_address("f", callback.as_ptr(), &signature, FunctionOptions::default()) };
    let function = function.unwrap();
    let bytes: Vec<u8> = [1.5_f64, -2.0].into_iter().flat_map(f64::to_le_bytes).collect();
    let run = || {
        let pointer: *const c_void = ptr::without_provenance(0x1000);
        let args = [pointer.into(), Value::Bytes(bytes.as_slice().into()), Value::U64(1 << 63), Value::I32(4)];
        // SAFETY: the callback takes these.
        let result = unsafe { function.call(&args) }.unwrap();
        assert_eq!(result.as_bytes().unwrap(), bytes);
    };
    run();
    assert!(world.run("last").unwrap().ends_with("9223372036854775808n,4"));
    let before = crate::world::memory(&world);
    (0..500).for_each(|_| run());
    assert_eq!(crate::world::memory(&world), before);
}

#[test]
fn a_panic_of_the_keeper_is_kept() {
    struct Panics(Callee);
    impl Drop for Panics {
        fn drop(&mut self) {
            let _ = &self.0;
            panic!("the keeper panics");
        }
    }
    let script = Script::default();
    let kept = script.callee("n => n");
    let callee = kept.words();
    let options = LocalOptions::new().on_panic(OnPanic::Catch);
    // SAFETY: the context is the engine's, and the keeper keeps the function.
    let callback =
        unsafe { int_thunk(&script).callback(options, REFUSE, script.context.cast(), callee, Panics(kept)) }.unwrap();
    assert!(callback.take_panic().is_none());
    callback.close();
    let panic = callback.take_panic().unwrap();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the keeper panics"));
}

/// An engine without functions of script.
struct Nothing;

// SAFETY: there are no values.
unsafe impl Engine for Nothing {
    type Exception = ();

    unsafe fn view(&self, _: Site, _: Words) -> View {
        View::Undefined
    }

    unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, ()> {
        Err(())
    }

    unsafe fn exception(&self, _: Site, _: &EngineError) {}

    unsafe fn throw(&self, _: Site, (): ()) {}
}

// SAFETY: there are no values.
unsafe impl Catch for Nothing {
    unsafe fn catch(&self, _: Site, _: Words) {}
}

#[test]
fn realms_without_a_call_function_say_so() {
    let signature = notation::signature("(i32) -> i32");
    let call = js::JS_Call as *const c_void;
    // SAFETY: no value is made, and no thunk is used.
    let realms = unsafe {
        let model = quickjs::model().call(None);
        [Realm::of_handles(Nothing), Realm::new(Nothing, model).unwrap()]
    };
    for realm in realms {
        // SAFETY: the thunk is not used.
        let error = unsafe { realm.thunk(&signature, call) }.unwrap_err();
        let expected = "the engine's model does not describe its call function";
        assert_eq!(error.to_string(), format!("cannot compile callbacks of type (i32) -> i32: {expected}"));
    }
    let variadic = hotcall::Signature::variadic([hotcall::Type::I32], 1, None).unwrap();
    let error = Script::default().thunk(&variadic).unwrap_err().to_string();
    assert!(error.ends_with("a callback cannot be variadic"), "{error}");
}
