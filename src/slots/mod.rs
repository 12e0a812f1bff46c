//! Arguments and results: [`Slot`] for trampolines, [`Value`] with its C type.

pub(crate) mod error;
pub(crate) mod memory;
pub(crate) mod slot;
pub(crate) mod value;
pub(crate) mod value_type;

pub use error::ConvertError;
pub use slot::Slot;
pub use value::Value;
pub use value_type::ValueType;
