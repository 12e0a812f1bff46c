//! Layouts of tricky C types: sizes, alignments and offsets as the system's compilers give them, and clang where it is
//! installed.
//!
//! Each text is compiled inside of a function of one C file, which measures it, and read by `Declarations::from_c`.

use hotcall::declare::Declarations;
use hotcall::{Layout, Library, Member, Places, Type};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::{shared_object, shared_object_by};
use hotcall_testing::random::Random;

use super::one_of;

/// Texts that define `struct t` or a typedef `t`, and members of it.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str)] = &[
    // Plain.
    ("struct t", "struct t { char a; short b; int c; long d; };", "a b c d"),
    ("struct t", "struct t { char a; double b; char c; };", "a b c"),
    ("struct t", "struct t { _Bool a; size_t b; _Bool c; wchar_t d; long long e; };", "a b c d e"),
    ("struct t", "struct t { char *a; char b; void (*c)(int); char d[3]; };", "a b c d"),
    ("struct t", "struct t { float a; char b; float c[3]; char d; };", "a b c d c[2]"),
    ("struct t", "struct t { char a, b[3], *c, d; };", "a b c d"),
    ("struct t", "struct t { char a; };", "a"),
    ("struct t", "struct t { int8_t a; uint16_t b; int32_t c; uint64_t d; intptr_t e; ptrdiff_t f; };", "a b c d e f"),
    ("struct t", "struct t { int_fast16_t a; char b; int_least16_t c; uint_fast8_t d; };", "a b c d"),
    // Nested.
    ("struct t", "struct t { char a; struct { int b; struct { char c; long d; } e; } f; char g; };", "a f.b f.e.c f.e.d g"),
    ("struct t", "struct t { char a; struct { short b; union { char c; int d; }; }; char e; };", "a b c d e"),
    ("struct t", "struct t { union { struct { char a; int b; }; long c; }; char d; };", "a b c d"),
    ("struct t", "struct in { char a; short b; }; struct t { char c; struct in d[3]; char e; };", "c d d[2].b e"),
    ("struct t", "struct t { struct in { char a; long b; } in; struct in two[2]; };", "in.b two two[1].b"),
    ("t", "typedef struct { char a; union { char b; double c; } d; } t;", "a d d.c"),
    ("struct t", "struct t { char a; enum { X, Y = 1000 } b; enum { Z = -1 } c; };", "a b c"),
    ("struct t", "struct t { char a; struct {} b; int c; };", "a b c"),
    // Unions.
    ("union t", "union t { char a[9]; int b; };", "a b"),
    ("union t", "union t { struct { char a; int b; } c; struct { double d; char e; } f; };", "c.b f.e"),
    ("union t", "union t { char a; struct { char b[3]; } c; short d[2]; };", "c d d[1]"),
    ("union t", "union t { char a[5]; int b; } __attribute__((packed));", "a b"),
    ("union t", "union t { char a; int b __attribute__((aligned(16))); };", "a b"),
    ("union t", "#pragma pack(2)\nunion t { char a[3]; double b; };\n#pragma pack()", "a b"),
    // Arrays.
    ("struct t", "struct t { char a; int b[2][3][5]; char c; };", "a b b[1][2][4] c"),
    ("struct t", "typedef short row[3]; struct t { char a; row b[2]; row c; };", "a b b[1][2] c"),
    ("struct t", "struct t { int a; char b[]; };", "a b"),
    ("struct t", "struct t { char a; double b[]; };", "a b"),
    ("struct t", "struct t { char a; int b[0]; char c; };", "a b c"),
    ("struct t", "struct in { char a; long b; }; struct t { short a; struct in b[]; };", "a b"),
    ("struct t", "enum { N = 3 }; struct t { char a[N * 2 + 1]; int b[sizeof(long) / 2]; char c; };", "a b c"),
    // packed.
    ("struct t", "struct __attribute__((packed)) t { char a; int b; double c; short d; };", "a b c d"),
    ("struct t", "struct t { char a; int b; double c; } __attribute__((__packed__));", "a b c"),
    ("struct t", "struct t { char a; int b __attribute__((packed)); long c; };", "a b c"),
    ("struct t", "struct t { char a; struct { char b; int c; } d; } __attribute__((packed));", "a d d.c"),
    ("struct t", "struct in { char a; int b; } __attribute__((packed)); struct t { char c; struct in d; int e; };", "c d.b e"),
    ("struct t", "struct in { char a; int b; }; struct t { char c; struct in d __attribute__((packed)); int e; };", "c d.b e"),
    ("struct t", "struct t { char a; int b[3]; void *c; } __attribute__((packed));", "a b b[2] c"),
    ("struct t", "struct t { char a; long b; } __attribute__((packed, aligned(4)));", "a b"),
    ("struct t", "struct t { char a; long b; } __attribute__((packed)) __attribute__((aligned(2)));", "a b"),
    ("struct t", "struct t { char a; int b __attribute__((aligned(8))); char c; } __attribute__((packed));", "a b c"),
    ("struct t", "struct t { char a; int b __attribute__((packed, aligned(2))); char c; };", "a b c"),
    ("struct t", "struct t { char a; _Alignas(8) char b; int c; } __attribute__((packed));", "a b c"),
    // aligned.
    ("struct t", "struct t { char a; } __attribute__((aligned(8)));", "a"),
    ("struct t", "struct __attribute__((aligned(16))) t { int a; char b; };", "a b"),
    ("struct t", "struct t { char a; } __attribute__((aligned));", "a"),
    ("struct t", "struct t { char a; char b __attribute__((aligned(4))); char c; };", "a b c"),
    ("struct t", "struct t { char a; char b __attribute__((aligned)); char c; };", "a b c"),
    ("struct t", "struct t { char a; __attribute__((aligned(8))) short b, c; char d; };", "a b c d"),
    ("struct t", "struct t { char a; short b __attribute__((aligned(8))), c; char d; };", "a b c d"),
    ("struct t", "struct t { char a; short b, c __attribute__((aligned(8))); char d; };", "a b c d"),
    ("struct t", "struct t { char a; long b __attribute__((aligned(2))); };", "a b"),
    ("struct t", "struct t { char a; _Alignas(16) char b; _Alignas(double) char c; _Alignas(0) char d; };", "a b c d"),
    ("struct t", "struct t { char a; _Alignas(4) _Alignas(8) char b; char c; };", "a b c"),
    ("struct t", "struct t { char a; int b __attribute__((aligned(sizeof(long)))); char c; };", "a b c"),
    ("struct t", "struct in { char a; } __attribute__((aligned(8))); struct t { char a; struct in b[2]; char c; };", "a b b[1] c"),
    ("struct t", "struct t { char a; struct { char b; } __attribute__((aligned(4))) c; char d; };", "a c d"),
    ("struct t", "struct t { char a; struct { char b; } c __attribute__((aligned(4))); char d; };", "a c d"),
    ("struct t", "struct t { char a; struct __attribute__((aligned(4))) { char b; }; char d; };", "a b d"),
    ("struct t", "struct t { char a; struct { char b; } __attribute__((aligned(4))); char d; };", "a b d"),
    // Typedefs.
    ("struct t", "typedef long low __attribute__((aligned(2))); struct t { char a; low b; char c; };", "a b c"),
    ("struct t", "typedef char high __attribute__((aligned(8))); struct t { char a; high b; char c; };", "a b c"),
    ("struct t", "typedef __attribute__((aligned(8))) char high; struct t { char a; high b, c; };", "a b c"),
    ("struct t", "typedef struct { long a; } low __attribute__((aligned(4))); struct t { char a; low b; };", "a b"),
    ("struct t", "typedef struct { char a; } high __attribute__((aligned(8))); struct t { char a; high b; char c; };", "a b c"),
    ("struct t", "typedef struct __attribute__((aligned(8))) { char a; } high; struct t { char a; high b; char c; };", "a b c"),
    ("struct t", "typedef int low __attribute__((aligned(1))); struct t { char a; low b[3]; char c; };", "a b b[2] c"),
    ("struct t", "typedef int low __attribute__((aligned(2))); typedef low again; struct t { char a; again b; char c; };", "a b c"),
    ("struct t", "typedef int high __attribute__((aligned(8))); typedef high low __attribute__((aligned(2))); struct t { char a; low b; };", "a b"),
    ("struct t", "typedef int high __attribute__((aligned(8))); struct t { char a; high b; } __attribute__((packed));", "a b"),
    ("struct t", "typedef int high __attribute__((aligned(8))); struct t { char a; high b __attribute__((packed)); };", "a b"),
    ("struct t", "typedef long low __attribute__((aligned(1))); struct t { char a; low b __attribute__((aligned(4))); };", "a b"),
    ("struct t", "typedef int arr[3] __attribute__((aligned(16))); struct t { char a; arr b; char c; };", "a b c"),
    ("struct t", "typedef int high __attribute__((aligned(8))), plain; struct t { char a; plain b; high c; };", "a b c"),
    ("struct t", "typedef int *ptr __attribute__((aligned(16))); struct t { char a; ptr b; char c; };", "a b c"),
    ("struct t", "typedef struct t0 { int a; } __attribute__((aligned(8))) t0; struct t { char c; struct t0 d; };", "c d"),
    ("struct t", "typedef struct { char a; int b; } __attribute__((packed)) in; struct t { char c; in d[2]; };", "c d d[1].b"),
    // #pragma pack.
    ("struct t", "#pragma pack(1)\nstruct t { char a; int b; double c; };\n#pragma pack()", "a b c"),
    ("struct t", "#pragma pack(push, 2)\nstruct t { char a; int b; char c; double d; };\n#pragma pack(pop)", "a b c d"),
    ("struct t", "#pragma pack(push, 4)\nstruct in { char a; double b; };\n#pragma pack(pop)\nstruct t { char a; struct in b; double c; };", "a b b.b c"),
    ("struct t", "#pragma pack(4)\n#pragma pack(push)\n#pragma pack(1)\n#pragma pack(pop)\nstruct t { char a; double b; };\n#pragma pack()", "a b"),
    ("struct t", "#pragma pack(push, x, 1)\n#pragma pack(push, 2)\n#pragma pack(pop, x)\nstruct t { char a; double b; };", "a b"),
    ("struct t", "#pragma pack(8)\nstruct t { char a; int b __attribute__((aligned(16))); };\n#pragma pack()", "a b"),
    ("struct t", "#pragma pack(2)\nstruct t { char a; int b __attribute__((aligned(4))); char c; };\n#pragma pack()", "a b c"),
    ("struct t", "#pragma pack(2)\nstruct t { char a; _Alignas(8) int b; char c; };\n#pragma pack()", "a b c"),
    ("struct t", "#pragma pack(1)\nstruct t { char a; int b; } __attribute__((aligned(8)));\n#pragma pack()", "a b"),
    ("struct t", "struct in { char a; } __attribute__((aligned(8)));\n#pragma pack(2)\nstruct t { char a; struct in b; };\n#pragma pack()", "a b"),
    ("struct t", "typedef int high __attribute__((aligned(8)));\n#pragma pack(2)\nstruct t { char a; high b; };\n#pragma pack()", "a b"),
    ("struct t", "#pragma pack(2)\nstruct t { char a; struct { char b; long c; } d; union { char e; int f; }; };\n#pragma pack()", "a d d.c e f"),
    ("struct t", "#pragma pack(4)\nstruct t { char a; int b; long c; } __attribute__((packed));\n#pragma pack()", "a b c"),
    ("struct t", "#pragma pack(2)\nstruct t { char a; int b __attribute__((packed)); int c; };\n#pragma pack()", "a b c"),
    ("struct t", "_Pragma(\"pack(push, 1)\") struct t { char a; int b; }; _Pragma(\"pack(pop)\")", "a b"),
    ("struct t", "#pragma \\\npack(1)\nstruct t { char a; int b; };\n#pragma pack()", "a b"),
    ("struct t", "#pragma/**/pack(1)\nstruct t { char a; int b; };\n#pragma pack()", "a b"),
    ("struct t", "#pragma pack/**/(1)\nstruct t { char a; int b; };\n#pragma pack()", "a b"),
    ("struct t", "#/**/pragma pa\\\nck(/*\n*/1) // x\nstruct t { char a; int b; };\n#pragma pack()", "a b"),
    ("struct t", "_Pragma(L\"pack(1)\") struct t { char a; int b; }; _Pragma(\"pack()\")", "a b"),
    ("struct t", "struct t { char a; // \\\nint b;\nlong c; };", "a c"),
    ("struct t", "#pragma pack(16)\nstruct t { char a; long b; };\n#pragma pack(0)", "a b"),
    // Enums.
    ("struct t", "enum __attribute__((packed)) e { A, B }; struct t { char a; enum e b; char c; };", "a b c"),
    ("struct t", "enum e { A, B = 300 } __attribute__((packed)); struct t { char a; enum e b; char c; };", "a b c"),
    ("struct t", "enum e { A = 1ull << 40 }; struct t { char a; enum e b; };", "a b"),
    ("struct t", "enum e { A = -1, B = 0x80000000u }; struct t { char a; enum e b; };", "a b"),
    ("struct t", "enum e { A = -129 } __attribute__((packed)); struct t { char a; enum e b; char c; };", "a b c"),
    ("struct t", "enum e { A = 70000 } __attribute__((packed)); struct t { char a; enum e b; char c; };", "a b c"),
    ("struct t", "enum e { A = 1ull << 40 } __attribute__((packed)); struct t { char a; enum e b; char c; };", "a b c"),
    ("struct t", "typedef enum { A } e; struct t { char a; e b[3]; char c; };", "a b b[2] c"),
    // Words around them.
    ("struct t", "struct t { const volatile char a; int *const restrict b; const struct { char c; int d; } e; };", "a b e.d"),
    ("struct t", "typedef const char cc; struct t { cc a; unsigned b; long unsigned int c; cc d[3]; };", "a b c d"),
    ("struct t", "struct t { int (*a)[3]; char b; int (*c[2])(void); char d; };", "a b c c[1] d"),
    ("struct t", "struct t { __extension__ struct { char a; int b; }; signed char c; short int d; };", "a b c d"),
    ("struct t", "struct t { char a __attribute__((unused)); __attribute__((unused, aligned(4))) char b; char c; };", "a b c"),
];

