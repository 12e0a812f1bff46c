//! C text in the making: types of signatures as C declares them, and functions over them.

use std::collections::HashMap;
use std::fmt::Write;

use hotcall_jit::{AggregateKind, Layout, Scalar, Type, TypeKind};

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
        Self { types: HashMap::new(), definitions: format!("{prologue}\n"), functions: String::new(), count: 0 }
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
        match ty.kind() {
            TypeKind::Scalar(scalar) => {
                if matches!(scalar, Scalar::Pointer(_)) {
                    format!("void *{name}")
                } else {
                    format!("{} {name}", scalar.c_name())
                }
            }
            TypeKind::Array(array) => self.declare(array.element(), &format!("{name}[{}]", array.len())),
            TypeKind::Aggregate(_) => format!("{} {name}", self.aggregate(ty)),
        }
    }

    /// The name of a struct or union, which is defined first if it is new.
    fn aggregate(&mut self, ty: &Type) -> String {
        if let Some(name) = self.types.get(ty) {
            return name.clone();
        }
        let aggregate = ty.as_aggregate().expect("a struct or union");
        let mut members = String::new();
        for (index, field) in aggregate.fields().iter().enumerate() {
            members.push_str("    ");
            members.push_str(&self.declare(field.ty(), &format!("m{index}")));
            if field.is_packed() {
                members.push_str(" __attribute__((packed))");
            }
            if let Some(align) = field.align() {
                _ = write!(members, " __attribute__((aligned({align})))");
            }
            members.push_str(";\n");
        }
        let kind = match aggregate.kind() {
            AggregateKind::Struct => "struct",
            AggregateKind::Union => "union",
        };
        let name = format!("{kind} t{}", self.types.len());
        let pack = aggregate.pack().map(|pack| format!("#pragma pack(push, {pack})\n")).unwrap_or_default();
        let unpack = if pack.is_empty() { "" } else { "#pragma pack(pop)\n" };
        let align = aggregate.align().map(|align| format!(" __attribute__((aligned({align})))")).unwrap_or_default();
        let Layout { size, align: alignment, .. } = Layout::of(ty).expect("a type within the limits");
        _ = writeln!(
            self.definitions,
            "{pack}{name} {{\n{members}}}{align};\n{unpack}_Static_assert(sizeof({name}) == {size} && _Alignof({name}) == {alignment}, \"{ty}\");",
        );
        self.types.insert(ty.clone(), name.clone());
        name
    }
}
