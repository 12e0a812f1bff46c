//! Calls of stubs by compiled C callers with random values.
//!
//! For each signature `check` writes two callers (`callers.rs`), and each C compiler compiles them. It binds a stub to a
//! handler that keeps its arguments and then overwrites them. Then it asserts:
//!
//! * The handler saw canonical slots, and every byte of every aggregate at a multiple of 16, for any bits in the rest of the
//!   registers.
//! * The result was zero before the handler wrote it.
//! * The result arrived whole. Bytes that the handler did not write are zero.
//! * Nothing beside the result was written.

use std::ffi::c_void;
use std::hint::black_box;
use std::slice;

use hotcall_jit::{
    Abi, Arg, Handler, Jit, Layout, MAX_SIZE, Plan, Return, Scalar, Signature, Stub, ThunkCode, Type, Use,
};
use hotcall_testing::c_text::Text;
use hotcall_testing::callers::{self, Caller, caller, whole_words};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fence::{Fence, Spot};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::{Random, kept, slot};
use hotcall_testing::ways;
use libloading::Library;

/// The content of C's memory that callbacks must neither read nor write.
const DIRTY: u8 = 0xdb;

/// Checks the signatures, which are in the notation of `notation`.
pub(crate) fn check<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) {
    let signatures: Vec<_> = texts.into_iter().map(|text| notation::signature(text.as_ref())).collect();
    let ways = ways::all(cfg!(feature = "cranelift"));
    let mut text = Text::new(callers::PROLOGUE);
    let cases: Vec<_> = signatures.iter().map(|signature| Case::new(&ways, signature, &mut text)).collect();
    let mut arena = Arena { random: Random::new(2), result: Fence::new(MAX_SIZE as usize + 4096) };
    for (compiler, library) in &fixture::load_all(&text.finish()) {
        for case in &cases {
            for form in case.forms(library) {
                for (way, thunk) in &case.thunks {
                    for written in Written::ALL {
                        case.call(compiler, &form, way, thunk, written, &mut arena);
                    }
                }
            }
        }
    }
}

/// A stub of this thunk that runs the handler.
pub(crate) fn bound<T>(thunk: &'static ThunkCode, handler: Handler, context: *mut T) -> Stub {
    let stub = thunk.stubs(Use::Plain).take().unwrap();
    // SAFETY: the stub is new, and the tests keep the context as long as they call the stub.
    unsafe { stub.bind(handler, context.cast()) };
    stub
}

/// The part of the result that the handler writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Written {
    Whole,
    Half,
    Nothing,
}

impl Written {
    const ALL: [Self; 3] = [Self::Whole, Self::Half, Self::Nothing];

    fn len(self, whole: usize) -> usize {
        match self {
            Self::Whole => whole,
            Self::Half => whole / 2,
            Self::Nothing => 0,
        }
    }

    /// The place of C's memory for the result.
    fn spot(self, align: usize) -> Spot {
        match self {
            Self::Whole => Spot::End,
            Self::Half => Spot::Start,
            Self::Nothing => Spot::Aligned(align),
        }
    }
}

/// A caller, and its treatment of registers.
struct Form {
    caller: Caller,
    whole_words: bool,
}

struct Arena {
    random: Random,
    result: Fence,
}

/// A signature with its callers and its thunks.
struct Case<'a> {
    signature: &'a Signature,
    thunks: Vec<(&'static str, &'static ThunkCode)>,
    layouts: Vec<Layout>,
    result: Option<Layout>,
    plan: Plan,
    hidden: bool,
    callers: (String, Option<String>),
}

