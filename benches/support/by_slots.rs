//! Calls of a runtime without the engine-values entry: a native function fills slots by the types of a signature.

use std::ffi::{CString, c_void};

use hotcall::engine::Realm;
use hotcall::{Extent, Function, Scalar, Slot, Type};
use rquickjs_sys as js;

use hotcall_engines::quickjs::QuickJs;

/// The largest number of parameters of a case.
const PARAMETERS: usize = 12;

/// A C function, with the types that its calls need.
pub(crate) struct BySlots {
    function: Function,
    realm: Realm<QuickJs>,
    params: Box<[Kind]>,
    result: Option<Kind>,
    /// The size of the result, if it is written into a buffer behind the arguments.
    into: Option<usize>,
}

/// A type.
#[derive(Clone, Copy)]
enum Kind {
    Scalar(Scalar),
    /// A struct of this number of bytes.
    Bytes(usize),
}

impl Kind {
    fn of(ty: &Type) -> Self {
        match ty.as_scalar() {
            Some(scalar) => Self::Scalar(scalar),
            None => Self::Bytes(Extent::of(ty).expect("the cases are within the limits").size as usize),
        }
    }
}

impl BySlots {
    pub(crate) fn new(function: Function, realm: Realm<QuickJs>) -> Self {
        let signature = function.signature();
        assert!(signature.params().len() <= PARAMETERS);
        let params = signature.params().iter().map(Kind::of).collect();
        let result = signature.result().map(Kind::of);
        Self { function, realm, params, result, into: None }
    }

    /// Writes the result, a struct, into a buffer behind the arguments.
    pub(crate) fn into_buffer(self) -> Self {
        let Some(Kind::Bytes(size)) = self.result else { unreachable!("the result is a struct") };
        Self { result: None, into: Some(size), ..self }
    }

    /// The engine's function, which keeps this.
    pub(crate) fn into_function(self, context: *mut js::JSContext) -> js::JSValue {
        let name = CString::new(self.function.name()).expect("names have no zeros");
        let arity = self.params.len() as i32 + i32::from(self.into.is_some());
        let this = Box::into_raw(Box::new(self));
        // SAFETY: the functions get the pointer that belongs to them.
        unsafe { js::JS_NewCClosure(context, Some(call), name.as_ptr(), Some(finalize), arity, 0, this.cast()) }
    }

    /// # Safety
    ///
    /// The value is one of the engine's.
    #[inline]
    unsafe fn slot(&self, context: *mut js::JSContext, kind: Kind, value: js::JSValue) -> Option<Slot> {
        // SAFETY: the caller promises a value of the engine. An array's bytes are where it says.
        unsafe {
            let mut len = 0;
            match kind {
                Kind::Bytes(size) => {
                    let bytes = js::JS_GetUint8Array(context, &mut len, value);
                    (!bytes.is_null() && len as usize >= size).then(|| Slot::from(bytes))
                }
                Kind::Scalar(Scalar::Pointer(_)) if js::JS_IsNull(value) => Some(Slot::from_bits(0)),
                Kind::Scalar(Scalar::Pointer(_)) => {
                    let address = self.realm.engine().pointers().address(value);
                    if !address.is_null() {
                        return Some(Slot::from(address));
                    }
                    let bytes = js::JS_GetUint8Array(context, &mut len, value);
                    (!bytes.is_null()).then(|| Slot::from(bytes))
                }
                Kind::Scalar(Scalar::Bool) => js::JS_IsBool(value).then(|| Slot::from(value.u.int32 != 0)),
                Kind::Scalar(Scalar::F64) => number(value).map(Slot::from),
                Kind::Scalar(Scalar::F32) => number(value).map(|number| Slot::from(number as f32)),
                Kind::Scalar(scalar) => {
                    let integer = match js::JS_VALUE_GET_TAG(value) {
                        js::JS_TAG_INT => i64::from(value.u.int32),
                        js::JS_TAG_FLOAT64 if value.u.float64 as i64 as f64 == value.u.float64 => {
                            value.u.float64 as i64
                        }
                        _ => return None,
                    };
                    let slot = Slot::from(integer);
                    let unsigned = scalar.size() == 8 && !scalar.is_signed();
                    (slot.canonical(scalar) == slot && !(unsigned && integer < 0)).then_some(slot)
                }
            }
        }
    }
}

