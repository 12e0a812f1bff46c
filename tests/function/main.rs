//! Calls of single functions, through slots and through checked values.

#![cfg(unix)]

mod calls;
mod checked;

use hotcall::Library;
use hotcall_testing::fixture::shared_object;

fn open(source: &str) -> Library {
    // SAFETY: the fixtures do not have initialisers.
    unsafe { Library::open(shared_object(source)) }.unwrap()
}
