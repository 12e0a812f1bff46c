//! Searches objects for fields: the places where samples have what the engine's public functions say.

use std::ops::Range;

use hotcall_jit::probe;

/// The bytes of a field that holds an address or a number.
pub(super) const WORD: usize = 8;

/// Returns the only field where `fits` holds for each of the samples that are meant.
pub(super) fn only<S>(
    fields: Range<isize>,
    len: usize,
    samples: &[S],
    is_meant: impl Fn(&S) -> bool,
    fits: impl Fn(&S, isize) -> bool,
) -> Option<i32> {
    let meant = || samples.iter().filter(|sample| is_meant(sample));
    meant().next()?;
    single(fields.step_by(len).filter(|&at| meant().all(|sample| fits(sample, at)))).map(|field| field as i32)
}

/// Returns the only offsets that lead from a word to another, for all of these pairs: each step adds an offset and loads
/// a word. The steps' offsets are multiples of a word in these ranges.
pub(super) fn only_path<const N: usize>(steps: [Range<isize>; N], ends: &[(u64, u64)]) -> Option<[i32; N]> {
    ends.first()?;
    let offsets = steps.map(|step| step.step_by(WORD).collect::<Vec<_>>());
    let path = |mut index: usize| {
        let mut path = [0; N];
        for (offset, of) in path.iter_mut().zip(&offsets) {
            *offset = of[index % of.len()];
            index /= of.len();
        }
        path
    };
    let leads = |path: &[isize; N]| ends.iter().all(|&(from, to)| follow(from, path) == Some(to));
    let paths = 0..offsets.iter().map(Vec::len).product();
    single(paths.map(path).filter(leads)).map(|path| path.map(|offset| offset as i32))
}

/// Returns the word at the end of a path.
fn follow(from: u64, path: &[isize]) -> Option<u64> {
    path.iter().try_fold(from, |word, &offset| read(word, offset, WORD))
}

/// Restricts the fields of objects to those that belong to each of them: two objects do not overlap.
pub(super) fn within(fields: Range<isize>, objects: impl IntoIterator<Item = u64>) -> Range<isize> {
    let mut objects: Vec<_> = objects.into_iter().collect();
    objects.sort_unstable();
    objects.dedup();
    let distances = objects.windows(2).map(|pair| isize::try_from(pair[1] - pair[0]).unwrap_or(isize::MAX));
    fields.start..distances.chain([fields.end]).min().unwrap_or(fields.end)
}

/// Returns the item, if there is only one.
fn single<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let item = items.next()?;
    items.next().is_none().then_some(item)
}

/// Reads a field of `len` bytes of an object, or of the memory behind it. `None` if there is no such memory.
///
/// The system reads it, because fields that a kind of object does not use are not initialised.
pub(super) fn read(base: u64, at: isize, len: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    probe::read((base as usize).wrapping_add_signed(at), &mut bytes[..len]).then(|| u64::from_le_bytes(bytes))
}

/// A table of the sizes of elements by a number in the object. Each size is a shift of two bits.
pub(super) struct Sizes {
    /// The least number.
    pub(super) first: u64,
    /// The greatest number.
    pub(super) last: u64,
    /// The shifts in order of the numbers. Those of `first` are the lowest bits.
    pub(super) shifts: u64,
    /// True if no number between `first` and `last` is missing.
    pub(super) is_complete: bool,
}

impl Sizes {
    /// Makes a table of numbers and shifts. `None` if the numbers do not tell the shifts, or if there is no room for them.
    pub(super) fn new(numbers: &[(u64, u8)]) -> Option<Self> {
        let all = || numbers.iter().map(|&(number, _)| number);
        let (first, last) = (all().min()?, all().max()?);
        let mut shifts = [None; 32];
        for &(number, shift) in numbers {
            let known = shifts.get_mut((number - first) as usize)?.get_or_insert(shift);
            if *known != shift || shift > 3 {
                return None;
            }
        }
        let is_complete = shifts.iter().take((last - first) as usize).all(Option::is_some);
        let shift = |(index, shift): (usize, &Option<u8>)| u64::from(shift.unwrap_or(0)) << (2 * index);
        Some(Self { first, last, shifts: shifts.iter().enumerate().map(shift).sum(), is_complete })
    }
}
