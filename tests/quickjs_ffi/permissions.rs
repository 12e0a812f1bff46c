//! Permissions to load libraries, and functions that need a permission without a library.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, thread};

use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::{shared_object, shared_object_with};
use hotcall_testing::runtime;

use crate::{Ran, finished, fixture, script_of};

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

    /// Runs a script in this place that opens the library, and returns its words.
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

    /// The error says what script gave, and nothing else.
    #[track_caller]
    fn denies(&self, flags: &[&str], path: &str) {
        let message = format!("NotCapable: Requires ffi access to \"{path}\", run again with the --allow-ffi flag");
        assert_eq!(self.open(flags, path), message, "{flags:?} {path}");
    }
}

#[test]
fn without_the_flag_nothing_is_allowed() {
    let place = Place::new("none");
    place.denies(&[], &place.text("other/lib.so"));
    place.denies(&[], "./other/lib.so");
    place.denies(&[], "libc.so.6");
}

/// Files that exist and files that do not look the same.
#[test]
fn without_permission_nothing_is_told() {
    let place = Place::new("told");
    symlink("nowhere", place.path("other/broken.so")).unwrap();
    symlink("../other/missing.so", place.path("allowed/leads-out.so")).unwrap();
    for path in [
        "./other/lib.so",
        "./other/missing.so",
        "./other",
        "./other/",
        "./other/lib.so/",
        "./other/broken.so",
        "./missing/x",
        "./other/missing/../../allowed/missing.so",
        "./other/../allowed/missing.so",
        "./other/lib.so/../../allowed/missing.so",
        "./other/lib.so/../../allowed/lib.so",
        "./other/missing.so/../../allowed/lib.so",
        "./allowed/away/lib.so",
        "./allowed/away/missing.so",
        "./allowed/leads-out.so",
        "./allowed/out.so",
        "./$ORIGIN",
        "/",
        "/proc/self/exe",
        "/proc/self/cwd",
        "/dev/null",
        ".",
        "..",
        "",
    ] {
        place.denies(&[], path);
        place.denies(&["--allow-ffi=allowed"], path);
    }
    // In an allowed directory, script may learn that a file is missing.
    for path in ["./allowed/missing.so", "./link/missing.so", "./allowed/deep/../missing/x.so"] {
        let missing = format!("Error: cannot find library {path}: No such file or directory (os error 2)");
        assert_eq!(place.open(&["--allow-ffi=allowed"], path), missing);
    }
    assert!(place.open(&["--allow-ffi=allowed"], "./allowed/deep").ends_with("is a directory, not a file"));
    let through_a_file = "./allowed/lib.so/../lib.so";
    let refused = format!("Error: cannot find library {through_a_file}: Not a directory (os error 20)");
    assert_eq!(place.open(&["--allow-ffi=allowed"], through_a_file), refused);
}

#[test]
fn a_list_without_paths_is_an_error() {
    let place = Place::new("empty");
    for list in ["", ",", ",,", "allowed,", ",allowed", "allowed,,other"] {
        let flag = format!("--allow-ffi={list}");
        let ran = place.run(&[&flag], "./allowed/lib.so", OPEN);
        let message = format!(
            "error: --allow-ffi: the list {list:?} has an empty path (--allow-ffi without a list allows every library)\n"
        );
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(1), "", &*message), "{list}");
    }
    for (list, path) in [
        (" ", " "),
        ("nowhere", "nowhere"),
        ("allowed,nowhere", "nowhere"),
        ("allowed, other", " other"),
        ("other/lib", "other/lib"),
        ("libc.so.6", "libc.so.6"),
    ] {
        let flag = format!("--allow-ffi={list}");
        let ran = place.run(&[&flag], "./allowed/lib.so", OPEN);
        let message = format!("error: --allow-ffi: cannot find {path:?}: No such file or directory (os error 2)\n");
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(1), "", &*message), "{list}");
    }
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
    // Permission for a library is not one for the whole memory.
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
    place.denies(&[&flag], &place.text("allowed/lib.so"));
}

#[test]
fn a_directory_allows_what_is_below_it() {
    let place = Place::new("directory");
    for flag in ["--allow-ffi=allowed", "--allow-ffi=allowed/", "--allow-ffi=./other/../allowed"] {
        place.allows(flag, "./allowed/lib.so");
        place.allows(flag, "./allowed/deep/lib.so");
        place.denies(&[flag], "./other/lib.so");
        place.denies(&[flag], "./allowed-not/lib.so");
        place.denies(&[flag], "./allowed/../other/lib.so");
    }
}

#[test]
fn several_paths_are_allowed() {
    let place = Place::new("several");
    let flag = "--allow-ffi=allowed/deep,other/lib.so";
    place.allows(flag, "./allowed/deep/lib.so");
    place.allows(flag, "./other/lib.so");
    place.denies(&[flag], "./allowed/lib.so");
}