impl<'a> Case<'a> {
    fn new(ways: &[(&'static str, Jit)], signature: &'a Signature, text: &mut Text) -> Self {
        let layout = |ty: &Type| Layout::of(ty).unwrap();
        let layouts: Vec<_> = signature.params().iter().map(layout).collect();
        let result = signature.result().map(layout);
        let thunks: Vec<_> = ways.iter().map(|(way, jit)| (*way, jit.thunk(signature).unwrap())).collect();
        let sizes = signature.params().iter().zip(&layouts);
        let sizes: Vec<_> = sizes.map(|(ty, layout)| ty.as_aggregate().map(|_| layout.size)).collect();
        for (way, thunk) in &thunks {
            assert_eq!(thunk.aggregates(), &sizes[..], "{signature}, {way}");
        }
        let plan = Abi::SysV64.plan(signature).unwrap();
        let hidden = matches!(plan.ret, Return::Hidden { .. });
        let whole_words = whole_words(signature, hidden).map(|signature| caller(text, &signature));
        Self { signature, thunks, layouts, result, plan, hidden, callers: (caller(text, signature), whole_words) }
    }

    /// The bytes that a handler may write.
    fn result_size(&self) -> usize {
        match hotcall_jit::Form::of(self.signature.result()) {
            hotcall_jit::Form::Void => 0,
            hotcall_jit::Form::Scalar(_) => 8,
            hotcall_jit::Form::Bytes(size) => size as usize,
        }
    }

    fn forms(&self, library: &Library) -> Vec<Form> {
        // SAFETY: the names are those of callers.
        let load = |name: &String| unsafe { *library.get::<Caller>(name.as_bytes()).unwrap() };
        let plain = Form { caller: load(&self.callers.0), whole_words: false };
        let whole = self.callers.1.iter().map(|name| Form { caller: load(name), whole_words: true });
        [plain].into_iter().chain(whole).collect()
    }

    /// The argument bytes for a caller, and the values that the handler must see.
    fn values(&self, random: &mut Random) -> (Vec<u8>, Vec<Expected>) {
        let (mut passed, mut expected) = (Vec::new(), Vec::new());
        for ((ty, layout), arg) in self.signature.params().iter().zip(&self.layouts).zip(&self.plan.args) {
            let mut bytes = random.value(layout);
            if let Some(scalar) = ty.as_scalar() {
                let slot = slot(scalar, &bytes).to_le_bytes();
                expected.push(Expected { bytes: slot.into(), compared: vec![true; 8] });
                // The rest of the register.
                bytes.extend(&random.bits().to_le_bytes()[bytes.len()..]);
            } else {
                expected.push(Expected::aggregate(ty, arg, bytes.clone()));
            }
            passed.append(&mut bytes);
        }
        (passed, expected)
    }

    fn call(
        &self,
        compiler: &Compiler,
        form: &Form,
        way: &str,
        thunk: &'static ThunkCode,
        written: Written,
        arena: &mut Arena,
    ) {
        let (mut args, expected) = self.values(&mut arena.random);
        let size = self.result_size();
        let align = match self.signature.result().and_then(Type::as_aggregate) {
            Some(_) => self.result.as_ref().map_or(1, |layout| layout.align),
            _ => 8,
        };
        let mut result: Vec<_> = (0..size).map(|_| arena.random.bits() as u8).collect();
        result.truncate(written.len(size));
        let mut record = Record::new(thunk, align.into(), self.signature.result().map(|_| size), result.clone());
        result.resize(size, 0);
        let explicit = form.whole_words && self.hidden;
        // The memory for the result that C passes. Callers that do not name it have it on their stack.
        let memory = arena.result.put(written.spot(align.into()), &vec![DIRTY; size]);
        if explicit {
            args.splice(0..0, (memory as u64).to_le_bytes());
        }
        let mut arrived = vec![DIRTY; size.max(8)];

        let stub = bound(thunk, handler, &raw mut record);
        // SAFETY: the caller has the stub's signature, or one that the convention does not distinguish from it; the buffers
        // are as long as it wants them.
        unsafe {
            (form.caller)(stub.entry(), args.as_ptr(), arrived.as_mut_ptr());
            stub.retire();
            // There are more signatures than static stubs.
            thunk.stubs(Use::Plain).free(stub);
        }

        let context = || {
            let Self { signature, plan, .. } = self;
            let words = if form.whole_words { "whole words" } else { "values" };
            format!("{signature}, {way}, called with {words} by {}, {written:?}:\n{plan}\n", compiler.command())
        };
        assert_eq!(record.seen.len(), expected.len());
        assert_eq!((record.calls, &record.faults[..]), (1, &[][..]), "{}", context());
        for (index, (seen, expected)) in record.seen.iter().zip(&expected).enumerate() {
            let bytes = &expected.bytes;
            assert!(expected.matches(seen), "{}argument {}: {seen:x?} is not {bytes:x?}", context(), index + 1);
        }
        if explicit {
            assert_eq!(arrived[..8], (memory as u64).to_le_bytes(), "{}the result's address", context());
            arrived = arena.result.value().to_vec();
        }
        self.assert_result(&arrived, &result, form, context);
        assert!(arena.result.is_intact(), "{}written beside the result", context());
    }

    fn assert_result(&self, arrived: &[u8], written: &[u8], form: &Form, context: impl Fn() -> String) {
        let Some(ty) = self.signature.result() else { return };
        let mut expected = written.to_vec();
        let mut compared = if self.hidden && form.whole_words { vec![true; written.len()] } else { kept(ty) };
        if let (Some(scalar), 8) = (ty.as_scalar(), written.len()) {
            let value = if scalar == Scalar::Bool {
                u64::from(written[0] != 0)
            } else {
                slot(scalar, &written[..scalar.size() as usize])
            };
            expected = value.to_le_bytes().to_vec();
            // The rest of a float's register has no meaning.
            compared.resize(8, !(scalar.is_float() && form.whole_words));
        }
        for (at, compared) in compared.into_iter().enumerate() {
            let same = !compared || arrived[at] == expected[at];
            assert!(same, "{}result, byte {at}: {arrived:x?} is not {expected:x?}", context());
        }
    }
}

/// A slot, or an aggregate's bytes, as the handler must see them.
#[derive(Debug)]
struct Expected {
    bytes: Vec<u8>,
    compared: Vec<bool>,
}

impl Expected {
    /// Padding may hold anything, unless it is a word that no register holds: then there are zeros in its place.
    fn aggregate(ty: &Type, arg: &Arg, mut bytes: Vec<u8>) -> Self {
        let mut compared = kept(ty);
        if !arg.pieces().is_empty() {
            for (word, compared) in compared.chunks_mut(8).enumerate().filter(|(_, compared)| !compared.contains(&true))
            {
                bytes[8 * word..][..compared.len()].fill(0);
                compared.fill(true);
            }
        }
        Self { bytes, compared }
    }

    fn matches(&self, seen: &[u8]) -> bool {
        let same = seen.iter().zip(&self.bytes).zip(&self.compared).all(|((a, b), compared)| !compared || a == b);
        seen.len() == self.bytes.len() && same
    }
}

/// The context of [`handler`].
struct Record {
    thunk: &'static ThunkCode,
    align: usize,
    /// The bytes of the result, if there is one.
    size: Option<usize>,
    /// The bytes to write as the result, from its first byte.
    write: Vec<u8>,
    seen: Vec<Vec<u8>>,
    faults: Vec<String>,
    calls: usize,
}

impl Record {
    const fn new(thunk: &'static ThunkCode, align: usize, size: Option<usize>, write: Vec<u8>) -> Self {
        Self { thunk, align, size, write, seen: Vec::new(), faults: Vec::new(), calls: 0 }
    }

    fn expect(&mut self, holds: bool, what: &str) {
        if !holds {
            self.faults.push(what.into());
        }
    }
}

/// Keeps its arguments in its [`Record`], overwrites them, because they are the handler's, and writes the result.
unsafe extern "C-unwind" fn handler(context: *mut c_void, args: *const u64, result: *mut u64) {
    #[repr(align(16))]
    struct Aligned([u8; 16]);
    // SAFETY: the stub is bound with a record, which nobody else uses during the call.
    let record = unsafe { &mut *context.cast::<Record>() };
    record.calls += 1;
    let local = Aligned([0; 16]);
    record.expect(black_box(&raw const local.0).addr().is_multiple_of(16), "the stack is misaligned");
    for (index, aggregate) in record.thunk.aggregates().iter().enumerate() {
        // SAFETY: there are as many slots, each the handler's to change.
        let slot = unsafe { &mut *args.add(index).cast_mut() };
        match aggregate {
            None => record.seen.push(slot.to_le_bytes().into()),
            Some(size) => {
                let bytes = *slot as *mut u8;
                record.expect(bytes.addr().is_multiple_of(16), "an aggregate is misaligned");
                // SAFETY: the slot has the address of as many bytes, which are the handler's too.
                let bytes = unsafe { slice::from_raw_parts_mut(bytes, *size as usize) };
                record.seen.push(bytes.to_vec());
                bytes.fill(0xa5);
            }
        }
        *slot = !0;
    }
    let Some(size) = record.size else { return };
    record.expect(result.addr().is_multiple_of(record.align), "the result is misaligned");
    // SAFETY: the result has as many bytes.
    let result = unsafe { slice::from_raw_parts_mut(result.cast::<u8>(), size) };
    record.expect(result.iter().all(|&byte| byte == 0), "the result is not zero");
    result[..record.write.len()].copy_from_slice(&record.write);
}
