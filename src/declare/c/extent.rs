//! Sizes and alignments that C can measure. Types that can be passed have a `hotcall_jit::Extent`.

/// Size and alignment in bytes, of any type C can measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CExtent {
    pub(super) size: u64,
    pub(super) align: u64,
}

impl CExtent {
    /// The extent of a type that is aligned to its size.
    pub(super) const fn scalar(size: u64) -> Self {
        Self { size, align: size }
    }
}
