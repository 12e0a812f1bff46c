//! C functions with many signatures, and their declarations for script.
//!
//! Each `hash_` function returns a hash (FNV-1a) of its arguments' bytes, so an argument that is lost, swapped or cut
//! changes the result. `types.js` computes the hash too.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{fs, process};

use hotcall_testing::fixture;
use serde_json::{Value, json};

/// A type by its name in Deno's form, or the fields of a struct.
#[derive(Clone)]
enum Ty {
    Scalar(&'static str),
    Struct(Vec<&'static str>),
}

/// The scalars, with their names in C.
const SCALARS: [(&str, &str); 15] = [
    ("bool", "bool"),
    ("u8", "uint8_t"),
    ("i8", "int8_t"),
    ("u16", "uint16_t"),
    ("i16", "int16_t"),
    ("u32", "uint32_t"),
    ("i32", "int32_t"),
    ("u64", "uint64_t"),
    ("i64", "int64_t"),
    ("usize", "uintptr_t"),
    ("isize", "intptr_t"),
    ("f32", "float"),
    ("f64", "double"),
    ("pointer", "void *"),
    ("buffer", "const uint8_t *"),
];

/// Structs of every class: in registers of either kind, of both kinds, and in memory.
const STRUCTS: [&[&str]; 11] = [
    &["f32"],
    &["f32", "f32", "f32"],
    &["f64", "f64"],
    &["u8", "f64"],
    &["f32", "i32", "f64"],
    &["i64", "f64"],
    &["pointer", "u16"],
    &["i8", "i16", "i32", "i64"],
    &["f64", "f64", "f64"],
    &["bool", "u16", "u8"],
    &["u64", "u64", "u64", "u64", "f64"],
];

/// The functions: the C text, and their declarations.
#[derive(Default)]
struct Functions {
    text: String,
    declarations: BTreeMap<String, Value>,
    structs: BTreeMap<String, String>,
}

impl Functions {
    fn hash(&mut self, name: &str, params: &[Ty]) {
        let (mut list, mut body) = (Vec::new(), String::new());
        for (index, ty) in params.iter().enumerate() {
            let c_type = self.c_type(ty);
            list.push(format!("{c_type} a{index}"));
            self.mix(&mut body, ty, &format!("a{index}"));
        }
        let list = if list.is_empty() { "void".into() } else { list.join(", ") };
        writeln!(
            self.text,
            "uint32_t hash_{name}({list}) {{\n    uint32_t hash = 2166136261;\n{body}    return hash;\n}}"
        )
        .unwrap();
        self.declare(format!("hash_{name}"), params, json!("u32"));
    }

    /// A function that returns its argument.
    fn same(&mut self, name: &str, ty: &Ty) {
        let c_type = self.c_type(ty);
        writeln!(self.text, "{c_type} same_{name}({c_type} a) {{ return a; }}").unwrap();
        self.declare(format!("same_{name}"), std::slice::from_ref(ty), ty.declared());
    }

    /// A function that returns its argument, a scalar, in a struct.
    fn boxed(&mut self, name: &'static str) {
        let boxed = Ty::Struct(vec![name]);
        let (c_type, result) = (self.c_type(&Ty::Scalar(name)), self.c_type(&boxed));
        writeln!(self.text, "{result} box_{name}({c_type} a) {{ return ({result}){{a}}; }}").unwrap();
        self.declare(format!("box_{name}"), &[Ty::Scalar(name)], boxed.declared());
    }

    fn declare(&mut self, name: String, params: &[Ty], result: Value) {
        let params: Vec<_> = params.iter().map(Ty::declared).collect();
        self.declarations.insert(name, json!({ "parameters": params, "result": result }));
    }

    fn c_type(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Scalar(name) => c_scalar(name).into(),
            Ty::Struct(fields) => {
                let name = format!("struct s_{}", fields.join("_"));
                let declared = |(index, field): (usize, &&str)| format!("{} f{index};", c_scalar(field));
                let fields: Vec<_> = fields.iter().enumerate().map(declared).collect();
                self.structs.insert(name.clone(), fields.join(" "));
                name
            }
        }
    }

    /// The statements that mix in an argument: the first byte of a buffer, the fields of a struct.
    fn mix(&self, body: &mut String, ty: &Ty, name: &str) {
        let mut add = |place: &str| writeln!(body, "    hash = mix(hash, &{place}, sizeof {place});").unwrap();
        match ty {
            Ty::Scalar("buffer") => writeln!(body, "    hash = mix(hash, {name} ? {name} : &none, 1);").unwrap(),
            Ty::Scalar(_) => add(name),
            Ty::Struct(fields) => (0..fields.len()).for_each(|index| add(&format!("{name}.f{index}"))),
        }
    }

    fn into_text(self) -> (String, String) {
        let mut text = String::from(HEAD);
        for (name, fields) in &self.structs {
            writeln!(text, "{name} {{ {fields} }};").unwrap();
        }
        (text + &self.text, json!(self.declarations).to_string())
    }
}

const HEAD: &str = "#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
static const uint8_t none = 0xff;
static uint32_t mix(uint32_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619;
    return hash;
}
";

impl Ty {
    fn declared(&self) -> Value {
        match self {
            Self::Scalar(name) => json!(name),
            Self::Struct(fields) => json!({ "struct": fields }),
        }
    }
}

fn c_scalar(name: &str) -> &'static str {
    SCALARS.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Random numbers that are equal in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }

    fn ty(&mut self) -> Ty {
        match self.below(20) {
            0..3 => Ty::Struct(STRUCTS[self.below(STRUCTS.len())].to_vec()),
            _ => Ty::Scalar(SCALARS[self.below(SCALARS.len())].0),
        }
    }
}

fn functions() -> Functions {
    let mut functions = Functions::default();
    for (name, _) in SCALARS {
        let ty = Ty::Scalar(name);
        functions.same(name, &ty);
        functions.boxed(name);
        // Each number of arguments once: some in the registers, all of them, and more on the stack.
        for count in 1..=20 {
            functions.hash(&format!("{name}_{count}"), &vec![ty.clone(); count]);
        }
    }
    for size in 1..=40 {
        let ty = Ty::Struct(vec!["u8"; size]);
        functions.hash(&format!("bytes_{size}"), &[Ty::Scalar("i32"), ty.clone(), Ty::Scalar("f64")]);
        functions.same(&format!("bytes_{size}"), &ty);
    }
    for fields in STRUCTS {
        let (name, ty) = (fields.join("_"), Ty::Struct(fields.to_vec()));
        functions.same(&format!("struct_{name}"), &ty);
        for count in [1, 2, 3, 7, 20] {
            functions.hash(&format!("struct_{name}_{count}"), &vec![ty.clone(); count]);
        }
    }
    let mut random = Random(7);
    for number in 0..100 {
        let count = random.below(21);
        let params: Vec<_> = (0..count).map(|_| random.ty()).collect();
        functions.hash(&format!("mixed_{number}"), &params);
    }
    functions
}

/// The library, and a script that defines `generated` with its path and its declarations.
pub(super) fn library() -> PathBuf {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(write);
    LIBRARY.clone()
}

fn write() -> PathBuf {
    let (text, declarations) = functions().into_text();
    let library = fixture::shared_object(&text);
    let script = format!("const generated = {{ path: {:?}, declarations: {declarations} }};\n", library.display());
    let path = library.with_extension("js");
    // Other processes may write these files at this moment.
    let own = library.with_extension(format!("{}.js", process::id()));
    fs::write(&own, script).unwrap();
    fs::rename(&own, &path).unwrap();
    path
}
