//! Declarations tell more than sizes: targets of pointers, `const`, lengths, names and places.

use hotcall::declare::{Declarations, FunctionDeclaration, Position};
use hotcall::{CallbackError, Character, Layout, Length, Pointer, Target, Thunk, Type};

use super::read;

fn function<'d>(declarations: &'d Declarations, name: &str) -> &'d FunctionDeclaration {
    declarations.get(name).unwrap_or_else(|error| panic!("{name}: {error}")).as_function().unwrap()
}

fn pointer(ty: &Type) -> &Pointer {
    ty.pointer().unwrap_or_else(|| panic!("{ty} tells nothing"))
}

/// The parameters of `f` as their pointers show themselves; `-` for another type.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let declarations = read(text);
    let params = function(&declarations, "f").signature.params();
    let shown: Vec<_> = params.iter().map(|ty| ty.pointer().map_or("-".to_owned(), Pointer::to_string)).collect();
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn pointers_tell_their_targets() {
    check(
        "void f(int *, const double *, void *, const void *, int)",
        &["i32 *", "const f64 *", "void *", "const void *", "-"],
    );
    check("void f(char *, const char *, unsigned char *, signed char *)", &["i8 *", "const i8 *", "u8 *", "i8 *"]);
    check("void f(char **, int ***, const char *const *)", &["text *", "pointer *", "const text *"]);
    check("struct p { int x; }; void f(struct p *, const struct p *)", &["struct p *", "const struct p *"]);
    check("struct q; union u; void f(struct q *, union u **)", &["struct q *", "pointer *"]);
    check("typedef struct { int x; } point; void f(point *, point **)", &["point *", "pointer *"]);
    check("typedef struct tag { int x; } point; void f(point *)", &["struct tag *"]);
    check("void f(struct { int x; } *)", &["struct {i32} *"]);
    check("enum e { A = -1 }; void f(enum e *)", &["i32 *"]);
    check("typedef const int ci; void f(ci *, ci a[3])", &["const i32 *", "const i32 *"]);
    check("void f(long double *, _Complex double *)", &["? *", "? *"]);
    check("void f(int (*)(int), void (*)(const char *, ...))", &["(i32) -> i32 *", "(text, ...) *"]);
    check("void f(int (*)[3], const int (*)[2][3])", &["i32[3] *", "const i32[2][3] *"]);
    check("typedef void cb(int); void f(cb, cb *, cb **)", &["(i32) *", "(i32) *", "function *"]);
    check("void f(int *restrict, int *const)", &["i32 *", "i32 *"]);
}

#[test]
fn targets_lead_on_to_the_last() {
    let declarations = read("void f(const char *const **names);");
    let names = &function(&declarations, "f").signature.params()[0];
    let mut targets = Vec::new();
    let mut ty = names.clone();
    while let Some(pointer) = ty.pointer() {
        targets.push((pointer.to_string(), pointer.is_const()));
        let Target::Type(next) = pointer.target() else { panic!("{pointer}") };
        ty = next.clone();
    }
    let expected = [("pointer *", false), ("const text *", true), ("const i8 *", true)];
    assert_eq!(targets, expected.map(|(shown, is_const)| (shown.to_owned(), is_const)));
}

#[test]
fn structs_tell_of_their_members() {
    let text = "struct node { struct node *next; const char *name; int (*compare)(const struct node *, struct late); \
                const int fixed; char *parts[4]; }; struct late { int x; }; void f(struct node);";
    let declarations = read(text);
    let by_value = function(&declarations, "f").signature.params()[0].clone();
    let named = declarations.type_named("struct node").unwrap().ty().unwrap();
    for ty in [&by_value, named] {
        let fields = ty.as_aggregate().unwrap().fields();
        let shown = |index: usize| pointer(fields[index].ty()).to_string();
        assert_eq!((shown(0), shown(1)), ("struct node *".to_owned(), "const i8 *".to_owned()));
        // The struct that the function takes was not complete yet.
        assert_eq!(shown(2), "(pointer, struct late) -> i32 *");
        assert!(fields[3].is_const() && !fields[0].is_const());
        assert_eq!(pointer(fields[4].ty().as_array().unwrap().element()).to_string(), "i8 *");
    }
    let Target::Named(name) = pointer(by_value.as_aggregate().unwrap().fields()[0].ty()).target() else { panic!() };
    assert_eq!(declarations.type_named(name).unwrap().ty().unwrap(), &by_value);
}

