//! Values of all kinds, which are read twice when an environment begins: by machine code's rules and by Node-API.

use hotcall::Type;
use hotcall::engine::{Realm, Words};
use napi_sys::{napi_callback_info, napi_env, napi_value};

use crate::api::env::{Env, Value};
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::engine::{Node, SITE, words};

/// Makes the samples.
pub(crate) fn make(env: Env) -> Result<Vec<Value>, Thrown> {
    let make = env.run_script(include_str!("samples.js"))?;
    let detach = env.function("detach", detach, std::ptr::null_mut())?;
    Ok(env.elements(env.call(make, &[detach])?)?.unwrap_or_default())
}

/// Returns true if the realm's model reads numbers and BigInts as Node-API does. Objects were compared by
/// [`Realm::with_samples`].
pub(crate) fn numbers_agree(env: Env, realm: &Realm<Node>, samples: &[Value]) -> bool {
    let slot = |ty: Type, value: Value| {
        // SAFETY: the value is the environment's.
        unsafe { realm.to_slot(SITE, &ty, words(value)) }.ok()
    };
    samples.iter().all(|&value| match env.kind(value) {
        Ok(ValueKind::Number) => {
            let number = slot(Type::F64, value).map(|slot| slot.as_f64().to_bits());
            number == env.as_number(value).map(f64::to_bits)
        }
        Ok(ValueKind::BigInt) => slot(Type::U64, value).map(|slot| slot.as_u64()) == env.as_bigint(value),
        Ok(_) => slot(Type::F64, value).is_none(),
        Err(_) => false,
    })
}

/// Returns the words of samples.
pub(crate) fn words_of(samples: &[Value]) -> impl Iterator<Item = Words> {
    samples.iter().copied().map(words)
}

unsafe extern "C" fn detach(env: napi_env, info: napi_callback_info) -> napi_value {
    let (mut count, mut buffer) = (1, std::ptr::null_mut());
    // SAFETY: Node-API calls this on the environment's thread. There is room for one argument.
    unsafe {
        let (this, data) = (std::ptr::null_mut(), std::ptr::null_mut());
        napi_sys::napi_get_cb_info(env, info, &mut count, &mut buffer, this, data);
        napi_sys::napi_detach_arraybuffer(env, buffer);
    }
    std::ptr::null_mut()
}
