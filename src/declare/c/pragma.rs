//! `#pragma pack`, as GCC and Microsoft's compiler document it: the largest alignment of members from here on.

use super::Fault;

/// The alignments in force, by position.
#[derive(Default)]
pub(super) struct Packs {
    changes: Vec<(usize, Option<u64>)>,
    stack: Vec<(Option<Box<str>>, Option<u64>)>,
}

impl Packs {
    /// The largest alignment of members at a place, if one is set.
    pub(super) fn at(&self, place: usize) -> Option<u64> {
        let before = self.changes.partition_point(|&(at, _)| at <= place);
        self.changes[..before].last().and_then(|&(_, pack)| pack)
    }

    fn current(&self) -> Option<u64> {
        self.changes.last().and_then(|&(_, pack)| pack)
    }

    /// Reads what follows `#pragma`.
    pub(super) fn pragma(&mut self, at: usize, text: &str) -> Result<(), Fault> {
        let mut words =
            text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',')).filter(|w| !w.is_empty());
        match words.next() {
            Some("pack") => {}
            Some(name @ ("ms_struct" | "scalar_storage_order" | "options" | "align")) => {
                return Err(Fault::new(at, format!("`#pragma {name}` is not supported")));
            }
            _ => return Ok(()),
        }
        let arguments: Vec<&str> = words.collect();
        match arguments.as_slice() {
            [] => self.set(at, None),
            ["show"] => {}
            ["push", rest @ ..] => {
                let (name, pack) = arguments_of_stack(at, rest)?;
                self.stack.push((name.map(Into::into), self.current()));
                if let Some(pack) = pack {
                    self.set(at, pack);
                }
            }
            ["pop", rest @ ..] => {
                let (name, pack) = arguments_of_stack(at, rest)?;
                let found = match name {
                    Some(name) => self.stack.iter().rposition(|(pushed, _)| pushed.as_deref() == Some(name)),
                    None => self.stack.len().checked_sub(1),
                };
                let found = found.ok_or_else(|| Fault::new(at, "`#pragma pack(pop)` without its `push`"))?;
                let old = self.stack.drain(found..).next().and_then(|(_, old)| old);
                self.set(at, pack.unwrap_or(old));
            }
            [number] => {
                let pack = number_of(number).ok_or_else(|| bad_number(at, number))?;
                self.set(at, pack);
            }
            _ => return Err(Fault::new(at, "`#pragma pack` is not understood")),
        }
        Ok(())
    }

    fn set(&mut self, at: usize, pack: Option<u64>) {
        self.changes.push((at, pack));
    }
}

/// An identifier, a number, or both.
///
/// The outer option says whether a number stands there, the inner what it sets.
fn arguments_of_stack<'t>(at: usize, arguments: &[&'t str]) -> Result<(Option<&'t str>, Option<Option<u64>>), Fault> {
    match arguments {
        [] => Ok((None, None)),
        [name] if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Ok((Some(name), None)),
        [number] => Ok((None, Some(number_of(number).ok_or_else(|| bad_number(at, number))?))),
        [name, number] => Ok((Some(name), Some(number_of(number).ok_or_else(|| bad_number(at, number))?))),
        _ => Err(Fault::new(at, "`#pragma pack` is not understood")),
    }
}

/// 0 sets the target's own alignments again.
fn number_of(text: &str) -> Option<Option<u64>> {
    match text.parse() {
        Ok(0) => Some(None),
        Ok(number @ (1 | 2 | 4 | 8 | 16)) => Some(Some(number)),
        _ => None,
    }
}

fn bad_number(at: usize, number: &str) -> Fault {
    Fault::new(at, format!("`#pragma pack` takes 1, 2, 4, 8 or 16, not `{}`", number.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_and_pop() {
        let mut packs = Packs::default();
        for (at, text) in [
            (10, "pack(push, 1)"),
            (20, " pack ( push , outer , 4 ) "),
            (30, "pack(push)"),
            (40, "pack(2)"),
            (50, "pack(pop, outer)"),
            (60, "pack(pop)"),
            (70, "GCC visibility push(default)"),
        ] {
            packs.pragma(at, text).unwrap();
        }
        let seen: Vec<_> = [0, 10, 20, 30, 40, 50, 60, 70].iter().map(|&at| packs.at(at)).collect();
        assert_eq!(seen, [None, Some(1), Some(4), Some(4), Some(2), Some(1), None, None]);
        assert!(packs.pragma(80, "pack(pop)").is_err());
        assert!(packs.pragma(80, "pack(3)").is_err());
        assert!(packs.pragma(80, "pack(push, x, y)").is_err());
    }
}
