//! Types as C declares them: a writer of structs and unions that lie in memory as hotcall lays them out.

use std::fmt::Write;

use hotcall_jit::{Aggregate, AggregateKind, Field, Pointee, Scalar, Type, TypeKind};

/// The beginning of each file with these types.
pub const HEAD: &str = "typedef void (*function)(void);\n";

/// The keyword that a type's name begins with.
pub const fn keyword(aggregate: &Aggregate) -> &'static str {
    match aggregate.kind() {
        AggregateKind::Struct => "struct",
        AggregateKind::Union => "union",
    }
}

/// Writes the definition of a struct or union. `bases` are its members' types, without the [`dimensions`] of arrays.
pub fn define(text: &mut String, name: &str, aggregate: &Aggregate, bases: &[String]) {
    let members = bases.iter().zip(aggregate.fields());
    let pack = Pack::of(aggregate);
    for (index, (base, field)) in members.clone().enumerate() {
        if let (Spelling::Typedef, Some(align)) = (Spelling::of(aggregate, field), field.align()) {
            let _ = writeln!(text, "typedef {base} {} __attribute__((aligned({align})));", lowered(name, index));
        }
    }
    if let Pack::Pragma(max) = pack {
        let _ = writeln!(text, "#pragma pack(push, {max})");
    }
    let _ = writeln!(text, "{name} {{");
    for (index, (base, field)) in members.enumerate() {
        let (dimensions, attributes) = (dimensions(field.ty()), pack.member(field, base));
        let align = field.align().unwrap_or(1);
        let _ = match Spelling::of(aggregate, field) {
            Spelling::Behind => writeln!(text, "    {base} m{index}{dimensions}{attributes};"),
            Spelling::Typedef => writeln!(text, "    {} m{index};", lowered(name, index)),
            Spelling::AlignedStar => writeln!(text, "    {base} __attribute__((aligned({align}))) m{index};"),
            Spelling::PackedStar => {
                writeln!(text, "    {base} __attribute__((packed)) m{index} __attribute__((aligned({align})));")
            }
        };
    }
    let align = aggregate.align().map(|align| format!("aligned({align})"));
    let packed = (pack == Pack::Attribute).then(|| "packed".to_owned());
    let _ = writeln!(text, "}}{};", attribute(packed.into_iter().chain(align)));
    if let Pack::Pragma(_) = pack {
        let _ = writeln!(text, "#pragma pack(pop)");
    }
}

/// The name of a typedef for one member.
fn lowered(aggregate: &str, member: usize) -> String {
    format!("{}_m{member}", aggregate.replace(' ', "_"))
}

/// The C text of a member's alignment. The type decides it, so that compilers' departures depend on the type alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// By attributes behind the member, if at all.
    Behind,
    /// By a typedef, which gives its alignment in place of the type's own: signed integers that are packed and aligned.
    Typedef,
    /// By an attribute behind the star, likewise: pointers that are packed and aligned.
    AlignedStar,
    /// With `packed` behind the star too, where GCC ignores it: pointers to buffers that are aligned.
    PackedStar,
}

impl Spelling {
    /// The C text of a member.
    pub fn of(aggregate: &Aggregate, field: &Field) -> Self {
        let (Some(scalar), Some(_)) = (field.ty().as_scalar(), field.align()) else { return Self::Behind };
        // Packing of the whole aggregate takes precedence over a type's own alignment.
        if !matches!(Pack::of(aggregate), Pack::No) {
            return Self::Behind;
        }
        if field.is_packed() {
            // The type of functions is a typedef here, without a star.
            let has_star = matches!(scalar, Scalar::Pointer(Pointee::Opaque | Pointee::Text));
            let has_typedef = scalar.is_signed() && scalar.size() > 1;
            if has_typedef {
                Self::Typedef
            } else if has_star {
                Self::AlignedStar
            } else {
                Self::Behind
            }
        } else if matches!(scalar, Scalar::Pointer(Pointee::Buffer)) {
            Self::PackedStar
        } else {
            Self::Behind
        }
    }

    /// Returns true if Clang aligns the member differently.
    pub fn differs_by_clang(self, field: &Field) -> bool {
        let small = field.align().is_some_and(|align| align < 8);
        matches!(self, Self::AlignedStar | Self::PackedStar) && small
    }
}

/// The C text of `packed(n)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pack {
    No,
    /// `packed(1)`.
    Attribute,
    /// A larger limit.
    Pragma(u8),
    /// A larger limit on each member: members ask for alignments of their own, which the pragma would limit too.
    Members(u8),
}

impl Pack {
    fn of(aggregate: &Aggregate) -> Self {
        match aggregate.pack() {
            None => Self::No,
            Some(1) => Self::Attribute,
            Some(max) if aggregate.fields().iter().any(|field| field.align().is_some()) => Self::Members(max),
            Some(max) => Self::Pragma(max),
        }
    }

    fn member(self, field: &Field, base: &str) -> String {
        let packed = field.is_packed() || matches!(self, Self::Members(_));
        let align = match (self, field.align()) {
            (Self::Members(max), asked) if !field.is_packed() => {
                let asked = asked.unwrap_or(1);
                let natural = format!("(_Alignof({base}) < {max} ? _Alignof({base}) : {max})");
                Some(format!("aligned({natural} > {asked} ? {natural} : {asked})"))
            }
            (_, asked) => asked.map(|align| format!("aligned({align})")),
        };
        attribute(packed.then(|| "packed".to_owned()).into_iter().chain(align))
    }
}

fn attribute(words: impl Iterator<Item = String>) -> String {
    let words: Vec<_> = words.collect();
    if words.is_empty() { String::new() } else { format!(" __attribute__(({}))", words.join(", ")) }
}

/// The dimensions of an array, which C writes behind its name.
pub fn dimensions(ty: &Type) -> String {
    match ty.kind() {
        TypeKind::Array(array) if array.is_flexible() => format!("[]{}", dimensions(array.element())),
        TypeKind::Array(array) => format!("[{}]{}", array.len(), dimensions(array.element())),
        TypeKind::Scalar(_) | TypeKind::Aggregate(_) => String::new(),
    }
}

/// The name of a scalar. Files with it begin with [`HEAD`].
pub fn scalar(scalar: Scalar) -> &'static str {
    // A typedef: C writes a pointer to a function around its name.
    if scalar == Scalar::Pointer(Pointee::Function) { "function" } else { scalar.c_name() }
}
