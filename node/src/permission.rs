//! The list of what may be opened, one for the process.

use std::sync::OnceLock;

use crate::api::env::Value;
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::environment::Environment;

/// `permission(list | null)`: the first call in the process decides, and each call returns what was decided. So a Worker
/// cannot give itself another list.
pub(crate) fn permission(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    static LIST: OnceLock<Option<String>> = OnceLock::new();
    let env = environment.env;
    let given = if env.kind(args.get(0))? == ValueKind::String { Some(args.string(0)?) } else { None };
    match LIST.get_or_init(|| given) {
        Some(list) => env.string(list),
        None => env.null(),
    }
}
