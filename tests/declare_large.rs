//! Large texts made of one construct each take memory and time in proportion to their length.
//!
//! Memory is counted. Time is not, because it depends on the machine: the ignored test prints it for texts of 10 MB.
//!
//! A program of its own, because its allocator counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hotcall::declare::Declarations;

/// The system's allocator, which counts.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The bytes of all allocations so far: repeated work shows here.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Writes the piece of this number.
type Piece = fn(&mut String, usize);

/// Repeats a construct: the text before all pieces, each piece, and the text after all.
struct Construct {
    name: &'static str,
    front: &'static str,
    piece: Piece,
    back: &'static str,
}

impl Construct {
    const fn new(name: &'static str, piece: Piece) -> Self {
        Self { name, front: "", piece, back: "" }
    }

    const fn within(name: &'static str, front: &'static str, piece: Piece, back: &'static str) -> Self {
        Self { name, front, piece, back }
    }

    fn text(&self, len: usize) -> String {
        let mut text = String::with_capacity(len + 1024);
        text.push_str(self.front);
        for number in 0.. {
            if text.len() + self.back.len() >= len {
                break;
            }
            (self.piece)(&mut text, number);
        }
        text.push_str(self.back);
        text
    }
}

macro_rules! piece {
    ($format:literal) => {
        |text, number| {
            let _ = number;
            write!(text, $format, n = number).unwrap();
        }
    };
}

macro_rules! fixed {
    ($text:literal) => {
        |text, _| text.push_str($text)
    };
}

