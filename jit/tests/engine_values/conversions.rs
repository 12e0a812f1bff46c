//! `pack` and `unpack`, by hand.

use hotcall_jit::engine::values::{Integer, Singleton, Test, ValueModel, Words};
use hotcall_jit::{Pointee, Scalar};
use hotcall_testing::random::Random;

use crate::described;
use crate::models;

const POINTER: Scalar = Scalar::Pointer(Pointee::Opaque);

#[track_caller]
fn unpacks<const N: usize>(model: &ValueModel, rows: [(Scalar, Words, Option<u64>); N]) {
    assert_eq!(rows.map(|(scalar, value, _)| (scalar, value, model.unpack(scalar, value))), rows);
}

#[track_caller]
fn packs<const N: usize>(model: &ValueModel, rows: [(Scalar, u64, Option<Words>); N]) {
    assert_eq!(rows.map(|(scalar, slot, _)| (scalar, slot, model.pack(scalar, slot))), rows);
}

fn double(number: f64) -> u64 {
    number.to_bits()
}

const fn signed(number: i64) -> u64 {
    number as u64
}

#[test]
fn tagged_values_become_slots() {
    let int = |number: i32| [u64::from(number as u32), 0];
    let float = |number: f64| [number.to_bits(), 8];
    let big = |number: i32| [u64::from(number as u32), 7];
    let model = models::tagged().model;
    unpacks(
        &model,
        [
            (Scalar::I8, int(127), Some(127)),
            (Scalar::I8, int(128), None),
            (Scalar::I8, int(-128), Some(signed(-128))),
            (Scalar::I8, int(-129), None),
            (Scalar::U8, int(255), Some(255)),
            (Scalar::U8, int(256), None),
            (Scalar::U8, int(-1), None),
            (Scalar::I16, int(32767), Some(32767)),
            (Scalar::I16, int(32768), None),
            (Scalar::U16, int(65535), Some(65535)),
            (Scalar::U16, int(65536), None),
            (Scalar::I32, int(i32::MIN), Some(signed(-0x8000_0000))),
            (Scalar::U32, int(i32::MAX), Some(0x7fff_ffff)),
            (Scalar::U32, int(-1), None),
            (Scalar::I64, int(-1), Some(u64::MAX)),
            (Scalar::U64, int(-1), None),
            (Scalar::Usize, int(5), Some(5)),
            (Scalar::Isize, int(-5), Some(signed(-5))),
            (Scalar::F64, int(-3), Some(double(-3.0))),
            (Scalar::F32, int(16_777_217), Some(0x4b80_0000)),
            (Scalar::Bool, int(1), None),
            (POINTER, int(0), None),
        ],
    );
    unpacks(
        &model,
        [
            (Scalar::I8, float(127.0), Some(127)),
            (Scalar::I8, float(127.5), None),
            (Scalar::I8, float(128.0), None),
            (Scalar::U8, float(-0.0), Some(0)),
            (Scalar::I32, float(2_147_483_648.0), None),
            (Scalar::U32, float(2_147_483_648.0), Some(0x8000_0000)),
            (Scalar::U32, float(4_294_967_296.0), None),
            (Scalar::I64, float(-9_223_372_036_854_775_808.0), Some(0x8000_0000_0000_0000)),
            (Scalar::I64, float(9_223_372_036_854_775_808.0), None),
            // From there on the helper looks at it.
            (Scalar::U64, float(9_223_372_036_854_775_808.0), None),
            (Scalar::U64, float(9_223_372_036_854_774_784.0), Some(0x7fff_ffff_ffff_fc00)),
            (Scalar::U64, float(-1.0), None),
            (Scalar::I32, float(f64::NAN), None),
            (Scalar::I64, float(f64::INFINITY), None),
            (Scalar::I64, float(f64::NEG_INFINITY), None),
            (Scalar::F64, float(-0.0), Some(0x8000_0000_0000_0000)),
            (Scalar::F64, [0x7ff0_0000_0000_0001, 8], Some(0x7ff0_0000_0000_0001)),
            (Scalar::F32, float(0.1), Some(0x3dcc_cccd)),
            (Scalar::F32, float(1e300), Some(0x7f80_0000)),
            (Scalar::Bool, float(1.0), None),
        ],
    );
    unpacks(
        &model,
        [
            (Scalar::I64, big(-5), Some(signed(-5))),
            (Scalar::U64, big(-5), Some(signed(-5))),
            (Scalar::Isize, big(7), Some(7)),
            (Scalar::I32, big(7), None),
            (Scalar::F64, big(7), None),
            (Scalar::Bool, [1, 1], Some(1)),
            (Scalar::Bool, [0, 1], Some(0)),
            (Scalar::Bool, [0, 2], None),
            (POINTER, [0, 2], Some(0)),
            (POINTER, [0, 3], None),
            (Scalar::I32, [1, 1], None),
            // The upper half of a tag means nothing, nor does that of an integer.
            (Scalar::I32, [0xdead_beef_0000_0005, 0xdead_beef_0000_0000], Some(5)),
            (Scalar::Bool, [0xffff_ff00_0000_0001, 0xffff_ffff_0000_0001], Some(1)),
        ],
    );
}

