//! C's grammar where names decide: names of types, declarations that hide them, and declarations that are skipped because they
//! cannot be read.

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Layout, Type};

use super::read;

/// The type of the function or variable `f`, or why it cannot be used.
fn shown(text: &str) -> String {
    match read(text).get("f") {
        Ok(declaration) => {
            let function = declaration.as_function().map(|function| function.signature.to_string());
            function
                .or_else(|| declaration.as_static().map(|variable| variable.ty.to_string()))
                .expect("a function or a variable")
        }
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shown(text), *expected, "{text}");
        assert!(read(text).skipped().is_empty(), "{text}");
    }
}

/// The size of the first parameter of `f`.
fn size(text: &str) -> u32 {
    let declarations = read(text);
    let function = declarations.get("f").unwrap_or_else(|error| panic!("{text}: {error}")).as_function().unwrap();
    Layout::of(&function.signature.params()[0]).unwrap().size
}

/// C11 6.7.6.3p11: in a parameter, a typedef's name in parentheses is a parameter's type, any other name is the parameter's.
#[test]
fn parentheses_around_a_name_are_no_parameters() {
    check(&[
        ("double f(double (x))", "(f64) -> f64"),
        ("int f(int (a), int b)", "(i32, i32) -> i32"),
        ("int f(char *(s))", "(text) -> i32"),
        ("int f(int ((x)))", "(i32) -> i32"),
        ("int f(float (((x))), double ((*y)))", "(f32, pointer) -> i32"),
        ("int f(double (*cb)(float (x)), float (y))", "(function, f32) -> i32"),
        ("int f(int (cb)(int))", "(function) -> i32"),
        ("int f(int (cb(int)))", "(function) -> i32"),
        ("void f(int (x)[3])", "(pointer)"),
        ("void f(int ((x)[3]), char (y[3]))", "(pointer, text)"),
        ("void f(long (*x)[3], int (*(y))(int))", "(pointer, function)"),
        ("typedef int T; int f(int (T))", "(function) -> i32"),
        ("typedef int T; int f(int (T[3]))", "(function) -> i32"),
        ("typedef int T; int f(int (T), double (x))", "(function, f64) -> i32"),
        ("typedef int T; int f(int (*T), char (T))", "(pointer, i8) -> i32"),
        ("typedef int T; int f(double T, char (T))", "(f64, i8) -> i32"),
        ("typedef int T; void g(int T); int f(int (T))", "(function) -> i32"),
        ("int f(int (const char *))", "(function) -> i32"),
        ("int f(int (size_t))", "(function) -> i32"),
        ("int f(int (__attribute__((unused)) x))", "(i32) -> i32"),
        ("int f(int (__cdecl *x)(int), long (__stdcall y)(int))", "(function, function) -> i32"),
        ("int f(int (()))", "(function) -> i32"),
        ("int f(int ())", "(function) -> i32"),
    ]);
}

#[test]
fn typedef_names_are_types_and_may_be_hidden() {
    check(&[
        ("typedef int T; T (*f)(int)", "function"),
        ("typedef int T; T (*f[4])(int)", "function[4]"),
        ("typedef int T; T (*f(T))(T)", "(i32) -> function"),
        ("typedef short T; T (f)", "i16"),
        ("typedef short T; T ((f))[3]", "i16[3]"),
        ("typedef short T; T (f)(T (T), T (t))", "(function, i16) -> i16"),
        ("short typedef T; T f(T)", "(i16) -> i16"),
        ("short int typedef const unsigned T; T f", "u16"),
        ("struct s { int x; } typedef S; S f(S *)", "(pointer) -> struct s"),
        ("struct { int x; } typedef S; S f(S)", "(struct S) -> struct S"),
        ("typedef int T; struct T { T T; }; T f(struct T T)", "(struct T) -> i32"),
        ("typedef int T; struct s { unsigned T; T a; } ; int f(struct s s)", "(struct s) -> i32"),
        ("typedef struct styles { int a; } styles; int f(styles *styles, int a)", "(pointer, i32) -> i32"),
        (
            "typedef int T; int f(int T, T)",
            "`f` cannot be used: argument 2: line 1, column 29: unknown type `T`, near `T)`",
        ),
        ("typedef int T; int f(int T, int a[T]); T g(T)", "(i32, pointer) -> i32"),
        ("typedef int T, *P, A[2], F(T); P f(A, F)", "(pointer, function) -> pointer"),
        ("typedef long unsigned int size_t; size_t f(size_t size_t)", "(usize) -> usize"),
        ("typedef int wchar_t; wchar_t f(int uid_t, char bool)", "(i32, i8) -> i32"),
    ]);
}

