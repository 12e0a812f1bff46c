//! The checks of fuzz targets, tests and the program `oracle`.

use std::cell::RefCell;
use std::io;

use hotcall_jit::{Jit, JitError, Options, Trampoline};
use hotcall_testing::compiler::CompilerError;
use hotcall_testing::random::Random;

use crate::c::compare::{self, CompilerDisagreement, Counts};
use crate::c::compiler::{Loaded, VendorCompiler};
use crate::c::quirk::{self, Quirk};
use crate::c::source;
use crate::callback::{Callback, Then};
use crate::case::{Case, Wrong};
use crate::crash;
use crate::declaration;
use crate::libffi::{self, Callee, Inexpressible, Interface};
use crate::memory::Memory;
use crate::random::Source;
use crate::signature::{self, Profile};

/// The tools that the checks need: a compiler of trampolines, and memory with inaccessible pages.
#[derive(Debug)]
pub struct Bench {
    jit: Jit,
    memory: Memory,
}

/// The direction of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From hotcall's trampoline to a foreign callee.
    Call,
    /// From a foreign caller to hotcall's stub, and from the stub's handler by a trampoline to a foreign callee.
    /// Signatures lose their dots, because callbacks are not variadic.
    RoundTrip,
}

/// The end of a check that found no fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Both sides agreed.
    Agreed,
    /// libffi cannot express the signature. It was planned, verified and compiled. For a round trip, hotcall called
    /// itself.
    Compiled(Inexpressible),
    /// hotcall refuses it.
    Refused(String),
}

/// A check that found a fault.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}: {signature}\n{cause}\n{values}{text}")]
pub struct Failure {
    /// The seed that repeats this case alone.
    pub seed: u64,
    /// The signature.
    pub signature: String,
    /// The fault.
    pub cause: Cause,
    /// The values, one to a line.
    pub values: String,
    /// The case as C, for the compilers' oracle.
    pub text: String,
}

