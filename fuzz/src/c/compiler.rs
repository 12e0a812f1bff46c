//! C compilers and the shared objects they make.

use std::ffi::{c_int, c_void};
use std::path::Path;

use hotcall_jit::CCompiler;
use hotcall_testing::compiler::{Compiler, CompilerError};
use hotcall_testing::files::Files;
use libloading::Library;

use crate::case::{Case, Wrong};

/// A C compiler that runs here.
#[derive(Clone, Debug)]
pub struct VendorCompiler {
    compiler: Compiler,
    vendor: CCompiler,
}

impl VendorCompiler {
    /// The compiler with its vendor, if it runs.
    ///
    /// # Errors
    ///
    /// The command does not run.
    pub fn find(compiler: Compiler) -> Result<Self, CompilerError> {
        let clang = compiler.printed(&["--version"])?.contains("clang");
        Ok(Self { compiler, vendor: if clang { CCompiler::Clang } else { CCompiler::Gcc } })
    }

    /// The command.
    pub fn command(&self) -> &str {
        self.compiler.command()
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
        let object = files.path().join("functions.so");
        self.compile(text, level, &object)?;
        // SAFETY: the library was compiled here and does not have initialisers.
        let library = unsafe { Library::new(&object) }.map_err(CompilerError::Load)?;
        Ok(Loaded { library, compiler: self.command().to_owned(), vendor: self.vendor })
    }

    /// Compiles a file into a shared object at this path. The text is written beside it.
    ///
    /// # Errors
    ///
    /// See [`CompilerError`].
    pub fn compile(&self, text: &str, level: &str, object: &Path) -> Result<(), CompilerError> {
        let source = object.with_extension("c");
        std::fs::write(&source, text).map_err(CompilerError::Write)?;
        self.compiler.compile(&["-std=gnu17", "-w", level], &source, object)
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
