//! The C and C++ compilers of the system.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

/// A compiler that makes shared objects.
#[derive(Clone, Hash, Debug)]
pub struct Compiler {
    command: String,
    /// The extension of its source files.
    extension: &'static str,
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
    /// The C compiler with this command: a program and its first arguments.
    pub fn new(command: &str) -> Self {
        Self { command: command.to_owned(), extension: "c" }
    }

    /// The C compiler: `$CC`, or `cc`.
    pub fn c() -> Self {
        Self { command: variable("CC", "cc"), extension: "c" }
    }

    /// The C++ compiler: `$CXX`, or `c++`.
    pub fn cxx() -> Self {
        Self { command: variable("CXX", "c++"), extension: "cpp" }
    }

    /// The command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Returns what the compiler prints with these arguments.
    ///
    /// # Errors
    ///
    /// [`CompilerError::Run`], [`CompilerError::Fails`].
    pub fn printed(&self, arguments: &[&str]) -> Result<String, CompilerError> {
        let output = self.run(|command| _ = command.args(arguments))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Returns the text of a header after preprocessing with these flags.
    ///
    /// # Errors
    ///
    /// [`CompilerError::Run`]; [`CompilerError::Fails`] if the header is not installed.
    pub fn preprocessed(&self, flags: &[&str], header: &str) -> Result<String, CompilerError> {
        self.printed(&[&["-E", "-P", "-x", "c", "/dev/null"], flags, &["-include", header]].concat())
    }

    /// Returns the compiler if it runs. Under `CI` it must.
    pub fn if_present(self) -> Option<Self> {
        match self.printed(&["--version"]) {
            Ok(_) => Some(self),
            Err(missing) => {
                assert!(env::var_os("CI").is_none(), "{missing}");
                eprintln!("skipped: {missing}");
                None
            }
        }
    }

    /// Compiles a file to a shared object, with these flags and those of `$HOTCALL_FIXTURE_FLAGS`.
    ///
    /// Programs that run under a sanitizer need fixtures compiled with the same one: it does not see other code's accesses.
    /// `.ci/sanitize` sets `-fsanitize=address` or `-fsanitize=thread`, and `$CC` and `$CXX` to the compilers that know them.
    ///
    /// # Errors
    ///
    /// [`CompilerError::Run`], [`CompilerError::Fails`].
    pub fn compile(&self, flags: &[&str], source: &Path, object: &Path) -> Result<(), CompilerError> {
        let more = fixture_flags();
        let arguments = |command: &mut Command| {
            command.args(["-shared", "-fPIC"]).args(flags).args(more.split_whitespace());
            command.arg("-o").args([object, source]);
        };
        self.run(arguments).map(drop)
    }

    /// Returns the path of the shared object of this text.
    ///
    /// It is named after its content: tests, threads and runs that want the same one share it.
    ///
    /// # Errors
    ///
    /// See [`CompilerError`].
    pub fn shared_object(&self, flags: &[&str], text: &str) -> Result<PathBuf, CompilerError> {
        let mut hasher = DefaultHasher::new();
        (self, flags, fixture_flags(), text).hash(&mut hasher);
        let directory = directory();
        let object = directory.join(format!("{:016x}.so", hasher.finish()));
        if object.exists() {
            return Ok(object);
        }
        // Another thread or process may compile the same text now. Each has files of its own, and the last one stays.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let own = format!("{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (source, made) = (directory.join(&own).with_extension(self.extension), directory.join(own + ".so"));
        fs::create_dir_all(&directory).and_then(|()| fs::write(&source, text)).map_err(CompilerError::Write)?;
        self.compile(flags, &source, &made)?;
        fs::remove_file(&source).and_then(|()| fs::rename(&made, &object)).map_err(CompilerError::Write)?;
        Ok(object)
    }

    fn run(&self, arguments: impl FnOnce(&mut Command)) -> Result<Output, CompilerError> {
        let mut words = self.command.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        arguments(&mut command);
        let run = |source| CompilerError::Run { command: self.command.clone(), source };
        let output = command.output().map_err(run)?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(CompilerError::Fails { command: self.command.clone(), output });
        }
        Ok(output)
    }
}

/// The command that a variable has, unless it is empty.
fn variable(name: &str, default: &str) -> String {
    env::var(name).ok().filter(|command| !command.trim().is_empty()).unwrap_or_else(|| default.to_owned())
}

fn fixture_flags() -> String {
    env::var("HOTCALL_FIXTURE_FLAGS").unwrap_or_default()
}

/// The directory of compiled fixtures. Cargo builds tests and benchmarks in a directory beside it.
fn directory() -> PathBuf {
    let program = env::current_exe().expect("the program knows its path");
    program.ancestors().nth(2).expect("cargo builds in directories").join("fixtures")
}
