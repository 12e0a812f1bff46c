//! A hole in code: the place of an address that the code learns when it is copied for a record.

/// An address that code learns when it is copied for a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hole {
    /// The record's address.
    Record,
    /// The address of the record's [`Pending`](crate::engine::record::Pending), which saves a load from the record.
    Pending,
}

impl Hole {
    /// All holes, each at the index that is its number in IR.
    pub(crate) const ALL: [Self; 2] = [Self::Record, Self::Pending];
}