/// Attributes behind a star or at the start of a nested declarator. To GCC they belong to the type declared so far, as its
/// documentation says ("Attribute Syntax"). To clang they belong to the member. Each has a warning where the two differ.
#[rustfmt::skip]
const INSIDE: &[(&str, &str)] = &[
    ("struct t { char a; int * __attribute__((aligned(2))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(16))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((packed)) b; };", "a b"),
    ("struct t { char a; int * __attribute__((packed, aligned(2))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned)) b; };", "a b"),
    ("struct t { char a; int * const __attribute__((aligned(2))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(2))) const volatile b; };", "a b"),
    ("struct t { char a; int ** __attribute__((aligned(2))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(2))) * b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(16))) * b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(16))) * __attribute__((aligned(2))) b; };", "a b"),
    ("struct t { char a; int * __attribute__((packed)) * b; };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(2))) b[2]; char c; };", "a b b[1] c"),
    ("struct t { char a; int * __attribute__((aligned(2))) (b); };", "a b"),
    ("struct t { char a; int (* __attribute__((aligned(2))) b)(int); };", "a b"),
    ("struct t { char a; int (* __attribute__((packed)) b)(int); };", "a b"),
    ("struct t { char a; int (* __attribute__((aligned(2))) b)[2]; };", "a b"),
    ("struct t { char a; int (__attribute__((aligned(2))) * b)(int); };", "a b"),
    ("struct t { char a; int (__attribute__((aligned(16))) * b)(int); };", "a b"),
    ("struct t { char a; int (__attribute__((aligned(2))) b); };", "a b"),
    ("struct t { char a; int (__attribute__((aligned(16))) b); };", "a b"),
    ("struct t { char a; int (__attribute__((packed)) b); };", "a b"),
    ("struct t { char a; int (__attribute__((aligned(2))) b)[2]; };", "a b b[1]"),
    ("struct t { char a; int (__attribute__((packed)) b)[2]; };", "a b b[1]"),
    ("struct t { char a; int * __attribute__((aligned(2))) b __attribute__((aligned(4))); };", "a b"),
    ("struct t { char a; int * __attribute__((aligned(2))) b __attribute__((packed)); };", "a b"),
    ("struct t { char a, b, * __attribute__((aligned(2))) c, *d; };", "a b c d"),
    ("struct t { char a; int * __attribute__((aligned(2))) b; } __attribute__((packed));", "a b"),
    ("struct t { char a; int * __attribute__((aligned(16))) b; } __attribute__((packed));", "a b"),
    ("#pragma pack(2)\nstruct t { char a; int * __attribute__((aligned(16))) b; };\n#pragma pack()", "a b"),
    ("union t { char a; int * __attribute__((aligned(2))) b; };", "a b"),
    ("typedef int * __attribute__((aligned(2))) p; struct t { char a; p b; p *c; };", "a b c"),
    ("typedef int * __attribute__((aligned(16))) * p; struct t { char a; p b; };", "a b"),
    ("typedef int (__attribute__((aligned(2))) low); struct t { char a; low b; };", "a b"),
    ("typedef int high __attribute__((aligned(16))); struct t { char a; high * __attribute__((aligned(2))) b; };", "a b"),
    ("struct t { char a; void (*b)(int * __attribute__((aligned(2)))), *c; };", "a b c"),
    ("struct in { char a; int * __attribute__((aligned(2))) b; }; struct t { char c; struct in d; };", "c d d.b"),
];

