//! Integer constant expressions (C11 6.6), with the types and conversions of C: lengths of arrays, values of enumerators,
//! arguments of attributes.

use hotcall_jit::Scalar;
use tree_sitter::Node;

use super::syntax::{MAX_DEPTH, Reader};
use super::types::{CType, Kind, Reason, reason};
use crate::declare::error::Quoted;

/// A value of an integer type that is at least as wide as `int`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Constant {
    pub(super) value: i128,
    pub(super) wide: bool,
    signed: bool,
}

impl Constant {
    pub(super) const fn int(value: i128) -> Self {
        Self { value, wide: false, signed: true }.wrapped()
    }

    /// The value of an enumerator: `int` where that is wide enough.
    pub(super) fn enumerator(value: i128) -> Self {
        match value {
            _ if i32::try_from(value).is_ok() => Self::int(value),
            _ if u32::try_from(value).is_ok() => Self { value, wide: false, signed: false },
            _ => Self { value, wide: true, signed: i64::try_from(value).is_ok() }.wrapped(),
        }
    }

    const fn size_of(value: u64) -> Self {
        Self { value: value as i128, wide: true, signed: false }
    }

    /// The value as its type holds it.
    const fn wrapped(self) -> Self {
        let value = match (self.wide, self.signed) {
            (false, true) => self.value as i32 as i128,
            (false, false) => self.value as u32 as i128,
            (true, true) => self.value as i64 as i128,
            (true, false) => self.value as u64 as i128,
        };
        Self { value, ..self }
    }

    /// Both converted to their common type (C11 6.3.1.8).
    fn common(a: Self, b: Self) -> (Self, Self) {
        let wide = a.wide || b.wide;
        // An unsigned operand wins, unless the other is wider.
        let signed = (a.signed || a.wide != wide) && (b.signed || b.wide != wide);
        let convert = |constant: Self| Self { wide, signed, ..constant }.wrapped();
        (convert(a), convert(b))
    }

    fn with(self, value: i128) -> Self {
        Self { value, ..self }.wrapped()
    }

    /// As an integer of this type, promoted.
    fn cast(self, scalar: Scalar) -> Self {
        let value = match scalar {
            Scalar::I8 => self.value as i8 as i128,
            Scalar::U8 => self.value as u8 as i128,
            Scalar::I16 => self.value as i16 as i128,
            Scalar::U16 => self.value as u16 as i128,
            Scalar::Bool => (self.value != 0).into(),
            _ => self.value,
        };
        let small = scalar.size() < 4;
        Self { value, wide: scalar.size() == 8, signed: small || scalar.is_signed() }.wrapped()
    }

    pub(super) fn is_zero(self) -> bool {
        self.value == 0
    }
}

fn binary(operator: &str, a: Constant, b: Constant) -> Result<Constant, Reason> {
    // The type of a shift is that of its left operand alone.
    if let "<<" | ">>" = operator {
        let bits = if a.wide { 64 } else { 32 };
        let by = u32::try_from(b.value).ok().filter(|&by| by < bits).ok_or_else(|| reason("a shift by too much"))?;
        return Ok(a.with(if operator == "<<" { a.value << by } else { a.value >> by }));
    }
    if let "&&" | "||" = operator {
        let (a, b) = (!a.is_zero(), !b.is_zero());
        return Ok(Constant::int(if operator == "&&" { a && b } else { a || b }.into()));
    }
    let (a, b) = Constant::common(a, b);
    let (x, y) = (a.value, b.value);
    // Two operands of 64 bits cannot leave 128.
    let value = match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x.wrapping_mul(y),
        "/" | "%" if y == 0 => return Err(reason("a division by zero")),
        "/" => x / y,
        "%" => x % y,
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "==" => return Ok(Constant::int((x == y).into())),
        "!=" => return Ok(Constant::int((x != y).into())),
        "<" => return Ok(Constant::int((x < y).into())),
        "<=" => return Ok(Constant::int((x <= y).into())),
        ">" => return Ok(Constant::int((x > y).into())),
        ">=" => return Ok(Constant::int((x >= y).into())),
        _ => return Err(reason(format!("`{operator}` in a constant expression"))),
    };
    Ok(a.with(value))
}

fn unary(operator: &str, a: Constant) -> Result<Constant, Reason> {
    match operator {
        "-" => Ok(a.with(-a.value)),
        "+" => Ok(a),
        "~" => Ok(a.with(!a.value)),
        "!" => Ok(Constant::int(a.is_zero().into())),
        _ => Err(reason(format!("`{operator}` in a constant expression"))),
    }
}

