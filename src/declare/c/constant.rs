//! The values of constant expressions, with the types and conversions of C (C11 6.3, 6.5, 6.6).

use hotcall_jit::Scalar;

use super::node::{QualType, Reason, TypeNode, reason};
use super::tag::TagKind;
use super::types::TypeTable;
use crate::declare::named::Constant;

/// An expression's value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Number {
    /// An integer, or a pointer's address.
    Int(i128),
    Float(f64),
    /// An object, of which only the address is known.
    At(u64),
    Unknown(Reason),
}

/// An expression's type and value.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) ty: QualType,
    pub(super) value: Number,
    /// Versions of C differ about its type.
    pub(super) vague: bool,
}

impl Operand {
    /// The value, if it is known.
    pub(super) const fn constant(&self) -> Option<Constant> {
        match self.value {
            Number::Int(value) => Some(Constant::Int(value)),
            Number::Float(value) => Some(Constant::Float(value)),
            Number::At(_) | Number::Unknown(_) => None,
        }
    }
}

/// An integer type that arithmetic takes place in.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Width {
    size: u32,
    signed: bool,
}

impl Width {
    fn of(scalar: Scalar) -> Self {
        Self { size: scalar.size(), signed: scalar.is_signed() }
    }

    /// The value as the type holds it.
    const fn wrap(self, value: i128) -> i128 {
        match (self.size, self.signed) {
            (1, true) => value as i8 as i128,
            (1, false) => value as u8 as i128,
            (2, true) => value as i16 as i128,
            (2, false) => value as u16 as i128,
            (4, true) => value as i32 as i128,
            (4, false) => value as u32 as i128,
            (_, true) => value as i64 as i128,
            (_, false) => value as u64 as i128,
        }
    }

    /// After the integer promotions (C11 6.3.1.1p2).
    const fn promoted(self) -> Self {
        if self.size < 4 { Self { size: 4, signed: true } } else { self }
    }

    const fn scalar(self) -> Scalar {
        match (self.size, self.signed) {
            (4, true) => Scalar::I32,
            (4, false) => Scalar::U32,
            (_, true) => Scalar::I64,
            (_, false) => Scalar::U64,
        }
    }
}

const NOT_ARITHMETIC: &str = "an operand that is not a number in a constant expression is not supported";

fn not_arithmetic() -> Number {
    Number::Unknown(reason(NOT_ARITHMETIC))
}

impl<'t> TypeTable<'t> {
    /// The scalar that a type or an enum is represented by, if it is arithmetic.
    fn arithmetic(&self, ty: QualType) -> Option<Scalar> {
        if let TypeNode::Scalar(scalar, _) = *self.node(ty) {
            return Some(scalar);
        }
        self.tag(ty).filter(|tag| tag.kind == TagKind::Enum)?;
        self.value(ty).ty.ok()?.as_scalar()
    }

    pub(super) fn operand(&self, scalar: Scalar, value: Number) -> Operand {
        Operand { ty: self.scalar(scalar), value, vague: false }
    }

    pub(super) fn int(&self, value: i128) -> Operand {
        self.operand(Scalar::I32, Number::Int(Width::of(Scalar::I32).wrap(value)))
    }

    pub(super) fn size(&self, size: Result<u64, Reason>) -> Operand {
        let value = size.map_or_else(Number::Unknown, |size| Number::Int(size.into()));
        self.operand(Scalar::U64, value)
    }

    /// An operand of which neither the value nor the type is known.
    pub(super) fn unknown_operand(&mut self, why: Reason) -> Operand {
        let ty = self.unknown(why.clone());
        Operand { ty, value: Number::Unknown(why), vague: false }
    }

    /// The result of an operator whose operands are not all numbers.
    fn not_arithmetic(&mut self, operands: [&Operand; 2]) -> Operand {
        let known = operands.iter().find_map(|operand| match &operand.value {
            Number::Unknown(why) => Some(why.clone()),
            Number::Int(_) | Number::Float(_) | Number::At(_) => None,
        });
        self.unknown_operand(known.unwrap_or_else(|| reason(NOT_ARITHMETIC)))
    }

    /// The value of an enumerator (C11 6.7.2.2p3): an `int`, or what GCC has beyond that.
    pub(super) fn enumerator(&self, value: i128) -> Operand {
        let scalar = match value {
            _ if i32::try_from(value).is_ok() => Scalar::I32,
            _ if u32::try_from(value).is_ok() => Scalar::U32,
            _ if i64::try_from(value).is_ok() => Scalar::I64,
            _ => Scalar::U64,
        };
        Operand { vague: true, ..self.operand(scalar, Number::Int(Width::of(scalar).wrap(value))) }
    }