/// Returns one compiler's size, alignment and members' offsets of each case.
fn measured(made_by: impl Fn(&str) -> std::path::PathBuf, cases: &[(String, String, String)]) -> Vec<Vec<u64>> {
    let mut functions = String::new();
    let mut calls = String::new();
    let mut count = 0;
    for (index, (ty, text, members)) in cases.iter().enumerate() {
        let offsets: String = members.split(' ').map(|member| format!(", offsetof({ty}, {member})")).collect();
        let len = 2 + members.split(' ').count();
        functions.push_str(&format!(
            "static void case{index}(unsigned long long *out)\n{{\n{text}\n\
             unsigned long long all[] = {{ sizeof({ty}), _Alignof({ty}){offsets} }};\n\
             memcpy(out, all, sizeof all);\n}}\n"
        ));
        calls.push_str(&format!("case{index}(measured + {count});\n"));
        count += len;
    }
    // The third flag of a line marker makes the rest a system header, about which compilers do not warn.
    let source = format!(
        "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n# 1 \"cases.h\" 1 3\n\
         unsigned long long measured[{count}];\n{functions}\
         __attribute__((constructor)) static void measure(void)\n{{\n{calls}}}\n"
    );
    // SAFETY: the library's only initialiser writes to its own array.
    let library = unsafe { Library::open(made_by(&source)) }.unwrap();
    let all: *const u64 = library.symbol("measured").unwrap().cast();
    // SAFETY: the array has this many elements, and the library stays open while the slice is used.
    let mut rest = unsafe { std::slice::from_raw_parts(all, count) };
    let lengths = cases.iter().map(|(_, _, members)| 2 + members.split(' ').count());
    lengths
        .map(|len| {
            let (one, after) = rest.split_at(len);
            rest = after;
            one.to_vec()
        })
        .collect()
}

