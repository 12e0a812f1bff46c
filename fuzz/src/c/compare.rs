//! Compares C compilers' layouts, and the values that compiled functions saw, with hotcall's.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ops::AddAssign;

use hotcall_jit::Type;
use hotcall_testing::compiler::CompilerError;

use super::compiler::{Loaded, VendorCompiler};
use super::quirk::{self, Quirk};
use super::source;
use crate::case::{Case, Wrong};

/// The counts of a run over many functions.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Functions that were written and compiled.
    pub functions: u64,
    /// Calls to compiled functions from hotcall's trampolines, or through its callbacks, all of which agreed.
    pub calls: u64,
    /// Calls from one compiler's code to another's (or its own).
    pub compiler_calls: u64,
    /// Signatures that hotcall refuses because they are too large.
    pub refused: u64,
    /// Calls that are left out because the compiler departs from the psABI's text.
    pub quirks: BTreeMap<Quirk, u64>,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.functions += other.functions;
        self.calls += other.calls;
        self.compiler_calls += other.compiler_calls;
        self.refused += other.refused;
        for (quirk, count) in other.quirks {
            *self.quirks.entry(quirk).or_default() += count;
        }
    }
}

/// A compiler and hotcall, or two compilers, differ.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CompilerDisagreement {
    #[error("{compiler} lays {ty} out otherwise: {what} is {c}, not {ours}")]
    Layout { compiler: String, ty: Box<Type>, what: String, c: u32, ours: u32 },
    #[error("a call from {caller} to {callee}: {wrong}")]
    Call { caller: String, callee: String, wrong: Wrong },
}

impl CompilerDisagreement {
    /// Makes a [`CompilerDisagreement::Call`].
    pub fn call(caller: &str, callee: &str, wrong: Wrong) -> Self {
        Self::Call { caller: caller.to_owned(), callee: callee.to_owned(), wrong }
    }
}

/// Compiles a batch of cases with one compiler, and loads it. Cases that leave nothing to compare are left out.
///
/// # Errors
///
/// The compiler or the loader fails.
pub fn build(compiler: &VendorCompiler, cases: &[Case], level: &str) -> Result<Loaded, CompilerError> {
    let compiled =
        cases.iter().enumerate().filter(|(_, case)| quirk::incomparable(compiler.vendor(), &case.signature).is_none());
    compiler.build(&source::file(compiled), level)
}

/// Compares a compiler's sizes, alignments and offsets with hotcall's.
///
/// # Errors
///
/// [`CompilerDisagreement::Layout`].
pub fn compare_layouts(loaded: &Loaded, index: usize, case: &Case) -> Result<(), CompilerDisagreement> {
    let mut facts = loaded.facts(index, source::fact_count(case)).into_iter();
    for (ty, layout) in source::aggregates(case) {
        let size = [("its size".to_owned(), layout.size), ("its alignment".to_owned(), layout.align.into())];
        let leaves = layout.leaves.iter().enumerate();
        let leaves = leaves.map(|(index, leaf)| (format!("the offset of leaf {index} ({})", leaf.scalar), leaf.offset));
        for ((what, ours), c) in size.into_iter().chain(leaves).zip(&mut facts) {
            if c != ours {
                let compiler = loaded.compiler().to_owned();
                return Err(CompilerDisagreement::Layout { compiler, ty: Box::new(ty.clone()), what, c, ours });
            }
        }
    }
    Ok(())
}

/// Calls function `index` of `callee` by `call`, which gets its address and returns the result's bytes. Compares the
/// values that both sides saw.
///
/// # Errors
///
/// See [`Wrong`].
pub fn observe(
    callee: &Loaded,
    index: usize,
    case: &Case,
    call: impl FnOnce(*const c_void) -> Result<Vec<u8>, Wrong>,
) -> Result<(), Wrong> {
    let mut log = vec![0xee; case.args.iter().map(Vec::len).sum()];
    let got = callee.recording(case, &mut log, || call(callee.function(index)))?;
    let mut rest = log.as_slice();
    let seen = case.args.iter().map(|arg| {
        let (seen, behind) = rest.split_at(arg.len());
        rest = behind;
        seen
    });
    case.compare_arguments(seen.collect::<Vec<_>>())?;
    case.compare_result(&got)
}
