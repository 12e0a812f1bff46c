//! From C's types to hotcall's, with all that a text tells of pointers: what they point to, and `const` (C11 6.7.6.1).
//!
//! This begins when the whole text is read, because a pointer may be declared before what it points to. Structs and unions with
//! a name are told by their name, so that types do not hold themselves. Each pointer and array is made once, so that the
//! work is proportional to the number of types.

use std::cell::RefCell;
use std::collections::HashMap;

use hotcall_jit::{Field, FunctionType, Pointer, Scalar, Signature, Target, Type};

use super::notes::Notes;
use super::types::{CFunction, QualType, Reason, TagKind, TypeNode, TypeTable, quals, reason};
use crate::declare::error::Quoted;

impl<'t> TypeTable<'t> {
    /// Makes structs and unions tell of their members' pointers, now that everything is read.
    pub(super) fn tell(&mut self) {
        // The members of each are complete before it is.
        for index in std::mem::take(&mut self.completed) {
            if let Some(ty) = self.told_members(index) {
                self.told_tags.insert(index, ty);
            }
        }
    }

    /// `None` if a struct or union cannot be passed.
    fn told_members(&self, index: usize) -> Option<Type> {
        let tag = &self.tags[index];
        let ty = tag.value.as_ref()?.ty.as_ref().ok()?;
        let fields = ty.as_aggregate()?.fields().iter().zip(&tag.members);
        let told = fields.map(|(field, member)| -> Option<Field> {
            let field = field.clone().with_type(noted(self.told(member.ty).ok()?, &member.notes));
            Some(if member.ty.quals & quals::CONST == 0 { field } else { field.constant() })
        });
        ty.clone().with_fields(told.collect::<Option<Vec<_>>>()?).ok()
    }

    /// The type of a value, with all that is told of its pointers.
    pub(super) fn told(&self, ty: QualType) -> Result<Type, Reason> {
        let told = if let TypeNode::Tag(index) = self.node(ty) { self.told_tags.get(index) } else { None };
        told.map_or_else(|| self.told_beside_members(ty), |told| Ok(told.clone()))
    }

    /// The type without what its members tell: a struct may be passed to functions that its own members point to.
    fn told_beside_members(&self, ty: QualType) -> Result<Type, Reason> {
        let known = || self.told.borrow().get(&ty.number()).cloned();
        if let TypeNode::Pointer(to) = *self.node(ty) {
            return Ok(known().unwrap_or_else(|| self.keep(ty, self.pointer_to(to))));
        }
        match self.as_array(ty) {
            Some(array) => known().map_or_else(|| self.told_array(ty, array.element), Ok),
            None => self.value(ty).ty,
        }
    }

    fn keep(&self, ty: QualType, told: Type) -> Type {
        self.told.borrow_mut().insert(ty.number(), told.clone());
        told
    }

    fn told_array(&self, ty: QualType, element: QualType) -> Result<Type, Reason> {
        let plain = self.value(ty).ty?;
        let Some(array) = plain.as_array() else { return Ok(plain) };
        let element = self.told(element)?;
        let told = match array.is_flexible() {
            true => Type::flexible_array(element),
            false => Type::array(element, array.len()),
        };
        Ok(self.keep(ty, told.unwrap_or(plain)))
    }

    fn pointer_to(&self, to: QualType) -> Type {
        let plain = Type::from(Scalar::Pointer(self.pointee(to)));
        let pointer = Pointer::new(self.target(to));
        let pointer = if self.is_const(to) { pointer.constant() } else { pointer };
        plain.clone().with_pointer(pointer).unwrap_or_else(|error| {
            let too_deep = Pointer::new(Target::Unsupported(error.to_string().into()));
            plain.clone().with_pointer(too_deep).unwrap_or(plain)
        })
    }

    /// Returns whether an object of this type is not to be written: an array is as const as its elements.
    pub(super) fn is_const(&self, ty: QualType) -> bool {
        let element = self.as_array(ty).map(|array| array.element);
        element.is_some_and(|element| self.is_const(element)) || ty.quals & quals::CONST != 0
    }

