//! The name that a misspelt name may stand for.

/// Returns the known name that is nearest to the wanted one, if one differs in at most a third of the letters, or in
/// one letter of two. Of equally near names it is the first in the alphabet.
pub(crate) fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let limit = if wanted.len() == 2 { 1 } else { wanted.len() / 3 };
    let near = known.filter(|name| name.len().abs_diff(wanted.len()) <= limit);
    let nearest = near.map(|name| (strsim::osa_distance(wanted, name), name)).min()?;
    (nearest.0 <= limit).then(|| nearest.1.to_owned())
}
