//! The end of a command: its output or the message of its error, and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::command::error::CommandError;
use crate::text::quote::escape;

/// Writes the output of a command, or the message of its error. Returns the exit code.
pub(crate) fn end(result: Result<Vec<u8>, CommandError>) -> ExitCode {
    let output = result.and_then(|output| {
        let mut stdout = io::stdout().lock();
        Ok(stdout.write_all(&output).and_then(|()| stdout.flush())?)
    });
    match output {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // If the message cannot be written, the exit code remains.
            let _ = writeln!(io::stderr(), "hotcall: {}", escape(&error.to_string()));
            for line in error.lines() {
                let _ = writeln!(io::stderr(), "  {}", escape(line));
            }
            ExitCode::FAILURE
        }
    }
}
