//! The name that somebody may have meant.

/// How many names are compared, which bounds the time that an error takes.
const COMPARED: usize = 20_000;

/// Names longer than this are not compared.
const LONGEST: usize = 128;

/// The nearest of the names seen so far to a wanted one: the fewest letters inserted, left out, replaced or exchanged with
/// their neighbours; of equally near ones the first in the alphabet.
pub(super) struct Nearest<'w> {
    wanted: &'w str,
    best: Option<(usize, String)>,
    left: usize,
}

impl<'w> Nearest<'w> {
    pub(super) const fn to(wanted: &'w str) -> Self {
        Self { wanted, best: None, left: COMPARED }
    }

    /// Looks at one name. One with another letter in every three is not near.
    pub(super) fn see(&mut self, name: &[u8]) {
        let limit = self.wanted.len().max(3) / 3;
        if self.left == 0 || self.wanted.len() > LONGEST || name.len().abs_diff(self.wanted.len()) > limit {
            return;
        }
        let Ok(name) = str::from_utf8(name) else { return };
        self.left -= 1;
        let distance = strsim::osa_distance(self.wanted, name);
        let better = |(best, other): &(usize, String)| (distance, name) < (*best, &**other);
        if distance <= limit && self.best.as_ref().is_none_or(better) {
            self.best = Some((distance, name.into()));
        }
    }

    /// The nearest name, if there is one that is near.
    pub(super) fn found(self) -> Option<String> {
        self.best.map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::Nearest;

    fn nearest(wanted: &str, names: &[&str]) -> Option<String> {
        let mut nearest = Nearest::to(wanted);
        names.iter().for_each(|name| nearest.see(name.as_bytes()));
        nearest.found()
    }

    #[test]
    fn the_fewest_edits_win() {
        let names = ["pow", "powf", "pole", "powl", "exp"];
        for (wanted, expected) in [
            ("pwo", Some("pow")),
            ("po", Some("pow")),
            ("pow2", Some("pow")),
            ("powx", Some("pow")),
            ("pxwf", Some("powf")),
            ("sin", None),
            ("", None),
            ("xyzzy", None),
        ] {
            assert_eq!(nearest(wanted, &names).as_deref(), expected, "{wanted}");
        }
        let names = ["sqlite3_open16", "sqlite3_open"];
        assert_eq!(nearest("sqlite3_Open", &names).as_deref(), Some("sqlite3_open"));
        assert_eq!(nearest("sqlite_open16", &names).as_deref(), Some("sqlite3_open16"));
    }

    #[test]
    fn names_of_any_kind_are_taken() {
        let long = "x".repeat(100_000);
        assert_eq!(nearest(&long, &[&long]), None);
        assert_eq!(nearest("größe", &["grösse", "grosse"]).as_deref(), Some("grösse"));
        let mut nearest = Nearest::to("abc");
        nearest.see(b"ab\xff");
        assert_eq!(nearest.found(), None);
    }
}
