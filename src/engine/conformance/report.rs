//! What the kit found.

use std::fmt;

use super::feature::Feature;

/// What became of the cases.
#[derive(Clone, Default, Debug)]
#[non_exhaustive]
pub struct Report {
    /// How many cases were tried.
    pub run: usize,
    /// The cases that were not.
    pub skipped: Vec<Skipped>,
    /// Those that went wrong.
    pub failures: Vec<FailedCase>,
}

/// A case that was not tried.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// The expression, or what else was to be tried.
    pub case: String,
    /// What it needs, and the language lacks; `None` if the engine, or this machine, cannot be made to show it.
    pub lacks: Option<Feature>,
}

/// A case that went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FailedCase {
    /// The expression, or what else was tried.
    pub case: String,
    /// What should have become of it.
    pub expected: String,
    /// What became of it.
    pub got: String,
}

impl Report {
    /// Whether nothing went wrong.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// Panics with a list of what went wrong, if something did.
    ///
    /// # Panics
    ///
    /// There are failures.
    #[track_caller]
    pub fn check(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

/// How many failures are shown: one fault has many.
const MAX_SHOWN: usize = 40;

impl fmt::Display for Report {
    /// The first failures, and how many cases were skipped for what; [`Report`]'s fields have all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, skipped, failures } = self;
        writeln!(f, "{run} cases, {} failures, {} skipped", failures.len(), skipped.len())?;
        for FailedCase { case, expected, got } in failures.iter().take(MAX_SHOWN) {
            writeln!(f, "  {case}\n    expected: {expected}\n    got:      {got}")?;
        }
        if failures.len() > MAX_SHOWN {
            writeln!(f, "  and {} more failures", failures.len() - MAX_SHOWN)?;
        }
        let mut lacks: Vec<_> = skipped.iter().map(|skipped| skipped.lacks).collect();
        lacks.sort_unstable_by_key(|lacks| lacks.map(|feature| feature as u8));
        for same in lacks.chunk_by(|a, b| a == b) {
            match same[0] {
                Some(feature) => writeln!(f, "  {} skipped: the language has no {feature}", same.len())?,
                None => writeln!(f, "  {} skipped: the engine cannot be made to show them", same.len())?,
            }
        }
        Ok(())
    }
}
