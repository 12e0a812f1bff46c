//! The time of reading the declarations of whole headers.

use std::error::Error;
use std::time::Instant;

use hotcall::declare::Declarations;
use hotcall_testing::compiler::{Compiler, CompilerError};
use serde::Serialize;

use crate::sample::median;

const ROUNDS: usize = 31;

/// A header after the preprocessor; the time in microseconds, the median.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) header: &'static str,
    pub(crate) us: f64,
    pub(crate) bytes: usize,
    /// The number of functions and variables that can be used.
    pub(crate) declarations: usize,
}

/// The headers that are installed.
pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for header in ["sqlite3.h", "SDL2/SDL.h", "openssl/ssl.h"] {
        let text = match Compiler::c().preprocessed(&["-I/usr/include/SDL2"], header) {
            Err(CompilerError::Fails { .. }) => continue,
            text => text?,
        };
        let mut times = Vec::with_capacity(ROUNDS);
        let mut declarations = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let read = Declarations::from_c(&text)?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            declarations = read.len();
        }
        rows.push(Row { header, us: median(times), bytes: text.len(), declarations });
    }
    Ok(rows)
}

/// Prints a table.
pub(crate) fn print(rows: &[Row]) {
    println!("\n{:<16} {:>10} {:>10} {:>13}", "header", "us", "bytes", "declarations");
    for row in rows {
        println!("{:<16} {:>10.0} {:>10} {:>13}", row.header, row.us, row.bytes, row.declarations);
    }
}
