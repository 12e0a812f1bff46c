//! gdb's backtrace of a crash in C, through every kind of compiled code to `main`.
//!
//! A program of its own, without the test harness, whose `main` runs on another thread than its tests: it runs itself under
//! gdb, and then crashes.

use std::env;
use std::ffi::c_void;
use std::process::Command;

use hotcall::{Callback, Function, Library, Signature, Slot, Thunk, Type, debug};
use hotcall_testing::fixture;

/// Says to the program that it is the one that crashes.
const CRASH: &str = "HOTCALL_TEST_CRASH";

const SOURCE: &str = r#"
    typedef void (*callback_t)(int, int, int, int, int, int,
                               double, double, double, double, double, double, double, double, int);
    static callback_t callback;
    void set_callback(callback_t to) { callback = to; }
    /* Not the last thing that it does, so that its frame stays. */
    int call_back(int a, double b) {
        callback(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        return a + (int) b;
    }
    struct large { char bytes[9000]; };
    void crash(struct large large) { __builtin_trap(); }
"#;

/// The lines of the backtrace, from the crash on. A trampoline that copies a struct of this size saves registers. The context
/// of a callback with this number of arguments is on the stack, so its stub has a frame.
const FRAMES: [&str; 8] = [
    " crash (",
    " in hotcall slots (struct {u8[9000]}) (",
    "handler",
    " in hotcall thunk (i32,i32,i32,i32,i32,i32,f64,f64,f64,f64,f64,f64,f64,f64,i32) (",
    " in hotcall stubs (",
    " call_back (",
    " in hotcall slots (i32,f64)->i32 (",
    " main (",
];

fn function(library: &Library, name: &str, params: impl IntoIterator<Item = Type>, result: Option<Type>) -> Function {
    library.function(name, &Signature::new(params, result).unwrap()).unwrap()
}

unsafe extern "C" fn handler(context: *mut c_void, _: *const Slot, _: *mut Slot) {
    static LARGE: [u8; 9000] = [0; 9000];
    // SAFETY: the context is the function that `crash` made, which takes these bytes.
    unsafe { (*context.cast::<Function>()).call_slots(&[LARGE.as_ptr().into()]) }.unwrap();
}

fn crash() {
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open(fixture::shared_object(SOURCE)) }.unwrap();
    let params = [vec![Type::I32; 6], vec![Type::F64; 8], vec![Type::I32]].concat();
    let thunk = Thunk::new(&Signature::new(params, None).unwrap()).unwrap();
    let large = Type::structure([Type::array(Type::U8, 9000).unwrap()]).unwrap();
    let mut crash = function(&library, "crash", [large], None);
    let set_callback = function(&library, "set_callback", [Type::POINTER], None);
    let call_back = function(&library, "call_back", [Type::I32, Type::F64], Some(Type::I32));
    let call = |function: &Function, args: &[Slot]| {
        // SAFETY: the arguments are of the functions' types, and the handler gets what it expects.
        unsafe { function.call_slots(args) }.unwrap();
    };
    // SAFETY: the handler is called by the thunk alone, while the function that it calls lives.
    let callback = unsafe { Callback::raw(&thunk, handler, (&raw mut crash).cast()) }.unwrap();
    call(&set_callback, &[callback.as_ptr().into()]);
    // Some code was there before, some comes later: that of the call below.
    debug::enable_gdb();
    call(&call_back, &[1.into(), 2.0.into()]);
}

fn main() {
    if env::var_os(CRASH).is_some() {
        return crash();
    }
    let missing = |what: &str| {
        assert!(env::var_os("CI").is_none(), "gdb cannot be used: {what}");
        println!("skipped: gdb cannot be used: {what}");
    };
    let commands = ["set width 0", "set debuginfod enabled off", "run", "backtrace"];
    let commands = commands.iter().flat_map(|command| ["-ex", command]);
    let mut gdb = Command::new("gdb");
    gdb.args(["-batch", "-nx"]).args(commands).arg("--args").arg(env::current_exe().unwrap()).env(CRASH, "1");
    let output = match gdb.output() {
        Ok(output) => output,
        Err(error) => return missing(&error.to_string()),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    if errors.contains("ptrace") {
        return missing(&errors);
    }
    let mut lines = text.lines().filter(|line| line.starts_with('#'));
    for frame in FRAMES {
        // Without a description of the stub's frame, the next line has a wrong address.
        let mut known = lines.by_ref().take_while(|line| !line.contains(" in ?? ("));
        assert!(known.any(|line| line.contains(frame)), "no frame{frame:?} behind the others:\n{text}\n{errors}");
    }
}
