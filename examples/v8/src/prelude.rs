//! The global variables of script, and the native functions of `prelude.js`.

use std::io::{self, Write};
use std::time::Instant;

use hotcall::Type;
use hotcall::engine::EngineError;

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown, value, words};
use crate::isolate::Isolate;
use crate::value::Value;
use crate::{callback, fast, library};

type Native = fn(&Isolate, &Arguments) -> Result<Option<Value>, Thrown>;

/// The native functions, by the names that `prelude.js` uses.
const NATIVES: &[(&str, Native)] = &[
    ("open", library::open),
    ("close", library::close),
    ("ordinaryCalls", library::ordinary_calls),
    ("callback", callback::open),
    ("closeCallback", callback::close),
    ("pointer", |isolate, arguments| convert(isolate, arguments, "create", &Type::USIZE, &Type::POINTER)),
    ("address", |isolate, arguments| convert(isolate, arguments, "value", &Type::POINTER, &Type::USIZE)),
    ("pointerOf", |isolate, arguments| convert(isolate, arguments, "of", &Type::BUFFER, &Type::POINTER)),
    ("heapSize", |isolate, _| Ok(Some(isolate.number(isolate.heap_size() as f64)))),
    ("print", print),
    // Native functions throw a waiting exception before they do anything else.
    ("throwWaiting", |_, _| Ok(None)),
];

/// Defines the global variables.
pub(crate) fn install(isolate: &Isolate, args: &[String]) -> Result<(), String> {
    // Tries the layout of objects before script can change the built-ins that the trial uses. Missing fast calls are
    // not an error.
    let _ = fast::fast_calls(isolate);
    let natives = isolate.object();
    for &(name, native) in NATIVES {
        isolate.set(natives, name, isolate.function(name, 0, native));
    }
    isolate.set(natives, "direct", isolate.boolean(isolate.options().direct));
    isolate.set(natives, "waiting", isolate.waiting());
    let collect = |isolate: &Isolate, _: &Arguments| {
        isolate.collect();
        Ok(None)
    };
    isolate.set(natives, "collect", isolate.function("collectGarbage", 0, collect));
    let start = Instant::now();
    let now = move |isolate: &Isolate, _: &Arguments| Ok(Some(isolate.number(start.elapsed().as_nanos() as f64)));
    isolate.set(natives, "now", isolate.function("now", 0, now));
    let script_args = isolate.object();
    for (index, arg) in args.iter().enumerate() {
        isolate.set(script_args, &index.to_string(), isolate.text(arg).ok_or("an argument is too long")?);
    }
    isolate.set(script_args, "length", isolate.number(args.len() as f64));
    isolate.set(natives, "args", script_args);
    let prelude = isolate.run(include_str!("prelude.js"), "prelude.js")?;
    isolate.call(prelude, &[natives, isolate.global()]).map(drop).map_err(|_| "the prelude failed".into())
}

/// Converts a value of one type to one of another.
fn convert(
    isolate: &Isolate,
    arguments: &Arguments,
    name: &str,
    from: &Type,
    to: &Type,
) -> Result<Option<Value>, Thrown> {
    // SAFETY: the value is the isolate's; the slot that of a scalar.
    unsafe {
        let slot = isolate.realm.to_slot(SITE, from, words(arguments.get(0))).map_err(|problem| {
            let function = format!("Pointer.{name}").into();
            EngineError::Argument { function, index: 0, ty: from.clone(), problem }
        })?;
        isolate.realm.to_value(SITE, to, slot).map(|words| Some(value(words)))
    }
}

/// Prints values as text, with spaces between them.
fn print(isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
    let text = |index| isolate.to_shown(arguments.get(index));
    let line = (0..arguments.len()).map(text).collect::<Result<Vec<_>, _>>()?;
    writeln!(io::stdout().lock(), "{}", line.join(" ")).map_err(Thrown::error)?;
    Ok(None)
}
