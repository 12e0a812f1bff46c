//! Which libraries may be loaded, and what needs no library and still a permission.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::{Ran, finished, fixture, runtime, script_of};

const OPEN: &str = "const [path] = Deno.args;
    try {
        const { symbols } = Deno.dlopen(path, { add: { parameters: ['i32', 'i32'], result: 'i32', optional: true } });
        console.log(symbols.add === null ? 'opened another' : `opened, ${symbols.add(1, 2)}`);
    } catch (error) {
        console.log(`${error.name}: ${error.message}`);
    }";

/// Directories with the fixture, links to it, and links to directories.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("quickjs_ffi").join(name));
        drop(fs::remove_dir_all(&place.0));
        for directory in ["allowed/deep", "other", "allowed-not"] {
            fs::create_dir_all(place.path(directory)).unwrap();
        }
        for file in ["allowed/lib.so", "allowed/deep/lib.so", "other/lib.so", "allowed-not/lib.so"] {
            fs::copy(fixture(), place.path(file)).unwrap();
        }
        symlink("../other/lib.so", place.path("allowed/out.so")).unwrap();
        symlink("../allowed/lib.so", place.path("other/in.so")).unwrap();
        symlink("../other", place.path("allowed/away")).unwrap();
        symlink("allowed", place.path("link")).unwrap();
        place
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.join(relative)
    }

    fn text(&self, relative: &str) -> String {
        self.path(relative).display().to_string()
    }

    /// What a script says that opens the library, run in this place.
    fn open(&self, flags: &[&str], path: &str) -> String {
        let ran = self.run(flags, path, OPEN);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        ran.stdout.trim_end().into()
    }

    fn run(&self, flags: &[&str], path: &str, script: &str) -> Ran {
        let mut command = runtime::command();
        finished(command.current_dir(&self.0).args(flags).arg(script_of(script)).arg(path).output().unwrap())
    }

    #[track_caller]
    fn allows(&self, flag: &str, path: &str) {
        assert_eq!(self.open(&[flag], path), "opened, 3", "{flag} {path}");
    }

    /// `what` is the library that the error names.
    #[track_caller]
    fn denies(&self, flags: &[&str], path: &str, what: &str) {
        let message = format!("NotCapable: Requires ffi access to \"{what}\", run again with the --allow-ffi flag");
        assert_eq!(self.open(flags, path), message, "{flags:?} {path}");
    }
}

#[test]
fn without_the_flag_nothing_is_allowed() {
    let place = Place::new("none");
    let canonical = format!("{}", place.path("other/lib.so").canonicalize().unwrap().display());
    place.denies(&[], &place.text("other/lib.so"), &canonical);
    place.denies(&[], "./other/lib.so", &canonical);
    place.denies(&[], "libc.so.6", "libc.so.6");
}

#[test]
fn pointers_need_a_permission() {
    let place = Place::new("pointers");
    let uses = "const { UnsafePointer: P, UnsafePointerView: V, UnsafeFnPointer: F, UnsafeCallback: C } = Deno;
        const definition = { parameters: [], result: 'void' };
        const uses = {
            create: () => P.create(1n), equals: () => P.equals(null, null), of: () => P.of(new Uint8Array(1)),
            offset: () => P.offset(null, 1), value: () => P.value(null), view: () => new V(null),
            text: () => V.getCString(null), buffer: () => V.getArrayBuffer(null, 1), read: () => V.prototype.getInt8.call({ pointer: null }),
            copy: () => V.copyInto(null, new Uint8Array(1)), 'function': () => new F(null, definition),
            callback: () => new C(definition, () => {}), safe: () => C.threadSafe(definition, () => {}).close(),
        };
        for (const [name, use] of Object.entries(uses)) {
            let said = 'allowed';
            try { use() } catch (error) { said = error instanceof Deno.errors.NotCapable ? `${error.name}: ${error.message}` : 'allowed' }
            if (said !== Deno.args[0]) console.log(`${name}: ${said}`);
        }
        console.log('end');";
    let denied = "NotCapable: Requires ffi access, run again with the --allow-ffi flag";
    // Permission for a library is none for the whole memory.
    for flags in [&[][..], &["--allow-ffi=other"], &["--allow-ffi=/"]] {
        assert_eq!(place.run(flags, denied, uses).stdout, "end\n", "{flags:?}");
    }
    for flag in ["--allow-ffi", "-A", "--allow-all"] {
        assert_eq!(place.run(&[flag], "allowed", uses).stdout, "end\n", "{flag}");
    }
}