/// Returns the type's size and alignment and its members' offsets, as the declarations say.
fn declared((name, text, members): &(String, String, String)) -> Result<Vec<u64>, String> {
    let declarations = Declarations::from_c(&format!("{text}\nvoid probe({name});")).map_err(|e| e.to_string())?;
    let probe = declarations.get("probe").map_err(|error| error.to_string())?;
    let ty = &probe.as_function().unwrap().signature.params()[0];
    let layout = Layout::of(ty).unwrap();
    let offsets = members.split(' ').map(|path| Member::at(ty, path).unwrap().offset() as u64);
    check_places(ty);
    Ok([layout.size.into(), layout.align.into()].into_iter().chain(offsets).collect())
}

/// `Places` and `Member` agree about the offsets of members.
fn check_places(ty: &Type) {
    for (index, place) in Places::of(ty.as_aggregate().unwrap()).enumerate() {
        let (offset, field) = place.unwrap();
        let member = Member::whole(ty).unwrap().index(index).unwrap();
        assert_eq!((member.offset(), member.ty()), (offset as usize, field.ty()), "{ty}");
    }
}

/// Compares with the system's compiler, and with clang. Types that the two lay out differently must be refused.
///
/// Returns the number of refused types.
fn compare(cases: &[(String, String, String)]) -> usize {
    let system = measured(shared_object, cases);
    let mut refused = 0;
    let clang =
        Compiler::new("clang").if_present().map(|clang| measured(|source| shared_object_by(&clang, source), cases));
    for (index, case) in cases.iter().enumerate() {
        match declared(case) {
            Err(why) if why.contains("compilers differ") => refused += 1,
            ours => {
                assert_eq!(ours.as_ref(), Ok(&system[index]), "{}", case.1);
                let clang = clang.as_ref().map(|clang| &clang[index]);
                assert!(clang.is_none_or(|clang| *clang == system[index]), "compilers differ: {}", case.1);
            }
        }
    }
    refused
}

