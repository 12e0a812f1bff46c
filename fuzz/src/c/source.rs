//! Cases as C: their types, a callee that reports the values it saw, a caller, and facts about the layouts.

use std::fmt::Write;

use hotcall_jit::{Aggregate, Layout, Type, TypeKind};
use hotcall_testing::c_types;

use crate::case::Case;

const HEAD: &str = "\
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
unsigned char *oracle_log;
const unsigned char *oracle_result;
int oracle_errno;
size_t oracle_calls;
#define SEEN(a) (memcpy(at, &(a), sizeof(a)), at += sizeof(a))
/* The callee owns its copy. */
#define SPOIL(a) (memset((void *)&(a), 0x5a, sizeof(a)), ({ __asm__ volatile(\"\" : : \"r\"(&(a)) : \"memory\"); }))
";

/// A file with the functions of these cases by their numbers.
pub fn file<'a>(cases: impl Iterator<Item = (usize, &'a Case)>) -> String {
    let mut file = format!("{HEAD}{}", c_types::HEAD);
    for (index, case) in cases {
        file.push_str(&function(index, case));
    }
    file
}

/// The structs and unions that a case passes, whose layouts are compared, in order.
pub fn aggregates(case: &Case) -> impl Iterator<Item = (&Type, &Layout)> {
    let params = case.signature.params().iter().zip(&case.params);
    params.chain(case.signature.result().zip(case.result.as_ref())).filter(|(ty, _)| ty.as_scalar().is_none())
}

/// The number of facts of a case.
pub fn fact_count(case: &Case) -> usize {
    aggregates(case).map(|(_, layout)| 2 + layout.leaves.len()).sum()
}

/// The names that the functions of one case share.
struct Names {
    index: usize,
    params: Vec<String>,
    result: String,
}

/// The types and the prototype of a case's callee, like in a header.
pub fn prototype(case: &Case) -> String {
    let mut text = c_types::HEAD.to_owned();
    let names = declare_types(&mut text, 0, case);
    let list = parameters(&names, case, |index| format!("a{index}"));
    let _ = writeln!(text, "{} callee({list});", names.result);
    text
}

fn declare_types(text: &mut String, index: usize, case: &Case) -> Names {
    let mut types = Types { text, index, count: 0 };
    let params = case.signature.params().iter().map(|ty| types.declare(ty)).collect();
    let result = case.signature.result().map_or_else(|| "void".to_owned(), |ty| types.declare(ty));
    Names { index, params, result }
}

fn function(index: usize, case: &Case) -> String {
    let mut text = String::new();
    let names = declare_types(&mut text, index, case);
    write_facts(&mut text, &names, case);
    write_callee(&mut text, &names, case);
    write_caller(&mut text, &names, case);
    text
}

fn write_facts(text: &mut String, names: &Names, case: &Case) {
    let types = case.signature.params().iter().zip(&names.params);
    let types = types.chain(case.signature.result().map(|ty| (ty, &names.result)));
    let _ = write!(text, "const uint32_t facts_{}[] = {{", names.index);
    for (ty, name) in types.filter(|(ty, _)| ty.as_scalar().is_none()) {
        let _ = write!(text, "sizeof({name}), _Alignof({name}), ");
        let mut paths = Vec::new();
        leaf_paths(ty, String::new(), &mut paths);
        for path in paths {
            let _ = write!(text, "offsetof({name}, {}), ", path.trim_start_matches('.'));
        }
    }
    text.push_str("0};\n");
}

/// The designators of all scalars inside, in the order of members.
fn leaf_paths(ty: &Type, path: String, paths: &mut Vec<String>) {
    match ty.kind() {
        TypeKind::Scalar(_) => paths.push(path),
        TypeKind::Array(array) => {
            for index in 0..array.len() {
                leaf_paths(array.element(), format!("{path}[{index}]"), paths);
            }
        }
        TypeKind::Aggregate(aggregate) => {
            for (index, field) in aggregate.fields().iter().enumerate() {
                leaf_paths(field.ty(), format!("{path}.m{index}"), paths);
            }
        }
    }
}