/// An integer literal, with its type after C11 6.4.4.1.
pub(super) fn number(text: &str, long_is_short: bool) -> Option<Constant> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = text.to_ascii_lowercase();
    let digits_end = lower.trim_end_matches(['u', 'l']).len();
    let (digits, suffix) = lower.split_at(digits_end);
    let (unsigned, longs) = match suffix {
        "" => (false, 0),
        "u" => (true, 0),
        "l" => (false, 1),
        "ul" | "lu" => (true, 1),
        "ll" => (false, 2),
        "ull" | "llu" => (true, 2),
        _ => return None,
    };
    let (digits, radix) = if let Some(hex) = digits.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(bits) = digits.strip_prefix("0b") {
        (bits, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    let wide = longs == 2 || longs == 1 && !long_is_short;
    let narrow_max = if unsigned || radix != 10 { u32::MAX.into() } else { i32::MAX as u64 };
    let wide = wide || value > narrow_max;
    let signed_max = if wide { i64::MAX as u64 } else { i32::MAX as u64 };
    let constant = Constant { value: value.into(), wide, signed: !unsigned && value <= signed_max };
    Some(if negative { constant.with(-constant.value) } else { constant })
}

/// A character constant of one character.
fn character(text: &str, signed_char: bool) -> Option<i128> {
    let (prefix, quoted) = text.split_once('\'')?;
    let inside = quoted.strip_suffix('\'')?;
    let code: u32 = match inside.strip_prefix('\\') {
        None => {
            let mut chars = inside.chars();
            let only = chars.next().filter(|_| chars.next().is_none())?;
            // Without a prefix, what is not ASCII has several bytes.
            Some(only).filter(|only| !prefix.is_empty() || only.is_ascii())?.into()
        }
        Some(escape) => match escape.as_bytes() {
            [b'x', hex @ ..] if !hex.is_empty() => u32::from_str_radix(&escape[1..], 16).ok()?,
            [b'0'..=b'7', ..] if escape.len() <= 3 => u32::from_str_radix(escape, 8).ok()?,
            [b'n'] => 10,
            [b't'] => 9,
            [b'r'] => 13,
            [b'a'] => 7,
            [b'b'] => 8,
            [b'f'] => 12,
            [b'v'] => 11,
            [b'e'] => 27,
            [other @ (b'\\' | b'\'' | b'"' | b'?')] => (*other).into(),
            _ => return None,
        },
    };
    match prefix {
        "" if code > 0xff => None,
        // Several bytes of UTF-8: not one character to C.
        "" if !inside.is_ascii() => None,
        "" if signed_char => Some((code as u8 as i8).into()),
        "" | "L" | "u" | "U" | "u8" => Some(code.into()),
        _ => None,
    }
}

impl<'t> Reader<'t> {
    /// The value of an expression.
    pub(super) fn constant(&mut self, node: Node<'t>) -> Result<Constant, Reason> {
        self.count_expanded()?;
        self.deeper(node, |reader| reader.constant_inside(node)).map_err(|fault| self.reason_of(fault))?
    }

    fn constant_inside(&mut self, node: Node<'t>) -> Result<Result<Constant, Reason>, super::Fault> {
        let text = self.text(node);
        let unknown = || reason(format!("{} is not an integer constant", Quoted(text)));
        let field = |name| node.child_by_field_name(name);
        Ok(match node.kind() {
            "number_literal" => number(text, self.types.target.short_long).ok_or_else(unknown),
            "char_literal" => character(text, self.types.target.signed_char).map(Constant::int).ok_or_else(unknown),
            "identifier" => self.constant_named(text, node),
            "parenthesized_expression" => match node.named_child(0) {
                Some(inside) => self.constant(inside),
                None => Err(unknown()),
            },
            "unary_expression" => self.unary_expression(node),
            "binary_expression" => self.binary_expression(node),
            "conditional_expression" => self.conditional(node),
            "cast_expression" => match (field("type"), field("value")) {
                (Some(ty), Some(value)) => {
                    let ty = self.type_name(ty)?;
                    self.operand(value).and_then(|value| cast(self, value, &ty))
                }
                _ => Err(unknown()),
            },
            // `(type)(value)` looks like a call.
            "call_expression" => match (self.type_in_parentheses(field("function")), field("arguments")) {
                (Some(ty), Some(arguments)) if arguments.named_child_count() == 1 => match arguments.named_child(0) {
                    Some(value) => self.constant(value).and_then(|value| cast(self, value, &ty)),
                    None => Err(unknown()),
                },
                _ => Err(unknown()),
            },
            "sizeof_expression" => self.size_of(node)?.map(Constant::size_of),
            "alignof_expression" => match field("type") {
                Some(ty) => {
                    let ty = self.type_name(ty)?;
                    self.types.extent(&ty).map(|extent| Constant::size_of(extent.align))
                }
                None => Err(unknown()),
            },
            _ => Err(reason(format!("{} in a constant expression is not supported", Quoted(text)))),
        })
    }

    fn constant_named(&mut self, name: &str, node: Node<'t>) -> Result<Constant, Reason> {
        let place = self.place_of(node);
        if let Some(expression) = self.clean.macro_at(name, place) {
            return self.expanded(expression, place);
        }
        if let Some(value) = self.enumerators.get(name) {
            return value.clone();
        }
        match name {
            "true" => Ok(Constant::int(1)),
            "false" => Ok(Constant::int(0)),
            _ => Err(reason(format!("{} is not declared as a constant", Quoted(name)))),
        }
    }

    fn unary_expression(&mut self, node: Node<'t>) -> Result<Constant, Reason> {
        let (Some(operator), Some(argument)) =
            (node.child_by_field_name("operator"), node.child_by_field_name("argument"))
        else {
            return Err(reason("an operator without its operand"));
        };
        let value = self.operand(argument)?;
        unary(self.text(operator), value)
    }

    fn binary_expression(&mut self, node: Node<'t>) -> Result<Constant, Reason> {
        let field = |name| node.child_by_field_name(name).ok_or_else(|| reason("an operator without its operands"));
        let (left, right) = (field("left")?, field("right")?);
        let operator = self.text(field("operator")?);
        // `(type) - 1` looks like a subtraction.
        if let (Some(ty), "-" | "+") = (self.type_in_parentheses(Some(left)), operator) {
            // The tree has it that the cast comes last.
            if matches!(right.kind(), "binary_expression" | "conditional_expression") {
                return Err(reason("a cast of a signed number without parentheses around it"));
            }
            let value = self.operand(right).and_then(|value| unary(operator, value))?;
            return cast(self, value, &ty);
        }
        let a = self.operand(left)?;
        // What is not evaluated may divide by zero.
        if operator == "&&" && a.is_zero() || operator == "||" && !a.is_zero() {
            self.operand_is_one(right)?;
            return Ok(Constant::int((operator == "||").into()));
        }
        binary(operator, a, self.operand(right)?)
    }

    fn conditional(&mut self, node: Node<'t>) -> Result<Constant, Reason> {
        let field = |name| node.child_by_field_name(name);
        let (Some(condition), Some(alternative)) = (field("condition"), field("alternative")) else {
            return Err(reason("an incomplete `?:`"));
        };
        let condition = self.operand(condition)?;
        self.operand_is_one(alternative)?;
        // The type is common to both branches, the value that of one, and only that one is evaluated.
        let (chosen, other) = match field("consequence") {
            None if condition.is_zero() => (self.constant(alternative)?, Ok(condition)),
            None => (condition, self.constant(alternative)),
            Some(consequence) if condition.is_zero() => (self.constant(alternative)?, self.constant(consequence)),
            Some(consequence) => (self.constant(consequence)?, self.constant(alternative)),
        };
        Ok(other.map_or(chosen, |other| Constant::common(chosen, other).0))
    }

    /// The body of the macro that a node names.
    pub(super) fn body_of_macro(&self, node: Node<'t>) -> Option<Node<'t>> {
        if node.kind() != "identifier" {
            return None;
        }
        let expression = self.clean.macro_at(self.text(node), self.place_of(node))?;
        self.expressions.get(expression).copied()
    }

    /// An operand's value. The body of a macro is put there as text, so it must be an operand itself.
    fn operand(&mut self, node: Node<'t>) -> Result<Constant, Reason> {
        self.operand_is_one(node)?;
        self.constant(node)
    }

    /// Checks that; what is left when no macro stands there any more.
    pub(super) fn operand_is_one(&mut self, node: Node<'t>) -> Result<Node<'t>, Reason> {
        let place = self.place_of(node);
        self.used_at(place, |reader| {
            let mut last = node;
            // A macro may stand for another one.
            for _ in 0..MAX_DEPTH {
                let Some(body) = reader.body_of_macro(last) else { return Ok(last) };
                reader.count_expanded()?;
                if !reader.is_operand(body) {
                    let name = Quoted(reader.text(node));
                    return Err(reason(format!(
                        "the macro {name} stands for an expression without parentheses around it"
                    )));
                }
                last = body;
            }
            Err(reason(format!("the macro {} stands for too many others", Quoted(reader.text(node)))))
        })
    }

    /// Whether an expression stays one when operators come before and after it.
    fn is_operand(&self, node: Node<'t>) -> bool {
        match node.kind() {
            // `(type) -1`
            "binary_expression" => self.type_in_parentheses(node.child_by_field_name("left")).is_some(),
            "conditional_expression" | "comma_expression" | "assignment_expression" => false,
            _ => true,
        }
    }

    /// The type that `(name)` is, which looks like an expression.
    pub(super) fn type_in_parentheses(&self, node: Option<Node<'t>>) -> Option<CType> {
        let node = node.filter(|node| node.kind() == "parenthesized_expression")?;
        let name = node.named_child(0).filter(|inside| inside.kind() == "identifier")?;
        if self.body_of_macro(name).is_some() {
            return None;
        }
        let name = self.text(name);
        if self.enumerators.contains_key(name) { None } else { self.types.named(name) }
    }

    /// The alignment that an attribute's appended expression asks for: `sizeof(type)` or `sizeof(expression)`.
    pub(super) fn alignment(&mut self, expression: usize) -> Result<u64, Reason> {
        let Some(&node) = self.expressions.get(expression) else {
            return Err(reason("an alignment that is no expression"));
        };
        let ty = match node.child_by_field_name("type") {
            Some(ty) => Some(self.type_name(ty).map_err(|fault| self.reason_of(fault))?),
            None => self.type_in_parentheses(node.child_by_field_name("value")),
        };
        if let Some(ty) = ty {
            return self.types.extent(&ty).map(|extent| extent.align);
        }
        let value = node.child_by_field_name("value").ok_or_else(|| reason("an alignment that is no expression"))?;
        let value = self.constant(value)?.value;
        match u64::try_from(value) {
            // `_Alignas(0)` asks for nothing.
            Ok(0) => Ok(1),
            Ok(align) if align.is_power_of_two() && align <= 1 << 28 => Ok(align),
            _ => Err(reason(format!("an alignment of {value} bytes is not a power of two"))),
        }
    }
}

fn cast(reader: &Reader<'_>, value: Constant, ty: &CType) -> Result<Constant, Reason> {
    let scalar = match &ty.kind {
        Kind::Scalar { scalar, .. } => Some(*scalar),
        Kind::Tag(_) => reader.types.value(ty).ty?.as_scalar(),
        _ => None,
    };
    match scalar {
        Some(scalar) if !scalar.is_float() => Ok(value.cast(scalar)),
        _ => Err(reason("a cast to something other than an integer in a constant expression")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_have_values_and_types() {
        let of = |text| number(text, false).map(|constant| (constant.value, constant.wide, constant.signed));
        assert_eq!(of("10"), Some((10, false, true)));
        assert_eq!(of("0x80000000"), Some((0x8000_0000, false, false)));
        assert_eq!(of("2147483648"), Some((2_147_483_648, true, true)));
        assert_eq!(of("017u"), Some((15, false, false)));
        assert_eq!(of("0b101L"), Some((5, true, true)));
        assert_eq!(of("0"), Some((0, false, true)));
        assert_eq!(of("-1"), Some((-1, false, true)));
        assert_eq!(of("18446744073709551615"), Some((u64::MAX.into(), true, false)));
        for text in ["1.5", "08", "0x", "1lul", "99999999999999999999", "1e3", "++1", ""] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn characters_have_values() {
        for (text, value) in [("'a'", 97), ("'\\n'", 10), ("'\\0'", 0), ("'\\xff'", -1), ("L'é'", 233), ("'\\''", 39)]
        {
            assert_eq!(character(text, true), Some(value), "{text}");
        }
        assert_eq!(character("'\\xff'", false), Some(255));
        for text in ["'ab'", "''", "'\\x'", "'é'"] {
            assert_eq!(character(text, true), None, "{text}");
        }
    }
}
