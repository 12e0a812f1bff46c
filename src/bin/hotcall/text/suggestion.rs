//! The name that a misspelt name may stand for.

#[path = "../../../library/nearest.rs"]
mod nearest;

/// Returns the known name that is nearest to the wanted one, if one is near.
pub(crate) fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut nearest = nearest::Nearest::to(wanted);
    known.for_each(|name| nearest.see(name.as_bytes()));
    nearest.found()
}