/// A text's own typedef wins over a name that is known without one.
#[test]
fn typedefs_replace_known_names() {
    check(&[
        ("typedef unsigned char bool; bool f(bool)", "(u8) -> u8"),
        ("typedef enum { no, yes } bool; bool f(bool)", "(u32) -> u32"),
        ("typedef float bool; bool f(bool)", "(f32) -> f32"),
        ("typedef short int32_t; int32_t f(int32_t *)", "(pointer) -> i16"),
        ("typedef struct { double d; } time_t; time_t f(time_t)", "(struct time_t) -> struct time_t"),
        ("typedef long ssize_t; ssize_t f(void)", "() -> isize"),
        ("typedef int ssize_t; ssize_t f(void)", "() -> i32"),
        ("typedef char u_char; u_char *f(void)", "() -> text"),
        ("typedef int FILE; FILE f(FILE)", "(i32) -> i32"),
        ("typedef void *va_list; int f(va_list)", "(pointer) -> i32"),
    ]);
    assert_eq!(read("typedef int bool; extern bool f;").get("f").unwrap().as_static().unwrap().ty, Type::I32);
}

#[test]
fn types_have_words_of_other_compilers() {
    check(&[
        ("__signed__ long f(__signed short, __signed__, __signed)", "(i16, i32, i32) -> i64"),
        ("typedef __signed__ char __s8; typedef __signed__ short __s16; __s8 f(__s16)", "(i16) -> i8"),
        ("unsigned __int64 f(__int8, unsigned __int16, __int32, signed __int64)", "(i8, u16, i32, i64) -> u64"),
        ("u_char f(u_short, u_int, u_long, quad_t, u_quad_t, caddr_t)", "(u16, u32, u64, i64, u64, text) -> u8"),
        ("void f(ushort, uint, ulong, id_t, key_t, clockid_t, timer_t)", "(u16, u32, u64, u32, i32, i32, pointer)"),
        ("int *__ptr64 f(int *__restrict, int *__w64 *)", "(pointer, pointer) -> pointer"),
        ("__typeof__(3) f(typeof(long), __typeof(int *), typeof(1 ? 2 : 3u))", "(i64, pointer, u32) -> i32"),
        ("int g(char, short); extern __typeof__(g) f", "(i8, i16) -> i32"),
        ("extern const double d; typeof(d) *f(typeof_unqual(d))", "(f64) -> pointer"),
        ("enum e : unsigned char { A }; void f(enum e)", "(u8)"),
        ("typedef short T; enum e : T { A }; void f(enum e)", "(i16)"),
        ("enum e : long long int; void f(enum e)", "(i64)"),
        ("enum : unsigned short { A } f", "u16"),
        ("\u{feff}int f(int)", "(i32) -> i32"),
        ("int f(int größe, char \u{4e2d})", "(i32, i8) -> i32"),
        ("int f<::>, g<:3:>; struct s <% int a; %>;", "i32[]"),
        ("[[nodiscard]] int f([[maybe_unused]] int a [[gnu::unused]]) [[gnu::pure]]", "(i32) -> i32"),
        ("int *_Nonnull f(char *_Nullable s, int (*_Nonnull cb)(int))", "(text, function) -> pointer"),
        ("__declspec(dllimport) extern int (__cdecl *f)(int)", "function"),
        ("__extension__ typedef long long T; __extension__ T f(T)", "(i64) -> i64"),
        ("_Static_assert(1, \"x\"); __extension__ _Static_assert(sizeof(int) == 4, \"\"); int f(int)", "(i32) -> i32"),
        ("__asm__(\".globl x\"); int f(int) __asm__(\"f\")", "(i32) -> i32"),
        ("typedef int T __attribute__((mode(DI))); T f(unsigned __attribute__((__mode__(__QI__))))", "(u8) -> i64"),
        ("typedef float T __attribute__((mode(DF))), U; T f(U)", "(f32) -> f64"),
        ("typedef unsigned int W __attribute__((mode(word))), P __attribute__((mode(HI))); W f(P)", "(u16) -> u64"),
    ]);
    check(&[
        ("int f(_BitInt(7) *)", "(pointer) -> i32"),
        ("int f(_BitInt(7))", "`f` cannot be used: argument 1: `_BitInt` cannot be passed"),
        ("struct s { _BitInt(7) a; }; int f(struct s)", "`f` cannot be used: argument 1: `_BitInt` cannot be passed"),
    ]);
    assert_eq!(
        size("struct t { char a; long b; }; struct s { char a[__builtin_offsetof(struct t, b)]; }; void f(struct s)"),
        8
    );
    assert_eq!(size("struct s { char a[1'000]; }; void f(struct s)"), 1000);
    assert_eq!(size("typedef int T; struct s { char a[sizeof(T[3])], b['ab' - 'aa']; }; void f(struct s)"), 13);
    assert_eq!(size("struct s { char a[1'0], b['\\0' + 1]; }; void f(struct s)"), 11);
}

