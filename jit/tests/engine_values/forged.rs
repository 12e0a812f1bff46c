//! Numbers that C returns never become values of another class.

use hotcall_jit::engine::values::{EngineAbi, ValueModel, Words};
use hotcall_jit::{Jit, Scalar, Signature, Type, Use};
use hotcall_testing::random::Random;

use crate::described;
use crate::engine::{self, HELPERS, SCENE, Scene};
use crate::models::{self, Model, Passed};

/// Bit patterns of every class of double, and of the values that engines keep in NaNs.
fn patterns() -> Vec<u64> {
    let mut random = Random::new(11);
    let mut patterns = vec![0, 1, u64::MAX, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 1 << 63];
    for high in 0..=0xffff_u64 {
        patterns.extend([high << 48, high << 48 | 1, high << 48 | 0xffff_ffff_ffff, high << 48 | random.bits() >> 16]);
    }
    patterns
}

fn is_double(model: &ValueModel, value: Words) -> bool {
    let Some(double) = model.double else { return false };
    let others = [model.integer.map(|class| class.test), model.wide.map(|class| class.test)];
    let more = [model.boolean.map(|class| class.test), model.null.map(|class| class.test), Some(model.undefined.test)];
    double.test.holds(value) && !others.into_iter().chain(more).flatten().any(|test| test.holds(value))
}

fn models() -> [Model; 4] {
    [models::tagged(), models::offset_boxed(), models::tag_boxed(), models::doubles()]
}

#[test]
fn numbers_stay_numbers() {
    for Model { name, model, .. } in models() {
        for bits in patterns() {
            let value = model.pack(Scalar::F64, bits).unwrap();
            assert!(is_double(&model, value), "{name}: {bits:#x} became {value:#x?}");
            let number = f64::from_bits(model.unpack(Scalar::F64, value).unwrap());
            let expected = f64::from_bits(bits);
            assert!(number == expected || (number.is_nan() && expected.is_nan()), "{name}: {bits:#x}");
            let single = bits >> 32;
            let value = model.pack(Scalar::F32, single).unwrap();
            assert!(is_double(&model, value), "{name}: float {single:#x} became {value:#x?}");
        }
    }
}

#[test]
fn numbers_that_c_returns_stay_numbers() {
    for model in models() {
        for scalar in [Scalar::F64, Scalar::F32] {
            let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
            let abi = EngineAbi::new(model.model.clone(), HELPERS).unwrap();
            let signature = Signature::new([], Type::from(scalar)).unwrap();
            let values = jit.engine_values(&signature, &abi).unwrap();
            let pool = Jit::shared().unwrap().thunk(&signature).unwrap().stubs(Use::Plain);
            let stub = pool.take().unwrap();
            // SAFETY: the stub is ours; the target is a function of the signature; the record outlives the native function.
            let (record, context) = unsafe {
                stub.bind(engine::callee, std::ptr::null_mut());
                (values.record(stub.entry(), engine::pending()), std::ptr::null_mut())
            };
            // SAFETY: the target is a function of the signature; the record outlives the native function.
            let native = unsafe { values.bind(&raw const record) }.unwrap();
            let mut array = vec![0; model.first() * model.words()];
            for bits in patterns().into_iter().step_by(3) {
                let slot = if scalar == Scalar::F64 { bits } else { bits >> 32 };
                SCENE.set(Some(Scene {
                    signature: signature.clone(),
                    size: model.model.size.into(),
                    indirect: model.model.indirect,
                    result: slot.to_le_bytes().into(),
                    throws: false,
                    context,
                    exception: context,
                    heap: Vec::new(),
                    events: Vec::new(),
                }));
                let (argc, array) = (0, array.as_mut_ptr());
                let passed =
                    Passed { context, argc, array, exception: context, record: (&raw const record).cast_mut().cast() };
                // SAFETY: the entry is a native function of the model.
                let value = unsafe { (model.call)(native.entry(), &passed) }.unwrap();
                assert!(is_double(&model.model, value), "{}: {scalar} {slot:#x} became {value:#x?}", model.name);
            }
            drop(native);
            stub.retire();
            // SAFETY: the stub was taken from this pool, and nobody calls it any more.
            unsafe { pool.free(stub) };
        }
    }
}

#[test]
fn integers_and_truth_values_stay_what_they_are() {
    let mut random = Random::new(12);
    for Model { name, model, .. } in described::all() {
        for _ in 0..20_000 {
            let slot = random.bits();
            if let (Some(class), Some(value)) = (model.boolean, model.pack(Scalar::Bool, slot)) {
                assert!(class.test.holds(value), "{name}");
                assert_eq!(model.unpack(Scalar::Bool, value), Some((slot as u8 != 0).into()), "{name}");
            }
            for (scalar, slot) in [
                (Scalar::I8, slot as i8 as u64),
                (Scalar::U8, slot as u8 as u64),
                (Scalar::I16, slot as i16 as u64),
                (Scalar::U16, slot as u16 as u64),
                (Scalar::I32, slot as i32 as u64),
                (Scalar::U32, slot as u32 as u64),
                (Scalar::I64, (slot as i64 >> (slot % 60)) as u64),
                (Scalar::U64, slot >> (slot % 60)),
            ] {
                let Some(value) = model.pack(scalar, slot) else { continue };
                // Unpacking gives the slot again.
                assert_eq!(model.unpack(scalar, value), Some(slot), "{name}: {scalar} {slot:#x} is {value:#x?}");
            }
        }
    }
}
