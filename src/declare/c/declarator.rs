//! Declarators (C11 6.7.6): from the type at a declaration's start, through pointers, arrays and functions, to the name.

use std::rc::Rc;

use hotcall_jit::MAX_PARAMETERS;
use tree_sitter::Node;

use super::Fault;
use super::attribute::Effect;
use super::syntax::{Reader, children};
use super::types::{CType, FunctionType, Kind, Parameter, Reason, reason};

/// What a declarator declares.
pub(super) struct Declarator<'t> {
    /// The name's node; an abstract declarator has none.
    pub(super) name: Option<Node<'t>>,
    pub(super) ty: CType,
    pub(super) inside: Option<Inside>,
}

/// Attributes behind a star or at the start of a nested declarator. To GCC ("Attribute Syntax") they are attributes of the
/// type declared so far: an alignment takes the place of the type's own, and `packed` is ignored. To Clang they are
/// attributes of what is declared. hotcall follows GCC, and keeps here what Clang's reading needs.
#[derive(Clone, Copy, Default)]
pub(super) struct Inside {
    pub(super) packed: bool,
    pub(super) align: u64,
    /// The alignment that a typedef gives to the type without these attributes.
    pub(super) plain: Option<u64>,
}

impl<'t> Reader<'t> {
    /// Reads a declarator from the outside in, which is from the type's end to the name; in a loop, since pointers to
    /// pointers have no limit.
    pub(super) fn declarator(&mut self, node: Node<'t>, base: CType) -> Result<Declarator<'t>, Fault> {
        let mut plain = base.align;
        let mut ty = base;
        let mut inside = None;
        let mut next = Some(node);
        while let Some(node) = next {
            match node.kind() {
                "identifier" | "field_identifier" | "type_identifier" | "primitive_type" => {
                    self.refuse_macro(node)?;
                    let inside = inside.map(|inside| Inside { plain, ..inside });
                    return Ok(Declarator { name: Some(node), ty, inside });
                }
                "pointer_declarator" | "abstract_pointer_declarator" => {
                    plain = None;
                    ty = self.attributes_behind(node, ty.pointer(), &mut inside);
                }
                "array_declarator" | "abstract_array_declarator" => {
                    let size = node.child_by_field_name("size").filter(|size| size.kind() != "*");
                    let len = size.map(|size| self.array_length(size));
                    ty = self.types.array(ty, len);
                }
                "function_declarator" | "abstract_function_declarator" => {
                    plain = None;
                    ty = self.function(node, ty)?;
                }
                "parenthesized_declarator" | "abstract_parenthesized_declarator" => {
                    ty = self.attributes_behind(node, ty, &mut inside);
                    next = node.named_child(0);
                    continue;
                }
                _ => return Err(Fault::new(node.start_byte(), "this is not understood as a declarator")),
            }
            next = node.child_by_field_name("declarator");
        }
        Ok(Declarator { name: None, ty, inside: inside.map(|inside| Inside { plain, ..inside }) })
    }

    /// The type with the attributes that stand behind the first character of a declarator, which is `*` or `(`.
    fn attributes_behind(&mut self, node: Node<'t>, ty: CType, inside: &mut Option<Inside>) -> CType {
        let behind = node.start_byte() + 1;
        let applied = self.claim_while(
            behind,
            |_, anchor| anchor <= behind,
            |effect| matches!(effect, Effect::Packed | Effect::AlignMax | Effect::Align(_)),
        );
        let align = applied.type_align();
        if applied.packed || align.is_some() {
            let inside = inside.get_or_insert_default();
            inside.packed |= applied.packed;
            inside.align = inside.align.max(align.as_ref().map_or(0, |align| *align.as_ref().unwrap_or(&0)));
        }
        match (align, &ty.kind) {
            (Some(Ok(align)), Kind::Scalar { .. } | Kind::Tag(_) | Kind::Array(_)) => {
                CType { align: Some(align), ..ty }
            }
            (Some(Err(reason)), _) => CType::new(Kind::Unsupported(reason)),
            _ => ty,
        }
    }

    fn array_length(&mut self, size: Node<'t>) -> Result<u64, Reason> {
        let length = self.constant(size)?.value;
        u64::try_from(length).map_err(|_| reason(format!("an array of {length} elements")))
    }

    fn function(&mut self, node: Node<'t>, result: CType) -> Result<CType, Fault> {
        let list = node.child_by_field_name("parameters");
        let list = list.ok_or_else(|| Fault::new(node.start_byte(), "a function without parameters"))?;
        if let Kind::Function(_) | Kind::Array(_) = result.kind {
            return Ok(CType::unsupported("a function that returns an array or a function"));
        }
        self.deeper(list, |reader| reader.parameters(list, result))
    }

    fn parameters(&mut self, list: Node<'t>, result: CType) -> Result<CType, Fault> {
        let mut params = Vec::new();
        let mut variadic = false;
        let mut unsupported = None;
        let mut from = list.start_byte();
        let children = children(list);
        for (index, &(_, child)) in children.iter().enumerate() {
            match child.kind() {
                // As many as cannot be passed are enough to say so.
                "parameter_declaration" if params.len() > MAX_PARAMETERS => {
                    self.claim(child.start_byte()..list.end_byte());
                    unsupported = Some(reason(format!("more than {MAX_PARAMETERS} parameters")));
                    break;
                }
                "parameter_declaration" => {
                    let to = children.get(index + 1).map_or(list.end_byte(), |(_, next)| next.start_byte());
                    params.push(self.parameter(child, from, to)?);
                }
                "variadic_parameter" => variadic = true,
                "(" | ")" | "," => from = child.end_byte(),
                _ => return Err(Fault::new(child.start_byte(), "this is not understood as a parameter")),
            }
        }
        let unspecified = params.is_empty() && !variadic;
        if let [Parameter { name: None, ty: CType { kind: Kind::Void, .. } }] = params.as_slice() {
            params.clear();
        }
        let function = FunctionType { params, result, variadic, unspecified, unsupported };
        Ok(CType::new(Kind::Function(Rc::new(function))))
    }

    fn parameter(&mut self, node: Node<'t>, from: usize, to: usize) -> Result<Parameter, Fault> {
        let declaration = self.declaration(node, from, to)?;
        let Some(declared) = declaration.declared.into_iter().next() else {
            return Ok(Parameter { name: None, ty: declaration.base.adjusted() });
        };
        Ok(Parameter { name: declared.name.map(|(name, _)| name.into()), ty: declared.ty.adjusted() })
    }

    /// A type without a name, as in a cast.
    pub(super) fn type_name(&mut self, node: Node<'t>) -> Result<CType, Fault> {
        let base = self.type_specifier(node.child_by_field_name("type"), node)?;
        match node.child_by_field_name("declarator") {
            Some(declarator) => Ok(self.declarator(declarator, base)?.ty),
            None => Ok(base),
        }
    }
}
