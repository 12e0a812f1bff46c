//! `hotcall call`: words to arguments, the call, the result to text.

use std::ffi::OsString;
use std::sync::Arc;

use hotcall::{FunctionOptions, LayoutError, Library, LibraryError, Slot, Type, Value};

use crate::argument::converted::ConvertedArguments;
use crate::argument::word::Argument;
use crate::command::error::CommandError;
use crate::command::{options, signature};
use crate::declaration::arguments::DeclarationArguments;
use crate::output;
use crate::text::errno;
use crate::value::context::ValueContext;
use crate::value::print;
use crate::value::scalar::{self, ScalarKind};

const HELP: &str = r#"Which function is called:
  The declarations are C text or Deno's JSON form. If they declare several functions, --function NAME before
  them tells which one is called. With --header FILE the declarations are those of a header, and the function's
  name takes their place. A FILE that is not found is looked up where the compiler finds headers, and <FILE>
  is looked up only there. Headers are preprocessed by `cc -E`, or by the compiler that the environment's CC
  names. Without a C compiler they are read as they are.

How arguments are written:
  integers       decimal, 0x… hexadecimal, or octal with a leading 0 as in C (0644), within the range of the
                 type; an enumerator or a macro of the declarations by its name; several joined by |:
                 SQLITE_OPEN_READWRITE|SQLITE_OPEN_CREATE
  float, double  also fractions, exponents, NaN, Infinity, -Infinity; as in C, 010 is 8, and 010.0 is 10
  bool           true, false, 1, 0
  char *         the text itself; null is the null pointer
                 out is the address of zeroed memory where the declaration gives its size or says that the
                 callee writes: char text[64], _Out_writes_(n) char *text; it is printed as text after the
                 result; out:TEXT is the address of such memory that begins with TEXT
  pointers       null, or an address, which is written like an integer
                 text:TEXT is the address of TEXT (for a char *: the text as it is, even text:null)
                 buffer:N is the address of N zeroed bytes (N is decimal), which are printed after the
                 result: as text for a char *, in hexadecimal otherwise
                 out is the address of a zeroed value of the type that the declaration gives, or of as many
                 as it says: int a[4], _Out_writes_(n), __counted_by(n), __sized_by(n); they are printed
                 after the result; out:VALUE is the address of this value
                 {"x": 1, "y": 2} is the address of this struct, [1, 2, 3] of an array of these values;
                 they are printed after the result unless the declaration says const
                 where the declaration says how many values there are, zeros follow those that are given
                 TYPE[]:A,B,C is the address of an array of these values, printed after the result;
                 TYPE is i8, u8, … i64, u64, isize, usize, bool, f32, f64, pointer or text; where a text
                 holds commas, write JSON: text[]:["a,b", "c"]
  function       null, an address, or a callback that hotcall makes:
                 compare:TYPE orders two elements of an array, for qsort and its like; compare:-TYPE does
                 it downwards; texts are ordered as strcmp does it
                 print prints each call on a line, and returns zeros; print=RESULT returns RESULT: JSON, or a
                 value without a colon
                 print:PROTOTYPE and print=RESULT:PROTOTYPE do so where the declaration does not say how the
                 function is called, or says less; the prototype comes with the types that it needs
  struct, union  JSON: {"x": 1, "y": [2, 3]} by name or [1, [2, 3]] by position; a union names one
                 member; addresses, NaN and Infinity are strings
  variadic       by its form: 42 is int, or 64 bits wide where it must be; 4.2 is double; null,
                 buffer:N, arrays and callbacks with a prototype are pointers; anything else is text

Negative numbers and texts with a dash need no escape: options stand before the declaration, and every word
behind it is an argument, whatever it looks like. Only a `--` straight behind it is dropped.

How results are printed:
  Numbers are printed as JavaScript prints them, 64-bit integers whole, a float as the double it stands for;
  a char * as its text, other pointers in hexadecimal, structs as JSON (a union's first member, and strings for
  what JSON has no number for), null pointers as null, and void not at all. A pointer result is printed as an
  address alone, even where the declaration gives the type of the value behind it. After the result come arrays
  and values that parameters point to, as JSON. Calls of callbacks are printed as they come, on whichever
  thread: also when the process ends. Signal handlers are not supported.

Examples:
  hotcall call libm.so.6 'double pow(double, double)' 2 10
      1024
  hotcall call libc.so.6 'struct d { int quot; int rem; } div(int, int)' 17 5
      {"quot":3,"rem":2}
  hotcall call libc.so.6 'int snprintf(char *, size_t, const char *, ...)' buffer:32 32 '%d-%s' 42 hi
      5
      buffer 1: "42-hi"
  hotcall call libz.so.1 --header zlib.h crc32 0 text:hello 5
      907060870
  hotcall call libm.so.6 'double frexp(double value, int *exponent)' 12 out
      0.75
      exponent: 4
  hotcall call libc.so.6 'void qsort(void *, size_t, size_t, int (*)(const void *, const void *))' \
      'i32[]:3,1,2' 3 4 compare:i32
      array 1: [1,2,3]
  hotcall call libc.so.6 'int nftw(const char *, int (*visit)(const char *), int, int)' /dev/null print 8 0
      visit("/dev/null")
      0
  hotcall call --errno self 'int chdir(const char *)' /nowhere
      -1
      errno: 2 (ENOENT: No such file or directory)
  hotcall call libm.so.6 '{"hypot": {"parameters": ["f64", "f64"], "result": "f64"}}' 3 4
      5

