//! Calls of compiled C callees with random values, from memory that ends or begins at an inaccessible page.
//!
//! For each signature `check` writes a callee (`callees`), which each C compiler compiles, and calls it through a trampoline.
//! Then it asserts:
//!
//! * The callee saw every byte of every argument.
//! * The result arrived whole, and nothing beside it was written.
//! * The caller's copies of the arguments are unchanged, although the callee overwrote its own.
//! * The callee's frame and arguments were aligned.
//! * `errno` has the value that the callee set.

use std::ffi::c_void;
use std::io;
use std::ptr;

use hotcall_jit::{Abi, Jit, Layout, MAX_SIZE, Options, Return, Signature, Trampoline, Type, TypeKind};
use hotcall_testing::c_text::Text;
use hotcall_testing::callees;
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fence::{Fence, Spot};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::{Random, kept, slot};
use hotcall_testing::ways;
use libloading::{Library, Symbol};

/// The value that callees set `errno` to.
const ERRNO: i32 = 77;

/// The content of the place for `errno` before the call.
const UNTOUCHED: i32 = 0x5a5a;

/// Checks the signatures, which are in the notation of `notation`.
pub(crate) fn check<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) {
    check_with(Options::default(), texts);
}

/// Checks the signatures with trampolines of these options.
pub(crate) fn check_with<T: AsRef<str>>(options: Options, texts: impl IntoIterator<Item = T>) {
    let signatures: Vec<_> = texts.into_iter().map(|text| notation::signature(text.as_ref())).collect();
    let mut text = Text::new(callees::PROLOGUE);
    let names: Vec<String> = signatures.iter().map(|signature| callees::callee(&mut text, signature)).collect();
    let callees = fixture::load_all(&text.finish());
    let mut arena = Arena::new();
    for (way, jit) in &ways::all(cfg!(feature = "cranelift")) {
        for (signature, name) in signatures.iter().zip(&names) {
            let case = Case::new(way, jit, signature, options);
            for (compiler, library) in &callees {
                let callee = Callee::new(compiler, library, name);
                for placement in Placement::ALL {
                    case.call(&callee, placement, &mut arena);
                }
            }
        }
    }
}

/// The places of arguments and result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Placement {
    /// Each ends at an inaccessible page.
    AtEnd,
    /// Each begins behind an inaccessible page.
    AtStart,
    /// At odd addresses.
    Odd,
    /// The result is written over an aggregate argument.
    OverArgument,
    /// The result is written over the slots.
    OverSlots,
}

impl Placement {
    const ALL: [Self; 5] = [Self::AtEnd, Self::AtStart, Self::Odd, Self::OverArgument, Self::OverSlots];

    /// The spot of a value for which the trampoline promises nothing beyond `align`.
    fn spot(self, align: usize) -> Spot {
        match self {
            Self::AtEnd => Spot::End,
            Self::AtStart => Spot::Start,
            Self::Odd | Self::OverArgument | Self::OverSlots => Spot::Aligned(align),
        }
    }
}

/// A callee and the state of its library; the state belongs to the thread.
struct Callee<'a> {
    compiler: &'static Compiler,
    target: *const c_void,
    begin: Symbol<'a, unsafe extern "C" fn(*mut u8, *const u8, i32)>,
    end: Symbol<'a, unsafe extern "C" fn(*mut *mut u8) -> i32>,
}

impl<'a> Callee<'a> {
    fn new(compiler: &'static Compiler, library: &'a Library, name: &str) -> Self {
        // SAFETY: the functions have these types in the text that `callees` writes.
        unsafe {
            Self {
                compiler,
                target: *library.get::<*const c_void>(name).unwrap(),
                begin: library.get("hotcall_begin").unwrap(),
                end: library.get("hotcall_end").unwrap(),
            }
        }
    }
}

/// Memory for values, kept from case to case.
struct Arena {
    random: Random,
    slots: Fence,
    result: Fence,
    args: Vec<Fence>,
    log: Vec<u8>,
}