/// The faults that a check can find.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum Cause {
    #[error("hotcall: {0}")]
    Call(#[from] Wrong),
    #[error("libffi: {0}")]
    Libffi(#[from] libffi::LibffiDisagreement),
    #[error("C: {0}")]
    C(#[from] CompilerDisagreement),
    #[error("{by}: {wrong}")]
    RoundTrip { by: &'static str, wrong: Wrong },
    #[error("no code: {0}")]
    Jit(#[from] JitError),
}

/// The reasons why the machine does not let the check run.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum BenchError {
    #[error(transparent)]
    Jit(#[from] JitError),
    #[error("no memory: {0}")]
    Memory(#[from] io::Error),
}

impl Bench {
    /// Prepares checks of generated code.
    ///
    /// # Errors
    ///
    /// See [`BenchError`].
    pub fn new() -> Result<Self, BenchError> {
        Ok(Self { jit: Jit::new()?, memory: Memory::new()? })
    }

    /// Prepares checks of hotcall without generated code.
    ///
    /// # Errors
    ///
    /// See [`BenchError`].
    pub fn universal() -> Result<Self, BenchError> {
        Ok(Self { jit: Jit::universal()?, memory: Memory::new()? })
    }

    fn compile(&self, case: &Case) -> Result<Trampoline, JitError> {
        self.jit.slots(&case.signature, Options::new().capture_errno(case.errno.is_some()))
    }

    /// Checks the signature of a seed with libffi.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub fn libffi(&mut self, way: Way, seed: u64) -> Result<Outcome, Box<Failure>> {
        crash::running(seed);
        let mut source = Source::seeded(seed);
        self.lower(way, &mut source, Profile::Libffi, seed)
    }

    /// Checks the signature that a fuzzer's bytes make. It is planned, verified and compiled. It is also called if
    /// libffi can express it.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub fn bytes(&mut self, way: Way, bytes: &[u8]) -> Result<Outcome, Box<Failure>> {
        let mut source = Source::bytes(bytes);
        // Half of the inputs make signatures that can be called, so that the fuzzer need not find them.
        let profile = source.pick(&[Profile::Libffi, Profile::Wild]);
        self.lower(way, &mut source, profile, 0)
    }

    fn lower(
        &mut self,
        way: Way,
        source: &mut Source<'_>,
        profile: Profile,
        seed: u64,
    ) -> Result<Outcome, Box<Failure>> {
        let (case, mut random) = match way.case(source, profile) {
            Ok(case) => case,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
        let outcome = match way {
            Way::Call => self.compare_with_libffi(&case, &mut random),
            Way::RoundTrip => self.round_trip(&case, &mut random),
        };
        outcome.map_err(|cause| Failure::new(seed, cause, &case, String::new()))
    }

    fn compare_with_libffi(&mut self, case: &Case, random: &mut Random) -> Result<Outcome, Cause> {
        let trampoline = self.compile(case)?;
        let interface = match Interface::new(case) {
            Err(inexpressible) => return Ok(Outcome::Compiled(inexpressible)),
            Ok(interface) => interface?,
        };
        let mut callee = Callee::new(case, &interface).ok_or(libffi::LibffiDisagreement::Closure)?;
        // SAFETY: the trampoline and the closure were both made for the case.
        let got = unsafe { case.call(trampoline.entry(), callee.address(), &mut self.memory, random) }?;
        callee.take()?;
        case.compare_result(&got)?;
        // Makes the call by libffi alone. If that fails, the oracle proves nothing.
        // SAFETY: the closure was made for the interface.
        let got = unsafe { interface.call(case, callee.address()) };
        let itself = callee.take().and(got).and_then(|got| case.compare_result(&got));
        itself.map_err(libffi::LibffiDisagreement::Itself)?;
        Ok(Outcome::Agreed)
    }

    /// First a trampoline calls the stub, because libffi cannot express every signature. Then libffi calls it. The
    /// handler answers, and then a closure that the handler calls.
    fn round_trip(&mut self, case: &Case, random: &mut Random) -> Result<Outcome, Cause> {
        // SAFETY: the thunk is made for the case.
        let mut callback = unsafe { Callback::new(self.jit.thunk(&case.signature)?, case) }?;
        let wide = case.widened();
        let agree = |by, got: Result<Vec<u8>, Wrong>| {
            let same = got.and_then(|got| wide.compare_result(&got));
            same.map_err(|wrong| Cause::RoundTrip { by, wrong })
        };
        let trampoline = self.compile(&wide)?;
        // SAFETY: the trampoline and the stub were both made for the case, and stubs return whole registers.
        let got = unsafe { wide.call(trampoline.entry(), callback.address(), &mut self.memory, random) };
        agree("hotcall calls itself", callback.take(got))?;

        let (caller, callee) = match (Interface::new(&wide), Interface::new(case)) {
            (Ok(caller), Ok(callee)) => (caller?, callee?),
            (Err(inexpressible), _) | (_, Err(inexpressible)) => return Ok(Outcome::Compiled(inexpressible)),
        };
        // SAFETY: the stub and the interface were both made for the case.
        let got = unsafe { caller.call(&wide, callback.address()) };
        agree("libffi calls hotcall", callback.take(got))?;

        let mut callee = Callee::new(case, &callee).ok_or(libffi::LibffiDisagreement::Closure)?;
        // SAFETY: the trampoline and the closure were both made for the case.
        unsafe { callback.then(Then::Call(self.compile(case)?, callee.address())) };
        // SAFETY: the stub and the interface were both made for the case.
        let got = unsafe { caller.call(&wide, callback.address()) };
        let seen = callee.take();
        agree("libffi calls libffi through hotcall", callback.take(seen.and(got)))?;
        Ok(Outcome::Agreed)
    }

    /// Checks the functions of `count` seeds from `first` on against C compilers.
    ///
    /// # Errors
    ///
    /// The outer error: a compiler fails. The inner one: the first fault.
    pub fn c(
        &mut self,
        way: Way,
        first: u64,
        count: u64,
        compilers: &[VendorCompiler],
        level: &str,
    ) -> Result<Result<Counts, Box<Failure>>, CompilerError> {
        let mut counts = Counts::default();
        let mut cases = Vec::new();
        let mut seeds = Vec::new();
        for seed in first..first.saturating_add(count) {
            match way.case(&mut Source::seeded(seed), Profile::C) {
                Ok((case, random)) => {
                    cases.push(case.quiet());
                    seeds.push((seed, random));
                }
                Err(_) => counts.refused += 1,
            }
        }
        let built = compilers.iter().map(|compiler| compare::build(compiler, &cases, level));
        let built = built.collect::<Result<Vec<_>, _>>()?;
        for (index, (case, (seed, mut random))) in cases.iter().zip(seeds).enumerate() {
            crash::running(seed);
            if let Err(cause) = self.compare_with_c(way, &built, index, case, &mut random, &mut counts) {
                return Ok(Err(Failure::new(seed, cause, case, source::file(std::iter::once((0, case))))));
            }
            counts.functions += 1;
        }
        Ok(Ok(counts))
    }

    fn compare_with_c(
        &mut self,
        way: Way,
        built: &[Loaded],
        index: usize,
        case: &Case,
        random: &mut Random,
        counts: &mut Counts,
    ) -> Result<(), Cause> {
        let (built, left_out): (Vec<_>, Vec<_>) =
            built.iter().partition(|loaded| quirk::incomparable(loaded.vendor(), &case.signature).is_none());
        for quirk in left_out.iter().filter_map(|loaded| quirk::incomparable(loaded.vendor(), &case.signature)) {
            *counts.quirks.entry(quirk).or_default() += 1;
        }
        for loaded in &built {
            compare::compare_layouts(loaded, index, case)?;
        }
        // First compares the compilers with each other. If they do not agree, there is nothing to agree with.
        let mut quirks: Vec<_> = built.iter().map(|loaded| quirk::of(loaded.vendor(), &case.signature)).collect();
        self.compare_compilers(&built, index, case, &mut quirks, counts)?;
        match way {
            Way::Call => self.call_c(&built, &quirks, index, case, random, counts),
            Way::RoundTrip => self.sandwich(&built, &quirks, index, case, counts),
        }
    }

    /// Calls each compiler's callee by hotcall's trampoline.
    fn call_c(
        &mut self,
        built: &[&Loaded],
        quirks: &[Option<Quirk>],
        index: usize,
        case: &Case,
        random: &mut Random,
        counts: &mut Counts,
    ) -> Result<(), Cause> {
        let trampoline = self.compile(case)?;
        for (callee, &quirk) in built.iter().zip(quirks) {
            if let Some(quirk) = quirk {
                *counts.quirks.entry(quirk).or_default() += 1;
                continue;
            }
            // SAFETY: the trampoline was made for the case, and function `index` of each file has its signature.
            let call = |target| unsafe { case.call(trampoline.entry(), target, &mut self.memory, random) };
            let seen = compare::observe(callee, index, case, call);
            seen.map_err(|wrong| CompilerDisagreement::call("hotcall", callee.compiler(), wrong))?;
            counts.calls += 1;
        }
        Ok(())
    }

    /// Calls hotcall's stub by each compiler's caller. The stub's handler calls each compiler's callee. Both must see
    /// the values that they see without hotcall between them.
    fn sandwich(
        &self,
        built: &[&Loaded],
        quirks: &[Option<Quirk>],
        index: usize,
        case: &Case,
        counts: &mut Counts,
    ) -> Result<(), Cause> {
        let trampoline = self.compile(case)?;
        // SAFETY: the thunk is made for the case.
        let mut callback = unsafe { Callback::new(self.jit.thunk(&case.signature)?, case) }?;
        for (caller, &of_caller) in built.iter().zip(quirks) {
            for (callee, &of_callee) in built.iter().zip(quirks) {
                if let Some(quirk) = of_caller.or(of_callee) {
                    *counts.quirks.entry(quirk).or_default() += 1;
                    continue;
                }
                let seen = compare::observe(callee, index, case, |target| {
                    // SAFETY: the trampoline was made for the case, and function `index` of each file has its signature.
                    unsafe { callback.then(Then::Call(trampoline.clone(), target)) };
                    // SAFETY: the stub was made for the case too.
                    let got = unsafe { caller.call(index, case, callback.address()) };
                    callback.take(Ok(got))
                });
                let through = format!("{} through hotcall", callee.compiler());
                seen.map_err(|wrong| CompilerDisagreement::call(caller.compiler(), &through, wrong))?;
                counts.calls += 1;
            }
        }
        Ok(())
    }

    /// Calls each compiler's callee by each compiler's caller. Keeps only the departures that show.
    fn compare_compilers(
        &self,
        built: &[&Loaded],
        index: usize,
        case: &Case,
        quirks: &mut [Option<Quirk>],
        counts: &mut Counts,
    ) -> Result<(), CompilerDisagreement> {
        let expected = quirks.to_vec();
        let mut consistent = Vec::with_capacity(built.len());
        for compiler in built {
            // SAFETY: function `index` of each file has the case's signature.
            let call = |target| Ok(unsafe { compiler.call(index, case, target) });
            consistent.push(compare::observe(compiler, index, case, call).is_ok());
            counts.compiler_calls += 1;
        }
        // A compiler alone always agrees with itself.
        let two = built.iter().any(|loaded| loaded.vendor() != built[0].vendor());
        for (quirk, consistent) in quirks.iter_mut().zip(&consistent) {
            if !consistent {
                *quirk = quirk.or(Some(Quirk::Itself));
            } else if two && quirk.is_some_and(Quirk::may_be_tried) {
                *quirk = None;
            }
        }
        for (a, caller) in built.iter().enumerate() {
            for (b, callee) in built.iter().enumerate() {
                let involved = [expected[a], expected[b]].into_iter().flatten();
                let same = caller.vendor() == callee.vendor();
                if same || !consistent[a] || !consistent[b] || involved.clone().any(|quirk| !quirk.may_be_tried()) {
                    continue;
                }
                // SAFETY: function `index` of each file has the case's signature.
                let call = |target| Ok(unsafe { caller.call(index, case, target) });
                match compare::observe(callee, index, case, call) {
                    Ok(()) => counts.compiler_calls += 1,
                    Err(_) if involved.count() > 0 => quirks.copy_from_slice(&expected),
                    Err(wrong) => return Err(CompilerDisagreement::call(caller.compiler(), callee.compiler(), wrong)),
                }
            }
        }
        Ok(())
    }
}

impl Way {
    /// The case that these choices make, and a generator for the choices of its calls.
    fn case(self, source: &mut Source<'_>, profile: Profile) -> Result<(Case, Random), String> {
        let mut random = source.split();
        let mut signature = signature::signature(source, profile).map_err(|refused| refused.to_string())?;
        if self == Self::RoundTrip {
            signature = signature::fixed(&signature).map_err(|refused| refused.to_string())?;
        }
        let case = Case::new(signature, &mut random).map_err(|refused| refused.to_string())?;
        Ok((case, random))
    }
}

thread_local! {
    /// The fuzzer calls a function without state very often.
    static BENCHES: RefCell<[Bench; 2]> =
        RefCell::new([Bench::new(), Bench::universal()].map(|bench| bench.expect("the machine runs hotcall")));
}

/// Checks that a signature is refused, or called as libffi calls it: see [`Bench::bytes`].
///
/// # Panics
///
/// A fault was found.
pub fn lower_signature(bytes: &[u8]) -> Outcome {
    fuzz(Way::Call, bytes)
}

/// Checks that a signature is refused, or called back as libffi does it: see [`Bench::bytes`].
///
/// # Panics
///
/// A fault was found.
pub fn round_trip(bytes: &[u8]) -> Outcome {
    fuzz(Way::RoundTrip, bytes)
}

fn fuzz(way: Way, bytes: &[u8]) -> Outcome {
    let [generated, universal] =
        BENCHES.with_borrow_mut(|benches| benches.each_mut().map(|bench| bench.bytes(way, bytes)));
    universal.unwrap_or_else(|failure| panic!("without generated code: {failure}"));
    generated.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Runs [`declaration::check`]. Bytes that are not text become the replacement character.
///
/// # Panics
///
/// A fault was found.
pub fn declaration(bytes: &[u8]) {
    declaration::check(&String::from_utf8_lossy(bytes));
}

impl Failure {
    fn new(seed: u64, cause: Cause, case: &Case, text: String) -> Box<Self> {
        let mut values = String::new();
        for (index, arg) in case.args.iter().enumerate() {
            values += &format!("argument {}: {arg:02x?}\n", index + 1);
        }
        values += &format!("result: {:02x?}\nerrno: {:?}\n", case.answer, case.errno);
        Box::new(Self { seed, signature: case.signature.to_string(), cause, values, text })
    }
}
