//! Models that do not fit the C function are errors, each with its reason.

use hotcall_jit::engine::fast_call::{
    Check, Exit, FastCallError, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, Object, Path, Small,
    Tag,
};
use hotcall_jit::engine::values::Test;
use hotcall_jit::{Abi, Jit, JitError, Scalar, Signature, Type};
use hotcall_testing::changed;
use hotcall_testing::notation;

use crate::engine::HELPERS;
use crate::heap::Heap;
use crate::native::{FLAG, Fixture};

fn model(native: &str, roles: impl IntoIterator<Item = FastCallRole>, exit: Exit) -> FastCallModel {
    FastCallModel::new(Abi::host().unwrap(), notation::signature(native), roles, exit).handles([Heap::tagged().handles])
}

fn error(c: &str, model: &FastCallModel) -> FastCallError {
    match Jit::shared().unwrap().fast_call(&notation::signature(c), model, HELPERS) {
        Err(JitError::FastCall(error)) => error,
        other => panic!("{c}, {model:?}: {other:?}"),
    }
}

fn error_of(c: &str, native: &str, roles: &[FastCallRole]) -> FastCallError {
    error(c, &model(native, roles.iter().copied(), Exit::Raise))
}

fn ty(text: &str) -> Type {
    notation::signature(&format!("({text})")).params()[0].clone()
}

use FastCallRole::{Argument, Exit as X, Handle, Ignored, Result as R};

#[test]
fn too_many_parameters_and_wrong_roles_are_refused() {
    let many = format!("({}*i32)", MAX_FAST_CALL_PARAMETERS + 1);
    let error = error_of(&many, &many, &[Argument; MAX_FAST_CALL_PARAMETERS + 1]);
    assert_eq!(error, FastCallError::Parameters { parameters: 33, max: 32 });
    assert_eq!(error.to_string(), "the native function has 33 parameters, more than 32");
    let at_most = format!("({MAX_FAST_CALL_PARAMETERS}*i32)");
    Fixture::new(notation::signature(&at_most), model(&at_most, [Argument; MAX_FAST_CALL_PARAMETERS], Exit::Raise));

    assert_eq!(error_of("()", "(i32)", &[]), FastCallError::Roles { parameters: 1, roles: 0 });
    assert_eq!(error_of("(i32)", "(i32)", &[Argument; 2]), FastCallError::Roles { parameters: 1, roles: 2 });
    assert_eq!(error_of("(i32)", "(i32, ...)", &[Argument]), FastCallError::Variadic);
    assert_eq!(error_of("(i32)", "(i32)", &[Ignored]), FastCallError::Arguments { native: 0, c: 1 });
    assert_eq!(error_of("()", "(i64)", &[Handle(0)]), FastCallError::Arguments { native: 1, c: 0 });
    assert_eq!(error_of("(i32)", "(i64)", &[Handle(1)]), FastCallError::NoHandles { index: 0 });
    assert_eq!(error_of("() -> struct {i32}", "(i8, i64)", &[Ignored, R(9)]), FastCallError::NoHandles { index: 1 });
}

#[test]
fn words_hold_addresses() {
    for (native, role) in [("(i8, i32)", X), ("(i8, f64)", X), ("(i8, bool)", X), ("(i8, struct {i64})", X)] {
        let index = 1;
        let wanted = FastCallError::Pointer { index, ty: notation::signature(native).params()[index].clone() };
        assert_eq!(error_of("()", native, &[Ignored, role]), wanted);
        assert_eq!(error_of("(i32)", native, &[Ignored, Handle(0)]), wanted);
        assert_eq!(error_of("() -> struct {i32}", native, &[Ignored, R(0)]), wanted);
    }
}

/// Pairs of types that do not fit. The differential test has the pairs that fit.
#[test]
fn arguments_of_other_types_are_refused() {
    let wrong = [
        ("bool", "i32"),
        ("i32", "bool"),
        ("f64", "bool"),
        ("f64", "i32"),
        ("f32", "u64"),
        ("pointer", "i64"),
        ("pointer", "isize"),
        ("pointer", "u32"),
        ("pointer", "f64"),
        ("i64", "pointer"),
        ("i32", "f32"),
        ("i32", "struct {i32}"),
        ("struct {i32}", "struct {i32}"),
        ("struct {i32}", "i32"),
    ];
    for (c, native) in wrong {
        let wanted = FastCallError::Argument { index: 1, native: ty(native), c: ty(c) };
        assert_eq!(
            error_of(&format!("(u8, {c})"), &format!("(u8, i8, {native})"), &[Argument, Ignored, Argument]),
            wanted
        );
    }
    for c in ["f32", "f64"] {
        let wanted = FastCallError::HandleOf { index: 0, c: ty(c) };
        assert_eq!(error_of(&format!("({c})"), "(pointer)", &[Handle(0)]), wanted);
    }
}

