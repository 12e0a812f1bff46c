//! Functions that script in QuickJS calls: the engine's way through the engine-values entry, a C function written for the engine,
//! and slots that Rust code fills.

use std::error::Error;
use std::ffi::{CString, c_void};
use std::io;
use std::mem::transmute;

use hotcall::engine::EngineCallback;
use hotcall::{Callback, CallbackError, ForeignCall, Function, FunctionOptions, LocalCallback, LocalOptions};
use hotcall::{Signature, Thunk, Type};
use libloading::Library;
use rquickjs_sys as js;

use crate::by_slots::BySlots;
use crate::support::c::{address, compile};
use hotcall_engines::Language;
use hotcall_engines::quickjs::Script;

/// The compared ways. `EMPTY_LOOP` does not call a function.
pub(crate) const WAYS: [&str; 4] = ["values", "c", "slots", "empty_loop"];

/// A function of callees.c, and how script calls it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The function's name in callees.c.
    symbol: &'static str,
    /// True if the function writes its result into the buffer `b`.
    into: bool,
    pub(crate) signature: Signature,
    /// The values of `a` and `b` in the loop.
    pub(crate) objects: [&'static str; 2],
    pub(crate) args: &'static str,
    /// The result's text where `i` is 5.
    pub(crate) result: &'static str,
}

/// Two points.
const POINTS: [&str; 2] =
    ["new Uint8Array(new Float64Array([1.5, -2]).buffer)", "new Uint8Array(new Float64Array([0.5, 2]).buffer)"];

/// The bytes of their sum, which is (2, 0).
const SUM: &str = "0,0,0,0,0,0,0,64,0,0,0,0,0,0,0,0";

fn point() -> Type {
    structure(&Type::F64, 2)
}

/// The cases of all engines, and those of QuickJS alone.
pub(crate) fn cases_of_quickjs() -> Vec<Case> {
    let signature = Signature::new([point(), point()], point()).expect("the case is within the limits");
    let into = Case {
        name: "point_add_into",
        symbol: "point_add",
        into: true,
        signature,
        objects: POINTS,
        args: "a, b, b",
        result: SUM,
    };
    cases().into_iter().chain([into]).collect()
}

/// In the order of the report.
pub(crate) fn cases() -> Vec<Case> {
    const NONE: [&str; 2] = ["undefined", "undefined"];
    let case = |name, params: Vec<Type>, result: Option<Type>, objects, args, text| {
        let signature = Signature::new(params, result).expect("the cases are within the limits");
        Case { name, symbol: name, into: false, signature, objects, args, result: text }
    };
    let (int, double) = (Type::I32, Type::F64);
    vec![
        case("nop", vec![], None, NONE, "", "undefined"),
        case("add_i32", vec![int.clone(); 2], Some(int.clone()), NONE, "i, 2", "7"),
        // Of the doubles some are kept as integers, as whole numbers are.
        case("add_f64", vec![double.clone(); 2], Some(double.clone()), NONE, "i + 0.5, 2", "7.5"),
        case(
            "sum8_f64",
            vec![double.clone(); 8],
            Some(double.clone()),
            NONE,
            "i, 0.5, 1.5, 2.5, 3.5, 4, 5.5, 6",
            "28.5",
        ),
        case("sum12_i32", vec![int.clone(); 12], Some(int.clone()), NONE, "i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", "71"),
        case(
            "first_byte",
            vec![Type::BUFFER, Type::USIZE],
            Some(Type::U8),
            ["new Uint8Array([200, 1, 2])", "undefined"],
            "a, 3",
            "200",
        ),
        case("point_dist2", vec![point(), point()], Some(double.clone()), POINTS, "a, b", "17"),
        case("point_add", vec![point(), point()], Some(point()), POINTS, "a, b", SUM),
        case(
            "struct16_out",
            vec![double.clone(); 2],
            Some(point()),
            NONE,
            "1.5, 2",
            "0,0,0,0,0,0,248,63,0,0,0,0,0,0,0,64",
        ),
        case(
            "quad_sum",
            vec![structure(&int, 4)],
            Some(int.clone()),
            ["new Uint8Array(new Int32Array([1, 20, 300, -4000]).buffer)", "undefined"],
            "a",
            "-3679",
        ),
        case("call_back", vec![Type::FUNCTION, int.clone()], Some(int), ["x => x + 1", "undefined"], "a, i", "6"),
    ]
}

