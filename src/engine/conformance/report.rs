//! The findings of the kit.

use std::fmt;

use super::feature::Feature;

/// The results of the cases.
#[derive(Clone, Default, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The number of cases that were tried.
    pub run: usize,
    /// The cases that were not tried.
    pub skipped: Vec<Skipped>,
    /// The cases that failed.
    pub failures: Vec<FailedCase>,
}

/// A case that was not tried.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// The expression, or a description of the case.
    pub case: String,
    /// The feature that the case needs and the language lacks. `None` if the engine or this machine cannot make the
    /// case happen.
    pub lacks: Option<Feature>,
}

/// A case that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FailedCase {
    /// The expression, or a description of the case.
    pub case: String,
    /// The result that was expected.
    pub expected: String,
    /// The result that the engine gave.
    pub got: String,
}

impl Report {
    /// Returns true if no case failed.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// Panics with a list of the failures, if there are any.
    ///
    /// # Panics
    ///
    /// A case failed.
    #[track_caller]
    pub fn check(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

/// The largest number of failures that are shown, because one fault causes many.
const MAX_SHOWN: usize = 40;

impl fmt::Display for Report {
    /// Shows the first failures, and the number of skipped cases for each feature. [`Report`]'s fields have all of
    /// them.
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