/// The file that a link leads to counts.
#[test]
fn links_lead_where_the_system_leads() {
    let place = Place::new("links");
    place.denies(&["--allow-ffi=allowed"], "./allowed/out.so");
    place.denies(&["--allow-ffi=allowed"], "./allowed/away/lib.so");
    // `..` is what it is to the system: the directory above the one that the link leads to.
    place.denies(&["--allow-ffi=allowed"], "./allowed/away/../lib.so");
    place.allows("--allow-ffi=allowed", "./allowed/away/../allowed/lib.so");
    place.allows("--allow-ffi=allowed", "./other/in.so");
    place.allows("--allow-ffi=allowed", "./link/lib.so");
    place.allows("--allow-ffi=link", "./allowed/lib.so");
    place.allows("--allow-ffi=allowed/out.so", "./other/lib.so");
    place.denies(&["--allow-ffi=other/in.so"], "./other/lib.so");
}

/// A library finds its neighbours beside the path by which it is opened, also where that is a link.
#[test]
fn allowed_links_keep_their_neighbours() {
    let place = Place::new("neighbours");
    let neighbour =
        shared_object_with(&Compiler::c(), &["-Wl,-soname,libnear.so"], "int near(int a, int b) { return a + b; }");
    fs::copy(neighbour, place.path("allowed/deep/libnear.so")).unwrap();
    let link = format!("-L{}", place.text("allowed/deep"));
    let flags = [&*link, "-Wl,--no-as-needed", "-lnear", "-Wl,-rpath,$ORIGIN"];
    let user =
        shared_object_with(&Compiler::c(), &flags, "int near(int, int); int add(int a, int b) { return near(a, b); }");
    fs::copy(user, place.path("allowed/user.so")).unwrap();
    symlink("../user.so", place.path("allowed/deep/user.so")).unwrap();
    symlink("allowed/deep", place.path("way")).unwrap();
    for path in ["./allowed/deep/user.so", "./way/user.so", "./other/../way/user.so"] {
        place.allows("--allow-ffi=allowed", path);
        place.allows("--allow-ffi", path);
    }
    // A directory that is not allowed could become a link, and `..` would lead elsewhere: the canonical path is opened.
    symlink("../../other/../allowed/user.so", place.path("allowed/deep/around.so")).unwrap();
    place.allows("--allow-ffi", "./allowed/deep/around.so");
    assert!(place.open(&["--allow-ffi=allowed"], "./allowed/deep/around.so").contains("libnear.so"));
    // By its canonical path, the only one that is allowed, it does not have a neighbour.
    assert!(place.open(&["--allow-ffi=allowed/user.so"], "./allowed/deep/user.so").contains("libnear.so"));
}

/// Links change while a library is opened: each look of the program's may see another target. One that the list does not
/// allow is never loaded, whichever link on the way it is that changes.
#[test]
fn what_is_checked_is_what_is_opened() {
    let place = Place::new("swapped");
    let library = |answer: i32| shared_object(&format!("int add(int a, int b) {{ return {answer}; }}"));
    for (directory, answer) in [("allowed", 1), ("other", 2)] {
        fs::copy(library(answer), place.path(&format!("{directory}/lib.so"))).unwrap();
    }
    fs::create_dir(place.path("outside")).unwrap();
    symlink("../outside/hop.so", place.path("allowed/hop.so")).unwrap();
    symlink("../outside/directory/lib.so", place.path("allowed/through.so")).unwrap();
    let swapped = [
        ("outside/hop.so", ["../allowed/lib.so", "../other/lib.so"]),
        ("outside/directory", ["../allowed", "../other"]),
        ("way", ["allowed", "other"]),
    ];
    let tries = "let [loaded, refused] = [0, 0];
        const wanted = ['./allowed/hop.so', './allowed/through.so', './way/lib.so'];
        for (let i = 0; i < 2500; i++) {
            try {
                const library = Deno.dlopen(wanted[i % wanted.length], { add: { parameters: ['i32', 'i32'], result: 'i32' } });
                if (library.symbols.add(0, 0) !== 1) console.log('opened what is not allowed');
                library.close();
                loaded++;
            } catch (error) {
                if (!(error instanceof Deno.errors.NotCapable)) throw error;
                refused++;
            }
        }
        console.log(loaded > 0 && refused > 0);";
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                for (link, targets) in swapped {
                    // Replaced in one step, so that it is always there.
                    symlink(targets[round % 2], place.path("new")).unwrap();
                    fs::rename(place.path("new"), place.path(link)).unwrap();
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let ran = place.run(&["--allow-ffi=allowed"], "", tries);
        stop.store(true, Ordering::Relaxed);
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), "true\n", ""));
    });
}

/// Nobody knows what the loader finds under a name.
#[test]
fn bare_names_need_the_whole_permission() {
    let place = Place::new("bare");
    fs::copy(fixture(), place.path("lib.so")).unwrap();
    place.denies(&["--allow-ffi=."], "lib.so");
    place.denies(&["--allow-ffi=/"], "libc.so.6");
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
