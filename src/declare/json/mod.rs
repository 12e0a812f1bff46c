//! Deno's JSON form of declarations: an object of symbols, each a function (`parameters`, `result`) or a static (`type`).
//!
//! The visitors keep the order and refuse unknown keys. They record their place in a `trail`, so that an error names
//! the symbol and the argument.

mod symbols;
mod trail;
mod types;
