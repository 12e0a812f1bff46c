//! Libraries and callbacks that the threads share, and that any thread replaces.

use std::error::Error;
use std::ffi::c_void;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hotcall::{Callback, CallbackError, Library, LibraryError, OnPanic, Signature, Thunk, Type};
use hotcall_fuzz::c::compiler::VendorCompiler;
use hotcall_testing::compiler::Compiler;
use hotcall_testing::files::Files;
use hotcall_testing::random::Random;

/// The C functions.
const FIXTURE: &str = r"
struct mixed { long a; double b; float c; };
long first(long a) { return a; }
long apply(long (*f)(long), long x) { return f(x); }
double scale(signed char number, double by) { return number * by; }
struct mixed swap(struct mixed m, long a) { struct mixed r = { a + m.a, -m.b, m.c * 2 }; return r; }
unsigned char fill(unsigned char *bytes, unsigned long len, unsigned char byte) {
    for (unsigned long i = 0; i < len; i++) bytes[i] = byte;
    return len ? bytes[len - 1] : 0;
}
";

/// The number of copies. One is unmapped while others are in use.
const FILES: usize = 4;
const CALLBACKS: usize = 16;

pub(crate) struct World {
    /// Stays open as long as the program runs.
    pub(crate) open: Library,
    paths: Vec<PathBuf>,
    libraries: Vec<Mutex<Library>>,
    thunks: Vec<Thunk>,
    callbacks: Vec<Mutex<Arc<Callback>>>,
    /// The address of the latest local callback of any thread. C may call it after it was closed.
    pub(crate) local: AtomicPtr<c_void>,
    /// Declared last, so that the files are deleted last.
    _files: Files,
}

impl World {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let files = Files::new()?;
        let compiler = VendorCompiler::find(Compiler::c())?;
        let first = files.path().join("fixture.so");
        compiler.compile(FIXTURE, "-O1", &first)?;
        let paths: Vec<_> = (0..FILES).map(|index| files.path().join(format!("copy{index}.so"))).collect();
        paths.iter().try_for_each(|path| fs::copy(&first, path).map(|_| ()))?;
        // SAFETY: the fixture has no initialisers.
        let open = unsafe { Library::open(&first) }?;
        // SAFETY: the fixture has no initialisers, and the files are copies of it.
        let libraries = paths.iter().map(|path| unsafe { Library::open(path) }.map(Mutex::new));
        let libraries = libraries.collect::<Result<_, _>>()?;
        let mut random = Random::new(0);
        let thunks = (0..8).map(|_| Thunk::new(&long_signature(&mut random, 3)));
        let thunks = thunks.collect::<Result<Vec<_>, _>>()?;
        let callbacks = (0..CALLBACKS).map(|index| add_one(&thunks[index % thunks.len()]).map(Mutex::new));
        let callbacks = callbacks.collect::<Result<_, _>>()?;
        Ok(Self { open, paths, libraries, thunks, callbacks, local: AtomicPtr::default(), _files: files })
    }

    /// One of the libraries, which another thread may close at any time.
    pub(crate) fn library(&self, random: &mut Random) -> Library {
        self.slot(random).lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn slot(&self, random: &mut Random) -> &Mutex<Library> {
        &self.libraries[random.below(FILES as u32) as usize]
    }

    /// Opens a library again and closes the one that it replaces.
    pub(crate) fn reopen(&self, random: &mut Random) -> Result<(), LibraryError> {
        let index = random.below(FILES as u32) as usize;
        // SAFETY: the fixture has no initialisers.
        let library = unsafe { Library::open(&self.paths[index]) }?;
        let old = {
            let mut slot = self.libraries[index].lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, library)
        };
        old.close();
        Ok(())
    }

    /// One of the callbacks, which another thread may close at any time.
    pub(crate) fn callback(&self, random: &mut Random) -> Arc<Callback> {
        let index = random.below(CALLBACKS as u32) as usize;
        Arc::clone(&self.callbacks[index].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a callback and replaces another by it. The old one is closed when its last user drops it.
    pub(crate) fn replace_callback(&self, random: &mut Random) -> Result<(), CallbackError> {
        let callback = add_one(&self.thunks[random.below(self.thunks.len() as u32) as usize])?;
        let index = random.below(CALLBACKS as u32) as usize;
        let old = {
            let mut slot = self.callbacks[index].lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, callback)
        };
        drop(old);
        Ok(())
    }

    /// Publishes a local callback's address.
    pub(crate) fn publish(&self, address: *const c_void) {
        self.local.store(address.cast_mut(), Ordering::Release);
    }
}

/// A signature `(i64, …) -> i64` with random numbers as further parameters. `first` and C's `f(x)` can be called with
/// it.
pub(crate) fn long_signature(random: &mut Random, most: u32) -> Signature {
    let more = random.below(most + 1);
    let number = |random: &mut Random| if random.one_in(2) { Type::F64 } else { Type::I64 };
    let params = std::iter::once(Type::I64).chain((0..more).map(|_| number(random)));
    Signature::new(params.collect::<Vec<_>>(), Type::I64).expect("a signature of numbers is within the limits")
}

/// A callback that adds one to its first argument.
fn add_one(thunk: &Thunk) -> Result<Arc<Callback>, CallbackError> {
    let callback = Callback::sync(thunk, OnPanic::Abort, |call| {
        let sum = call.slots()[0].as_i64() + 1;
        call.set_slot(sum).expect("the result is a long");
    });
    callback.map(Arc::new)
}
