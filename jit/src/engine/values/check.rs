//! Checks of models. Inconsistent models are errors, so that later stages need not check them again.

use std::sync::Arc;

use crate::c::definitions::Type;
use crate::c::layout::Extent;
use crate::c::numbers::is_nan;
use crate::c::scalar::Scalar;
use crate::engine::call::{EngineHelpers, Words};
use crate::engine::object::Object;
use crate::engine::test::Test;
use crate::engine::values::check_make::check_make;
use crate::engine::values::check_parts::{check_room, check_test, is_value};
use crate::engine::values::convert::with;
use crate::engine::values::error::ModelError;
use crate::engine::values::model::{
    Boolean, CallFunction, CallOutcome, CallRole, Double, EngineAbi, Integer, NumberClass, ObjectClass, ResultPath,
    Role, Singleton, ValueModel,
};

impl EngineAbi {
    /// Joins a model with its helpers.
    ///
    /// # Errors
    ///
    /// The parts of the model do not fit together; see [`ModelError`].
    pub fn new(model: ValueModel, helpers: EngineHelpers) -> Result<Self, ModelError> {
        check(&model)?;
        Ok(Self(Arc::new((model, helpers))))
    }
}

fn check(model: &ValueModel) -> Result<(), ModelError> {
    if !matches!(model.size, 8 | 16) {
        return Err(ModelError::Size { size: model.size });
    }
    check_native(model)?;
    check_outcome(model)?;
    model.call.as_ref().map_or(Ok(()), |call| check_call(call, model.size))?;
    check_make(model)?;
    check_integer("integers", model.integer, model.size)?;
    check_integer("wide integers", model.wide, model.size)?;
    check_double(model.double, model.size)?;
    check_boolean(model.boolean, model.size)?;
    check_truths(model)?;
    check_numbers(model)?;
    check_indirect(model)?;
    for (class, constant) in [("null", model.null), ("undefined", Some(model.undefined))] {
        constant.map_or(Ok(()), |constant| check_test(class, constant.test, model.size))?;
    }
    check_objects(model)?;
    let classes = classes(model);
    check_exceptions(model, &classes)?;
    check_classes(model, &classes)
}

/// The name of the class of objects.
const OBJECTS: &str = "objects";

/// The name of the class of numbers that are objects.
const NUMBERS: &str = "numbers that are objects";

/// A class with some of its values, including those at its borders. Its values pass one of the tests.
struct ModelClass {
    name: &'static str,
    tests: Vec<Test>,
    values: Vec<Words>,
}

impl ModelClass {
    fn holds(&self, value: Words) -> bool {
        self.tests.iter().any(|test| test.holds(value))
    }
}

fn classes(model: &ValueModel) -> Vec<ModelClass> {
    let mut classes = Vec::new();
    let mut add = |name, test, values| classes.push(ModelClass { name, tests: vec![test], values });
    for (name, integer) in [("integers", model.integer), ("wide integers", model.wide)] {
        if let Some(class) = integer {
            add(name, class.test, vec![class.zero, with(class.zero, class.offset, class.payload())]);
        }
    }
    if let Some(class) = model.double {
        let numbers = [0.0, -0.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::from_bits(1)];
        let bits = numbers.into_iter().map(f64::to_bits).chain(class.nan);
        add(
            "doubles",
            class.test,
            bits.map(|bits| with(class.zero, class.offset, bits.wrapping_add(class.bias))).collect(),
        );
    }
    if let Some(class) = model.boolean {
        add("booleans", class.test, vec![class.zero, with(class.zero, class.offset, 1)]);
    }
    for (name, constant) in [("null", model.null), ("undefined", Some(model.undefined))] {
        if let Some(Singleton { test, value }) = constant {
            add(name, test, vec![value]);
        }
    }
    if let Some(objects) = &model.objects {
        add(OBJECTS, objects.test, Vec::new());
        objects.pointers.into_iter().for_each(|test| add("pointers", test, Vec::new()));
    }
    if let Some(numbers) = &model.numbers {
        add(NUMBERS, numbers.test, Vec::new());
    }
    if let Some(truths) = model.truths {
        let tests = truths.map(|truth| Test::equal(0, 8, truth)).to_vec();
        classes.push(ModelClass { name: "booleans", tests, values: truths.map(|truth| [truth, 0]).to_vec() });
    }
    classes
}

