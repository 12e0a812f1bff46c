//! The binding: its native functions, and their arguments.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use napi_sys::{napi_callback_info, napi_env, napi_value};

use crate::api::{Bytes, Env, Value, ValueKind};
use crate::environment::Environment;
use crate::thrown::{Thrown, guard};
use crate::{async_call, callback, declarations, function, library, memory, permission, pointer, symbols, ways};

/// A native function of the binding.
struct Native {
    name: &'static str,
    run: fn(&Environment, &Arguments<'_>) -> Result<Value, Thrown>,
}

const NATIVES: &[Native] = &[
    Native { name: "declarations", run: declarations::declarations },
    Native { name: "describe", run: declarations::describe },
    Native { name: "names", run: declarations::names },
    Native { name: "open", run: library::open },
    Native { name: "resolvedPath", run: library::resolved_path },
    Native { name: "close", run: library::close },
    Native { name: "isClosed", run: library::is_closed },
    Native { name: "symbol", run: library::symbol },
    Native { name: "functions", run: symbols::functions },
    Native { name: "symbols", run: symbols::symbols },
    Native { name: "missing", run: symbols::missing },
    Native { name: "functionOf", run: symbols::function_of },
    Native { name: "variadic", run: library::variadic },
    Native { name: "pointerFunction", run: library::pointer_function },
    Native { name: "ways", run: ways::ways },
    Native { name: "diagnostics", run: ways::diagnostics },
    Native { name: "errno", run: function::errno },
    Native { name: "callback", run: callback::callback },
    Native { name: "callbackPointer", run: callback::pointer },
    Native { name: "callbackClose", run: callback::close },
    Native { name: "callbackRef", run: callback::hold },
    Native { name: "async", run: async_call::call },
    Native { name: "pointer", run: pointer::pointer },
    Native { name: "address", run: pointer::address_of },
    Native { name: "offset", run: pointer::offset },
    Native { name: "isPointer", run: pointer::is_pointer },
    Native { name: "pointerOf", run: pointer::pointer_of },
    Native { name: "read", run: memory::read },
    Native { name: "write", run: memory::write },
    Native { name: "string", run: memory::string },
    Native { name: "text", run: memory::text },
    Native { name: "arrayBuffer", run: memory::array_buffer },
    Native { name: "copy", run: memory::copy },
    Native { name: "store", run: memory::store },
    Native { name: "alloc", run: memory::alloc },
    Native { name: "free", run: memory::free },
    Native { name: "eventLoop", run: pointer::event_loop },
    Native { name: "permission", run: permission::permission },
];

/// The largest number of arguments of a native function.
const MAX_ARGUMENTS: usize = 6;

/// Fills the object that script gets.
pub(crate) fn fill(env: Env, exports: Value) -> Result<(), Thrown> {
    Environment::begin(env)?;
    env.set(exports, "version", env.string(env!("CARGO_PKG_VERSION"))?)?;
    for native in NATIVES {
        let data = ptr::from_ref(native).cast_mut().cast();
        env.set(exports, native.name, env.function(native.name, call, data)?)?;
    }
    Ok(())
}

/// The Node-API callback of all of them.
unsafe extern "C" fn call(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: Node-API calls this on the environment's thread.
    let env = unsafe { Env::new(env) };
    guard(env, || {
        let mut values = [MaybeUninit::<napi_value>::uninit(); MAX_ARGUMENTS];
        let (mut count, mut data) = (MAX_ARGUMENTS, ptr::null_mut::<c_void>());
        // SAFETY: there is room for `count` values. Node-API fills those up with undefined that script has not given.
        let status = unsafe {
            let values = values.as_mut_ptr().cast();
            napi_sys::napi_get_cb_info(env.raw(), info, &mut count, values, ptr::null_mut(), &mut data)
        };
        env.check(status)?;
        // SAFETY: `fill` has given each function its entry, and all values are filled.
        let (native, values) =
            unsafe { (&*data.cast::<Native>(), &*(&raw const values).cast::<[napi_value; MAX_ARGUMENTS]>()) };
        let environment = Environment::of(env)?;
        (native.run)(&environment, &Arguments { env, environment: &environment, native, values })
    })
}

/// The arguments of a native function. Those that script has not given are undefined.
pub(crate) struct Arguments<'a> {
    env: Env,
    environment: &'a Environment,
    native: &'a Native,
    values: &'a [napi_value; MAX_ARGUMENTS],
}

impl Arguments<'_> {
    pub(crate) const fn env(&self) -> Env {
        self.env
    }

    pub(crate) const fn environment(&self) -> &Environment {
        self.environment
    }

    pub(crate) const fn get(&self, index: usize) -> Value {
        // SAFETY: the values are arguments of the running native function.
        unsafe { Value::new(self.values[index]) }
    }

    /// Returns true if script has given an argument that is neither undefined nor null.
    pub(crate) fn is_given(&self, index: usize) -> bool {
        !matches!(self.env.kind(self.get(index)), Ok(ValueKind::Undefined | ValueKind::Null) | Err(_))
    }

    /// Returns the error for an argument of another kind.
    pub(crate) fn wrong(&self, index: usize, expected: &str) -> Thrown {
        Thrown::TypeError(format!("{}: argument {} is not {expected}", self.native.name, index + 1))
    }

    pub(crate) fn string(&self, index: usize) -> Result<String, Thrown> {
        if self.env.kind(self.get(index))? != ValueKind::String {
            return Err(self.wrong(index, "a string"));
        }
        self.env.as_string(self.get(index))
    }

    /// Returns a whole number or a BigInt, within ±2⁵³.
    pub(crate) fn integer(&self, index: usize) -> Result<i64, Thrown> {
        const MAX: i64 = (1 << 53) - 1;
        let value = self.get(index);
        let integer = match self.env.as_number(value) {
            Some(number) => (number.trunc() == number && number.abs() <= MAX as f64).then_some(number as i64),
            None => self.env.as_bigint(value).map(|low| low as i64).filter(|integer| (-MAX..=MAX).contains(integer)),
        };
        integer.ok_or_else(|| self.wrong(index, "an integer"))
    }

    /// Returns an address: a BigInt, or a whole number.
    pub(crate) fn address(&self, index: usize) -> Result<u64, Thrown> {
        match self.env.as_bigint(self.get(index)) {
            Some(low) => Ok(low),
            None => self.integer(index).map(|integer| integer as u64),
        }
    }

    /// Returns a number of bytes.
    pub(crate) fn size(&self, index: usize) -> Result<usize, Thrown> {
        usize::try_from(self.integer(index)?).map_err(|_| self.wrong(index, "a number of bytes"))
    }

    /// Returns the bytes of a buffer or a view.
    pub(crate) fn bytes(&self, index: usize) -> Result<Bytes, Thrown> {
        match self.env.as_bytes(self.get(index)) {
            Some(bytes) if bytes.is_gone => Err(self.wrong(index, "a buffer that has its bytes")),
            Some(bytes) => Ok(bytes),
            None => Err(self.wrong(index, "a buffer")),
        }
    }

    /// Returns a property of an object of options; undefined without one.
    pub(crate) fn option(&self, index: usize, key: &str) -> Result<Value, Thrown> {
        if self.is_given(index) { self.env.get(self.get(index), key) } else { self.env.undefined() }
    }
}
