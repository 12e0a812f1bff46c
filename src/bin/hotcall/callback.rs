//! Callbacks that words stand for: a comparator, and one that prints its calls.

use std::cmp::Ordering;
use std::sync::Arc;

use hotcall::declare::Declarations;
use hotcall::{Call, Callback, Extent, LayoutError, OnPanic, Scalar, Signature, Slot, Thunk, Type, TypeKind};
use hotcall_jit::numbers;
use serde_json::value::RawValue;

use crate::declaration::Function;
use crate::fault::Fault;
use crate::json;
use crate::misfit::{Misfit, MisfitKind};
use crate::number::Class;
use crate::quote::{escape, shorten};
use crate::source::Source;
use crate::store::{Store, Texts};
use crate::word::{self, scalar_named, value_bits};
use crate::{number, output, print};

/// A parameter that takes a callback, as it is declared.
pub(crate) struct Parameter<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) signature: Option<&'a Signature>,
}

/// Makes the callback that a word stands for.
pub(crate) fn make(
    written: &word::Callback<'_>,
    parameter: &Parameter<'_>,
    declarations: &Arc<Declarations>,
) -> Result<Callback, MisfitKind> {
    let (result, prototype, prefix) = match *written {
        word::Callback::Compare(order) => return compare(order),
        word::Callback::Print(prototype) => (None, prototype, "print"),
        word::Callback::PrintAndReturn(rest) => {
            let (result, prototype) = split_result(rest)?;
            (Some(result), prototype, "print=RESULT")
        }
    };
    let (name, signature) = if prototype.trim_ascii().is_empty() {
        let signature = parameter.signature.ok_or(MisfitKind::NoPrototype)?;
        (parameter.name.unwrap_or("callback").to_owned(), signature.clone())
    } else {
        let prototype = String::from_utf8_lossy(prototype);
        let function = read(&prototype).map_err(|fault| match named(&prototype) {
            Some(named) => MisfitKind::Nameless { named: shorten(&format!("{prefix}:{named}")) },
            None => fault.into(),
        })?;
        (function.symbol, function.signature)
    };
    Printer::new(&name, signature, result, Store::new(Arc::clone(declarations)))?.callback()
}

fn read(prototype: &str) -> Result<Function, Fault> {
    Function::read(&Source::new(prototype), None, "a callback has one prototype")
}

/// A prototype with a name, for one that lacks it and is right otherwise: `int(*)(int)` or `int(int)`.
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

/// `int (const void *, const void *)`, which orders two elements of the named type; a dash before the name reverses it.
fn compare(order: &[u8]) -> Result<Callback, MisfitKind> {
    let name = order.strip_prefix(b"-").unwrap_or(order);
    let scalar = scalar_named(name).ok_or_else(|| MisfitKind::type_name(name))?;
    let descending = name.len() < order.len();
    let signature = Signature::new([Type::POINTER, Type::POINTER], Type::I32).map_err(hotcall::Error::from)?;
    Ok(Callback::sync(&Thunk::new(&signature)?, OnPanic::Catch, move |call| {
        // SAFETY: whoever gave the comparator vouches that it is called with the addresses of elements of this type.
        let [a, b] = [0, 1].map(|index| unsafe { element(call.slots()[index], scalar) });
        // SAFETY: they also vouch that elements which are texts end with a zero.
        let ordering = unsafe { order_of(a, b, scalar) };
        let ordering = if descending { ordering.reverse() } else { ordering };
        call.set(ordering as i32).expect("the result is an int");
    })?)
}

/// # Safety
///
/// The slot is the address of a value of this type.
unsafe fn element(address: Slot, scalar: Scalar) -> u64 {
    // SAFETY: the caller says that a value of this type is there.
    number::load(unsafe { std::slice::from_raw_parts(address.as_ptr(), scalar.size() as usize) }, scalar)
}

/// Numbers by their values, and NaN behind them; texts as `strcmp` orders them, and null before them.
///
/// # Safety
///
/// If they are texts, they are as [`print::text`] asks.
unsafe fn order_of(a: u64, b: u64, scalar: Scalar) -> Ordering {
    match Class::of(scalar) {
        Class::F32 => {
            order_of_floats(numbers::to_f64(f32::from_bits(a as u32)), numbers::to_f64(f32::from_bits(b as u32)))
        }
        Class::F64 => order_of_floats(f64::from_bits(a), f64::from_bits(b)),
        // SAFETY: the caller's promise is passed on.
        Class::Text => unsafe { print::text(a).cmp(&print::text(b)) },
        Class::Signed => (a as i64).cmp(&(b as i64)),
        Class::Unsigned | Class::Bool | Class::Address => a.cmp(&b),
    }
}

