//! C compilers and the shared objects they make.

use std::ffi::{c_int, c_void};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use hotcall_jit::CCompiler;
use libloading::Library;

use crate::case::{Case, Wrong};

#[path = "../../../jit/tests/support/fixture_flags.rs"]
mod fixture_flags;

use fixture_flags::fixture_flags;

/// A C compiler that runs here.
#[derive(Clone, Debug)]
pub struct Compiler {
    command: String,
    vendor: CCompiler,
}

/// A compiler or the loader failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum CompilerError {
    #[error("{command} does not run: {source}")]
    Run { command: String, source: io::Error },
    #[error("{command} fails:\n{output}")]
    Fails { command: String, output: String },
    #[error("a file cannot be written: {0}")]
    Write(#[source] io::Error),
    #[error("the shared object cannot be loaded: {0}")]
    Load(#[source] libloading::Error),
}

impl Compiler {
    /// The compiler of this command, if it runs.
    ///
    /// # Errors
    ///
    /// The command does not run.
    pub fn find(command: &str) -> Result<Self, CompilerError> {
        let output = Command::new(command).arg("--version").output();
        let output = output.map_err(|source| CompilerError::Run { command: command.to_owned(), source })?;
        let clang = String::from_utf8_lossy(&output.stdout).contains("clang");
        Ok(Self { command: command.to_owned(), vendor: if clang { CCompiler::Clang } else { CCompiler::Gcc } })
    }

    /// The command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The compiler's vendor.
    pub const fn vendor(&self) -> CCompiler {
        self.vendor
    }

    /// Compiles a file into a shared object and loads it.
    ///
    /// # Errors
    ///
    /// See [`CompilerError`].
    pub fn build(&self, text: &str, level: &str) -> Result<Loaded, CompilerError> {
        let files = Files::new().map_err(CompilerError::Write)?;
        let object = files.0.join("functions.so");
        self.compile(text, level, &object)?;
        // SAFETY: the library was compiled here and does not have initialisers.
        let library = unsafe { Library::new(&object) }.map_err(CompilerError::Load)?;
        Ok(Loaded { library, compiler: self.command.clone(), vendor: self.vendor })
    }

    /// Compiles a file into a shared object at this path. The text is written beside it.
    ///
    /// `$HOTCALL_FIXTURE_FLAGS` holds further flags for the compiler.
    ///
    /// # Errors
    ///
    /// See [`CompilerError`].
    pub fn compile(&self, text: &str, level: &str, object: &Path) -> Result<(), CompilerError> {
        let source = object.with_extension("c");
        std::fs::write(&source, text).map_err(CompilerError::Write)?;
        let output = Command::new(&self.command)
            .args(["-std=gnu17", "-w", "-fPIC", "-shared", level])
            .args(fixture_flags())
            .arg("-o")
            .args([object, &source])
            .stdin(Stdio::null())
            .output()
            .map_err(|source| CompilerError::Run { command: self.command.clone(), source })?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(CompilerError::Fails { command: self.command.clone(), output });
        }
        Ok(())
    }
}

/// A directory of its own, removed on drop.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Makes the directory.
    ///
    /// # Errors
    ///
    /// The system's temporary directory cannot be written to.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hotcall-oracle-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // A failure does no harm: the object is mapped, and the system clears its temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The functions of a file, compiled and loaded.
#[derive(Debug)]
pub struct Loaded {
    library: Library,
    compiler: String,
    vendor: CCompiler,
}

impl Loaded {
    /// The compiler's command.
    pub fn compiler(&self) -> &str {
        &self.compiler
    }

    /// The compiler's vendor.
    pub const fn vendor(&self) -> CCompiler {
        self.vendor
    }

    fn address(&self, name: &str) -> *mut c_void {
        // SAFETY: the type fits any symbol.
        let symbol = unsafe { self.library.get::<*mut c_void>(name.as_bytes()) };
        *symbol.unwrap_or_else(|error| panic!("the generated file defines {name}: {error}"))
    }

    /// Callee number `index`.
    pub fn function(&self, index: usize) -> *const c_void {
        self.address(&format!("callee_{index}"))
    }

    /// The first `count` facts of function `index`: for each aggregate its size, alignment and the offsets of its leaves.
    pub fn facts(&self, index: usize, count: usize) -> Vec<u32> {
        let facts = self.address(&format!("facts_{index}")).cast::<u32>();
        // SAFETY: the generator wrote `count` facts and one more.
        unsafe { std::slice::from_raw_parts(facts, count) }.to_vec()
    }

    /// Makes one call. Meanwhile callees record their arguments in `log` and answer as the case says.
    ///
    /// # Errors
    ///
    /// The errors of `call`, and [`Wrong::Calls`].
    pub fn recording<T>(
        &self,
        case: &Case,
        log: &mut [u8],
        call: impl FnOnce() -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        let calls = self.address("oracle_calls").cast::<usize>();
        // SAFETY: the generated file defines these variables with these types. Nothing else uses the library at the
        // same time.
        unsafe {
            *self.address("oracle_log").cast::<*mut u8>() = log.as_mut_ptr();
            *self.address("oracle_result").cast::<*const u8>() = case.answer.as_ptr();
            *self.address("oracle_errno").cast::<c_int>() = case.errno.unwrap_or(0);
            *calls = 0;
        }
        let got = call()?;
        // SAFETY: the generated file defines the variable with this type. Nothing else uses the library at the same
        // time.
        match unsafe { *calls } {
            1 => Ok(got),
            times => Err(Wrong::Calls { times }),
        }
    }

    /// Makes this compiler's caller number `index` call `target`, and returns the result's bytes.
    ///
    /// # Safety
    ///
    /// * `target` is a function of the case's signature.
    /// * The case's signature is that of number `index`.
    pub unsafe fn call(&self, index: usize, case: &Case, target: *const c_void) -> Vec<u8> {
        type Caller = unsafe extern "C" fn(*const c_void, *const *const u8, *mut u8);
        let caller = self.address(&format!("caller_{index}"));
        // SAFETY: the generated callers have this type.
        let caller = unsafe { std::mem::transmute::<*mut c_void, Caller>(caller) };
        let args: Vec<_> = case.args.iter().map(Vec::as_ptr).collect();
        let mut result = vec![0; case.answer.len()];
        // SAFETY: there is an argument of its size for each parameter, and room for the result. The caller promises
        // that the target has the signature.
        unsafe { caller(target, args.as_ptr(), result.as_mut_ptr()) };
        result
    }
}
