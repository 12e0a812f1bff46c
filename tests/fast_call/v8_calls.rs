//! Descriptions of functions for V8, against tables that were written by hand after V8's sources: `enum class Type` of `class
//! CTypeInfo` and `struct FastApiCallbackOptions` in `include/v8-fast-api-calls.h` of 10.2.154, 11.4.183 (11.3 has the same),
//! 12.4.254, 13.6.233 and 15.0.245.

use hotcall::engine::v8::{Generation, NoFastCall, Roots, V8CType, V8FastCall};
use hotcall::engine::{Exit, FastCallRole, MAX_FAST_CALL_PARAMETERS};
use hotcall::{Scalar, Type};
use hotcall_testing::notation;

pub(crate) const GENERATIONS: [(&str, Generation); 5] = [
    ("10.2", Generation::V10_2),
    ("11.3", Generation::V11_3),
    ("12.4", Generation::V12_4),
    ("13.6", Generation::V13_6),
    ("15.0", Generation::V15_0),
];

pub(crate) const ROOTS: Roots = Roots::new(0x1001, 0x1101, 0x1201).typed_array(Some(2061)).external(Some(2125));

fn fast_call(generation: &Generation, signature: &str) -> Result<V8FastCall, NoFastCall> {
    generation.fast_call(&notation::signature(signature), &ROOTS)
}

/// `CTypeInfo::Type` by its numbers.
fn numbers(call: &V8FastCall) -> (Vec<u8>, u8) {
    let number = |of: &V8CType| {
        assert_eq!((of.sequence, of.flags), (0, 0));
        of.ty
    };
    (call.params.iter().map(number).collect(), number(&call.result))
}

/// The last parameter: V8's options. Before 11.4, functions that refuse no argument do not have it, because script around them
/// throws waiting exceptions.
fn options(generation: &Generation, refuses: bool) -> Vec<u8> {
    if generation.misses_handlers() && !refuses { vec![] } else { vec![OPTIONS] }
}

/// For each generation: kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64, kV8Value. kVoid is 0, kBool 1, and kCallbackOptionsType
/// 255 in all of them.
const NUMBERS: [[u8; 7]; 5] = [
    // 10.2: kVoid, kBool, kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64, kV8Value
    [2, 3, 4, 5, 6, 7, 8],
    // The others: kVoid, kBool, kUint8, kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64, kPointer, kV8Value
    [3, 4, 5, 6, 7, 8, 10],
    [3, 4, 5, 6, 7, 8, 10],
    [3, 4, 5, 6, 7, 8, 10],
    [3, 4, 5, 6, 7, 8, 10],
];

const KPOINTER: [Option<u8>; 5] = [None, Some(9), Some(9), Some(9), Some(9)];
const OPTIONS: u8 = 255;

#[test]
fn arguments_arrive_by_their_types() {
    // Each type's form on arrival, in versions with `fallback` and in those without.
    const VALUE: usize = 6;
    const FLOAT64: usize = 5;
    let rows = [
        ("i8", VALUE, VALUE),
        ("u8", VALUE, VALUE),
        ("i16", VALUE, VALUE),
        ("u16", VALUE, VALUE),
        ("i32", VALUE, VALUE),
        ("u32", FLOAT64, VALUE),
        ("i64", VALUE, VALUE),
        ("u64", VALUE, VALUE),
        ("isize", VALUE, VALUE),
        ("usize", VALUE, VALUE),
        ("bool", VALUE, VALUE),
        ("f32", 4, 4),
        ("f64", FLOAT64, FLOAT64),
        ("pointer", VALUE, VALUE),
        ("buffer", VALUE, VALUE),
        ("text", VALUE, VALUE),
        ("function", VALUE, VALUE),
        ("struct {i32, i32}", VALUE, VALUE),
    ];
    for (((name, generation), numbers_of), fallback) in
        GENERATIONS.iter().zip(NUMBERS).zip([true, true, true, false, false])
    {
        for (ty, with, without) in rows {
            let call = fast_call(generation, &format!("({ty})")).unwrap();
            let number = numbers_of[if fallback { with } else { without }];
            let params = [vec![numbers_of[VALUE], number], options(generation, !matches!(ty, "f32" | "f64"))].concat();
            assert_eq!(numbers(&call), (params, 0), "{ty} in {name}");
            assert!(!call.big_ints);
        }
    }
}

