//! Options and models as a user's crate makes them: by constructors and builders alone, so that later fields do not break it.

use std::ptr;
use std::time::Duration;

use hotcall::declare::{Declaration, Declarations};
use hotcall::engine::nanbox::SpiderMonkeyTypes;
use hotcall::engine::v8::Roots;
use hotcall::engine::{
    Boolean, Check, Double, Engine, EngineError, Exit, FastCallModel, FastCallRole, Handles, Integer, Kind, Object,
    Output, Path, Realm, ResultPath, Role, Singleton, Site, Small, Tag, Test, ValueModel, View, Words, quickjs,
};
use hotcall::{
    Binding, FloatEnvironment, FunctionOptions, LocalOptions, OnPanic, OpenFlags, Signature, Type, Unmapping,
    Visibility, Wait,
};

/// Options are passed by value, again and again.
const fn assert_copy<T: Copy>(_: T) {}

#[test]
fn options_begin_with_their_defaults() {
    assert_eq!(OpenFlags::new(), OpenFlags::default());
    assert_eq!(FunctionOptions::new(), FunctionOptions::default());
    assert_eq!(LocalOptions::new(), LocalOptions::default());
}

#[test]
fn each_option_has_a_method_that_changes_it_alone() {
    const FLAGS: OpenFlags = OpenFlags::new().binding(Binding::Now);
    assert_eq!((FLAGS.binding, FLAGS.visibility), (Binding::Now, Visibility::Local));
    let flags = FLAGS.visibility(Visibility::Global).float_environment(FloatEnvironment::Keep);
    assert_eq!((flags.binding, flags.visibility), (Binding::Now, Visibility::Global));
    assert_eq!(flags.float_environment, FloatEnvironment::Keep);
    assert_eq!(
        (flags.unmapping, FLAGS.unmapping(Unmapping::AfterClose).unmapping),
        (Unmapping::WhenUnused, Unmapping::AfterClose)
    );
    assert_copy(flags);

    const LAZY: FunctionOptions = FunctionOptions::new().lazy(true);
    assert_eq!((LAZY.lazy, LAZY.capture_errno), (true, false));
    let options = LAZY.capture_errno(true);
    assert_eq!((options.lazy, options.capture_errno), (true, true));
    assert_eq!(options.lazy(false), FunctionOptions::new().capture_errno(true));
    assert_copy(options);

    const ABORTS: LocalOptions = LocalOptions::new().on_panic(OnPanic::Abort);
    assert_eq!((ABORTS.on_panic, ABORTS.wait), (OnPanic::Abort, Wait::Forever));
    let options = ABORTS.wait(Wait::AtMost(Duration::from_millis(5)));
    assert_eq!((options.on_panic, options.wait), (OnPanic::Abort, Wait::AtMost(Duration::from_millis(5))));
    assert_copy(options);
}

#[test]
fn declarations_say_what_they_are() -> Result<(), Box<dyn std::error::Error>> {
    let mut declarations = Declarations::new();
    declarations.insert(Declaration::function("f", Signature::new([], Type::I32)?).nonblocking().optional())?;
    declarations.insert(Declaration::static_("v", Type::I64))?;
    let [f, v] = [declarations.get("f")?, declarations.get("v")?];
    assert!(f.as_function().is_some_and(|function| function.nonblocking) && f.as_static().is_none() && f.optional);
    assert!(v.as_function().is_none() && v.as_static().is_some_and(|variable| variable.ty == Type::I64));
    Ok(())
}

/// The model of QuickJS, from the parts that its page names.
#[test]
fn a_model_is_built_from_its_parts() -> Result<(), Box<dyn std::error::Error>> {
    let tagged = |tag| Test::equal(8, 4, tag);
    let model = quickjs::model();
    let roles = [Role::Context, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Ignored, Role::Data];
    let outcome = ResultPath::Returned { exception: quickjs::EXCEPTION };
    let empty = ValueModel::new(model.native.clone(), roles, outcome, Singleton::new(tagged(3), [0, 3]));
    assert_eq!((empty.size, empty.padded), (8, false));
    assert_eq!((empty.integer, empty.double, empty.wide), (None, None, None));
    assert_eq!((empty.boolean, empty.null), (None, None));
    let built = empty
        .size(16)
        .padded(true)
        .integer(Integer::new(tagged(0), 4, [0, 0]))
        .double(Double::new(tagged(8), [0, 8]))
        .wide(Integer::new(tagged(7), 4, [0, 7]))
        .boolean(Boolean::new(tagged(1), [0, 1]))
        .null(Singleton::new(tagged(2), [0, 2]))
        .call(model.call.clone());
    assert_eq!(built, model);
    assert_eq!(built.clone().wide(None).wide, None);
    // SAFETY: nothing is called.
    unsafe { Realm::new(Mute, built) }?;
    Ok(())
}