/// The parameter list. `name` writes each name.
fn parameters(names: &Names, case: &Case, name: impl Fn(usize) -> String) -> String {
    let fixed = case.signature.first_variadic().unwrap_or(names.params.len());
    let mut list: Vec<_> =
        names.params[..fixed].iter().enumerate().map(|(index, ty)| format!("{ty} {}", name(index))).collect();
    if case.signature.first_variadic().is_some() {
        list.push("...".to_owned());
    } else if list.is_empty() {
        list.push("void".to_owned());
    }
    list.join(", ")
}

fn write_callee(text: &mut String, names: &Names, case: &Case) {
    let Names { index, params, result } = names;
    let list = parameters(names, case, |index| format!("a{index}"));
    let _ =
        write!(text, "{result} callee_{index}({list}) {{\n    unsigned char *at = oracle_log;\n    oracle_calls++;\n");
    if let Some(first) = case.signature.first_variadic() {
        let _ = writeln!(text, "    va_list ap;\n    va_start(ap, a{});", first.saturating_sub(1));
        for (index, ty) in params.iter().enumerate().skip(first) {
            let _ = writeln!(text, "    {ty} a{index} = va_arg(ap, {ty});");
        }
        text.push_str("    va_end(ap);\n");
    }
    for index in 0..params.len() {
        let _ = writeln!(text, "    SEEN(a{index});");
    }
    for (index, ty) in case.signature.params().iter().enumerate() {
        if ty.as_scalar().is_none() {
            let _ = writeln!(text, "    SPOIL(a{index});");
        }
    }
    text.push_str("    errno = oracle_errno;\n");
    if case.signature.result().is_some() {
        let _ = writeln!(text, "    {result} r;\n    memcpy(&r, oracle_result, sizeof r);\n    return r;");
    }
    text.push_str("}\n");
}

fn write_caller(text: &mut String, names: &Names, case: &Case) {
    let Names { index, params, result } = names;
    let _ = writeln!(text, "void caller_{index}(void *f, unsigned char *const *args, unsigned char *result) {{");
    for (index, ty) in params.iter().enumerate() {
        let _ = writeln!(text, "    {ty} a{index};\n    memcpy(&a{index}, args[{index}], sizeof a{index});");
    }
    let keep = if case.signature.result().is_some() { format!("{result} r = ") } else { String::new() };
    let list = parameters(names, case, |_| String::new());
    let args: Vec<_> = (0..params.len()).map(|index| format!("a{index}")).collect();
    let _ = writeln!(text, "    {keep}(({result} (*)({list}))f)({});", args.join(", "));
    if case.signature.result().is_some() {
        text.push_str("    memcpy(result, &r, sizeof r);\n");
    }
    text.push_str("}\n");
}

/// Writes type definitions.
struct Types<'a> {
    text: &'a mut String,
    index: usize,
    count: usize,
}

impl Types<'_> {
    /// Defines the types that a type needs and returns its name. An array's name lacks its dimensions.
    fn declare(&mut self, ty: &Type) -> String {
        match ty.kind() {
            TypeKind::Scalar(scalar) => c_types::scalar(*scalar).to_owned(),
            TypeKind::Array(array) => self.declare(array.element()),
            TypeKind::Aggregate(aggregate) => self.define(aggregate),
        }
    }

    fn define(&mut self, aggregate: &Aggregate) -> String {
        let bases: Vec<_> = aggregate.fields().iter().map(|field| self.declare(field.ty())).collect();
        let name = format!("{} f{}_t{}", c_types::keyword(aggregate), self.index, self.count);
        self.count += 1;
        c_types::define(self.text, &name, aggregate, &bases);
        name
    }
}
