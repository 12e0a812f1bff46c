//! Functions that script in Lua calls: the example's way, slots that Rust fills, and C functions written for Lua.
//!
//! `HOTCALL_LUA_SOURCE` may name the folder of Lua's own source, of the version that is measured. Then C functions that read its values
//! in place are measured too: as fast as machine code could be that knows their layout.

use std::env;
use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::transmute;
use std::path::Path;
use std::ptr;

use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use libloading::Library;
use mlua_sys::lua54::*;
use serde::Serialize;

use crate::lua_ffi::state::Ffi;
use crate::sample::{Compare, Samples};
use crate::support::c::address;

/// How many times each case is set up: where things lie by chance costs time.
const SETUPS: usize = 7;

/// The ways of a row. `RAW` repeats `C` where it cannot be measured.
const OURS: usize = 0;
const C: usize = 1;
const RAW: usize = 2;
const EMPTY: usize = 3;

/// Nanoseconds a round of a loop in Lua that calls a function: medians. The ratios are the means of the middle half of the ratios of
/// successive loops. `net` ratios compare the times above the empty loop's.
#[derive(Serialize)]
pub(crate) struct Row {
    case: &'static str,
    slots_ns: f64,
    c_ns: f64,
    empty_loop_ns: f64,
    slots_over_c: f64,
    slots_over_c_fast: f64,
    slots_over_c_net: f64,
    /// With Lua's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Raw>,
}

#[derive(Serialize)]
struct Raw {
    ns: f64,
    slots_over_raw: f64,
    slots_over_raw_net: f64,
}

/// A function of callees.c, and how script calls it.
struct Case {
    name: &'static str,
    args: &'static str,
    /// The bytes that `a` and `b` are, and their type.
    objects: [Object; 2],
    /// The text of a call's result in round 5.
    result: &'static str,
    /// True if there is a function that reads Lua's values in place.
    has_raw: bool,
}