fn structure(member: &Type, count: usize) -> Type {
    Type::structure(vec![member.clone(); count]).expect("the cases are within the limits")
}

/// The functions of callees.c, with C functions around them that the engine calls.
pub(crate) struct CFunctions(pub(crate) Library);

impl CFunctions {
    pub(crate) fn build() -> io::Result<Self> {
        // Without inlining, as between two libraries.
        let library = compile("engine", &["-O3", "-fno-plt", "-fsemantic-interposition"])?;
        let functions: [*const c_void; 8] = [
            js::JS_ToInt32 as _,
            js::JS_ToIndex as _,
            js::JS_ToFloat64 as _,
            js::JS_GetUint8Array as _,
            js::JS_NewUint8ArrayCopy as _,
            js::JS_ThrowTypeError as _,
            js::JS_Call as _,
            js::JS_FreeValue as _,
        ];
        // SAFETY: engine.c has a variable of this name with these functions, which nothing reads now.
        unsafe { *address(&library, "engine")?.cast_mut().cast() = functions };
        Ok(Self(library))
    }
}

/// Loops in script around a call, in each of the ways.
pub(crate) struct Loops {
    ways: [Loop; WAYS.len()],
    /// The callbacks whose pointer is `a`, for functions that take a pointer.
    _callbacks: Option<Callbacks>,
    script: Script,
}

/// A function of script that runs a loop, and its arguments: the number of rounds, the function, `a` and `b`.
struct Loop {
    function: js::JSValue,
    args: [js::JSValue; 3],
}

impl Loops {
    /// Sets all of them up, and checks that they agree on the result.
    pub(crate) fn new(c: &CFunctions, case: &Case) -> Result<Self, Box<dyn Error>> {
        let script = Script::default();
        script.realm.compile_policy().set_after(0);
        let target = address(&c.0, case.symbol)?;
        // SAFETY: the library stays loaded as long as the loops run, and the function has this signature.
        let function =
            unsafe { Function::from_address(case.name, target, &case.signature, FunctionOptions::default()) }?;
        // SAFETY: script passes values that the function takes.
        let record =
            unsafe { if case.into { script.realm.record_into(&function) } else { script.realm.record(&function) } }?;
        let by_slots = BySlots::new(function, script.realm.clone());
        let by_slots = if case.into { by_slots.into_buffer() } else { by_slots };
        let arity = record.arity();
        let functions = [
            script.closure(case.name, record),
            c_function(&script, address(&c.0, &format!("js_{}", case.name))?, case, arity),
            by_slots.into_function(script.context),
        ];
        let callbacks = (case.name == "call_back").then(|| Callbacks::new(&script, case.objects[0])).transpose()?;
        let new = |way: usize, body: &str| {
            let source = format!("(n, f, a, b) => {{ for (let i = 0; i < n; i++) {body}; }}");
            let [a, b] = case.objects.map(|source| script.evaluate(source));
            let a = match callbacks.as_ref().and_then(|callbacks| callbacks.of(WAYS[way])) {
                Some(callback) => {
                    free(script.context, a);
                    script.pointer(callback)
                }
                None => a,
            };
            let function = functions.get(way).copied().unwrap_or(js::JS_UNDEFINED);
            Loop { function: script.evaluate(&source), args: [function, a, b] }
        };
        let call = format!("f({})", case.args);
        let ways = [new(0, &call), new(1, &call), new(2, &call), new(3, "")];
        let loops = Self { ways, _callbacks: callbacks, script };
        loops.check(case)?;
        Ok(loops)
    }

