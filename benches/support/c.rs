//! C code for the benchmarks: compiled when they run, loaded, and the trampolines copied into code memory.

use std::env;
use std::ffi::c_void;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use hotcall_jit::SlotsEntry;
use libloading::Library;
use memmap2::{Mmap, MmapMut};

/// The callees, and C's trampolines for them.
pub(crate) struct CCode {
    callees: Library,
    trampolines: Library,
}

impl CCode {
    /// Compiles and loads both C files.
    pub(crate) fn build() -> io::Result<Self> {
        let mut flags = vec!["-O3", "-fno-plt", "-fno-stack-protector", "-nostdlib", "-Wl,--no-undefined"];
        if cfg!(target_arch = "x86_64") {
            flags.push("-fcf-protection=none");
        }
        Ok(Self { callees: compile("callees", &["-O2"])?, trampolines: compile("trampolines", &flags)? })
    }

    /// The function that a trampoline of this shape calls.
    pub(crate) fn callee(&self, shape: &str) -> io::Result<*const c_void> {
        // SAFETY: the symbol is only taken for its address.
        let symbol = unsafe { self.callees.get::<*const c_void>(shape) };
        Ok(*symbol.map_err(io::Error::other)?)
    }

    /// A copy of C's trampoline, in code memory as compiled trampolines are.
    pub(crate) fn trampoline(&self, shape: &str) -> io::Result<Copied> {
        // SAFETY: trampolines.c defines such symbols as pairs of pointers around code.
        let code = unsafe {
            let range = self.trampolines.get::<*const [*const u8; 2]>(format!("{shape}_range"));
            let [start, end] = **range.map_err(io::Error::other)?;
            std::slice::from_raw_parts(start, end.offset_from_unsigned(start))
        };
        let mut page = MmapMut::map_anon(code.len())?;
        page.copy_from_slice(code);
        Ok(Copied(page.make_exec()?))
    }
}

/// A copied trampoline: its code.
pub(crate) struct Copied(pub(crate) Mmap);

impl Copied {
    pub(crate) fn entry(&self) -> SlotsEntry {
        // SAFETY: every function in trampolines.c is of this type.
        unsafe { std::mem::transmute::<*const u8, SlotsEntry>(self.0.as_ptr()) }
    }
}

/// Compiles one of the C files beside this one into a shared object, and loads it.
fn compile(name: &str, flags: &[&str]) -> io::Result<Library> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support").join(name).with_extension("c");
    let object = Temporary(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.so", process::id())));
    let compiler = env::var("CC").ok().filter(|cc| !cc.trim().is_empty()).unwrap_or_else(|| "cc".into());
    let mut words = compiler.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words).args(["-shared", "-fPIC"]).args(flags).arg("-o").arg(&object.0).arg(&source);
    let status = command.status().map_err(|error| {
        io::Error::new(error.kind(), format!("the benchmarks need a C compiler: cannot run `{compiler}` ({error})"))
    })?;
    if !status.success() {
        return Err(io::Error::other(format!("`{compiler}` cannot compile {}: {status}", source.display())));
    }
    // SAFETY: the library has no initialisers.
    unsafe { Library::new(&object.0) }.map_err(io::Error::other)
}

/// A file that is removed when it has been used.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that stays behind does no harm.
        fs::remove_file(&self.0).ok();
    }
}
