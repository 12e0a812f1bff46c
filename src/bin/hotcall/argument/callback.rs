//! Callbacks that words stand for. Their prototypes are the parameter's, or follow `print:`.

use std::sync::Arc;

use hotcall::declare::Declarations;
use hotcall::{Callback, Signature, Target, Type};
use serde_json::value::RawValue;

use crate::argument::comparator;
use crate::argument::printer::{Printer, WrittenResult};
use crate::argument::word::{Argument, WrittenCallback};
use crate::declaration::error::SourceError;
use crate::declaration::function::DeclaredFunction;
use crate::declaration::source::Source;
use crate::text::quote::shorten;
use crate::value::context::ValueContext;
use crate::value::error::ValueErrorKind;

/// Makes the callback that an argument's word stands for.
pub(crate) fn make(
    written: &WrittenCallback<'_>,
    argument: &Argument<'_>,
    declarations: &Arc<Declarations>,
) -> Result<Callback, ValueErrorKind> {
    let (result, prototype, prefix) = match *written {
        WrittenCallback::Compare(order) => return comparator::make(order),
        WrittenCallback::Print(prototype) => (None, prototype, "print"),
        WrittenCallback::PrintAndReturn(rest) => {
            let (result, prototype) = split_result(rest)?;
            (Some(result), prototype, "print=RESULT")
        }
    };
    let (name, signature) = if prototype.trim_ascii().is_empty() {
        let signature = signature_of(argument.ty).ok_or(ValueErrorKind::NoPrototype)?;
        (argument.name.unwrap_or("callback").to_owned(), signature.clone())
    } else {
        let prototype = String::from_utf8_lossy(prototype);
        let function = read(&prototype).map_err(|error| match named(&prototype) {
            Some(named) => ValueErrorKind::Nameless { named: shorten(&format!("{prefix}:{named}")) },
            None => error.into(),
        })?;
        (function.symbol, function.signature)
    };
    Printer::new(&name, signature, result, ValueContext::new(Arc::clone(declarations)))?.callback()
}

/// The signature of the functions that a parameter points to, if the declaration gives it.
fn signature_of(parameter: &Type) -> Option<&Signature> {
    if let Target::Function(function) = parameter.pointer()?.target() { Some(function.signature()) } else { None }
}

fn read(prototype: &str) -> Result<DeclaredFunction, SourceError> {
    DeclaredFunction::read(&Source::new(prototype), None, "a callback has one prototype")
}

/// Gives a name to a prototype that lacks one and is otherwise correct: `int(*)(int)` or `int(int)`.
fn named(prototype: &str) -> Option<String> {
    let text = prototype.trim_end_matches(|last: char| last == ';' || last.is_whitespace());
    let mut depth = 0;
    let start = text.rmatch_indices(['(', ')']).find_map(|(at, bracket)| {
        depth += if bracket == ")" { 1 } else { -1 };
        (depth == 0).then_some(at)
    })?;
    let (result, parameters) = text.split_at(start);
    let result = result.trim_end();
    let pointer = result.strip_suffix(')').and_then(|rest| rest.trim_end().strip_suffix('*'));
    let result = pointer.and_then(|rest| rest.trim_end().strip_suffix('(')).unwrap_or(result).trim_end();
    let named = format!("{result} name{parameters}");
    read(&named).is_ok().then_some(named)
}

/// Splits the text after `print=` at the colon after the result, which is JSON or does not contain a colon. The colon
/// and the prototype are optional.
fn split_result(rest: &[u8]) -> Result<(WrittenResult<'_>, &[u8]), ValueErrorKind> {
    let (result, behind) = if rest.starts_with(b"{") || rest.starts_with(b"[") || rest.starts_with(b"\"") {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
        let json = values.next().transpose().map_err(|source| ValueErrorKind::json("a result", rest, source))?;
        (json.map(WrittenResult::Json), &rest[values.byte_offset()..])
    } else {
        let end = rest.iter().position(|&byte| byte == b':').unwrap_or(rest.len());
        (Some(WrittenResult::Word(&rest[..end])), &rest[end..])
    };
    let prototype = if behind.is_empty() { Some(behind) } else { behind.strip_prefix(b":") };
    result.zip(prototype).ok_or(ValueErrorKind::NoPrototype)
}