A wrong declaration calls the function all the same: what then happens is up to it. `int f()` declares a
function without parameters, as in C23, even where an older header means that it does not say."#;

/// Calls a C function and prints its result.
#[derive(clap::Args)]
#[command(after_long_help = HELP, after_help = "`--help` says how arguments are written and results printed.")]
pub(crate) struct CallArguments {
    /// A library by file name or path, or `self` for the process itself.
    library: OsString,
    #[command(flatten)]
    declaration: DeclarationArguments,
    /// The function's arguments. No word behind the declaration is an option.
    args: Vec<OsString>,
    /// Print errno after the call.
    #[arg(long)]
    errno: bool,
}

pub(crate) fn run(arguments: &CallArguments) -> Result<Vec<u8>, CommandError> {
    let function = arguments.declaration.function();
    let function =
        function.map_err(|error| CommandError::Declaration { error, option: options::among(&arguments.args) })?;
    let signature = signature::of_call(&function, &arguments.args)?;
    let errno = arguments.errno || function.capture_errno;
    let symbol = &function.symbol;
    let layout_error = |source| CommandError::Layout { symbol: symbol.clone(), source };

    let library = open(&arguments.library).map_err(hotcall::Error::from)?;
    let code = library
        .function_with(symbol, &signature, FunctionOptions::new().capture_errno(errno))
        .map_err(hotcall::Error::from)?;
    let mut values = ConvertedArguments::new(ValueContext::new(Arc::clone(&function.declarations)));
    let words = arguments.args.iter().zip(signature.params()).enumerate();
    let all: Vec<_> =
        words.map(|(index, (word, ty))| Argument { word, ty, name: function.parameter_name(index) }).collect();
    for (index, argument) in all.iter().enumerate() {
        values.push(argument, &all).map_err(|error| {
            let name = argument.name.map(str::to_owned);
            CommandError::Argument {
                symbol: symbol.clone(),
                index,
                name,
                ty: argument.ty.clone(),
                error: Box::new(error),
            }
        })?;
    }

    // The library may keep the addresses that it got, and call back from another thread or when the process ends. So
    // arguments, callbacks and the library are not freed.
    let values: &ConvertedArguments = Box::leak(Box::new(values));
    std::mem::forget(library);

    // SAFETY: by the user's declaration and arguments, the call is sound. The slots were made by the signature, and the
    // memory that they point to is never freed.
    let outcome = unsafe { code.prepare_slots(values.slots()) }.map_err(hotcall::Error::from)?.run();
    // The callee's output comes before this program's.
    output::flush_all_of_c();
    check_callbacks(symbol, values)?;
    let mut output = Vec::new();
    // SAFETY: the user's declaration holds for the function. So a `char *` in it is a readable text pointer.
    unsafe { print_result(&mut output, signature.result(), &outcome.value) }.map_err(layout_error)?;
    for buffer in values.buffers() {
        // SAFETY: text pointers were zeroed or given, or the callee wrote them. By the user's declaration they are
        // readable.
        let line = unsafe { buffer.line() }.map_err(layout_error)?;
        output.extend(line.unwrap_or_default().bytes());
    }
    if let Some(errno) = outcome.errno {
        output.extend(format!("errno: {}\n", errno::describe(errno)).bytes());
    }
    Ok(output)
}

/// Returns the first failure of a callback, which cannot be reported to C.
fn check_callbacks(symbol: &str, values: &ConvertedArguments) -> Result<(), CommandError> {
    if let Some(error) = output::failure() {
        return Err(error.into());
    }
    match values.callbacks().iter().find(|(_, callback)| callback.take_panic().is_some()) {
        Some(&(index, _)) => Err(CommandError::Panic { symbol: symbol.to_owned(), index }),
        None => Ok(()),
    }
}

fn open(library: &OsString) -> Result<Library, LibraryError> {
    if library == "self" {
        return Library::this_process();
    }
    // SAFETY: the user asks for the library's initialisers to run.
    unsafe { Library::open(library) }
}

/// Prints the result on a line of its own. A text is printed as its bytes, and void as nothing.
///
/// # Safety
///
/// Text pointers in the result are readable ([`mod@print`]).
unsafe fn print_result(output: &mut Vec<u8>, ty: Option<&Type>, value: &Value<'_>) -> Result<(), LayoutError> {
    match (ty, value) {
        (Some(ty), value) if let Some(of) = ty.as_scalar() => {
            let bits = Slot::from(value).to_bits();
            let is_text = ScalarKind::of(of) == ScalarKind::Text;
            // SAFETY: the caller promises that the text pointer is readable.
            match is_text.then(|| unsafe { print::text(bits) }).flatten() {
                Some(text) => output.extend(text.to_bytes()),
                None => output.extend(scalar::format(bits, of).bytes()),
            }
        }
        // SAFETY: the caller promises that text pointers in the result are readable.
        (Some(ty), Value::Bytes(bytes)) => output.extend(unsafe { print::value(ty, bytes) }?.bytes()),
        _ => return Ok(()),
    }
    output.push(b'\n');
    Ok(())
}
