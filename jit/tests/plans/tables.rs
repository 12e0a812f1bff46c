//! Plans as tables, for each convention on every host; the tables are text, one file for each convention.
//!
//! A table holds signatures in the notation of `hotcall_testing::notation` at the beginning of a line, each followed by its plan,
//! indented, as `Plan` prints it. Lines that begin with `#` are comments.

use hotcall_jit::{Abi, Loc, MAX_STACK, Piece, Plan, PlanError, Signature, Type};
use hotcall_testing::notation;

struct Row<'a> {
    line: usize,
    signature: &'a str,
    plan: Vec<&'a str>,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (number, line) in table.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("    "), rows.last_mut()) {
            (Some(planned), Some(row)) => row.plan.push(planned),
            _ => rows.push(Row { line: number + 1, signature: line, plan: Vec::new() }),
        }
    }
    rows
}

fn check(abi: Abi, name: &str, table: &str) {
    let rows = rows(table);
    assert!(!rows.is_empty());
    let mut wrong = 0;
    for Row { line, signature, plan: expected } in &rows {
        let plan = abi.plan(&notation::signature(signature)).unwrap().to_string();
        if plan.lines().ne(expected.iter().copied()) {
            wrong += 1;
            println!("{name}:{line}: {signature} is planned\n    {}", plan.replace('\n', "\n    "));
        }
    }
    assert_eq!(wrong, 0, "of {} plans", rows.len());
}

#[test]
fn sysv64_plans_are_those_of_the_table() {
    check(Abi::SysV64, "jit/tests/plans/sysv64.txt", include_str!("sysv64.txt"));
}

fn plan(text: &str) -> Result<Plan, PlanError> {
    Abi::SysV64.plan(&notation::signature(text))
}

/// The places of scalar arguments.
fn places(plan: &Plan) -> Vec<Loc> {
    let place = |pieces: &[Piece]| match pieces {
        [piece] => piece.loc,
        _ => panic!("a scalar is one piece: {pieces:?}"),
    };
    plan.args.iter().map(|arg| place(arg.pieces())).collect()
}

#[test]
fn sysv64_plans_as_many_arguments_as_there_may_be() {
    let stack = |count: u32| (0..count).map(|word| Loc::Stack(8 * word));
    let ints = plan("(255*i32)").unwrap();
    assert_eq!(places(&ints), (0..6).map(Loc::Int).chain(stack(249)).collect::<Vec<_>>());
    assert_eq!(ints.stack_size, 8 * 249);
    let floats = plan("(255*f64)").unwrap();
    assert_eq!(places(&floats), (0..8).map(Loc::Float).chain(stack(247)).collect::<Vec<_>>());
    assert_eq!(floats.stack_size, 8 * 247);
}

#[test]
fn the_largest_aggregates_have_plans_and_larger_ones_have_none() {
    assert!(plan("(struct {u8[65536]}, struct {u8[65536]}) -> struct {u8[65536]}").is_ok());
    let cases = [
        ("(i32, struct {u8[65537]})", "argument 2: u8[65537] is larger than 65536 bytes"),
        ("(i32) -> struct {i64[8192], i8}", "result: struct {i64[8192], i8} is larger than 65536 bytes"),
        (
            "(union {u8[65530], struct {u8, u8[65536]}})",
            "argument 1: struct {u8, u8[65536]} is larger than 65536 bytes",
        ),
        ("(struct {u8, struct {i64[8192]}})", "argument 1: struct {u8, struct {i64[8192]}} is larger than 65536 bytes"),
    ];
    for (text, message) in cases {
        let error = plan(text).unwrap_err().to_string();
        assert_eq!(error, message);
    }
}

#[test]
fn sysv64_names_the_argument_that_exceeds_the_stack() {
    let stack = |index| PlanError::Stack { index, max: MAX_STACK };
    assert_eq!(plan("(struct {u8[65536]}, struct {u8[65536]}, struct {u8[17]}, i32)"), Err(stack(2)));
    assert_eq!(plan("(6*i64, struct {u8[65536]}, struct {u8[65536]}, f64, i8, i8)"), Err(stack(9)));
    // The gap before an aligned struct counts.
    assert!(plan("(7*i64, struct {u8[65528]}, struct {u8[65528]}, i8)").is_ok());
    assert_eq!(plan("(7*i64, struct {u8[65528]}, struct {u8[65528]} aligned(16), i8)"), Err(stack(9)));
    let message = "argument 3: the arguments up to it take more than 131072 bytes of stack";
    assert_eq!(stack(2).to_string(), message);
}

/// A parameter without size is still one that a signature counts.
#[test]
fn nothing_is_planned_for_what_has_no_size() {
    let empty = Type::array(Type::structure::<Type>([]).unwrap(), 1000).unwrap();
    let empty = Type::structure([empty]).unwrap();
    let plan = Abi::SysV64.plan(&Signature::new(vec![empty.clone(); 255], empty).unwrap()).unwrap();
    assert_eq!((plan.args.len(), plan.stack_size), (255, 0));
    assert!(plan.args.iter().all(|arg| arg.pieces().is_empty() && arg.size == 0));
}
