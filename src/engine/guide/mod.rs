//! Your engine in an afternoon: a model for a toy interpreter, step by step.
//!
//! You have written an interpreter, and its script needs to call C. In hotcall a [`Function`] makes a call once the
//! arguments are [slots](crate::Slot). This guide shows the way from your values to slots and back. You describe your
//! values as data. hotcall then makes *native functions* of your engine, one for each C function. They check and unpack
//! arguments in machine code, call C and pack the result.
//!
//! | step | what you write |
//! |---|---|
//! | [1. Values](#1-values) | a [`ValueModel`]: a page of constants |
//! | [2. The rest of the values](#2-the-rest-of-the-values) | an [`Engine`]: reads values, makes some, throws |
//! | [3. Functions](#3-functions) | a [`Realm`], and a [`Record`] for each function |
//! | [4. Structs, buffers and pins](#4-structs-buffers-and-pins) | [`pin`] and `unpin`, if bytes can move |
//! | [5. Callbacks and exceptions](#5-callbacks-and-exceptions) | [`Realm::answer`] |
//! | [6. Closing, finalisers, threads](#6-closing-finalisers-threads) | a finaliser |
//! | [7. Engines that pass no data](#7-engines-that-pass-no-data) | nothing more |
//! | [8. The conformance kit](#8-the-conformance-kit) | a page that makes the kit try all of it |
//!
//! All code here is compiled and run by hotcall's tests.
//!
//! # The toy
//!
//! Its values are NaN-boxed: 8 bytes that are a `double`, or a bit pattern that no `double` of the toy has, with a tag
//! in the highest 16 bits. It has ints, doubles, booleans, nil, and objects on a heap: text, buffers, addresses and
//! functions. A native function is
//!
//! ```c
//! VmValue f(Vm *vm, int argc, const VmValue *argv, void *data);
//! ```
//!
//! which returns `THROWN` after it has called `Vm::throw`. Script is a tree that `Vm::run` evaluates, without a parser.
//!
//! <details><summary>The whole toy</summary>
//!
//! ```
//! # mod vm {
#![doc = include_str!("toy/vm.rs")]
//! # }
//! # fn main() {}
//! ```
//!
//! </details>
//!
//! Without hotcall its author writes a native function by hand for each C function:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # use std::ffi::c_void;
//! # use std::{ptr, slice};
//! # use vm::{Script, THROWN, Vm, VmFunction, VmObject, VmValue};
//! unsafe extern "C" fn add(vm: &Vm, argc: i32, argv: *const VmValue, _data: *mut c_void) -> VmValue {
//!     // SAFETY: there are `argc` values at `argv`.
//!     let arguments = unsafe { slice::from_raw_parts(argv, argc as usize) };
//!     let [Some(a), Some(b)] = [0, 1].map(|index| arguments.get(index)?.as_number()) else {
//!         vm.throw("add takes two numbers".into());
//!         // SAFETY: this is not an object.
//!         return unsafe { VmValue::from_bits(THROWN) };
//!     };
//!     VmValue::number(a + b)
//! }
//!
//! unsafe extern "C" fn nothing(_data: *mut c_void) {}
//!
//! # fn main() -> Result<(), String> {
//! let vm = Vm::default();
//! let native = VmFunction::WithData(add);
//! let function = vm.allocate(VmObject::Function { native, data: ptr::null_mut(), finalize: nothing });
//! vm.set_global("add", Some(function));
//!
//! let number = |number| Script::Value(VmValue::number(number));
//! let sum = vm.run(&Script::Call("add".into(), vec![number(1.0), number(0.5)]), &[])?;
//! assert_eq!(sum.as_number(), Some(1.5));
//! assert!(vm.run(&Script::Call("add".into(), vec![number(1.0)]), &[]).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # 1. Values
//!
//! A [`ValueModel`] describes what `add` above does by hand: where the arguments are, how a number differs from other
//! values, and the value to return after throwing. Machine code is made from the model, so numbers do not need a call
//! of your code.
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model {
#![doc = include_str!("toy/model.rs")]
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use hotcall::Scalar;
//! # let model = model::model()?;
//! # assert_eq!(model.unpack(Scalar::I8, [vm::INTEGER | 0xffff_ffff, 0]), Some(-1_i64 as u64));
//! # Ok(())
//! # }
//! ```
//!
//! [`ValueModel::new`] takes the parts that each engine has, and a method adds each class. If a later hotcall adds a
//! part, models that do not have it stay valid. Field by field:
//!
//! * `native` is the C type of native functions. A `VmValue` of 8 bytes that is passed as an integer is [`U64`]. A
//!   value that is a struct of 16 bytes is declared as such a struct, because it is passed in two registers.
//! * `roles` gives the role of each parameter. hotcall passes the context back to you, and reads no parameter without a
//!   role: an [`Ignored`] one may have any type.
//! * `padded` is for engines that fill up missing arguments with undefined, to the number that the function was
//!   registered with. The toy does not. Machine code compares `argc`, and a missing argument is `undefined`.
//! * A *class* of values has a [`Test`], which compares its bits, and the place of its payload. The value with the
//!   payload 0 (`zero`) gives the bits that are not payload: `integer` makes 5 of `zero` by adding 5 to the 4 bytes at
//!   `offset`.
//! * Classes do not overlap. Only two pairs may be equal: `integer` and `wide`, `null` and `undefined`.
//! * Values without a class, and classes that you omit, are handled by your [`Engine`]. This takes longer and makes no
//!   other difference.
//!
//! **The most important rule**: a `double` that C returns must never become an object. C can return any bits as a NaN,
//! also those of your tag for objects with any address. `nan` is the NaN that all of them become. A model that tells
//! doubles by their own bits and omits it is an error. 16-byte values with a tag beside the `double` do not need it.
//!
//! When a [`Realm`] is made, hotcall checks that the model is consistent, for example that the values it makes pass
//! their own tests. Only the [kit](#8-the-conformance-kit) can check that it is *true*.
//!
//! If your values are a struct of a tag and a union, see [`quickjs`] for a model. For other NaN-boxes see [`nanbox`],
//! and for ints shifted by a bit ("small integers") [`Integer::shift`]. If your numbers are integers of 64 bits,
//! `integer` and `wide` are one class with a `len` of 8.
//!
//! # 2. The rest of the values
//!
//! Strings, buffers, addresses and BigInts differ too much to be data. For them hotcall asks an [`Engine`], with values
//! as [`Words`]. A value of 8 bytes is the first of the two.
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod engine {
#![doc = include_str!("toy/engine.rs")]
//! # }
//! # fn main() {}
//! ```
//!
//! * [`view`] describes a value. hotcall decides which types take it, and the message if the type does not, in one way
//!   for all engines. `view` must know *all* values, numbers included, because it also gets values that machine code
//!   has refused.
//! * [`make`] gets outputs for which the model does not have a class. If the model has `integer`, `double`, `boolean`
//!   and `null`, these are 64-bit integers, addresses and the bytes of structs. A 64-bit integer that your numbers
//!   cannot hold is rounded, as in the toy, or refused by an exception. The [kit](#8-the-conformance-kit) asks which,
//!   by the feature `ExactWide`.
//! * [`exception`] and [`throw`] are two steps, because an exception may have to wait
//!   ([step 5](#5-callbacks-and-exceptions)). In an engine that collects garbage `Exception` is a handle that keeps its
//!   value. In one that counts references it is a value that it owns, and its `Drop` releases it.
//!
//! **None of these may run script**, except for [`exception`], after which C is not called: no getter, no `valueOf`, no
//! finaliser. Script between the checks and the call could move converted bytes, or close the function. `unsafe impl`
//! promises that they do not.
//!
//! # 3. Functions
//!
//! A [`Realm`] is one instance of your engine on one thread. [`Realm::record`] makes a [`Record`] of a [`Function`]:
//! the address of a native function of your engine, and a pointer, which is the data of that function. All functions of
//! one shape share code, so a record costs an allocation.
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions {
#![doc = include_str!("toy/functions.rs")]
//! # }
//! # fn main() {}
//! ```
//!
//! (`callback` is for [step 5](#5-callbacks-and-exceptions), `Framed` for [step 7](#7-engines-that-pass-no-data).) Now
//! script calls C:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # use std::ffi::c_void;
//! # use engine::Toy;
//! # use hotcall::engine::Realm;
//! # use hotcall::{Function, FunctionOptions, Signature, Type};
//! # use vm::{Script, Vm, VmValue};
//! extern "C" fn scale(number: i8, by: f64) -> f64 {
//!     f64::from(number) * by
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vm = Vm::default();
//! // SAFETY: the model is the toy's.
//! let realm = unsafe { Realm::new(Toy::default(), model::model()?) }?;
//!
//! let signature = Signature::new([Type::I8, Type::F64], Type::F64)?;
//! // SAFETY: this is its signature, and it may be called with any numbers.
//! unsafe {
//!     let scale = Function::from_address("scale", scale as *const c_void, &signature, FunctionOptions::default())?;
//!     vm.set_global("scale", Some(functions::function(&vm, &realm, &scale)?));
//! }
//!
//! let call = |a, b| {
//!     let arguments = [a, b].map(|number| Script::Value(VmValue::number(number)));
//!     vm.run(&Script::Call("scale".into(), arguments.into()), &[])
//! };
//! assert_eq!(call(-3.0, 0.5)?.as_number(), Some(-1.5));
//! assert_eq!(call(128.0, 0.5), Err("cannot call \"scale\": argument 1 (i8): 128 is out of range".into()));
//! # Ok(())
//! # }
//! ```
//!
//! In the first call, `run` called machine code with `vm, 2, argv, data`. The code compared `argc`, tested the tag of
//! `argv[0]`, sign-extended the int and compared it with the range of `i8`. It tested and loaded `argv[1]`, called
//! `scale`, and checked whether an exception waits. Then it made the canonical NaN of any NaN, and returned. In the
//! second call the number was out of range, and machine code left the whole call to an interpreter, before anything had
//! happened. The interpreter converts arguments as the model says, asks [`view`] about the first one without a class,
//! and makes you throw.
//!
//! | value | cost |
//! |---|---|
//! | numbers, booleans, nil, in and out, by the model | a little more than in a native function by hand: see below |
//! | buffers, structs, addresses as arguments | a call of `view` each, and of `pin` and `unpin` for values with bytes |
//! | 64-bit integers in `wide` | as numbers |
//! | structs, addresses, other 64-bit integers as results | a call of `make`: making the object |
//! | numbers from 2⁶³ on, too few arguments, all refused arguments | the interpreter: slower, and correct |
//!
//! Numbers take more than by hand for these reasons. Before the call machine code loads the address of the C function
//! from the record, tests whether the function was closed, and keeps the record in its frame. After the call it loads
//! the record again, from there the address of the realm's flag, and from there whether an exception waits. A function
//! of an engine that passes no data also runs through a stub ([step 7](#7-engines-that-pass-no-data)). In a bare virtual
//! machine whose native functions have two parameters, calls of C functions with up to twelve numbers took 1.1 to 1.2
//! times as long as by a native function written in C. With two numbers that was one to two nanoseconds more. `cargo
//! bench --bench report` measures it, in its rows `vm`.
//!
//! Where code cannot be generated (feature `jit` off, or refused by the system) the interpreter serves all calls.
//!
//! # 4. Structs, buffers and pins
//!
//! A struct argument is a buffer with at least as many bytes, in C's layout ([`Member`] reads and writes them); a
//! struct result is made by [`Output::Bytes`]. A parameter of type [`BUFFER`] gets the
//! address of the bytes themselves, and C writes to them.
//!
//! That address must be valid until the call returns. Without callbacks it is, because no script runs during a call.
//! With callbacks, script may do anything to a buffer: resize it, transfer it, drop the last reference. If your engine
//! allows such things, [`pin`] keeps the bytes in place. hotcall calls [`unpin`] with the result of `pin` as soon as C
//! has returned, or when a later argument is refused. The toy counts pins, and refuses to resize:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # use std::cell::RefCell;
//! # use std::ffi::c_void;
//! # use std::rc::Rc;
//! # use engine::Toy;
//! # use hotcall::engine::Realm;
//! # use hotcall::{Callback, ForeignCall, Function, FunctionOptions, LocalOptions, Signature, Thunk, Type};
//! # use vm::{Vm, VmObject};
//! /// Calls back before it writes.
//! unsafe extern "C" fn write(bytes: *mut u8, len: usize, before: extern "C" fn()) {
//!     before();
//!     // SAFETY: the caller promises that the bytes are writable.
//!     unsafe { bytes.write_bytes(7, len) };
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vm = Rc::new(Vm::default());
//! # // SAFETY: the model is the toy's.
//! # let realm = unsafe { Realm::new(Toy::default(), model::model()?) }?;
//! let buffer = vm.buffer(&[0; 3]);
//! let resized = Rc::new(RefCell::new(None));
//! let callback = {
//!     let (vm, resized) = (Rc::clone(&vm), Rc::clone(&resized));
//!     let thunk = Thunk::new(&Signature::new([], None)?)?;
//!     Callback::local(&thunk, LocalOptions::default(), |call: ForeignCall| Err(call), move |_| {
//!         *resized.borrow_mut() = Some(vm.resize(buffer, 1 << 20));
//!     })?
//! };
//! let signature = Signature::new([Type::BUFFER, Type::USIZE, Type::FUNCTION], None)?;
//! // SAFETY: this is its signature; it is called with a buffer's own length.
//! let write = unsafe {
//!     let write = Function::from_address("write", write as *const c_void, &signature, FunctionOptions::default())?;
//!     functions::function(&vm, &realm, &write)?
//! };
//! let pointer = vm.allocate(VmObject::Pointer(callback.as_ptr()));
//! vm.call(write, &[buffer, vm::VmValue::number(3.0), pointer])?;
//! assert_eq!(resized.take(), Some(Err("the buffer is in use".into())));
//! // The pin is gone.
//! assert_eq!(vm.resize(buffer, 1 << 20), Ok(()));
//! # let Some(VmObject::Buffer { bytes, .. }) = buffer.object() else { unreachable!() };
//! # assert_eq!(bytes.borrow()[..3], [7, 7, 7]);
//! # Ok(())
//! # }
//! ```
//!
//! A struct result is a new value for each call. A function made by [`Realm::record_into`] writes it into a buffer
//! instead, which script passes after the arguments. The buffer is pinned like any other, and the result is nil:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # use engine::Toy;
//! # use hotcall::engine::Realm;
//! # use hotcall::{Library, Signature, Type};
//! # use vm::{Vm, VmObject, VmValue};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vm = Vm::default();
//! # // SAFETY: the model is the toy's.
//! # let realm = unsafe { Realm::new(Toy::default(), model::model()?) }?;
//! // div_t div(int number, int by);
//! let div_t = Type::structure([("quot", Type::I32), ("rem", Type::I32)])?;
//! let div = Library::this_process()?.function("div", &Signature::new([Type::I32, Type::I32], div_t)?)?;
//! // SAFETY: this is its signature.
//! let div = unsafe { functions::function_into(&vm, &realm, &div) }?;
//! let (number, by, buffer) = (VmValue::number(17.0), VmValue::number(5.0), vm.buffer(&[0; 8]));
//! assert_eq!(vm.call(div, &[number, by, buffer]), Ok(VmValue::NIL));
//! # let Some(VmObject::Buffer { bytes, .. }) = buffer.object() else { unreachable!() };
//! assert_eq!(*bytes.borrow(), [3, 0, 0, 0, 2, 0, 0, 0]);
//!
//! let short = vm.call(div, &[number, by, vm.buffer(&[0; 7])]).unwrap_err();
//! assert!(short.starts_with("cannot call \"div\": argument 3 "));
//! assert!(short.ends_with(": 7 bytes are too few: it has 8"));
//! # Ok(())
//! # }
//! ```
//!
//! You need pins if script can free or move bytes. You also need them if your collector moves objects, or can collect
//! an argument that script does not refer to any more; most engines keep `argv` on a stack that the collector sees.
//! Return `None` from `pin` for values that need no pin. Pins do not cover bytes that C keeps *after* the call: script
//! should copy such bytes to memory of C's.
//!
//! # 5. Callbacks and exceptions
//!
//! `functions::callback` above makes a C function pointer of script. It is a [`LocalCallback`] whose handler calls
//! [`Realm::answer`], which makes values of the arguments, runs your script, and makes the result a slot. Its address
//! is a pointer value to script.
//!
//! Script below C may throw, and exceptions cannot pass through C's frames. So the exception waits in the realm, and C
//! continues with zeros as the callback's result. The native function throws when C has returned. The first exception
//! is kept. While it waits, callbacks return zeros at once and run no script.
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # use std::ffi::c_void;
//! # use std::rc::Rc;
//! # use engine::Toy;
//! # use hotcall::engine::Realm;
//! # use hotcall::{Function, FunctionOptions, Signature, Type};
//! # use vm::{Script, Vm, VmObject};
//! extern "C" fn twice(f: extern "C" fn(i32) -> i32) -> i32 {
//!     f(1) + f(2)
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vm = Rc::new(Vm::default());
//! # // SAFETY: the model is the toy's.
//! # let realm = unsafe { Realm::new(Toy::default(), model::model()?) }?;
//! # let signature = Signature::new([Type::FUNCTION], Type::I32)?;
//! # // SAFETY: this is its signature; script passes it function pointers of that type.
//! # let twice = unsafe {
//! #     let twice = Function::from_address("twice", twice as *const c_void, &signature, FunctionOptions::default())?;
//! #     functions::function(&vm, &realm, &twice)?
//! # };
//! let int_to_int = Signature::new([Type::I32], Type::I32)?;
//! let call = |script| -> Result<_, Box<dyn std::error::Error>> {
//!     let callback = functions::callback(&vm, &realm, &int_to_int, script)?;
//!     Ok(vm.call(twice, &[vm.allocate(VmObject::Pointer(callback.as_ptr()))]))
//! };
//! assert_eq!(call(Script::Argument(0))?.map(|sum| sum.as_number()), Ok(Some(3.0)));
//! assert_eq!(call(Script::Throw("boom".into()))?, Err("boom".into()));
//!
//! let wrong = call(Script::Text("three".into()))?;
//! assert_eq!(wrong, Err("a callback returned what is no i32: expected an integer, not a string".into()));
//! assert!(!realm.is_pending());
//! # Ok(())
//! # }
//! ```
//!
//! * Errors that script cannot catch (an interrupt, running out of memory) are exceptions too. Your `Exception` records
//!   their kind, and `throw` restores it.
//! * A callback may be called without a native function of the realm below it, for example from your event loop. If
//!   [`Realm::answer`] then says that an exception waits, take it with [`Realm::take_exception`]. Otherwise the next
//!   native function would throw it.
//! * If your engine has a C function that calls a function of script, describe it by [`ValueModel::call`] and implement
//!   [`Catch`]. Then [`Realm::thunk`] makes callbacks whose arguments and results machine code converts.
//! * If a callback returns a pointer, script may return a buffer. It must keep that buffer as long as C uses it.
//! * Rust panics in handlers are caught before they reach C, as in all [callbacks](crate::Callback).
//!
//! # 6. Closing, finalisers, threads
//!
//! A record keeps its function, and the function keeps its library. Give your engine [`Record::finalize`] as the
//! finaliser of the function object, with the pointer from [`Record::into_raw`]. Then all are dropped when script has
//! no reference any more. After [`Library::close`] calls throw. A running call continues, and keeps the library mapped:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # use engine::Toy;
//! # use hotcall::engine::Realm;
//! # use hotcall::{Library, Signature, Type};
//! # use vm::{Vm, VmValue};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vm = Vm::default();
//! # // SAFETY: the model is the toy's.
//! # let realm = unsafe { Realm::new(Toy::default(), model::model()?) }?;
//! let library = Library::this_process()?;
//! let signature = Signature::new([Type::I32], Type::I32)?;
//! // SAFETY: this is its signature.
//! let abs = unsafe { functions::function(&vm, &realm, &library.function("abs", &signature)?)? };
//! assert_eq!(vm.call(abs, &[VmValue::number(-3.0)]), Ok(VmValue::number(3.0)));
//! library.close();
//! assert_eq!(vm.call(abs, &[VmValue::number(-3.0)]), Err("the process is closed".into()));
//! # Ok(())
//! # }
//! ```
//!
//! * Functions may be finalised on any thread, but not while they run. Engines keep a function that they call.
//! * Calls are made on the realm's thread alone. A program with one engine for each thread has a realm for each. They
//!   share code.
//! * A `LocalCallback` that C calls on another thread reaches your [`Dispatch`], which must bring the call to the
//!   realm's thread, for example by your event loop.
//! * Drop an engine in this order: close callbacks, then the heap with its functions, then the rest of the realm.
//!
//! # 7. Engines that pass no data
//!
//! Some engines do not pass a native function a pointer of its own, for example JavaScriptCore and SpiderMonkey. Then
//! omit the role [`Data`], and each record has an address of its own: 16 bytes of code before the shared code. This
//! costs a jump. Such addresses are never unmapped, but there are enough of them. The toy supports that too: its
//! `Framed` functions get a frame with the callee at index 0, the arguments after it, and put the result in the
//! callee's place.
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod framed {
#![doc = include_str!("toy/framed.rs")]
//! # }
//! # fn main() {
//! # assert!(!framed::framed_model().unwrap().passes_data());
//! # }
//! ```
//!
//! The record must live as long as its function. The toy's function objects have a finaliser, and so can keep the
//! pointer. Without finalisers, keep the `Record` itself with the owner of the function.
//!
//! # 8. The conformance kit
//!
//! The feature `conformance` adds a module of that name, a kit that tries an engine with every type, and with good,
//! borderline and bad values. It needs a way to define functions, to make callbacks, and to evaluate small expressions,
//! which engines for JavaScript can print as source. For the toy they become its trees:
//!
//! ```
//! # mod vm { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/vm.rs")); }
//! # mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/model.rs")); }
//! # mod engine { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/engine.rs")); }
//! # mod functions { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/guide/toy/functions.rs")); }
//! # #[cfg(feature = "conformance")]
//! # mod subject {
#![doc = include_str!("toy/subject.rs")]
//! # }
//! # #[cfg(not(feature = "conformance"))]
//! # fn main() {}
//! # #[cfg(feature = "conformance")]
//! # use {hotcall::engine::conformance, subject::ToySubject};
//!
//! # #[cfg(feature = "conformance")]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // SAFETY: the model is the toy's.
//!     let mut toy = unsafe { ToySubject::new(model::model()?) }?;
//!     conformance::run(&mut toy).check();
//!     Ok(())
//! }
//! ```
//!
//! After a failure `check` panics with a list like
//!
//! ```text
//! same_bool(1)
//!   expected: an exception: cannot call "same_bool": argument 1 (bool): expected a boolean, not a number
//!   got:      boolean true
//! ```
//!
//! Cases that your language cannot express are skipped. Print the report once, and compare the skipped cases with those
//! that you expect.
//!
//! # What must hold
//!
//! All promises that hotcall relies on:
//!
//! * the model is true ([`Realm::new`]);
//! * [`Engine`]'s methods run no script. The bytes that `view` reports stay until the call returns, by pins or because
//!   they never move;
//! * native functions are called as the model says, on the realm's thread, with their record as data
//!   ([`Realm::record`]), and a running function is not finalised;
//! * the C function has its signature, and may be called with any arguments that script passes. *Script's author*
//!   promises that by declaring it, so a runtime for untrusted script has to ask for permission first.
//!
//! # Limits
//!
//! * 64-bit targets with little-endian values of 8 or 16 bytes.
//! * Functions with up to [255 parameters](crate::MAX_PARAMETERS); variadic ones by the types of one call.
//! * No strings, because their conversion is never free. The runtime makes buffers of them, or reads text from an
//!   address.
//! * The engine's native functions may not be variadic, nor take the arguments as a list of their own.
//!
//! [`BUFFER`]: crate::Type::BUFFER
//! [`Data`]: super::Role::Data
//! [`Dispatch`]: crate::Dispatch
//! [`Engine`]: super::Engine
//! [`Engine::pin`]: super::Engine::pin
//! [`Function`]: crate::Function
//! [`Ignored`]: super::Role::Ignored
//! [`Integer::shift`]: super::Integer::shift
//! [`Library::close`]: crate::Library::close
//! [`LocalCallback`]: crate::LocalCallback
//! [`Member`]: crate::Member
//! [`Output::Bytes`]: super::Output::Bytes
//! [`Realm`]: super::Realm
//! [`Catch`]: super::Catch
//! [`Realm::thunk`]: super::Realm::thunk
//! [`ValueModel::call`]: super::ValueModel#structfield.call
//! [`Realm::answer`]: super::Realm::answer
//! [`Realm::new`]: super::Realm::new
//! [`Realm::record`]: super::Realm::record
//! [`Realm::record_into`]: super::Realm::record_into
//! [`Realm::take_exception`]: super::Realm::take_exception
//! [`Record`]: super::Record
//! [`Record::finalize`]: super::Record::finalize
//! [`Record::into_raw`]: super::Record::into_raw
//! [`Test`]: super::Test
//! [`U64`]: crate::Type::U64
//! [`ValueModel`]: super::ValueModel
//! [`ValueModel::new`]: super::ValueModel::new
//! [`Words`]: super::Words
//! [`exception`]: super::Engine::exception
//! [`make`]: super::Engine::make
//! [`nanbox`]: super::nanbox
//! [`pin`]: super::Engine::pin
//! [`quickjs`]: super::quickjs
//! [`throw`]: super::Engine::throw
//! [`unpin`]: super::Engine::unpin
//! [`view`]: super::Engine::view

#[cfg(feature = "conformance")]
#[doc(hidden)]
pub mod toy;