impl Arena {
    fn new() -> Self {
        Self {
            random: Random::new(1),
            slots: Fence::new(8192),
            result: Fence::new(MAX_SIZE as usize + 4096),
            args: Vec::new(),
            log: vec![0; 256 * 1024],
        }
    }

    /// The fence of argument `index`; only those with bytes are ever touched.
    fn arg(&mut self, index: usize) -> &mut Fence {
        while self.args.len() <= index {
            self.args.push(Fence::new(MAX_SIZE as usize + 4096));
        }
        &mut self.args[index]
    }
}

/// A signature, with the means to call functions of it.
struct Case<'a> {
    way: &'static str,
    signature: &'a Signature,
    options: Options,
    trampoline: Trampoline,
    layouts: Vec<Layout>,
    result: Option<Layout>,
    hidden: bool,
}

/// Values for one call.
struct Values {
    /// Each argument's bytes; a scalar's are those of its slot.
    args: Vec<Vec<u8>>,
    result: Vec<u8>,
}

impl<'a> Case<'a> {
    fn new(way: &'static str, jit: &Jit, signature: &'a Signature, options: Options) -> Self {
        let layout = |ty: &Type| Layout::of(ty).unwrap();
        let plan = Abi::SysV64.plan(signature).unwrap();
        Self {
            way,
            signature,
            options,
            trampoline: jit.slots(signature, options).unwrap(),
            layouts: signature.params().iter().map(layout).collect(),
            result: signature.result().map(layout),
            hidden: matches!(plan.ret, Return::Hidden { .. }),
        }
    }

    fn values(&self, random: &mut Random) -> Values {
        let arg = |(ty, layout): (&Type, &Layout)| {
            let bytes = random.value(layout);
            ty.as_scalar().map_or(bytes.clone(), |scalar| slot(scalar, &bytes).to_le_bytes().into())
        };
        let args = self.signature.params().iter().zip(&self.layouts).map(arg).collect();
        let result = self.result.as_ref().map(|layout| random.value(layout)).unwrap_or_default();
        Values { args, result }
    }

    /// The argument that the result can be written over.
    fn overlapped(&self) -> Option<usize> {
        let size = self.result_size()?;
        let params = self.signature.params().iter().zip(&self.layouts);
        params.enumerate().position(|(_, (ty, layout))| ty.as_scalar().is_none() && layout.size as usize >= size)
    }

    /// The number of bytes that the trampoline writes: those of an aggregate, or of a slot.
    fn result_size(&self) -> Option<usize> {
        let aggregate = self.signature.result()?.as_aggregate().is_some();
        self.result.as_ref().map(|layout| if aggregate { layout.size as usize } else { 8 })
    }