/// Checks that each value passes the test of its own class, and of no other class. Integers of both widths may be one
/// class. So may null and undefined, because many languages have one nil. In some engines constants are objects.
fn check_classes(model: &ValueModel, classes: &[ModelClass]) -> Result<(), ModelError> {
    let all = |class: &ModelClass| class.values.iter().all(|&value| class.holds(value));
    if let Some(ModelClass { name, .. }) = classes.iter().find(|class| !all(class)) {
        return Err(ModelError::ModelClass { class: name, problem: "its values fail its own test" });
    }
    let integers = |class: &ModelClass| class.name.ends_with("integers");
    let constants = |class: &ModelClass| matches!(class.name, "null" | "undefined");
    let alike = |a: &ModelClass, b: &ModelClass| integers(a) && integers(b) || constants(a) && constants(b);
    let is_object = |class: &ModelClass, other: &ModelClass| {
        let is_constant = constants(class) || class.name == "booleans";
        model.constants_are_objects && is_constant && (other.name == OBJECTS || other.name == NUMBERS)
    };
    for (class, other) in classes.iter().flat_map(|class| classes.iter().map(move |other| (class, other))) {
        let one = class.tests == other.tests && alike(class, other) || is_object(class, other);
        if class.name != other.name && !one && class.values.iter().any(|&value| other.holds(value)) {
            return Err(ModelError::Overlap { class: class.name, other: other.name });
        }
    }
    Ok(())
}

/// Checks that no value of a class passes for an exception of the call function.
fn check_exceptions(model: &ValueModel, classes: &[ModelClass]) -> Result<(), ModelError> {
    let Some(CallOutcome::Returned { thrown }) = model.call.as_ref().map(|call| call.outcome) else { return Ok(()) };
    // Callbacks look at the value before they know that script has thrown. They load nothing from an exception.
    let exceptions = [thrown.low, thrown.high].map(|bits| with([0; 2], thrown.offset, bits));
    if model.numbers.as_ref().is_some_and(|numbers| exceptions.iter().any(|&thrown| numbers.test.holds(thrown))) {
        return Err(ModelError::Overlap { class: "exceptions of the call function", other: NUMBERS });
    }
    let passes = |class: &&ModelClass| class.values.iter().any(|&value| thrown.holds(value));
    classes.iter().find(passes).map_or(Ok(()), |class| {
        Err(ModelError::Overlap { class: class.name, other: "exceptions of the call function" })
    })
}

fn check_native(model: &ValueModel) -> Result<(), ModelError> {
    let params = model.native.params();
    if params.len() != model.roles.len() {
        return Err(ModelError::Roles { parameters: params.len(), roles: model.roles.len() });
    }
    if model.native.first_variadic().is_some() {
        return Err(ModelError::Variadic);
    }
    for (index, (ty, &role)) in params.iter().zip(&model.roles).enumerate() {
        let Some(name) = role_name(role) else { continue };
        let fits = match (role, ty.as_scalar()) {
            (Role::Argc, Some(scalar)) => scalar.is_integer() && scalar.size() >= 4,
            (_, Some(scalar)) => matches!(scalar, Scalar::Pointer(_)),
            (_, None) => false,
        };
        if model.roles[..index].iter().any(|&other| role_name(other) == Some(name)) {
            return Err(ModelError::Twice { role: name });
        }
        if !fits {
            return Err(ModelError::RoleType { index, role: name, ty: ty.clone() });
        }
    }
    let passes = |role: Role| model.index(|other| role_name(other) == role_name(role)).is_some();
    let given = [(Role::Argc, "argc"), (Role::Argv { first: 0 }, "argv")];
    let Some(info) = &model.info else {
        let missing = given.into_iter().find(|(role, _)| !passes(*role));
        if missing.is_none() && passes(Role::Info) {
            return Err(ModelError::NoInfo);
        }
        return missing.map_or(Ok(()), |(_, role)| Err(ModelError::Missing { role }));
    };
    if !passes(Role::Info) {
        return Err(ModelError::Missing { role: "info" });
    }
    let context = info.context.as_ref().map(|_| (Role::Context, "context"));
    if let Some((_, role)) = given.into_iter().chain(context).find(|(role, _)| passes(*role)) {
        return Err(ModelError::InfoAndRole { role });
    }
    if info.is_consistent() { Ok(()) } else { Err(ModelError::InfoField) }
}

