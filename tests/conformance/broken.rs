//! Faults that the kit must find.

#[test]
fn placeholder() {}