#[test]
fn slots_become_tagged_values() {
    let model = models::tagged().model;
    packs(
        &model,
        [
            (Scalar::I8, signed(-1), Some([0xffff_ffff, 0])),
            (Scalar::U32, 0x7fff_ffff, Some([0x7fff_ffff, 0])),
            (Scalar::U32, 0x8000_0000, Some([double(2_147_483_648.0), 8])),
            (Scalar::U32, 0xffff_ffff, Some([double(4_294_967_295.0), 8])),
            (Scalar::I32, signed(-0x8000_0000), Some([0x8000_0000, 0])),
            (Scalar::I64, signed(-1), Some([0xffff_ffff, 7])),
            (Scalar::I64, 0x7fff_ffff, Some([0x7fff_ffff, 7])),
            (Scalar::I64, 0x8000_0000, None),
            (Scalar::I64, signed(-0x8000_0001), None),
            (Scalar::U64, 5, Some([5, 7])),
            (Scalar::U64, u64::MAX, None),
            (Scalar::Usize, 0x8000_0000, None),
            (Scalar::F64, double(1.5), Some([double(1.5), 8])),
            (Scalar::F64, 0xfff8_0000_0000_0123, Some([0xfff8_0000_0000_0123, 8])),
            (Scalar::F32, 0x3fc0_0000, Some([double(1.5), 8])),
            (Scalar::Bool, 1, Some([1, 1])),
            (Scalar::Bool, 0, Some([0, 1])),
            // C returned a `bool` that is neither 0 nor 1.
            (Scalar::Bool, 0x80, Some([1, 1])),
            (Scalar::Bool, 0x5a00, Some([0, 1])),
            (POINTER, 0, Some([0, 2])),
            (POINTER, 0x1000, None),
        ],
    );
    assert_eq!(model.undefined(), [0, 3]);
    assert!(model.passes_data() && !models::offset_boxed().model.passes_data());
}