/// A struct that may hold itself is told by name, and a type that cannot be passed with the reason.
#[test]
fn types_that_lead_back_to_themselves_end() {
    let text = "struct a { void (*f)(struct a, struct b *); struct b *b; }; struct b { struct a a; struct b (*g)(struct a *); };\
                typedef struct { int x; } *p1; typedef struct { p1 a, b; } *p2; void f(struct b, p2);";
    let declarations = read(text);
    let params = function(&declarations, "f").signature.params();
    let [a, g] = [0, 1].map(|index| params[0].as_aggregate().unwrap().fields()[index].ty().clone());
    assert_eq!(pointer(&g).to_string(), "(pointer) -> struct b *");
    assert_eq!(pointer(a.as_aggregate().unwrap().fields()[0].ty()).to_string(), "(struct a, pointer) *");
    let Target::Type(inner) = pointer(&params[1]).target() else { panic!("{:?}", params[1]) };
    assert_eq!(pointer(inner.as_aggregate().unwrap().fields()[1].ty()).to_string(), "struct {i32} *");
}

/// Types are dropped and shown recursively: chains of pointers end.
#[test]
fn chains_of_pointers_are_bounded() {
    let stars = "*".repeat(90);
    let declarations = read(&format!("void f(int {stars}p);"));
    let mut ty = function(&declarations, "f").signature.params()[0].clone();
    let mut depth = 0;
    let last = loop {
        let target = pointer(&ty).target().clone();
        let Target::Type(next) = &target else { break target };
        if next.pointer().is_none() {
            break target;
        }
        (ty, depth) = (next.clone(), depth + 1);
    };
    assert!((20..=64).contains(&depth), "{depth}");
    assert!(matches!(last, Target::Unsupported(_) | Target::Type(_)));
    let chain: String = (1..20_000).map(|n| format!("typedef struct {{ p{} a, b; }} *p{n};", n - 1)).collect();
    let declarations = read(&format!("typedef int *p0; {chain} void f(p19999);"));
    assert_eq!(function(&declarations, "f").signature.to_string(), "(pointer)");
    let functions: String = (1..90).map(|n| format!("typedef void f{n}(f{0} *, f{0} *);", n - 1)).collect();
    let declarations = read(&format!("typedef void f0(int); {functions} void f(f89 *);"));
    assert_eq!(function(&declarations, "f").signature.to_string(), "(function)");
}

#[test]
fn arrays_tell_their_lengths() {
    let declarations = read("void f(int a[4], const char s[static 16], int m[2][3], int n[], int *p, int v[*]);");
    let signature = &function(&declarations, "f").signature;
    let lengths: Vec<_> = signature.params().iter().map(|ty| pointer(ty).length().cloned()).collect();
    let elements = |len| Some(Length::Elements(len));
    assert_eq!(lengths, [elements(4), elements(16), elements(2), None, None, Some(Length::Expression)]);
    check_noted("void f(int n, int a[n], int b[99999999999999999999])", &["-", "i32 * [?]", "i32 * [?]"]);
    assert_eq!(pointer(&signature.params()[1]).to_string(), "const i8 *");
    assert_eq!(pointer(&signature.params()[2]).to_string(), "i32[3] *");
}

#[test]
fn layouts_equality_and_code_do_not_depend_on_it() {
    let declarations = read("int f(int *, const char *); int g(void *, char *);");
    assert_eq!(function(&declarations, "f").signature, function(&declarations, "g").signature);
}

