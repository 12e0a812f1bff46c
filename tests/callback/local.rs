//! Callbacks that stay on their thread: calls there, closing, dropping, and actions that wait for the thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use hotcall::{Call, Callback, Dispatch, ForeignCall, LocalCallback, LocalOptions, Type, Wait, retired_calls};
use hotcall_testing::alone::alone;

use super::{Drops, at, c, int, int_thunk, thunk, until};

/// A queue to the owner.
pub(crate) fn queue() -> (impl Dispatch, Receiver<ForeignCall>) {
    let (sender, receiver) = mpsc::channel();
    (move |call| sender.send(call).map_err(|error| error.0), receiver)
}

fn nobody(call: ForeignCall) -> Result<(), ForeignCall> {
    Err(call)
}

fn local(dispatch: impl Dispatch, handler: impl Fn(&mut Call<'_>) + 'static) -> LocalCallback {
    Callback::local(&int_thunk(), LocalOptions::default(), dispatch, handler).unwrap()
}

/// Answers with the argument and 1.
fn add_one(call: &mut Call<'_>) {
    let n = call.slots()[0].as_i32();
    call.set(n + 1).unwrap();
}

/// Tells on which thread it is dropped.
struct Telltale(Arc<Mutex<Vec<ThreadId>>>);

impl Drop for Telltale {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(thread::current().id());
    }
}

