//! Memory that may not exist, or may not have been written.

/// Copies bytes of the process's own memory, whatever has been written there. Returns `false` if they cannot be read.
///
/// The system copies them, so that neither missing nor uninitialised memory does harm. Where it may not or cannot, this
/// returns `false`.
pub fn read(address: usize, to: &mut [u8]) -> bool {
    let local = libc::iovec { iov_base: to.as_mut_ptr().cast(), iov_len: to.len() };
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(address), iov_len: to.len() };
    // SAFETY: the system writes to the slice, and reads this process's memory or refuses to.
    let copied = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    copied.try_into() == Ok(to.len())
}
