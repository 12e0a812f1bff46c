//! Faults that the kit must find: in the toy's model, in what it does for hotcall, and in how it calls.

use std::rc::Rc;

use hotcall::engine::conformance::{self, Expression, Feature, Report, ScriptValue, Subject};
use hotcall::engine::{Boolean, Double, Integer, ResultPath, Role, Singleton, Test, ValueModel};
use hotcall::{Callback, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Thunk, Type};

use hotcall::engine::guide::toy::framed::framed_model;
use hotcall::engine::guide::toy::model::model;
use hotcall::engine::guide::toy::subject::{ToySubject, describe, script};
use hotcall::engine::guide::toy::vm::{BOOLEAN, INTEGER, NIL, VmObject, VmValue};

use crate::faulty::{Fault, FaultySubject};
use crate::toy;
use crate::wide::{self, WideSubject};

/// The kit notices in a case with this in its name or in what came of it.
#[track_caller]
fn found(report: &Report, case: &str) {
    let is_it = |failure: &&conformance::FailedCase| failure.case.contains(case) || failure.got.contains(case);
    assert!(report.failures.iter().any(|failure| is_it(&failure)), "{case}: {report}");
}

#[track_caller]
fn found_in_model(change: impl FnOnce(&mut ValueModel), case: &str) {
    let mut model = model().unwrap();
    change(&mut model);
    found(&conformance::run(&mut toy::with_model(model)), case);
}

#[track_caller]
fn found_in_engine(fault: Fault, case: &str) {
    found(&conformance::run(&mut FaultySubject::new(fault)), case);
}

/// The library says so itself.
fn is_refused(change: impl FnOnce(&mut ValueModel)) -> bool {
    let mut model = model().unwrap();
    change(&mut model);
    // SAFETY: the model makes no value an object.
    unsafe { ToySubject::new(model) }.is_err()
}

const fn tagged(tag: u64) -> Test {
    Test::masked(0, 8, 0xffff << 48, tag)
}

/// A tag that the toy takes for a number.
const FREE: u64 = 0xfffe << 48;

fn integers(model: &mut ValueModel) -> &mut Integer {
    model.integer.as_mut().unwrap()
}

#[test]
fn wrong_tags_are_found() {
    found_in_model(
        |model| {
            model.boolean = None;
            *integers(model) = Integer::new(tagged(BOOLEAN), 4, [BOOLEAN, 0]);
        },
        "same_i8(127)",
    );
    found_in_model(
        |model| {
            model.boolean = Some(Boolean::new(tagged(FREE), [FREE, 0]));
        },
        "same_bool(true)",
    );
    found_in_model(|model| model.null = Some(Singleton::word(FREE)), "pointer(true)");
    found_in_model(|model| model.undefined = Singleton::word(FREE), "nothing()");
}

#[test]
fn wrong_offsets_are_found() {
    // A byte further, and the sign is gone.
    found_in_model(|model| integers(model).shift = 8, "same_i8(127)");
    // The second byte, which is always 0.
    let boolean = Boolean::new(tagged(BOOLEAN), [BOOLEAN, 0]).offset(1);
    found_in_model(|model| model.boolean = Some(boolean), "same_bool(true)");
    // Half of the number is not where it is, in values with a tag of their own.
    let mut model = wide::model();
    integers(&mut model).len = 4;
    integers(&mut model).offset = 4;
    found(&conformance::run(&mut WideSubject::new(model)), "low_i8(383)");
    // Integers of 64 bits have room for 32 only.
    let mut model = wide::model();
    model.wide.as_mut().unwrap().len = 4;
    found(&conformance::run(&mut WideSubject::new(model)), "same_i64(9007199254740993)");
    // The function itself is taken for the first argument.
    let mut model = framed_model().unwrap();
    model.roles = [Role::Context, Role::Argc, Role::Argv { first: 0 }].into();
    found(&conformance::run(&mut toy::with_model(model)), "same_i8(127)");
}

#[test]
fn tests_that_take_other_values_are_found() {
    // Integers are booleans too. A model that has a class for them is refused before any call.
    let test = Test::range(INTEGER, BOOLEAN | 1);
    assert!(is_refused(|model| model.boolean.as_mut().unwrap().test = test));
    let booleans = |model: &mut ValueModel| {
        model.boolean.as_mut().unwrap().test = test;
        model.integer = None;
    };
    found_in_model(booleans, "same_bool(1)");
    // And booleans are integers.
    let integers = |model: &mut ValueModel| {
        integers(model).test = Test::range(INTEGER, BOOLEAN | u64::from(u32::MAX));
        model.boolean = None;
    };
    found_in_model(integers, "same_i8(true)");
    // False is null.
    let nothing = |model: &mut ValueModel| {
        let constant = Singleton::new(Test::range(BOOLEAN, NIL), [NIL, 0]);
        (model.null, model.undefined, model.boolean) = (Some(constant), constant, None);
    };
    found_in_model(nothing, "which_pointer(false)");
}

