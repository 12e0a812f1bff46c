//! The name that a misspelt name may stand for.

/// The largest number of pairs of letters that are compared. It limits the time that an error takes to about 50 ms.
const COMPARED: usize = 10_000_000;

/// Names longer than this are not compared.
const LONGEST: usize = 128;

/// The nearest name to a wanted one, among the names seen so far. The distance counts letters that are inserted,
/// omitted, replaced or exchanged with a neighbour. Of equally near names it is the first in the alphabet.
pub(super) struct Nearest<'w> {
    wanted: &'w str,
    best: Option<(usize, String)>,
    /// The pairs of letters that may still be compared.
    left: usize,
}

impl<'w> Nearest<'w> {
    pub(super) const fn to(wanted: &'w str) -> Self {
        Self { wanted, best: None, left: COMPARED }
    }

    /// Looks at one name. A near name differs in at most a third of its letters, or in one letter of two.
    pub(super) fn see(&mut self, name: &[u8]) {
        let limit = if self.wanted.len() == 2 { 1 } else { self.wanted.len() / 3 };
        if self.wanted.len() > LONGEST || name.len().abs_diff(self.wanted.len()) > limit {
            return;
        }
        let Ok(name) = str::from_utf8(name) else { return };
        let Some(left) = self.left.checked_sub(self.wanted.len() * name.len()) else { return };
        self.left = left;
        let distance = strsim::osa_distance(self.wanted, name);
        let better = |(best, other): &(usize, String)| (distance, name) < (*best, &**other);
        if distance <= limit && self.best.as_ref().is_none_or(better) {
            self.best = Some((distance, name.into()));
        }
    }

    /// The nearest name, if a near one was seen.
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
            ("p", None),
            ("", None),
            ("xyzzy", None),
        ] {
            assert_eq!(nearest(wanted, &names).as_deref(), expected, "{wanted}");
        }
        assert_eq!(nearest("f", &["g", "f2"]), None);
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

    #[test]
    fn the_comparison_ends() {
        let (wanted, other, near) = ("x".repeat(128), "y".repeat(128), "x".repeat(127));
        let mut nearest = Nearest::to(&wanted);
        (0..2_000).for_each(|_| nearest.see(other.as_bytes()));
        nearest.see(near.as_bytes());
        assert_eq!(nearest.found(), None);
    }
}