#[test]
fn results_are_told_by_their_types() {
    // The place in `NUMBERS`.
    let narrow = [
        ("i8", 0, Scalar::I32),
        ("i16", 0, Scalar::I32),
        ("i32", 0, Scalar::I32),
        ("u8", 1, Scalar::U32),
        ("u16", 1, Scalar::U32),
        ("u32", 1, Scalar::U32),
        ("f32", 4, Scalar::F32),
        ("f64", 5, Scalar::F64),
    ];
    let wide = [("i64", 2), ("isize", 2), ("u64", 3), ("usize", 3)];
    for (index, (name, generation)) in GENERATIONS.iter().enumerate() {
        let result = |ty: &str| fast_call(generation, &format!("() -> {ty}"));
        let value = NUMBERS[index][6];
        let simple = [vec![value], options(generation, false)].concat();
        for (ty, number, native) in narrow {
            let call = result(ty).unwrap();
            assert_eq!(numbers(&call), (simple.clone(), NUMBERS[index][number]), "{ty} in {name}");
            assert_eq!(call.model.native.result().and_then(Type::as_scalar), Some(native));
            assert!(!call.big_ints);
        }
        assert_eq!(numbers(&result("bool").unwrap()), (simple.clone(), 1));
        assert_eq!(numbers(&fast_call(generation, "()").unwrap()), (simple, 0));
        // A buffer for a struct, behind the arguments.
        let call = fast_call(generation, "(f64) -> struct {i32, i32}").unwrap();
        assert_eq!(numbers(&call), (vec![value, NUMBERS[index][5], value, OPTIONS], 0), "{name}");
        assert_eq!(call.model.roles[2], FastCallRole::Result(0));
        // 64 bits: `Int64Representation` came between 11.4 and 11.6.
        for (ty, number) in wide {
            let call = result(ty);
            if index < 2 {
                assert_eq!(call.err(), Some(NoFastCall::Result { ty: notation_type(ty) }), "{ty} in {name}");
            } else {
                let call = call.unwrap();
                assert_eq!((numbers(&call).1, call.big_ints), (NUMBERS[index][number], true), "{ty} in {name}");
            }
        }
        for ty in ["pointer", "buffer", "text", "function"] {
            let seen = result(ty).map(|call| (numbers(&call).1, call.big_ints));
            let expected = KPOINTER[index].map(|number| (number, false));
            assert_eq!(seen, expected.ok_or(NoFastCall::Result { ty: notation_type(ty) }), "{ty} in {name}");
        }
    }
}

fn notation_type(ty: &str) -> Type {
    notation::signature(&format!("() -> {ty}")).result().unwrap().clone()
}

/// `sizeof (CTypeInfo)`, and `offsetof (FastApiCallbackOptions, fallback)`, which is gone from 12.9 on.
#[test]
fn structs_are_as_in_the_header() {
    let seen = GENERATIONS.map(|(_, generation)| (generation.info_size(), generation.exit()));
    let flag = Exit::Flag { offset: 0 };
    assert_eq!(seen, [(3, flag), (3, flag), (3, flag), (3, Exit::Raise), (2, Exit::Raise)]);
    assert_eq!(size_of::<V8CType>(), 3);
    for (_, generation) in GENERATIONS {
        let call = fast_call(&generation, "(i32, pointer) -> i32").unwrap();
        assert_eq!(call.model.exit, generation.exit());
        assert_eq!(call.model.roles.first(), Some(&FastCallRole::Ignored));
        assert_eq!(call.model.roles.last(), Some(&FastCallRole::Exit));
    }
}

/// Before 11.4 the caller looks for exceptions, and functions that refuse no argument do not need a flag.
#[test]
fn functions_of_floats_alone_have_no_options() {
    for (name, generation) in GENERATIONS {
        let looks = ["10.2", "11.3"].contains(&name);
        let call = |signature: &str| fast_call(&generation, signature).unwrap().model;
        for signature in ["()", "() -> bool", "(f64, f32) -> u32", "(12*f64) -> f64"] {
            let model = call(signature);
            assert_eq!(model.caller_looks, looks, "{name}");
            let expected = if looks { Exit::Raise } else { generation.exit() };
            assert_eq!(
                (model.exit, model.roles.contains(&FastCallRole::Exit)),
                (expected, !looks),
                "{signature} in {name}"
            );
        }
        for signature in ["(i8)", "(f64, bool)", "(u32)", "(f64, pointer) -> f64", "(f64) -> struct {f64}", "(7*i32)"] {
            let model = call(signature);
            assert_eq!((model.exit, model.caller_looks), (generation.exit(), looks), "{signature} in {name}");
            assert_eq!(model.roles.last(), Some(&FastCallRole::Exit), "{signature} in {name}");
        }
    }
}

