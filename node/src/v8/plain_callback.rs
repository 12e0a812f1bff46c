//! Callbacks with a few scalars, as nearly all are. Their values need no memory, and most of them no handle.

use std::mem::MaybeUninit;
use std::{ptr, slice};

use hotcall::engine::{EngineError, Realm};
use hotcall::{Call, Scalar, Signature, Slot};

use super::isolate::{V8, small_integer};
use crate::api::env::Value;
use crate::api::thrown::Thrown;
use crate::engine::{Node, SITE, words};

/// The signature of such a callback.
pub(crate) struct PlainCallback {
    signature: Signature,
    params: Box<[Scalar]>,
    result: Option<Scalar>,
}

/// The largest number of arguments.
const MAX: usize = 8;

impl PlainCallback {
    /// Returns `None` if the signature has structs, or many parameters.
    pub(crate) fn of(signature: &Signature) -> Option<Self> {
        let params = signature.params().iter().map(|ty| ty.as_scalar()).collect::<Option<Box<[_]>>>()?;
        let result = signature.result().map(|ty| ty.as_scalar());
        (params.len() <= MAX && result != Some(None)).then(|| Self {
            signature: signature.clone(),
            params,
            result: result.flatten(),
        })
    }

    /// Answers a call as [`Realm::answer`] does.
    ///
    /// # Safety
    ///
    /// The call is one of a callback with this signature, on the realm's thread. `script` returns a value of the isolate.
    pub(crate) unsafe fn answer(
        &self,
        v8: &V8,
        realm: &Realm<Node>,
        call: &mut Call<'_>,
        script: impl FnOnce(&[Value]) -> Result<Value, Thrown>,
    ) {
        if realm.is_pending() {
            return;
        }
        let _running = realm.enter_script();
        let (mut integers, mut args) = ([0; MAX], [const { MaybeUninit::uninit() }; MAX]);
        for (index, (&scalar, &slot)) in self.params.iter().zip(call.slots()).enumerate() {
            args[index].write(v8.value_of(scalar, slot, &mut integers[index]));
        }
        // SAFETY: the values of all parameters are written.
        let args = unsafe { slice::from_raw_parts(args.as_ptr().cast(), self.params.len()) };
        match script(args).and_then(|value| self.result(realm, value)) {
            Ok(Some(slot)) => call.set_slot(slot).unwrap_or_default(),
            Ok(None) => {}
            Err(thrown) => realm.throw(thrown),
        }
    }

    /// Returns the result for C.
    fn result(&self, realm: &Realm<Node>, value: Value) -> Result<Option<Slot>, Thrown> {
        let (Some(scalar), Some(ty)) = (self.result, self.signature.result()) else { return Ok(None) };
        if let Some(slot) = small_integer(value).and_then(|integer| slot_of(scalar, integer)) {
            return Ok(Some(slot));
        }
        // SAFETY: the value is the isolate's.
        let slot = unsafe { realm.to_slot(SITE, ty, words(value)) };
        slot.map(Some).map_err(|problem| Thrown::from(EngineError::CallbackResult { ty: ty.clone(), problem }))
    }
}

/// Returns a small integer as a number of this type. `None` if it is out of range, or the type is not one of plain numbers.
fn slot_of(scalar: Scalar, integer: i32) -> Option<Slot> {
    match scalar {
        Scalar::F64 => Some(Slot::from(f64::from(integer))),
        Scalar::F32 => Some(Slot::from(integer as f32)),
        Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
            let slot = Slot::from_bits(i64::from(integer) as u64);
            (slot.canonical(scalar) == slot).then_some(slot)
        }
        Scalar::Bool | Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize | Scalar::Pointer(_) | _ => None,
    }
}

impl V8 {
    /// Makes the value of a slot. The word of a small integer lies in `integer`, which must stay there.
    #[inline]
    fn value_of(&self, scalar: Scalar, slot: Slot, integer: &mut u64) -> Value {
        let signed = slot.to_bits() as i64;
        // SAFETY: values are addresses of words. Those of the roots are not moved, and the isolate lasts.
        let at = |word: &u64| unsafe { Value::new(ptr::from_ref(word).cast_mut().cast()) };
        match scalar {
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32
                if i32::try_from(signed).is_ok() =>
            {
                *integer = (signed as u64) << 32;
                at(integer)
            }
            Scalar::F64 => self.number(slot.as_f64()),
            Scalar::F32 => self.number(slot.as_f32().into()),
            Scalar::Bool => at(if slot.as_bool() { &self.roots.yes } else { &self.roots.no }),
            // SAFETY: the isolate lasts as long as its environment.
            Scalar::I64 | Scalar::Isize => unsafe { Value::new((self.functions.new_big_int)(self.isolate, signed)) },
            // SAFETY: the isolate lasts as long as its environment.
            Scalar::U64 | Scalar::Usize => unsafe {
                Value::new((self.functions.new_unsigned_big_int)(self.isolate, signed as u64))
            },
            Scalar::Pointer(_) if signed == 0 => at(&self.roots.null),
            Scalar::Pointer(_) => self.external(slot.as_mut_ptr()),
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 | _ => {
                if i32::try_from(signed).is_err() {
                    return self.number(signed as f64);
                }
                *integer = (signed as u64) << 32;
                at(integer)
            }
        }
    }
}
