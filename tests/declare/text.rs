//! C text, through the public API: tables of declarations, errors and hostile texts.

use std::sync::mpsc;
use std::time::Duration;

use hotcall::declare::{DeclarationError, Declarations};

use super::read;

/// The signature of the last function of a text.
fn signature(text: &str) -> String {
    match read(text).last_function() {
        Ok(declaration) => declaration.as_function().unwrap().signature.to_string(),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The error of a text, of a part that is skipped, or of the last function.
fn error(text: &str) -> String {
    let first = |read: Declarations| match read.skipped().first() {
        Some(error) => Err(error.clone()),
        None => read.last_function().cloned(),
    };
    match Declarations::from_c(text).and_then(first) {
        Ok(declaration) => panic!("{text}: {declaration:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn prototypes_become_signatures() {
    for (text, expected) in [
        ("double pow(double, double)", "(f64, f64) -> f64"),
        ("int snprintf(char *, size_t, const char *, ...);", "(text, usize, text, ...) -> i32"),
        ("void f(void)", "()"),
        ("void f()", "()"),
        ("void f(...)", "(...)"),
        ("extern int f(int a, char b, float c)", "(i32, i8, f32) -> i32"),
        ("int (f)(int)", "(i32) -> i32"),
        ("typedef struct S S; S *(f)(S *)", "(pointer) -> pointer"),
        ("typedef int T; T (f)(T)", "(i32) -> i32"),
        ("int *f(int *, int **, void *)", "(pointer, pointer, pointer) -> pointer"),
        (
            "char *f(char *, const char *, signed char *, unsigned char const *, char **)",
            "(text, text, pointer, pointer, pointer) -> text",
        ),
        ("char *f(char a[], char b[8], char c[2][3], char *d[])", "(text, text, pointer, pointer) -> text"),
        (
            "void qsort(void *, size_t, size_t, int (*)(const void *, const void *))",
            "(pointer, usize, usize, function)",
        ),
        ("int f(int (*cb)(int), int g(int), int (int))", "(function, function, function) -> i32"),
        ("void (*signal(int sig, void (*func)(int)))(int)", "(i32, function) -> function"),
        ("int (*f(void))[3]", "() -> pointer"),
        (
            "int f(int a[static 3], int b[*], int n, int c[n], int d[restrict])",
            "(pointer, pointer, i32, pointer, pointer) -> i32",
        ),
        ("_Noreturn void f(int)", "(i32)"),
        ("static inline int g(int a) { return a ? (1) : '}'; } int f(int)", "(i32) -> i32"),
        ("int f(int a) { if (a) { return 1; } return \"}\"[0]; }", "(i32) -> i32"),
        (
            "__extension__ extern __inline __attribute__((__gnu_inline__)) int f(int) __attribute__((nothrow)) __attribute__((nonnull(1)));",
            "(i32) -> i32",
        ),
        ("extern \"C\" { int f(int); }", "(i32) -> i32"),
        ("extern \"C\" int f(int);", "(i32) -> i32"),
        ("int g(int), f(char)", "(i8) -> i32"),
        ("[[nodiscard]] int f(int)", "(i32) -> i32"),
        ("__declspec(dllimport) int __stdcall f(int)", "(i32) -> i32"),
        ("int f(register int a, volatile int b, int *restrict c, int *const d)", "(i32, i32, pointer, pointer) -> i32"),
        ("int f(); int f(int);", "(i32) -> i32"),
        ("int f(int); int g(void); int f(int);", "(i32) -> i32"),
        ("int f(const char *__restrict s, int x __attribute__((aligned(8))))", "(text, i32) -> i32"),
        ("typedef int fn(char); fn f;", "(i8) -> i32"),
        ("typedef int (*cb)(char); cb f(cb)", "(function) -> function"),
        ("int f(FILE *, struct unseen *, enum { A } *)", "(pointer, pointer, pointer) -> i32"),
    ] {
        assert_eq!(signature(text), expected, "{text}");
    }
}

#[test]
fn integers_have_many_names() {
    for (text, expected) in [
        ("char", "i8"),
        ("signed char", "i8"),
        ("char signed", "i8"),
        ("unsigned char", "u8"),
        ("char unsigned", "u8"),
        ("short", "i16"),
        ("short int", "i16"),
        ("int short signed", "i16"),
        ("unsigned short", "u16"),
        ("short unsigned int", "u16"),
        ("int", "i32"),
        ("signed", "i32"),
        ("unsigned", "u32"),
        ("int unsigned", "u32"),
        ("long", "i64"),
        ("long int", "i64"),
        ("int long", "i64"),
        ("long unsigned int", "u64"),
        ("unsigned long", "u64"),
        ("long long", "i64"),
        ("long long int", "i64"),
        ("long int long", "i64"),
        ("unsigned long long", "u64"),
        ("long long unsigned int", "u64"),
        ("long unsigned long", "u64"),
        ("const int long const unsigned", "u64"),
        ("__signed__ char", "i8"),
        ("float", "f32"),
        ("double", "f64"),
        ("_Bool", "bool"),
        ("bool", "bool"),
        ("int8_t", "i8"),
        ("uint8_t", "u8"),
        ("int16_t", "i16"),
        ("uint16_t", "u16"),
        ("int32_t", "i32"),
        ("uint32_t", "u32"),
        ("int64_t", "i64"),
        ("uint64_t", "u64"),
        ("int_least8_t", "i8"),
        ("uint_least16_t", "u16"),
        ("int_fast8_t", "i8"),
        ("int_fast64_t", "i64"),
        ("intmax_t", "i64"),
        ("uintmax_t", "u64"),
        ("size_t", "usize"),
        ("ssize_t", "isize"),
        ("ptrdiff_t", "isize"),
        ("intptr_t", "isize"),
        ("uintptr_t", "usize"),
        ("off_t", "i64"),
        ("time_t", "i64"),
        ("pid_t", "i32"),
        ("mode_t", "u32"),
        ("char16_t", "u16"),
        ("char32_t", "u32"),
        ("enum e { A } ", "u32"),
        ("enum { A = -1 }", "i32"),
        ("enum { A = 1ul << 40 }", "u64"),
        ("enum { A = -1, B = 0x80000000 }", "i64"),
        ("enum __attribute__((packed)) { A = 255 }", "u8"),
        ("enum { A = -1, B = 300 } __attribute__((packed))", "i16"),
        ("enum e : uint8_t { A }", "u8"),
    ] {
        assert_eq!(signature(&format!("void f({text} name)")), format!("({expected})"), "{text}");
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        assert_eq!(signature("void f(wchar_t, int_fast16_t, uint_fast32_t)"), "(i32, i64, u64)");
    }
}

#[test]
fn aggregates_and_typedefs_become_types() {
    for (text, expected) in [
        ("struct d { int quot; int rem; } div(int, int)", "(i32, i32) -> struct d"),
        ("typedef struct { double x, y; } point; point f(point a)", "(struct point) -> struct point"),
        ("typedef union u { int i; float f; } u; u f(union u)", "(union u) -> union u"),
        ("struct s; struct s f(struct s); struct s { int a; };", "(struct s) -> struct s"),
        ("typedef unsigned char u8, *pu8; u8 f(pu8)", "(pointer) -> u8"),
        ("typedef unsigned long size_t; size_t f(size_t)", "(usize) -> usize"),
        ("typedef int bool; bool f(bool)", "(i32) -> i32"),
        ("typedef enum { FALSE, TRUE } boolean; boolean f(int a[TRUE])", "(pointer) -> u32"),
        ("typedef int a; typedef a b; typedef b a; b f(void)", "() -> i32"),
        ("struct s { struct s *next; }; void f(struct s)", "(struct s)"),
        ("#pragma once\n# 1 \"x.h\"\n#include <stdint.h>\n#define API\nAPI int f(API int)", "(i32) -> i32"),
        ("#include <sys/types.h> // types\n#include/**/<math.h>\n#line 3\n#\nint f(int)", "(i32) -> i32"),
        ("int f(int); // \\\nint f(long);", "(i32) -> i32"),
        ("#define f(x) g(x)\n#undef f\nint f(int)", "(i32) -> i32"),
    ] {
        assert_eq!(signature(text), expected, "{text}");
    }
}

/// The size of `long double` in those of `double`.
const LONG_DOUBLE: u32 = if cfg!(any(target_env = "msvc", target_vendor = "apple")) { 1 } else { 2 };

/// Each expression is the length of an array of `char` in a struct, whose size is compared.
#[test]
fn constant_expressions_have_the_values_of_c() {
    for (expression, expected) in [
        ("3", 3),
        ("0x10", 16),
        ("010", 8),
        ("'a'", 97),
        ("'\\n'", 10),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("1 << 4", 16),
        ("256 >> 2", 64),
        ("6 & 3", 2),
        ("6 | 3", 7),
        ("6 ^ 3", 5),
        ("~0 + 2", 1),
        ("!0", 1),
        ("!5 + 4", 4),
        ("-1 + 3", 2),
        ("1 ? 5 : 6", 5),
        ("0 ? 5 : 6", 6),
        ("1 ? 5 : 1 / 0", 5),
        ("0 && 1 / 0 || 1", 1),
        ("3 > 2", 1),
        ("3 <= 2 || 2 == 2", 1),
        ("1 != 1 ? 2 : 3", 3),
        ("sizeof(int)", 4),
        ("sizeof(long) * 2", 16),
        ("sizeof(struct s)", 12),
        ("sizeof(struct s *)", 8),
        ("sizeof(int[3])", 12),
        ("sizeof(T)", 12),
        ("sizeof(T2)", 4),
        ("sizeof 1L", 8),
        ("_Alignof(double)", 8),
        ("__alignof__(struct s)", 4),
        ("A", 5),
        ("A + B", 11),
        ("N * 2", 20),
        ("M", 11),
        ("(int)3", 3),
        ("(unsigned char)257", 1),
        ("(T2)3", 3),
        ("(T2)(3)", 3),
        ("(T2)-1 + 5", 4),
        ("-1 > 0u", 1),
        ("-1 > 0", 0),
        ("(-1 < sizeof(int)) + 1", 1),
        ("0u - 1 > 5", 1),
        ("true", 1),
        ("sizeof(enum e)", 4),
        ("sizeof(unsigned long)", 8),
        ("1u - 2 == 4294967295", 1),
        ("sizeof((char)1)", 1),
        ("sizeof((short)0)", 2),
        ("sizeof(((T3)0))", 2),
        ("sizeof((T3)(0))", 2),
        ("sizeof((T3)-1)", 2),
        ("sizeof(+(char)1)", 4),
        ("sizeof((char)1 + 1)", 4),
        ("sizeof((T3)1 * 1L)", 8),
        ("sizeof(C)", 1),
        ("sizeof C", 1),
        ("sizeof(T3) - 1", 1),
        ("sizeof(int) - 1", 3),
        ("OPEN", 11),
        ("(OPEN) * 2", 22),
        ("1 ? OPEN : 2", 11),
        ("sizeof(OPEN)", 4),
        ("AGAIN", 11),
        ("NEGATIVE * -2", 2),
        ("5 -NEGATIVE", 6),
        ("CAST * 2", 2),
        ("SIGNED + 5", 4),
        ("B2", 6),
        ("(U)-1 * 2 == 510", 1),
        ("(U)-1 * 2 + 0 == 510", 1),
        ("1 + (U)-1 * 2 == 511", 1),
        ("OPEN * 2", 12),
        ("2 * AGAIN", 21),
        ("-OPEN + 22", 13),
        ("(char)OPEN", 11),
        ("PRODUCT / 2", 3),
        ("CHOICE ? 1 : 2", 0),
        ("1 ? 1 : CHOICE", 1),
        ("0 && OPEN", 0),
        ("sizeof OPEN", 5),
        ("sizeof(long double) / sizeof(double)", LONG_DOUBLE),
        ("sizeof(word)", 4),
        ("'ab' == 'a' * 256 + 'b'", 1),
        ("1'0", 10),
        ("(int)3.75", 3),
        ("(int)(1.5f * 2) + (0.5 < 1)", 4),
        ("__builtin_offsetof(struct s, c)", 8),
        ("(unsigned long)&((struct s *)0)->c", 8),
        ("__builtin_offsetof(struct nest, in[2].b) / 4", 6),
        ("__builtin_offsetof(struct nest, in[0x2000000000000001])", 12),
        ("(unsigned long)&((int *)16)[-1]", 12),
        ("sizeof(((struct nest *)0)->in)", 24),
        ("sizeof(((struct nest *)0)->in[1])", 8),
        ("sizeof(T[3])", 36),
        ("sizeof(__typeof__(3)) + sizeof(typeof(long *))", 12),
        ("sizeof(typeof(((struct s *)0)->b))", 4),
        ("sizeof \"abc\"", 4),
        ("sizeof(_BitInt(7)) + sizeof(_BitInt(33)) + sizeof(_BitInt(65))", 25),
        ("sizeof(__int128)", 16),
        ("sizeof(struct bits)", 8),
        ("K2", 3),
        ("sizeof(counter) * sizeof counter", 64),
    ] {
        let text = format!(
            "#define N 10 /* ten */\n#define M (N + 1)\nstruct s {{ int a, b, c; }}; typedef struct s T; typedef int T2; typedef short T3; typedef uint8_t U;
             \n#define C ((char)1)\n#define OPEN N+1\n#define AGAIN OPEN\n#define NEGATIVE -1\n#define CAST (char)257\n#define SIGNED (T2)-1
             \n#define PRODUCT 2*3\n#define CHOICE 1 ? 0 : 1\n#define word other\ntypedef int other; struct bits {{ int a : 3; unsigned b : 30; }};
             struct nest {{ int a; struct {{ int a, b; }} in[3]; }}; constexpr int K2 = N - 7; extern long counter;
             enum {{ B2 = 2 }};\n#define B2 6\n
             enum e {{ A = 5, B }}; struct t {{ char c[{expression}]; char last; }}; void f(struct t);"
        );
        let declarations = read(&text);
        let declaration = declarations.get("f").unwrap_or_else(|error| panic!("{expression}: {error}"));
        let params = declaration.as_function().unwrap().signature.params().to_vec();
        assert_eq!(hotcall::Layout::of(&params[0]).unwrap().size, expected + 1, "{expression}");
    }
    for (expression, cause) in [
        ("1 / 0", "division by zero"),
        ("-1", "an array of -1 elements"),
        ("n", "`n` is not declared"),
        ("1.5", "not an integer"),
        ("1 << 64", "a shift by too much"),
        ("f(1)", "not an integer constant"),
        ("sizeof(struct unseen)", "incomplete"),
        ("99999999999", "larger than"),
        ("\"x\"", "not supported"),
        ("P", "is not declared"),
        ("sizeof CAST", "the expression ends in the middle of a macro"),
        ("sizeof(true)", "depends on C's version"),
        ("sizeof(u'a')", "depends on C's version"),
        ("sizeof(E1)", "depends on C's version"),
        ("sizeof(word)", ""),
        ("LOOP * 1", ""),
    ] {
        let text = format!("#define P P\n#define OPEN 10+1\n#define AGAIN OPEN\n#define PRODUCT 2*3\n#define CHOICE 1 ? 0 : 1
            \n#define CAST (char)1\n#define LOOP LOOP2\n#define LOOP2 LOOP\nenum {{ E0 = 1ull << 40, E1 = 1 }};\ntypedef signed char int8; typedef long word;\n#define word other\nstruct t {{ char c[{expression}]; }}; void g(struct t *); void f(struct t);");
        let declarations = read(&text);
        assert!(declarations.get("g").is_ok(), "{expression}");
        let error = declarations.get("f").unwrap_err().to_string();
        assert!(error.contains(cause) && error.contains("`f`"), "{expression}: {error}");
    }
}

/// GCC's "Common Variable Attributes"; clang reads them likewise.
#[test]
fn modes_make_types() {
    for (declared, expected) in [
        ("typedef int t __attribute__((mode(QI)))", "i8"),
        ("typedef unsigned t __attribute__((mode(QI)))", "u8"),
        ("typedef unsigned int t __attribute__((__mode__(__QI__)))", "u8"),
        ("typedef int t __attribute__((mode(HI)))", "i16"),
        ("typedef long t __attribute__((mode(SI)))", "i32"),
        ("typedef unsigned char t __attribute__((mode(SI)))", "u32"),
        ("typedef int t __attribute__((mode(DI)))", "i64"),
        ("typedef unsigned t __attribute__((mode(__DI__)))", "u64"),
        ("typedef int t __attribute__((mode(byte)))", "i8"),
        ("typedef int t __attribute__((__mode__(__word__)))", "i64"),
        ("typedef unsigned t __attribute__((mode(word)))", "u64"),
        ("typedef unsigned t __attribute__((mode(pointer)))", "u64"),
        ("typedef int t __attribute__((mode(unwind_word)))", "i64"),
        ("typedef float t __attribute__((mode(DF)))", "f64"),
        ("typedef double t __attribute__((mode(SF)))", "f32"),
        ("typedef float t __attribute__((mode(__SF__)))", "f32"),
        ("typedef __attribute__((mode(HI))) int t", "i16"),
        ("typedef int __attribute__((mode(HI))) t", "i16"),
        ("typedef int [[gnu::mode(HI)]] t", "i16"),
        ("typedef int t __attribute__((mode(HI), mode(QI)))", "i8"),
        ("typedef int t __attribute__((mode(DI), aligned(4)))", "i64"),
        ("enum e { A, B = 1000 }; typedef enum e t __attribute__((mode(DI)))", "u64"),
        ("typedef unsigned int first __attribute__((mode(HI))); typedef first t __attribute__((mode(DI)))", "u64"),
    ] {
        assert_eq!(signature(&format!("{declared}; void f(t);")), format!("({expected})"), "{declared}");
    }
    let direct = "long f(int a __attribute__((mode(HI))), unsigned __attribute__((mode(QI))), float *, char *)";
    assert_eq!(signature(direct), "(i16, u8, pointer, text) -> i64");
    let text = "typedef char c __attribute__((mode(QI))); typedef int i __attribute__((mode(QI))); void f(c *, i *);";
    assert_eq!(signature(text), "(text, pointer)");
    assert!(error("\n#define WIDE DI\ntypedef int t __attribute__((mode(WIDE)));").contains("`WIDE` is a macro"));
}

#[test]
fn what_cannot_be_passed_fails_its_symbol_alone() {
    for (text, cause) in [
        ("long double f(int)", "the result: `long double`"),
        ("int f(int a, long double b)", "argument 2 (`b`): `long double`"),
        ("double _Complex f(void)", "complex numbers"),
        ("double __complex__ f(void)", "complex numbers"),
        ("__complex double f(void)", "complex numbers"),
        ("int f(__complex__ float *, float __complex__)", "complex numbers"),
        ("int __vectorcall f(int)", "another calling convention"),
        ("int f(float _Complex)", "complex numbers"),
        ("int f(__int128)", "128-bit"),
        ("unsigned __int128 f(void)", "128-bit"),
        ("int f(_Float128)", "wider than double"),
        ("int f(va_list)", "va_list"),
        ("typedef float v4 __attribute__((vector_size(16))); v4 f(void)", "vector types"),
        ("typedef int ti __attribute__((mode(TI))); ti f(void)", "types of mode `TI` cannot be passed"),
        ("typedef float xf __attribute__((__mode__(__XF__))); xf f(void)", "types of mode `XF` cannot be passed"),
        ("int f(int a __attribute__((mode(V4SI))))", "types of mode `V4SI` cannot be passed"),
        ("int f(int a __attribute__((mode(XY))))", "types of mode `XY` cannot be passed"),
        ("int f(int a __attribute__((mode)))", "a mode without a name"),
        ("typedef int v __attribute__((mode(HI), vector_size(16))); v f(void)", "vector types"),
        ("typedef int __attribute__((mode(HI))) v __attribute__((vector_size(16))); v f(void)", "vector types"),
        ("struct s { char a; struct { int b; } __attribute__((mode(DI))); }; int f(struct s)", "the sign of a type"),
        ("int f(int a __attribute__((mode(DF))))", "argument 1 (`a`): mode `DF` does not fit the type i32"),
        ("int f(double __attribute__((mode(DI))))", "mode `DI` does not fit the type f64"),
        ("int f(_Bool a __attribute__((mode(SI))))", "mode `SI` does not fit the type bool"),
        ("typedef int *p __attribute__((mode(DI))); int f(p)", "mode `DI` does not fit the type pointer"),
        ("int f(int * __attribute__((mode(DI))) p)", "mode `DI` does not fit the type pointer"),
        ("typedef int a2[2] __attribute__((mode(QI))); struct s { a2 a; }; int f(struct s)", "mode `QI` of an array"),
        ("struct t { int a; }; typedef struct t t __attribute__((mode(QI))); int f(t)", "mode `QI` of a struct"),
        (
            "typedef int t __attribute__((aligned(2), mode(SI))); struct s { t a; }; int f(struct s)",
            "compilers differ about an alignment before a mode",
        ),
        ("typedef int xi __attribute__((mode(XI))); xi f(void)", "types of mode `XI` cannot be passed"),
        ("struct s { int a : 3; }; int f(struct s)", "bit-fields"),
        ("struct s { int : 3, : 4; int b; }; int f(struct s)", "bit-fields"),
        ("struct s { int a, : 4, b; }; int f(struct s)", "bit-fields"),
        ("struct s { unsigned a : 3, b : 2; uint32_t : 0; }; int f(struct s)", "bit-fields"),
        ("int f(struct unseen)", "`struct unseen` is incomplete"),
        ("struct s { struct s a; }; int f(struct s)", "`struct s` contains itself"),
        ("struct s { struct t a; }; struct t { int a; }; int f(struct s)", "`struct t` is incomplete"),
        ("struct s { char c[65537]; }; int f(struct s)", "larger than 65536"),
        ("struct s { int a[]; int b; }; int f(struct s)", "no length and is not the last"),
        ("struct s { int a; int a; }; int f(struct s)", "two members are named `a`"),
        ("struct s { int a; union { float b; int a; }; }; int f(struct s)", "two members are named `a`"),
        ("union u { int a; struct { int b; struct { int a; }; }; }; int f(union u)", "two members are named `a`"),
        ("struct s { int a; } __attribute__((aligned(32))); int f(struct s)", "32 bytes is more than 16"),
        ("struct s { int a __attribute__((aligned(3))); }; int f(struct s)", "not a power of two"),
        (
            "struct __attribute__((aligned(8))) s { int a; } __attribute__((aligned(4))); int f(struct s)",
            "compilers differ",
        ),
        (
            "typedef int t __attribute__((aligned(8), aligned(2))); struct s { t a; }; int f(struct s)",
            "compilers differ",
        ),
        ("enum e { A = UNKNOWN }; int f(enum e)", "`UNKNOWN` is not declared"),
        ("enum e { A } __attribute__((mode(QI))); int f(enum e)", "the sign of a type that is defined with a mode"),
        ("enum e { A } __attribute__((aligned(16))); int f(enum e)", "an enum of another alignment"),
        ("typedef int fn(int) __attribute__((ms_abi)); fn f", "another calling convention"),
        ("int f(int) __attribute__((preserve_none))", "another calling convention"),
        ("struct s { int *__ptr32 a; }; int f(struct s)", "32-bit pointers"),
        ("int f(char *a __attribute__((pass_object_size(0))))", "object's size"),
        ("\n#define bool int\nint f(bool)", "`bool` is a macro"),
        ("typedef long word;\n#define word int\nint f(word *)", "`word` is a macro"),
        ("\n#define unsigned signed\nint f(unsigned char)", "`unsigned` is a macro"),
        ("double long f(void)", "`long double`"),
        ("int f(FILE)", "through pointers only"),
        ("int f(unseen)", "unknown type `unseen`"),
        ("unseen *f(void)", "unknown type `unseen`"),
        ("int f(unsigned float x)", "is not a type"),
        ("int __attribute__((ms_abi)) f(int)", "another calling convention"),
        ("int f(int) __attribute__((ms_abi))", "another calling convention"),
        ("union u { int a; } __attribute__((transparent_union)); int f(union u)", "transparent unions"),
        ("_Atomic int f(void)", "atomic"),
        ("_Atomic(int) f(void)", "atomic"),
    ] {
        let declarations = read(&format!("int before(int); {text}; int after(int);"));
        assert!(declarations.get("before").is_ok() && declarations.get("after").is_ok(), "{text}");
        let error = declarations.get("f").expect_err(text);
        assert!(matches!(error, DeclarationError::Unsupported { .. }), "{text}: {error}");
        assert!(error.to_string().contains(cause), "{text}: {error}");
        assert_eq!(declarations.unsupported().len(), 1);
    }
    let many = format!("void f({})", vec!["int"; 10_000].join(", "));
    assert!(error(&many).contains("more than 255 parameters"), "{}", error(&many));
    // Behind a pointer all of it is harmless.
    assert_eq!(
        signature("struct s { long double a; int b : 3; }; void f(struct s *, long double *)"),
        "(pointer, pointer)"
    );
}

#[test]
fn faults_of_syntax_name_their_place() {
    for (text, place, cause) in [
        ("int f(int;", "line 1, column 6", "`(` is never closed"),
        ("int f(int));", "line 1, column 11", "closes nothing"),
        ("int a;\n  int f(int x y);", "line 2, column ", "not understood"),
        ("int f(int)\nint g(int)", "line 2, column 1", "not understood"),
        ("int f(int) int g(int)", "line 1, column 12", "not understood"),
        ("garbage", "line 1", "n"),
        ("f(1, 2);", "line 1, column 1", "not understood as a C declaration"),
        ("#if X\nint f(int);\n#endif", "line 1, column 1", "needs a preprocessor"),
        ("int f(int); @", "line 1, column 13", "unexpected character"),
        ("int f\0(int)", "line 1, column 6", "NUL"),
        ("int \u{d7}(int)", "line 1, column 5", "unexpected character"),
        ("/* int f(int);", "line 1, column 1", "comment never ends"),
        ("char *s = \"x;", "line 1, column 11", "never ends"),
        ("\n#pragma pack(1\nint f(int);", "line 2, column 1", "`#pragma pack` is not understood"),
        ("#pragma pack 1\nint f(int);", "line 1, column 1", "`#pragma pack` is not understood"),
        ("#pragma pack()1\nint f(int);", "line 1, column 1", "`#pragma pack` is not understood"),
        ("#pragma pack(push 1)\nint f(int);", "line 1, column 1", "`#pragma pack` is not understood"),
        ("#pragma pack(push, 1)\n#pragma pack(pop, 1)\nint f(int);", "line 2, column 1", "compilers differ"),
        ("#define n 1\n#pragma pack(push, n)\nint f(int);", "line 2, column 1", "a macro in `#pragma pack`"),
        ("_Pragma(\"pack(1\") int f(int);", "line 1, column 1", "`#pragma pack` is not understood"),
        ("_Pragma(x) int f(int);", "line 1, column 1", "`_Pragma` takes one string"),
        ("_Pragma(\"pack\" \"(1)\") int f(int);", "line 1, column 1", "`_Pragma` takes one string"),
        ("#pragma redefine_extname f g\nint f(int);", "line 1, column 1", "not supported"),
        ("#pragma weak f = g\nint f(int);", "line 1, column 1", "not supported"),
        ("#include <pshpack1.h>\nint f(int);", "line 1, column 1", "(cc -E -P)"),
        ("#include \"x.h\"\nint f(int);", "line 1, column 1", "(cc -E -P)"),
        ("#include_next <stdio.h>\nint f(int);", "line 1, column 1", "(cc -E -P)"),
        ("#unknown\nint f(int);", "line 1, column 1", "an unknown directive"),
        ("#define f(x) g(x)\nint f(int);", "line 2, column 5", "is a macro"),
        ("#define A(n) __attribute__((aligned(n)))\nstruct s { int a; } A(T);", "line 2, column 21", "is a macro"),
        ("#pragma pack(3)\nint f(int);", "line 1, column 1", "`#pragma pack` takes"),
        ("#pragma pack(pop)\nint f(int);", "line 1, column 1", "without its `push`"),
        ("extern \"C++\" { int f(int); }", "line 1, column 1", "linkage"),
        ("int f(int); long f(int);", "line 1, column 18", "`f` is declared before"),
        ("typedef int t; typedef long t;", "line 1, column 29", "`t` is declared before"),
        ("struct s { int a; }; struct s { int a; };", "line 1, column 29", "`s` is declared before"),
        ("struct s; union s { int a; };", "line 1, column 17", "`s` is declared before"),
        ("int f; int f(int);", "line 1, column 12", "`f` is declared before"),
        ("#define f g\nint f(int);", "line 2, column 5", "is a macro"),
        ("#define P __attribute__((packed))\nstruct s { char a; int b; } P;", "line 2, column 29", "is a macro"),
        ("#define P __attribute__((packed))\nstruct s { char a; int P; };", "line 2, column 24", "is a macro"),
        ("#define P __attribute__((packed))\nstruct P { char a; };", "line 2, column 8", "is a macro"),
        ("#define P (3)\nenum P { A };", "line 2, column 6", "is a macro"),
        ("#define P (3)\nint f(int P);", "line 2, column 11", "is a macro"),
        ("#define P (3)\nint f(int (*P)(int));", "line 2, column 13", "is a macro"),
        ("#define struct union\nstruct s { int a; };", "line 2, column 1", "is a macro"),
        ("#include <complex.h>\nint f(float complex);", "line 1, column 1", "(cc -E -P)"),
        ("#define P (3)\nenum { P };", "line 2, column 8", "is a macro"),
        ("#define P (3)\nstatic int P(int);", "line 2, column 12", "is a macro"),
        ("struct s { int a __attribute__((aligned(1 +))); };", "line 1, column 18", "used as an expression"),
        ("int f(int) = 3 4 { }; {", "line 1, column 23", "never closed"),
        ("template<int> int f(int);", "line 1", "not understood"),
        ("return 1;", "line 1, column 1", "not understood"),
    ] {
        let error = error(text);
        assert!(error.contains(place) && error.contains(cause), "{text}: {error}");
    }
    assert!(read("").is_empty());
    assert_eq!(read("struct s { int a; };").last_function(), Err(DeclarationError::NoFunction));
}

#[test]
fn statics_and_other_symbols_have_names() {
    let declarations = read(
        "extern int counter, *table; extern const char *const names[3]; char text[]; static int hidden; int x = 3, y[2] = {1, 2};
         static int helper(int); int renamed(int first, char *) __asm__(\"real\" \"name\"); extern long double wide;",
    );
    let keys: Vec<(&str, &str)> = declarations.iter().map(|d| (&*d.key, d.symbol_name())).collect();
    let plain = |name| (name, name);
    assert_eq!(
        keys,
        [
            plain("counter"),
            plain("table"),
            plain("names"),
            plain("text"),
            plain("x"),
            plain("y"),
            ("renamed", "realname")
        ]
    );
    let shown = declarations.iter().filter_map(|declaration| Some(declaration.as_static()?.ty.to_string()));
    let shown: Vec<String> = shown.collect();
    assert_eq!(shown, ["i32", "pointer", "text[3]", "i8[]", "i32", "i32[2]"]);
    let unsupported: Vec<&str> = declarations.unsupported().map(|(key, _)| key).collect();
    assert_eq!(unsupported, ["wide"]);
    let names = &declarations.get("renamed").unwrap().as_function().unwrap().parameter_names;
    assert_eq!(**names, [Some("first".into()), None]);
}

#[test]
fn hostile_texts_get_quick_answers() {
    // A text long enough that quadratic time takes seconds instead of milliseconds.
    let n = 30_000;
    let doubled: String =
        (1..60).map(|i| format!("struct s{i} {{ struct s{} a, b; }};", i - 1)).collect::<Vec<_>>().join("\n");
    let chained: String =
        (1..6_000).map(|i| format!("struct s{i} {{ struct s{} a; }};", i - 1)).collect::<Vec<_>>().join("\n");
    let arrays: String = (1..6_000).map(|i| format!("typedef a{} a{i}[1];", i - 1)).collect::<Vec<_>>().join("\n");
    let wide = format!(
        "struct w0 {{ struct s16 a; }};{}",
        (1..5_000).map(|i| format!("struct w{i} {{ struct s12 a; }};")).collect::<String>()
    );
    let mut random = 12345_u64;
    let garbage: String = (0..50_000)
        .map(|_| {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            char::from(b"int (){}[];,*+- abc struct 12 <>=&|:."[(random >> 33) as usize % 37])
        })
        .collect();
    for (name, text) in [
        ("parentheses", format!("int x[{}1{}];", "(".repeat(n), ")".repeat(n))),
        ("parenthesised names", format!("int {}f{}(int);", "(".repeat(n), ")".repeat(n))),
        ("pointers", format!("int {}f(int);", "*".repeat(n))),
        ("structs", "struct s {".repeat(n)),
        ("closed structs", format!("{}int a;{}", "struct {".repeat(n), "} b;".repeat(n))),
        ("parameters", format!("int f({});", vec!["int a"; n].join(","))),
        ("minus", format!("int x[{}1];", "- ".repeat(n))),
        ("not", format!("int x[{}1];", "!".repeat(n))),
        ("sums", format!("int x[{}1];", "1+".repeat(n))),
        ("conditionals", format!("int x[{}1{}];", "1?".repeat(n), ":1".repeat(n))),
        ("casts", format!("int x[{}1];", "(int)".repeat(n))),
        ("sizeofs", format!("int x[{}1];", "sizeof ".repeat(n))),
        ("dimensions", format!("int x{};", "[1]".repeat(n))),
        ("calls", "a(b)(c)(d);".repeat(n / 10)),
        ("functions", format!("int f{};", "(int)".repeat(n))),
        ("words", "a b c d e f ".repeat(n / 10)),
        ("unknown types", (0..n / 2).map(|i| format!("unseen f{i}(int);\n")).collect()),
        ("unknown types in one line", (0..n / 2).map(|i| format!("unseen f{i}(int);")).collect()),
        ("semicolons", ";".repeat(n)),
        ("attributes", format!("int f(int) {};", "__attribute__((aligned(8)))".repeat(n / 10))),
        ("atomic", format!("{} int f(int);", "_Atomic ".repeat(8 * n))),
        ("quotes in a directive", format!("#warning {}\nint f(int);", "\"\\".repeat(n))),
        ("continuations", format!("int {}f(int); // {}", "\\\n".repeat(n), "\\  \n".repeat(n))),
        ("stars in a comment", format!("/*{}*/ int f(int);", "*\\\n".repeat(n))),
        ("macros", (0..n / 10).map(|i| format!("#define A{} A{i}\n", i + 1)).collect::<String>() + "int x[A2999];"),
        ("one macro", "#define A 1\nint x[A];\n".repeat(n / 100) + &"typedef int t[A];".repeat(n / 10)),
        (
            "doubled macros",
            (0..60).map(|i| format!("#define D{} D{i} + D{i}\n", i + 1)).collect::<String>()
                + "#define D0 1\nint x[D60];",
        ),
        ("unknown types", (0..n / 4).map(|i| format!("a f{i}(b);\n")).collect::<String>()),
        ("unknown types in a line", (0..n / 4).map(|i| format!("a f{i}(b);")).collect::<String>()),
        ("pushes", "#pragma pack(push, 1)\n".repeat(n / 10)),
        ("enumerators", format!("enum {{ {} }};", (0..n).map(|i| format!("E{i}")).collect::<Vec<_>>().join(","))),
        ("doubled structs", format!("struct s0 {{ int a; }}; {doubled} void f(struct s59);")),
        ("chained structs", format!("struct s0 {{ int a; }}; {chained} void f(struct s5999);")),
        ("chained arrays", format!("typedef int a0; {arrays} struct s {{ a5999 a; }}; void f(struct s);")),
        ("many large structs", format!("struct s0 {{ char a; }}; {doubled} {wide}")),
        ("giant array", "struct s { char a[4294967295][4294967295][4294967295]; }; void f(struct s);".into()),
        ("garbage", garbage),
        ("brackets of garbage", "int x[ a b ( c d { e f } g ) h ] ; ".repeat(n / 50)),
        ("too long", " ".repeat(10 << 20)),
    ] {
        let answer = answer(name, text);
        if let Err(message) = &answer {
            assert!(message.len() < 500, "{name}: {message}");
        }
    }
}

/// The number of declarations in a text, or its error.
///
/// The limit of time is there to name a text that never ends, and far above what the slowest machine takes.
fn answer(name: &str, text: String) -> Result<usize, String> {
    let (sender, answer) = mpsc::channel();
    // A stack smaller than any thread's default shows that nothing recurses far.
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let reader = thread.spawn(move || {
        let answer = Declarations::from_c(&text).map(|read| read.len()).map_err(|error| error.to_string());
        sender.send(answer)
    });
    let answer = answer.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|error| panic!("{name}: {error}"));
    reader.unwrap().join().unwrap().unwrap();
    answer
}

/// Messages quote a short part of the text, without control characters.
#[test]
fn messages_are_short() {
    let long = "x".repeat(100_000);
    for text in [
        format!("int {long}; int {long}(int);"),
        format!("struct {long}; union {long};"),
        format!("int f(struct {long});"),
        format!("struct {long} {{ struct {long} a; }}; int f(struct {long});"),
        format!("struct s {{ int {long}[]; int {long}; }}; int f(struct s);"),
        format!("struct s {{ void {long}; }}; int f(struct s);"),
        format!("struct s {{ int {long}; int {long}; }}; int f(struct s);"),
        format!("int f(int a __attribute__((mode({long}))));"),
        format!("int f(struct unseen {long});"),
        format!("int f({long});"),
        format!("int f(unsigned {} float a);", "signed ".repeat(10_000)),
        format!("#define {long} g\nint {long}(int);"),
        format!("#define {long}(x) g\nint {long}(int);"),
        format!("struct s {{ char a[{long}]; }}; int f(struct s);"),
        format!("struct s {{ char a[{long}(1)]; }}; int f(struct s);"),
        format!("struct s {{ char a[0{long}]; }}; int f(struct s);"),
        format!("struct s {{ char a[\"{long}\"]; }}; int f(struct s);"),
        format!("#pragma pack({long})\nint f(int);"),
        format!("struct s {{ struct s {{ char a; char b[{long}]; }} c; }}; int f(struct s);"),
        "struct s { char a[f(\u{7}\u{1b})]; }; int f(struct s);".into(),
        "struct s { char a['\u{7}\u{1b}\u{7}\u{7}\u{7}']; }; int f(struct s);".into(),
    ] {
        let shown = error(&text);
        assert!(shown.len() < 300 && !shown.contains(char::is_control), "{shown}");
    }
}

#[test]
fn large_headers_are_read() {
    let header: String = (0..5_000)
        .map(|i| {
            format!(
                "struct s{i} {{ int first_member; double b[{i}]; const char *some_other_name; unsigned long flags; }};\n\
                 int function_{i}(struct s{i} *p, const char *name, unsigned long n, double (*callback)(int));\n"
            )
        })
        .collect();
    assert!(header.len() > 900_000);
    assert_eq!(answer("header", header), Ok(5_000));
}