#[test]
fn wrong_doubles_are_found() {
    fn double(model: &mut ValueModel) -> &mut Double {
        model.double.as_mut().unwrap()
    }
    let biased = |model: &mut ValueModel| {
        double(model).bias = 1 << 48;
        double(model).test.high += 1 << 48;
    };
    // A value that is wrong in both directions looks right to someone who sees only the ends.
    found_in_model(biased, "f64_of_bits(1073217536, 0)");
    // NaNs become an integer.
    let not_canonical = |model: &mut ValueModel| {
        double(model).nan = Some(INTEGER | 7);
        double(model).test.high = INTEGER | 7;
        model.integer = None;
    };
    found_in_model(not_canonical, "f64_of_bits");
    // These two are found before any call: NaNs that stay as they are, and a number that is no double.
    assert!(is_refused(|model| double(model).nan = None));
    assert!(is_refused(|model| double(model).test.high = f64::NEG_INFINITY.to_bits() - 1));
}

/// The toy, which has what the last call left behind its arguments.
struct Leaving(ToySubject);

impl Subject for Leaving {
    fn has(&self, feature: Feature) -> bool {
        self.0.has(feature)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.0.define(name, function)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        self.0.callback(name, signature, body)
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        let Expression::Call(name, arguments) = expression else { return self.0.evaluate(expression) };
        let vm = &self.0.vm;
        let mut stack = Vec::new();
        for argument in arguments {
            stack.push(vm.run(&script(argument), &[])?);
        }
        stack.resize(64, VmValue::integer(7));
        vm.call(vm.global(name).ok_or("no function")?, &stack[..arguments.len()]).map(describe)
    }
}

#[test]
fn arguments_that_are_not_filled_up_are_found() {
    let mut model = model().unwrap();
    conformance::run(&mut Leaving(toy::with_model(model.clone()))).check();
    if cfg!(not(feature = "jit")) {
        // The interpreter counts, whatever the model says.
        return;
    }
    // The toy fills nothing up, whatever its model says.
    model.padded = true;
    found(&conformance::run(&mut Leaving(toy::with_model(model))), "sum12_i32(1, 2)");
}

#[test]
fn lost_exceptions_are_found() {
    let outcome = ResultPath::Returned { exception: [NIL, 0] };
    found_in_model(|model| model.outcome = outcome, "same_i8(128)");
    found_in_engine(Fault::Throw, "same_i8(128)");
    let mut model = framed_model().unwrap();
    model.outcome = ResultPath::Stored { index: 0, success: 1, exception: 1 };
    found(&conformance::run(&mut toy::with_model(model)), "same_i8(128)");
    let mut model = framed_model().unwrap();
    model.outcome = ResultPath::Stored { index: 0, success: 0, exception: 0 };
    found(&conformance::run(&mut toy::with_model(model)), "same_i8(127)");
}

/// The toy, whose callbacks run whatever waits, and whose last exception wins; and which collects nothing.
struct Eager {
    callbacks: Vec<LocalCallback>,
    toy: ToySubject,
}

impl Subject for Eager {
    fn has(&self, feature: Feature) -> bool {
        self.toy.has(feature)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.toy.define(name, function)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        if *signature != Signature::new([Type::I32], Type::I32).unwrap() {
            return self.toy.callback(name, signature, body);
        }
        let (vm, realm, script) = (Rc::clone(&self.toy.vm), self.toy.realm.clone(), script(body));
        let refuse = |call: ForeignCall| Err(call);
        let callback = Callback::local(&Thunk::new(signature).unwrap(), LocalOptions::default(), refuse, move |call| {
            match vm.run(&script, &[VmValue::integer(call.slots()[0].as_i32())]) {
                Ok(value) => call.set(value.as_number().unwrap_or_default() as i32).unwrap(),
                Err(message) => {
                    realm.take_exception();
                    realm.throw(message);
                }
            }
        });
        let callback = callback.unwrap();
        let vm = &self.toy.vm;
        vm.set_global(name, Some(vm.allocate(VmObject::Pointer(callback.as_ptr()))));
        self.callbacks.push(callback);
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.toy.evaluate(expression)
    }

    fn collect(&mut self, _: &'static str) -> bool {
        true
    }
}

#[test]
fn faults_of_callbacks_and_lives_are_found() {
    let report = conformance::run(&mut Eager { callbacks: Vec::new(), toy: toy::with_data() });
    // The value that is no number is not reported; script goes on; the last one wins; nothing goes.
    for case in ["through_i32(give, 0)", "marks()", "both(boom, bang, 3)", "a function that is collected"] {
        found(&report, case);
    }
}

#[test]
fn faults_of_engines_are_found() {
    found_in_engine(Fault::Unpin, "sum_bytes");
    found_in_engine(Fault::Len, "same_point(new Uint8Array");
    found_in_engine(Fault::View, "which_text(\"text\")");
    found_in_engine(Fault::Unsigned, "same_u64(9.223372036854776e18)");
    found_in_engine(Fault::Bytes, "same_point");
}
