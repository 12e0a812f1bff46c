//! The ways in which script calls a function: the natives `ways` and `diagnostics`.

use crate::api::env::{Env, Value};
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::environment::Environment;
use crate::function::CFunction;
use crate::limit::Limit;
use crate::v8::functions::version;

/// The reason of a way that is used.
const ON: &str = "on";

/// `ways(function)`
pub(crate) fn ways(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let function: &CFunction = env.owned(args.get(0))?;
    let ways = env.object()?;
    let (fast, ordinary) = match function.entries() {
        Ok(entries) => (entries.why_not_fast().unwrap_or(ON), ON),
        Err(reason) => (&**reason, &**reason),
    };
    env.set(ways, "fast", env.string(fast)?)?;
    env.set(ways, "ordinary", env.string(ordinary)?)?;
    env.set(ways, "calls", env.number(function.calls() as f64)?)?;
    Ok(ways)
}

/// `diagnostics()`
pub(crate) fn diagnostics(environment: &Environment, _: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let diagnostics = env.object()?;
    env.set(diagnostics, "runtime", env.string(&runtime(env)?)?)?;
    let version = match version() {
        Some(version) => env.string(&version)?,
        None => env.null()?,
    };
    env.set(diagnostics, "v8", version)?;
    let ordinary = environment.v8.as_ref().err().cloned();
    let fast = match environment.limit {
        Limit::Ordinary => Some(environment.limit.reason()),
        Limit::Fast | Limit::NodeApi => ordinary.clone(),
    };
    let set = |key, reason: Option<String>| env.set(diagnostics, key, env.string(reason.as_deref().unwrap_or(ON))?);
    set("fast", fast)?;
    set("ordinary", ordinary)?;
    set("napi", None)?;
    Ok(diagnostics)
}

/// Returns the name and the version of the runtime. Bun, Deno and Electron also give a version of Node.
fn runtime(env: Env) -> Result<String, Thrown> {
    let versions = env.get(env.get(env.global()?, "process")?, "versions")?;
    for name in ["bun", "deno", "electron", "node"] {
        if let Ok(version) = env.as_string(env.get(versions, name)?) {
            return Ok(format!("{name} {version}"));
        }
    }
    Ok("unknown".into())
}
