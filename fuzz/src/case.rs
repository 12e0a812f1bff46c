//! One call: a signature with a value for each argument and for the result, made through a `slots` trampoline.

use std::ffi::c_void;

use hotcall_jit::{Abi, Layout, Leaf, PlanError, Return, Scalar, Signature, SlotsEntry, Type, Which};
use hotcall_testing::random::{Random, slot};

use crate::memory::{Memory, Place};

/// The values that are sent, and the answer of the callee.
#[derive(Clone, Debug)]
pub struct Case {
    /// The function's type.
    pub signature: Signature,
    /// The layouts of the parameters.
    pub params: Vec<Layout>,
    /// The layout of the result; `None` for `void`.
    pub result: Option<Layout>,
    /// The bytes of each argument, padding included.
    pub args: Vec<Vec<u8>>,
    /// The bytes of the result.
    pub answer: Vec<u8>,
    /// The alignment that the result's place needs. It is 1 unless the callee writes to it.
    pub result_align: u8,
    /// The value that the callee stores in errno, if the trampoline captures it.
    pub errno: Option<i32>,
}

/// The fault in a call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are; indices count from 0")]
pub enum Wrong {
    #[error("the callee was called {times} times")]
    Calls { times: usize },
    #[error("argument {} arrived wrong at byte {byte}: sent {sent:02x?}, seen {seen:02x?}", index + 1)]
    Argument { index: usize, byte: usize, sent: Vec<u8>, seen: Vec<u8> },
    #[error("the result is wrong at byte {byte}: returned {returned:02x?}, got {got:02x?}")]
    Result { byte: usize, returned: Vec<u8>, got: Vec<u8> },
    #[error("the slot of {} is {got:#018x}, not the canonical {canonical:#018x}", name(*which))]
    Canonical { which: Which, got: u64, canonical: u64 },
    #[error("{} is at {address:#x}, which is not a multiple of {align}", name(*which))]
    Unaligned { which: Which, address: usize, align: usize },
    #[error("the result is not zero at first: {bytes:02x?}")]
    NotZero { bytes: Vec<u8> },
    #[error("the call changed the bytes of argument {}", index + 1)]
    Changed { index: usize },
    #[error("the call wrote around argument {}", index + 1)]
    AroundArgument { index: usize },
    #[error("the call wrote around the result")]
    AroundResult,
    #[error("errno is {got}, not {set}")]
    Errno { set: i32, got: i32 },
    #[error("in the handler, {0}")]
    Handler(Box<Self>),
}

fn name(which: Which) -> String {
    match which {
        Which::Argument(index) => format!("argument {}", index + 1),
        Which::Result => "the result".to_owned(),
    }
}

/// The finding of a callee, until it is asked for.
#[derive(Debug)]
pub struct Record {
    calls: usize,
    found: Result<(), Wrong>,
}

impl Default for Record {
    fn default() -> Self {
        Self { calls: 0, found: Ok(()) }
    }
}

impl Record {
    /// Adds a call.
    pub fn add(&mut self, found: Result<(), Wrong>) {
        self.calls += 1;
        self.found = std::mem::replace(&mut self.found, Ok(())).and(found);
    }

    /// The finding of the only call since the last time.
    ///
    /// # Errors
    ///
    /// The finding's error, or [`Wrong::Calls`].
    pub fn take(&mut self) -> Result<(), Wrong> {
        let Self { calls, found } = std::mem::take(self);
        if calls == 1 { found } else { Err(Wrong::Calls { times: calls }) }
    }
}

/// The place of the result's bytes.
enum Target {
    /// A slot between two others.
    Slot,
    /// A place of its own.
    Own(Place),
    /// The place of this argument: results may overlap arguments.
    Argument(usize),
}

/// The contents of memory that must not be written.
pub const JUNK: u64 = 0xdead_beef_8bad_f00d;

impl Case {
    /// Chooses values. Every byte is random, padding included, so that a byte from another place is noticed.
    ///
    /// # Errors
    ///
    /// The signature has no plan.
    ///
    /// # Panics
    ///
    /// The plan does not pass its verification, or the host has no convention.
    pub fn new(signature: Signature, random: &mut Random) -> Result<Self, PlanError> {
        let abi = Abi::host().expect("the oracles run where hotcall calls");
        let plan = abi.plan(&signature)?;
        let layout = |ty: &Type| Layout::of(ty).expect("a planned type has a layout");
        let params: Vec<_> = signature.params().iter().map(layout).collect();
        let result = signature.result().map(layout);
        if let Err(fault) = plan.verify(abi.convention(), &params, result.as_ref()) {
            panic!("the plan of {signature} is wrong: {fault}\n{plan}");
        }
        let result_align = if let Return::Hidden { align, .. } = plan.ret { align } else { 1 };
        let args = params.iter().map(|layout| random.value(layout)).collect();
        let answer = result.as_ref().map_or_else(Vec::new, |layout| random.value(layout));
        let errno = random.one_in(4).then(|| random.below(1 << 20) as i32);
        Ok(Self { signature, params, result, args, answer, result_align, errno })
    }