#[test]
fn layouts_are_those_of_the_compiler() {
    let cases: Vec<_> =
        CASES.iter().map(|(ty, text, members)| (ty.to_string(), text.to_string(), members.to_string())).collect();
    assert_eq!(compare(&cases), 0);
}

#[test]
fn attributes_inside_declarators_are_those_of_the_type() {
    let case = |&(text, members): &(&str, &str)| {
        let name = if text.contains("union t") { "union t" } else { "struct t" };
        (name.to_owned(), text.to_owned(), members.to_owned())
    };
    let cases: Vec<_> = INSIDE.iter().map(case).collect();
    let gcc = measured(|source| shared_object_by(&Compiler::new("gcc"), source), &cases);
    let clang =
        Compiler::new("clang").if_present().map(|clang| measured(|source| shared_object_by(&clang, source), &cases));
    let mut differ = 0;
    for (index, case) in cases.iter().enumerate() {
        assert_eq!(declared(case).as_ref(), Ok(&gcc[index]), "{}", case.1);
        let Some(clang) = &clang else { continue };
        let warnings = Declarations::from_c(&case.1).unwrap();
        let warnings: Vec<_> = warnings.warnings().filter(|warning| warning.contains("GCC is followed")).collect();
        assert_eq!(warnings.is_empty(), clang[index] == gcc[index], "{}: {warnings:?}", case.1);
        differ += usize::from(clang[index] != gcc[index]);
    }
    assert!(clang.is_none() || differ >= 20, "{differ}");
}

