//! The native functions and facts of the prelude's scripts, which script cannot get otherwise.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, str};

use rquickjs::context::EvalOptions;
use rquickjs::qjs as js;
use rquickjs::{Array, Ctx, Function, Object, Result, TypedArray, Value};

use crate::modules;

/// The scripts, each after those that it needs. Stack traces omit functions whose file names begin with `ext:`.
const SCRIPTS: [(&str, &str); 9] = [
    ("ext:realm.js", include_str!("realm.js")),
    ("ext:errors.js", include_str!("errors.js")),
    ("ext:inspect.js", include_str!("inspect.js")),
    ("ext:console.js", include_str!("console.js")),
    ("ext:events.js", include_str!("events.js")),
    ("ext:encoding.js", include_str!("encoding.js")),
    ("ext:url.js", include_str!("url.js")),
    ("ext:prelude.js", include_str!("prelude.js")),
    ("ext:ffi.js", include_str!("ffi.js")),
];

/// Runs the scripts in the runtime's own context, and returns the functions that the runtime calls.
///
/// Each script gets native functions, the results of the scripts before it, and the global object of script's context.
/// `ffi.js` gets the native functions of the FFI instead of the others.
pub(crate) fn install<'js>(
    own: &Ctx<'js>,
    script: &Ctx<'js>,
    natives: &Object<'js>,
    ffi: &Object<'js>,
) -> Result<Object<'js>> {
    let internals = Object::new(own.clone())?;
    for (name, source) in SCRIPTS {
        let natives = if name == "ext:ffi.js" { ffi } else { natives };
        let mut options = EvalOptions::default();
        options.filename = Some(name.into());
        let function: Function<'js> = own.eval_with_options(source, options)?;
        function.call::<_, ()>((natives.clone(), internals.clone(), script.globals()))?;
    }
    internals.get::<_, Function<'js>>("protect")?.call::<_, ()>(())?;
    internals.get("runtime")
}