/// All that headers are made of, and texts that no compiler would accept.
const CONSTRUCTS: &[Construct] = &[
    Construct::new("functions", piece!("int f{n}(int a, const char *b, double);\n")),
    Construct::new("one function again", fixed!("int same(int a, unsigned long);\n")),
    Construct::new("definitions", piece!("static inline int f{n}(int a) {{ if (a) {{ return a; }} return 0; }}\n")),
    Construct::new("variables", piece!("extern const int v{n}[4];\n")),
    Construct::new("initialised variables", piece!("static const int v{n}[] = {{ 1, 2, {n} }};\n")),
    Construct::new("structs", piece!("struct s{n} {{ int a; double b; char c[{n}]; }};\n")),
    Construct::new("struct results", piece!("struct s{n} {{ int a, b; }}; struct s{n} f{n}(struct s{n});\n")),
    Construct::new("unions", piece!("union u{n} {{ int a; double b; }};\n")),
    Construct::new("structs within structs", piece!("struct s{n} {{ struct {{ int a; union {{ int b; }}; }} c; }};\n")),
    Construct::new("pointers to the struct before", |text, number| {
        writeln!(text, "struct s{number} {{ struct s{} *before; }};", number.saturating_sub(1)).unwrap();
    }),
    Construct::new("incomplete structs", piece!("struct s{n};\n")),
    Construct::new("bit-fields", piece!("struct s{n} {{ unsigned a : 3, b : 5; int : 0; }};\n")),
    Construct::within("members", "struct s {", piece!("int m{n};\n"), "};"),
    Construct::within("members of one line", "struct s { int first", piece!(", m{n}"), "; };"),
    Construct::within("anonymous members", "struct s {", piece!("union {{ int m{n}; float f{n}; }};\n"), "};"),
    Construct::new("enumerations", piece!("enum e{n} {{ A{n}, B{n} = {n} }};\n")),
    Construct::within("enumerators", "enum e {", piece!("E{n},\n"), "};"),
    Construct::within(
        "enumerators by the one before",
        "enum e { E",
        |text, number| {
            let before = number.checked_sub(1).map_or("E".to_owned(), |before| format!("E{before}"));
            write!(text, ", E{number} = {before} + 1").unwrap();
        },
        "};",
    ),
    Construct::new("typedefs", piece!("typedef unsigned long t{n};\n")),
    Construct::within(
        "typedefs by the one before",
        "typedef int t;\n",
        |text, number| {
            let before = number.checked_sub(1).map_or("t".to_owned(), |before| format!("t{before}"));
            writeln!(text, "typedef {before} t{number};").unwrap();
        },
        "",
    ),
    Construct::within(
        "function pointers by the one before",
        "typedef int t;\n",
        |text, number| {
            let before = number.checked_sub(1).map_or("t".to_owned(), |before| format!("t{before}"));
            writeln!(text, "typedef void (*t{number})({before}, {before});").unwrap();
        },
        "",
    ),
    Construct::within(
        "structs of the two before",
        "struct s0 { char c; };\nstruct s1 { char c; };\n",
        |text, number| {
            writeln!(text, "struct s{} {{ struct s{} a; struct s{number} *b; }};", number + 2, number + 1).unwrap();
        },
        "",
    ),
    Construct::new("function pointers", piece!("typedef int (*t{n})(int, void (*)(void *), char **);\n")),
    Construct::new("declarators", piece!("int (*(*f{n})(int))[3];\n")),
    Construct::within("many declarators", "typedef int *first", piece!(", *t{n}"), ";"),
    Construct::within("parameters", "int f(int first", piece!(", int p{n}"), ");"),
    Construct::within("parameters that refer", "int f(int first", piece!(", char p{n}[first]"), ");"),
    Construct::within("pointers", "int ", fixed!("*"), "f(void);"),
    Construct::within("parentheses", "int ", fixed!("("), "f"),
    Construct::within("brackets", "int f", fixed!("[2]"), ";"),
    Construct::within("braces", "struct s ", fixed!("{ struct "), ""),
    Construct::within("a sum", "int f[1", fixed!("+1"), "];"),
    Construct::within("a nested sum", "int f[", fixed!("(1+"), "];"),
    Construct::within("a conditional", "int f[1", fixed!(" ? 1 : 1"), "];"),
    Construct::within("signs", "int f[", fixed!("- "), "1];"),
    Construct::within("sizes", "int f[", fixed!("sizeof "), "int];"),
    Construct::within("qualifiers", "", fixed!("const "), "int f(void);"),
    Construct::within("type words", "", fixed!("long "), "f(void);"),
    Construct::within("attributes", "int f(void)", fixed!(" __attribute__((pure))"), ";"),
    Construct::within("one attribute", "int f(void) __attribute__((", fixed!("pure, "), "pure));"),
    Construct::new("alignments", piece!("struct __attribute__((packed, aligned(8))) s{n} {{ char a; int b; }};\n")),
    Construct::new("pragmas", fixed!("#pragma pack(push, 1)\n")),
    Construct::new("annotations", piece!("int f{n}(_In_reads_(count) const int *items, _In_ int count);\n")),
    Construct::new("assembler names", piece!("int f{n}(void) __asm__(\"g{n}\");\n")),
    Construct::new("assertions", fixed!("_Static_assert(sizeof(int) == 4, \"int\");\n")),
    Construct::new("linkage", piece!("extern \"C\" {{ int f{n}(void); }}\n")),
    Construct::within("nested linkage", "", fixed!("extern \"C\" { "), ""),
    Construct::new("numbers", piece!("#define M{n} {n}\n")),
    Construct::within(
        "macros by the one before",
        "#define M 1\n",
        |text, number| {
            let before = number.checked_sub(1).map_or("M".to_owned(), |before| format!("M{before}"));
            writeln!(text, "#define M{number} ({before} + 1)").unwrap();
        },
        "int f[M5];",
    ),
    Construct::within(
        "macros of the one before, twice",
        "#define M 1\n",
        |text, number| {
            let before = number.checked_sub(1).map_or("M".to_owned(), |before| format!("M{before}"));
            writeln!(text, "#define M{number} ({before} + {before})").unwrap();
        },
        "int f[M5];",
    ),
    Construct::new("strings", piece!("#define S{n} \"text \" \"{n}\"\n")),
    Construct::new("macros with parameters", piece!("#define F{n}(a, b) ((a) + (b) + {n})\n")),
    Construct::new("one macro again", piece!("#define SAME {n}\n")),
    Construct::new("macros that go", fixed!("#define SAME 1\n#undef SAME\n")),
    Construct::within("macros that are types", "#define T int\n", piece!("T f{n}(T);\n"), ""),
    Construct::new("conditions", piece!("#if {n} > 3\nint f{n}(void);\n#else\nint g{n}(void);\n#endif\n")),
    Construct::new("nested conditions", fixed!("#if 1\n")),
    Construct::new("positions", piece!("# {n} \"header.h\"\nint f{n}(void);\n")),
    Construct::new("names of files", piece!("# 1 \"header{n}.h\"\n")),
    Construct::new("comments", fixed!("/* of no use */ // at all\n")),
    Construct::within("one comment", "/*", fixed!(" words"), "*/"),
    Construct::new("comments without an end", fixed!("/*")),
    Construct::within("continued lines", "int f(void)", fixed!("\\\n"), ";"),
    Construct::new("empty lines", fixed!("\n")),
    Construct::new("semicolons", fixed!(";")),
    Construct::within("one name", "int f", fixed!("f"), "(void);"),
    Construct::within("one number", "int f[", fixed!("1"), "];"),
    Construct::within("one string", "#define S \"", fixed!("s"), "\""),
    Construct::new("strings without an end", fixed!("\"s")),
    Construct::new("unknown types", piece!("unknown{n} f{n}(unknown{n} *);\n")),
    Construct::new("unknown words", fixed!("unknown ")),
    Construct::new("closing braces", fixed!("} ")),
    Construct::new("closing parentheses", fixed!(") ")),
    Construct::new("signs of no meaning", fixed!("@ $ ` ")),
    Construct::new("conflicts of kind", piece!("typedef int t{n}; int f{n}(t{n} t{n}, int (t{n}));\n")),
    Construct::new("other targets", piece!("__int128 f{n}(long double, _Complex double);\n")),
    Construct::new("vectors", piece!("typedef float v{n} __attribute__((vector_size(16)));\n")),
];

