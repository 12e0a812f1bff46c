//! C values between text and bytes: words and JSON on the way in, lines and JSON on the way out.

pub(crate) mod constant;
pub(crate) mod context;
pub(crate) mod encode;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod members;
pub(crate) mod number;
pub(crate) mod plain_word;
pub(crate) mod print;
pub(crate) mod scalar;
