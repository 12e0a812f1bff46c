//! An explained call: its types, places, warnings and code.

use hotcall::{LayoutError, Signature};
use hotcall_jit::{Abi, Explanation};

use crate::declaration::function::DeclaredFunction;
use crate::explain::passing::{self, PlacedArgument, PlacedResult};
use crate::explain::types::{self, TypeTable};
use crate::text::quote::shorten_to;

/// The widest column of the text, in characters.
pub(super) const MAX_WIDTH: usize = 40;

/// All that is printed about a call.
pub(crate) struct Explained {
    pub(super) symbol: String,
    pub(super) signature: Signature,
    pub(super) types: Vec<TypeTable>,
    pub(super) arguments: Vec<PlacedArgument>,
    pub(super) result: PlacedResult,
    /// The points about which C compilers differ, with the rule that is followed.
    pub(super) warnings: Vec<String>,
    pub(super) stages: Explanation,
}

impl Explained {
    pub(crate) fn new(
        function: &DeclaredFunction,
        signature: Signature,
        stages: Explanation,
    ) -> Result<Self, LayoutError> {
        let types = types::tables(&signature)?;
        let arguments = passing::arguments(stages.abi, function, &signature, &stages.plan)?;
        let result = passing::result(stages.abi, &signature, &stages.plan)?;
        let warnings = warnings(function, &signature, stages.abi);
        Ok(Self { symbol: function.symbol.clone(), signature, types, arguments, result, warnings, stages })
    }
}

/// Warnings about the layouts of the text, and about the passing of the arguments and the result.
fn warnings(function: &DeclaredFunction, signature: &Signature, abi: Abi) -> Vec<String> {
    let mut warnings: Vec<String> = function.declarations.warnings().map(str::to_owned).collect();
    for ty in signature.params().iter().chain(signature.result()) {
        for departure in abi.departures(ty) {
            let warning =
                format!("`{}`: {departure}; the psABI's text is followed", shorten_to(MAX_WIDTH, &ty.to_string()));
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}
