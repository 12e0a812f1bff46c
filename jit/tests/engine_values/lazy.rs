//! Functions that begin interpreted and are compiled later, while the engine keeps their addresses.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;

use hotcall_jit::engine::values::{EngineAbi, RecordHead};
use hotcall_jit::{CompileJob, CompilePolicy, EngineFunction, EngineValues, Jit, Scalar, Signature, Type};
use hotcall_testing::fibre::on_fibre;

use crate::described;
use crate::engine::{self, HELPERS};
use crate::models::{self, Model, Passed};

extern "C-unwind" fn subtract(a: i32, b: i32) -> i32 {
    a.wrapping_sub(b)
}

fn jit() -> &'static Jit {
    Box::leak(Box::new(Jit::new().unwrap()))
}

/// The shape of `subtract` for a model, without code.
fn values(jit: &'static Jit, model: &Model) -> EngineValues {
    let signature = Signature::new([Type::I32, Type::I32], Type::I32).unwrap();
    let abi = EngineAbi::new(model.model.clone(), HELPERS).unwrap();
    jit.uncompiled_engine_values(&signature, &abi).unwrap()
}

/// A function as an engine has it.
struct Native<'a> {
    model: &'a Model,
    record: Box<RecordHead>,
    function: EngineFunction,
}

impl<'a> Native<'a> {
    fn new(model: &'a Model, values: &EngineValues, policy: &'a CompilePolicy) -> Self {
        // SAFETY: the target has the signature of the shape; the cell is never freed, and the policy outlives the record.
        let record = Box::new(unsafe { values.record_by(subtract as *const c_void, engine::pending(), policy) });
        // SAFETY: the record is dropped with its function.
        let function = unsafe { values.bind(&raw const *record) }.unwrap();
        Self { model, record, function }
    }

    /// Calls it as the engine does.
    #[track_caller]
    fn check(&self, a: i32, b: i32) {
        let (model, words) = (self.model, self.model.words());
        let pack = |number: i32| model.model.pack(Scalar::I32, i64::from(number) as u64).unwrap();
        let mut array = vec![0; model.first() * words];
        array.extend([a, b].iter().flat_map(|&number| pack(number)[..words].to_vec()));
        let record = ptr::from_ref(&*self.record).cast_mut().cast();
        let passed = Passed {
            context: ptr::null_mut(),
            argc: 2,
            array: array.as_mut_ptr(),
            exception: ptr::null_mut(),
            record: if model.model.passes_data() { record } else { ptr::null_mut() },
        };
        // SAFETY: the entry is a native function of the model, and gets what its engine would pass.
        let value = unsafe { (model.call)(self.function.entry(), &passed) }.unwrap();
        let slot = model.model.unpack(Scalar::I32, value).unwrap();
        assert_eq!(slot as i32, a.wrapping_sub(b), "{}", model.name);
    }
}

#[test]
fn a_function_that_the_engine_knows_is_compiled_in_place() {
    for model in described::all() {
        let (values, policy) = (values(jit(), &model), CompilePolicy::new());
        policy.set_after(u32::MAX);
        let early = Native::new(&model, &values, &policy);
        (0..10).for_each(|n| early.check(n, 2));
        assert!(!values.is_compiled() && values.code().is_empty());
        assert_eq!(early.record.interpreted_calls(), 10);

        values.compile().unwrap();
        let late = Native::new(&model, &values, &policy);
        for n in 0..10 {
            early.check(n, 3);
            late.check(n, 3);
        }
        // Code answers now, for records that were made before too.
        assert!(values.is_compiled(), "{}", model.name);
        assert_eq!([&early, &late].map(|native| native.record.interpreted_calls()), [10, 0], "{}", model.name);
        assert_eq!([&early, &late].map(|native| native.record.calls()), [20, 10], "{}", model.name);
    }
}

#[test]
fn as_many_calls_as_the_policy_says_are_interpreted() {
    for model in described::all() {
        let (values, policy) = (values(jit(), &model), CompilePolicy::new());
        policy.set_after(25);
        let natives = [0; 3].map(|_| Native::new(&model, &values, &policy));
        for n in 0..30 {
            // They count together. The call that asks is the last one that is interpreted.
            assert_eq!(values.is_compiled(), n >= 25, "{}", model.name);
            natives[n % 3].check(n as i32, -1);
        }
        assert_eq!(natives.iter().map(|native| native.record.interpreted_calls()).sum::<u64>(), 25);
    }
}

