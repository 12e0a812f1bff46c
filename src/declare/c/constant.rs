//! The values of constant expressions, with the types and conversions of C (C11 6.3, 6.5, 6.6).

use hotcall_jit::Scalar;

use super::node::{QualType, Reason, TypeNode, reason};
use super::tag::TagKind;
use super::target::integer;
use super::types::TypeTable;
use crate::declare::named::Constant;

/// An expression's value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    /// An integer, or a pointer's address.
    Int(i128),
    Float(f64),
    /// An object whose address alone is known.
    At(u64),
}

/// An expression's type and value.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) ty: QualType,
    /// The value, or the reason why it is not known.
    pub(super) value: Result<Number, Reason>,
    /// True if versions of C differ about the type.
    pub(super) vague: bool,
}

impl Operand {
    pub(super) const fn new(ty: QualType, value: Result<Number, Reason>) -> Self {
        Self { ty, value, vague: false }
    }

    /// The value, if it is known.
    pub(super) const fn constant(&self) -> Option<Constant> {
        match self.value {
            Ok(Number::Int(value)) => Some(Constant::Int(value)),
            Ok(Number::Float(value)) => Some(Constant::Float(value)),
            Ok(Number::At(_)) | Err(_) => None,
        }
    }

    /// The address of an object.
    pub(super) fn address(self) -> Result<u64, Reason> {
        match self.value? {
            Number::At(at) => Ok(at),
            Number::Int(_) | Number::Float(_) => Err(reason(NOT_CONSTANT)),
        }
    }

    fn truth(&self) -> Result<bool, Reason> {
        match self.value.clone()? {
            Number::Int(value) => Ok(value != 0),
            Number::Float(value) => Ok(value != 0.0),
            Number::At(_) => Err(reason(NOT_CONSTANT)),
        }
    }
}

pub(super) const NOT_CONSTANT: &str = "a value that is not a constant";

const NOT_ARITHMETIC: &str = "an operand that is not a number in a constant expression is not supported";

impl<'t> TypeTable<'t> {
    /// The scalar that a type or an enum is represented by, if it is arithmetic.
    fn arithmetic(&self, ty: QualType) -> Option<Scalar> {
        if let TypeNode::Scalar(scalar, _) = *self.node(ty) {
            return Some(scalar);
        }
        self.tag(ty).filter(|tag| tag.kind == TagKind::Enum)?;
        self.value(ty).ty.ok()?.as_scalar()
    }

    pub(super) fn operand(&self, scalar: Scalar, value: Result<Number, Reason>) -> Operand {
        Operand::new(self.scalar(scalar), value)
    }

    /// An integer as its type holds it.
    pub(super) fn int(&self, scalar: Scalar, value: i128) -> Operand {
        self.operand(scalar, Ok(Number::Int(wrap(scalar, value))))
    }

    fn truth_value(&self, value: Result<bool, Reason>) -> Operand {
        self.operand(Scalar::I32, value.map(|value| Number::Int(value.into())))
    }

    pub(super) fn size(&self, size: Result<u64, Reason>) -> Operand {
        self.operand(Scalar::U64, size.map(|size| Number::Int(size.into())))
    }

    /// An operand without a known value or type.
    pub(super) fn unknown_operand(&mut self, why: Reason) -> Operand {
        Operand::new(self.unknown(why.clone()), Err(why))
    }

    /// The result of an operator whose operands are not all numbers.
    fn not_arithmetic(&mut self, operands: [&Operand; 2]) -> Operand {
        let known = operands.into_iter().find_map(|operand| operand.value.clone().err());
        self.unknown_operand(known.unwrap_or_else(|| reason(NOT_ARITHMETIC)))
    }

    /// The value of an enumerator (C11 6.7.2.2p3): an `int`, or the type that GCC gives to larger values.
    pub(super) fn enumerator(&self, value: i128) -> Operand {
        let fits = |scalar: &Scalar| wrap(*scalar, value) == value;
        let scalar = [Scalar::I32, Scalar::U32, Scalar::I64].into_iter().find(fits).unwrap_or(Scalar::U64);
        Operand { vague: true, ..self.int(scalar, value) }
    }

    /// The common real type of two operands (C11 6.3.1.8); `None` if one is not a number.
    fn common(&self, a: &Operand, b: &Operand) -> Option<Scalar> {
        let (a, b) = (promoted(self.arithmetic(a.ty)?), promoted(self.arithmetic(b.ty)?));
        if a.is_float() || b.is_float() {
            return Some(if a == Scalar::F64 || b == Scalar::F64 { Scalar::F64 } else { Scalar::F32 });
        }
        let size = a.size().max(b.size());
        // The unsigned operand's type is taken, unless the other is wider.
        let signed = [a, b].iter().all(|one| one.is_signed() || one.size() != size);
        Some(integer(size, signed))
    }