/// Compatible types (C11 6.2.7) may be declared again, in other words.
#[test]
fn compatible_declarations_are_one() {
    check(&[
        ("unsigned long f(void); size_t f(void)", "() -> u64"),
        ("size_t f(void); unsigned long f(void)", "() -> usize"),
        ("int f(unsigned char *); int f(uint8_t *)", "(pointer) -> i32"),
        ("enum e { A }; enum e f(void); unsigned f(void)", "() -> u32"),
        ("enum e { A = -1 }; int f(enum e *); int f(int *)", "(pointer) -> i32"),
        ("typedef enum { A } e; void f(e); void f(unsigned int)", "(u32)"),
        ("extern int f[3]; extern int f[]; extern int32_t f[3]", "i32[3]"),
        ("extern long f[]; extern int64_t f[2]", "i64[2]"),
        ("int f(int a[3]); int f(int *); int f(int a[])", "(pointer) -> i32"),
        ("int f(int (*)(size_t)); int f(int cb(unsigned long))", "(function) -> i32"),
        ("int f(const int, char *const); int f(int, char *restrict)", "(i32, text) -> i32"),
        ("typedef int T(char *); T f; int f(char *s)", "(text) -> i32"),
        ("int f(); int f(char)", "(i8) -> i32"),
        ("int f(int (*)()); int f(int (*)(int, char))", "(function) -> i32"),
        ("typedef unsigned long T; typedef size_t T; typedef uint64_t T; T f", "u64"),
        ("struct s; typedef struct s *P; int f(P); int f(struct s *)", "(pointer) -> i32"),
        ("extern int f; extern int f; extern signed f", "i32"),
        ("int f(long double *); int f(long double *)", "(pointer) -> i32"),
    ]);
    for text in [
        "int f(int *); int f(unsigned *)",
        "int f(char *); int f(const char *)",
        "int f(int); int f(int, ...)",
        "int f(int); int f(int, int)",
        "extern int f[2]; extern int f[3]",
        "int f(int (*)(int)); int f(int (*)(long))",
        "bool f(void); unsigned char f(void)",
        "struct a *f(void); struct b *f(void)",
        "enum a { A }; enum b { B }; enum a f(void); enum b f(void)",
        "float f(void); int f(void)",
        "void *f(void); long f(void)",
        "typedef int T; typedef short T; T f(void)",
    ] {
        let error = Declarations::from_c(text).expect_err(text);
        assert!(matches!(error, DeclarationError::Conflict { .. }), "{text}: {error}");
    }
}

