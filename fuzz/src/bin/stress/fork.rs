//! Forks while other threads compile, call and close.

use std::io;

use hotcall::{Signature, Slot, Thunk, Type};

use crate::world::World;

/// The number of seconds after which a child is ended because it waits for a lock for ever. A child takes far less,
/// even under a sanitizer on a busy machine.
const LIMIT: u32 = 1000;

/// Forks a child that compiles and calls, and waits for it.
pub(crate) fn run(world: &World) -> Result<(), String> {
    // SAFETY: the child only compiles and calls. For that it needs the locks of hotcall and of the allocator alone, and
    // both respect forks.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(format!("cannot fork: {}", io::Error::last_os_error()));
    }
    if child == 0 {
        // SAFETY: this only sets a timer, whose signal is not handled.
        unsafe { libc::alarm(LIMIT) };
        let status = i32::from(works(world).is_err());
        // SAFETY: the child ends without the parent's clean-up.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    if waited != child || status != 0 {
        return Err(format!("a forked child ended with wait status {status:#x}"));
    }
    Ok(())
}

/// Compiles signatures that the parent may be compiling at the fork, and calls them.
fn works(world: &World) -> Result<(), hotcall::Error> {
    for params in 1..4 {
        let signature = Signature::new(vec![Type::I64; params], Type::I64).expect("a signature of numbers");
        let first = world.open.function("first", &signature)?;
        let args: Vec<_> = (0..params).map(|index| Slot::from(index as i64 + 7)).collect();
        // SAFETY: `first` may be called with more arguments than it has in this convention.
        assert_eq!(unsafe { first.call_slots(&args) }?.as_i64(), 7);
        Thunk::new(&signature)?;
    }
    Ok(())
}