    /// Makes all NaNs quiet. GCC's callers copy some floats through the x87 unit, which makes the NaNs that it loads
    /// quiet.
    pub fn quiet(mut self) -> Self {
        let args = self.params.iter().zip(&mut self.args);
        for (layout, bytes) in args.chain(self.result.iter().zip(std::iter::once(&mut self.answer))) {
            layout.leaves.iter().for_each(|leaf| quiet(leaf, bytes));
        }
        self
    }

    /// The case for a caller that takes a whole register for an integer result, because thunks extend narrow ones by
    /// type.
    ///
    /// # Panics
    ///
    /// The signature is variadic.
    pub fn widened(&self) -> Self {
        let mut wide = self.clone();
        if let Some(scalar) = self.signature.result().and_then(Type::as_scalar).filter(|scalar| !scalar.is_float()) {
            assert_eq!(self.signature.first_variadic(), None, "callbacks are not variadic");
            let signature = Signature::new(self.signature.params().to_vec(), Type::U64);
            wide.signature = signature.expect("no limit depends on a scalar result");
            wide.result = Layout::of(&Type::U64).ok();
            wide.answer = slot(scalar, &self.answer).to_le_bytes().to_vec();
        }
        wide
    }

    /// Calls `target` through a trampoline and returns the result's bytes (for a scalar, those of its size). Checks
    /// that the arguments, and all memory around them and the result, are unchanged.
    ///
    /// # Errors
    ///
    /// See [`Wrong`].
    ///
    /// # Safety
    ///
    /// * `entry` is a trampoline for the case's signature, and captures errno if the case sets it.
    /// * `target` is a function of that signature that may be called with any bytes.
    pub unsafe fn call(
        &self,
        entry: SlotsEntry,
        target: *const c_void,
        memory: &mut Memory,
        random: &mut Random,
    ) -> Result<Vec<u8>, Wrong> {
        let mut places = memory.places();
        let mut slots = Vec::with_capacity(self.args.len() + 2);
        slots.push(JUNK);
        let mut arguments = Vec::with_capacity(self.args.len());
        for (ty, bytes) in self.signature.params().iter().zip(&self.args) {
            match ty.as_scalar() {
                Some(scalar) => {
                    slots.push(slot(scalar, bytes));
                    arguments.push(None);
                }
                None => {
                    let place = places.place(bytes.len(), 1, random);
                    place.write(bytes);
                    slots.push(place.address() as u64);
                    arguments.push(Some(place));
                }
            }
        }
        slots.push(JUNK);

        let result = match &self.result {
            Some(layout) if self.is_aggregate_result() => {
                let (size, align) = (layout.size as usize, usize::from(self.result_align));
                let fits = |place: &Option<Place>| {
                    place
                        .as_ref()
                        .is_some_and(|place| place.size() >= size && (place.address() as usize).is_multiple_of(align))
                };
                match arguments.iter().position(fits) {
                    Some(index) if random.one_in(4) => Target::Argument(index),
                    _ => Target::Own(places.place(size, align, random)),
                }
            }
            _ => Target::Slot,
        };
        let mut scalar = [JUNK; 3];
        let shares_slot = matches!(result, Target::Slot) && !self.args.is_empty() && random.one_in(4);
        let before = slots.clone();
        let pointer = match &result {
            Target::Own(place) => place.address().cast(),
            Target::Argument(index) => arguments[*index].as_ref().map_or(scalar.as_mut_ptr(), |p| p.address().cast()),
            // SAFETY: this is one slot inside the array, or the first argument's.
            Target::Slot if shares_slot => unsafe { slots.as_mut_ptr().add(1) },
            // SAFETY: the array has a slot at this index.
            Target::Slot => unsafe { scalar.as_mut_ptr().add(1) },
        };
        let mut errno = self.errno.map_or(0, |errno| !errno);
        // SAFETY: the arguments' slots follow the first junk. The caller promises that entry and target fit the case.
        unsafe { entry(target, slots.as_ptr().add(1), pointer, &raw mut errno) };

        // A volatile look, because the pointer that wrote may have been derived from either array.
        let scalar = std::hint::black_box(scalar);
        let mut slots = std::hint::black_box(slots);
        let got = match &result {
            Target::Own(place) => place.read(),
            Target::Argument(index) => arguments[*index].as_ref().map_or_else(Vec::new, Place::read),
            Target::Slot => {
                let got = if shares_slot { std::mem::replace(&mut slots[1], before[1]) } else { scalar[1] };
                self.check_slot(got, if shares_slot { before[1] } else { JUNK })?
            }
        };
        if (scalar[0], scalar[2]) != (JUNK, JUNK) || matches!(&result, Target::Own(place) if !place.is_framed()) {
            return Err(Wrong::AroundResult);
        }
        let changed = slots.iter().zip(&before).position(|(now, then)| now != then);
        if let Some(index) = changed {
            return Err(Wrong::Changed { index: index.saturating_sub(1) });
        }
        let overwritten = |index| matches!(result, Target::Argument(argument) if argument == index);
        for (index, place) in arguments.iter().enumerate() {
            let Some(place) = place else { continue };
            let size = self.answer.len();
            let (now, then) = (place.read(), &self.args[index]);
            let kept = if overwritten(index) { now[size..] == then[size..] } else { now == *then };
            if !kept {
                return Err(Wrong::Changed { index });
            }
            if !place.is_framed() {
                return Err(Wrong::AroundArgument { index });
            }
        }
        match self.errno {
            Some(set) if set != errno => Err(Wrong::Errno { set, got: errno }),
            _ => Ok(got),
        }
    }