/// The functions and facts, without those of timers.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>, main: &Path, args: &[String]) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    process_facts(&natives, main, args)?;
    let function = |name: &str, function: Function<'js>| natives.set(name, function);
    let start = Instant::now();
    let now = move || start.elapsed().as_secs_f64() * 1e3;
    natives.set("timeOrigin", SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3)?;
    function("now", Function::new(ctx.clone(), now)?)?;
    function("print", Function::new(ctx.clone(), |text: String, error| write(text.as_bytes(), error))?)?;
    function("write", Function::new(ctx.clone(), write_bytes)?)?;
    function("exit", Function::new(ctx.clone(), exit)?)?;
    function("cwd", Function::new(ctx.clone(), || modules::absolute(Path::new("")).display().to_string())?)?;
    function("environment", Function::new(ctx.clone(), |name: String| Vec::from_iter(env::var(name)))?)?;
    function("environmentObject", Function::new(ctx.clone(), environment)?)?;
    function("collectGarbage", Function::new(ctx.clone(), |ctx: Ctx<'_>| ctx.run_gc())?)?;
    function("sourceLine", Function::new(ctx.clone(), source_line)?)?;
    function("encode", Function::new(ctx.clone(), |ctx, text: String| TypedArray::new(ctx, text))?)?;
    function("decode", Function::new(ctx.clone(), decode)?)?;
    function("decode16", Function::new(ctx.clone(), decode16)?)?;
    function("classOf", Function::new(ctx.clone(), class_of)?)?;
    function("proxy", Function::new(ctx.clone(), proxy)?)?;
    function("promise", Function::new(ctx.clone(), promise)?)?;
    Ok(natives)
}

fn process_facts(natives: &Object<'_>, main: &Path, args: &[String]) -> Result<()> {
    let os = if env::consts::OS == "macos" { "darwin" } else { env::consts::OS };
    let vendor = match os {
        "darwin" => "apple",
        "windows" => "pc",
        _ => "unknown",
    };
    let abi = match () {
        () if cfg!(target_env = "musl") => Some("musl"),
        () if cfg!(target_env = "msvc") => Some("msvc"),
        () if cfg!(target_env = "gnu") => Some("gnu"),
        () => None,
    };
    let arch = env::consts::ARCH;
    let abi_suffix = abi.map(|abi| format!("-{abi}")).unwrap_or_default();
    natives.set("args", args.to_vec())?;
    natives.set("mainModule", modules::url(&modules::absolute(main)))?;
    natives.set("execPath", env::current_exe().map_or_else(|_| String::new(), |path| path.display().to_string()))?;
    natives.set("os", os)?;
    natives.set("arch", arch)?;
    natives.set("vendor", vendor)?;
    natives.set("env", abi)?;
    natives.set("target", format!("{arch}-{vendor}-{os}{abi_suffix}"))?;
    natives.set("pid", process::id())?;
    natives.set("isTerminal", vec![io::stdout().is_terminal(), io::stderr().is_terminal()])
}

fn exit(code: i32) {
    process::exit(code);
}

/// Writes to standard output, or to standard error. A closed pipe does not stop the script.
fn write(bytes: &[u8], error: bool) {
    let written = if error {
        io::stderr().write_all(bytes)
    } else {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    };
    drop(written);
}

fn write_bytes(bytes: TypedArray<'_, u8>, error: bool) {
    write(&copied(&bytes), error);
}

/// An array's bytes.
fn copied(array: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: no script runs while the bytes are copied.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}

fn environment(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let object = Object::new(ctx)?;
    for (name, value) in env::vars() {
        object.set(name, value)?;
    }
    Ok(object)
}

/// A line of a module's source, counted from 1.
fn source_line(url: String, line: usize) -> Option<String> {
    let source = fs::read_to_string(modules::path(&url)?).ok()?;
    source.lines().nth(line.checked_sub(1)?).map(str::to_owned)
}

/// The text of bytes in UTF-8, and the number of bytes that it took: all, unless more may come. `None` if the bytes are
/// not valid text and that is an error.
fn decode<'js>(ctx: Ctx<'js>, bytes: TypedArray<'js, u8>, fatal: bool, last: bool) -> Result<Option<Array<'js>>> {
    let bytes = copied(&bytes);
    let mut end = bytes.len();
    let mut start = 0;
    while let Err(error) = str::from_utf8(&bytes[start..]) {
        match error.error_len() {
            Some(_) if fatal => return Ok(None),
            Some(len) => start += error.valid_up_to() + len,
            None if last && fatal => return Ok(None),
            None => {
                if !last {
                    end = start + error.valid_up_to();
                }
                break;
            }
        }
    }
    pair(ctx, &String::from_utf8_lossy(&bytes[..end]), end).map(Some)
}

/// Does as [`decode`] for little-endian UTF-16.
fn decode16<'js>(ctx: Ctx<'js>, bytes: TypedArray<'js, u8>, fatal: bool, last: bool) -> Result<Option<Array<'js>>> {
    let bytes = copied(&bytes);
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    if !last && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
        units.pop();
    }
    let odd = last && bytes.len() % 2 == 1;
    let text = String::from_utf16(&units);
    if fatal && (odd || text.is_err()) {
        return Ok(None);
    }
    let mut text = text.unwrap_or_else(|_| String::from_utf16_lossy(&units));
    if odd {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    pair(ctx, &text, if last { bytes.len() } else { units.len() * 2 }).map(Some)
}

fn pair<'js>(ctx: Ctx<'js>, text: &str, used: usize) -> Result<Array<'js>> {
    let pair = Array::new(ctx)?;
    pair.set(0, text)?;
    pair.set(1, used)?;
    Ok(pair)
}

/// The class that the engine sees in an object, independent of its prototype.
fn class_of<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Value<'js>> {
    if value.as_proxy().is_some() {
        return Ok(rquickjs::String::from_str(ctx, "Proxy")?.into_value());
    }
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the value is an object of this engine. Name and text belong to this function.
    unsafe {
        let name = js::JS_GetClassName(js::JS_GetRuntime(context), js::JS_GetClassID(value.as_raw()));
        let text = js::JS_AtomToString(context, name);
        js::JS_FreeAtom(context, name);
        Ok(Value::from_raw(ctx, text))
    }
}

/// A proxy's target and handler; null if it is revoked.
fn proxy<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Array<'js>> {
    let parts = Array::new(ctx)?;
    let proxy = value.as_proxy();
    parts.set(0, proxy.and_then(|proxy| proxy.target().ok()))?;
    parts.set(1, proxy.and_then(|proxy| proxy.handler().ok()))?;
    Ok(parts)
}

/// A promise's state and result.
fn promise<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Array<'js>> {
    let context = ctx.as_raw().as_ptr();
    let parts = Array::new(ctx.clone())?;
    // SAFETY: the value is an object of this engine. The result belongs to this function.
    unsafe {
        let state = match js::JS_PromiseState(context, value.as_raw()) {
            js::JSPromiseStateEnum_JS_PROMISE_FULFILLED => "fulfilled",
            js::JSPromiseStateEnum_JS_PROMISE_REJECTED => "rejected",
            _ => "pending",
        };
        parts.set(0, state)?;
        parts.set(1, Value::from_raw(ctx, js::JS_PromiseResult(context, value.as_raw())))?;
    }
    Ok(parts)
}