#[test]
fn offset_boxes_are_converted() {
    let model = models::offset_boxed().model;
    unpacks(
        &model,
        [
            (Scalar::I32, [0xfffe_0000_0000_0001, 0], Some(1)),
            (Scalar::I32, [0xfffe_0000_ffff_ffff, 0], Some(u64::MAX)),
            (Scalar::F64, [0x3ffa_0000_0000_0000, 0], Some(double(1.5))),
            (Scalar::F64, [0x7ffa_0000_0000_0000, 0], Some(0x7ff8_0000_0000_0000)),
            (Scalar::Bool, [7, 0], Some(1)),
            (Scalar::Bool, [6, 0], Some(0)),
            (POINTER, [2, 0], Some(0)),
            (POINTER, [10, 0], None),
            (Scalar::F64, [10, 0], None),
            // An address.
            (Scalar::F64, [0x0001_ffff_ffff_ffff, 0], None),
            (Scalar::I64, [0x0000_7f12_3456_7890, 0], None),
        ],
    );
    packs(
        &model,
        [
            (Scalar::I32, 1, Some([0xfffe_0000_0000_0001, 0])),
            (Scalar::I32, signed(-1), Some([0xfffe_0000_ffff_ffff, 0])),
            (Scalar::U32, 0xffff_ffff, Some([0x41f1_ffff_ffe0_0000, 0])),
            (Scalar::F64, double(1.5), Some([0x3ffa_0000_0000_0000, 0])),
            (Scalar::F64, 0, Some([0x0002_0000_0000_0000, 0])),
            (Scalar::F64, double(-0.0), Some([0x8002_0000_0000_0000, 0])),
            (Scalar::F64, double(f64::NEG_INFINITY), Some([0xfff2_0000_0000_0000, 0])),
            (Scalar::F64, u64::MAX, Some([0x7ffa_0000_0000_0000, 0])),
            (Scalar::F32, 0xffff_ffff, Some([0x7ffa_0000_0000_0000, 0])),
            (Scalar::Bool, 1, Some([7, 0])),
            (POINTER, 0, Some([2, 0])),
            (Scalar::I64, 0, None),
        ],
    );
}

#[test]
fn shifted_integers_are_converted() {
    let model = models::shifted().model;
    unpacks(
        &model,
        [
            (Scalar::I64, [4, 0], Some(2)),
            (Scalar::I64, [signed(-2), 0], Some(u64::MAX)),
            (Scalar::I64, [0x8000_0000_0000_0000, 0], Some(0xc000_0000_0000_0000)),
            (Scalar::U64, [0x7fff_ffff_ffff_fffe, 0], Some(0x3fff_ffff_ffff_ffff)),
            (Scalar::U64, [signed(-2), 0], None),
            (Scalar::I64, [5, 0], None),
            (Scalar::U8, [510, 0], Some(255)),
            (Scalar::U8, [512, 0], None),
            (Scalar::I32, [0x1_0000_0000, 0], None),
            (Scalar::I32, [0xffff_fffe, 0], Some(0x7fff_ffff)),
            (Scalar::U32, [0x1_0000_0000, 0], Some(0x8000_0000)),
            (Scalar::F64, [6, 0], Some(double(3.0))),
            (Scalar::F32, [signed(-6), 0], Some(0xc040_0000)),
            (Scalar::Bool, [2, 0], None),
            (POINTER, [0, 0], None),
        ],
    );
    packs(
        &model,
        [
            (Scalar::I32, signed(-1), Some([signed(-2), 0])),
            (Scalar::U32, 0xffff_ffff, Some([0x1_ffff_fffe, 0])),
            // The model does not have doubles, wide integers, booleans or null.
            (Scalar::F64, 0, None),
            (Scalar::F32, 0, None),
            (Scalar::I64, 0, None),
            (Scalar::Bool, 1, None),
            (POINTER, 0, None),
        ],
    );
}

#[test]
fn integers_of_31_bits_are_converted() {
    let mut model = models::offset_boxed().model;
    let test = Test::masked(0, 8, 0xffff_ffff_0000_0001, 0xfffe_0000_0000_0001);
    model.integer = Some(Integer::new(test, 4, [0xfffe_0000_0000_0001, 0]).shift(1));
    unpacks(
        &model,
        [
            (Scalar::I32, [0xfffe_0000_0000_0003, 0], Some(1)),
            (Scalar::I32, [0xfffe_0000_ffff_ffff, 0], Some(u64::MAX)),
            (Scalar::I32, [0xfffe_0000_8000_0001, 0], Some(signed(-0x4000_0000))),
            (Scalar::I32, [0xfffe_0000_0000_0002, 0], None),
        ],
    );
    packs(
        &model,
        [
            (Scalar::I32, signed(-1), Some([0xfffe_0000_ffff_ffff, 0])),
            (Scalar::I32, 0x3fff_ffff, Some([0xfffe_0000_7fff_ffff, 0])),
            (Scalar::I32, 0x4000_0000, Some([double(1_073_741_824.0) + (1 << 49), 0])),
            (Scalar::I32, signed(-0x4000_0000), Some([0xfffe_0000_8000_0001, 0])),
            (Scalar::I32, signed(-0x4000_0001), Some([double(-1_073_741_825.0) + (1 << 49), 0])),
        ],
    );
}

