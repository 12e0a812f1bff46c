//! From C's types to hotcall's, with all that a text tells of pointers: what they point to, and `const` (C11 6.7.6.1).
//!
//! This begins when the whole text is read, because a pointer may be declared before what it points to. Structs and unions with
//! a name are told by their name, so that types do not hold themselves. Each pointer and array is made once, so that the
//! work is proportional to the number of types.

use hotcall_jit::{Field, FunctionType as ToldFunction, Pointer, Scalar, Signature, Target, Type};

use super::notes::Notes;
use super::types::{CType, FunctionType, Kind, Reason, TagKind, Types, quals, reason};
use crate::declare::error::Quoted;

impl<'t> Types<'t> {
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
    pub(super) fn told(&self, ty: CType) -> Result<Type, Reason> {
        let told = if let Kind::Tag(index) = self.kind(ty) { self.told_tags.get(index) } else { None };
        told.map_or_else(|| self.told_beside_members(ty), |told| Ok(told.clone()))
    }

    /// The same, but for the members of structs and unions. They are passed to functions that their own members point to.
    fn told_beside_members(&self, ty: CType) -> Result<Type, Reason> {
        let known = || self.told.borrow().get(&ty.node()).cloned();
        if let Kind::Pointer(to) = *self.kind(ty) {
            return Ok(known().unwrap_or_else(|| self.keep(ty, self.pointer_to(to))));
        }
        match self.as_array(ty) {
            Some(array) => known().map_or_else(|| self.told_array(ty, array.element), Ok),
            None => self.value(ty).ty,
        }
    }

    fn keep(&self, ty: CType, told: Type) -> Type {
        self.told.borrow_mut().insert(ty.node(), told.clone());
        told
    }

    fn told_array(&self, ty: CType, element: CType) -> Result<Type, Reason> {
        let plain = self.value(ty).ty?;
        let Some(array) = plain.as_array() else { return Ok(plain) };
        let element = self.told(element)?;
        let told = match array.is_flexible() {
            true => Type::flexible_array(element),
            false => Type::array(element, array.len()),
        };
        Ok(self.keep(ty, told.unwrap_or(plain)))
    }

    fn pointer_to(&self, to: CType) -> Type {
        let plain = Type::from(Scalar::Pointer(self.pointee(to)));
        let pointer = Pointer::new(self.target(to));
        let pointer = if self.is_const(to) { pointer.constant() } else { pointer };
        plain.clone().with_pointer(pointer).unwrap_or_else(|error| {
            let too_deep = Pointer::new(Target::Unsupported(error.to_string().into()));
            plain.clone().with_pointer(too_deep).unwrap_or(plain)
        })
    }

    /// Whether an object of this type is not to be written: an array is as const as its elements.
    pub(super) fn is_const(&self, ty: CType) -> bool {
        let element = self.as_array(ty).map(|array| array.element);
        element.is_some_and(|element| self.is_const(element)) || ty.quals & quals::CONST != 0
    }

    /// What a pointer to this type points to.
    pub(super) fn target(&self, to: CType) -> Target {
        let told = match self.kind(to) {
            Kind::Void => return Target::Void,
            Kind::Function(index) => self.told_function(&self.functions[*index]).map(Target::Function),
            Kind::Given(index) => return self.given[*index].target.clone(),
            Kind::Tag(index)
                if self.tags[*index].kind != TagKind::Enum
                    && let Some(name) = self.name_of(*index) =>
            {
                return Target::Named(name);
            }
            Kind::Tag(_) | Kind::Scalar(..) | Kind::Pointer(_) | Kind::Array(_) => self.told(to).map(Target::Type),
            Kind::Opaque(why, _) | Kind::Unknown(why) => Err(why.clone()),
        };
        told.unwrap_or_else(|why| Target::Unsupported((*why).into()))
    }

    fn told_function(&self, function: &FunctionType<'t>) -> Result<ToldFunction, Reason> {
        let signature = self.signature_of(function, |ty| self.told_beside_members(ty))?;
        Ok(ToldFunction::new(signature).with_names(function.names()))
    }

    /// A function's type as a signature.
    pub(super) fn signature(&self, function: &FunctionType<'t>) -> Result<Signature, Reason> {
        self.signature_of(function, |ty| self.told(ty))
    }

    fn signature_of(
        &self,
        function: &FunctionType<'t>,
        told: impl Fn(CType) -> Result<Type, Reason>,
    ) -> Result<Signature, Reason> {
        if let Some(reason) = &function.unsupported {
            return Err(reason.clone());
        }
        let passed = |ty| self.check_passed(ty).and_then(|()| told(ty));
        let result = if matches!(self.kind(function.result), Kind::Void) {
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
    fn check_passed(&self, ty: CType) -> Result<(), Reason> {
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

pub(super) fn noted(ty: Type, notes: &Option<Box<Notes>>) -> Type {
    match notes {
        Some(notes) => notes.on(ty),
        None => ty,
    }
}

impl FunctionType<'_> {
    /// The parameters' names.
    pub(super) fn names(&self) -> impl Iterator<Item = Option<Box<str>>> {
        self.params.iter().map(|parameter| parameter.name.map(Into::into))
    }
}
