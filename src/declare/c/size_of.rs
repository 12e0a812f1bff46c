//! `sizeof` (C11 6.5.3.4) in constant expressions: of types, and of expressions by their type.

use tree_sitter::Node;

use super::Fault;
use super::syntax::Reader;
use super::types::{CType, Reason, reason};
use crate::declare::error::Quoted;

impl<'t> Reader<'t> {
    /// What `sizeof` gives.
    pub(super) fn size_of(&mut self, node: Node<'t>) -> Result<Result<u64, Reason>, Fault> {
        if let Some(ty) = node.child_by_field_name("type") {
            let ty = self.type_name(ty)?;
            return Ok(self.types.extent(&ty).map(|extent| extent.size));
        }
        let Some(value) = node.child_by_field_name("value") else {
            return Ok(Err(reason("`sizeof` of nothing")));
        };
        if let Some(ty) = self.type_in_parentheses(Some(value)) {
            return Ok(self.types.extent(&ty).map(|extent| extent.size));
        }
        if value.kind() == "parenthesized_expression" { self.size_of_value(value) } else { self.size_of_operand(value) }
    }

    /// What `sizeof` without parentheses gives: it takes an operand, and no cast.
    fn size_of_operand(&mut self, value: Node<'t>) -> Result<Result<u64, Reason>, Fault> {
        let stands_for = match self.operand_is_one(value) {
            Ok(node) => node,
            Err(reason) => return Ok(Err(reason)),
        };
        match stands_for.kind() {
            "cast_expression" | "call_expression" | "binary_expression" => {
                Ok(Err(reason("`sizeof` of a cast without parentheses")))
            }
            _ => self.size_of_value(value),
        }
    }

    /// The size of an expression's type: no arithmetic stands between a cast and `sizeof`, so it may be narrower than `int`.
    fn size_of_value(&mut self, value: Node<'t>) -> Result<Result<u64, Reason>, Fault> {
        if let Err(reason) = self.count_expanded() {
            return Ok(Err(reason));
        }
        self.deeper(value, |reader| {
            let inside = if value.kind() == "parenthesized_expression" { value.named_child(0) } else { None };
            if let Some(inside) = inside {
                return reader.size_of_value(inside);
            }
            if let Some(ty) = reader.cast_type(value)? {
                // What is cast must be a constant still.
                return Ok(reader.constant(value).and_then(|_| Ok(reader.types.extent(&ty)?.size)));
            }
            if let Some(body) = reader.body_of_macro(value) {
                let place = reader.place_of(value);
                return reader.used_at(place, |reader| reader.size_of_value(body));
            }
            match (value.kind(), reader.text(value)) {
                ("true" | "false", _) | (_, "true" | "false") => {
                    Ok(Err(reason("the size of `true` depends on C's version")))
                }
                ("identifier", text) if reader.enumerators.contains_key(text) => {
                    Ok(Err(reason("the size of an enumerator depends on C's version")))
                }
                ("char_literal", text) if text.starts_with('u') => {
                    Ok(Err(reason(format!("the size of {} depends on C's version", Quoted(text)))))
                }
                _ => Ok(reader.constant(value).map(|value| if value.wide { 8 } else { 4 })),
            }
        })
    }

    /// The type that an expression is cast to, if it is a cast.
    fn cast_type(&mut self, node: Node<'t>) -> Result<Option<CType>, Fault> {
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "cast_expression" => field("type").map(|ty| self.type_name(ty)).transpose(),
            "call_expression" => Ok(self.type_in_parentheses(field("function"))),
            "binary_expression" => Ok(self.type_in_parentheses(field("left"))),
            _ => Ok(None),
        }
    }
}
