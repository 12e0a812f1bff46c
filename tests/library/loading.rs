//! Loading libraries as systems and builds lay them out: through links, from memory, with initialisers that change how the
//! thread calculates, and files that are not libraries.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotcall::{
    ElfType, FileFormat, FloatEnvironment, Library, LibraryError, OpenFlags, Resolved, Signature, Type, resolve,
};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::{shared_object, shared_object_with};

/// An empty directory of one test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loading").join(name);
    fs::remove_dir_all(&path).ok();
    fs::create_dir_all(&path).unwrap();
    path.canonicalize().unwrap()
}

fn open(path: impl AsRef<Path>) -> Result<Library, LibraryError> {
    // SAFETY: the fixtures' initialisers write to the control registers alone, which some tests are about.
    unsafe { Library::open(path.as_ref()) }
}

fn call_int(library: &Library, name: &str) -> i32 {
    let function = library.function(name, &Signature::new([], Type::I32).unwrap()).unwrap();
    // SAFETY: the fixtures' functions have this signature.
    unsafe { function.call_slots(&[]) }.unwrap().as_i32()
}

/// Builds lay out libraries as links to files of a store, each of which is alone there.
#[test]
fn a_library_behind_links_finds_its_neighbours() {
    let directory = directory("neighbours");
    for path in ["store/a", "store/b", "run/lib"] {
        fs::create_dir_all(directory.join(path)).unwrap();
    }
    let neighbour = shared_object_with(
        &Compiler::c(),
        &["-Wl,-soname,libhotcall_neighbour.so"],
        "int neighbours_answer(void) { return 42; }",
    );
    fs::copy(neighbour, directory.join("store/b/libhotcall_neighbour.so")).unwrap();
    let link = format!("-L{}", directory.join("store/b").display());
    let user = shared_object_with(
        &Compiler::c(),
        &[&link, "-Wl,--no-as-needed", "-lhotcall_neighbour", "-Wl,-rpath,$ORIGIN", "-Wl,--enable-new-dtags"],
        "int neighbours_answer(void); int answer(void) { return neighbours_answer(); }",
    );
    fs::copy(user, directory.join("store/a/libuser.so")).unwrap();
    symlink("../../store/a/libuser.so", directory.join("run/lib/libuser.so")).unwrap();
    symlink("../../store/b/libhotcall_neighbour.so", directory.join("run/lib/libhotcall_neighbour.so")).unwrap();
    symlink("run", directory.join("current")).unwrap();
    for path in ["run/lib/libuser.so", "current/lib/libuser.so", "store/../run/lib/libuser.so"] {
        let library = open(directory.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(call_int(&library, "answer"), 42, "{path}");
        let Resolved::Path(found) = library.resolved() else { panic!("{path}") };
        assert_eq!(found.canonical(), Some(&*directory.join("store/a/libuser.so")), "{path}");
    }
    // In the store it does not have neighbours.
    let error = open(directory.join("store/a/libuser.so")).unwrap_err();
    assert!(error.to_string().contains("libhotcall_neighbour.so"), "{error}");
}

#[test]
fn libraries_without_a_path_are_opened() {
    let object = shared_object("int in_memory(void) { return 7; }");
    // SAFETY: the name is a C string, and the descriptor belongs to nothing else.
    let mut memory = unsafe { File::from_raw_fd(libc::memfd_create(c"library".as_ptr(), libc::MFD_CLOEXEC)) };
    memory.write_all(&fs::read(&object).unwrap()).unwrap();
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    let Resolved::Path(found) = resolve(&path).unwrap() else { panic!("{path}") };
    assert_eq!((found.given(), found.canonical()), (Path::new(&path), None));
    assert_eq!(call_int(&open(&path).unwrap(), "in_memory"), 7);

    let directory = directory("deleted");
    let file = directory.join("deleted.so");
    fs::copy(shared_object("int deleted(void) { return 8; }"), &file).unwrap();
    let open_file = File::open(&file).unwrap();
    fs::remove_file(&file).unwrap();
    // This is the path that the link in /proc shows, and it is another file.
    fs::write(directory.join("deleted.so (deleted)"), "").unwrap();
    let path = format!("/dev/fd/{}", open_file.as_raw_fd());
    let Resolved::Path(found) = resolve(&path).unwrap() else { panic!("{path}") };
    assert_eq!(found.canonical(), None);
    assert_eq!(call_int(&open(&path).unwrap(), "deleted"), 8);
}

/// Sets FTZ, DAZ and another precision of the x87 unit, as `crtfastmath.o` and old libraries do.
#[cfg(target_arch = "x86_64")]
const FAST: &str = r#"
static void set(void) {
    unsigned mxcsr; unsigned short x87;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    mxcsr |= 0x8040 | 0x2000;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    x87 &= ~0x300;
    __asm__ volatile("fldcw %0" : : "m"(x87));
}
"#;

#[cfg(target_arch = "x86_64")]
fn control() -> (u32, u16) {
    let (mut mxcsr, mut x87) = (0_u32, 0_u16);
    // SAFETY: these store the registers to variables of their sizes.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr);
        std::arch::asm!("fnstcw [{}]", in(reg) &raw mut x87);
    }
    (mxcsr & !0x3f, x87)
}

