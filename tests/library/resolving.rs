//! Names become paths before a library is opened, and exactly that file is opened.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotcall::{Library, LibraryError, OpenFlags, Resolved, resolve};
use hotcall_testing::fixture::shared_object;

use super::{directory, error_of, int_of_nothing};

#[test]
fn bare_names_are_left_to_the_loader() {
    assert_eq!(resolve("libm.so.6").unwrap(), Resolved::Searched("libm.so.6".into()));
    assert_eq!(resolve("no-such-library").unwrap().to_string(), "library no-such-library");
}

/// The path that the loader gets, and the canonical one.
fn paths(name: impl AsRef<OsStr>) -> (PathBuf, Option<PathBuf>) {
    let resolved = resolve(name).unwrap();
    let Resolved::Path(path) = resolved else { panic!("{resolved}") };
    (path.given().to_owned(), path.canonical().map(Path::to_owned))
}

#[test]
fn paths_are_made_absolute_and_canonical() {
    let directory = directory("canonical");
    let file = directory.join("file.so");
    fs::write(&file, "").unwrap();
    fs::create_dir(directory.join("inner")).unwrap();
    symlink(&file, directory.join("link.so")).unwrap();
    symlink("inner", directory.join("away")).unwrap();
    for (name, given) in [
        ("file.so", "file.so"),
        ("link.so", "link.so"),
        ("inner/../file.so", "inner/../file.so"),
        ("./inner/.././link.so", "inner/../link.so"),
        ("away/../file.so", "away/../file.so"),
        ("inner//..///file.so", "inner/../file.so"),
    ] {
        assert_eq!(paths(directory.join(name)), (directory.join(given), Some(file.clone())), "{name}");
    }
    // Tests run in the package's directory.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (given, canonical) =
        (manifest.join("tests/../Cargo.toml"), manifest.join("Cargo.toml").canonicalize().unwrap());
    assert_eq!(paths("tests/../Cargo.toml"), (given, Some(canonical)));
}

#[test]
fn names_that_cannot_be_resolved_are_refused() {
    let directory = directory("unresolved");
    assert!(matches!(resolve(""), Err(LibraryError::EmptyName)));
    for name in ["a\0b", "a\0", "./a\0b"] {
        assert!(matches!(resolve(name), Err(LibraryError::NulInName { name: data }) if data == name), "{name:?}");
    }
    let missing = directory.join("missing.so");
    let error = resolve(&missing).unwrap_err();
    assert!(error.to_string().contains("missing.so"), "{error}");
    assert!(matches!(error, LibraryError::Resolve { path, source }
        if path == missing && source.kind() == std::io::ErrorKind::NotFound));
    for (name, what) in [
        (directory.to_str().unwrap(), "a directory"),
        ("/dev/null", "a device"),
        (mkfifo(&directory).to_str().unwrap(), "a pipe"),
    ] {
        let error = resolve(name).unwrap_err();
        assert_eq!(error.to_string(), format!("library {name} is {what}, not a file"));
        assert!(matches!(error, LibraryError::NotAFile { path, .. } if path == Path::new(name)));
    }
    fs::write(directory.join("file.so"), "").unwrap();
    symlink("nowhere", directory.join("broken.so")).unwrap();
    symlink("round.so", directory.join("round.so")).unwrap();
    for name in ["file.so/", "file.so/.", "file.so/../file.so", "broken.so", "round.so"] {
        assert!(matches!(resolve(directory.join(name)), Err(LibraryError::Resolve { .. })), "{name}");
    }
}

fn mkfifo(directory: &Path) -> PathBuf {
    let path = directory.join("pipe.so");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn paths_that_the_loader_expands_are_refused() {
    let directory = directory("tokens");
    for token in ["$ORIGIN", "${LIB}", "x$PLATFORM"] {
        let file = directory.join(token);
        fs::write(&file, "").unwrap();
        assert!(matches!(resolve(&file), Err(LibraryError::Rewritten { path }) if path == file), "{token}");
    }
    // The path that the loader gets counts.
    fs::create_dir(directory.join("$LIB")).unwrap();
    symlink("../$HOME", directory.join("$LIB/link.so")).unwrap();
    symlink("$ORIGIN", directory.join("plain.so")).unwrap();
    fs::write(directory.join("$HOME"), "").unwrap();
    assert!(resolve(directory.join("$HOME")).is_ok());
    assert!(matches!(resolve(directory.join("$LIB/link.so")), Err(LibraryError::Rewritten { .. })));
    assert!(resolve(directory.join("plain.so")).is_ok());
}

#[test]
fn what_was_not_resolved_is_not_opened() {
    let forged = [Resolved::Searched("./libm.so.6".into()), Resolved::Searched("".into())];
    for forged in forged {
        // SAFETY: nothing is loaded.
        let error = error_of(unsafe { Library::open_resolved(&forged, OpenFlags::default()) });
        assert!(matches!(error, LibraryError::NotResolved { library } if library == forged));
    }
    let nul = Resolved::Searched(OsString::from("a\0b"));
    // SAFETY: nothing is loaded.
    let error = error_of(unsafe { Library::open_resolved(&nul, OpenFlags::default()) });
    assert!(matches!(error, LibraryError::NulInName { .. }));
}

#[test]
fn the_loaders_refusals_are_passed_on() {
    // SAFETY: there is no such library.
    let error = error_of(unsafe { Library::open("libno-such-library.so") });
    assert!(error.to_string().contains("No such file"), "{error}");
    assert!(matches!(error, LibraryError::Load { library: Resolved::Searched(_), .. }));

    let directory = directory("refused");
    let file = directory.join("text.so");
    fs::write(&file, "this is not a library").unwrap();
    // SAFETY: the loader refuses it.
    let error = error_of(unsafe { Library::open(&file) });
    assert!(error.to_string().contains("text.so"), "{error}");
    assert!(matches!(error, LibraryError::Load { library: Resolved::Path(path), message }
        if path.given() == file && !message.is_empty()));

    // A name that is not UTF-8 reaches the loader unchanged.
    // SAFETY: there is no such library.
    let error = error_of(unsafe { Library::open(OsStr::from_bytes(b"lib\xff.so")) });
    assert!(matches!(error, LibraryError::Load { .. }), "{error}");
}

#[test]
fn exactly_what_was_resolved_is_opened() {
    let object = shared_object("int answer(void) { return 42; }");
    let resolved = resolve(&object).unwrap();
    assert_eq!(paths(&object), (object.clone(), object.canonicalize().ok()));
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open_resolved(&resolved, OpenFlags::default()) }.unwrap();
    assert_eq!(*library.resolved(), resolved);
    let answer = library.function("answer", &int_of_nothing()).unwrap();
    // SAFETY: this is its signature.
    assert_eq!(unsafe { answer.call_slots(&[]) }.unwrap().as_i32(), 42);
}
