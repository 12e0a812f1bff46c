//! V8 behind Node-API: fast calls and V8's own callbacks for functions of C.
//!
//! Node-API alone makes a call cost 27 ns or more. V8 itself is faster, and the running program exports its C++ interface.
//! So the addon finds V8's [`functions`] by name, and one binary serves all versions of a platform.
//!
//! Nothing is trusted that was not compared with V8's own answers when an environment begins:
//!
//! | fact | how it is found |
//! |---|---|
//! | version | `V8::GetVersion`; others than those known to hotcall are refused |
//! | pointers are not compressed | the word of 5 |
//! | size of `CTypeInfo` | [`CFunctionInfo::ArgumentInfo`](fast::info_size) |
//! | layout of `FunctionCallbackInfo` | a [function that is called once](probe) |
//! | null, booleans, undefined | words of these values |
//! | layout of buffers, views, externals, heap numbers, BigInts and strings | [samples] of all kinds, compared with Node-API's answers |
//! | owners of a buffer's memory | [counted](store) before and after another one is added |
//!
//! If one is not as expected, the reason is in `diagnostics()`, and Node-API serves.

pub(crate) mod begin;
pub(crate) mod buffer;
pub(crate) mod entries;
mod fast;
pub(crate) mod functions;
pub(crate) mod isolate;
pub(crate) mod plain_callback;
mod probe;
mod samples;
pub(crate) mod script;
mod stack;
mod store;
mod string;
pub(crate) mod structs;
mod template;
