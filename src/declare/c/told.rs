//! From C's types to hotcall's, with all facts that a text gives about pointers: their targets, and `const` (C11
//! 6.7.6.1).
//!
//! This begins when the whole text is read, because a pointer may be declared before its target. Pointers refer to
//! structs and unions with a name by that name, so that types do not contain themselves. Each pointer and array is made
//! once, so that the work is proportional to the number of types.

use std::collections::HashMap;
use std::sync::Arc;

use hotcall_jit::{Field, FunctionType, Pointer, Scalar, Signature, Target, Type};

use super::node::{CFunction, QualType, Reason, TypeNode, quals, reason};
use super::notes::{Notes, PointerNotes};
use super::tag::{Tag, TagKind};
use super::types::TypeTable;
use crate::declare::error::Quoted;

/// The types of a text, converted to hotcall's.
pub(super) struct Told<'a, 't> {
    pub(super) types: &'a TypeTable<'t>,
    /// Pointers and arrays, by their number.
    derived: HashMap<u32, Type>,
    /// Structs and unions with the facts about their members' pointers, by their index.
    tags: HashMap<usize, Type>,
    /// The names by which pointers refer to structs, unions and enums.
    names: HashMap<usize, Arc<str>>,
    /// Functions that pointers point to.
    targets: FunctionTypes,
    /// Functions of the library.
    functions: FunctionTypes,
}

/// The functions that were made, by their index.
type FunctionTypes = HashMap<usize, Result<FunctionType, Reason>>;

/// A function that converts a type.
type Tell<'a, 't> = fn(&mut Told<'a, 't>, QualType) -> Result<Type, Reason>;

impl<'a, 't> Told<'a, 't> {
    pub(super) fn new(types: &'a TypeTable<'t>) -> Self {
        Self {
            types,
            derived: HashMap::new(),
            tags: HashMap::new(),
            names: HashMap::new(),
            targets: FunctionTypes::new(),
            functions: FunctionTypes::new(),
        }
    }

    /// Adds the facts about their members' pointers to structs and unions, now that everything is read.
    pub(super) fn tell_members(&mut self) {
        // The members of each are complete before it is.
        for &index in &self.types.completed {
            if let Some(ty) = self.told_members(index) {
                self.tags.insert(index, ty);
            }
        }
    }

    /// `None` if a struct or union cannot be passed.
    fn told_members(&mut self, index: usize) -> Option<Type> {
        let tag = &self.types.tags[index];
        let ty = tag.value.as_ref()?.ty.as_ref().ok()?;
        let fields = ty.as_aggregate()?.fields().iter().zip(&tag.members);
        let told = fields.map(|(field, member)| -> Option<Field> {
            let field = field.clone().with_type(noted(self.value(member.ty).ok()?, &member.notes));
            Some(if member.ty.quals & quals::CONST == 0 { field } else { field.constant() })
        });
        ty.clone().with_fields(told.collect::<Option<Vec<_>>>()?).ok()
    }

    /// The type of a value, with all facts about its pointers.
    pub(super) fn value(&mut self, ty: QualType) -> Result<Type, Reason> {
        let told = if let TypeNode::Tag(index) = self.types.node(ty) { self.tags.get(index) } else { None };
        told.cloned().map_or_else(|| self.beside_members(ty), Ok)
    }

    /// The type without the facts about its members' pointers, because a struct may be passed to functions that its own
    /// members point to.
    fn beside_members(&mut self, ty: QualType) -> Result<Type, Reason> {
        let told = match (self.types.node(ty), self.types.as_array(ty)) {
            (TypeNode::Pointer(_) | TypeNode::Array(_), _) if let Some(told) = self.derived.get(&ty.number()) => {
                return Ok(told.clone());
            }
            (&TypeNode::Pointer(to), _) => self.pointer_to(to),
            (_, Some(array)) => self.array(ty, array.element)?,
            _ => return self.types.value(ty).ty,
        };
        self.derived.insert(ty.number(), told.clone());
        Ok(told)
    }

    fn array(&mut self, ty: QualType, element: QualType) -> Result<Type, Reason> {
        let plain = self.types.value(ty).ty?;
        let Some(array) = plain.as_array() else { return Ok(plain) };
        let element = self.value(element)?;
        let told = match array.is_flexible() {
            true => Type::flexible_array(element),
            false => Type::array(element, array.len()),
        };
        Ok(told.unwrap_or(plain))
    }

    fn pointer_to(&mut self, to: QualType) -> Type {
        let plain = Type::from(Scalar::Pointer(self.types.pointee(to)));
        let pointer = Pointer::new(self.target(to));
        let pointer = if self.types.is_const(to) { pointer.constant() } else { pointer };
        plain.clone().with_pointer(pointer).unwrap_or_else(|error| {
            let too_deep = Pointer::new(Target::Unsupported(error.to_string().into()));
            plain.clone().with_pointer(too_deep).unwrap_or(plain)
        })
    }