    fn call(&self, callee: &Callee<'_>, placement: Placement, arena: &mut Arena) {
        let overlapped = match (placement, self.result_size()) {
            (Placement::OverArgument, _) if self.overlapped().is_none() => return,
            // The slots have an alignment of 8 only, which results in memory may exceed.
            (Placement::OverSlots, Some(size)) if size > 8 * self.layouts.len() || self.align() > 8 => return,
            (Placement::OverSlots, None) => return,
            (Placement::OverArgument, _) => self.overlapped(),
            _ => None,
        };
        let values = self.values(&mut arena.random);
        let mut slots = Vec::new();
        for (index, bytes) in values.args.iter().enumerate() {
            if self.signature.params()[index].as_scalar().is_some() {
                slots.extend_from_slice(bytes);
            } else {
                // A result in memory has its alignment wherever it is.
                let align = if overlapped == Some(index) { self.align() } else { 1 };
                let address = arena.arg(index).put(placement.spot(align), bytes);
                slots.extend_from_slice(&(address as u64).to_le_bytes());
            }
        }
        let args = arena.slots.put(placement.spot(8), &slots);
        let blank = vec![0xbb; self.result_size().unwrap_or(0)];
        let result = match (placement, overlapped, self.result_size()) {
            (_, _, None) => {
                arena.result.put(placement.spot(1), &[]);
                ptr::null_mut()
            }
            (Placement::OverSlots, ..) => args,
            (_, Some(index), _) => arena.arg(index).put(placement.spot(self.align()), &values.args[index]),
            _ => arena.result.put(placement.spot(self.align()), &blank),
        };

        let mut end = ptr::null_mut();
        let mut captured = UNTOUCHED;
        // SAFETY: the callee has the trampoline's signature, the slots are canonical, and the log has room for them and for
        // the largest aggregates that fit on the stack.
        let (misaligned, errno) = unsafe {
            (callee.begin)(arena.log.as_mut_ptr(), values.result.as_ptr(), ERRNO);
            (self.trampoline.entry())(callee.target, args.cast(), result.cast(), &mut captured);
            let errno = io::Error::last_os_error().raw_os_error();
            ((callee.end)(&mut end), errno)
        };
        let seen = &arena.log[..end as usize - arena.log.as_ptr() as usize];

        let context = || {
            let Self { way, signature, .. } = self;
            let plan = Abi::SysV64.plan(signature).unwrap();
            format!("{signature}, {way}, compiled by {}, values {placement:?}:\n{plan}\n", callee.compiler.command())
        };
        assert_eq!(misaligned, 0, "{}a frame or an argument is misaligned", context());
        let expected = if self.options.capture_errno { ERRNO } else { UNTOUCHED };
        assert_eq!((errno, captured), (Some(ERRNO), expected), "{}errno itself and as captured", context());
        self.assert_seen(seen, &values, context);
        // SAFETY: `result` has this many bytes wherever it was placed.
        let written = self.result_size().map(|size| unsafe { std::slice::from_raw_parts(result, size) });
        self.assert_result(written.unwrap_or_default(), &values, context);
        for (index, bytes) in values.args.iter().enumerate() {
            if self.signature.params()[index].as_scalar().is_none() {
                let fence = arena.arg(index);
                assert!(fence.is_intact(), "{}written beside argument {}", context(), index + 1);
                let unchanged = overlapped == Some(index) || fence.value() == bytes;
                assert!(unchanged, "{}the caller's argument {} changed", context(), index + 1);
            }
        }
        let unchanged = placement == Placement::OverSlots || arena.slots.value() == slots;
        assert!(unchanged && arena.slots.is_intact(), "{}the slots changed", context());
        assert!(arena.result.is_intact(), "{}written beside the result", context());
    }

    /// The alignment of the result's address: in memory its type's, for a scalar that of a slot.
    fn align(&self) -> usize {
        match (&self.result, self.signature.result().map(Type::kind)) {
            (Some(layout), Some(TypeKind::Aggregate(_))) if self.hidden => layout.align.into(),
            (Some(_), Some(TypeKind::Scalar(_))) => 8,
            _ => 1,
        }
    }

    fn assert_seen(&self, mut seen: &[u8], values: &Values, context: impl Fn() -> String) {
        for (index, (bytes, ty)) in values.args.iter().zip(self.signature.params()).enumerate() {
            let (now, rest) = seen.split_at(bytes.len());
            let kept = if ty.as_scalar().is_some() { vec![true; 8] } else { kept(ty) };
            for (at, kept) in kept.into_iter().enumerate() {
                let same = !kept || now[at] == bytes[at];
                assert!(same, "{}argument {}, byte {at}: {now:x?} is not {bytes:x?}", context(), index + 1);
            }
            seen = rest;
        }
        assert!(seen.is_empty(), "{}the callee saw {} bytes more", context(), seen.len());
    }

    fn assert_result(&self, written: &[u8], values: &Values, context: impl Fn() -> String) {
        let Some(ty) = self.signature.result() else { return };
        let (expected, kept) = match ty.as_scalar() {
            Some(scalar) => (slot(scalar, &values.result).to_le_bytes().to_vec(), vec![true; 8]),
            None => (values.result.clone(), kept(ty)),
        };
        for (at, kept) in kept.into_iter().enumerate() {
            let same = !kept || written[at] == expected[at];
            assert!(same, "{}result, byte {at}: {written:x?} is not {expected:x?}", context());
        }
    }
}
