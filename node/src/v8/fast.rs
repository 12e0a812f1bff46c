//! Functions for V8's optimised code: `v8::CFunction` over a fast call of hotcall.

use std::cell::RefCell;
use std::ffi::c_void;
use std::rc::Rc;

use hotcall::Function;
use hotcall::engine::v8::{Generation, Roots, V8CType};
use hotcall::engine::{Engine, FastCallRecord, FastCallShape, Realm};

use super::functions::Functions;
use super::structs::{V8CFunction, V8CFunctionInfo};

/// The part of fast calls that functions of one signature share.
pub(crate) struct Shape {
    shape: FastCallShape,
    types: Rc<Types>,
}

/// The description of a function's types, of which V8 keeps the address.
struct Types {
    info: Box<V8CFunctionInfo>,
    _types: Box<[u8]>,
}

impl Shape {
    /// Makes the shape of a function's signature, for a call of its types that the generation knows.
    pub(crate) fn new<E: Engine>(
        functions: &Functions,
        generation: Generation,
        roots: &Roots,
        realm: &Realm<E>,
        function: &Function,
    ) -> Result<Self, String> {
        let call = generation.fast_call(function.signature(), roots).map_err(|error| error.to_string())?;
        let shape = realm.fast_call_shape(function, &call.model).map_err(|error| error.to_string())?;
        let types = function_info(functions, generation.info_size(), call.result, &call.params, call.big_ints);
        Ok(Self { shape, types: Rc::new(types) })
    }
}

/// A fast call, and the memory of which V8 keeps addresses. It lives as long as script's function: V8's optimised code
/// refers to that weakly, and is left before the function's finaliser runs.
pub(crate) struct Fast {
    c_function: Box<V8CFunction>,
    shape: Rc<Shape>,
    _record: FastCallRecord,
}

thread_local! {
    /// The memory of functions whose environment has ended. V8's compilers still read it then, on other threads. The isolate
    /// ends before its thread does.
    static OF_ENDED: RefCell<Vec<(Box<V8CFunction>, Rc<Types>)>> = const { RefCell::new(Vec::new()) };
}

impl Fast {
    pub(crate) fn new<E: Engine>(
        functions: &Functions,
        realm: &Realm<E>,
        function: &Function,
        shape: Rc<Shape>,
    ) -> Result<Self, String> {
        // SAFETY: script's author promises that the declaration is true. The model is that of this V8. Script's function
        // keeps the record.
        let record = unsafe { realm.fast_call_of(function, &shape.shape) }.map_err(|error| error.to_string())?;
        let mut c_function = Box::new(V8CFunction([0; 32]));
        // SAFETY: the constructor fills the memory. Both addresses stay valid as long as this value.
        unsafe { (functions.init_c_function)(&mut *c_function, record.entry(), &*shape.types.info) };
        Ok(Self { c_function, shape, _record: record })
    }

    /// Frees the function at the end of its environment.
    pub(super) fn end(self) {
        let types = Rc::clone(&self.shape.types);
        OF_ENDED.with_borrow_mut(|ended| ended.push((self.c_function, types)));
    }

    pub(crate) fn c_function(&self) -> *const V8CFunction {
        &*self.c_function
    }
}

/// Describes a function's types to V8. The types must live as long as the description.
fn function_info(
    functions: &Functions,
    info_size: usize,
    result: V8CType,
    params: &[V8CType],
    big_ints: bool,
) -> Types {
    let bytes = |ty: &V8CType| [ty.ty, ty.sequence, ty.flags].into_iter().take(info_size).collect::<Vec<_>>();
    let types: Box<[u8]> = params.iter().flat_map(bytes).collect();
    let mut info = Box::new(V8CFunctionInfo([0; 64]));
    // SAFETY: the constructor fills the memory, and the types have the version's size.
    unsafe {
        let result = bytes(&result);
        (functions.init_function_info)(
            &mut *info,
            result.as_ptr(),
            params.len() as u32,
            types.as_ptr(),
            big_ints.into(),
        );
    }
    Types { info, _types: types }
}

/// Returns the number of bytes of a `CTypeInfo`, of which V8 itself gives the addresses: 3 in 12.4 to 13.6, 2 since 14.1.
pub(crate) fn info_size(functions: &Functions) -> usize {
    let void = V8CType { ty: 0, sequence: 0, flags: 0 };
    let types = function_info(functions, 3, void, &[void; 2], false);
    // SAFETY: the description has two parameters.
    unsafe {
        let [first, second] = [0, 1].map(|index| (functions.argument_info)(&*types.info, index) as *const c_void);
        second as usize - first as usize
    }
}