    /// The target of a pointer to this type.
    pub(super) fn target(&mut self, to: QualType) -> Target {
        let told = match self.types.node(to) {
            TypeNode::Void => return Target::Void,
            &TypeNode::Function(index) => self.target_function(index).map(Target::Function),
            TypeNode::Given(index) => return self.types.given[*index].target.clone(),
            TypeNode::Tag(index)
                if self.types.tags[*index].kind != TagKind::Enum
                    && let Some(name) = self.name_of(*index) =>
            {
                return Target::Named(name);
            }
            TypeNode::Tag(_) | TypeNode::Scalar(..) | TypeNode::Pointer(_) | TypeNode::Array(_) => {
                self.value(to).map(Target::Type)
            }
            TypeNode::Opaque(why, _) | TypeNode::Unknown(why) => Err(why.clone()),
        };
        told.unwrap_or_else(|why| Target::Unsupported((*why).into()))
    }

    /// The name of [`NamedType`](crate::declare::named::NamedType): `struct name`, or the typedef's name of a struct
    /// without a tag. A prototype's own tag is not visible outside of it.
    fn name_of(&mut self, index: usize) -> Option<Arc<str>> {
        let Tag { kind, name: Some(name), scope, .. } = &self.types.tags[index] else { return None };
        if scope.is_tagged && !scope.is_outermost() {
            return None;
        }
        let title = || if scope.is_tagged { format!("{} {name}", kind.word()).into() } else { (*name).into() };
        Some(Arc::clone(self.names.entry(index).or_insert_with(title)))
    }

    /// The function that a pointer points to.
    fn target_function(&mut self, index: usize) -> Result<FunctionType, Reason> {
        self.once(index, |told| &mut told.targets, Self::beside_members)
    }

    /// The function of the library that has this type.
    pub(super) fn function(&mut self, index: usize) -> Result<FunctionType, Reason> {
        self.once(index, |told| &mut told.functions, Self::value)
    }

    /// A function, made once for all users of its type.
    fn once(
        &mut self,
        index: usize,
        made: fn(&mut Self) -> &mut FunctionTypes,
        tell: Tell<'a, 't>,
    ) -> Result<FunctionType, Reason> {
        if let Some(told) = made(self).get(&index) {
            return told.clone();
        }
        let told = self.function_type(&self.types.functions[index], tell);
        made(self).insert(index, told.clone());
        told
    }

    /// A function of the library with notes of its own.
    pub(super) fn noted_function(&mut self, index: usize, notes: &Notes) -> Result<FunctionType, Reason> {
        self.function_type(&self.types.functions[index].noted(notes), Self::value)
    }

    fn function_type(&mut self, function: &CFunction<'t>, tell: Tell<'a, 't>) -> Result<FunctionType, Reason> {
        let names = function.params.iter().map(|parameter| parameter.name.map(Into::into));
        Ok(FunctionType::new(self.signature(function, tell)?).with_names(names))
    }

    fn signature(&mut self, function: &CFunction<'t>, tell: Tell<'a, 't>) -> Result<Signature, Reason> {
        if let Some(reason) = &function.unsupported {
            return Err(reason.clone());
        }
        let types = self.types;
        let mut passed = |ty| self.check_passed(ty).and_then(|()| tell(self, ty));
        let result = if matches!(types.node(function.result), TypeNode::Void) {
            None
        } else {
            let ty = passed(function.result).map_err(|why| reason(format_args!("the result: {why}")))?;
            Some(noted(ty, &function.result_notes))
        };
        let mut params = Vec::with_capacity(function.params.len());
        for (index, parameter) in function.params.iter().enumerate() {
            let ty = passed(parameter.ty).map_err(|why| match parameter.name {
                Some(name) => reason(format_args!("argument {} ({}): {why}", index + 1, Quoted(name))),
                None => reason(format_args!("argument {}: {why}", index + 1)),
            })?;
            params.push(noted(ty, &parameter.notes));
        }
        let fixed = params.len();
        let signature = match function.variadic {
            true => Signature::variadic(params, fixed, result),
            false => Signature::new(params, result),
        };
        signature.map_err(reason)
    }

    /// Checks that an argument or a result may have this type.
    fn check_passed(&self, ty: QualType) -> Result<(), Reason> {
        let value = self.types.value(ty);
        let passed = value.ty?;
        // If only a typedef gives an alignment, compilers differ about the place of an aggregate.
        let own = value.extent.map(|extent| extent.align);
        if passed.as_scalar().is_none() && ty.align.is_some_and(|align| Some(align.into()) != own) {
            return Err(reason("a typedef with another alignment than its struct's own cannot be passed"));
        }
        Ok(())
    }
}

fn noted(ty: Type, notes: &Option<Box<PointerNotes>>) -> Type {
    match notes {
        Some(notes) => notes.on(ty),
        None => ty,
    }
}