/// The cost of reading a text.
struct Cost {
    /// The largest number of bytes at a time, beyond those before.
    peak: usize,
    /// Bytes allocated in all.
    allocated: usize,
    time: Duration,
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: there is a place for the result.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Reads the text, whether it can be read or not.
fn cost(text: &str) -> Cost {
    let (live, allocated, began) = (LIVE.load(Ordering::Relaxed), ALLOCATED.load(Ordering::Relaxed), processor_time());
    PEAK.store(live, Ordering::Relaxed);
    drop(std::hint::black_box(Declarations::from_c(text)));
    Cost {
        peak: PEAK.load(Ordering::Relaxed) - live,
        allocated: ALLOCATED.load(Ordering::Relaxed) - allocated,
        time: processor_time() - began,
    }
}

// Both in one test, because they count for the whole process.
#[test]
fn memory_is_in_proportion_to_the_text() {
    let len = 1 << 16;
    for construct in CONSTRUCTS {
        let [small, large] = [len, 4 * len].map(|len| cost(&construct.text(len)));
        // Tables double, so that one of four times the size may have eight times the room.
        let is_fair = |small: usize, large: usize| large <= 8 * small + len;
        let Cost { peak, allocated, .. } = large;
        assert!(is_fair(small.peak, peak), "{}: {} bytes, and {peak} for four times", construct.name, small.peak);
        assert!(
            is_fair(small.allocated, allocated),
            "{}: {} bytes in all, and {allocated} for four times",
            construct.name,
            small.allocated
        );
    }
}

#[test]
#[ignore = "reads two gigabytes, and prints"]
fn ten_megabytes_take_time_in_proportion() {
    let len = 10_000_000 / 4;
    for construct in CONSTRUCTS {
        let [quarter, whole] = [len, 4 * len].map(|len| cost(&construct.text(len)));
        println!(
            "{:40} {:7.1} ms, {:5.2} times that of a quarter; {:4} bytes a byte",
            construct.name,
            whole.time.as_secs_f64() * 1e3,
            whole.time.as_secs_f64() / quarter.time.as_secs_f64(),
            whole.peak / (4 * len),
        );
    }
}
