//! Random C types and signatures.
//!
//! Most sizes are in 1..=32 bytes and most numbers of parameters in 0..=20, where registers run out and classes meet.
//! Some are much larger.

use hotcall_jit::{Field, Pointee, Scalar, Signature, SignatureError, Type, TypeError};

use crate::random::Source;

/// The set of types that are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Types that libffi can express: scalars, and structs of them with natural alignment. Arrays stand for repeated
    /// members.
    Libffi,
    /// All types that hotcall knows and GNU C can write.
    C,
    /// Also types that are refused: wrong alignments, gigantic arrays, arrays as parameters, narrow variadic arguments.
    Wild,
}

/// The generator made a type that hotcall refuses. Only [`Profile::Wild`] may do so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the variants wrap errors that say what they are")]
pub enum Refused {
    #[error(transparent)]
    Type(#[from] TypeError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

const SCALARS: [Scalar; 17] = [
    Scalar::I32,
    Scalar::F64,
    Scalar::F32,
    Scalar::I64,
    Scalar::U8,
    Scalar::Pointer(Pointee::Opaque),
    Scalar::I8,
    Scalar::I16,
    Scalar::U16,
    Scalar::U32,
    Scalar::U64,
    Scalar::Isize,
    Scalar::Usize,
    Scalar::Bool,
    Scalar::Pointer(Pointee::Buffer),
    Scalar::Pointer(Pointee::Text),
    Scalar::Pointer(Pointee::Function),
];

/// Subsets that exhaust one kind of register, or fill eightbytes with small members.
const FLOATS: [Scalar; 2] = [Scalar::F64, Scalar::F32];
const WORDS: [Scalar; 4] = [Scalar::I64, Scalar::U64, Scalar::I32, Scalar::Pointer(Pointee::Opaque)];
const SMALL: [Scalar; 6] = [Scalar::U8, Scalar::I16, Scalar::Bool, Scalar::I8, Scalar::U16, Scalar::F32];
const BALANCED: [Scalar; 4] = [Scalar::F64, Scalar::I64, Scalar::F32, Scalar::I32];

/// The deepest nesting of aggregates. C code nests only a few levels.
const DEPTH: u32 = 4;

/// Makes a signature.
///
/// # Errors
///
/// With [`Profile::Wild`], types and signatures that hotcall refuses.
pub fn signature(source: &mut Source<'_>, profile: Profile) -> Result<Signature, Refused> {
    let mut make = Generator::new(source, profile);
    let count = make.count();
    let mut params = (0..count).map(|_| make.value()).collect::<Result<Vec<_>, _>>()?;
    let result = match make.source.below(6) {
        0 => None,
        _ => Some(make.value()?),
    };
    if !make.source.one_in(6) {
        return Ok(Signature::new(params, result)?);
    }
    // ISO C requires a named parameter before the dots.
    let least = u32::from(profile == Profile::C).min(count);
    if params.is_empty() && profile == Profile::C {
        return Ok(Signature::new(params, result)?);
    }
    let first = (least + make.source.below(count + 1 - least)) as usize;
    if profile != Profile::Wild || make.source.below(8) != 1 {
        params[first..].iter_mut().for_each(promote);
    }
    Ok(Signature::variadic(params, first, result)?)
}

/// The signature without its dots, because callbacks are not variadic.
///
/// # Errors
///
/// hotcall refuses the signature.
pub fn fixed(signature: &Signature) -> Result<Signature, SignatureError> {
    Signature::new(signature.params().to_vec(), signature.result().cloned())
}

fn promote(ty: &mut Type) {
    if let Some(scalar) = ty.as_scalar()
        && !scalar.is_promoted()
    {
        *ty = if scalar.is_float() { Type::F64 } else { Type::I32 };
    }
}

struct Generator<'s, 'a> {
    source: &'s mut Source<'a>,
    profile: Profile,
    scalars: &'static [Scalar],
}

impl<'s, 'a> Generator<'s, 'a> {
    fn new(source: &'s mut Source<'a>, profile: Profile) -> Self {
        let palettes: [&'static [Scalar]; 8] =
            [&SCALARS, &SCALARS, &SCALARS, &FLOATS, &WORDS, &SMALL, &BALANCED, &BALANCED];
        let scalars = source.pick(&palettes);
        Self { source, profile, scalars }
    }

    /// The number of parameters.
    fn count(&mut self) -> u32 {
        match self.source.below(64) {
            0..=39 => self.source.below(9),
            40..=60 => self.source.below(21),
            61 | 62 => self.source.below(41),
            _ => self.source.below(if self.profile == Profile::Wild { 300 } else { 256 }),
        }
    }

    /// A parameter or result.
    fn value(&mut self) -> Result<Type, Refused> {
        match self.source.below(16) {
            0..=8 => Ok(self.scalar()),
            15 if self.profile == Profile::Wild => self.array(0),
            _ => self.aggregate(0),
        }
    }

    fn scalar(&mut self) -> Type {
        Type::from(self.source.pick(self.scalars))
    }

    fn member(&mut self, depth: u32) -> Result<Type, Refused> {
        match self.source.below(8) {
            0..=5 => Ok(self.scalar()),
            6 => self.array(depth),
            _ if depth < DEPTH => self.aggregate(depth + 1),
            _ => Ok(self.scalar()),
        }
    }

    fn aggregate(&mut self, depth: u32) -> Result<Type, Refused> {
        let fields = match self.source.below(24) {
            0..=17 => 1 + self.source.below(4),
            18..=21 => 1 + self.source.below(8),
            22 => 1 + self.source.below(24),
            _ if self.profile == Profile::Libffi => 1,
            _ => 0,
        };
        let union = self.profile != Profile::Libffi && self.source.one_in(5);
        let mut fields = (0..fields).map(|_| self.field(depth)).collect::<Result<Vec<_>, _>>()?;
        // C allows a flexible array after another member.
        if self.profile != Profile::Libffi && !union && !fields.is_empty() && self.source.one_in(32) {
            fields.push(self.flexible_array(depth)?.into());
        }
        let mut ty = if union { Type::union(fields)? } else { Type::structure(fields)? };
        if self.profile != Profile::Libffi {
            if self.source.one_in(4) {
                ty = ty.packed(if self.source.one_in(3) { self.alignment() } else { 1 })?;
            }
            if self.source.one_in(8) {
                ty = ty.aligned(self.alignment())?;
            }
        }
        if self.profile == Profile::Wild && self.source.one_in(40) {
            for _ in 0..self.source.below(80) {
                ty = Type::structure([ty])?;
            }
        }
        Ok(ty)
    }

    fn field(&mut self, depth: u32) -> Result<Field, Refused> {
        let mut field = Field::from(self.member(depth)?);
        if self.profile != Profile::Libffi {
            let packed = self.source.one_in(16);
            if packed {
                field = field.packed();
            }
            // Both together are the alignment of the member's type.
            if self.source.one_in(if packed { 3 } else { 12 }) {
                field = field.aligned(self.alignment())?;
            }
        }
        Ok(field)
    }

    fn array(&mut self, depth: u32) -> Result<Type, Refused> {
        let element = match self.source.below(8) {
            7 if depth < DEPTH => self.aggregate(depth + 1)?,
            6 if depth < DEPTH => self.array(depth + 1)?,
            _ => self.scalar(),
        };
        let len = match self.source.below(32) {
            0..=29 => 1 + self.source.below(4),
            30 if self.profile == Profile::Libffi => 1,
            30 => 0,
            _ if self.profile == Profile::Wild && self.source.one_in(2) => self.source.below(u32::MAX),
            _ => 1 + self.source.below(32),
        };
        Ok(Type::array(element, len)?)
    }

    /// A flexible array member.
    fn flexible_array(&mut self, depth: u32) -> Result<Type, Refused> {
        let element = match self.source.below(4) {
            3 if depth < DEPTH => self.aggregate(depth + 1)?,
            _ => self.scalar(),
        };
        Ok(Type::flexible_array(element)?)
    }

    fn alignment(&mut self) -> u8 {
        if self.profile == Profile::Wild && self.source.one_in(8) {
            return self.source.below(256) as u8;
        }
        self.source.pick(&[1, 2, 4, 8, 16])
    }
}