#[derive(Clone, Copy)]
enum Object {
    None,
    Bytes(&'static [u8]),
    Points(f64, f64),
    Quad([i32; 4]),
    Function,
}

fn cases() -> Vec<Case> {
    const NONE: [Object; 2] = [Object::None, Object::None];
    const POINTS: [Object; 2] = [Object::Points(1.5, -2.), Object::Points(0.5, 2.)];
    let case = |name, args, objects, result, has_raw| Case { name, args, objects, result, has_raw };
    vec![
        case("nop", "", NONE, "", true),
        case("add_i32", "i, 2", NONE, "7", true),
        case("add_f64", "i + 0.5, 2", NONE, "7.5", true),
        case("sum8_f64", "i, 0.5, 1.5, 2.5, 3.5, 4, 5.5, 6", NONE, "28.5", true),
        case("sum12_i32", "i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", NONE, "71", true),
        case("first_byte", "a, 3", [Object::Bytes(&[200, 1, 2]), Object::None], "200", true),
        case("point_dist2", "a, b", POINTS, "17.0", true),
        case("point_add", "a, b", POINTS, "userdata", false),
        case("struct16_out", "1.5, 2", NONE, "userdata", false),
        case("quad_sum", "a", [Object::Quad([1, 20, 300, -4000]), Object::None], "-3679", true),
        case("call_back", "a, i", [Object::Function, Object::None], "6", false),
    ]
}

/// The declarations of callees.c.
const DECLARATIONS: &str = "
    #include <stdint.h>
    typedef struct { double x, y; } struct16;
    typedef struct { int32_t a, b, c, d; } quad;
    void nop(void);
    int32_t add_i32(int32_t a, int32_t b);
    double add_f64(double a, double b);
    double sum8_f64(double, double, double, double, double, double, double, double);
    int32_t sum12_i32(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
    uint8_t first_byte(const uint8_t *bytes, uintptr_t length);
    double point_dist2(struct16 a, struct16 b);
    struct16 point_add(struct16 a, struct16 b);
    struct16 struct16_out(double x, double y);
    int32_t quad_sum(quad q);
    int32_t call_back(int32_t (*function)(int32_t), int32_t a);
";

pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let c = CFunctions::build()?;
    cases().iter().map(|case| measure_case(&c, case)).collect()
}

fn measure_case(c: &CFunctions, case: &Case) -> Result<Row, Box<dyn Error>> {
    let mut samples = Samples::new();
    for _ in 0..SETUPS {
        samples.take_equal(&Loops::new(c, case)?);
    }
    let [slots_ns, c_ns, raw_ns, empty_loop_ns] = samples.medians();
    let raw = (c.has_raw && case.has_raw).then(|| Raw {
        ns: raw_ns,
        slots_over_raw: samples.ratio(OURS, RAW),
        slots_over_raw_net: samples.net_ratio(OURS, RAW, EMPTY),
    });
    Ok(Row {
        case: case.name,
        slots_ns,
        c_ns,
        empty_loop_ns,
        slots_over_c: samples.ratio(OURS, C),
        slots_over_c_fast: samples.fast_ratio(OURS, C),
        slots_over_c_net: samples.net_ratio(OURS, C, EMPTY),
        raw,
    })
}

pub(crate) fn print(rows: &[Row]) {
    println!("\nLoops in Lua: medians in ns a round, and ratios (net: without the empty loop)");
    println!("case            slots       C  empty loop  slots/C    fast     net      raw  slots/raw     net");
    for row in rows {
        let Row { case, slots_ns, c_ns, empty_loop_ns, .. } = row;
        let Row { slots_over_c, slots_over_c_fast, slots_over_c_net, raw, .. } = row;
        print!("{case:<13} {slots_ns:7.2} {c_ns:7.2} {empty_loop_ns:11.2} {slots_over_c:8.3} ");
        print!("{slots_over_c_fast:7.3} {slots_over_c_net:7.3}");
        if let Some(Raw { ns, slots_over_raw, slots_over_raw_net }) = raw {
            print!(" {ns:8.2} {slots_over_raw:10.3} {slots_over_raw_net:7.3}");
        }
        println!();
    }
}

/// The functions of callees.c and lua.c.
struct CFunctions {
    library: Library,
    /// Where it was loaded from.
    path: CString,
    has_raw: bool,
    _files: Files,
}

impl CFunctions {
    fn build() -> Result<Self, Box<dyn Error>> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/lua.c");
        let files = Files::new()?;
        let object = files.path().join("lua.so");
        // Without inlining, as between two libraries.
        let mut flags = vec!["-O3", "-fno-plt", "-fsemantic-interposition"];
        let headers = env::var("HOTCALL_LUA_SOURCE").ok();
        if let Some(headers) = &headers {
            flags.extend(["-DRAW", "-I", headers]);
        }
        Compiler::c().compile(&flags, &source, &object)?;
        // SAFETY: the library has no initialisers.
        let library = unsafe { Library::new(&object) }?;
        let functions: [*const c_void; 15] = [
            luaL_checkinteger as _,
            luaL_checknumber as _,
            luaL_checkudata as _,
            luaL_error as _,
            lua_pushinteger as _,
            lua_pushnumber as _,
            lua_pushvalue as _,
            lua_newuserdatauv as _,
            luaL_setmetatable as _,
            luaL_newmetatable as _,
            lua_pcallk as _,
            lua_tointegerx as _,
            lua_settop as _,
            lua_error_address(),
            lua_topointer as _,
        ];
        // SAFETY: lua.c has a variable of this name with these functions, which nothing reads now.
        unsafe { *address(&library, "lua")?.cast_mut().cast() = functions };
        let path = CString::new(object.into_os_string().into_encoded_bytes())?;
        Ok(Self { library, path, has_raw: headers.is_some(), _files: files })
    }
}

