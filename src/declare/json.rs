//! Deno's JSON form of declarations: an object of symbols, each a function (`parameters`, `result`) or a static (`type`).
//!
//! The visitors keep the order, refuse what they do not know, and note where they are in a [`Trail`], so that an error
//! names the symbol and the argument.

use std::cell::RefCell;
use std::fmt;

use hotcall_jit::{MAX_PARAMETERS, Pointee, Scalar, Signature, Type};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::{Quoted, Short};
use super::{Declaration, DeclarationError, Declarations, Position};

/// The longest text in bytes.
const MAX_TEXT: usize = 2 << 20;

pub(super) fn read(text: &str) -> Result<Declarations, DeclarationError> {
    if text.len() > MAX_TEXT {
        return Err(DeclarationError::TooLong { len: text.len(), max: MAX_TEXT });
    }
    let trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Symbols(&trail).deserialize(&mut reader);
    read.and_then(|declarations| reader.end().map(|()| declarations)).map_err(|error| trail.error(&error))
}

/// The longest description of a fault in characters.
const MAX_PROBLEM: usize = 300;

/// The way from the whole text to the place being read. A failure leaves it as it was there.
#[derive(Default)]
struct Trail(RefCell<Vec<Step>>);

enum Step {
    Key(Box<str>),
    Index(usize),
}

impl Trail {
    /// Runs `read` one step further down.
    fn at<T, E>(&self, step: Step, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.0.borrow_mut().push(step);
        let value = read()?;
        self.0.borrow_mut().pop();
        Ok(value)
    }

    fn error(&self, error: &serde_json::Error) -> DeclarationError {
        let steps = self.0.borrow();
        let mut path = String::new();
        for step in steps.iter() {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(&Short(key).to_string()),
                Step::Key(key) => path.push_str(&format!(".{}", Short(key))),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        let symbol = match steps.first() {
            Some(Step::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let argument = match (steps.get(1), steps.get(2)) {
            (Some(Step::Key(key)), Some(&Step::Index(index))) if &**key == "parameters" => Some(index),
            _ => None,
        };
        // serde_json ends its messages with the place, which the error has as data.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let problem = whole.strip_suffix(&place).unwrap_or(&whole);
        // It may quote a text as long as the whole.
        let problem: String = problem.chars().take(MAX_PROBLEM).collect();
        let at = (error.line() > 0).then(|| Position { line: error.line(), column: error.column() });
        DeclarationError::Json { path: path.into(), symbol, argument, at, problem: problem.into() }
    }
}

/// The whole: an object of symbols.
struct Symbols<'a>(&'a Trail);

impl<'de> DeserializeSeed<'de> for Symbols<'_> {
    type Value = Declarations;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Symbols<'_> {
    type Value = Declarations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of symbols")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut declarations = Declarations::new();
        while let Some(key) = map.next_key::<String>()? {
            let step = Step::Key(key.as_str().into());
            self.0.at(step, || {
                let declaration = map.next_value_seed(Symbol { key: &key, trail: self.0 })?;
                declarations.insert(declaration).map_err(A::Error::custom)
            })?;
        }
        Ok(declarations)
    }
}

/// One symbol: an object whose keys decide what it is.
struct Symbol<'a> {
    key: &'a str,
    trail: &'a Trail,
}