const fn role_name(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Ignored => return None,
        Role::Context => "context",
        Role::Argc => "argc",
        Role::Argv { .. } => "argv",
        Role::Data => "data",
        Role::Exception => "exception",
        Role::Info => "info",
    })
}

fn check_outcome(model: &ValueModel) -> Result<(), ModelError> {
    let scalar = model.native.result().and_then(Type::as_scalar);
    let size = model.native.result().and_then(|ty| Extent::of(ty).ok()).map(|extent| extent.size);
    let (fits, expected) = match model.outcome {
        ResultPath::Returned { .. } => (size == Some(model.size.into()), "a value"),
        ResultPath::Stored { .. } => {
            (scalar.is_some_and(|scalar| scalar.is_integer() || scalar == Scalar::Bool), "an integer")
        }
        ResultPath::Info if model.info.is_none() => return Err(ModelError::Missing { role: "info" }),
        ResultPath::Info => (model.native.result().is_none(), "nothing"),
    };
    if fits { Ok(()) } else { Err(ModelError::Result { expected }) }
}

fn check_integer(class: &'static str, integer: Option<Integer>, size: u8) -> Result<(), ModelError> {
    let Some(integer) = integer else { return Ok(()) };
    let Integer { test, offset, len, shift, zero } = integer;
    check_test(class, test, size)?;
    if !matches!(len, 4 | 8) || !offset.is_multiple_of(len) {
        return Err(ModelError::ModelClass { class, problem: "a number has 4 or 8 bytes at a multiple of that" });
    }
    check_room(class, offset, len, size)?;
    if shift >= len * 8 - 8 {
        return Err(ModelError::ModelClass { class, problem: "the shift leaves no room for a number" });
    }
    if zero[usize::from(offset / 8)] & integer.payload() << (offset % 8 * 8) != 0 {
        return Err(ModelError::ModelClass { class, problem: "the value of zero has bits of other numbers" });
    }
    Ok(())
}

fn check_double(double: Option<Double>, size: u8) -> Result<(), ModelError> {
    const CLASS: &str = "doubles";
    let Some(Double { test, offset, zero, nan, .. }) = double else { return Ok(()) };
    check_test(CLASS, test, size)?;
    check_room(CLASS, offset, 8, size)?;
    if !offset.is_multiple_of(8) || zero[usize::from(offset / 8)] != 0 {
        return Err(ModelError::ModelClass { class: CLASS, problem: "the number takes a word of its own" });
    }
    match nan {
        None if test.offset / 8 == offset / 8 => Err(ModelError::ModelClass {
            class: CLASS,
            problem: "numbers are told by their own bits, so every NaN must become one",
        }),
        Some(nan) if !is_nan(f64::from_bits(nan)) => {
            Err(ModelError::ModelClass { class: CLASS, problem: "the canonical NaN is a number" })
        }
        _ => Ok(()),
    }
}

fn check_boolean(boolean: Option<Boolean>, size: u8) -> Result<(), ModelError> {
    const CLASS: &str = "booleans";
    let Some(Boolean { test, offset, zero }) = boolean else { return Ok(()) };
    check_test(CLASS, test, size)?;
    check_room(CLASS, offset, 1, size)?;
    if zero[usize::from(offset / 8)] >> (offset % 8 * 8) & 1 != 0 {
        return Err(ModelError::ModelClass { class: CLASS, problem: "false has the bit of true" });
    }
    Ok(())
}

fn check_truths(model: &ValueModel) -> Result<(), ModelError> {
    const CLASS: &str = "booleans";
    let Some([no, yes]) = model.truths else { return Ok(()) };
    let problem = match (no == yes, model.size, model.boolean) {
        (true, ..) => "the words of false and true are equal",
        (_, 8, None) => return Ok(()),
        (_, 8, Some(_)) => "two descriptions tell them",
        _ => "their words are not whole values",
    };
    Err(ModelError::ModelClass { class: CLASS, problem })
}