#[test]
fn warnings_name_the_member() {
    let of = |text: &str| Declarations::from_c(text).unwrap().warnings().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        of("typedef struct { char x; int * __attribute__((aligned(2))) a; } s;"),
        [
            "member `a` of `struct s`: its alignment is 8 to Clang and 2 to GCC, because an attribute stands inside its declarator; \
          GCC is followed"
        ]
    );
    assert_eq!(
        of("typedef long low __attribute__((aligned(4))); struct s { int a; low b; };"),
        [
            "member `b` of `struct s`: Clang before version 19 overlooks that its typedef lowers its alignment, and may pass \
          the whole in registers"
        ]
    );
    assert_eq!(of("typedef long low __attribute__((aligned(4))); struct s { long a; low b; };"), [""; 0]);
    assert_eq!(of("struct s { int *a __attribute__((aligned(16))); char b[]; };"), [""; 0]);
}

/// A writer of random types, the same in every run.
struct Writer {
    random: Random,
    /// The number of members that have a name.
    names: u32,
}

impl Writer {
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        one_of(&mut self.random, all)
    }

    /// One of these in `rarity`, or nothing.
    fn seldom<'a>(&mut self, rarity: u32, all: &[&'a str]) -> &'a str {
        if self.random.below(rarity) == 0 { self.of(all) } else { "" }
    }

    /// An attribute of a member or of a struct.
    fn attribute(&mut self, rarity: u32) -> &'static str {
        let all = [
            "__attribute__((packed))",
            "__attribute__((aligned(1)))",
            "__attribute__((aligned(2)))",
            "__attribute__((aligned(4)))",
            "__attribute__((aligned(8)))",
            "__attribute__((aligned(16)))",
            "__attribute__((packed, aligned(2)))",
            "__attribute__((aligned(4))) __attribute__((packed))",
        ];
        self.seldom(rarity, &all)
    }

    /// A struct or union, with the paths of its members.
    fn aggregate(&mut self, tag: &str, depth: u32, paths: &mut Vec<String>, prefix: &str) -> String {
        let kind = self.of(&["struct", "struct", "struct", "union"]);
        let mut text = format!("{kind} {} {tag} {{ ", self.attribute(8));
        for _ in 0..1 + self.random.below(4) {
            self.names += 1;
            let name = format!("m{}", self.names);
            let path = format!("{prefix}{name}");
            let anonymous = depth < 2 && self.random.below(12) == 0;
            let before = self.seldom(12, &["_Alignas(16)", "__attribute__((aligned(4)))", "const"]);
            let ty = match self.random.below(6) {
                _ if anonymous => self.aggregate("", depth + 1, paths, prefix),
                0 if depth < 2 => self.aggregate("", depth + 1, paths, &format!("{path}.")),
                _ => {
                    let all = [
                        "char", "_Bool", "short", "int", "long", "float", "double", "char *", "low", "high", "pair",
                        "small", "raised", "tiny", "wide",
                    ];
                    self.of(&all).into()
                }
            };
            if anonymous {
                text.push_str(&format!("{ty}; "));
                continue;
            }
            // An element may not be aligned to more than its size.
            let array = if ty.contains('{') || ty == "high" || ty == "raised" {
                ""
            } else {
                self.seldom(4, &["[2]", "[3][5]", "[0]"])
            };
            text.push_str(&format!("{before} {ty} {name}{array} {}; ", self.attribute(6)));
            paths.push(path);
        }
        format!("{text}}} {}", self.attribute(8))
    }

    fn case(&mut self) -> (String, String, String) {
        let mut paths = Vec::new();
        let pack = self.seldom(4, &["#pragma pack(1)", "#pragma pack(2)", "#pragma pack(4)", "#pragma pack(8)"]);
        let body = self.aggregate("t", 0, &mut paths, "");
        let kind = &body[..body.find(' ').unwrap()];
        let text = format!(
            "typedef int low __attribute__((aligned(2))); typedef char high __attribute__((aligned(8)));\n\
             typedef struct {{ char a; int b; }} pair; typedef struct {{ char a; int b; }} __attribute__((packed)) small;\n\
             typedef struct {{ short a; }} raised __attribute__((aligned(8)));\n\
             typedef enum {{ A }} __attribute__((packed)) tiny; typedef enum {{ B = 1ull << 33 }} wide;\n\
             {pack}\n{body};\n#pragma pack()"
        );
        (format!("{kind} t"), text, paths.join(" "))
    }
}