#[test]
fn the_flag_alone_allows_everything() {
    let place = Place::new("all");
    for flag in ["--allow-ffi", "-A", "--allow-all"] {
        place.allows(flag, &place.text("other/lib.so"));
        place.allows(flag, "./allowed/../other/lib.so");
        assert_eq!(place.open(&[flag], "libc.so.6"), "opened another", "{flag}");
    }
}

#[test]
fn a_file_allows_itself() {
    let place = Place::new("file");
    let flag = format!("--allow-ffi={}", place.text("other/lib.so"));
    place.allows(&flag, &place.text("other/lib.so"));
    place.allows(&flag, "./other/lib.so");
    place.allows(&flag, "other/../other/./lib.so");
    place.allows("--allow-ffi=other/lib.so", &place.text("other/lib.so"));
    let canonical = |path: &str| format!("{}", place.path(path).canonicalize().unwrap().display());
    place.denies(&[&flag], &place.text("allowed/lib.so"), &canonical("allowed/lib.so"));
    place.denies(&["--allow-ffi=other/lib"], "./other/lib.so", &canonical("other/lib.so"));
}

#[test]
fn a_directory_allows_what_is_below_it() {
    let place = Place::new("directory");
    let canonical = |path: &str| format!("{}", place.path(path).canonicalize().unwrap().display());
    for flag in ["--allow-ffi=allowed", "--allow-ffi=allowed/", "--allow-ffi=./other/../allowed"] {
        place.allows(flag, "./allowed/lib.so");
        place.allows(flag, "./allowed/deep/lib.so");
        place.denies(&[flag], "./other/lib.so", &canonical("other/lib.so"));
        place.denies(&[flag], "./allowed-not/lib.so", &canonical("allowed-not/lib.so"));
        place.denies(&[flag], "./allowed/../other/lib.so", &canonical("other/lib.so"));
    }
}

#[test]
fn several_paths() {
    let place = Place::new("several");
    let flag = "--allow-ffi=allowed/deep,,other/lib.so,nowhere";
    place.allows(flag, "./allowed/deep/lib.so");
    place.allows(flag, "./other/lib.so");
    let canonical = format!("{}", place.path("allowed/lib.so").canonicalize().unwrap().display());
    place.denies(&[flag], "./allowed/lib.so", &canonical);
}

/// What counts is the file that a link leads to.
#[test]
fn through_links() {
    let place = Place::new("links");
    let canonical = |path: &str| format!("{}", place.path(path).canonicalize().unwrap().display());
    place.denies(&["--allow-ffi=allowed"], "./allowed/out.so", &canonical("other/lib.so"));
    place.denies(&["--allow-ffi=allowed"], "./allowed/away/lib.so", &canonical("other/lib.so"));
    // `..` is what it is to the system: the directory above the one that the link leads to.
    assert_eq!(
        place.open(&["--allow-ffi=allowed"], "./allowed/away/../lib.so"),
        "Error: cannot find library ./allowed/away/../lib.so: No such file or directory (os error 2)"
    );
    place.allows("--allow-ffi=allowed", "./other/in.so");
    place.allows("--allow-ffi=allowed", "./link/lib.so");
    place.allows("--allow-ffi=link", "./allowed/lib.so");
    place.allows("--allow-ffi=allowed/out.so", "./other/lib.so");
    place.denies(&["--allow-ffi=other/in.so"], "./other/lib.so", &canonical("other/lib.so"));
}

/// Nobody knows what the loader finds under a name.
#[test]
fn bare_names_need_the_whole_permission() {
    let place = Place::new("bare");
    fs::copy(fixture(), place.path("lib.so")).unwrap();
    place.denies(&["--allow-ffi=libc.so.6"], "libc.so.6", "libc.so.6");
    place.denies(&["--allow-ffi=."], "lib.so", "lib.so");
    place.denies(&["--allow-ffi=/"], "libc.so.6", "libc.so.6");
    place.allows("--allow-ffi=.", "./lib.so");
}

#[test]
fn help_says_what_is_not_confined() {
    let output = runtime::command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for word in ["--allow-ffi", "constructors", "dependencies", "not confined"] {
        assert!(help.split_whitespace().collect::<Vec<_>>().join(" ").contains(word), "{word}: {help}");
    }
}