/// A second declaration does not hide the first one's error.
#[test]
fn unknown_types_keep_their_reason() {
    for (text, reason) in [
        ("unseen f(int); unseen f(int)", "the result: line 1, column 18: unknown type `unseen`"),
        ("int f(unseen); int f(unseen)", "argument 1: line 1, column 24: unknown type `unseen`"),
        ("int f(unseen); int f(int)", "argument 1: line 1, column 24: unknown type `unseen`"),
        ("int f(int); int f(unseen x)", "argument 1 (`x`): line 1, column 36: unknown type `unseen`"),
        ("extern unseen f; extern unseen f", "line 1, column 25: unknown type `unseen`"),
        ("__attribute__((ms_abi)) int f(int); int f(int)", "another calling convention"),
        ("int f(int); int f(int) __attribute__((ms_abi))", "another calling convention"),
    ] {
        let text = format!("int before(int); {text}; int after(int);");
        let declarations = read(&text);
        assert!(declarations.get("before").is_ok() && declarations.get("after").is_ok(), "{text}");
        let error = declarations.get("f").unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

/// The variables of which only the address can be used.
#[test]
fn variables_of_unknown_size_have_an_address() {
    check(&[
        ("extern const char f[]", "i8[]"),
        ("struct s { long a; }; extern struct s f[]", "struct s[]"),
        ("extern struct incomplete f", "struct incomplete"),
        ("struct late; extern struct late f; struct late { int a; }", "struct late"),
        ("extern void f", "struct void"),
        ("extern __thread int f", "i32"),
        ("extern _Thread_local struct { char a; } f", "struct {i8}"),
        ("thread_local extern double f[2]", "f64[2]"),
    ]);
}

/// Text is made of `char` alone: other bytes may hold zeros.
#[test]
fn only_char_is_text() {
    check(&[
        ("char *f(const char *, char [3], char *const)", "(text, text, text) -> text"),
        ("unsigned char *f(signed char *, const unsigned char *)", "(pointer, pointer) -> pointer"),
        ("uint8_t *f(int8_t *, u_char *, char8_t *)", "(pointer, pointer, pointer) -> pointer"),
        ("typedef char T; typedef unsigned char U; T *f(U *, U a[4], T a[])", "(pointer, pointer, text) -> text"),
        ("extern unsigned char *f[2]", "pointer[2]"),
    ]);
}

/// The reader skips a declaration that it cannot read, up to its end.
#[test]
fn a_declaration_that_cannot_be_read_loses_itself_alone() {
    for (text, problem) in [
        ("int f(int x y);", "line 1, column 30: this is not understood as a parameter"),
        ("int f(int) garbage;", "line 1, column 29: this is not understood: `;` is expected here"),
        ("int f(int) garbage { return 1; }", "`;` is expected here"),
        ("int f(int,);", "a parameter is expected here"),
        ("MACRO(x) int f(int);", "not understood as a C declaration"),
        ("int f(a, b) int a; char b; { return a + b; }", "with its parameters' types behind the parentheses"),
        ("f(a) { return a; }", "not understood as a C declaration"),
        ("@implementation f(int);", "an unexpected character"),
        ("template<int> int f(int);", "not understood as a C declaration"),
        ("class f { int a; };", "unknown type `class`"),
        ("int f(int) = 3 4 5 { }, {;", "never closed"),
        ("int f[3](int);", "an array of functions"),
        ("int f(int)(int);", "an array or a function"),
        ("long long long f(int);", "`long long long` is not a type"),
        ("double int f(int);", "`double int` is not a type"),
        ("int f(char int x);", "`char int` is not a type"),
        ("unsigned struct f { int a; } f;", "is not a type"),
        ("int f(int *struct);", "this is not understood as a parameter"),
        ("struct s { int a; int b c; }; int f(struct s);", "line 1, column 42: this is not understood as a member"),
        ("struct s { int a; @ }; int f(struct s);", "an unexpected character"),
        ("enum e { A, B = ], C }; int f(enum e);", "closes nothing"),
        ("enum e { A, B = 3 4, C }; int f(enum e);", "this is not understood as an enumerator"),
        ("int f(struct { int a b; } s);", "this is not understood as a member"),
        ("extern \"C++\" { int f(int); }", "a linkage other than"),
        ("int f(struct);", "a struct without a name and without a body"),
        ("void f(int (^)(int));", "blocks are not supported"),
    ] {
        let whole = format!("int before(int); {text} int after(struct later *); struct later {{ int a; }};");
        let declarations = match Declarations::from_c(&whole) {
            Ok(declarations) => declarations,
            Err(error) => {
                assert!(error.to_string().contains(problem), "{text}: {error}");
                continue;
            }
        };
        assert!(declarations.get("before").is_ok(), "{text}");
        assert!(declarations.get("after").is_ok(), "{text}: {:?}", declarations.get("after"));
        let error = declarations.get("f").expect_err(text);
        assert!(matches!(error, DeclarationError::Unsupported { .. }), "{text}: {error}");
        assert!(error.to_string().contains(problem), "{text}: {error}");
    }
}

/// A name that the text has and the library has not is told from one that the text does not have.
#[test]
fn names_that_are_no_symbols_say_why() {
    let declarations = read(
        "static int hidden(int x) { return x; } static inline int also(int x) { return x; } static int variable;\n\
         #define CALL(x) f(x)\n int f(int);",
    );
    for (name, why) in [
        ("hidden", "it is `static`"),
        ("also", "it is `static`"),
        ("variable", "it is `static`"),
        ("CALL", "it is a macro with parameters"),
    ] {
        let error = declarations.get(name).unwrap_err();
        assert!(matches!(error, DeclarationError::Unsupported { .. }), "{name}: {error}");
        assert!(error.to_string().contains(why), "{name}: {error}");
    }
    assert!(matches!(declarations.get("absent"), Err(DeclarationError::Missing { .. })));
    assert_eq!((declarations.len(), declarations.unsupported().len()), (1, 0));
}

/// GCC gives an alignment behind a star to the pointer's type, and ignores `packed` there. Clang gives both to the member.
#[test]
fn attributes_behind_a_star_belong_to_the_pointer() {
    for (member, expected) in [
        ("int * __attribute__((aligned(2))) a", 10),
        ("int * __attribute__((packed)) a", 16),
        ("int * __attribute__((aligned(16))) a", 32),
        ("int __attribute__((aligned(2))) *a", 16),
        ("int __attribute__((packed)) *a", 9),
        ("int * __attribute__((aligned(16))) *a", 16),
        ("void (* __attribute__((aligned(2))) a)(int)", 10),
        ("int (* __attribute__((aligned(2))) a)[3]", 10),
        ("int * __attribute__((aligned(2))) a, *b", 24),
    ] {
        assert_eq!(size(&format!("struct s {{ char x; {member}; }}; void f(struct s)")), expected, "{member}");
    }
    for (member, expected) in [
        ("struct in __attribute__((aligned(16))) a", 32),
        ("enum e __attribute__((aligned(16))) a", 32),
        ("struct in __attribute__((packed)) a", 5),
        ("struct __attribute__((aligned(16))) in a", 8),
        ("char a[_Alignof(int __attribute__((aligned(16))))]", 17),
    ] {
        let text =
            format!("struct in {{ int a; }}; enum e {{ A }}; struct s {{ char x; {member}; }}; void f(struct s)");
        assert_eq!(size(&text), expected, "{member}");
    }
    assert_eq!(size("typedef int * __attribute__((aligned(2))) p; struct s { char x; p a; }; void f(struct s)"), 10);
    assert_eq!(size("#define packed\nstruct __attribute__((packed)) s { char a; int b; }; void f(struct s)"), 8);
}

/// C promises 63 levels of parentheses and of structs, and 12 derivations of a type (C11 5.2.4.1).
#[test]
fn nesting_is_bounded_beyond_what_c_promises() {
    let nested =
        |open: &str, inside: &str, close: &str, n: usize| format!("{}{inside}{}", open.repeat(n), close.repeat(n));
    let texts: [&dyn Fn(usize) -> String; 5] = [
        &|n| format!("struct s {{ char a[{}]; }}; void f(struct s *)", nested("(", "1", ")", n)),
        &|n| format!("void f(struct s *); struct s {{ {} }}", nested("struct { ", "int a;", " } b;", n)),
        &|n| format!("void f(int {})", nested("(*", "x", ")", n)),
        &|n| format!("void f({})", nested("int (*)(", "int", ")", n)),
        &|n| format!("struct s {{ char a[{}1]; }}; void f(struct s *)", "- ".repeat(n)),
    ];
    for text in texts {
        let (few, many) = (text(63), text(10_000));
        assert!(read(&few).skipped().is_empty(), "{few}: {:?}", read(&few).skipped());
        assert_eq!(shown(&few).replace("function", "pointer"), "(pointer)", "{few}");
        // Deeper nesting is refused, or does not matter behind a pointer.
        assert!(read(&many).get("f").is_ok_and(|_| read(&many).skipped().len() <= 1) || shown(&many).contains("100"));
    }
}

/// The names that are types without a declaration may be something else in a text.
#[test]
fn a_constant_may_bear_the_name_of_a_built_in_type() {
    check(&[
        ("enum { uint = 3 }; int f[(uint) + 1];", "i32[4]"),
        ("enum { uint = 3 }; typedef int T; int f(T, int (uint));", "(i32, i32) -> i32"),
        ("int uint(int); int f(int (uint));", "(i32) -> i32"),
        ("unsigned f(uint);", "(u32) -> u32"),
        ("typedef char uint; int f(uint);", "(i8) -> i32"),
    ]);
}

#[test]
fn digraphs_are_not_operators() {
    check(&[("enum e <% A = 5 %>; int f<:A:>;", "i32[5]"), ("enum { A = 7%4, B = 1<2 }; int f[A + B];", "i32[4]")]);
}

/// An expression whose type is not known does not have the size of an `int`.
#[test]
fn sizes_of_expressions_of_unknown_type_are_unknown() {
    let before = "extern int *p, a[7]; int g(int);";
    for expression in
        ["p + 1", "p - p", "-zz", "~zz", "zz << 1", "zz + 1", "1.0L", "1 + 1.0L", "99999999999999999999", "1 ? a : 0"]
    {
        let text = format!("{before} char f[sizeof({expression})];");
        assert!(read(&text).get("f").is_err(), "{expression}: {}", shown(&text));
    }
    for (expression, size) in [("1 ? 0 : p", 8), ("0 ? p : 0", 8), ("p == 0", 4), ("!p", 4), ("a", 28), ("1.0", 8)] {
        assert_eq!(shown(&format!("{before} char f[sizeof({expression})];")), format!("i8[{size}]"), "{expression}");
    }
}

/// The preprocessor's output with its `#define`s (`cc -E -dD`): a macro that leads to itself leaves a name, which is not a macro
/// there.
#[test]
fn a_macro_that_leads_to_itself_leaves_a_function_name() {
    for define in ["f(x) f(x)", "f GLOBAL(f, F)", "f(x) (f)(x)", "f f"] {
        let text = format!(
            "# 1 \"x.h\"\n#define GLOBAL(a, A) a\n#define {define}\n#define N 3\nint f(double, char (*)[N]);\n"
        );
        assert_eq!(shown(&text), "(f64, pointer) -> i32", "{define}");
        assert!(read(&text).skipped().is_empty(), "{define}");
    }
    let text = "#define f(x) g(x)\nint f(double);";
    assert!(shown(text).contains("`f` is a macro"), "{}", shown(text));
}

#[test]
fn problems_beyond_the_first_are_not_listed() {
    let text = format!("enum {{ {} A = 3 }}; int f(char (*)[A]);", "1,".repeat(70_000));
    assert_eq!(read(&text).skipped().len(), 65_536);
    assert_eq!(shown(&text), "(pointer) -> i32");
}
