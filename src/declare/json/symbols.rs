//! Symbols: functions and statics.

use std::fmt;

use hotcall_jit::{Signature, Type};
use serde::de::{DeserializeSeed as _, Error, MapAccess, Visitor};

use super::trail::{Seed, Trail, each_key, once, unknown};
use super::types::{ParametersVisitor, TypeVisitor, checked_names};
use crate::declare::declaration::{Declaration, FunctionDeclaration, Item, StaticDeclaration};
use crate::declare::declarations::Declarations;
use crate::declare::error::DeclarationError;

/// The longest text in bytes.
const MAX_TEXT: usize = 2 << 20;

impl Declarations {
    /// Reads declarations in Deno's form.
    ///
    /// Beside Deno's keys, functions may have `"errno": true` (capture it), `"variadic": n` (the index of the first
    /// variadic argument) and `"names"` of their parameters. Beside Deno's types there are unions, arrays, members with
    /// names, and pointers with their targets. The page `docs/declarations.md` lists all forms.
    ///
    /// ```
    /// use hotcall::declare::Declarations;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let declarations = Declarations::from_json(
    ///     r#"{"add": {"parameters": ["i32", "i32"], "result": "i32", "name": "add_i32", "optional": true}}"#,
    /// )?;
    /// assert_eq!(declarations.get("add")?.symbol_name(), "add_i32");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The first fault, with its path, symbol and argument. Unknown and duplicate keys are faults.
    pub fn from_json(text: &str) -> Result<Self, DeclarationError> {
        if text.len() > MAX_TEXT {
            return Err(DeclarationError::TooLong { len: text.len(), max: MAX_TEXT });
        }
        let trail = Trail::default();
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Seed::Map(SymbolsVisitor(&trail)).deserialize(&mut reader);
        read.and_then(|declarations| reader.end().map(|()| declarations)).map_err(|error| trail.error(&error))
    }
}

/// The whole text: an object of symbols.
struct SymbolsVisitor<'a>(&'a Trail);

impl<'de> Visitor<'de> for SymbolsVisitor<'_> {
    type Value = Declarations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of symbols")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut declarations = Declarations::new();
        each_key(map, self.0, |map, key| {
            let declaration = map.next_value_seed(Seed::Map(SymbolVisitor { key, trail: self.0 }))?;
            declarations.insert(declaration).map_err(A::Error::custom)
        })?;
        Ok(declarations)
    }
}

/// One symbol: an object whose keys decide its kind.
struct SymbolVisitor<'a> {
    key: &'a str,
    trail: &'a Trail,
}

/// The keys of a symbol. Each may occur once.
#[derive(Default)]
struct SymbolKeys {
    parameters: Option<Vec<Type>>,
    result: Option<Option<Type>>,
    ty: Option<Option<Type>>,
    name: Option<String>,
    optional: Option<bool>,
    nonblocking: Option<bool>,
    errno: Option<bool>,
    variadic: Option<usize>,
    names: Option<Vec<Option<Box<str>>>>,
}

impl<'de> Visitor<'de> for SymbolVisitor<'_> {
    type Value = Declaration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `parameters` and `result`, or with `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let trail = self.trail;
        let mut parts = SymbolKeys::default();
        each_key(map, trail, |map, key| match key {
            "parameters" => once(&mut parts.parameters, || map.next_value_seed(Seed::Seq(ParametersVisitor(trail)))),
            "result" => once(&mut parts.result, || map.next_value_seed(Seed::Any(TypeVisitor(trail)))),
            "type" => once(&mut parts.ty, || map.next_value_seed(Seed::Any(TypeVisitor(trail)))),
            "name" => once(&mut parts.name, || map.next_value()),
            "optional" => once(&mut parts.optional, || map.next_value()),
            "nonblocking" => once(&mut parts.nonblocking, || map.next_value()),
            "errno" => once(&mut parts.errno, || map.next_value()),
            "variadic" => once(&mut parts.variadic, || map.next_value()),
            "names" => once(&mut parts.names, || map.next_value()),
            other => Err(unknown(other, KEYS)),
        })?;
        parts.declaration(self.key).map_err(A::Error::custom)
    }
}

/// The keys of a symbol.
const KEYS: &[&str] =
    &["parameters", "result", "type", "name", "optional", "nonblocking", "errno", "variadic", "names"];

impl SymbolKeys {
    fn declaration(self, key: &str) -> Result<Declaration, String> {
        let item = match self.ty {
            Some(_) if self.parameters.is_some() || self.result.is_some() => {
                return Err("a symbol with `type` is a static and has no `parameters` or `result`".into());
            }
            Some(_) if self.nonblocking.is_some() || self.errno.is_some() || self.variadic.is_some() => {
                return Err("a static has none of `nonblocking`, `errno` and `variadic`".into());
            }
            Some(_) if self.names.is_some() => return Err("a static has no `names` of parameters".into()),
            Some(None) => return Err("a static is not `void`".into()),
            Some(Some(ty)) => Item::Static(StaticDeclaration { ty, is_const: false }),
            None => {
                let params = self.parameters.ok_or("missing field `parameters` (or `type`, for a static)")?;
                let result = self.result.ok_or("missing field `result`")?;
                let signature = match self.variadic {
                    Some(first) => Signature::variadic(params, first, result),
                    None => Signature::new(params, result),
                };
                let signature = signature.map_err(|error| error.to_string())?;
                Item::Function(FunctionDeclaration {
                    parameter_names: checked_names(&signature, self.names)?.into(),
                    signature,
                    nonblocking: self.nonblocking == Some(true),
                    capture_errno: self.errno == Some(true),
                })
            }
        };
        let symbol = self.name.map(Into::into);
        Ok(Declaration { key: key.into(), symbol, optional: self.optional == Some(true), item })
    }
}