#[test]
fn parts_of_wide_values_are_converted() {
    let model = models::wide().model;
    let tag = |tag: u64| tag << 16;
    unpacks(
        &model,
        [
            (Scalar::I64, [tag(0xfff9), 0x8000_0000_0000_0001], Some(0x8000_0000_0000_0001)),
            (Scalar::I64, [tag(0xfff8), 5], None),
            (Scalar::F64, [tag(0x8001), double(1.5) + 3], Some(double(1.5))),
            // 24 bits above a byte, with a sign.
            (Scalar::I64, [0x0000_0500_0000_0088, 0], Some(5)),
            (Scalar::I64, [0xffff_ff00_0000_0088, 0], Some(u64::MAX)),
            (Scalar::I32, [0x0000_0500_0000_0088, 0], None),
            (Scalar::Bool, [0x0100_0000_0000_0000 | tag(0x7004), 0], Some(1)),
            (Scalar::Bool, [0xfe00_0000_0000_0000 | tag(0x70f8), 0], Some(0)),
            (Scalar::Bool, [tag(0x7009), 0], None),
            (Scalar::Bool, [tag(0x7002), 0], None),
            (POINTER, [0xffff_f009, 0x8000_0000], Some(0)),
            (POINTER, [0xef09, 0x8000_0000], None),
            (POINTER, [0xfdff, 0], Some(0)),
            (POINTER, [0xfeff, 0], None),
        ],
    );
    packs(
        &model,
        [
            (Scalar::I8, signed(-2), Some([tag(0xfff9), signed(-2)])),
            (Scalar::U32, 0xffff_ffff, Some([tag(0xfff9), 0xffff_ffff])),
            (Scalar::I64, signed(-1), Some([0xffff_ff00_0000_0088, 0])),
            (Scalar::I64, 0x7f_ffff, Some([0x7fff_ff00_0000_0088, 0])),
            (Scalar::I64, 0x80_0000, None),
            (Scalar::U64, 0x80_0000, None),
            (Scalar::F64, double(1.5), Some([tag(0x8001), double(1.5) + 3])),
            (Scalar::Bool, 1, Some([0x0100_0000_0000_0000 | tag(0x7004), 0])),
            (POINTER, 0, Some([0xf500, 0x9000_0000_0000_0000])),
        ],
    );
}

#[test]
fn words_of_truth_have_nothing_in_common() {
    let model = described::frame().model;
    let [no, yes] = model.truths.unwrap();
    let Singleton { value: [null, _], .. } = model.null.unwrap();
    unpacks(
        &model,
        [
            (Scalar::Bool, [no, 0], Some(0)),
            (Scalar::Bool, [yes, 0], Some(1)),
            (Scalar::Bool, [null, 0], None),
            (Scalar::Bool, [1 << 32, 0], None),
            (POINTER, [null, 0], Some(0)),
            (POINTER, [no, 0], None),
            (Scalar::I32, [0xffff_fffe_0000_0000, 0], Some(signed(-2))),
            (Scalar::U32, [0xffff_fffe_0000_0000, 0], None),
            (Scalar::F64, [0xffff_fffe_0000_0000, 0], Some(double(-2.0))),
            // Objects are not loaded here.
            (Scalar::F64, [described::double(1.5), 0], None),
        ],
    );
    packs(
        &model,
        [
            (Scalar::Bool, 0x5a00, Some([no, 0])),
            (Scalar::Bool, 0x80, Some([yes, 0])),
            (Scalar::I8, signed(-2), Some([0xffff_fffe_0000_0000, 0])),
            (Scalar::U32, 0x7fff_ffff, Some([0x7fff_ffff_0000_0000, 0])),
            (Scalar::U32, 0x8000_0000, None),
            (Scalar::F64, double(1.0), None),
            (Scalar::I64, 1, None),
            (POINTER, 0, Some([null, 0])),
        ],
    );
}