#[test]
fn calls_of_other_realms_count_when_many_were_made_or_their_realm_is_gone() {
    for model in described::all() {
        let (values, policy) = (values(jit(), &model), CompilePolicy::new());
        policy.set_after(200);
        let other = values.another();
        let [one, two] = [&values, &other].map(|values| Native::new(&model, values, &policy));
        // The shape is told of 64 calls at once.
        (0..70).for_each(|n| two.check(n, 1));
        (0..100).for_each(|n| one.check(n, 1));
        assert!(!values.is_compiled());
        drop((two, other));
        for n in 0..30 {
            assert!(!values.is_compiled(), "{}: {n}", model.name);
            one.check(n, 1);
        }
        assert!(values.is_compiled(), "{}", model.name);
    }
}

#[test]
fn a_fibre_compiles_at_any_call() {
    for model in described::all() {
        for first in [0, 1, 7] {
            let (values, policy) = (values(jit(), &model), CompilePolicy::new());
            policy.set_after(first);
            let native = Native::new(&model, &values, &policy);
            on_fibre(|| (0..10).for_each(|n| native.check(n, 1)));
            assert!(values.is_compiled());
        }
    }
}

#[test]
fn threads_that_make_first_calls_do_not_wait_for_each_other() {
    const THREADS: usize = 4;
    for model in described::all() {
        for after in [1, 3, 40] {
            let values = values(jit(), &model);
            let start = Barrier::new(THREADS);
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let (values, start, model) = (&values, &start, &model);
                    scope.spawn(move || {
                        let policy = CompilePolicy::new();
                        policy.set_after(after);
                        let native = Native::new(model, values, &policy);
                        start.wait();
                        for n in 0..100 {
                            native.check(n, thread as i32);
                            // Some functions get their address while others compile.
                            Native::new(model, values, &policy).check(n, 5);
                        }
                    });
                }
            });
            assert!(values.is_compiled());
        }
    }
}

#[test]
fn another_thread_compiles_while_calls_are_interpreted() {
    for model in described::all() {
        let (values, policy) = (values(jit(), &model), CompilePolicy::new());
        policy.set_after(5);
        let (give, jobs) = mpsc::channel::<CompileJob>();
        policy.set_executor(move |job| give.send(job).unwrap());
        let native = Native::new(&model, &values, &policy);
        (0..20).for_each(|n| native.check(n, 2));
        assert!(!values.is_compiled());
        let job = jobs.try_recv().unwrap();
        assert!(jobs.try_recv().is_err(), "one call asks");
        thread::scope(|scope| {
            scope.spawn(|| job.run());
            // The address leads to other code at some point.
            (0..20_000).for_each(|n| native.check(n, 2));
        });
        assert!(values.is_compiled());
        let interpreted = native.record.interpreted_calls();
        native.check(7, 2);
        assert_eq!(native.record.interpreted_calls(), interpreted);
    }
}

#[test]
fn a_job_that_is_dropped_is_asked_for_again() {
    let model = models::tagged();
    let (values, policy) = (values(jit(), &model), CompilePolicy::new());
    policy.set_after(5);
    let asked = Arc::new(AtomicUsize::new(0));
    let kept: Arc<Mutex<Option<CompileJob>>> = Arc::default();
    let (count, keep) = (Arc::clone(&asked), Arc::clone(&kept));
    policy.set_executor(move |job| {
        // The third job is kept, and the first two are dropped.
        if count.fetch_add(1, Ordering::Relaxed) == 2 {
            *keep.lock().unwrap() = Some(job);
        }
    });
    let native = Native::new(&model, &values, &policy);
    (0..40).for_each(|n| native.check(n, 2));
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    // A job keeps the shape alive without its functions.
    drop((native, values));
    kept.lock().unwrap().take().unwrap().run();
}

/// In the child the thread that was to compile is missing.
#[cfg(unix)]
#[test]
fn a_forked_child_asks_again() {
    let model = models::offset_boxed();
    let (values, policy) = (values(jit(), &model), CompilePolicy::new());
    policy.set_after(5);
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, kept) = (Arc::clone(&asked), Mutex::new(Vec::new()));
    policy.set_executor(move |job| {
        count.fetch_add(1, Ordering::Relaxed);
        kept.lock().unwrap().push(job);
    });
    let native = Native::new(&model, &values, &policy);
    (0..10).for_each(|n| native.check(n, 2));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // SAFETY: the child calls nothing that another thread may have locked.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        native.check(7, 2);
        let asked_again = asked.load(Ordering::Relaxed) == 2;
        values.compile().unwrap();
        native.check(9, 2);
        let right = asked_again && values.is_compiled();
        // SAFETY: the child ends without the test harness's clean-up, which is the parent's.
        unsafe { libc::_exit(if right { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert!(!values.is_compiled());
}