#[test]
fn local_callbacks_stay_on_their_thread() {
    const fn send_and_sync<T: Send + Sync>() {}
    const { send_and_sync::<Callback>() };
    const { send_and_sync::<hotcall::Thunk>() };
    const fn send<T: Send>() {}
    const { send::<ForeignCall>() };

    /// Has one implementation for every type, and a second one for types that are `Send` (or `Sync`). Naming it compiles if the
    /// type has one implementation.
    trait NotSend<Which> {
        const CHECKED: () = ();
    }
    impl<T: ?Sized> NotSend<()> for T {}
    impl<T: ?Sized + Send> NotSend<u8> for T {}
    trait NotSync<Which> {
        const CHECKED: () = ();
    }
    impl<T: ?Sized> NotSync<()> for T {}
    impl<T: ?Sized + Sync> NotSync<u8> for T {}
    const { <LocalCallback as NotSend<_>>::CHECKED };
    const { <LocalCallback as NotSync<_>>::CHECKED };
    const { <Call<'static> as NotSend<_>>::CHECKED };
    const { <Call<'static> as NotSync<_>>::CHECKED };
}

#[test]
fn calls_of_the_owner_run_there_and_then() {
    let (here, count) = (thread::current().id(), Rc::new(Cell::new(0)));
    let inside = Rc::clone(&count);
    let callback = local(nobody, move |call| {
        assert_eq!(thread::current().id(), here);
        inside.set(inside.get() + 1);
        add_one(call);
    });
    let call_int = c("call_int", [Type::FUNCTION, Type::I32], Type::I32);
    // SAFETY: this is its signature.
    let answer = unsafe { call_int.call_slots(&[(&callback).into(), 41.into()]) }.unwrap();
    assert_eq!((answer.as_i32(), count.get(), callback.pending_foreign()), (42, 1, 0));
    let function = int(callback.as_ptr());
    callback.close();
    assert_eq!((Rc::strong_count(&count), callback.is_closed(), function(1)), (1, true, 0));
    callback.close();
    drop(callback);
    assert_eq!((function(1), count.get()), (0, 1));
}

#[test]
fn a_handler_is_dropped_by_its_owner() {
    let dropped: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let here = thread::current().id();
    let make = |dispatch, inside: &Rc<RefCell<Option<LocalCallback>>>| {
        let (telltale, inside) = (Telltale(Arc::clone(&dropped)), Rc::clone(inside));
        local(dispatch, move |call| {
            _ = &telltale;
            // Dropping the callback while another thread waits for it.
            drop(inside.take());
            assert!(telltale.0.lock().unwrap().is_empty());
            add_one(call);
        })
    };
    for foreign in [false, true] {
        let own = Rc::default();
        let (dispatch, calls) = queue();
        let callback = make(dispatch, &own);
        let function = int(callback.as_ptr());
        own.replace(Some(callback));
        let answer = match foreign {
            false => function(1),
            true => {
                let other = thread::spawn(move || function(1));
                calls.recv().unwrap().run().unwrap();
                other.join().unwrap()
            }
        };
        assert_eq!(answer, 2, "foreign: {foreign}");
        assert_eq!(std::mem::take(&mut *dropped.lock().unwrap()), [here], "foreign: {foreign}");
        assert_eq!((function(1), Rc::strong_count(&own)), (0, 1));
    }
}

#[test]
fn a_handler_is_dropped_by_its_owner_though_others_wait() {
    let dropped: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    for close in [false, true] {
        let (dispatch, calls) = queue();
        let telltale = Telltale(Arc::clone(&dropped));
        let callback = local(dispatch, move |_| _ = &telltale);
        let function = int(callback.as_ptr());
        let others = [1, 2, 3].map(|n| thread::spawn(move || function(n)));
        until(|| callback.pending_foreign() == 3);
        if close {
            callback.close()
        } else {
            drop(callback)
        }
        assert_eq!(std::mem::take(&mut *dropped.lock().unwrap()), [thread::current().id()]);
        assert_eq!(others.map(|other| other.join().unwrap()), [0; 3]);
        // Calls that are still queued find nothing to run.
        calls.try_iter().for_each(|call| call.run().unwrap());
        assert!(dropped.lock().unwrap().is_empty());
    }
}

#[test]
fn a_callback_closes_itself_at_home() {
    let (own, drops): (Rc<RefCell<Option<LocalCallback>>>, Drops) = Default::default();
    let (inside, captured, outside) = (Rc::clone(&own), drops.captured(), drops.clone());
    own.replace(Some(local(nobody, move |call| {
        let own = inside.borrow();
        let own = own.as_ref().unwrap();
        let function = int(own.as_ptr());
        match call.slots()[0].as_i32() {
            // Closed by a call inside this one.
            1 => assert_eq!(function(2), 20),
            _ => own.close(),
        }
        assert_eq!((own.is_closed(), function(3), outside.count()), (true, 0, 0));
        captured.check();
        let n = call.slots()[0].as_i32();
        call.set(n * 10).unwrap();
    })));
    let function = int(own.borrow().as_ref().unwrap().as_ptr());
    assert_eq!((function(1), drops.count(), function(1)), (10, 1, 0));
    assert!(own.borrow().as_ref().unwrap().take_panic().is_none());
    assert_eq!(Rc::strong_count(&own), 1);
}

#[test]
fn a_handler_closes_its_callback_while_others_wait() {
    alone(|| {
        let (own, drops): (Rc<RefCell<Option<LocalCallback>>>, Drops) = Default::default();
        let (inside, captured) = (Rc::clone(&own), drops.captured());
        let (dispatch, calls) = queue();
        let callback = local(dispatch, move |call| {
            inside.borrow().as_ref().unwrap().close();
            captured.check();
            add_one(call);
        });
        let function = int(callback.as_ptr());
        own.replace(Some(callback));
        let others = [1, 2, 3, 4].map(|n| thread::spawn(move || function(n)));
        let own = own.borrow();
        let own = own.as_ref().unwrap();
        until(|| own.pending_foreign() == 4);
        assert_eq!(own.running(), 4);
        calls.recv().unwrap().run().unwrap();
        let mut answers = others.map(|other| other.join().unwrap());
        answers.sort();
        assert!(answers[..3] == [0; 3] && (2..=5).contains(&answers[3]), "{answers:?}");
        assert_eq!((drops.count(), retired_calls(), own.pending_foreign(), own.running()), (1, 3, 0, 0));
        calls.try_iter().for_each(|call| call.run().unwrap());
        assert_eq!((drops.count(), retired_calls()), (1, 3));
        assert!(own.take_panic().is_none());
    });
}

#[test]
fn closing_releases_who_waits() {
    alone(|| {
        let (dispatch, calls) = queue();
        let callback = local(dispatch, add_one);
        let function = int(callback.as_ptr());
        let others = [1, 2, 3, 4].map(|n| thread::spawn(move || function(n)));
        until(|| callback.pending_foreign() == 4);
        callback.close();
        assert_eq!(others.map(|other| other.join().unwrap()), [0; 4]);
        assert_eq!((retired_calls(), callback.pending_foreign(), callback.running()), (4, 0, 0));
        // They must not run, nor be counted a second time.
        let waiting: Vec<_> = calls.try_iter().collect();
        assert_eq!(waiting.len(), 4);
        waiting.into_iter().for_each(|call| call.run().unwrap());
        assert_eq!(retired_calls(), 4);
        assert_eq!(thread::spawn(move || function(5)).join().unwrap(), 0);
        assert_eq!(retired_calls(), 5);
        assert!(calls.try_recv().is_err(), "a closed callback dispatches nothing");
    });
}

#[test]
fn calls_return_zeros_after_the_owner_is_gone() {
    alone(|| {
        let drops = Drops::default();
        let captured = drops.captured();
        let owner = thread::spawn(move || {
            let (dispatch, calls) = queue();
            let callback = local(dispatch, move |_| captured.check());
            let function = int(callback.as_ptr());
            std::mem::forget(callback);
            drop(calls);
            function
        });
        let function = owner.join().unwrap();
        assert_eq!((function(1), retired_calls()), (0, 1));
        // A thread that starts after the owner's end is not the owner either.
        assert_eq!((thread::spawn(move || function(1)).join().unwrap(), retired_calls()), (0, 2));
        assert_eq!(drops.count(), 0, "a handler is never dropped by another thread");
    });
}

#[test]
fn a_queue_outlives_its_callbacks() {
    // A queued call is dropped or run long after its callback was dropped.
    let (dispatch, calls) = queue();
    let (drops, options) = (Drops::default(), LocalOptions::new().wait(Wait::NoWait));
    let thunk = thunk([Type::I32], None);
    let captured = drops.captured();
    let callback = Callback::local(&thunk, options, dispatch, move |_| captured.check()).unwrap();
    let function = at(callback.as_ptr(), thunk.signature());
    // SAFETY: this is its signature.
    let other = thread::spawn(move || [1, 2].map(|n| unsafe { function.call_slots(&[n.into()]) }.unwrap()));
    other.join().unwrap();
    assert_eq!(callback.pending_foreign(), 2);
    drop(callback);
    assert_eq!(drops.count(), 1);
    calls.recv().unwrap().run().unwrap();
    drop(calls);
    assert_eq!(drops.count(), 1);
}
