//! Values of script behind hotcall's `Engine`. A value's words are its handle, a `napi_value`.

use hotcall::engine::{Engine, EngineError, Kind, Output, Site, View, Words};

use crate::api::{Env, Value, ValueKind};
use crate::pointer;
use crate::thrown::Thrown;

/// Script of one environment.
pub(crate) struct Node {
    env: Env,
}

/// The site of all calls, because the engine knows its environment.
pub(crate) const SITE: Site = Site::new(std::ptr::null_mut());

/// Returns the words of a value.
pub(crate) fn words(value: Value) -> Words {
    [value.raw() as u64, 0]
}

/// Returns the value of such words.
pub(crate) fn value(words: Words) -> Value {
    // SAFETY: words are made of values, and used with the environment of these.
    unsafe { Value::new(std::ptr::with_exposed_provenance_mut(words[0] as usize)) }
}

impl Node {
    pub(crate) const fn new(env: Env) -> Self {
        Self { env }
    }

    fn view_other(&self, value: Value) -> View {
        let env = self.env;
        match env.kind(value) {
            Ok(ValueKind::Undefined) => View::Undefined,
            Ok(ValueKind::Null) => View::Null,
            Ok(ValueKind::Boolean) => View::Boolean(env.as_boolean(value).unwrap_or(false)),
            Ok(ValueKind::BigInt) => View::BigInt(env.as_bigint(value).unwrap_or(0)),
            Ok(ValueKind::String) => View::Other(Kind::String),
            Ok(ValueKind::Symbol) => View::Other(Kind::Symbol),
            Ok(ValueKind::Function) => View::Other(Kind::Function),
            Ok(ValueKind::External) => match pointer::address(env, value) {
                Some(address) => View::Pointer(address),
                None => View::Other(Kind::Object),
            },
            Ok(ValueKind::Object) => match env.as_bytes(value) {
                Some(bytes) if bytes.is_gone => View::Other(Kind::DetachedBuffer),
                Some(bytes) => View::Bytes { address: bytes.address, len: bytes.len },
                None => View::Other(Kind::Object),
            },
            // Numbers are viewed before this. A failure means that the environment ends.
            Ok(ValueKind::Number) | Err(_) => View::Other(Kind::Number),
        }
    }
}

// SAFETY: Node-API itself reports bytes. It moves those in the collector's heap out of it first. Conversions run no script.
unsafe impl Engine for Node {
    type Exception = Thrown;

    unsafe fn view(&self, _: Site, words: Words) -> View {
        let value = value(words);
        match self.env.as_number(value) {
            Some(number) => View::Number(number),
            None => self.view_other(value),
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let env = self.env;
        let value = match output {
            Output::I64(number) => env.bigint(number),
            Output::U64(number) => env.biguint(number),
            Output::Bytes(bytes) => env.byte_array(bytes),
            Output::Pointer(address, _) => pointer::make(env, address.cast_mut()),
            Output::Number(number) => env.number(number),
            Output::Boolean(truth) => env.boolean(truth),
            Output::Null => env.null(),
            other => Err(Thrown::from(other.no_value())),
        };
        value.map(words)
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> Thrown {
        Thrown::from(error)
    }

    unsafe fn throw(&self, _: Site, exception: Thrown) {
        self.env.throw(exception);
    }
}
