//! `Plan::verify` finds each kind of fault, in plans that are right but for one change.

use hotcall_jit::{Abi, Arg, Ext, FaultKind, Layout, Loc, Pass, Piece, Plan, Return, Which};
use hotcall_testing::notation;

/// Three arguments: one scalar in a register, one pair of registers, one block on the stack behind a scalar's place.
const SIGNATURE: &str = "(i64, struct {i32, u8[5], f32}, 5*i64, struct {u8[20]} aligned(16), i64) -> struct {i64, f64}";

/// The arguments that the changes are about, by index.
const SCALAR: usize = 0;
const PAIR: usize = 1;
const BLOCK: usize = 7;

/// The fault that `verify` finds in the plan after `change`.
fn fault(change: impl FnOnce(&mut Plan)) -> Option<(Which, FaultKind)> {
    let signature = notation::signature(SIGNATURE);
    let layouts: Vec<_> = signature.params().iter().map(|ty| Layout::of(ty).unwrap()).collect();
    let result = signature.result().map(|ty| Layout::of(ty).unwrap());
    let mut plan = Abi::SysV64.plan(&signature).unwrap();
    change(&mut plan);
    plan.verify(Abi::SysV64.convention(), &layouts, result.as_ref()).err().map(|fault| (fault.value, fault.fault))
}

fn pieces(arg: &mut Arg) -> &mut [Piece] {
    let Pass::Pieces(pieces) = &mut arg.pass else { panic!("the argument is not in pieces") };
    pieces
}

fn returned(plan: &mut Plan) -> &mut Arg {
    let Return::Pass(arg) = &mut plan.ret else { panic!("the result is hidden") };
    arg
}

#[test]
fn a_right_plan_has_no_fault() {
    assert_eq!(fault(|_| {}), None);
}

#[test]
fn a_wrong_size_or_alignment_is_found() {
    assert_eq!(fault(|plan| plan.args[PAIR].size = 12), Some((Which::Argument(PAIR), FaultKind::Layout)));
    assert_eq!(fault(|plan| plan.args[BLOCK].align = 8), Some((Which::Argument(BLOCK), FaultKind::Layout)));
    let hidden = Return::Hidden { size: 24, align: 8, pointer: Loc::Int(0), returned_in: None };
    assert_eq!(fault(|plan| plan.ret = hidden), Some((Which::Result, FaultKind::Layout)));
}

#[test]
fn a_piece_outside_of_its_value_is_found() {
    for (offset, len) in [(8, 9), (8, 0), (16, 1), (0, 17), (u32::MAX, 8)] {
        let found = fault(|plan| {
            let second = &mut pieces(&mut plan.args[PAIR])[1];
            (second.offset, second.len) = (offset, len);
        });
        assert_eq!(found, Some((Which::Argument(PAIR), FaultKind::Range { offset, len })));
    }
}

#[test]
fn a_byte_in_two_pieces_is_found() {
    let found = fault(|plan| pieces(&mut plan.args[PAIR])[1].offset = 7);
    assert_eq!(found, Some((Which::Argument(PAIR), FaultKind::Twice { byte: 7 })));
}

#[test]
fn a_byte_in_no_piece_is_found() {
    let found = fault(|plan| pieces(&mut plan.args[PAIR])[0].len = 6);
    assert_eq!(found, Some((Which::Argument(PAIR), FaultKind::Missing { byte: 6 })));
    let found = fault(|plan| plan.args[SCALAR].pass = Pass::Ignore);
    assert_eq!(found, Some((Which::Argument(SCALAR), FaultKind::Missing { byte: 0 })));
    let found = fault(|plan| pieces(returned(plan))[1].len = 4);
    assert_eq!(found, Some((Which::Result, FaultKind::Missing { byte: 12 })));
}

#[test]
fn a_place_that_two_pieces_share_is_found() {
    let found = fault(|plan| pieces(&mut plan.args[PAIR])[0].loc = Loc::Int(0));
    assert_eq!(found, Some((Which::Argument(PAIR), FaultKind::Shared { loc: Loc::Int(0) })));
    let found = fault(|plan| plan.args[BLOCK].pass = Pass::Block { stack: 0 });
    assert_eq!(found, Some((Which::Argument(BLOCK), FaultKind::Shared { loc: Loc::Stack(0) })));
    let found = fault(|plan| pieces(returned(plan))[1].loc = Loc::Int(0));
    assert_eq!(found, Some((Which::Result, FaultKind::Shared { loc: Loc::Int(0) })));
}

#[test]
fn a_place_outside_of_the_stack_area_is_found() {
    let found = fault(|plan| plan.stack_size = 40);
    assert_eq!(found, Some((Which::Argument(BLOCK), FaultKind::Outside { start: 16, end: 48 })));
    // Results do not come on the stack.
    let stack = Piece::new(0, 8, Loc::Stack(0), Ext::None);
    let found = fault(|plan| pieces(returned(plan))[0] = stack);
    assert_eq!(found, Some((Which::Result, FaultKind::Outside { start: 0, end: 8 })));
}

#[test]
fn a_misaligned_place_is_found() {
    let found = fault(|plan| plan.args[BLOCK].pass = Pass::Block { stack: 24 });
    assert_eq!(found, Some((Which::Argument(BLOCK), FaultKind::Misaligned { stack: 24, align: 16 })));
    let found = fault(|plan| pieces(&mut plan.args[SCALAR])[0].loc = Loc::Stack(4));
    assert_eq!(found, Some((Which::Argument(SCALAR), FaultKind::Misaligned { stack: 4, align: 8 })));
}

#[test]
fn a_missing_argument_is_found() {
    let found = fault(|plan| plan.args = plan.args[1..].into());
    assert_eq!(found, Some((Which::Result, FaultKind::Count)));
}