/// # Safety
///
/// The value is one of the engine's.
#[inline]
unsafe fn number(value: js::JSValue) -> Option<f64> {
    // SAFETY: the tag says which member is there.
    unsafe {
        match js::JS_VALUE_GET_TAG(value) {
            js::JS_TAG_FLOAT64 => Some(value.u.float64),
            js::JS_TAG_INT => Some(value.u.int32.into()),
            _ => None,
        }
    }
}

unsafe extern "C" fn call(
    context: *mut js::JSContext,
    _: js::JSValue,
    _: i32,
    argv: *mut js::JSValue,
    _: i32,
    this: *mut c_void,
) -> js::JSValue {
    // SAFETY: the engine passes the pointer that the function was made with, and a value for each parameter; the slots have the
    // function's types.
    unsafe {
        let this = &*this.cast::<BySlots>();
        let mut args = [Slot::default(); PARAMETERS];
        for (index, (&kind, slot)) in this.params.iter().zip(&mut args).enumerate() {
            let Some(converted) = this.slot(context, kind, *argv.add(index)) else {
                return js::JS_ThrowTypeError(context, c"argument %d is of another type".as_ptr(), index as i32 + 1);
            };
            *slot = converted;
        }
        let destination =
            match this.into.map(|size| this.slot(context, Kind::Bytes(size), *argv.add(this.params.len()))) {
                Some(None) => return js::JS_ThrowTypeError(context, c"the buffer is of another type".as_ptr()),
                destination => destination.flatten(),
            };
        // Room for the largest struct.
        let mut result = [Slot::default(); 2];
        this.function.call_unchecked(args.as_ptr(), result.as_mut_ptr());
        if this.realm.is_pending() {
            return js::JS_ThrowTypeError(context, c"the callback threw".as_ptr());
        }
        if let (Some(to), Some(size)) = (destination, this.into) {
            result.as_ptr().cast::<u8>().copy_to_nonoverlapping(to.as_mut_ptr(), size);
        }
        match this.result {
            None => js::JS_UNDEFINED,
            Some(Kind::Bytes(size)) => js::JS_NewUint8ArrayCopy(context, result.as_ptr().cast(), size as _),
            Some(Kind::Scalar(Scalar::F64)) => js::__JS_NewFloat64(result[0].as_f64()),
            Some(Kind::Scalar(Scalar::F32)) => js::__JS_NewFloat64(result[0].as_f32().into()),
            Some(Kind::Scalar(Scalar::U32)) => js::JS_NewNumber(context, result[0].as_u32().into()),
            Some(Kind::Scalar(Scalar::I64 | Scalar::Isize)) => js::JS_NewBigInt64(context, result[0].as_i64()),
            Some(Kind::Scalar(Scalar::U64 | Scalar::Usize)) => js::JS_NewBigUint64(context, result[0].as_u64()),
            Some(Kind::Scalar(Scalar::Bool)) => js::JS_MKVAL(js::JS_TAG_BOOL, result[0].as_i32()),
            Some(Kind::Scalar(Scalar::Pointer(_))) => this.realm.engine().pointer(result[0].as_ptr()),
            Some(Kind::Scalar(_)) => js::JS_MKVAL(js::JS_TAG_INT, result[0].as_i32()),
        }
    }
}

unsafe extern "C" fn finalize(this: *mut c_void) {
    // SAFETY: the pointer was made of a box, and is the engine's alone.
    drop(unsafe { Box::from_raw(this.cast::<BySlots>()) });
}
