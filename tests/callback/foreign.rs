//! Calls of local callbacks on other threads: dispatching, answering, waiting with and without a limit, not waiting.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hotcall::{Call, Callback, Dispatch, ForeignCall, LocalCallback, LocalOptions, Type, Wait, retired_calls};
use hotcall_testing::alone::alone;

use super::local::queue;
use super::{Big, Drops, Int, Mixed, c, int, int_thunk, thunk, until};

fn local(wait: Wait, dispatch: impl Dispatch, handler: impl Fn(&mut Call<'_>) + 'static) -> LocalCallback {
    let options = LocalOptions::new().wait(wait);
    Callback::local(&int_thunk(), options, dispatch, handler).unwrap()
}

fn add_one(call: &mut Call<'_>) {
    let n = call.slots()[0].as_i32();
    call.set(n + 1).unwrap();
}

fn elsewhere(function: Int, n: i32) -> i32 {
    thread::spawn(move || function(n)).join().unwrap()
}

#[test]
fn the_owner_answers_other_threads() {
    let (here, sum) = (thread::current().id(), Rc::new(Cell::new(0)));
    let (dispatch, calls) = queue();
    let inside = Rc::clone(&sum);
    let callback = local(Wait::Forever, dispatch, move |call| {
        assert_eq!(thread::current().id(), here);
        inside.set(inside.get() + call.slots()[0].as_i32());
        add_one(call);
    });
    let function = int(callback.as_ptr());
    let others: Vec<_> =
        (0..8).map(|thread| thread::spawn(move || (0..100).all(|n| function(thread * n) == thread * n + 1))).collect();
    for _ in 0..800 {
        calls.recv().unwrap().run().unwrap();
    }
    assert!(others.into_iter().all(|other| other.join().unwrap()));
    assert_eq!((sum.get(), callback.pending_foreign(), callback.running()), (28 * 4950, 0, 0));
    assert!(callback.take_panic().is_none());
}

#[test]
fn structs_go_to_the_owner_and_back() {
    let (dispatch, calls) = queue();
    let thunk = thunk([Big::ty(), Type::I32], Big::ty());
    let callback = Callback::local(&thunk, LocalOptions::default(), dispatch, |call| {
        let (Big(a), n) = (Big::read(call.bytes(0).unwrap()), call.slots()[1].as_i32());
        call.result_bytes().unwrap().copy_from_slice(&Big(a.map(|a| a + i64::from(n))).bytes());
    })
    .unwrap();
    let call_big = c("call_big", [Type::FUNCTION, Big::ty(), Type::I32], Big::ty());
    let bytes = Big([1, 2, 3, 4, 5]).bytes();
    let args = [(&callback).into(), call_big.aggregate(1, &bytes).unwrap(), 10.into()];
    // SAFETY: this is its signature; any thread may call it.
    let call = unsafe { call_big.prepare_slots(&args) }.unwrap();
    let other = thread::spawn(move || call.run().value);
    calls.recv().unwrap().run().unwrap();
    let hotcall::Value::Bytes(bytes) = other.join().unwrap() else { panic!("bytes") };
    assert_eq!(Big::read(&bytes), Big([11, 12, 13, 14, 15]));
}

#[test]
fn another_thread_cannot_answer() {
    let (dispatch, calls) = queue();
    let callback = local(Wait::Forever, dispatch, add_one);
    let function = int(callback.as_ptr());
    let other = thread::spawn(move || function(1));
    let call = calls.recv().unwrap();
    let call = thread::spawn(move || call.run().unwrap_err()).join().unwrap();
    assert_eq!((callback.pending_foreign(), callback.running()), (1, 1));
    call.run().unwrap();
    assert_eq!((other.join().unwrap(), callback.pending_foreign(), callback.running()), (2, 0, 0));
}

#[test]
fn calls_that_are_not_handed_on_return_zeros() {
    alone(|| {
        let drops = Drops::default();
        let captured = drops.captured();
        let refusing = move |call| {
            captured.check();
            Err(call)
        };
        let callback = local(Wait::Forever, refusing, add_one);
        let function = int(callback.as_ptr());
        assert_eq!((elsewhere(function, 1), retired_calls(), callback.pending_foreign()), (0, 1, 0));
        assert!(callback.take_panic().is_none());
        assert_eq!(function(1), 2, "at home it goes on");
        drop(callback);
        assert_eq!(drops.count(), 1, "of what dispatches");

        let panicking = |_: ForeignCall| panic!("cannot dispatch");
        let callback = local(Wait::Forever, panicking, add_one);
        let function = int(callback.as_ptr());
        assert_eq!((elsewhere(function, 1), retired_calls(), callback.pending_foreign()), (0, 2, 0));
        assert_eq!(*callback.take_panic().unwrap().downcast::<&str>().unwrap(), "cannot dispatch");

        let dropping = |call| {
            drop(call);
            Ok(())
        };
        let callback = local(Wait::Forever, dropping, add_one);
        assert_eq!((elsewhere(int(callback.as_ptr()), 1), retired_calls(), callback.pending_foreign()), (0, 3, 0));

        // The calling thread cannot answer its own call.
        let callback = local(Wait::Forever, |call: ForeignCall| call.run(), add_one);
        assert_eq!((elsewhere(int(callback.as_ptr()), 1), retired_calls(), callback.pending_foreign()), (0, 4, 0));
    });
}

#[test]
fn dispatching_may_panic_after_the_call_was_handed_on() {
    alone(|| {
        let kept: Arc<Mutex<Vec<ForeignCall>>> = Arc::default();
        let inside = Arc::clone(&kept);
        let panicking = move |call| {
            inside.lock().unwrap().push(call);
            panic!("too late");
        };
        let callback = local(Wait::Forever, panicking, |_| panic!("nobody waits for this"));
        assert_eq!((elsewhere(int(callback.as_ptr()), 1), retired_calls()), (0, 1));
        let call = kept.lock().unwrap().pop().unwrap();
        call.run().unwrap();
        assert_eq!((retired_calls(), callback.pending_foreign()), (1, 0));
        assert_eq!(*callback.take_panic().unwrap().downcast::<&str>().unwrap(), "too late");
    });
}

#[test]
fn a_dropped_queue_releases_who_waits() {
    alone(|| {
        let (dispatch, calls) = queue();
        let callback = local(Wait::Forever, dispatch, add_one);
        let function = int(callback.as_ptr());
        let others = [1, 2, 3, 4].map(|n| thread::spawn(move || function(n)));
        until(|| callback.pending_foreign() == 4);
        drop(calls);
        assert_eq!(others.map(|other| other.join().unwrap()), [0; 4]);
        assert_eq!((retired_calls(), callback.pending_foreign()), (4, 0));
        assert_eq!((elsewhere(function, 1), retired_calls(), callback.running()), (0, 5, 0));
    });
}

#[test]
fn a_panic_of_the_handler_is_the_owners() {
    let (dispatch, calls) = queue();
    let callback = local(Wait::Forever, dispatch, |call| {
        call.set(-1).unwrap();
        panic!("for another thread");
    });
    let function = int(callback.as_ptr());
    let other = thread::spawn(move || function(1));
    calls.recv().unwrap().run().unwrap();
    assert_eq!((other.join().unwrap(), callback.running()), (0, 0));
    assert_eq!(*callback.take_panic().unwrap().downcast::<&str>().unwrap(), "for another thread");
}

#[test]
fn a_limit_ends_the_wait_for_an_owner_that_waits_itself() {
    alone(|| {
        let (dispatch, calls) = queue();
        let ran = Rc::new(Cell::new(0));
        let inside = Rc::clone(&ran);
        let limit = Wait::AtMost(Duration::from_millis(1));
        let callback = local(limit, dispatch, move |_| inside.set(inside.get() + 1));
        // The owner waits in `pthread_join` for the threads that call.
        let call_on_threads = c("call_on_threads", [Type::FUNCTION, Type::I32, Type::I32], Type::I64);
        // SAFETY: this is its signature.
        let sum = unsafe { call_on_threads.call_slots(&[(&callback).into(), 2.into(), 3.into()]) }.unwrap().as_i64();
        assert_eq!((sum, retired_calls(), callback.pending_foreign(), callback.running()), (0, 6, 0, 0));
        let late: Vec<_> = calls.try_iter().collect();
        assert_eq!(late.len(), 6);
        late.into_iter().for_each(|call| call.run().unwrap());
        assert_eq!((ran.get(), retired_calls()), (0, 6));
    });
}

#[test]
fn an_owner_answers_within_the_limit() {
    // The longest limit never ends.
    for limit in [Duration::from_secs(3600), Duration::MAX] {
        let (dispatch, calls) = queue();
        let callback = local(Wait::AtMost(limit), dispatch, add_one);
        let function = int(callback.as_ptr());
        let other = thread::spawn(move || function(1));
        calls.recv().unwrap().run().unwrap();
        assert_eq!((other.join().unwrap(), callback.pending_foreign()), (2, 0));
    }
}

#[test]
fn an_owner_that_has_begun_may_take_longer_than_the_limit() {
    alone(|| {
        let (sender, calls) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let begins = Mutex::new(begins);
        // The wait begins after this. By then the limit is over, and the handler runs.
        let dispatch = move |call| {
            sender.send(call).unwrap();
            begins.lock().unwrap().recv().unwrap();
            Ok(())
        };
        let (end, ends) = mpsc::channel::<()>();
        let callback = local(Wait::AtMost(Duration::ZERO), dispatch, move |call| {
            begun.send(()).unwrap();
            ends.recv().unwrap();
            add_one(call);
        });
        let function = int(callback.as_ptr());
        let other = thread::spawn(move || function(1));
        let call: ForeignCall = calls.recv().unwrap();
        // Long after, as threads see it.
        let ender = thread::spawn(move || {
            (0..1000).for_each(|_| thread::yield_now());
            end.send(()).unwrap();
        });
        call.run().unwrap();
        assert_eq!((other.join().unwrap(), retired_calls(), callback.pending_foreign()), (2, 0, 0));
        ender.join().unwrap();
    });
}

#[test]
fn a_limit_of_nothing_asks_whether_the_owner_is_there() {
    alone(|| {
        let (dispatch, calls) = queue();
        let callback = local(Wait::AtMost(Duration::ZERO), dispatch, add_one);
        assert_eq!((elsewhere(int(callback.as_ptr()), 1), retired_calls()), (0, 1));
        calls.recv().unwrap().run().unwrap();
        assert_eq!(retired_calls(), 1);
    });
}

type Posted = (Big, i32, f32, Mixed);

/// The arguments of the two calls that `post` makes.
const POSTED: [Posted; 2] = [
    (Big([1, 2, 3, 4, 5]), -7, 1.5, Mixed { x: 0.5, n: 6 }),
    (Big([-1, -2, -3, -4, -5]), -8, 2.5, Mixed { x: 1.5, n: 7 }),
];

/// A callback for `post`, and its queue.
struct Mailbox {
    callback: LocalCallback,
    calls: Receiver<ForeignCall>,
    arrived: Rc<RefCell<Vec<Posted>>>,
}

impl Mailbox {
    fn new() -> Self {
        let options = LocalOptions::new().wait(Wait::NoWait);
        let thunk = thunk([Big::ty(), Type::I32, Type::F32, Mixed::ty()], None);
        let ((dispatch, calls), arrived) = (queue(), Rc::<RefCell<Vec<_>>>::default());
        let inside = Rc::clone(&arrived);
        let callback = Callback::local(&thunk, options, dispatch, move |call| {
            let [big, n, x, mixed] = *call.slots() else { panic!("four arguments") };
            assert!([big, mixed].iter().all(|slot| slot.as_ptr::<u8>().addr() % 16 == 0));
            let (big, mixed) = (Big::read(call.bytes(0).unwrap()), Mixed::read(call.bytes(3).unwrap()));
            assert!(call.set_slot(1).is_err());
            inside.borrow_mut().push((big, n.as_i32(), x.as_f32(), mixed));
        });
        Self { callback: callback.unwrap(), calls, arrived }
    }

    /// Has a thread of C's call `post`, and waits for that thread inside C.
    ///
    /// The owner cannot answer meanwhile. So a return shows that the calls did not wait.
    fn post(&self) {
        let post = c("post_on_thread", [Type::FUNCTION], Type::I32);
        // SAFETY: this is its signature.
        assert_eq!(unsafe { post.call_slots(&[(&self.callback).into()]) }.unwrap().as_i32(), 0);
    }
}

#[test]
fn c_need_not_wait() {
    let mailbox = Mailbox::new();
    let Mailbox { callback, calls, arrived } = &mailbox;
    for count in 1..=3 {
        mailbox.post();
        assert_eq!((callback.pending_foreign(), callback.running(), arrived.borrow().len()), (2 * count, 0, 0));
    }
    for left in (0..6).rev() {
        calls.recv().unwrap().run().unwrap();
        assert_eq!(callback.pending_foreign(), left);
    }
    assert_eq!(*arrived.borrow(), [POSTED; 3].as_flattened());
    // On the owner's thread the calls run at once.
    // SAFETY: this is its signature.
    unsafe { c("post", [Type::FUNCTION], None).call_slots(&[callback.into()]) }.unwrap();
    assert_eq!(arrived.borrow()[6..], POSTED);
    assert!(callback.take_panic().is_none());
}

#[test]
fn what_c_did_not_wait_for_may_never_run() {
    alone(|| {
        let mailbox = Mailbox::new();
        let Mailbox { callback, calls, arrived } = &mailbox;
        mailbox.post();
        mailbox.post();
        drop(calls.recv().unwrap());
        assert_eq!((callback.pending_foreign(), retired_calls()), (3, 1));
        callback.close();
        assert_eq!((callback.pending_foreign(), retired_calls()), (0, 4));
        calls.try_iter().for_each(|call| call.run().unwrap());
        mailbox.post();
        assert_eq!((arrived.borrow().len(), retired_calls()), (0, 6));

        let mut mailbox = Mailbox::new();
        mailbox.post();
        // The queue is dropped with its calls.
        mailbox.calls = mpsc::channel().1;
        assert_eq!((mailbox.callback.pending_foreign(), retired_calls()), (0, 8));
        mailbox.post();
        assert_eq!((mailbox.callback.pending_foreign(), retired_calls()), (0, 10));
        assert!(mailbox.arrived.borrow().is_empty());
    });
}

#[test]
fn the_owner_answers_one_call_inside_another() {
    let (dispatch, calls) = queue();
    let (calls, depth) = (Rc::new(calls), Rc::new(Cell::new(0)));
    let (inside, level) = (Rc::clone(&calls), Rc::clone(&depth));
    let callback = local(Wait::Forever, dispatch, move |call| {
        level.set(level.get() + 1);
        if level.get() < 4 {
            // An event loop inside the handler.
            inside.recv().unwrap().run().unwrap();
        }
        add_one(call);
    });
    let function = int(callback.as_ptr());
    let others = [1, 2, 3, 4].map(|n| thread::spawn(move || function(n)));
    until(|| callback.pending_foreign() == 4);
    calls.recv().unwrap().run().unwrap();
    assert_eq!(others.map(|other| other.join().unwrap()), [2, 3, 4, 5]);
    assert_eq!((depth.get(), callback.pending_foreign(), callback.running()), (4, 0, 0));
}

#[test]
fn two_owners_call_each_other() {
    // Each answers the other's calls while it waits for its own. One queue takes both kinds of message.
    enum Message {
        Call(ForeignCall),
        Done(i32),
    }
    type Inbox = (mpsc::Sender<Message>, Receiver<Message>);
    let (here, there): (Inbox, Inbox) = (mpsc::channel(), mpsc::channel());
    let dispatch = |sender: mpsc::Sender<Message>| {
        move |call| {
            sender.send(Message::Call(call)).map_err(|error| match error.0 {
                Message::Call(call) => call,
                Message::Done(_) => unreachable!("this was a call"),
            })
        }
    };
    let (to_other, to_here) = (there.0.clone(), here.0.clone());
    let callback = local(Wait::Forever, dispatch(here.0), add_one);
    let function = int(callback.as_ptr());
    let (ready, is_ready) = mpsc::channel();
    let other = thread::spawn(move || {
        // While it answers, it calls back.
        let callback = local(Wait::Forever, dispatch(there.0), move |call| {
            let n = call.slots()[0].as_i32();
            call.set(function(n * 10) + 5).unwrap();
        });
        ready.send(int(callback.as_ptr())).unwrap();
        while let Message::Call(call) = there.1.recv().unwrap() {
            call.run().unwrap();
        }
    });
    let theirs = is_ready.recv().unwrap();
    // A third thread makes the call, so that this one can answer.
    let caller = thread::spawn(move || to_here.send(Message::Done(theirs(4))).unwrap());
    let answer = loop {
        match here.1.recv().unwrap() {
            Message::Call(call) => call.run().unwrap(),
            Message::Done(answer) => break answer,
        }
    };
    assert_eq!(answer, 46);
    to_other.send(Message::Done(0)).unwrap();
    caller.join().unwrap();
    other.join().unwrap();
}

#[test]
fn a_dispatcher_that_owns_its_queue_goes_with_the_callback() {
    /// Keeps the calls that it gets.
    struct Owns(Mutex<Vec<ForeignCall>>, #[expect(dead_code, reason = "it is there to be dropped")] Arc<()>);

    impl Dispatch for Owns {
        fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
            self.0.lock().unwrap().push(call);
            Ok(())
        }
    }

    let alive = Arc::new(());
    let callback = local(Wait::Forever, Owns(Mutex::default(), Arc::clone(&alive)), add_one);
    let function = int(callback.as_ptr());
    let other = thread::spawn(move || function(1));
    until(|| callback.pending_foreign() == 1);
    drop(callback);
    assert_eq!(other.join().unwrap(), 0);
    // The last call that returns drops it.
    until(|| Arc::strong_count(&alive) == 1);
}

#[test]
fn a_dispatcher_may_panic_when_it_is_dropped() {
    struct Panics;

    impl Dispatch for Panics {
        fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
            Err(call)
        }
    }

    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    let callback = local(Wait::Forever, Panics, add_one);
    let function = int(callback.as_ptr());
    assert_eq!((elsewhere(function, 1), function(1)), (0, 2));
    callback.close();
    assert_eq!(callback.take_panic().unwrap().downcast_ref::<&str>(), Some(&"dropped"));
    // Also where nothing keeps the payload.
    drop(local(Wait::Forever, Panics, add_one));
}