#[test]
fn classes_say_where_their_payload_is() {
    let test = Test::masked_range(2, 4, 0xff0f, 3..=8);
    assert_eq!((test.offset, test.len, test.mask, test.low, test.high), (2, 4, 0xff0f, 3, 8));
    let integer = Integer::new(test, 4, [1, 2]).offset(8).shift(3);
    assert_eq!((integer.offset, integer.len, integer.shift, integer.zero), (8, 4, 3, [1, 2]));
    let double = Double::new(test, [1, 2]).offset(8).bias(5).nan(7);
    assert_eq!((double.offset, double.bias, double.nan, double.zero), (8, 5, Some(7), [1, 2]));
    assert_eq!(Boolean::new(test, [1, 2]).offset(3).offset, 3);
    let types = SpiderMonkeyTypes::INT32_IS_1.int32(5).boolean(6).undefined(7).null(8);
    assert_eq!((types.int32, types.boolean, types.undefined, types.null), (5, 6, 7, 8));
}

#[cfg(all(target_arch = "x86_64", not(windows)))]
#[test]
fn a_typed_model_is_built_from_its_parts() -> Result<(), Box<dyn std::error::Error>> {
    let abi = hotcall::engine::Abi::host().ok_or("no convention")?;
    let native = Signature::new([Type::POINTER, Type::U64], Type::I32)?;
    let model = FastCallModel::new(abi, native, [FastCallRole::Ignored, FastCallRole::Handle(0)], Exit::Raise);
    assert!(model.handles.is_empty() && !model.caller_looks);

    let path = |offset: i32| Path([offset].into());
    let checks = [Check { at: path(0), test: Test::equal(0, 2, 7) }];
    let bytes = Object::new([path(8), path(16)]).checks(checks).length(path(24));
    assert_eq!((bytes.checks.len(), bytes.address.len(), &bytes.length), (1, 2, &Some(path(24).into())));
    let words = Handles::new(Tag { mask: 1, bits: 1 });
    assert_eq!((words.indirect, words.integers, words.null, words.booleans), (false, None, None, None));
    let words = words.indirect(true).integers(Small::new(Tag { mask: 1, bits: 0 }, 32)).null(2).booleans([4, 6]);
    assert_eq!((words.indirect, words.null, words.booleans), (true, Some(2), Some([4, 6])));
    assert_eq!(words.integers.map(|small| small.shift), Some(32));

    let model = model.handles([words.objects([bytes])]).caller_looks(true);
    assert_eq!((model.handles[0].objects.len(), model.caller_looks), (1, true));
    let roots = Roots::new(1, 3, 5).typed_array(Some(7)).external(Some(9));
    assert_eq!((roots.null, roots.no, roots.yes), (1, 3, 5));
    assert_eq!((roots.typed_array, roots.external), (Some(7), Some(9)));
    Ok(())
}

/// An engine that does not make values. Its `match` has an arm for the outputs of later versions.
struct Mute;

// SAFETY: the engine does not make values, so that none has bytes.
unsafe impl Engine for Mute {
    type Exception = String;

    unsafe fn view(&self, _: Site, _: Words) -> View {
        View::Other(Kind::Object)
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, String> {
        Err(output.no_value().to_string())
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, _: Site, _: String) {}
}

#[test]
fn what_an_engine_does_not_know_is_an_error_that_names_it() {
    let site = Site::new(ptr::null_mut()).with_exception(ptr::without_provenance_mut(8));
    assert_eq!((site.context.addr(), site.exception.addr()), (0, 8));
    for (output, name) in [
        (Output::I64(1), "a signed 64-bit integer"),
        (Output::Bytes(&[1]), "the bytes of a struct or union"),
        (Output::Null, "the null pointer"),
    ] {
        // SAFETY: the engine does not look at values.
        let error = unsafe { Mute.make(site, output) }.unwrap_err();
        assert_eq!(error, format!("the engine has no value for {name}"));
    }
}
