//! A language whose numbers are integers of 64 bits and doubles, in values of 16 bytes, and which has little else.

use std::collections::HashMap;
use std::ffi::c_void;
use std::mem;

use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::engine::{
    Boolean, Double, Engine, EngineError, Integer, Output, Realm, Record, ResultPath, Role, Singleton, Site, Test,
    ValueModel, View, Words,
};
use hotcall::{Function, Signature, Type};

mod tag {
    pub(super) const NIL: u64 = 0;
    pub(super) const BOOLEAN: u64 = 1;
    pub(super) const INTEGER: u64 = 2;
    pub(super) const DOUBLE: u64 = 3;
    pub(super) const THROWN: u64 = 4;
}

const fn tagged(tag: u64) -> Test {
    Test::equal(8, 1, tag)
}

pub(crate) fn model() -> ValueModel {
    let value = Type::structure([("payload", Type::U64), ("tag", Type::U8)]).unwrap();
    let integer = Integer::new(tagged(tag::INTEGER), 8, [0, tag::INTEGER]);
    let nil = Singleton::new(tagged(tag::NIL), [0, tag::NIL]);
    ValueModel::new(
        Signature::new([Type::U32, Type::POINTER, Type::POINTER, Type::POINTER], value).unwrap(),
        [Role::Argc, Role::Argv { first: 0 }, Role::Data, Role::Exception],
        ResultPath::Returned { exception: [0, tag::THROWN] },
        nil,
    )
    .size(16)
    .integer(integer)
    .double(Double::new(tagged(tag::DOUBLE), [0, tag::DOUBLE]))
    .wide(integer)
    .boolean(Boolean::new(tagged(tag::BOOLEAN), [0, tag::BOOLEAN]))
    .null(nil)
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Value {
    payload: u64,
    tag: u8,
}

impl Value {
    const fn new(payload: u64, tag: u64) -> Self {
        Self { payload, tag: tag as u8 }
    }

    const fn tag(self) -> u64 {
        self.tag as u64
    }
}

type Native = unsafe extern "C" fn(u32, *const Value, *mut c_void, &mut Option<String>) -> Value;

struct Wide;

// SAFETY: there are no values with bytes.
unsafe impl Engine for Wide {
    type Exception = String;

    unsafe fn view(&self, _: Site, [payload, tag]: Words) -> View {
        match tag & 0xff {
            tag::BOOLEAN => View::Boolean(payload & 1 == 1),
            tag::INTEGER => View::Number(payload as i64 as f64),
            tag::DOUBLE => View::Number(f64::from_bits(payload)),
            _ => View::Null,
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, String> {
        let Output::U64(number) = output else { return Err(format!("no value for {output:?}")) };
        // Greater than any integer.
        Ok([(number as f64).to_bits(), tag::DOUBLE])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, site: Site, exception: String) {
        // SAFETY: native functions get the place for what they throw.
        unsafe { *site.exception.cast::<Option<String>>() = Some(exception) };
    }
}

pub(crate) struct WideSubject {
    realm: Realm<Wide>,
    /// With their records.
    functions: HashMap<&'static str, (Native, *mut c_void)>,
}

impl WideSubject {
    pub(crate) fn new(model: ValueModel) -> Self {
        // SAFETY: the model is the language's, or one by which no value has bytes either.
        Self { realm: unsafe { Realm::new(Wide, model) }.unwrap(), functions: HashMap::new() }
    }

    fn value(&self, expression: &Expression) -> Result<Value, String> {
        let none = || Err(format!("the language has no {expression}"));
        Ok(match expression {
            Expression::Value(ScriptValue::Null) => Value::new(0, tag::NIL),
            Expression::Value(ScriptValue::Boolean(truth)) => Value::new((*truth).into(), tag::BOOLEAN),
            Expression::Value(ScriptValue::Number(number)) => {
                let whole = *number as i64;
                let is_integer = number.to_bits() == (whole as f64).to_bits() && *number < i64::MAX as f64;
                if is_integer { Value::new(whole as u64, tag::INTEGER) } else { double(*number) }
            }
            Expression::Double(number) => double(*number),
            Expression::Integer(number) => Value::new(*number as u64, tag::INTEGER),
            Expression::Call(name, arguments) => {
                let arguments: Result<Vec<_>, _> = arguments.iter().map(|argument| self.value(argument)).collect();
                return self.call(name, &arguments?);
            }
            Expression::Value(_) | Expression::Global(_) | Expression::Argument(_) | Expression::Let(..) => {
                return none();
            }
            Expression::Throw(_) | Expression::Source(_) | _ => return none(),
        })
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let &(native, record) = self.functions.get(name).ok_or("no function")?;
        let mut thrown = None;
        // SAFETY: the function is called as the model says.
        let value = unsafe { native(arguments.len() as u32, arguments.as_ptr(), record, &mut thrown) };
        if value.tag() == tag::THROWN { Err(thrown.unwrap_or_default()) } else { Ok(value) }
    }
}

const fn double(number: f64) -> Value {
    Value::new(number.to_bits(), tag::DOUBLE)
}

impl Subject for WideSubject {
    fn has(&self, feature: Feature) -> bool {
        feature == Feature::WideIntegers
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        // SAFETY: the kit's functions take what the kit passes.
        let record = unsafe { self.realm.record(function) }.map_err(|error| error.to_string())?;
        // SAFETY: this is the type that the model describes.
        let native = unsafe { mem::transmute::<*const c_void, Native>(record.entry()) };
        self.collect(name);
        self.functions.insert(name, (native, record.into_raw()));
        Ok(())
    }

    fn callback(&mut self, _: &'static str, _: &Signature, _: &Expression) -> Result<(), String> {
        Err("the language has no callbacks".into())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        let value = self.value(expression)?;
        Ok(match value.tag() {
            tag::NIL => ScriptValue::Null,
            tag::BOOLEAN => ScriptValue::Boolean(value.payload != 0),
            tag::INTEGER => ScriptValue::BigInt((value.payload as i64).into()),
            _ => ScriptValue::Number(f64::from_bits(value.payload)),
        })
    }

    fn collect(&mut self, name: &'static str) -> bool {
        if let Some((_, record)) = self.functions.remove(name) {
            // SAFETY: nobody calls the function any more.
            unsafe { Record::finalize(record) };
        }
        true
    }
}

impl Drop for WideSubject {
    fn drop(&mut self) {
        for (_, record) in self.functions.drain().map(|(_, function)| function) {
            // SAFETY: the record came from `into_raw`, and script does not run any more.
            unsafe { Record::finalize(record) };
        }
    }
}
