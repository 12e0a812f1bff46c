//! GNU, C23 and Microsoft attributes: `__attribute__((…))`, `[[…]]`, `__declspec(…)`, `_Alignas(…)` and their kin.
//!
//! Only what changes a layout, a type or a call is kept. The grammar has no place for attributes in many positions where
//! compilers take them, so they are cut out of the text before it is parsed and found again by their position.

use std::ops::Range;

use super::lex::{Token, TokenKind};

/// An attribute at its place.
#[derive(Debug)]
pub(super) struct Attribute {
    /// Where it stands.
    pub(super) at: usize,
    /// The end of the last token before it that is no attribute.
    pub(super) anchor: usize,
    pub(super) effect: Effect,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// `packed`
    Packed,
    /// `aligned`: the largest useful alignment.
    AlignMax,
    /// `aligned(…)`: the number of its expression among those appended to the text.
    Align(usize),
    /// `_Alignas(…)`, likewise: the alignment of what is declared, never of a type.
    AlignObject(usize),
    /// It makes another type of the declared one.
    Type(&'static str),
    /// `mode(…)`: the mode's name without underscores around it.
    Mode(Box<str>),
    /// The function is called by other rules.
    Call(&'static str),
    /// `__asm__("name")`: the symbol's name.
    Symbol(Box<str>),
    /// A bit-field without a name, cut out as well.
    BitField,
}

/// What an attribute's name asks for; its argument, if there is one, is to be evaluated.
pub(super) enum Meaning {
    Effect(Effect),
    Align(Range<usize>),
    AlignObject(Range<usize>),
    Mode(Range<usize>),
    Harmless,
}

/// What a keyword that stands by itself does to a type or a call.
pub(super) fn keyword(word: &str) -> Option<Effect> {
    Some(match word {
        "_Complex" | "__complex__" | "__complex" | "_Imaginary" | "__imaginary__" => Effect::Type("complex numbers"),
        "__ptr32" | "_ptr32" => Effect::Type("32-bit pointers"),
        "_Thread_local" | "thread_local" | "__thread" => Effect::Type("thread-local variables"),
        "__vectorcall" | "_vectorcall" | "__regcall" => Effect::Call("another calling convention"),
        _ => return None,
    })
}

/// A name of an attribute or a mode without the underscores that it may have around it.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("__").and_then(|name| name.strip_suffix("__")).unwrap_or(name)
}

pub(super) fn meaning(name: &str, argument: Option<Range<usize>>) -> Meaning {
    let effect = match plain(name) {
        "packed" => Effect::Packed,
        "aligned" | "align" => match argument {
            Some(argument) => return Meaning::Align(argument),
            None => Effect::AlignMax,
        },
        "_Alignas" | "alignas" => return argument.map_or(Meaning::Harmless, Meaning::AlignObject),
        "vector_size" | "ext_vector_type" | "neon_vector_type" => Effect::Type("vector types"),
        "mode" => match argument {
            Some(argument) => return Meaning::Mode(argument),
            None => Effect::Type("types of a mode without a name"),
        },
        "scalar_storage_order" => Effect::Type("structs of another byte order"),
        "ms_struct" => Effect::Type("structs of Microsoft's layout"),
        "pass_object_size" | "pass_dynamic_object_size" => Effect::Type("arguments with their object's size"),
        "transparent_union" => Effect::Type("transparent unions"),
        "thread" => Effect::Type("thread-local variables"),
        "ms_abi" | "sysv_abi" | "vectorcall" | "pcs" | "aarch64_vector_pcs" | "preserve_most" | "preserve_all"
        | "preserve_none" | "intel_ocl_bicc" | "regcall" | "swiftcall" | "swiftasynccall" => {
            Effect::Call("another calling convention")
        }
        _ => return Meaning::Harmless,
    };
    Meaning::Effect(effect)
}

/// The attributes in a list: `name`, `name(…)`, `prefix::name`, separated by commas.
pub(super) fn list<'t>(text: &'t str, tokens: &[Token]) -> Vec<(&'t str, Option<Range<usize>>)> {
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        if token.kind != TokenKind::Word {
            continue;
        }
        let argument = tokens.get(index).filter(|next| next.is(b'(')).map(|_| {
            let close = closing(tokens, index);
            let inside = tokens[index].end..tokens.get(close).map_or(tokens[index].end, |token| token.start);
            index = close + 1;
            inside
        });
        // An empty pair of parentheses asks for nothing.
        let argument = argument.filter(|range| !text[range.clone()].trim().is_empty());
        found.push((&text[token.range()], argument));
    }
    found
}

/// The index of the token that closes the bracket at `open`. The lexer has checked that brackets match; in a part of the
/// tokens that ends before, the part's end.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::Punctuator(b'(' | b'[' | b'{') => depth += 1,
            TokenKind::Punctuator(b')' | b']' | b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}
