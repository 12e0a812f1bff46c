//! A short run of `stress`; sanitizers make longer ones.

use std::process::Command;

#[test]
fn threads_signals_and_forks_agree() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_stress")).args(["--operations", "8000", "--signals", "1000"]).output();
    let output = output.expect("stress starts");
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}: {printed:?}", output.status);
    assert!(printed[0].contains(" 8000 operations "), "{printed:?}");
}