#[test]
#[cfg(target_arch = "x86_64")]
fn initialisers_do_not_change_how_the_thread_calculates() {
    let same = "float same(float x) { return x; }";
    let source = format!("{FAST} {same} __attribute__((constructor)) static void begin(void) {{ set(); }}");
    // GCC before 13 links `crtfastmath.o` to the other one.
    for object in [shared_object(&source), shared_object_with(&Compiler::c(), &["-ffast-math"], same)] {
        let before = control();
        let library = open(object).unwrap();
        assert_eq!(control(), before);
        let same = library.function("same", &Signature::new([Type::F32], Type::F32).unwrap()).unwrap();
        // SAFETY: this is its signature.
        assert_eq!(unsafe { same.call_slots(&[1e-40_f32.into()]) }.unwrap().as_f32(), 1e-40);
    }
}

#[test]
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn resolvers_and_finalisers_do_not_change_how_the_thread_calculates() {
    let source = format!(
        "{FAST} static int one(void) {{ return 1; }}
         static int (*choose(void))(void) {{ set(); return one; }}
         int chosen(void) __attribute__((ifunc(\"choose\")));
         __attribute__((destructor)) static void end(void) {{ set(); }}"
    );
    let before = control();
    let library = open(shared_object(&source)).unwrap();
    assert_eq!(call_int(&library, "chosen"), 1);
    assert_eq!(control(), before);
    library.close();
    assert_eq!(control(), before);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn an_option_keeps_what_the_library_sets() {
    let source = format!("{FAST} __attribute__((constructor)) static void kept(void) {{ set(); }}");
    let object = shared_object(&source);
    // On a thread of its own, because each thread has its own registers.
    std::thread::spawn(move || {
        let before = control();
        let flags = OpenFlags::new().float_environment(FloatEnvironment::Keep);
        // SAFETY: the initialiser sets control bits of this thread alone.
        let library = unsafe { Library::open_with(&object, flags) }.unwrap();
        assert_eq!(control(), (before.0 | 0xa040, before.1 & !0x300));
        drop(library);
    })
    .join()
    .unwrap();
}

/// The sticky flags are not control bits: they record exceptions.
#[test]
#[cfg(target_arch = "x86_64")]
fn flags_of_exceptions_stay() {
    let source = "__attribute__((constructor)) static void divide(void) {
        volatile float zero = 0; volatile float x = 1 / zero; (void)x; unsigned m;
        __asm__ volatile(\"stmxcsr %0\" : \"=m\"(m)); m |= 0x8000; __asm__ volatile(\"ldmxcsr %0\" : : \"m\"(m)); }";
    let object = shared_object(source);
    std::thread::spawn(move || {
        let before = control();
        let library = open(&object).unwrap();
        let mut mxcsr = 0_u32;
        // SAFETY: this stores the register.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr) };
        assert_eq!((control(), mxcsr & 4), (before, 4));
        drop(library);
    })
    .join()
    .unwrap();
}

/// The format that the error names.
#[track_caller]
fn format_of(file: &Path) -> FileFormat {
    let error = open(file).unwrap_err();
    let LibraryError::NotALibrary { library: Resolved::Path(path), file: named, format, message } = error else {
        panic!("{error}")
    };
    assert_eq!((path.given(), &*named), (file, file));
    assert!(!message.is_empty());
    format
}

#[test]
fn files_that_are_not_libraries_are_named() {
    let directory = directory("formats");
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let script = |libraries: &[&str]| FileFormat::LinkerScript {
        libraries: libraries.iter().map(|&name| name.into()).collect(),
    };
    for (text, expected) in [
        (
            "/* GNU ld script */ OUTPUT_FORMAT(elf64-x86-64)\nGROUP ( /lib/libm.so.6  AS_NEEDED ( /lib/libmvec.so.1 ) )",
            script(&["/lib/libm.so.6"]),
        ),
        ("GROUP(/lib/libc.so.6 /usr/lib/libc_nonshared.a AS_NEEDED(/lib64/ld.so.2))", script(&["/lib/libc.so.6"])),
        ("INPUT(libncurses.so.6 -ltinfo)", script(&["libncurses.so.6", "-ltinfo"])),
        ("INPUT(AS_NEEDED(liba.so))\n/* INPUT(libb.so)", script(&["liba.so"])),
        ("INPUT ( \"a.so\", b.so ) ;", script(&["a.so", "b.so"])),
        ("GROUP()", script(&[])),
    ] {
        assert_eq!(format_of(&write("script.so", text.as_bytes())), expected, "{text}");
    }
    let message =
        open(write("many.so", format!("INPUT({})", "a.so ".repeat(10_000)).as_bytes())).unwrap_err().to_string();
    assert!(message.contains(" refers to a.so, a.so, ") && message.contains(" a.so and 9992 others, not"), "{message}");

    let elf = fs::read(shared_object("int f(void) { return 1; }")).unwrap();
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = elf.clone();
        changes.iter().for_each(|&(at, byte)| bytes[at] = byte);
        bytes
    };
    let foreign = |bits, machine| FileFormat::ForeignElf { bits, machine };
    let other = if cfg!(target_arch = "x86_64") { 183 } else { 62 };
    for (name, bytes, expected, text) in [
        ("empty.so", vec![], FileFormat::Empty, "an empty file"),
        ("archive.so", b"!<arch>\nmore".to_vec(), FileFormat::Archive, "an archive of object files"),
        ("thin.so", b"!<thin>\nmore".to_vec(), FileFormat::Archive, "an archive of object files"),
        ("object.so", with(&[(16, 1)]), FileFormat::Elf(ElfType::Object), "an object file"),
        ("program.so", with(&[(16, 2)]), FileFormat::Elf(ElfType::Program), "a program"),
        ("core.so", with(&[(16, 4)]), FileFormat::Elf(ElfType::Core), "a core dump"),
        ("machine.so", with(&[(18, other), (19, 0)]), foreign(64, other.into()), "a 64-bit ELF file for "),
        ("unknown.so", with(&[(18, 0xcd), (19, 0xab)]), foreign(64, 0xabcd), "a 64-bit ELF file for machine 43981"),
        ("big.so", with(&[(5, 2), (18, 0), (19, 22)]), foreign(64, 22), "a 64-bit ELF file for S/390"),
        ("x86.so", with(&[(4, 1), (18, 3), (19, 0)]), foreign(32, 3), "a 32-bit ELF file for x86"),
        ("short.so", elf[..40].to_vec(), FileFormat::TruncatedElf, "an ELF file that ends within its header"),
        ("shorter.so", elf[..4].to_vec(), FileFormat::TruncatedElf, "an ELF file that ends within its header"),
        ("windows.dll", b"MZ\x90\0".to_vec(), FileFormat::Pe, "a file for Windows (PE)"),
        ("mac.dylib", b"\xcf\xfa\xed\xfe\x07\0\0\x01".to_vec(), FileFormat::MachO, "a file for macOS or iOS (Mach-O)"),
        ("fat.dylib", b"\xca\xfe\xba\xbe\0\0\0\x02".to_vec(), FileFormat::MachO, "a file for macOS or iOS (Mach-O)"),
    ] {
        let file = write(name, &bytes);
        assert_eq!(format_of(&file), expected, "{name}");
        let message = open(&file).unwrap_err().to_string();
        let begin = format!("cannot load library {0}: {0} is {text}", file.display());
        assert!(
            message.starts_with(&begin) && message.contains(", not a shared library for this machine ("),
            "{message}"
        );
    }

    // Unknown formats are left to the loader's words: text, binary data, a class of Java, a script with too many brackets.
    for bytes in [&b"#!/bin/sh\n"[..], b"GROUP", b"GROUP ) (", b"\xff\xfe\xfd", b"\xca\xfe\xba\xbe\0\0\0\x34"] {
        let error = open(write("other.so", bytes)).unwrap_err();
        assert!(matches!(error, LibraryError::Load { .. }), "{error}");
    }
}

/// The system's linker script is named where the loader finds it, and where another library needs it.
#[test]
fn files_that_the_loader_finds_are_named_too() {
    let directory = directory("found");
    fs::write(directory.join("libhotcall_script.so"), "INPUT(libreal.so.1)").unwrap();
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["--exact", "loading::a_bare_name_opens_a_script", "--ignored", "--nocapture"])
        .env("LD_LIBRARY_PATH", &directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let script = directory.join("libhotcall_script.so");
    let expected = format!(
        "cannot load library libhotcall_script.so: {} is a linker script that refers to libreal.so.1, not a shared library",
        script.display()
    );
    assert!(said.contains(&expected), "{said}");

    let real =
        shared_object_with(&Compiler::c(), &["-Wl,-soname,libhotcall_script.so"], "int real(void) { return 1; }");
    let real_path = format!("-Wl,--no-as-needed,{}", real.display());
    let rpath = format!("-Wl,-rpath,{}", directory.display());
    let user = shared_object_with(&Compiler::c(), &[&real_path, &rpath], "int user(void) { return 1; }");
    let error = open(&user).unwrap_err();
    let LibraryError::NotALibrary { library: Resolved::Path(path), file, format, .. } = error else {
        panic!("{error}")
    };
    assert!(matches!(format, FileFormat::LinkerScript { .. }), "{format}");
    assert_eq!((path.given(), file), (&*user, script));
}

#[test]
#[ignore = "run by files_that_the_loader_finds_are_named_too, with a search path of its own"]
fn a_bare_name_opens_a_script() {
    println!("{}", open("libhotcall_script.so").unwrap_err());
}
