//! The second oracle: C compilers. Random functions over every type that hotcall knows are written as C, compiled into
//! shared objects, and called; they report how they lay types out and what they saw.

pub mod compare;
pub mod compiler;
pub mod quirk;
pub mod source;
