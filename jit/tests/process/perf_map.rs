//! The process's list of code for Linux's `perf`.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use hotcall_jit::debug::{describe, enable_perf_map};
use hotcall_jit::{Jit, Options, Trampoline, Use};
use hotcall_testing::alone::alone;
use hotcall_testing::notation;

fn slots(jit: &Jit, text: &str) -> Trampoline {
    jit.slots(&notation::signature(text), Options::default()).unwrap()
}

/// Removes the list when the test ends, also if it fails.
struct List(PathBuf);

impl Drop for List {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

fn line(trampoline: &Trampoline, name: &str) -> String {
    let code = trampoline.code();
    format!("{:x} {:x} {name}", code.as_ptr().addr(), code.len())
}

/// Checks that `enable_perf_map` does not write to a file that another user may have put in the list's place.
fn refused(list: &Path, other: &Path, what: &str) {
    enable_perf_map().expect_err(what);
    assert_eq!(fs::read(other).unwrap(), b"precious", "{what}");
    fs::remove_file(list).unwrap();
}

#[test]
fn the_list_names_code_from_before_and_later() {
    alone(|| {
        let jit = Jit::new().unwrap();
        let before = slots(&jit, "(i32, f64) -> i32");
        let gone = slots(&Jit::new().unwrap(), "(f32)");
        let gone = (line(&gone, "hotcall slots (f32)"), drop(gone)).0;

        let list = List(format!("/tmp/perf-{}.map", std::process::id()).into());
        fs::remove_file(&list.0).ok();
        // On the same file system, for the link.
        let other = List(list.0.with_extension("precious"));
        fs::write(&other.0, "precious").unwrap();

        symlink(&other.0, &list.0).unwrap();
        refused(&list.0, &other.0, "a symbolic link");
        fs::hard_link(&other.0, &list.0).unwrap();
        refused(&list.0, &other.0, "a second name");
        fs::write(&list.0, "").unwrap();
        fs::set_permissions(&list.0, PermissionsExt::from_mode(0o622)).unwrap();
        refused(&list.0, &other.0, "a file that others may write to");
        let name = CString::new(list.0.as_os_str().as_bytes()).unwrap();
        // SAFETY: the path is a C string.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        refused(&list.0, &other.0, "a pipe");

        // A line that another compiler of the process wrote.
        fs::write(&list.0, "1000 10 other\n").unwrap();
        fs::set_permissions(&list.0, PermissionsExt::from_mode(0o600)).unwrap();
        enable_perf_map().unwrap();
        let later = slots(&jit, "(i8) -> u8");
        let thunk = jit.thunk(&notation::signature("(f64)")).unwrap();
        enable_perf_map().unwrap();
        let text = fs::read_to_string(&list.0).unwrap();
        let count = |line: &str| text.lines().filter(|other| *other == line).count();
        assert_eq!(text.lines().next(), Some("1000 10 other"));
        assert_eq!(count(&line(&before, "hotcall slots (i32,f64)->i32")), 1, "{text}");
        assert_eq!(count(&line(&later, "hotcall slots (i8)->u8")), 1, "{text}");
        let code = thunk.code();
        let thunk = format!("{:x} {:x} hotcall thunk (f64)", code.as_ptr().addr(), code.len());
        assert_eq!(count(&thunk), 1, "{text}");
        assert_eq!(count(&gone), 0, "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");

        // perf reads the list for memory that does not belong to a file. Private and shared memory look like that.
        let file = |address: usize| {
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            let holds = |line: &&str| {
                let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
                let bound = |text| usize::from_str_radix(text, 16).unwrap();
                (bound(start)..bound(end)).contains(&address)
            };
            maps.lines().find(holds).unwrap().split_whitespace().nth(5).map(str::to_owned)
        };
        let stub = jit.thunk(&notation::signature("(f64)")).unwrap().stubs(Use::Plain).take().unwrap();
        for address in [later.code().as_ptr().addr(), code.as_ptr().addr(), stub.entry().addr()] {
            assert!(matches!(file(address).as_deref(), None | Some("/dev/zero")), "{address:x}: {:?}", file(address));
            assert!(describe(std::ptr::without_provenance(address)).is_some());
        }
        let text = fs::read_to_string(&list.0).unwrap();
        assert_eq!(text.lines().filter(|line| line.ends_with(" hotcall stubs")).count(), 1, "{text}");

        // A child has another number. Its code is not in this list, but in a list of its own if it asks for one.
        // SAFETY: no other thread of this process holds a lock that the child needs.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let own = List(format!("/tmp/perf-{}.map", std::process::id()).into());
            let unlisted = slots(&jit, "(f32, f32, f32)");
            let right = enable_perf_map().is_ok()
                && fs::read_to_string(&own.0).is_ok_and(|text| {
                    text.contains(&line(&before, "hotcall slots (i32,f64)->i32"))
                        && text.contains(&line(&unlisted, "hotcall slots (f32,f32,f32)"))
                });
            drop(own);
            // SAFETY: the child ends without the test harness's clean-up, which is the parent's.
            unsafe { libc::_exit(if right { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: the child is this process's.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(fs::read_to_string(&list.0).unwrap(), text);
    });
}
