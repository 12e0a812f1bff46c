//! Random signatures, values and results.

use hotcall_jit::engine::values::{ValueModel, Words};
use hotcall_jit::{Layout, Pointee, Scalar, Signature, Type};
use hotcall_testing::random::{self, Random};

use crate::described;
use crate::heap::{self, HeapObject};
use crate::models::Model;

pub(crate) fn pick<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[(random.bits() % of.len() as u64) as usize].clone()
}

fn random_type(random: &mut Random, aggregates: &[Type]) -> Type {
    if random.bits().is_multiple_of(6) { pick(random, aggregates) } else { Type::from(pick(random, Scalar::ALL)) }
}

pub(crate) fn random_signature(random: &mut Random, aggregates: &[Type], round: usize) -> Signature {
    let count = pick(random, &[0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 9, 14, 20]);
    // Every second signature has numbers alone, which takes another path.
    let params = (0..count).map(|_| {
        loop {
            let ty = random_type(random, aggregates);
            let is_number = ty.as_scalar().is_some_and(|scalar| !matches!(scalar, Scalar::Pointer(_)));
            if round.is_multiple_of(2) || is_number {
                return ty;
            }
        }
    });
    let params: Vec<_> = params.collect();
    let result = (!random.bits().is_multiple_of(8)).then(|| random_type(random, aggregates));
    Signature::new(params, result).unwrap()
}

const NUMBERS: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1.5,
    127.0,
    128.0,
    -129.0,
    255.0,
    256.0,
    32768.0,
    65535.0,
    65536.0,
    2_147_483_647.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -2_147_483_649.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    18_446_744_073_709_551_616.0,
    f64::INFINITY,
];

fn random_integer(random: &mut Random) -> i64 {
    match random.bits() % 3 {
        0 => random.bits() as i64 >> (random.bits() % 64),
        1 => pick(random, &NUMBERS) as i64,
        _ => (random.bits() % 300) as i64 - 20,
    }
}

fn random_number(random: &mut Random) -> f64 {
    match random.bits() % 6 {
        // Denormal doubles, and those around the least floats.
        5 if random.bits().is_multiple_of(4) => f64::from_bits(random.bits() & !(0x7ff << 52)),
        5 => f64::from_bits(random.bits() & !(0x7ff << 52) | (870 + random.bits() % 32) << 52),
        0 => f64::from_bits(random.bits()),
        1 => f64::from_bits(random.bits() | 0x7ff0_0000_0000_0000),
        2 => random_integer(random) as f64,
        _ => pick(random, &NUMBERS),
    }
}

/// A value that the type may take, of one of the model's classes, or any bits that are not those of an object.
pub(crate) fn random_value(
    random: &mut Random,
    model: &Model,
    ty: &Type,
    heap: &mut Vec<&'static HeapObject>,
) -> Words {
    let model = &model.model;
    let is_stray = |value| {
        let objects = model.objects.as_ref();
        let is_object = objects.is_some_and(|objects| {
            objects.word(value).is_some() || objects.pointers.is_some_and(|test| test.holds(value))
        });
        let is_number = model.numbers.as_ref().is_some_and(|numbers| numbers.test.holds(value));
        (is_object || is_number) && !is_known(model, value)
    };
    if let Some(objects) = &model.objects
        && random.bits() % 10 < if heap::is_object(ty) { 7 } else { 1 }
    {
        // Some objects are passed twice.
        if heap.is_empty() || random.bits().is_multiple_of(3) {
            heap.push(heap::random(random));
        }
        let object = pick(random, heap);
        return object.pointer(objects).unwrap_or_else(|| object.value(objects));
    }
    if model.numbers.is_some() && random.bits().is_multiple_of(3) {
        return random_number_object(random);
    }
    loop {
        let value = random_plain(random, model, ty);
        if !is_stray(value) {
            return value;
        }
    }
}

/// Returns true for null, undefined and truth values.
fn is_known(model: &ValueModel, value: Words) -> bool {
    let truths = model.truths.into_iter().flatten().map(|truth| [truth, 0]);
    let constants = model.null.iter().chain([&model.undefined]).map(|constant| constant.value);
    truths.chain(constants).any(|constant| constant == value)
}

/// Returns the value of a number that is an object.
fn random_number_object(random: &mut Random) -> Words {
    let word = if random.bits().is_multiple_of(3) {
        described::wide(random).0
    } else {
        described::double(random_number(random))
    };
    [word, 0]
}

fn random_plain(random: &mut Random, model: &ValueModel, ty: &Type) -> Words {
    let bits = [random.bits(), if model.size == 16 { random.bits() } else { 0 }];
    // The model packs what C returns: so there is a value of each class.
    let pack = |scalar, slot| model.pack(scalar, slot).unwrap_or(bits);
    let likely = match ty.as_scalar() {
        Some(Scalar::Bool) => 6,
        Some(Scalar::Pointer(_)) => 7,
        _ => random.bits() % 6,
    };
    match if random.bits().is_multiple_of(20) { random.bits() % 12 } else { likely } {
        0..=1 => pack(Scalar::I32, random_integer(random) as i32 as i64 as u64),
        2 => pack(Scalar::U8, random.bits() & 0xff),
        3..=4 => pack(Scalar::F64, random_number(random).to_bits()),
        5 => pack(Scalar::I64, random_integer(random) as u64),
        6 => pack(Scalar::Bool, random.bits() & 1),
        7 if random.bits().is_multiple_of(2) => {
            let [first, second] = pack(Scalar::I32, 0);
            [first ^ 1, second]
        }
        7 => model.null.map_or(bits, |null| null.value),
        8 => model.undefined(),
        9 => [bits[0], model.undefined()[1]],
        _ => bits,
    }
}

pub(crate) fn random_result(random: &mut Random, result: Option<&Type>) -> Vec<u8> {
    let Some(ty) = result else { return Vec::new() };
    let bytes = random.value(&Layout::of(ty).unwrap());
    match ty.as_scalar() {
        Some(Scalar::F64) => random_number(random).to_le_bytes().into(),
        Some(Scalar::F32) => u64::from((random_number(random) as f32).to_bits()).to_le_bytes().into(),
        Some(Scalar::Pointer(_)) if random.bits().is_multiple_of(2) => vec![0; 8],
        Some(scalar) if !scalar.is_float() && scalar != Scalar::Bool && random.bits().is_multiple_of(2) => {
            random::slot(scalar, &random_integer(random).to_le_bytes()[..bytes.len()]).to_le_bytes().into()
        }
        Some(scalar) => random::slot(scalar, &bytes).to_le_bytes().into(),
        None => bytes,
    }
}

/// Returns a signature with more objects than fit in the list, or as many.
pub(crate) fn signature_with_many_objects(random: &mut Random, count: usize) -> Signature {
    let params = (0..count)
        .map(|_| Type::from(pick(random, &[Scalar::Pointer(Pointee::Buffer), Scalar::Pointer(Pointee::Text)])));
    Signature::new(params.collect::<Vec<_>>(), Some(Type::I32)).unwrap()
}