#[test]
fn callbacks_are_made_from_the_declaration() {
    let text = "typedef int compare_t(const void *a, const void *b); typedef void (*handler)(int signal);\
                void qsort(void *, unsigned long, unsigned long, compare_t *); handler signal(int, handler);\
                void odd(void (*)(long double), int *); struct ops { int (*run)(double); };";
    let declarations = read(text);
    let signature_of = |ty: &Type| Thunk::of(ty).map(|thunk| thunk.signature().to_string());
    let params = |name| function(&declarations, name).signature.params();
    assert_eq!(signature_of(&params("qsort")[3]).unwrap(), "(pointer, pointer) -> i32");
    assert_eq!(signature_of(&params("signal")[1]).unwrap(), "(i32)");
    assert_eq!(signature_of(function(&declarations, "signal").signature.result().unwrap()).unwrap(), "(i32)");
    let ops = declarations.type_named("struct ops").unwrap().ty().unwrap();
    assert_eq!(signature_of(ops.as_aggregate().unwrap().fields()[0].ty()).unwrap(), "(f64) -> i32");
    let refused = |ty: &Type| signature_of(ty).unwrap_err().to_string();
    assert_eq!(
        refused(&params("odd")[0]),
        "cannot compile callbacks for a function: argument 1: `long double` cannot be passed"
    );
    let error = "cannot compile callbacks for a pointer: it is not declared as a pointer to a function";
    assert_eq!(refused(&params("odd")[1]), error);
    assert!(matches!(Thunk::of(&Type::FUNCTION), Err(CallbackError::Type { .. })));
    // The names of its parameters are kept.
    let Target::Function(compare) = pointer(&params("qsort")[3]).target() else { panic!() };
    assert_eq!((compare.parameter_name(0), compare.parameter_name(1)), (Some("a"), Some("b")));
}

#[test]
fn variables_tell_whether_they_are_const() {
    let declarations =
        read("extern const int a; extern int b; extern const char c[]; extern char *const d; extern const char *e;");
    let constant = |name| declarations.get(name).unwrap().as_static().unwrap().is_const;
    assert_eq!(["a", "b", "c", "d", "e"].map(constant), [true, false, true, true, false]);
}

#[test]
fn names_tell_where_they_are_declared() {
    let text = "struct s;\nenum e { ONE,\n  TWO };\n#define THREE 3\ntypedef int T;\nstruct s { int x; };\nT f(struct s *);\n  extern T v;\n";
    let declarations = read(text);
    let at = |name| declarations.position(name).map(|Position { line, column, .. }| (line, column));
    assert_eq!(at("struct s"), Some((6, 8)));
    assert_eq!((at("enum e"), at("ONE"), at("TWO")), (Some((2, 6)), Some((2, 10)), Some((3, 3))));
    assert_eq!((at("THREE"), at("T"), at("f"), at("v")), (Some((4, 9)), Some((5, 13)), Some((7, 3)), Some((8, 12))));
    assert_eq!(at("size_t"), None);
}

/// A struct that a prototype declares for itself differs from the text's struct of this name.
#[test]
fn a_prototypes_own_tags_are_not_told_by_name() {
    let text = "struct p { double d; }; int f(struct p { int x[64]; } *a, struct q { struct q *next; } *b);\
                struct o { int (*f)(struct t { int x; } *); };";
    let declarations = read(text);
    let params = function(&declarations, "f").signature.params();
    let Target::Type(own) = pointer(&params[0]).target() else { panic!("{:?}", params[0]) };
    assert_eq!(own.as_aggregate().unwrap().fields()[0].ty().as_array().unwrap().len(), 64);
    assert!(matches!(pointer(&params[1]).target(), Target::Type(ty) if ty.to_string() == "struct q"));
    let o = declarations.type_named("struct o").unwrap().ty().unwrap();
    let Target::Function(f) = pointer(o.as_aggregate().unwrap().fields()[0].ty()).target() else { panic!() };
    assert!(matches!(pointer(&f.signature().params()[0]).target(), Target::Type(_)));
}

