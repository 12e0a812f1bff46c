//! The documentation's examples are shown under `hotcall`, which re-exports the items: they name that crate alone. As
//! doctests they are compiled so.

use std::fs;
use std::path::Path;

/// The lines of documentation that name this crate in code.
fn naming_this_crate(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            naming_this_crate(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
            let named = lines.filter(|line| line.contains("hotcall_jit::"));
            found.extend(named.map(|line| format!("{}: {line}", path.display())));
        }
    }
}

#[test]
fn examples_name_the_crate_that_shows_them() {
    let mut found = Vec::new();
    naming_this_crate(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found, [""; 0]);
}
