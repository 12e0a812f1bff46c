//! The arguments of a call: from words to slots, and to the memory and the callbacks that slots point to.

pub(crate) mod buffer;
pub(crate) mod callback;
pub(crate) mod comparator;
pub(crate) mod converted;
pub(crate) mod pointee;
pub(crate) mod printer;
pub(crate) mod value_count;
pub(crate) mod variadic;
pub(crate) mod word;