#[test]
fn a_long_queue_is_answered() {
    let (dispatch, calls) = queue();
    let count = Rc::new(Cell::new(0));
    let inside = Rc::clone(&count);
    let options = LocalOptions::new().wait(Wait::NoWait);
    let thunk = thunk([Type::I32], None);
    let callback = Callback::local(&thunk, options, dispatch, move |_| inside.set(inside.get() + 1)).unwrap();
    // As a function with a result, which is missing.
    let function = int(callback.as_ptr());
    // The time grows linearly, although each call looks for itself among those that wait.
    let post = move |n| {
        function(n);
    };
    let posted = thread::spawn(move || (0..100_000).for_each(post));
    posted.join().unwrap();
    assert_eq!(callback.pending_foreign(), 100_000);
    for _ in 0..100_000 {
        calls.recv().unwrap().run().unwrap();
    }
    assert_eq!((count.get(), callback.pending_foreign()), (100_000, 0));
}

/// A dispatcher that counts overdue calls.
struct Impatient {
    queue: mpsc::Sender<ForeignCall>,
    patience: Option<Duration>,
    overdue: Arc<AtomicUsize>,
}

impl Dispatch for Impatient {
    fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
        self.queue.send(call).map_err(|error| error.0)
    }

    fn patience(&self) -> Option<Duration> {
        self.patience
    }

    fn overdue(&self) {
        self.overdue.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_call_that_waits_too_long_is_reported_once_and_answered_later() {
    for (patience, wait, expected) in [
        (Some(Duration::from_millis(20)), Wait::Forever, 1),
        (Some(Duration::from_secs(3600)), Wait::Forever, 0),
        (None, Wait::Forever, 0),
        (Some(Duration::ZERO), Wait::AtMost(Duration::from_secs(3600)), 0),
    ] {
        let (queue, calls) = mpsc::channel();
        let overdue = Arc::new(AtomicUsize::new(0));
        let callback = local(wait, Impatient { queue, patience, overdue: Arc::clone(&overdue) }, add_one);
        let function = int(callback.as_ptr());
        let other = thread::spawn(move || function(1));
        let call = calls.recv().unwrap();
        until(|| overdue.load(Ordering::SeqCst) == expected);
        thread::sleep(Duration::from_millis(60));
        call.run().unwrap();
        assert_eq!((other.join().unwrap(), overdue.load(Ordering::SeqCst)), (2, expected));
    }
}

#[test]
fn a_panic_while_an_overdue_call_is_reported_is_kept() {
    struct Panicking(mpsc::Sender<ForeignCall>);
    impl Dispatch for Panicking {
        fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
            self.0.send(call).map_err(|error| error.0)
        }
        fn patience(&self) -> Option<Duration> {
            Some(Duration::from_millis(1))
        }
        fn overdue(&self) {
            panic!("too late");
        }
    }
    let (queue, calls) = mpsc::channel();
    let callback = local(Wait::Forever, Panicking(queue), add_one);
    let function = int(callback.as_ptr());
    let other = thread::spawn(move || function(1));
    let call = calls.recv().unwrap();
    let payload = loop {
        if let Some(payload) = callback.take_panic() {
            break payload;
        }
        thread::yield_now();
    };
    call.run().unwrap();
    assert_eq!(other.join().unwrap(), 2);
    assert_eq!(payload.downcast_ref(), Some(&"too late"));
}