/// Structs of equal layout and another `const` or count.
#[test]
#[cfg(target_os = "linux")]
fn functions_tell_of_their_structs_members() {
    use hotcall::Library;

    // SAFETY: libc is loaded already.
    let libc = unsafe { Library::open("libc.so.6") }.unwrap();
    let texts = ["struct s { int n; int k[]; }", "struct s { const int n; int k[] __attribute__((counted_by(n))); }"];
    let functions = texts.map(|text| {
        let declarations = read(&format!("int abs({text});"));
        libc.declared(declarations.get("abs").unwrap()).unwrap().unwrap()
    });
    let told = functions.map(|symbol| {
        let signature = symbol.as_function().unwrap().signature().clone();
        let fields = signature.params()[0].as_aggregate().unwrap().fields();
        (fields[0].is_const(), fields[1].ty().as_array().unwrap().counted_by().map(str::to_owned))
    });
    assert_eq!(told, [(false, None), (true, Some("n".to_owned()))]);
}

#[test]
fn names_of_types_tell_as_well() {
    let text = "typedef struct { int x; } point; typedef int (*callback)(point *); typedef char letter; typedef int run(int);\
                struct s { int x; };";
    let declarations = read(text);
    let shown = |name: &str| pointer(&declarations.parse_type(name).unwrap()).to_string();
    assert_eq!(shown("const point *"), "const point *");
    assert_eq!(shown("struct s *"), "struct s *");
    assert_eq!(shown("callback"), "(pointer) -> i32 *");
    assert_eq!(shown("callback *"), "function *");
    assert_eq!(shown("letter *"), "i8 *");
    assert_eq!(declarations.parse_type("letter *").unwrap(), Type::TEXT);
    assert_eq!(shown("run *"), "(i32) -> i32 *");
    assert_eq!(declarations.parse_type("run *").unwrap(), Type::FUNCTION);
    assert_eq!(shown("int (*)[3]"), "i32[3] *");
    let text = "typedef int ai __attribute__((aligned(16))); typedef const int ci; typedef const char cc; struct s { int x; };\
                typedef struct s as __attribute__((aligned(8))); struct in { char c; ai x; as y; };";
    let declarations = read(text);
    let shown = |name: &str| pointer(&declarations.parse_type(name).unwrap()).to_string();
    assert_eq!((shown("ci *"), shown("cc *")), ("const i32 *".to_owned(), "const i8 *".to_owned()));
    let parsed = declarations.parse_type("struct { char c; ai x; as y; }").unwrap();
    let read = declarations.type_named("struct in").unwrap().ty().unwrap();
    assert_eq!(Layout::of(&parsed).unwrap(), Layout::of(read).unwrap());
}

/// A pointer with all that is noted of it.
fn noted(ty: &Type) -> String {
    let Some(pointer) = ty.pointer() else { return "-".to_owned() };
    let direction = pointer.direction().map_or(String::new(), |direction| format!(" {direction:?}"));
    let length = match pointer.length() {
        Some(Length::Elements(count)) => format!(" [{count}]"),
        Some(Length::Bytes(count)) => format!(" [{count} bytes]"),
        Some(Length::Counted(name)) => format!(" [{name}]"),
        Some(Length::CountedBytes(name)) => format!(" [{name} bytes]"),
        Some(Length::Expression | _) => " [?]".to_owned(),
        None => String::new(),
    };
    let freed = pointer.freed_by().map_or(String::new(), |function| format!(" freed by {function}"));
    format!("{pointer}{direction}{length}{freed}")
}

