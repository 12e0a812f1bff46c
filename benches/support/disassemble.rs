//! Machine code as assembly, by the system's objdump.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{self, Command};

/// The instructions of `code` as at its own address.
pub(crate) fn disassemble(code: &[u8]) -> io::Result<String> {
    let machine: &[&str] = match std::env::consts::ARCH {
        "x86_64" => &["-m", "i386:x86-64"],
        "aarch64" => &["-m", "aarch64"],
        "riscv64" => &["-m", "riscv:rv64"],
        arch => return Err(io::Error::other(format!("no name for {arch} in objdump is known"))),
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("code-{}.bin", process::id()));
    fs::write(&file, code)?;
    let mut command = Command::new("objdump");
    command.args(["-D", "-b", "binary"]).args(machine);
    let output = command.arg(format!("--adjust-vma={:p}", code.as_ptr())).arg(&file).output();
    fs::remove_file(&file)?;
    let output = output.map_err(|error| io::Error::new(error.kind(), format!("cannot run objdump: {error}")))?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // The file's name and format stand above the code.
    let lines = text.lines().skip_while(|line| !line.contains("<.data>:")).skip(1);
    Ok(lines.map(|line| format!("{line}\n")).collect())
}
