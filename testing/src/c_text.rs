//! C text in the making: types of signatures as C declares them, and functions over them.

use std::collections::HashMap;
use std::fmt::Write;

use hotcall_jit::{Aggregate, Layout, Type, TypeKind};

use crate::c_types;

/// A C file in the making.
pub struct Text {
    types: HashMap<Type, String>,
    definitions: String,
    functions: String,
    count: usize,
}

impl Text {
    /// A file that begins with this.
    pub fn new(prologue: &str) -> Self {
        Self {
            types: HashMap::new(),
            definitions: format!("{prologue}\n{}", c_types::HEAD),
            functions: String::new(),
            count: 0,
        }
    }

    /// The whole file.
    pub fn finish(self) -> String {
        format!("{}\n{}", self.definitions, self.functions)
    }

    /// Adds a function, and returns the name that it gets.
    pub fn function(&mut self, kind: &str, result: Option<&Type>, params: &[String], body: &str) -> String {
        let name = format!("{kind}_{}", self.count);
        self.count += 1;
        let head = self.declare_function(result, &name, params);
        _ = writeln!(self.functions, "{head} {{\n{body}}}\n");
        name
    }

    /// The declaration of a function, or of a pointer to one if `name` is `(*name)`.
    pub fn declare_function(&mut self, result: Option<&Type>, name: &str, params: &[String]) -> String {
        let params = if params.is_empty() { "void".into() } else { params.join(", ") };
        let function = format!("{name}({params})");
        match result {
            None => format!("void {function}"),
            Some(ty) => self.declare(ty, &function),
        }
    }

    /// `ty name` in C.
    pub fn declare(&mut self, ty: &Type, name: &str) -> String {
        format!("{} {name}{}", self.base(ty), c_types::dimensions(ty))
    }

    /// The name of a type, without an array's dimensions.
    fn base(&mut self, ty: &Type) -> String {
        match ty.kind() {
            TypeKind::Scalar(scalar) => c_types::scalar(*scalar).to_owned(),
            TypeKind::Array(array) => self.base(array.element()),
            TypeKind::Aggregate(aggregate) => self.aggregate(ty, aggregate),
        }
    }

    /// The name of a struct or union, which is defined first if it is new.
    fn aggregate(&mut self, ty: &Type, aggregate: &Aggregate) -> String {
        if let Some(name) = self.types.get(ty) {
            return name.clone();
        }
        let bases: Vec<_> = aggregate.fields().iter().map(|field| self.base(field.ty())).collect();
        let name = format!("{} t{}", c_types::keyword(aggregate), self.types.len());
        c_types::define(&mut self.definitions, &name, aggregate, &bases);
        let Layout { size, align, .. } = Layout::of(ty).expect("a type within the limits");
        _ = writeln!(
            self.definitions,
            "_Static_assert(sizeof({name}) == {size} && _Alignof({name}) == {align}, \"{ty}\");",
        );
        self.types.insert(ty.clone(), name.clone());
        name
    }
}