    /// The result of a binary operator (C11 6.5.5 to 6.5.14).
    pub(super) fn binary(&mut self, operator: &str, a: Operand, b: Operand) -> Operand {
        match operator {
            "<<" | ">>" => return self.shift(operator, a, b),
            "&&" | "||" => return self.logical(operator, &a, &b),
            _ => {}
        }
        let compares = matches!(operator, "==" | "!=" | "<" | "<=" | ">" | ">=");
        let Some(common) = self.common(&a, &b) else {
            let result = self.not_arithmetic([&a, &b]);
            return if compares { self.operand(Scalar::I32, result.value) } else { result };
        };
        let result = if compares { Scalar::I32 } else { common };
        self.operand(result, binary_value(operator, a, b, common))
    }

    /// The type of a shift is that of its left operand alone (C11 6.5.7p3).
    fn shift(&mut self, operator: &str, a: Operand, b: Operand) -> Operand {
        let Some(scalar) = self.arithmetic(a.ty).filter(|scalar| !scalar.is_float()).map(promoted) else {
            return self.not_arithmetic([&a, &b]);
        };
        let value = a.value.and_then(|value| match (value, b.value?) {
            (Number::Int(value), Number::Int(by)) if (0..i128::from(8 * scalar.size())).contains(&by) => {
                Ok(Number::Int(wrap(scalar, if operator == "<<" { value << by } else { value >> by })))
            }
            (Number::Int(_), Number::Int(_)) => Err(reason("a shift by too much")),
            _ => Err(reason(NOT_ARITHMETIC)),
        });
        self.operand(scalar, value)
    }

    /// `&&` and `||`: the second operand may be anything if the first decides (C11 6.5.13p4, 6.5.14p4).
    fn logical(&self, operator: &str, a: &Operand, b: &Operand) -> Operand {
        let decides = operator == "||";
        self.truth_value(a.truth().and_then(|first| if first == decides { Ok(decides) } else { b.truth() }))
    }

    /// The result of a unary operator (C11 6.5.3.3).
    pub(super) fn unary(&mut self, operator: u8, a: Operand) -> Operand {
        if operator == b'!' {
            return self.truth_value(a.truth().map(|value| !value));
        }
        let Some(scalar) = self.arithmetic(a.ty).map(promoted) else { return self.not_arithmetic([&a, &a]) };
        let value = converted(a.value, scalar).and_then(|value| match (operator, value) {
            (b'-', Number::Int(value)) => Ok(Number::Int(wrap(scalar, -value))),
            (b'-', Number::Float(value)) => Ok(Number::Float(-value)),
            (b'~', Number::Int(value)) => Ok(Number::Int(wrap(scalar, !value))),
            (b'~', Number::Float(_)) => Err(reason(NOT_ARITHMETIC)),
            (_, value) => Ok(value),
        });
        self.operand(scalar, value)
    }

    /// `condition ? a : b` (C11 6.5.15). The type is common to both, the value that of one. Only that one must be
    /// known.
    pub(super) fn conditional(&mut self, condition: &Operand, a: Operand, b: Operand) -> Operand {
        let common = self.common(&a, &b);
        // An integer on the other side is a null pointer.
        let pointer = [a.ty, b.ty].into_iter().find(|&ty| matches!(self.node(ty), TypeNode::Pointer(_)));
        let chosen = match condition.truth() {
            Ok(true) => a,
            Ok(false) => b,
            Err(why) => Operand { value: Err(why), ..a },
        };
        match common {
            Some(scalar) => self.operand(scalar, converted(chosen.value, scalar)),
            None if let Some(ty) = pointer => Operand { ty, ..chosen },
            // An array or a function becomes a pointer (C11 6.3.2.1).
            None if matches!(self.node(chosen.ty), TypeNode::Array(_) | TypeNode::Function(_)) => {
                self.not_arithmetic([&chosen, &chosen])
            }
            None => chosen,
        }
    }