    /// An operand that takes part in arithmetic, converted to the type of the result (C11 6.3.1.8).
    fn converted(&self, operand: Operand, scalar: Scalar) -> Number {
        match operand.value {
            Number::Int(value) if scalar.is_float() => Number::Float(rounded(value as f64, scalar)),
            Number::Int(value) => Number::Int(Width::of(scalar).wrap(value)),
            Number::Float(value) => Number::Float(rounded(value, scalar)),
            Number::At(_) => not_arithmetic(),
            Number::Unknown(reason) => Number::Unknown(reason),
        }
    }

    /// The common real type of two operands (C11 6.3.1.8); `None` if one is not a number.
    fn common(&self, a: &Operand, b: &Operand) -> Option<Scalar> {
        let (a, b) = (self.arithmetic(a.ty)?, self.arithmetic(b.ty)?);
        if a.is_float() || b.is_float() {
            return Some(if a == Scalar::F64 || b == Scalar::F64 { Scalar::F64 } else { Scalar::F32 });
        }
        let (a, b) = (Width::of(a).promoted(), Width::of(b).promoted());
        let size = a.size.max(b.size);
        // An unsigned operand wins, unless the other is wider.
        let signed = (a.signed || a.size != size) && (b.signed || b.size != size);
        Some(Width { size, signed }.scalar())
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
        let value = match (self.converted(a, common), self.converted(b, common)) {
            (Number::Int(x), Number::Int(y)) => integers(operator, x, y, Width::of(common)),
            (Number::Float(x), Number::Float(y)) => floats(operator, x, y, common),
            (Number::Unknown(reason), _) | (_, Number::Unknown(reason)) => Number::Unknown(reason),
            _ => not_arithmetic(),
        };
        self.operand(result, value)
    }

    /// The type of a shift is that of its left operand alone (C11 6.5.7p3).
    fn shift(&mut self, operator: &str, a: Operand, b: Operand) -> Operand {
        let width = match self.arithmetic(a.ty) {
            Some(scalar) if !scalar.is_float() => Width::of(scalar).promoted(),
            _ => return self.not_arithmetic([&a, &b]),
        };
        let value = match (a.value, b.value) {
            (Number::Int(value), Number::Int(by)) if (0..i128::from(8 * width.size)).contains(&by) => {
                Number::Int(width.wrap(if operator == "<<" { value << by } else { value >> by }))
            }
            (Number::Int(_), Number::Int(_)) => Number::Unknown(reason("a shift by too much")),
            (Number::Unknown(reason), _) | (_, Number::Unknown(reason)) => Number::Unknown(reason),
            _ => not_arithmetic(),
        };
        self.operand(width.scalar(), value)
    }

    /// `&&` and `||`: the second operand may be anything if the first decides (C11 6.5.13p4, 6.5.14p4).
    fn logical(&self, operator: &str, a: &Operand, b: &Operand) -> Operand {
        let decides = operator == "||";
        let value = match truth(a) {
            Ok(first) if first == decides => Ok(decides),
            Ok(_) => truth(b),
            Err(reason) => Err(reason),
        };
        self.operand(Scalar::I32, value.map_or_else(Number::Unknown, |value| Number::Int(value.into())))
    }

    /// The result of a unary operator (C11 6.5.3.3).
    pub(super) fn unary(&mut self, operator: u8, a: Operand) -> Operand {
        if operator == b'!' {
            let value = truth(&a).map_or_else(Number::Unknown, |value| Number::Int((!value).into()));
            return self.operand(Scalar::I32, value);
        }
        let scalar = match self.arithmetic(a.ty) {
            Some(scalar) if scalar.is_float() => scalar,
            Some(scalar) => Width::of(scalar).promoted().scalar(),
            None => return self.not_arithmetic([&a, &a]),
        };
        let value = match (operator, self.converted(a, scalar)) {
            (b'-', Number::Int(value)) => Number::Int(Width::of(scalar).wrap(-value)),
            (b'-', Number::Float(value)) => Number::Float(-value),
            (b'~', Number::Int(value)) => Number::Int(Width::of(scalar).wrap(!value)),
            (b'~', Number::Float(_)) => not_arithmetic(),
            (_, value) => value,
        };
        self.operand(scalar, value)
    }

