//! V8: the calls of its optimised code, and of functions that are not optimised.
//!
//! Written for builds without pointer compression: the low 32 bits of small integers are 0, and addresses of objects have a 1
//! in the lowest bit. The versions differ in numbers and offsets, which a [`Generation`] holds. The words of an isolate are
//! [`Roots`].
//!
//! # Fast calls
//!
//! [`Generation::fast_call`] makes the model of a function for V8's "fast API calls", by which its optimised code calls C
//! functions. It is written after `include/v8-fast-api-calls.h` and the compiler behind it.
//!
//! * The receiver comes first, then the arguments, last `FastApiCallbackOptions &`.
//! * V8 truncates numbers for `int32_t` and `uint32_t`, and converts every value for `bool`. So arguments of these
//!   types are not used. Integers and truth values come as handles. Machine code reads small integers, `true` and
//!   `false` itself, and refuses wrong values. If all arguments are numbers, `uint32_t` comes as `double`, because half
//!   of its values are not small integers. In versions in which refused calls throw, all come as handles, because such
//!   functions call a helper in any case.
//! * Some functions have more than six integers of up to 32 bits, and otherwise only floats, at most seven. If V8 can
//!   make a refused call again, their integers come as `int64_t`, and the first one as `double`. So those on the stack
//!   need not be moved: the double makes up for the receiver. V8 checks that they are integers, with one hole. Its
//!   compiler knows the range of some numbers, such as literals. From 2⁶³ on they arrive as if 2⁶⁴ were subtracted, and
//!   signed types of C take those from 2⁶⁴ − 2³¹ on.
//! * Pointers, buffers and structs come as handles. Machine code reads typed arrays and externals.
//! * A struct that the function returns is written to bytes that the caller passes after the arguments.
//!
//! After a refused argument, V8 calls the ordinary callback. In versions that do not support this, the function throws.
//! For this it gets V8's options, which take V8 three stores.
//!
//! **Before 11.4, an exception that the ordinary callback then throws passes by every `try` of the optimised
//! function.** V8 does not compile a way from there to a handler. So in these versions a callback of a function with
//! fast calls must not throw ([`Generation::misses_handlers`]). It keeps the exception in its realm and returns. Script
//! around the function checks whether one [waits](crate::engine::Realm::pending), and throws it. This also covers
//! exceptions of C's callbacks. So functions of floats alone, whose arguments are never refused, do not need options.
//!
//! **No script may run inside a fast call.** Up to 12.4 the process ends when it does. Later versions let it run. But
//! the script may invalidate assumptions of the compiled caller, which continues all the same, or ends the process. The
//! script may also make V8 move the bytes of small typed arrays while C has their address. So callbacks use
//! [`Realm::leave_fast_call`](crate::engine::Realm::leave_fast_call), or before 11.4
//! [`Realm::throw`](crate::engine::Realm::throw). C gets zeros, and when it has returned an exception is thrown: by
//! script before 11.4, by the ordinary function up to 12.8, and later by the fast call. Functions whose purpose is to
//! call script back do not have a fast call.
//!
//! # The ordinary callback
//!
//! [`Generation::callback`] makes the [model](crate::engine::ValueModel) of the functions that V8 calls everywhere else:
//! `void callback(const FunctionCallbackInfo<Value> &)`, after `include/v8-function-callback.h`.
//!
//! * The struct has the arguments' words, and a place for the result's word. A [`CallbackLayout`] says where.
//! * Machine code reads small integers, `true`, `false`, `null`, heap numbers and BigInts, and the objects of fast calls.
//! * The engine's methods get and return *handles*: addresses of words, as V8's own functions do.
//! * Results that are not small integers or constants are made by V8's functions, such as [`number_function`].
//! * V8 does not pass data that machine code could use without another load. So each record has its own address, which is
//!   the callback's.
//!
//! A function that may call script back leaves buffers to [`Engine::view`](crate::engine::Engine::view) and
//! [`Engine::pin`](crate::engine::Engine::pin): script may transfer or resize them. For other functions,
//! [`Realm::without_callbacks`](crate::engine::Realm::without_callbacks) makes records that read buffers in machine code. One
//! realm serves both, and fast calls.
//!
//! # Bytes in V8's heap
//!
//! V8 keeps the bytes of small typed arrays in its own heap, until something asks for their buffer. Its collector moves them.
//! C may go on using bytes after a call, as long as script keeps the array. So C never gets an address in V8's heap: such
//! arrays are not [settled](crate::engine::Object::settled), and `Engine::view` asks V8 for the buffer. Structs by value are
//! read in V8's heap, and results are written there.
//!
//! `Engine::view` and [`Engine::text`](crate::engine::Engine::text) may then collect. In fast calls of 12.4 that is not
//! possible: there they must refuse what they cannot read without, and V8 makes the ordinary call.

mod callback;
mod fast_call;
mod generation;
mod objects;
mod roots;

pub use callback::{CallbackLayout, external_function, number_function, signed_function, unsigned_function};
pub use fast_call::{NoFastCall, V8CType, V8FastCall};
pub use generation::Generation;
pub use roots::Roots;
