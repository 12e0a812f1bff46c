//! `errno` in words.

use std::io;

macro_rules! names {
    ($($name:ident)*) => { &[$((libc::$name, stringify!($name))),*] };
}

/// POSIX.1-2024's error numbers. If two names share a number (`EAGAIN` and `EWOULDBLOCK`), the first is used.
const NAMES: &[(i32, &str)] = names! {
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNABORTED
    ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM EILSEQ EINPROGRESS
    EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH
    ENFILE ENOBUFS ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTCONN ENOTDIR
    ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENXIO EOVERFLOW EOWNERDEAD EPERM EPIPE EPROTO EPROTONOSUPPORT
    EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIMEDOUT ETXTBSY EWOULDBLOCK EXDEV
};

/// The number, with its name and meaning if it has one: `2 (ENOENT: No such file or directory)`.
pub(crate) fn describe(errno: i32) -> String {
    if errno == 0 {
        return "0".to_owned();
    }
    let described = io::Error::from_raw_os_error(errno).to_string();
    let meaning = described.strip_suffix(&format!(" (os error {errno})")).unwrap_or(&described);
    match NAMES.iter().find(|(number, _)| *number == errno) {
        Some((_, name)) => format!("{errno} ({name}: {meaning})"),
        None => format!("{errno} ({meaning})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names() {
        assert_eq!(describe(0), "0");
        assert_eq!(describe(libc::ENOENT), "2 (ENOENT: No such file or directory)");
        assert_eq!(describe(12345), "12345 (Unknown error 12345)");
    }
}
