//! The second oracle: C compilers. Random functions over every type that hotcall knows are written as C, compiled into
//! shared objects, and called. They report their layouts of types and the values that they saw.

pub mod compare;
pub mod compiler;
pub mod quirk;
pub mod source;