    /// `condition ? a : b` (C11 6.5.15): the type is common to both, the value that of one, and only that one counts.
    pub(super) fn conditional(&mut self, condition: &Operand, a: Operand, b: Operand) -> Operand {
        let common = self.common(&a, &b);
        // An integer on the other side is a null pointer.
        let pointer = [a.ty, b.ty].into_iter().find(|&ty| matches!(self.node(ty), TypeNode::Pointer(_)));
        let chosen = match truth(condition) {
            Ok(true) => a,
            Ok(false) => b,
            Err(reason) => Operand { value: Number::Unknown(reason), ..a },
        };
        match common {
            Some(scalar) => self.operand(scalar, self.converted(chosen, scalar)),
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
        let refused = || Number::Unknown(reason("a cast to something other than a number in a constant expression"));
        let value = match (self.node(ty), self.arithmetic(ty), operand.value) {
            (_, _, Number::Unknown(reason)) => Number::Unknown(reason),
            (_, Some(Scalar::Bool), Number::Int(value)) => Number::Int((value != 0).into()),
            (_, Some(Scalar::Bool), Number::Float(value)) => Number::Int((value != 0.0).into()),
            (_, Some(scalar), Number::Int(value)) if scalar.is_float() => Number::Float(rounded(value as f64, scalar)),
            (_, Some(scalar), Number::Int(value)) => Number::Int(Width::of(scalar).wrap(value)),
            (_, Some(scalar), Number::Float(value)) if scalar.is_float() => Number::Float(rounded(value, scalar)),
            (_, Some(scalar), Number::Float(value)) => whole(value, Width::of(scalar)),
            (TypeNode::Pointer(_), _, Number::Int(value)) => Number::Int(Width::of(Scalar::U64).wrap(value)),
            _ => refused(),
        };
        Operand { ty: ty.unqualified(), value, vague: false }
    }

    /// The value, which must be an integer.
    pub(super) fn integer(&self, operand: &Operand) -> Result<i128, Reason> {
        match &operand.value {
            Number::Int(value) if self.arithmetic(operand.ty).is_some() => Ok(*value),
            Number::Unknown(reason) => Err(reason.clone()),
            Number::Int(_) | Number::Float(_) | Number::At(_) => Err(reason("a value that is not an integer constant")),
        }
    }
}

fn truth(operand: &Operand) -> Result<bool, Reason> {
    match &operand.value {
        Number::Int(value) => Ok(*value != 0),
        Number::Float(value) => Ok(*value != 0.0),
        Number::At(_) => Err(reason("a value that is not a constant")),
        Number::Unknown(reason) => Err(reason.clone()),
    }
}

fn rounded(value: f64, scalar: Scalar) -> f64 {
    if scalar == Scalar::F32 { f64::from(value as f32) } else { value }
}

/// A floating value as an integer (C11 6.3.1.4): undefined, and so refused, where the type cannot hold it.
fn whole(value: f64, width: Width) -> Number {
    let integer = value.trunc() as i128;
    if value.is_finite() && width.wrap(integer) == integer {
        Number::Int(integer)
    } else {
        Number::Unknown(reason("a number that is out of its type's range"))
    }
}

fn integers(operator: &str, x: i128, y: i128, width: Width) -> Number {
    // Two operands of 64 bits cannot leave 128.
    let value = match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x.wrapping_mul(y),
        "/" | "%" if y == 0 => return Number::Unknown(reason("a division by zero")),
        "/" => x / y,
        "%" => x % y,
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "==" => return Number::Int((x == y).into()),
        "!=" => return Number::Int((x != y).into()),
        "<" => return Number::Int((x < y).into()),
        "<=" => return Number::Int((x <= y).into()),
        ">" => return Number::Int((x > y).into()),
        _ => return Number::Int((x >= y).into()),
    };
    Number::Int(width.wrap(value))
}

fn floats(operator: &str, x: f64, y: f64, scalar: Scalar) -> Number {
    let value = match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "==" => return Number::Int((x == y).into()),
        "!=" => return Number::Int((x != y).into()),
        "<" => return Number::Int((x < y).into()),
        "<=" => return Number::Int((x <= y).into()),
        ">" => return Number::Int((x > y).into()),
        ">=" => return Number::Int((x >= y).into()),
        _ => return not_arithmetic(),
    };
    Number::Float(rounded(value, scalar))
}
