//! Callbacks that C calls inside a call of compiled code: where script cannot run, the ordinary function throws instead, and C is
//! not called again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hotcall::engine::{Exit, Realm, Site, Words};
use hotcall::{Call, Callback, LocalCallback, LocalOptions, Thunk};
use hotcall_testing::notation;

use crate::toy::{STYLES, Style, Thrown, Toy, Value};
use crate::world::{Compiled, EXITS, FLAG, World, take_count};

fn callback(handler: impl Fn(&mut Call<'_>) + 'static) -> LocalCallback {
    let thunk = Thunk::new(&notation::signature("(i32) -> i32")).unwrap();
    // A panic is for the test to see.
    Callback::local(&thunk, LocalOptions::default(), Err, handler).unwrap()
}

/// Refuses to run script.
fn refusing(realm: &Realm<Toy>, exit: Exit, calls: &Rc<Cell<u32>>) -> LocalCallback {
    let (realm, calls) = (realm.clone(), Rc::clone(calls));
    callback(move |call| {
        calls.set(calls.get() + 1);
        let thrown = Thrown::Other(format!("no script now: {}", call.slots()[0].as_i32()));
        // SAFETY: tests call functions of this exit alone.
        unsafe { realm.leave_fast_call(exit, thrown) };
    })
}

fn pointer(world: &World, callback: &LocalCallback) -> Value {
    world.heap.pointer(callback.as_ptr())
}

#[test]
fn a_callback_has_the_engine_leave_the_call() {
    for style in STYLES {
        let world = World::new(style);
        let calls = Rc::new(Cell::new(0));
        let f = refusing(&world.realm, FLAG, &calls);
        let twice = world.compiled("call_twice", "(function, i32) -> i32", FLAG);
        let args = [pointer(&world, &f), world.heap.number(5.0)];
        take_count();
        let seen = twice.enter(&args, None);
        // C got zeros, and ran to its end.
        assert!(seen.flagged && seen.thrown.is_none());
        assert_eq!((seen.result.as_i32(), calls.get(), take_count()), (0, 2, 1));
        // The ordinary function, which is called next, throws the first exception instead of calling C.
        assert!(world.realm.is_pending());
        let thrown = world.ordinary(&twice.function, &args, None);
        assert_eq!(thrown, Err(Thrown::Other("no script now: 5".into())));
        assert_eq!((calls.get(), take_count(), world.realm.is_pending()), (2, 0, false));
        // Both steps in one call. The exception does not remain.
        assert_eq!(twice.call(&args), Err(Thrown::Other("no script now: 5".into())));
        assert_eq!((calls.get(), take_count()), (4, 1));
        let add = world.compiled("add_i32", "(i32, i32) -> i32", FLAG);
        assert_eq!(add.call(&[world.heap.number(1.0), world.heap.number(2.0)]).unwrap().as_i32(), 3);
    }
}

/// If the caller looks for exceptions, the first one waits for it, whatever the exit.
#[test]
fn callers_look_for_exceptions() {
    for exit in EXITS {
        let world = World::looking(Style::Indirect);
        let f = {
            let realm = world.realm.clone();
            callback(move |call| realm.throw(Thrown::Other(format!("thrown at {}", call.slots()[0].as_i32()))))
        };
        let twice = world.compiled("call_twice", "(function, i32) -> i32", exit);
        take_count();
        let seen = twice.enter(&[pointer(&world, &f), world.heap.number(5.0)], None);
        let thrown = Some(Thrown::Other("thrown at 5".into()));
        assert_eq!((seen.result.as_i32(), seen.flagged, seen.thrown, take_count()), (0, false, thrown, 1));
        assert!(!world.realm.is_pending());
    }
}

/// Native functions do not throw the waiting exception then. Refused calls do not lose it.
#[test]
fn the_first_exception_waits_for_callers_that_look() {
    let world = World::looking(Style::Direct);
    let heap = &world.heap;
    let same = world.compiled("id_i8", "(i8) -> i8", Exit::Raise);
    let first = || Thrown::Other("the first one".into());
    // Taken, refused by the helper, and by machine code.
    for number in [1.0, 0.5, 1000.0] {
        let args = [heap.number(number)];
        world.realm.throw(first());
        assert_eq!(same.call(&args), Err(first()));
        assert!(!world.realm.is_pending());
        assert_eq!(same.call(&args).is_ok(), number == 1.0);
    }
}

/// If there is no ordinary call, the fast call throws.
#[test]
fn an_exception_is_thrown_when_c_has_returned() {
    let world = World::new(Style::Indirect);
    let calls = Rc::new(Cell::new(0));
    let f = refusing(&world.realm, Exit::Raise, &calls);
    let twice = world.compiled("call_twice", "(function, i32) -> i32", Exit::Raise);
    let seen = twice.enter(&[pointer(&world, &f), world.heap.number(5.0)], None);
    let thrown = Some(Thrown::Other("no script now: 5".into()));
    assert_eq!((seen.result.as_i32(), seen.flagged, seen.thrown, calls.get()), (0, false, thrown, 2));
    assert!(!world.realm.is_pending());
}

/// Answers with the result of `run` for the number.
fn answering(realm: &Realm<Toy>, run: impl Fn(i32) -> Result<i32, Thrown> + 'static) -> LocalCallback {
    answering_with(realm, Exit::Raise, run)
}

/// In calls with this exit.
fn answering_with(realm: &Realm<Toy>, exit: Exit, run: impl Fn(i32) -> Result<i32, Thrown> + 'static) -> LocalCallback {
    let (realm, signature) = (realm.clone(), notation::signature("(i32) -> i32"));
    callback(move |call| {
        let number = call.slots()[0].as_i32();
        let heap = &realm.engine().0;
        let run = |args: &[Words]| {
            assert_eq!(heap.look(heap.value(args[0][0])), hotcall::engine::View::Number(number.into()));
            run(number).map(|result| [heap.handle(heap.number(result.into())), 0])
        };
        // SAFETY: the call is one of a callback of this signature, on this thread, and in a call with this exit.
        unsafe {
            if realm.answer(Site::new(std::ptr::null_mut()), &signature, call, run) {
                realm.flag_fast_call(exit);
            }
        }
    })
}

#[test]
fn where_script_may_run_callbacks_answer() {
    for exit in EXITS {
        let world = World::new(Style::Direct);
        let f = answering(&world.realm, |n| Ok(n * 10));
        let twice = world.compiled("call_twice", "(function, i32) -> i32", exit);
        let args = [pointer(&world, &f), world.heap.number(5.0)];
        assert_eq!(twice.call(&args).unwrap().as_i32(), 110);
        let thrown = || Thrown::Other("thrown by script".into());
        let g = answering_with(&world.realm, exit, move |_| Err(thrown()));
        let seen = twice.enter(&[pointer(&world, &g), args[1]], None);
        let is_flag = exit == FLAG;
        assert_eq!((seen.result.as_i32(), seen.flagged), (0, is_flag));
        assert_eq!(
            (seen.thrown, world.realm.take_exception()),
            if is_flag { (None, Some(thrown())) } else { (Some(thrown()), None) }
        );
    }
}

/// Makes calls of another compiled function in its midst: theirs is not the exit that a later callback of the outer one must use.
fn nested(inner: impl Fn(&Compiled<'_>) + 'static) -> (bool, Option<Thrown>) {
    let world = Rc::new(World::new(Style::Indirect));
    let of_callback = Rc::clone(&world);
    let script = answering(&world.realm, move |n| {
        inner(&of_callback.compiled("add_i32", "(i32, i32) -> i32", FLAG));
        Ok(n)
    });
    let calls = Rc::new(Cell::new(0));
    let refused = refusing(&world.realm, FLAG, &calls);
    let each = world.compiled("call_each", "(function, function)", FLAG);
    let seen = each.enter(&[pointer(&world, &script), pointer(&world, &refused)], None);
    assert_eq!(calls.get(), 1);
    (seen.flagged, world.realm.take_exception())
}

#[test]
fn calls_inside_of_callbacks_have_exits_of_their_own() {
    let expected = (true, Some(Thrown::Other("no script now: 2".into())));
    let flags = Rc::new(RefCell::new(Vec::new()));
    let of_inner = Rc::clone(&flags);
    let seen = nested(move |add| {
        let heap = &add.world.heap;
        for number in [1.0, 0.5] {
            of_inner.borrow_mut().push(add.enter(&[heap.number(number), heap.number(2.0)], None).flagged);
        }
    });
    assert_eq!(seen, expected);
    // The inner calls had flags too.
    assert_eq!(*flags.borrow(), [false, true]);
}

/// Also if script has panicked.
#[test]
fn calls_inside_of_callbacks_that_panic_have_exits_of_their_own() {
    let world = Rc::new(World::new(Style::Indirect));
    let of_callback = Rc::clone(&world);
    let script = answering(&world.realm, move |_| {
        let add = of_callback.compiled("add_i32", "(i32, i32) -> i32", FLAG);
        assert!(!add.enter(&[1.0, 2.0].map(|number| of_callback.heap.number(number)), None).flagged);
        panic!("by the test");
    });
    let calls = Rc::new(Cell::new(0));
    let refused = refusing(&world.realm, FLAG, &calls);
    let each = world.compiled("call_each", "(function, function)", FLAG);
    let seen = each.enter(&[pointer(&world, &script), pointer(&world, &refused)], None);
    assert!(seen.flagged);
    assert_eq!(world.realm.take_exception(), Some(Thrown::Other("no script now: 2".into())));
}
