//! Random structs with bit-fields. They cannot be passed, but lengths and offsets need their sizes, which are the compiler's.

use hotcall::Library;
use hotcall::declare::Declarations;
use hotcall_testing::fixture::shared_object;
use hotcall_testing::random::Random;

use super::one_of;

/// A writer of random aggregates, the same in every run.
struct Writer(Random);

impl Writer {
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        one_of(&mut self.0, all)
    }

    fn member(&mut self, index: usize) -> String {
        let ty = self.of(&["char", "_Bool", "short", "int", "unsigned", "long", "unsigned long long", "enum e"]);
        let width = match ty {
            "_Bool" => "1",
            "char" => self.of(&["1", "3", "8"]),
            _ => self.of(&["1", "5", "7", "11", "16"]),
        };
        match self.of(&["field", "field", "field", "field", "unnamed", "zero", "plain", "aligned", "packed"]) {
            "unnamed" => format!("{ty} : {width};"),
            // Compilers warn about an enum's.
            "zero" => format!("{} : 0;", if ty == "enum e" { "int" } else { ty }),
            "plain" => format!("{ty} m{index};"),
            "aligned" => format!("{ty} m{index} : {width} __attribute__((aligned(4)));"),
            "packed" => format!("{ty} m{index} : {width} __attribute__((packed));"),
            _ => format!("{ty} m{index} : {width};"),
        }
    }

    /// A struct or union, and the lines of a pragma around it.
    fn aggregate(&mut self, index: usize) -> String {
        let count = self.of(&["1", "2", "3", "4", "5", "6"]).parse().unwrap();
        let members: String = (0..count).map(|member| self.member(member)).collect();
        let kind = self.of(&["struct", "struct", "struct", "union"]);
        let attribute = self.of(&["", "", "", "", "__attribute__((packed))", "__attribute__((aligned(8)))"]);
        let pack = self.of(&["", "", "", "", "1", "2", "4"]);
        format!(
            "#pragma pack({pack})\n{kind} {attribute} s{index} {{ {members} }};\n#pragma pack()\ntypedef {kind} s{index} t{index};\n"
        )
    }
}

#[test]
fn sizes_are_those_of_the_compiler() {
    let mut writer = Writer(Random::new(30_112_026));
    let count = 600;
    let text: String = (0..count).map(|index| writer.aggregate(index)).collect();
    let text = format!("enum e {{ A, B }};\n{text}");
    let values: Vec<_> = (0..count).map(|index| format!("sizeof(t{index}), _Alignof(t{index})")).collect();
    let source = format!("{text}const unsigned long long extents[] = {{ {} }};", values.join(",\n"));
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(shared_object(&source)) }.unwrap();
    let extents: *const u64 = library.symbol("extents").unwrap().cast();
    // SAFETY: the array has two elements for each struct, and the library stays open while the slice is used.
    let extents = unsafe { std::slice::from_raw_parts(extents, 2 * count) };
    let declarations = Declarations::from_c(&text).unwrap();
    assert!(declarations.skipped().is_empty(), "{:?}", declarations.skipped());
    let mut wrong = Vec::new();
    for (index, extent) in extents.chunks(2).enumerate() {
        let name = format!("t{index}");
        let named = declarations.types().iter().find(|named| named.name() == name).unwrap();
        if (named.size(), named.align()) != (Some(extent[0]), Some(extent[1])) {
            let at = text.find(&format!(" s{index} {{")).unwrap();
            let line = text[..at].rfind('#').unwrap();
            let end = at + text[at..].find("#pragma").unwrap();
            wrong.push(format!("{:?}/{:?}, not {extent:?}: {}", named.size(), named.align(), &text[line..end]));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}: {}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
}