fn check_numbers(model: &ValueModel) -> Result<(), ModelError> {
    let Some(NumberClass { test, objects }) = &model.numbers else { return Ok(()) };
    check_test(NUMBERS, *test, model.size)?;
    if objects.is_consistent() {
        return Ok(());
    }
    Err(ModelError::ModelClass {
        class: NUMBERS,
        problem: "a path is empty, bits are missing or shared, or a check cannot hold",
    })
}

fn check_indirect(model: &ValueModel) -> Result<(), ModelError> {
    match (model.indirect, model.size, &model.call) {
        (false, ..) | (true, 8, None) => Ok(()),
        (true, 8, Some(_)) => Err(ModelError::IndirectCall),
        (true, size, _) => Err(ModelError::IndirectSize { size }),
    }
}

fn check_objects(model: &ValueModel) -> Result<(), ModelError> {
    const CLASS: &str = OBJECTS;
    let Some(ObjectClass { test, offset, kinds, pointers, .. }) = &model.objects else { return Ok(()) };
    check_test(CLASS, *test, model.size)?;
    pointers.map_or(Ok(()), |pointers| check_test("pointers", pointers, model.size))?;
    check_room(CLASS, *offset, 8, model.size)?;
    if !offset.is_multiple_of(8) {
        return Err(ModelError::ModelClass { class: CLASS, problem: "the address lies in a word of its own" });
    }
    if !kinds.iter().all(Object::is_consistent) {
        return Err(ModelError::ModelClass {
            class: CLASS,
            problem: "a path is empty, or a field cannot be read or cannot have its value",
        });
    }
    Ok(())
}

/// Checks the description for a model with values of `size` bytes.
fn check_call(call: &CallFunction, size: u8) -> Result<(), ModelError> {
    let params = call.native.params();
    if params.len() != call.roles.len() {
        return Err(ModelError::CallRoles { parameters: params.len(), roles: call.roles.len() });
    }
    if call.native.first_variadic().is_some() {
        return Err(ModelError::CallVariadic);
    }
    for (index, (ty, &role)) in params.iter().zip(&call.roles).enumerate() {
        let name = role.name();
        if call.roles[..index].contains(&role) {
            return Err(ModelError::CallTwice { role: name });
        }
        if !fits(role, ty, size) {
            return Err(ModelError::CallRoleType { index, role: name, ty: ty.clone() });
        }
    }
    let missing = |&role: &CallRole| !call.has(role);
    if let Some(role) = [CallRole::Callee, CallRole::Argc, CallRole::Argv].into_iter().find(missing) {
        return Err(ModelError::CallMissing { role: role.name() });
    }
    check_call_outcome(call, size)
}

fn check_call_outcome(call: &CallFunction, size: u8) -> Result<(), ModelError> {
    const CLASS: &str = "exceptions";
    let result = call.native.result();
    let integer = |scalar: Scalar| scalar.is_integer() || scalar == Scalar::Bool;
    match call.outcome {
        CallOutcome::Returned { .. } if call.has(CallRole::Result) => Err(ModelError::CallResultTwice),
        CallOutcome::Returned { thrown } if result.is_some_and(|ty| is_value(ty, size)) => {
            check_test(CLASS, thrown, size)
        }
        CallOutcome::Returned { .. } => Err(ModelError::CallResult { expected: "a value" }),
        CallOutcome::Stored { .. } if !call.has(CallRole::Result) => {
            Err(ModelError::CallMissing { role: CallRole::Result.name() })
        }
        CallOutcome::Stored { thrown } if result.and_then(Type::as_scalar).is_some_and(integer) => {
            check_test(CLASS, thrown, 8)
        }
        CallOutcome::Stored { .. } => Err(ModelError::CallResult { expected: "an integer" }),
    }
}

/// Returns true if a parameter of the type can have the role, in a model with values of `size` bytes.
fn fits(role: CallRole, ty: &Type, size: u8) -> bool {
    match role {
        CallRole::Callee | CallRole::This => is_value(ty, size),
        CallRole::Argc => ty.as_scalar().is_some_and(|scalar| scalar.is_integer() && scalar.size() >= 4),
        CallRole::Context | CallRole::Argv | CallRole::Result | CallRole::Exception => {
            matches!(ty.as_scalar(), Some(Scalar::Pointer(_)))
        }
    }
}