/// A function that raises the error on top of the stack. It has the type of `lua_error`, whose binding is a function of Rust.
fn lua_error_address() -> *const c_void {
    unsafe extern "C-unwind" fn raise(state: *mut lua_State) -> c_int {
        // SAFETY: C calls it with an error on the stack, and nothing here owns anything.
        unsafe { lua_error(state) }
    }
    raise as unsafe extern "C-unwind" fn(*mut lua_State) -> c_int as _
}

/// A state with loops around a call, in each of the ways.
struct Loops {
    state: *mut lua_State,
    /// The places of the loops' functions in the registry, with what they are called with: the function, `a` and `b`.
    ways: [[c_int; 4]; 4],
    _ffi: Box<Ffi>,
}

impl Loops {
    /// Sets all of them up, and checks that they agree on the result.
    fn new(c: &CFunctions, case: &Case) -> Result<Self, Box<dyn Error>> {
        let ffi = Box::new(Ffi::new());
        // SAFETY: the state is new, and is closed before the FFI is dropped. Nothing here fails in Lua but what `run_text` reports.
        unsafe {
            let state = luaL_newstate();
            luaL_openlibs(state);
            ffi.install(state);
            let mut loops = Self { state, ways: [[0; 4]; 4], _ffi: ffi };
            lua_pushstring(state, c.path.as_ptr());
            lua_setglobal(state, c"path".as_ptr());
            lua_pushstring(state, CString::new(DECLARATIONS)?.as_ptr());
            lua_setglobal(state, c"declarations".as_ptr());
            loops.run_text(OPEN)?;
            let call = format!("f({})", case.args);
            for way in 0..loops.ways.len() {
                let body = if way == EMPTY { "" } else { &call };
                loops.run_text(&format!("return function(n, f, a, b) for i = 1, n do {body} end end"))?;
                let function = luaL_ref(state, LUA_REGISTRYINDEX);
                let prefix = if way == RAW && c.has_raw && case.has_raw { "raw" } else { "lua" };
                if way == C || way == RAW {
                    let native = address(&c.library, &format!("{prefix}_{}", case.name))?;
                    lua_pushcfunction(state, transmute::<*const c_void, lua_CFunction>(native));
                } else {
                    loops.run_text(&format!("return C.{}", case.name))?;
                }
                let native = luaL_ref(state, LUA_REGISTRYINDEX);
                let [a, b] = case.objects.map(|object| loops.object(c, object, way));
                loops.ways[way] = [function, native, a?, b?];
            }
            loops.check(case)?;
            Ok(loops)
        }
    }

    /// Runs a text, which leaves one value on the stack.
    ///
    /// # Safety
    ///
    /// The state is open.
    unsafe fn run_text(&self, text: &str) -> Result<(), Box<dyn Error>> {
        let text = CString::new(text)?;
        // SAFETY: the caller's state is open. Both functions report errors.
        unsafe {
            let loaded = luaL_loadstring(self.state, text.as_ptr());
            self.report(loaded)?;
            self.report(lua_pcall(self.state, 0, 1, 0))
        }
    }

    /// # Safety
    ///
    /// The status is that of a function that leaves an error on the stack.
    unsafe fn report(&self, status: c_int) -> Result<(), Box<dyn Error>> {
        if status == LUA_OK {
            return Ok(());
        }
        // SAFETY: the caller promises an error on the stack.
        let message = unsafe { text_at(self.state, -1) };
        Err(message.into())
    }