#[test]
fn results_of_other_types_are_refused() {
    let result = |c: &str, native: &str, roles: &[FastCallRole]| {
        let error = error_of(c, native, roles);
        let FastCallError::Result { native, c } = error else { panic!("{error}") };
        (native, c)
    };
    assert_eq!(result("() -> i32", "()", &[]), ("nothing", "i32"));
    assert_eq!(result("()", "() -> i32", &[]), ("i32", "nothing"));
    assert_eq!(result("() -> struct {i32}", "() -> i32", &[]), ("i32", "a struct"));
    assert_eq!(result("()", "() -> struct {i32}", &[]), ("a struct", "something else"));
    assert_eq!(result("()", "(i64)", &[R(0)]), ("memory", "none"));
    assert_eq!(result("() -> i32", "(i64) -> i32", &[R(0)]), ("memory", "none"));
    let missing = error_of("() -> struct {i32}", "()", &[]);
    assert_eq!(missing, FastCallError::Missing { role: "result" });
    assert_eq!(error_of("() -> struct {i32}", "(i64, i64)", &[R(0); 2]), FastCallError::Twice { role: "result" });

    // A result may be wider, never narrower.
    for (c, native) in Scalar::ALL.iter().flat_map(|&c| Scalar::ALL.iter().map(move |&native| (c, native))) {
        let is_plain = |scalar: Scalar| !scalar.is_float() && !matches!(scalar, Scalar::Pointer(_) | Scalar::Bool);
        let wanted = match (c, native) {
            (c, native) if is_plain(c) && is_plain(native) => {
                native.range().contains(c.range().start()) && native.range().contains(c.range().end())
            }
            (Scalar::Bool, native) => native == Scalar::Bool || is_plain(native),
            (Scalar::F32, native) => native.is_float(),
            (Scalar::F64, native) => native == Scalar::F64,
            (Scalar::Pointer(_), native) => {
                matches!(native, Scalar::Pointer(_) | Scalar::U64 | Scalar::Usize)
            }
            (Scalar::U64 | Scalar::Usize, Scalar::Pointer(_)) => true,
            _ => false,
        };
        let of = |scalar| Signature::new([], Type::from(scalar)).unwrap();
        let model = changed!(model("()", [], Exit::Raise), native: of(native));
        let made = Jit::shared().unwrap().fast_call(&of(c), &model, HELPERS);
        assert_eq!(made.is_ok(), wanted, "{c} as {native}: {made:?}");
    }
}

#[test]
fn wrong_exits_are_refused() {
    assert_eq!(error("()", &model("()", [], FLAG)), FastCallError::Missing { role: "exit" });
    for exit in [FLAG, Exit::Raise] {
        assert_eq!(error("()", &model("(i64, i64)", [X, X], exit)), FastCallError::Twice { role: "exit" });
        assert_eq!(error("()", &model("(i32)", [X], exit)), FastCallError::Pointer { index: 0, ty: Type::I32 });
    }
}

#[test]
fn wrong_descriptions_of_handles_are_refused() {
    let with = |change: &dyn Fn(&mut Handles)| {
        let mut model = model("(pointer)", [Handle(0)], Exit::Raise);
        change(&mut model.handles[0]);
        model
    };
    for shift in [0, 64, 255] {
        let tag = Tag { mask: 1, bits: 1 };
        let error = error("(i32)", &with(&|handles| handles.integers = Some(Small::new(tag, shift))));
        assert_eq!(error, FastCallError::Shift { shift });
    }
    let path = |offsets: &[i32]| Path(offsets.into());
    let object = |object: Object| error("(buffer)", &with(&|handles| handles.objects = [object.clone()].into()));
    let good = Object::new([path(&[0])]);
    let checked = |at, test| changed!(good.clone(), checks: [Check { at, test }].into());
    let field = FastCallError::Field;
    assert_eq!(object(changed!(good.clone(), address: [path(&[])].into())), field);
    assert_eq!(object(changed!(good.clone(), length: Some(path(&[]).into()))), field);
    assert_eq!(object(checked(path(&[]), Test::equal(0, 8, 1))), field);
    for len in [0, 3, 5, 16, 255] {
        assert_eq!(object(checked(path(&[0]), Test::equal(0, len, 1))), field);
    }
    assert_eq!(object(checked(path(&[0]), changed!(Test::equal(0, 8, 0), low: 2, high: 1))), field);
    // A value that this number of bytes cannot have.
    assert_eq!(object(checked(path(&[0]), Test::equal(0, 1, 0x100))), field);
    // A field beyond what an instruction reaches.
    assert_eq!(object(checked(path(&[i32::MAX]), Test::equal(1, 1, 0))), field);
    // All of them are looked at, whether or not a role refers to them.
    let mut unused = model("(i32)", [Argument], Exit::Raise);
    unused.handles[0].integers = Some(Small::new(Tag::NONE, 0));
    assert_eq!(error("(i32)", &unused), FastCallError::Shift { shift: 0 });
}

/// Functions that other entries refuse too, and functions without a generator.
#[test]
fn functions_without_a_plan_or_code_are_refused() {
    let c = "(3*struct {u8[65536]})";
    let made = Jit::shared().unwrap().fast_call(
        &notation::signature(c),
        &model("(3*pointer)", [Handle(0); 3], Exit::Raise),
        HELPERS,
    );
    assert!(matches!(made, Err(JitError::Plan(_))), "{made:?}");
    let universal: &Jit = Box::leak(Box::new(Jit::universal().unwrap()));
    let made = universal.fast_call(&notation::signature("()"), &model("()", [], Exit::Raise), HELPERS);
    assert!(matches!(made, Err(JitError::NoCode)), "{made:?}");
}
