//! Files that hotcall writes: in memory, and for other programs to read.
//!
//! A process can have a limit for the size of files (`RLIMIT_FSIZE`, `ulimit -f`). For a larger file the kernel returns
//! an error and sends SIGXFSZ, which ends the process. The limit also holds for files in memory.

use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::ptr;

/// Makes a file in memory that may be mapped executable. `grow` gives it its size.
#[cfg(feature = "cranelift")]
pub(crate) fn anonymous(grow: impl FnOnce(&File) -> io::Result<()>) -> io::Result<File> {
    use std::os::fd::FromRawFd;

    /// Allows executing the file. Linux since 6.3 may be configured to refuse execution without it.
    const MFD_EXEC: libc::c_uint = 0x10;
    let create = |flags| {
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::memfd_create(c"hotcall".as_ptr(), libc::MFD_CLOEXEC | flags) };
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(fd) }
    };
    let fd = match create(MFD_EXEC) {
        // Older kernels do not know the flag, and do not need it.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => create(0)?,
        other => other?,
    };
    // SAFETY: the descriptor is new, and nothing else owns it.
    let file = unsafe { File::from_raw_fd(fd) };
    without_signal(|| grow(&file))?;
    Ok(file)
}

/// Opens a file to append to, or makes it. In its folder other users may have put anything under its name. So links are
/// not followed, and opening a pipe does not wait.
///
/// # Errors
///
/// `PermissionDenied` unless it is a regular file of this user with one name, which no other user may write to.
pub(crate) fn open_trusted(path: &str) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = File::options().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    // SAFETY: the call has no preconditions.
    let user = unsafe { libc::geteuid() };
    let trusted = metadata.is_file()
        && metadata.uid() == user
        && metadata.nlink() == 1
        // The bits for writing by the group and by all are not set.
        && metadata.mode() & 0o022 == 0;
    if trusted { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Appends to a file in one piece, or nothing if the size limit does not leave room for all. A write beyond the limit
/// would write a part.
///
/// # Errors
///
/// `FileTooLarge` if there is not enough room, and the errors of reading the file's length and of writing.
pub(crate) fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call only writes to the variable. If it fails, the variable keeps the value for "no limit".
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    if file.metadata()?.len().saturating_add(bytes.len() as u64) > limit.rlim_cur {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    without_signal(|| file.write_all(bytes))
}

/// Runs `grow`, which makes a file larger, and takes the signal that the kernel sends beyond the limit. Asking for the
/// limit first would leave a gap in which another thread could change it. Masking the signal does not.
///
/// # Errors
///
/// The errors of `grow`, which is EFBIG beyond the limit.
fn without_signal(grow: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let [mut signal, mut masked, mut pending] = [const { MaybeUninit::<libc::sigset_t>::uninit() }; 3];
    // SAFETY: these functions fill the sets before any is read. The mask is restored after `grow`, which does not
    // panic.
    unsafe {
        libc::sigemptyset(signal.as_mut_ptr());
        libc::sigaddset(signal.as_mut_ptr(), libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, signal.as_ptr(), masked.as_mut_ptr());
        // A signal that is pending already belongs to the program.
        libc::sigpending(pending.as_mut_ptr());
        let waits = libc::sigismember(pending.as_ptr(), libc::SIGXFSZ) == 1;
        let result = grow();
        let refused = |error: &io::Error| error.raw_os_error() == Some(libc::EFBIG);
        if !waits && result.as_ref().is_err_and(refused) {
            // The kernel has sent the signal to this thread, so the wait ends at once.
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            let interrupted = || io::Error::last_os_error().raw_os_error() == Some(libc::EINTR);
            while libc::sigtimedwait(signal.as_ptr(), ptr::null_mut(), &at_once) < 0 && interrupted() {}
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, masked.as_ptr(), ptr::null_mut());
        result
    }
}
