//! The operations of one thread.

use std::fmt;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use hotcall::engine::Record;
use hotcall::{
    Callback, Error, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Slot, Thunk, Type, Wait,
};
use hotcall_testing::random::Random;

use crate::fork;
use crate::signals::{LATEST, RECEIVED};
use crate::toy::ToyInstance;
use crate::world::{World, long_signature};

/// The numbers of operations of each kind.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts([u64; KINDS.len()]);

/// An operation, and its share of all.
type Kind = (&'static str, u32, fn(&mut Worker) -> Result<(), String>);

const KINDS: [Kind; 11] = [
    ("calls", 300, Worker::call),
    ("calls of new shapes", 60, Worker::new_shape),
    ("structs", 100, Worker::structure),
    ("callbacks called", 200, Worker::call_back),
    ("callbacks made", 100, Worker::make_callback),
    ("callbacks closed", 40, Worker::close_callback),
    ("local callbacks", 60, Worker::local_callback),
    ("libraries reopened", 30, Worker::reopen),
    ("records called", 80, Worker::call_record),
    ("records dropped elsewhere", 28, Worker::drop_record_elsewhere),
    ("forks", 2, Worker::fork),
];

/// The operation that continues while signals are awaited. Their handlers look up its code.
const WHILE_WAITING: usize = 1;

pub(crate) struct Worker {
    world: Arc<World>,
    seed: u64,
    random: Random,
    toy: ToyInstance,
    local: LocalCallback,
    foreign_calls: Receiver<ForeignCall>,
    signatures: Signatures,
}

/// The types of the fixture's functions.
struct Signatures {
    apply: Signature,
    scale: Signature,
    swap: Signature,
    fill: Signature,
}

impl Signatures {
    fn new() -> Self {
        let mixed = || Type::structure([("a", Type::I64), ("b", Type::F64), ("c", Type::F32)]).expect("three members");
        let signature = |params: &[Type], result| Signature::new(params.to_vec(), result).expect("within the limits");
        Self {
            apply: signature(&[Type::FUNCTION, Type::I64], Type::I64),
            scale: signature(&[Type::I8, Type::F64], Type::F64),
            swap: signature(&[mixed(), Type::I64], mixed()),
            fill: signature(&[Type::BUFFER, Type::USIZE, Type::U8], Type::U8),
        }
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Returns the result, or `None` if the library was closed meanwhile.
fn unless_closed<T>(result: Result<T, impl Into<Error>>) -> Result<Option<T>, String> {
    match result.map_err(Into::into) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_closed() => Ok(None),
        Err(other) => Err(other.to_string()),
    }
}

fn expect<T: PartialEq + fmt::Debug>(what: &str, got: T, expected: &[T]) -> Result<(), String> {
    if expected.contains(&got) { Ok(()) } else { Err(format!("{what}: got {got:?}, expected one of {expected:?}")) }
}

impl Worker {
    pub(crate) fn new(world: Arc<World>, seed: u64) -> Result<Self, String> {
        let toy = ToyInstance::new().map_err(|error| error.to_string())?;
        let (local, foreign_calls) = local_callback().map_err(text)?;
        world.publish(local.as_ptr());
        let signatures = Signatures::new();
        Ok(Self { world, seed, random: Random::new(seed), toy, local, foreign_calls, signatures })
    }

    /// Does this many random operations, and continues until this many signals have arrived.
    pub(crate) fn work(mut self, operations: u64, signals: u64) -> Result<Counts, String> {
        let mut counts = Counts::default();
        let all: u32 = KINDS.iter().map(|(_, share, _)| share).sum();
        let mut done = 0;
        while done < operations {
            let mut at = self.random.below(all);
            let kind = KINDS.iter().position(|&(_, share, _)| {
                let here = at < share;
                at = at.wrapping_sub(share);
                here
            });
            let kind = kind.expect("the shares cover all choices");
            self.operate(kind, done)?;
            counts.0[kind] += 1;
            done += 1;
        }
        while RECEIVED.load(Ordering::Relaxed) < signals {
            self.operate(WHILE_WAITING, done)?;
            counts.0[WHILE_WAITING] += 1;
        }
        Ok(counts)
    }

    fn operate(&mut self, kind: usize, done: u64) -> Result<(), String> {
        let (name, _, operation) = KINDS[kind];
        operation(self).map_err(|error| format!("{name}, operation {done} of seed {}: {error}", self.seed))?;
        while let Ok(call) = self.foreign_calls.try_recv() {
            call.run().map_err(|_| "a foreign call is not for this thread".to_owned())?;
        }
        Ok(())
    }

    fn number(&mut self) -> i64 {
        self.random.below(1 << 30).into()
    }

    fn open_function(&self, name: &str, signature: &Signature) -> Result<Function, String> {
        self.world.open.function(name, signature).map_err(text)
    }

    fn call(&mut self) -> Result<(), String> {
        let library = self.world.library(&mut self.random);
        let Some(scale) = unless_closed(library.function("scale", &self.signatures.scale))? else { return Ok(()) };
        drop(library);
        let number = self.random.bits() as i8;
        // SAFETY: the signature is that of the function.
        let Some(result) = unless_closed(unsafe { scale.call_slots(&[number.into(), 0.5.into()]) })? else {
            return Ok(());
        };
        expect("scale", result.as_f64(), &[f64::from(number) * 0.5])
    }

    fn new_shape(&mut self) -> Result<(), String> {
        let signature = long_signature(&mut self.random, 24);
        let first = self.open_function("first", &signature)?;
        if let Ok(entry) = first.entry() {
            LATEST.store(entry as *const () as *mut _, Ordering::Release);
        }
        let number = self.number();
        let rest = signature.params()[1..].iter().map(|ty| if *ty == Type::F64 { 1.5.into() } else { (-1_i64).into() });
        let args: Vec<Slot> = std::iter::once(number.into()).chain(rest).collect();
        // SAFETY: `first` may be called with more arguments than it has in this convention.
        expect("first", unsafe { first.call_slots(&args) }.map_err(text)?.as_i64(), &[number])
    }

    fn structure(&mut self) -> Result<(), String> {
        let library = self.world.library(&mut self.random);
        let Some(swap) = unless_closed(library.function("swap", &self.signatures.swap))? else { return Ok(()) };
        let (a, more) = (self.number(), self.number());
        let bytes = mixed_bytes(a, 2.5, 0.5);
        let args = [swap.aggregate(0, &bytes).map_err(text)?, more.into()];
        let mut result = [0; 24];
        // SAFETY: the signature is that of the function.
        let Some(()) = unless_closed(unsafe { swap.call_slots_into(&args, &mut result) })? else { return Ok(()) };
        // The last four bytes are padding.
        expect("swap", &result[..20], &[&mixed_bytes(a + more, -2.5, 1.0)[..20]])
    }

    /// Calls `apply` in the library that stays open.
    fn apply(&self, callback: Slot, number: i64) -> Result<i64, String> {
        let apply = self.open_function("apply", &self.signatures.apply)?;
        // SAFETY: the signature is that of the function. The callback reads a `long` and ignores its other arguments.
        Ok(unsafe { apply.call_slots(&[callback, number.into()]) }.map_err(text)?.as_i64())
    }

    fn call_back(&mut self) -> Result<(), String> {
        let callback = self.world.callback(&mut self.random);
        let number = self.number();
        // Closed callbacks return zero.
        expect("a callback", self.apply((&*callback).into(), number)?, &[number + 1, 0])
    }

    fn make_callback(&mut self) -> Result<(), String> {
        self.world.replace_callback(&mut self.random).map_err(text)
    }

    fn close_callback(&mut self) -> Result<(), String> {
        let callback = self.world.callback(&mut self.random);
        callback.close();
        expect("a closed callback", self.apply((&*callback).into(), 1)?, &[0])
    }

    /// Calls this thread's local callback or another thread's, or replaces its own.
    fn local_callback(&mut self) -> Result<(), String> {
        let number = self.number();
        if self.random.one_in(4) {
            let (local, foreign_calls) = local_callback().map_err(text)?;
            self.world.publish(local.as_ptr());
            // Calls that wait for the old callback are dropped with its queue.
            (self.local, self.foreign_calls) = (local, foreign_calls);
        }
        expect("a local callback", self.apply((&self.local).into(), number)?, &[number * 2])?;
        let any = self.world.local.load(Ordering::Acquire);
        // Calls on another thread do not wait.
        expect("any thread's local callback", self.apply(any.into(), number)?, &[number * 2, 0])
    }

    fn reopen(&mut self) -> Result<(), String> {
        self.world.reopen(&mut self.random).map_err(text)
    }

    fn call_record(&mut self) -> Result<(), String> {
        let library = self.world.library(&mut self.random);
        let number = self.random.bits() as i8;
        let (name, signature) =
            if self.random.one_in(2) { ("scale", &self.signatures.scale) } else { ("fill", &self.signatures.fill) };
        let Some(function) = unless_closed(library.function(name, signature))? else { return Ok(()) };
        let (result, expected) = if name == "scale" {
            (self.toy.scale(&function, number, 0.25), f64::from(number) * 0.25)
        } else {
            (self.toy.fill(&function, 1 + number as u8 as usize, number as u8), f64::from(number as u8))
        };
        match result {
            Ok(result) => expect("a record", result, &[expected]),
            Err(thrown) if library.is_closed() && thrown.contains("closed") => Ok(()),
            Err(thrown) => Err(thrown),
        }
    }

    fn drop_record_elsewhere(&mut self) -> Result<(), String> {
        let library = self.world.library(&mut self.random);
        let Some(scale) = unless_closed(library.function("scale", &self.signatures.scale))? else { return Ok(()) };
        let Some(record) = unless_closed(self.toy.record(&scale))? else { return Ok(()) };
        drop((scale, library));
        let dropped = std::thread::Builder::new().spawn(move || drop::<Record>(record));
        dropped.map_err(|error| format!("no thread: {error}"))?.join().map_err(|_| "dropping it panics".to_owned())
    }

    fn fork(&mut self) -> Result<(), String> {
        fork::run(&self.world)
    }
}

/// A callback that doubles, and the calls of other threads.
fn local_callback() -> Result<(LocalCallback, Receiver<ForeignCall>), Error> {
    let thunk = Thunk::new(&Signature::new([Type::I64], Type::I64).expect("a signature of numbers"))?;
    let (sender, receiver) = mpsc::channel();
    let dispatch = move |call| sender.send(call).map_err(|refused| refused.0);
    let options = LocalOptions::new().wait(Wait::AtMost(Duration::ZERO));
    let callback = Callback::local(&thunk, options, dispatch, |call| {
        let doubled = call.slots()[0].as_i64() * 2;
        call.set_slot(doubled).expect("the result is a long");
    })?;
    Ok((callback, receiver))
}

fn mixed_bytes(a: i64, b: f64, c: f32) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&a.to_ne_bytes());
    bytes[8..16].copy_from_slice(&b.to_ne_bytes());
    bytes[16..20].copy_from_slice(&c.to_ne_bytes());
    bytes
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|kind| self.0[kind] + other.0[kind]))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} operations", self.0.iter().sum::<u64>())?;
        let separators = std::iter::once(" (").chain(std::iter::repeat(", "));
        for (separator, (count, (name, ..))) in separators.zip(self.0.iter().zip(KINDS)) {
            write!(f, "{separator}{count} {name}")?;
        }
        f.write_str(")")
    }
}
