//! The place being read, for errors, and the parts that all visitors share.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::declare::error::{DeclarationError, Position, Short};

/// The longest description of a fault in characters.
const MAX_PROBLEM: usize = 300;

/// The path from the whole text to the place being read. After a failure it still has the place of the failure.
#[derive(Default)]
pub(super) struct Trail(RefCell<Vec<TrailStep>>);

/// A step of that path.
pub(super) enum TrailStep {
    Key(Box<str>),
    Index(usize),
}

impl Trail {
    /// Runs `read` one step further down.
    pub(super) fn at<T, E>(&self, step: TrailStep, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.0.borrow_mut().push(step);
        let value = read()?;
        self.0.borrow_mut().pop();
        Ok(value)
    }

    pub(super) fn error(&self, error: &serde_json::Error) -> DeclarationError {
        let steps = self.0.borrow();
        let mut path = String::new();
        for step in steps.iter() {
            match step {
                TrailStep::Key(key) if path.is_empty() => path.push_str(&Short(key).to_string()),
                TrailStep::Key(key) => path.push_str(&format!(".{}", Short(key))),
                TrailStep::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        let symbol = match steps.first() {
            Some(TrailStep::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let argument = match (steps.get(1), steps.get(2)) {
            (Some(TrailStep::Key(key)), Some(&TrailStep::Index(index))) if &**key == "parameters" => Some(index),
            _ => None,
        };
        // serde_json ends its messages with the place, which the error has as data.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let problem = whole.strip_suffix(&place).unwrap_or(&whole);
        // The message may quote a text as long as the whole input.
        let problem: String = problem.chars().take(MAX_PROBLEM).collect();
        let at = (error.line() > 0).then(|| Position { line: error.line(), column: error.column() });
        DeclarationError::Json { path: path.into(), symbol, argument, at, problem: problem.into() }
    }
}

/// Reads each key of an object and its value, one step further down.
pub(super) fn each_key<'de, A: MapAccess<'de>>(
    mut map: A,
    trail: &Trail,
    mut read: impl FnMut(&mut A, &str) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    while let Some(key) = map.next_key::<String>()? {
        trail.at(TrailStep::Key(key.as_str().into()), || read(&mut map, &key))?;
    }
    Ok(())
}

/// A visitor with the form that it expects.
pub(super) enum Seed<V> {
    /// A visitor that accepts several forms.
    Any(V),
    Map(V),
    Seq(V),
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Seed<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self {
            Self::Any(visitor) => deserializer.deserialize_any(visitor),
            Self::Map(visitor) => deserializer.deserialize_map(visitor),
            Self::Seq(visitor) => deserializer.deserialize_seq(visitor),
        }
    }
}

/// The error for a key that is not expected.
pub(super) fn unknown<E: Error>(key: &str, expected: &'static [&'static str]) -> E {
    E::unknown_field(&Short(key).to_string(), expected)
}

/// Reads the value of a key, which may occur once.
pub(super) fn once<T, E: Error>(place: &mut Option<T>, read: impl FnOnce() -> Result<T, E>) -> Result<(), E> {
    if place.is_some() {
        return Err(E::custom("the key stands twice"));
    }
    *place = Some(read()?);
    Ok(())
}