#[test]
fn layouts_of_random_types_are_those_of_the_compiler() {
    let mut writer = Writer { random: Random::new(20_240_229), names: 0 };
    let cases: Vec<_> = (0..400).map(|_| writer.case()).filter(|(_, _, paths)| !paths.is_empty()).collect();
    let refused = compare(&cases);
    assert!(refused < cases.len() / 20, "{refused} refused");
}

/// A text may ask for sizes that no machine has.
#[test]
fn sizes_beyond_all_memory_are_unknown() {
    let vector = "typedef int v __attribute__((vector_size(0x4000000000000000)));";
    let half = "typedef int v __attribute__((vector_size(0x100000000))); typedef int t __attribute__((aligned(v)));";
    for text in [
        "struct s { int a[0x1000000000000000] : 3; };",
        "struct s { char a[0x7fffffffffffffff] : 3; };",
        "struct s { char a[0x7fffffffffffffff]; char b; };",
        &format!("{vector} struct s {{ _Alignas(v) char c; }};"),
        &format!("{vector} struct s {{ v a[0]; }};"),
        &format!("{half} struct s {{ t x : 3; }};"),
    ] {
        let declarations = Declarations::from_c(text).unwrap();
        let named = declarations.types().iter().find(|named| named.name() == "struct s").unwrap();
        assert_eq!((named.size(), named.ty().is_ok()), (None, false), "{text}");
    }
}

/// A member of an anonymous struct behind a member of unknown size does not have a known offset.
#[test]
fn offsets_behind_an_unknown_member_are_unknown() {
    let text = "struct s { unknown_t x; struct { int a; int b; }; }; int n[__builtin_offsetof(struct s, b)];";
    let error = Declarations::from_c(text).unwrap().get("n").unwrap_err().to_string();
    assert!(error.contains("its offset is unknown"), "{error}");
}
