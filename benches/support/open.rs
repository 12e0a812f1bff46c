//! The cost of opening a library with many symbols, in time and in memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::time::Instant;

use hotcall::declare::{Declaration, Declarations};
use hotcall::{Library, Signature, SignatureError, Symbol, Symbols, Type};
use hotcall_jit::{Jit, Options};
use hotcall_testing::compiler::Compiler;

use crate::sample::median;

pub(crate) const SYMBOLS: usize = 1000;
/// Integer parameters, up to 7, times floating-point ones, up to 4.
const SHAPES: [usize; 2] = [8, 5];
const ROUNDS: usize = 101;

pub(crate) struct Opened {
    pub(crate) shapes: usize,
    pub(crate) us_per_symbol: f64,
    pub(crate) us_per_symbol_lazy: f64,
    /// Heap and code, with all functions compiled.
    pub(crate) bytes_per_symbol: f64,
    pub(crate) deno: Option<Deno>,
}

/// Deno's cost of the same declarations.
pub(crate) struct Deno {
    pub(crate) us_per_symbol: f64,
    /// The growth of the process.
    pub(crate) bytes_per_symbol: f64,
}

pub(crate) fn measure() -> Result<Opened, Box<dyn Error>> {
    let object = Compiler::c().shared_object(&[], &source())?;
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(&object) }?;
    let declarations = declarations()?;
    let time = |compile: bool| -> Result<f64, Box<dyn Error>> {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let symbols = open(&library, &declarations, compile)?;
            times.push(start.elapsed().as_secs_f64() * 1e6 / SYMBOLS as f64);
            drop(symbols);
        }
        Ok(median(times))
    };
    let (us_per_symbol, us_per_symbol_lazy) = (time(true)?, time(false)?);
    let (symbols, heap) = Counting::bytes_of(|| open(&library, &declarations, true));
    let symbols = symbols?;
    let code = code(&symbols)?;
    Ok(Opened {
        shapes: code.len(),
        us_per_symbol,
        us_per_symbol_lazy,
        deno: deno(&object),
        bytes_per_symbol: (heap as f64 + code.iter().map(|(_, len)| *len as f64).sum::<f64>()) / SYMBOLS as f64,
    })
}

/// Returns `None` if no suitable Deno is installed.
fn deno(library: &Path) -> Option<Deno> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/open_deno.js");
    let numbers = [SYMBOLS, SHAPES[0], SHAPES[1]].map(|number| number.to_string());
    let output =
        Command::new("deno").args(["run", "--allow-all"]).arg(script).arg(library).args(numbers).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    let mut figures = printed.split_whitespace().map(|figure| figure.parse().ok());
    Some(Deno { us_per_symbol: figures.next()??, bytes_per_symbol: figures.next()?? })
}

fn open(library: &Library, declarations: &Declarations, compile: bool) -> Result<Symbols, hotcall::Error> {
    let symbols = library.symbols(declarations)?;
    if compile {
        symbols.compile()?;
    }
    Ok(symbols)
}

/// The signature of the symbol with this number.
pub(crate) fn signature(symbol: usize) -> Result<Signature, SignatureError> {
    let [ints, floats] = params(symbol);
    let params = std::iter::repeat_n(Type::I32, ints).chain(std::iter::repeat_n(Type::F64, floats));
    Signature::new(params, Type::I32)
}

/// The number of parameters of each class of the symbol with this number.
fn params(symbol: usize) -> [usize; 2] {
    let shape = symbol % (SHAPES[0] * SHAPES[1]);
    [shape % SHAPES[0], shape / SHAPES[0]]
}

fn source() -> String {
    let mut source = String::new();
    for symbol in 0..SYMBOLS {
        let [ints, floats] = params(symbol);
        let params: Vec<_> = std::iter::repeat_n("int", ints).chain(std::iter::repeat_n("double", floats)).collect();
        let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
        writeln!(source, "int library_function_{symbol}({params}) {{ return {symbol}; }}")
            .expect("a string takes anything");
    }
    source
}

fn declarations() -> Result<Declarations, Box<dyn Error>> {
    let mut declarations = Declarations::new();
    for symbol in 0..SYMBOLS {
        declarations.insert(Declaration::function(format!("library_function_{symbol}"), signature(symbol)?))?;
    }
    Ok(declarations)
}

/// The places of the code of all functions, with their lengths.
fn code(symbols: &Symbols) -> Result<HashSet<(usize, usize)>, Box<dyn Error>> {
    let mut code = HashSet::new();
    for (_, symbol) in symbols.iter() {
        if let Some(Symbol::Function(function)) = symbol {
            let trampoline = Jit::shared()?.slots(function.signature(), Options::default())?;
            code.insert((trampoline.code().as_ptr() as usize, trampoline.code().len()));
        }
    }
    Ok(code)
}

/// The system's allocator, which counts while it is asked to. At other times threads do not share the count.
pub(crate) struct Counting;

static COUNTED: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicIsize = AtomicIsize::new(0);

impl Counting {
    /// The growth of the heap while something is made; each block with the word that the system's allocator adds to it.
    fn bytes_of<T>(make: impl FnOnce() -> T) -> (T, isize) {
        let before = BYTES.load(Ordering::Relaxed);
        COUNTED.store(true, Ordering::Relaxed);
        let made = make();
        COUNTED.store(false, Ordering::Relaxed);
        (made, BYTES.load(Ordering::Relaxed) - before)
    }

    fn count(bytes: isize) {
        if COUNTED.load(Ordering::Relaxed) {
            BYTES.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// The memory of a block of this size: a word more, in multiples of two words.
fn block(size: usize) -> isize {
    ((size + 8).next_multiple_of(16)).max(32) as isize
}

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(block(layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::count(-block(layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