    /// Makes an object in the form of a way, and returns its place in the registry.
    ///
    /// # Safety
    ///
    /// The state is open.
    unsafe fn object(&self, c: &CFunctions, object: Object, way: usize) -> Result<c_int, Box<dyn Error>> {
        let list = |numbers: &[String]| numbers.join(", ");
        let (ours, bytes) = match object {
            Object::None => ("return nil".to_owned(), None),
            Object::Function if way == OURS => {
                ("return ffi.callback(C, 'int32_t (*)(int32_t)', function(x) return x + 1 end)".to_owned(), None)
            }
            Object::Function => ("return function(x) return x + 1 end".to_owned(), None),
            Object::Bytes(bytes) => {
                let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
                (
                    format!("return ffi.new(C, 'uint8_t', {}, string.char({}))", bytes.len(), list(&numbers)),
                    Some(bytes.to_vec()),
                )
            }
            Object::Points(x, y) => {
                let bytes = [x, y].iter().flat_map(|number| number.to_le_bytes()).collect();
                (format!("return ffi.new(C, 'struct16', {{ x = {x}, y = {y} }})"), Some(bytes))
            }
            Object::Quad(numbers) => {
                let [a, b, c, d] = numbers;
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                (format!("return ffi.new(C, 'quad', {{ a = {a}, b = {b}, c = {c}, d = {d} }})"), Some(bytes))
            }
        };
        // SAFETY: the state is open, and `lua_buffer` has this type.
        unsafe {
            match bytes {
                Some(bytes) if way != OURS => {
                    let push = address(&c.library, "lua_buffer")?;
                    let push: unsafe extern "C-unwind" fn(*mut lua_State, *const u8, usize) -> c_int = transmute(push);
                    push(self.state, bytes.as_ptr(), bytes.len());
                }
                _ => self.run_text(&ours)?,
            }
            Ok(luaL_ref(self.state, LUA_REGISTRYINDEX))
        }
    }

    /// Compares the ways' results.
    ///
    /// # Safety
    ///
    /// The state is open.
    unsafe fn check(&self, case: &Case) -> Result<(), Box<dyn Error>> {
        for (way, places) in self.ways.iter().enumerate().take(EMPTY) {
            // SAFETY: the state is open; the places are those of values.
            let text = unsafe {
                self.run_text(&format!(
                    "return function(i, f, a, b) local r = f({}) \
                     return r == nil and '' or type(r) == 'userdata' and type(r) or tostring(r) end",
                    case.args
                ))?;
                self.push(5, &places[1..]);
                self.report(lua_pcall(self.state, 4, 1, 0))?;
                let text = text_at(self.state, -1);
                lua_settop(self.state, 0);
                text
            };
            if text != case.result {
                return Err(format!("{}: way {way} gives {text}, not {}", case.name, case.result).into());
            }
        }
        Ok(())
    }

    /// Pushes a number and the values of these places.
    ///
    /// # Safety
    ///
    /// The state is open.
    unsafe fn push(&self, n: u64, places: &[c_int]) {
        // SAFETY: the places are those of values in the registry.
        unsafe {
            lua_pushinteger(self.state, n as lua_Integer);
            for &place in places {
                lua_rawgeti(self.state, LUA_REGISTRYINDEX, place.into());
            }
        }
    }
}

/// Opens the library of the cases, as globals.
const OPEN: &str = "ffi = require 'ffi' C = ffi.open(path, declarations)";

/// # Safety
///
/// The value at the index is a string.
unsafe fn text_at(state: *mut lua_State, index: c_int) -> String {
    // SAFETY: the string stays where it is until it is popped.
    unsafe {
        let text: *const c_char = lua_tolstring(state, index, ptr::null_mut());
        if text.is_null() { "not a string".to_owned() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    }
}

impl Compare<4> for Loops {
    fn run(&self, way: usize, n: u64) {
        let [function, values @ ..] = &self.ways[way];
        // SAFETY: the state is open; the loops of checked calls raise no errors.
        unsafe {
            lua_rawgeti(self.state, LUA_REGISTRYINDEX, (*function).into());
            self.push(n, values);
            assert_eq!(lua_pcall(self.state, 4, 0, 0), LUA_OK, "the loops raise no errors");
            lua_settop(self.state, 0);
        }
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        // SAFETY: the state is this value's, and nothing uses it any more.
        unsafe { lua_close(self.state) };
    }
}
