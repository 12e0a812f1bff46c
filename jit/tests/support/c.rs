//! C callees: for each signature a function that hands the bytes of its arguments to the test, overwrites its copies of
//! them, and returns the bytes that the test asked for.

use std::collections::HashMap;
use std::fmt::Write;

use hotcall_jit::{AggregateKind, Layout, Scalar, Signature, Type};

/// What every file of callees begins with; see `Callees` in `fixtures.rs` for the Rust side.
///
/// `see` is called through a volatile pointer so that no compiler can know what it does to an argument's bytes, nor that an
/// aligned argument's address is what it should be.
const PROLOGUE: &str = r"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static _Thread_local unsigned char *seen;
static _Thread_local const unsigned char *result;
static _Thread_local int error, misaligned;

void hotcall_begin(unsigned char *log, const unsigned char *result_bytes, int errno_to_set) {
    seen = log;
    result = result_bytes;
    error = errno_to_set;
    misaligned = 0;
}

int hotcall_end(unsigned char **log) {
    *log = seen;
    return misaligned;
}

static void look(void *bytes, size_t size, size_t align) {
    misaligned += (uintptr_t)bytes % align != 0;
    memcpy(seen, bytes, size);
    seen += size;
    memset(bytes, 0xa5, size);
}

static void (*volatile see)(void *, size_t, size_t) = look;
";

/// A C file in the making.
pub(crate) struct Text {
    types: HashMap<Type, String>,
    definitions: String,
    functions: String,
    count: usize,
}

impl Text {
    pub(crate) fn new() -> Self {
        Self { types: HashMap::new(), definitions: String::new(), functions: String::new(), count: 0 }
    }

    /// The whole file.
    pub(crate) fn finish(self) -> String {
        format!("{PROLOGUE}\n{}\n{}", self.definitions, self.functions)
    }

    /// Writes the callee for a signature and returns its name.
    pub(crate) fn callee(&mut self, signature: &Signature) -> String {
        let name = format!("callee_{}", self.count);
        self.count += 1;
        let fixed = signature.first_variadic().unwrap_or(signature.params().len());
        let mut params = Vec::new();
        let mut body = String::from("    see(__builtin_frame_address(0), 0, 16);\n");
        if signature.first_variadic().is_some() {
            _ = writeln!(body, "    va_list list;\n    va_start(list, a{});", fixed - 1);
        }
        for (index, ty) in signature.params().iter().enumerate() {
            let declared = self.declare(ty, &format!("a{index}"));
            if index < fixed {
                params.push(declared);
            } else {
                let name = self.declare(ty, "");
                _ = writeln!(body, "    {declared} = va_arg(list, {name});");
            }
        }
        body.push_str(&look_at(signature.params()));
        if signature.first_variadic().is_some() {
            body.push_str("    va_end(list);\n");
            params.push("...".into());
        }
        body.push_str("    errno = error;\n");
        let head = match signature.result() {
            None => format!("void {name}"),
            Some(ty) => {
                let declared = self.declare(ty, "r");
                _ = writeln!(body, "    {declared};\n    memcpy(&r, result, sizeof r);\n    return r;");
                self.declare(ty, &name)
            }
        };
        let params = if params.is_empty() { "void".into() } else { params.join(", ") };
        _ = writeln!(self.functions, "{head}({params}) {{\n{body}}}\n");
        name
    }

    /// `ty name` in C.
    fn declare(&mut self, ty: &Type, name: &str) -> String {
        match ty {
            Type::Scalar(scalar) => format!("{} {name}", scalar_name(*scalar)),
            Type::Array(array) => self.declare(array.element(), &format!("{name}[{}]", array.len())),
            Type::Aggregate(_) => format!("{} {name}", self.aggregate(ty)),
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

/// Statements that report the arguments: aggregates by their bytes, scalars as the slots that they came from, as many at once
/// as stand together, which compiles faster.
///
/// Widening an integer to its slot makes the callee rely on the extension that its compiler expects from the caller.
fn look_at(params: &[Type]) -> String {
    let mut body = String::new();
    let mut at = 0;
    while at < params.len() {
        let scalars: Vec<_> = params[at..].iter().map_while(Type::as_scalar).collect();
        if scalars.is_empty() {
            _ = writeln!(body, "    see(&a{at}, sizeof a{at}, _Alignof(a{at}));");
            at += 1;
            continue;
        }
        _ = writeln!(body, "    {{\n        uint64_t w[{}] = {{0}};", scalars.len());
        for (word, scalar) in scalars.iter().enumerate() {
            let arg = at + word;
            _ = if scalar.is_float() {
                writeln!(body, "        memcpy(w + {word}, &a{arg}, sizeof a{arg});")
            } else {
                writeln!(body, "        w[{word}] = (uint64_t)a{arg};")
            };
        }
        body.push_str("        see(w, sizeof w, 8);\n    }\n");
        at += scalars.len();
    }
    body
}

fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::I8 => "int8_t",
        Scalar::U8 => "uint8_t",
        Scalar::I16 => "int16_t",
        Scalar::U16 => "uint16_t",
        Scalar::I32 => "int32_t",
        Scalar::U32 => "uint32_t",
        Scalar::I64 => "int64_t",
        Scalar::U64 => "uint64_t",
        Scalar::Isize => "intptr_t",
        Scalar::Usize => "uintptr_t",
        Scalar::Bool => "bool",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
        Scalar::Pointer(_) => "void *",
    }
}