    /// Returns true if the result is a struct or union.
    pub fn is_aggregate_result(&self) -> bool {
        self.signature.result().is_some_and(|ty| ty.as_scalar().is_none())
    }

    /// A scalar result's bytes from its slot, which must be canonical. `void` must not change the slot.
    fn check_slot(&self, got: u64, before: u64) -> Result<Vec<u8>, Wrong> {
        let Some(scalar) = self.signature.result().and_then(Type::as_scalar) else {
            return if got == before { Ok(Vec::new()) } else { Err(Wrong::AroundResult) };
        };
        scalar_bytes(Which::Result, scalar, got)
    }

    /// Compares the arguments that the callee saw with those that were sent.
    ///
    /// # Errors
    ///
    /// [`Wrong::Argument`].
    pub fn compare_arguments<'a>(&self, seen: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Wrong> {
        for (index, ((sent, seen), layout)) in self.args.iter().zip(seen).zip(&self.params).enumerate() {
            if let Some(byte) = difference(layout, sent, seen) {
                return Err(Wrong::Argument { index, byte, sent: sent.clone(), seen: seen.to_vec() });
            }
        }
        Ok(())
    }

    /// Compares a result with the answer.
    ///
    /// # Errors
    ///
    /// [`Wrong::Result`].
    pub fn compare_result(&self, got: &[u8]) -> Result<(), Wrong> {
        let Some(layout) = &self.result else { return Ok(()) };
        match difference(layout, &self.answer, got) {
            Some(byte) => Err(Wrong::Result { byte, returned: self.answer.clone(), got: got.to_vec() }),
            None => Ok(()),
        }
    }
}

/// Sets the highest bit of the fraction, if the leaf is a NaN.
fn quiet(leaf: &Leaf, bytes: &mut [u8]) {
    let bytes = &mut bytes[leaf.offset as usize..][..leaf.scalar.size() as usize];
    match *bytes {
        [_, _, ref mut c, d] if leaf.scalar == Scalar::F32 && d & 0x7f == 0x7f && *c & 0x80 != 0 => *c |= 0x40,
        [.., ref mut g, h] if leaf.scalar == Scalar::F64 && h & 0x7f == 0x7f && *g & 0xf0 == 0xf0 => *g |= 0x08,
        _ => {}
    }
}

/// The bytes of a scalar in its slot.
///
/// # Errors
///
/// [`Wrong::Canonical`].
pub fn scalar_bytes(which: Which, scalar: Scalar, got: u64) -> Result<Vec<u8>, Wrong> {
    let bytes = got.to_le_bytes()[..scalar.size() as usize].to_vec();
    let canonical = slot(scalar, &bytes);
    if got == canonical { Ok(bytes) } else { Err(Wrong::Canonical { which, got, canonical }) }
}

/// The first byte of a leaf that differs. Padding is not compared.
fn difference(layout: &Layout, a: &[u8], b: &[u8]) -> Option<usize> {
    let range = |leaf: &hotcall_jit::Leaf| leaf.offset as usize..(leaf.offset + leaf.scalar.size()) as usize;
    layout.leaves.iter().flat_map(range).find(|&byte| a.get(byte) != b.get(byte))
}