/// More than six integers lie on the stack, where they must not be moved.
#[test]
fn many_integers_stay_where_they_are() {
    for ((name, generation), numbers_of) in GENERATIONS.iter().zip(NUMBERS) {
        let [_, _, int64, _, float32, float64, value] = numbers_of;
        let params = |signature: &str| {
            let (mut params, _) = numbers(&fast_call(generation, signature).unwrap());
            assert_eq!((params.remove(0), params.pop()), (value, Some(OPTIONS)));
            params
        };
        // In general registers, all of them.
        assert_eq!(params("(6*i32) -> i32"), [value; 6], "{name}");
        if generation.exit() == Exit::Raise {
            // Moved in any case.
            assert_eq!(params("(7*i32) -> i32"), [value; 7], "{name}");
            continue;
        }
        let many = |n: usize| [&[float64][..], &vec![int64; n - 1]].concat();
        assert_eq!(params("(7*i32) -> i32"), many(7), "{name}");
        assert_eq!(params("(12*u32) -> f64"), many(12), "{name}");
        assert_eq!(params("(i8, u8, i16, u16, i32, u32, 6*i8)"), many(12), "{name}");
        // Floats have registers of their own: the first integer is the eighth of them.
        let floats = [&[float64; 7][..], &many(7)].concat();
        assert_eq!(params("(7*f64, 7*i32) -> i32"), floats, "{name}");
        assert_eq!(params("(f32, 7*i32) -> i32"), [&[float32][..], &many(7)].concat(), "{name}");
        // With eight, no register is left for it.
        let full = [&[float64; 8][..], &[value; 7]].concat();
        assert_eq!(params("(8*f64, 7*i32) -> i32"), full, "{name}");
        // Beside a handle all integers are in general registers.
        for other in ["pointer", "bool", "i64", "struct {i8}"] {
            assert_eq!(params(&format!("(7*i32, {other}) -> i32")), [value; 8], "{other} in {name}");
            assert_eq!(params(&format!("(u32, {other}) -> i32")), [value; 2], "{other} in {name}");
            assert_eq!(params(&format!("(f64, i8, {other}) -> i32")), [float64, value, value], "{other} in {name}");
        }
    }
    // If results of 64 bits are BigInts, arguments of that type would be BigInts too.
    for (_, generation) in &GENERATIONS[2..] {
        let call = fast_call(generation, "(7*i32) -> i64").unwrap();
        assert!(call.big_ints && !numbers(&call).0.contains(&5));
        assert!(!fast_call(generation, "(7*i32) -> i32").unwrap().big_ints);
    }
}

/// A model has the arguments that V8's description has.
#[test]
fn models_agree_with_what_v8_is_told() {
    for (_, generation) in GENERATIONS {
        for signature in [
            "()",
            "(i8, f32, u32, bool, pointer) -> u8",
            "(9*i16) -> f64",
            "(buffer, usize, struct {f64, f64}) -> struct {f64, f64}",
            "(28*f64) -> f64",
        ] {
            let call = fast_call(&generation, signature).unwrap();
            let model = &call.model;
            assert_eq!(model.native.params().len(), call.params.len(), "{signature}");
            assert_eq!(model.roles.len(), call.params.len());
            for (ty, info) in model.native.params().iter().zip(&call.params) {
                let scalar = ty.as_scalar().unwrap();
                let expected = match (generation.info_size(), generation == Generation::V10_2, info.ty) {
                    (_, _, OPTIONS) | (_, true, 8) | (_, false, 10) => Type::POINTER.as_scalar().unwrap(),
                    (_, true, 4) | (_, false, 5) => Scalar::I64,
                    (_, true, 6) | (_, false, 7) => Scalar::F32,
                    (_, true, 7) | (_, false, 8) => Scalar::F64,
                    other => panic!("{other:?}"),
                };
                assert_eq!(scalar, expected, "{signature}");
            }
        }
    }
}

/// A receiver, the options and the memory for a struct count too.
#[test]
fn functions_with_too_many_parameters_have_no_fast_call() {
    for (_, generation) in GENERATIONS {
        let refused = |signature: &str| fast_call(&generation, signature).err();
        assert_eq!(refused("(30*i32) -> f64"), None);
        assert_eq!(refused("(29*f64) -> struct {f64}"), None);
        let too_many = Some(NoFastCall::Parameters { parameters: 33, max: MAX_FAST_CALL_PARAMETERS });
        assert_eq!(refused("(31*i32) -> f64"), too_many);
        assert_eq!(refused("(30*f64) -> struct {f64}"), too_many);
        let floats = 32 - 1 - options(&generation, false).len();
        assert_eq!(refused(&format!("({floats}*f64) -> f64")), None);
        assert_eq!(refused(&format!("({}*f64) -> f64", floats + 1)), too_many);
        let too_many = Some(NoFastCall::Parameters { parameters: 257, max: MAX_FAST_CALL_PARAMETERS });
        assert_eq!(refused("(255*i32)"), too_many);
    }
}