/// The keys of a symbol; each may stand once.
#[derive(Default)]
struct Parts {
    parameters: Option<Vec<Type>>,
    result: Option<Option<Type>>,
    ty: Option<Option<Type>>,
    name: Option<String>,
    optional: Option<bool>,
    nonblocking: Option<bool>,
    errno: Option<bool>,
    variadic: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Symbol<'_> {
    type Value = Declaration;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Symbol<'_> {
    type Value = Declaration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `parameters` and `result`, or with `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let trail = self.trail;
        let mut parts = Parts::default();
        while let Some(key) = map.next_key::<String>()? {
            let step = Step::Key(key.as_str().into());
            trail.at(step, || match key.as_str() {
                "parameters" => once(&mut parts.parameters, || map.next_value_seed(Types { trail, what: "parameter" })),
                "result" => once(&mut parts.result, || map.next_value_seed(TypeOrVoid { trail })),
                "type" => once(&mut parts.ty, || map.next_value_seed(TypeOrVoid { trail })),
                "name" => once(&mut parts.name, || map.next_value()),
                "optional" => once(&mut parts.optional, || map.next_value()),
                "nonblocking" => once(&mut parts.nonblocking, || map.next_value()),
                "errno" => once(&mut parts.errno, || map.next_value()),
                "variadic" => once(&mut parts.variadic, || map.next_value()),
                other => Err(unknown(other, KEYS)),
            })?;
        }
        parts.declaration(self.key).map_err(A::Error::custom)
    }
}

/// The keys of a symbol.
const KEYS: &[&str] = &["parameters", "result", "type", "name", "optional", "nonblocking", "errno", "variadic"];

fn unknown<E: Error>(key: &str, expected: &'static [&'static str]) -> E {
    E::unknown_field(&Short(key).to_string(), expected)
}

fn once<T, E: Error>(place: &mut Option<T>, read: impl FnOnce() -> Result<T, E>) -> Result<(), E> {
    if place.is_some() {
        return Err(E::custom("the key stands twice"));
    }
    *place = Some(read()?);
    Ok(())
}

impl Parts {
    fn declaration(self, key: &str) -> Result<Declaration, String> {
        let mut declaration = match self.ty {
            Some(_) if self.parameters.is_some() || self.result.is_some() => {
                return Err("a symbol with `type` is a static and has no `parameters` or `result`".into());
            }
            Some(_) if self.nonblocking.is_some() || self.errno.is_some() || self.variadic.is_some() => {
                return Err("a static has none of `nonblocking`, `errno` and `variadic`".into());
            }
            Some(None) => return Err("a static is not `void`".into()),
            Some(Some(ty)) => Declaration::static_(key, ty),
            None => {
                let params = self.parameters.ok_or("missing field `parameters` (or `type`, for a static)")?;
                let result = self.result.ok_or("missing field `result`")?;
                let signature = match self.variadic {
                    Some(first) => Signature::variadic(params, first, result),
                    None => Signature::new(params, result),
                };
                Declaration::function(key, signature.map_err(|error| error.to_string())?)
            }
        };
        if let Some(name) = self.name {
            declaration = declaration.symbol(name);
        }
        if self.optional == Some(true) {
            declaration = declaration.optional();
        }
        if self.nonblocking == Some(true) {
            declaration = declaration.nonblocking();
        }
        if self.errno == Some(true) {
            declaration = declaration.capture_errno();
        }
        Ok(declaration)
    }
}

/// An array of types: parameters, or the fields of a struct.
struct Types<'a> {
    trail: &'a Trail,
    what: &'static str,
}

impl<'de> DeserializeSeed<'de> for Types<'_> {
    type Value = Vec<Type>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Types<'_> {
    type Value = Vec<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of types")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut types = Vec::new();
        loop {
            let next = self.trail.at(Step::Index(types.len()), || {
                if self.what == "parameter"
                    && types.len() == MAX_PARAMETERS
                    && seq.next_element::<IgnoredAny>()?.is_some()
                {
                    return Err(A::Error::custom(format_args!("more than {MAX_PARAMETERS} parameters")));
                }
                match seq.next_element_seed(TypeOrVoid { trail: self.trail })? {
                    Some(None) => Err(A::Error::custom(format_args!("a {} is not `void`", self.what))),
                    Some(ty) => Ok(ty),
                    None => Ok(None),
                }
            })?;
            match next {
                Some(ty) => types.push(ty),
                None => return Ok(types),
            }
        }
    }
}

/// A type; `None` is `void`.
struct TypeOrVoid<'a> {
    trail: &'a Trail,
}

impl<'de> DeserializeSeed<'de> for TypeOrVoid<'_> {
    type Value = Option<Type>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TypeOrVoid<'_> {
    type Value = Option<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type: a name or {\"struct\": [...]}")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        // Deno has no type for text.
        match Scalar::named(name).filter(|&scalar| scalar != Scalar::Pointer(Pointee::Text)) {
            Some(scalar) => Ok(Some(Type::from(scalar))),
            None if name == "void" => Ok(None),
            None => Err(E::custom(format_args!("unknown type {}", Quoted(name)))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = None;
        while let Some(key) = map.next_key::<String>()? {
            let step = Step::Key(key.as_str().into());
            self.trail.at(step, || match key.as_str() {
                "struct" => {
                    once(&mut fields, || map.next_value_seed(Types { trail: self.trail, what: "field of a struct" }))
                }
                other => Err(unknown(other, &["struct"])),
            })?;
        }
        let fields = fields.ok_or_else(|| A::Error::missing_field("struct"))?;
        if fields.is_empty() {
            return Err(A::Error::custom("Struct must have at least one field"));
        }
        Type::structure(fields).map(Some).map_err(A::Error::custom)
    }
}