    fn check(&self, case: &Case) -> Result<(), String> {
        for (way, Loop { args, .. }) in WAYS.iter().zip(&self.ways).take(3) {
            let shown = if case.into { ", b" } else { "" };
            let source = format!("(i, f, a, b) => String((f({}){shown}))", case.args);
            let call = Loop { function: self.script.evaluate(&source), args: *args };
            let result = self.call(&call, 5);
            free(self.script.context, call.function);
            let result = result.map_err(|text| format!("{}: {way}: {text}", case.name))?;
            let text = self.script.text(result);
            free(self.script.context, result);
            if text != case.result {
                return Err(format!("{}: {way} gives {text}, not {}", case.name, case.result));
            }
        }
        (0..WAYS.len()).for_each(|way| self.run(way, 1));
        Ok(())
    }

    /// Runs a loop of this number of rounds.
    pub(crate) fn run(&self, way: usize, n: u64) {
        let result = self.call(&self.ways[way], n as i32);
        // A loop returns undefined.
        result.expect("script throws nothing");
    }

    /// Calls a function that returns undefined or a string.
    fn call(&self, Loop { function, args: [f, a, b] }: &Loop, n: i32) -> Result<js::JSValue, String> {
        let context = self.script.context;
        let mut args = [js::JS_MKVAL(js::JS_TAG_INT, n), *f, *a, *b];
        // SAFETY: the values are the engine's; the caller owns the function's result or exception.
        unsafe {
            let result = js::JS_Call(context, *function, js::JS_UNDEFINED, args.len() as i32, args.as_mut_ptr());
            if js::JS_IsException(result) {
                let thrown = js::JS_GetException(context);
                let text = self.script.text(thrown);
                free(context, thrown);
                return Err(text);
            }
            Ok(result)
        }
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        for Loop { function, args } in &self.ways {
            [function].into_iter().chain(args).for_each(|&value| free(self.script.context, value));
        }
    }
}

fn free(context: *mut js::JSContext, value: js::JSValue) {
    // SAFETY: the value belongs to the caller, who uses it no more.
    unsafe { js::JS_FreeValue(context, value) };
}

/// The engine's function for a function of engine.c: as C functions are registered, which is a little faster than with
/// `JS_NewCClosure`.
fn c_function(script: &Script, address: *const c_void, case: &Case, arity: usize) -> js::JSValue {
    let name = CString::new(case.name).expect("names have no zeros");
    let arity = arity as i32;
    // SAFETY: the function is of this type.
    unsafe {
        let function = transmute::<*const c_void, js::JSCFunction>(address);
        js::JS_NewCFunction2(script.context, function, name.as_ptr(), arity, js::JSCFunctionEnum_JS_CFUNC_generic, 0)
    }
}

/// Callbacks that run a function of script.
struct Callbacks {
    /// The callback that is the function itself.
    function: EngineCallback,
    /// The callback whose handler in Rust answers.
    answered: LocalCallback,
}

impl Callbacks {
    fn new(script: &Script, source: &str) -> Result<Self, CallbackError> {
        let signature = Signature::new([Type::I32], Type::I32).expect("the signature is within the limits");
        let function = script.engine_callback(&signature, source)?;
        let (thunk, handler) = (Thunk::new(&signature)?, script.handler(&signature, source));
        let answered = Callback::local(&thunk, LocalOptions::default(), Err::<(), ForeignCall>, handler)?;
        Ok(Self { function, answered })
    }

    /// The address that a function is called with in this way. C's function takes the script's function itself.
    fn of(&self, way: &str) -> Option<*const c_void> {
        match way {
            "c" => None,
            "slots" => Some(self.answered.as_ptr()),
            _ => Some(self.function.as_ptr()),
        }
    }
}