#[test]
fn numbers_that_are_objects_are_converted() {
    let model = described::frame().model;
    // SAFETY: the values are as the model says.
    let unpack = |scalar, word| unsafe { model.unpack_object(scalar, [word, 0]) };
    for (scalar, number, expected) in [
        (Scalar::F64, 1.5, Some(double(1.5))),
        (Scalar::F64, -0.0, Some(double(-0.0))),
        (Scalar::F32, 0.1, Some(0x3dcc_cccd)),
        (Scalar::F32, 1e-40, Some(0x0001_16c2)),
        (Scalar::I8, -128.0, Some(signed(-128))),
        (Scalar::I8, 128.0, None),
        (Scalar::I32, 0.5, None),
        (Scalar::I32, -0.0, Some(0)),
        (Scalar::U32, 4_294_967_295.0, Some(0xffff_ffff)),
        (Scalar::U32, -1.0, None),
        (Scalar::I64, -9_223_372_036_854_775_808.0, Some(1 << 63)),
        (Scalar::U64, 9_223_372_036_854_775_808.0, None),
        (Scalar::Usize, 9_007_199_254_740_992.0, Some(1 << 53)),
        (Scalar::I64, f64::NAN, None),
        (Scalar::Bool, 1.0, None),
        (POINTER, 0.0, None),
    ] {
        assert_eq!(unpack(scalar, described::double(number)), expected, "{scalar} {number}");
    }
    let mut random = Random::new(5);
    for _ in 0..200 {
        let (word, low) = described::wide(&mut random);
        for scalar in [Scalar::I64, Scalar::U64, Scalar::Isize, Scalar::Usize] {
            assert_eq!(unpack(scalar, word), Some(low));
        }
        for scalar in [Scalar::I32, Scalar::F64, Scalar::Bool, POINTER] {
            assert_eq!(unpack(scalar, word), None);
        }
    }
    // Other objects, and values that are not objects.
    let others = model.truths.unwrap().into_iter().chain([model.undefined()[0], 7 << 32, 0]);
    for word in others {
        assert_eq!(Scalar::ALL.iter().find_map(|&scalar| unpack(scalar, word)), None, "{word:#x}");
    }
}

#[test]
fn doubles_alone_hold_every_number() {
    let model = models::doubles().model;
    packs(
        &model,
        [
            (Scalar::I32, signed(-7), Some([double(-7.0), 0])),
            (Scalar::U8, 255, Some([double(255.0), 0])),
            (Scalar::F64, 0x7ff8_0000_0000_0000, Some([0xfff8_0000_0000_0000, 0])),
            (Scalar::I64, signed(-1), Some([0xfffa_0000_ffff_fffe, 0])),
            (Scalar::I64, 0x4000_0000, None),
        ],
    );
    unpacks(
        &model,
        [
            (Scalar::I32, [double(-7.0), 0], Some(signed(-7))),
            (Scalar::I32, [0xfffa_0000_0000_0002, 0], None),
            (Scalar::I64, [0xfffa_0000_0000_0002, 0], Some(1)),
            (Scalar::Bool, [0xfffb_0100_0000_0000, 0], Some(1)),
        ],
    );
}

#[test]
fn tests_hold_for_the_values_they_name() {
    assert!(Test::equal(3, 1, 0xab).holds([0xab00_0000, 0]));
    assert!(!Test::equal(3, 1, 0xab).holds([0xac00_0000, 0]));
    assert!(Test::equal(10, 2, 0x1234).holds([0, 0x1234_0000]));
    assert!(Test::masked(8, 4, 0xf0, 0x50).holds([0, 0xffff_ff5f]));
    assert!(!Test::masked(8, 4, 0xf0, 0x50).holds([0, 0x60]));
    let range = Test::range(10, 20);
    assert_eq!([9, 10, 15, 20, 21].map(|word| range.holds([word, 0])), [false, true, true, true, false]);
    assert_eq!(Singleton::word(7).value, [7, 0]);
    assert!(Singleton::word(7).test.holds([7, 9]) && !Singleton::word(7).test.holds([8, 9]));
}
