//! The report's `v8` rows, which the example with V8 measures if V8 was unpacked.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The output of the example with this option, or `None` without V8.
fn run(options: &[&str]) -> Result<Option<String>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The versions that this was built with. The whole workspace is selected, as CI does for this benchmark: then both use the
    // same dependencies.
    let locked = root.join("Cargo.lock").exists().then_some("--locked");
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["bench", "--quiet", "--workspace", "--bench", "calls"])
        .args(locked)
        .arg("--")
        .args(options)
        .stderr(Stdio::inherit())
        .output()?;
    let printed = String::from_utf8(output.stdout)?;
    if output.status.success() {
        Ok((!printed.is_empty()).then_some(printed))
    } else {
        Err(format!("the loops in V8: {}", output.status).into())
    }
}

/// The rows as JSON.
pub(crate) fn measure() -> Result<Option<Value>, Box<dyn Error>> {
    let printed = run(&["--json"])?;
    printed.map(|rows| Ok(serde_json::from_str(&rows)?)).transpose()
}

/// The rows as a table.
pub(crate) fn print() -> Result<(), Box<dyn Error>> {
    if let Some(table) = run(&[])? {
        print!("\n{table}");
    }
    Ok(())
}