/// Orders numbers by their bits, NaN last: with DAZ, which a library may have set, denormal numbers are equal to 0.
fn order_of_floats(a: f64, b: f64) -> Ordering {
    let place = |number: f64| {
        let size = number.abs().to_bits() as i64;
        (numbers::is_nan(number), if number.is_sign_negative() { -size } else { size })
    };
    match (place(a), place(b)) {
        ((true, _), (true, _)) => Ordering::Equal,
        (a, b) => a.cmp(&b),
    }
}

/// Splits the text behind `print=` at the colon behind the result, which is JSON or does not contain a colon. The colon and
/// the prototype may be left out.
fn split_result(rest: &[u8]) -> Result<(Given<'_>, &[u8]), MisfitKind> {
    let (result, behind) = if rest.starts_with(b"{") || rest.starts_with(b"[") || rest.starts_with(b"\"") {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
        let json = values.next().transpose().map_err(|source| MisfitKind::json("a result", rest, source))?;
        (json.map(Given::Json), &rest[values.byte_offset()..])
    } else {
        let end = rest.iter().position(|&byte| byte == b':').unwrap_or(rest.len());
        (Some(Given::Word(&rest[..end])), &rest[end..])
    };
    let prototype = if behind.is_empty() { Some(behind) } else { behind.strip_prefix(b":") };
    result.zip(prototype).ok_or(MisfitKind::NoPrototype)
}

/// A result as it is written.
enum Given<'a> {
    Json(&'a RawValue),
    Word(&'a [u8]),
}

/// Prints its calls.
struct Printer {
    name: String,
    signature: Signature,
    /// The result, or no bytes for zeros.
    result: Vec<u8>,
    /// Texts that the result points to.
    _texts: Texts,
}

impl Printer {
    fn new(name: &str, signature: Signature, result: Option<Given<'_>>, mut store: Store) -> Result<Self, MisfitKind> {
        let result = match (result, signature.result()) {
            (None, _) => Vec::new(),
            (Some(_), None) => return Err(MisfitKind::NoResult),
            (Some(given), Some(ty)) => encode(&given, ty, &mut store)
                .map_err(|misfit| MisfitKind::Result { ty: ty.clone(), misfit: Box::new(misfit) })?,
        };
        Ok(Self { name: escape(name), signature, result, _texts: store.into_texts() })
    }

    fn callback(self) -> Result<Callback, MisfitKind> {
        let thunk = Thunk::new(&self.signature)?;
        Ok(Callback::sync(&thunk, OnPanic::Catch, move |call| self.answer(call))?)
    }

    fn answer(&self, call: &mut Call<'_>) {
        // SAFETY: whoever gave the prototype vouches that it says where texts are.
        let line = unsafe { self.line(call) }.expect("the types were laid out when the thunk was compiled");
        output::write_now(line.as_bytes());
        if self.result.is_empty() {
            return;
        }
        match self.signature.result().and_then(Type::as_scalar) {
            Some(scalar) => {
                call.set_slot(Slot::from_bits(number::load(&self.result, scalar))).expect("the result is a scalar");
            }
            None => call.result_bytes().expect("the result is a struct or union").copy_from_slice(&self.result),
        }
    }

    /// # Safety
    ///
    /// Text pointers in the arguments are as [`print::text`] asks.
    unsafe fn line(&self, call: &Call<'_>) -> Result<String, LayoutError> {
        let mut line = format!("{}(", self.name);
        for (index, (ty, slot)) in self.signature.params().iter().zip(call.slots()).enumerate() {
            if index > 0 {
                line.push_str(", ");
            }
            match ty.kind() {
                // SAFETY: the caller's promise is passed on.
                TypeKind::Scalar(scalar) => line.push_str(&unsafe { print::scalar(slot.to_bits(), *scalar) }),
                TypeKind::Aggregate(_) | TypeKind::Array(_) => {
                    let bytes = call.bytes(index).expect("the argument is a struct or union");
                    // SAFETY: the caller's promise is passed on.
                    unsafe { print::json(&mut line, ty, bytes) }?;
                }
            }
        }
        line.push_str(")\n");
        Ok(line)
    }
}

/// The bytes of a result.
fn encode(given: &Given<'_>, ty: &Type, store: &mut Store) -> Result<Vec<u8>, Misfit> {
    let mut bytes = vec![0; Extent::of(ty).map_err(MisfitKind::from)?.size as usize];
    match (given, ty.kind()) {
        (Given::Json(json), _) => json::encode(json, ty, &mut bytes, store)?,
        (Given::Word(word), TypeKind::Scalar(scalar)) => {
            let bits = value_bits(word, *scalar, store)?.to_le_bytes();
            bytes.copy_from_slice(&bits[..scalar.size() as usize]);
        }
        (Given::Word(word), TypeKind::Aggregate(_) | TypeKind::Array(_)) => {
            return Err(MisfitKind::wrong(&String::from_utf8_lossy(word), "an object or an array").into());
        }
    }
    Ok(bytes)
}