    /// A value as another type holds it (C11 6.5.4).
    pub(super) fn cast(&self, operand: Operand, ty: QualType) -> Operand {
        let is_pointer = matches!(self.node(ty), TypeNode::Pointer(_));
        let value = operand.value.and_then(|value| match (self.arithmetic(ty), value) {
            (Some(Scalar::Bool), Number::Int(value)) => Ok(Number::Int((value != 0).into())),
            (Some(Scalar::Bool), Number::Float(value)) => Ok(Number::Int((value != 0.0).into())),
            (Some(scalar), Number::Float(value)) if !scalar.is_float() => whole(value, scalar),
            (Some(scalar), Number::Int(_) | Number::Float(_)) => converted(Ok(value), scalar),
            (None, Number::Int(value)) if is_pointer => Ok(Number::Int(wrap(Scalar::U64, value))),
            _ => Err(reason("a cast to something other than a number in a constant expression")),
        });
        Operand::new(ty.unqualified(), value)
    }

    /// The value, which must be an integer.
    pub(super) fn integer(&self, operand: &Operand) -> Result<i128, Reason> {
        match operand.value.clone()? {
            Number::Int(value) if self.arithmetic(operand.ty).is_some() => Ok(value),
            Number::Int(_) | Number::Float(_) | Number::At(_) => Err(reason("a value that is not an integer constant")),
        }
    }
}

/// The value as the type holds it.
const fn wrap(scalar: Scalar, value: i128) -> i128 {
    let bits = scalar.canonical(value as u64);
    if scalar.is_signed() { bits as i64 as i128 } else { bits as i128 }
}

/// The type after the integer promotions (C11 6.3.1.1p2).
fn promoted(scalar: Scalar) -> Scalar {
    match scalar.size() {
        _ if scalar.is_float() => scalar,
        1 | 2 => Scalar::I32,
        size => integer(size, scalar.is_signed()),
    }
}

/// An operand's value, converted to the type of the result (C11 6.3.1.8).
fn converted(value: Result<Number, Reason>, scalar: Scalar) -> Result<Number, Reason> {
    match value? {
        Number::Int(value) if scalar.is_float() => Ok(Number::Float(rounded(value as f64, scalar))),
        Number::Int(value) => Ok(Number::Int(wrap(scalar, value))),
        Number::Float(value) => Ok(Number::Float(rounded(value, scalar))),
        Number::At(_) => Err(reason(NOT_ARITHMETIC)),
    }
}

fn rounded(value: f64, scalar: Scalar) -> f64 {
    if scalar == Scalar::F32 { f64::from(value as f32) } else { value }
}

/// A floating value as an integer (C11 6.3.1.4). If the type cannot hold it, it is undefined, and so refused.
fn whole(value: f64, scalar: Scalar) -> Result<Number, Reason> {
    let integer = value.trunc() as i128;
    if value.is_finite() && wrap(scalar, integer) == integer {
        Ok(Number::Int(integer))
    } else {
        Err(reason("a number that is out of its type's range"))
    }
}

fn binary_value(operator: &str, a: Operand, b: Operand, common: Scalar) -> Result<Number, Reason> {
    match (converted(a.value, common)?, converted(b.value, common)?) {
        (Number::Int(x), Number::Int(y)) => {
            compared(operator, x, y).map_or_else(|| integers(operator, x, y, common), Ok)
        }
        (Number::Float(x), Number::Float(y)) => {
            compared(operator, x, y).map_or_else(|| floats(operator, x, y, common), Ok)
        }
        _ => Err(reason(NOT_ARITHMETIC)),
    }
}

/// The result of a relational or equality operator (C11 6.5.8, 6.5.9); `None` for others.
fn compared<T: PartialOrd>(operator: &str, x: T, y: T) -> Option<Number> {
    let holds = match operator {
        "==" => x == y,
        "!=" => x != y,
        "<" => x < y,
        "<=" => x <= y,
        ">" => x > y,
        ">=" => x >= y,
        _ => return None,
    };
    Some(Number::Int(holds.into()))
}

fn integers(operator: &str, x: i128, y: i128, scalar: Scalar) -> Result<Number, Reason> {
    // The result fits 128 bits, because both operands have 64.
    let value = match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x.wrapping_mul(y),
        "/" | "%" if y == 0 => return Err(reason("a division by zero")),
        "/" => x / y,
        "%" => x % y,
        "&" => x & y,
        "|" => x | y,
        _ => x ^ y,
    };
    Ok(Number::Int(wrap(scalar, value)))
}

fn floats(operator: &str, x: f64, y: f64, scalar: Scalar) -> Result<Number, Reason> {
    let value = match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        _ => return Err(reason(NOT_ARITHMETIC)),
    };
    Ok(Number::Float(rounded(value, scalar)))
}