#[track_caller]
fn check_noted(text: &str, expected: &[&str]) {
    let declarations = read(text);
    assert!(declarations.skipped().is_empty(), "{text}: {:?}", declarations.skipped());
    let signature = &function(&declarations, "f").signature;
    let all = signature.result().into_iter().chain(signature.params());
    assert_eq!(all.map(noted).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn words_say_which_way_data_goes() {
    check_noted(
        "void f(_In_ const int *a, _Out_ int *b, _Inout_ int *c, _In_opt_z_ const char *d, _Outptr_result_maybenull_ char **e)",
        &["const i32 * In", "i32 * Out", "i32 * InOut", "const i8 * In", "text * Out"],
    );
    check_noted("void f(int *_Out_ a, int _Inout_ *b, _Out_ int c[4])", &["i32 * Out", "i32 * InOut", "i32 * Out [4]"]);
    check_noted("void f(_Reserved_ void *p, _In_ int n)", &["void *", "-"]);
}

#[test]
fn words_count_what_is_behind_pointers() {
    check_noted(
        "void f(_In_reads_(n) const int *a, _Out_writes_bytes_(size) void *b, _Inout_updates_(4) short *c, \
         _In_reads_bytes_opt_(16) const void *d, _Out_writes_to_(n, *done) int *e, int n, int size, int *done)",
        &[
            "const i32 * In [n]",
            "void * Out [size bytes]",
            "i16 * InOut [4]",
            "const void * In [16 bytes]",
            "i32 * Out [n]",
            "-",
            "-",
            "i32 *",
        ],
    );
    check_noted(
        "void f(int *__counted_by(n) a, void *__sized_by(n) b, int *__attribute__((counted_by(n))) c, int n)",
        &["i32 * [n]", "void * [n bytes]", "i32 * [n]", "-"],
    );
    // An inner pointer's count is not the outer one's.
    check_noted("void f(int *__counted_by(n) *b, int n)", &["pointer *", "-"]);
    check_noted(
        "enum { N = 3 };\n#define M (N + 1)\nvoid f(_In_reads_(n * 2) const int *a, _Out_writes_(0x10) int *b, _Out_writes_(16u) int *c, \
         _Out_writes_bytes_(8 * 2) int *d, _Out_writes_(N) int *e, int *__counted_by(M) g, _In_reads_(*n) int *h, int n)",
        &[
            "const i32 * In [?]",
            "i32 * Out [16]",
            "i32 * Out [16]",
            "i32 * Out [16 bytes]",
            "i32 * Out [3]",
            "i32 * [4]",
            "i32 * In [?]",
            "-",
        ],
    );
    // The parameter that counts does not have a name.
    check_noted("void f(int *p, int) __attribute__((access(write_only, 1, 2)));", &["i32 * Out [?]", "-"]);
    check_noted(
        "void *f(const int *p, char *q, unsigned long n, void *r) __attribute__((access(read_only, 1, 3))) \
         __attribute__((__access__(__write_only__, 2), access(read_write, 4, 9), access(none, 1), access(read_only, 7)));",
        &["void *", "const i32 * In [n]", "i8 * Out", "-", "void * InOut [?]"],
    );
}

#[test]
fn members_count_each_other() {
    let text = "struct s { int n; char *__counted_by(n) p; unsigned short data[] __attribute__((counted_by(n))); };\
                struct t { int n; _Field_size_(n) int *p; };";
    let declarations = read(text);
    assert!(declarations.skipped().is_empty(), "{:?}", declarations.skipped());
    let fields = |name| declarations.type_named(name).unwrap().ty().unwrap().as_aggregate().unwrap().fields();
    assert_eq!(noted(fields("struct s")[1].ty()), "i8 * [n]");
    assert_eq!(fields("struct s")[2].ty().as_array().unwrap().counted_by(), Some("n"));
    let behind = read("struct b { int n; int *p __sized_by(n); short data[] __counted_by(n); };");
    let ty = behind.type_named("struct b").unwrap().ty().unwrap();
    let behind = ty.as_aggregate().unwrap().fields();
    assert_eq!(pointer(behind[1].ty()).length(), Some(&Length::CountedBytes("n".into())));
    assert_eq!(behind[2].ty().as_array().unwrap().counted_by(), Some("n"));
    assert_eq!(noted(fields("struct t")[1].ty()), "i32 * [n]");
}

#[test]
fn attributes_say_who_frees_a_result() {
    check_noted("char *f(void) __attribute__((malloc(free, 1)));", &["i8 * freed by free"]);
    check_noted("__attribute__((malloc, malloc(close_it))) struct s *f(int);", &["struct s * freed by close_it", "-"]);
    check_noted("char *f(void); char *f(void) __attribute__((malloc(free)));", &["i8 * freed by free"]);
    check_noted("void *f(int) __attribute__((malloc))", &["void *", "-"]);
}

#[test]
fn weak_symbols_are_optional_and_labels_are_aliases() {
    let declarations = read(
        "int a(void) __attribute__((weak)); extern int b __attribute__((weak_import)); int c(void);\
                             int d(void) __asm__(\"real_d\");",
    );
    let optional = ["a", "b", "c", "d"].map(|name| declarations.get(name).unwrap().optional);
    assert_eq!(optional, [true, true, false, false]);
    assert_eq!(declarations.get("d").unwrap().symbol_name(), "real_d");
}

/// A header's own names that look like such words are names.
#[test]
fn other_words_with_underscores_are_names() {
    check_noted("typedef int _In; void f(_In _Out, int _Inout)", &["-", "-"]);
}

/// Functions share their prototypes, and still each has its own signature.
#[test]
#[cfg(target_os = "linux")]
fn functions_tell_what_they_were_declared_with() {
    use hotcall::{Library, Symbol};

    let declarations = read(
        "int strcmp(const char *, const char *); int strcoll(char *, char *);\
         void qsort(void *, unsigned long, unsigned long, int (*)(const void *, const void *));\
         void heap(void *, unsigned long, unsigned long, double (*)(double)) __asm__(\"qsort\");",
    );
    // SAFETY: libc is loaded already.
    let libc = unsafe { Library::open("libc.so.6") }.unwrap();
    let all = libc.symbols(&declarations).unwrap();
    let mut kept = Vec::new();
    for declaration in &declarations {
        let Some(Symbol::Function(one)) = libc.declared(declaration).unwrap() else { panic!() };
        let shared = all.get(&declaration.key).unwrap().unwrap();
        let shared = shared.as_function().unwrap();
        for function in [&one, shared] {
            let told = |ty: &Type| ty.pointer().map(Pointer::to_string);
            let declared = declaration.as_function().unwrap().signature.params().iter().map(told);
            assert!(declared.eq(function.signature().params().iter().map(told)), "{}", declaration.key);
        }
        kept.push(one);
    }
    assert_eq!(Thunk::of(&kept[3].signature().params()[3]).unwrap().signature().to_string(), "(f64) -> f64");
}

#[test]
fn character_types_are_told() {
    let text = "typedef unsigned short char16_t; typedef int wchar_t; typedef char name_t; \
                void f(char, char16_t, wchar_t, int, signed char, char32_t, name_t); \
                struct s { char a[4]; const char16_t *b; wchar_t c; unsigned short d; };";
    let declarations = Declarations::from_c(text).unwrap();
    let characters = |ty: &Type| ty.character().map(Character::name);
    let f = declarations.get("f").unwrap().as_function().unwrap();
    let told: Vec<_> = f.signature.params().iter().map(characters).collect();
    let expected = [Some("char"), Some("char16_t"), Some("wchar_t"), None, None, Some("char32_t"), Some("char")];
    assert_eq!(told, expected);
    let ty = declarations.type_named("struct s").unwrap().ty().unwrap();
    let fields: Vec<_> = ty.as_aggregate().unwrap().fields().iter().map(hotcall::Field::ty).collect();
    assert_eq!(characters(fields[0].as_array().unwrap().element()), Some("char"));
    let Target::Type(unit) = fields[1].pointer().unwrap().target() else { panic!("{:?}", fields[1]) };
    assert_eq!(
        (characters(unit), characters(fields[2]), characters(fields[3])),
        (Some("char16_t"), Some("wchar_t"), None)
    );
    // A type of its own is not one of the same name.
    let own = Declarations::from_c("typedef struct { int x; } wchar_t; wchar_t f(void);").unwrap();
    assert_eq!(own.get("f").unwrap().as_function().unwrap().signature.result().unwrap().character(), None);
    // Types that are read before keep it.
    let later = declarations.parse_type("char16_t").unwrap();
    assert_eq!(characters(&later), Some("char16_t"));
}
