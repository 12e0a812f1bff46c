//! `errno` captured directly after the call. All other tests of calls assert that trampolines without capturing change neither
//! `errno` nor the place for it.

use hotcall_jit::Options;

use crate::fixtures;

#[test]
fn errno_comes_with_results_of_every_class() {
    let results = [
        "",
        "-> i8",
        "-> bool",
        "-> u32",
        "-> i64",
        "-> pointer",
        "-> f32",
        "-> f64",
        "-> struct {u8[3]}",
        "-> struct {i64, i64}",
        "-> struct {i64, f32}",
        "-> struct {f64, u8[7]}",
        "-> struct {f64, f64}",
        "-> struct {f32, f32, f32}",
        "-> struct {u8[17]}",
        "-> struct {u8[400]}",
        "-> struct {}",
    ];
    let params = ["()", "(i32, f64)", "(9*i16, 9*f32, struct {u8[300]})", "(text, ..., f64, 7*i32)"];
    let signatures = results.iter().flat_map(|result| params.map(|params| format!("{params} {result}")));
    fixtures::check_with(Options::new().capture_errno(true), signatures);
}
