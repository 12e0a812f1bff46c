//! The report's `node` rows, which `node/bench` measures if Node and the addon are there.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Prints a word if this Node is new enough and loads the addon.
const PROBE: &str =
    "if (parseInt(process.versions.node) >= 22) { require('./lib/index.cjs').diagnostics(); console.log('ready'); }";

/// A process of Node in the folder of the npm package.
fn node(arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("node")).args(arguments);
    command
}

/// Returns whether there is a Node for the bench, with the addon.
fn is_ready() -> bool {
    let probed = node(&["-e", PROBE]).stderr(Stdio::null()).output();
    probed.is_ok_and(|output| output.stdout.starts_with(b"ready"))
}

/// The output of the bench with these options, or `None` without Node or the addon.
fn run(options: &[&str]) -> Result<Option<String>, Box<dyn Error>> {
    if !is_ready() {
        return Ok(None);
    }
    let output = node(&["bench/main.mjs"]).args(options).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(Some(String::from_utf8(output.stdout)?))
    } else {
        Err(format!("the calls in Node: {}", output.status).into())
    }
}

/// The rows as JSON.
pub(crate) fn measure() -> Result<Option<Value>, Box<dyn Error>> {
    let printed = run(&["--json"])?;
    printed.map(|rows| Ok(serde_json::from_str(&rows)?)).transpose()
}

/// The rows as tables.
pub(crate) fn print() -> Result<(), Box<dyn Error>> {
    if let Some(tables) = run(&[])? {
        print!("\n{tables}");
    }
    Ok(())
}