    /// The target of a pointer to this type.
    pub(super) fn target(&self, to: QualType) -> Target {
        let told = match self.node(to) {
            TypeNode::Void => return Target::Void,
            TypeNode::Function(index) => self.target_function(*index).map(Target::Function),
            TypeNode::Given(index) => return self.given[*index].target.clone(),
            TypeNode::Tag(index)
                if self.tags[*index].kind != TagKind::Enum
                    && let Some(name) = self.name_of(*index) =>
            {
                return Target::Named(name);
            }
            TypeNode::Tag(_) | TypeNode::Scalar(..) | TypeNode::Pointer(_) | TypeNode::Array(_) => {
                self.told(to).map(Target::Type)
            }
            TypeNode::Opaque(why, _) | TypeNode::Unknown(why) => Err(why.clone()),
        };
        told.unwrap_or_else(|why| Target::Unsupported((*why).into()))
    }

    /// The function that a pointer points to, made once.
    fn target_function(&self, index: usize) -> Result<FunctionType, Reason> {
        let make = || self.make_function(&self.functions[index], |ty| self.told_beside_members(ty));
        once(&self.told_targets, index, make)
    }

    /// The function of the library that has this type, made once for all that have it.
    pub(super) fn told_function(&self, index: usize) -> Result<FunctionType, Reason> {
        once(&self.told_functions, index, || self.make_function(&self.functions[index], |ty| self.told(ty)))
    }

    /// A function of the library with notes of its own.
    pub(super) fn noted_function(&self, index: usize, notes: &Notes) -> Result<FunctionType, Reason> {
        self.make_function(&self.functions[index].noted(notes), |ty| self.told(ty))
    }

    fn make_function(
        &self,
        function: &CFunction<'t>,
        told: impl Fn(QualType) -> Result<Type, Reason>,
    ) -> Result<FunctionType, Reason> {
        let names = function.params.iter().map(|parameter| parameter.name.map(Into::into));
        Ok(FunctionType::new(self.signature(function, told)?).with_names(names))
    }

    /// A function's type as a signature, with its types as `told` makes them.
    fn signature(
        &self,
        function: &CFunction<'t>,
        told: impl Fn(QualType) -> Result<Type, Reason>,
    ) -> Result<Signature, Reason> {
        if let Some(reason) = &function.unsupported {
            return Err(reason.clone());
        }
        let passed = |ty| self.check_passed(ty).and_then(|()| told(ty));
        let result = if matches!(self.node(function.result), TypeNode::Void) {
            None
        } else {
            let ty = passed(function.result).map_err(|why| reason(format!("the result: {why}")))?;
            Some(noted(ty, &function.result_notes))
        };
        let mut params = Vec::with_capacity(function.params.len());
        for (index, parameter) in function.params.iter().enumerate() {
            let ty = passed(parameter.ty).map_err(|why| match parameter.name {
                Some(name) => reason(format!("argument {} ({}): {why}", index + 1, Quoted(name))),
                None => reason(format!("argument {}: {why}", index + 1)),
            })?;
            params.push(noted(ty, &parameter.notes));
        }
        let fixed = params.len();
        let signature = match function.variadic {
            true => Signature::variadic(params, fixed, result),
            false => Signature::new(params, result),
        };
        signature.map_err(|error| reason(error.to_string()))
    }

    /// Checks that an argument or a result may be of this type.
    fn check_passed(&self, ty: QualType) -> Result<(), Reason> {
        let value = self.value(ty);
        let passed = value.ty?;
        // An alignment that only a typedef gives changes the place of an aggregate in ways that compilers differ about.
        let own = value.extent.map(|extent| extent.align);
        if passed.as_scalar().is_none() && ty.align.is_some_and(|align| Some(align.into()) != own) {
            return Err(reason("a typedef with another alignment than its struct's own cannot be passed"));
        }
        Ok(())
    }
}

fn noted(ty: Type, notes: &Option<Box<Notes>>) -> Type {
    match notes {
        Some(notes) => notes.on(ty),
        None => ty,
    }
}

/// The functions that were made, by their number.
pub(super) type ToldFunctions = RefCell<HashMap<usize, Result<FunctionType, Reason>>>;

fn once(
    functions: &ToldFunctions,
    index: usize,
    make: impl FnOnce() -> Result<FunctionType, Reason>,
) -> Result<FunctionType, Reason> {
    if let Some(told) = functions.borrow().get(&index) {
        return told.clone();
    }
    let told = make();
    functions.borrow_mut().insert(index, told.clone());
    told
}
