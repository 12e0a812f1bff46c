//! hotcall
