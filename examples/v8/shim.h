// V8's C++ interface as C functions, with only what the example needs. `src/ffi.rs` declares these functions for Rust, in this order.
//
// One isolate with one context, used on one thread. C++ exceptions and panics do not pass in either direction.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// An isolate with its context.
struct Shim;
// A function of script that runs a native one, with the data to which V8 keeps addresses.
struct Native;
// A value that is kept until it is released.
struct Root;
// The bytes of a buffer, which stay in place until they are released, even if script detaches the buffer.
struct Pin;
// A call of a native function: V8's `FunctionCallbackInfo`.
struct Call;

// The address of a word that holds a value. Valid until the innermost scope ends; null for no value.
typedef const void *Handle;

// The kind of a value.
enum Kind : uint32_t {
    kUndefined,
    kNull,
    kBoolean,
    kNumber,
    kBigInt,
    kString,
    kSymbol,
    kFunction,
    kObject,
    kPointer,
    kBytes,
    kDetached,
    // A view whose bytes are in the collector's heap, which moves them.
    kMovable,
};

// A value as plain data: `number`; `bits` of a boolean, a BigInt (the low 64 bits) or an address; `length` of bytes, movable
// ones too.
struct View {
    uint32_t kind;
    double number;
    uint64_t bits;
    size_t length;
};

// CTypeInfo's three bytes.
struct CType {
    uint8_t type;
    uint8_t sequence;
    uint8_t flags;
};

// The function that optimised code may call instead of the native one: its address and its type, the receiver first.
struct FastCall {
    const void *address;
    const CType *params;
    size_t count;
    CType result;
};

// Sets V8's flags and starts it. Returns false if V8 does not have the flag that `flags` has at `*unknown`.
bool shim_start(const char *const *flags, size_t count, size_t *unknown);
// Ends V8. The isolate must be freed before.
void shim_stop(void);
// V8's version.
const char *shim_version(void);
// A new isolate.
Shim *shim_new(void);
// Frees the isolate, whose scopes have ended and whose roots are freed.
void shim_free(Shim *shim);
// Runs `run(data)` inside the isolate and its context, where all other functions may be used.
void shim_enter(Shim *shim, void (*run)(void *data), void *data);
// Runs `run(data)` in a scope of its own for handles.
void shim_scope(Shim *shim, void (*run)(void *data), void *data);
// Collects all garbage.
void shim_collect(Shim *shim);

// The number of bytes of the isolate's objects.
size_t shim_heap_size(Shim *shim);

// Runs a script. Returns its result, or none and the exception. Both are none if V8 has ended the script.
Handle shim_run(Shim *shim, Handle source, Handle name, Handle *thrown);
// Calls a function, with such results.
Handle shim_call(Shim *shim, Handle function, const Handle *args, size_t count, Handle *thrown);
// Text about the exception that `shim_run` has just returned: its place and its stack.
Handle shim_report(Shim *shim, Handle thrown);

// The view of a value. If `may_allocate` is false, nothing is allocated on V8's heap.
void shim_view(Shim *shim, Handle value, bool may_allocate, View *view);
// Copies bytes of a view, without moving them. Returns their number.
size_t shim_copy(Shim *shim, Handle view, uint8_t *bytes, size_t length);
// Detaches a buffer from its bytes.
void shim_detach(Shim *shim, Handle buffer);
// True if V8 was built so that objects refer to each other by whole addresses.
bool shim_has_whole_addresses(void);
// The word that a handle leads to.
uint64_t shim_word(Handle value);
// The length of a string in bytes of UTF-8.
size_t shim_text_length(Shim *shim, Handle text);
// Writes a string to as many bytes of UTF-8 as it has.
void shim_text(Shim *shim, Handle text, char *bytes, size_t length);
// A value as text, for which script may have a function; or none and the exception. Symbols throw.
Handle shim_to_text(Shim *shim, Handle value, Handle *thrown);
// A symbol as text; none if the value is not a symbol.
Handle shim_symbol_text(Shim *shim, Handle value);

// undefined.
Handle shim_undefined(Shim *shim);
// null.
Handle shim_null(Shim *shim);
// A truth value.
Handle shim_boolean(Shim *shim, bool truth);
// A number.
Handle shim_number(Shim *shim, double number);
// A BigInt.
Handle shim_bigint(Shim *shim, int64_t number);
// A BigInt without a sign.
Handle shim_biguint(Shim *shim, uint64_t number);
// A pointer object, of an address that is not null.
Handle shim_pointer(Shim *shim, const void *address);
// A Uint8Array with a copy of the bytes.
Handle shim_bytes(Shim *shim, const uint8_t *bytes, size_t length);
// A Uint32Array whose only element is the cell, which lives as long as the isolate.
Handle shim_cell(Shim *shim, uint32_t *cell);
// A string; none if it is too long.
Handle shim_string(Shim *shim, const char *bytes, size_t length);
// An object without properties.
Handle shim_object(Shim *shim);
// An error, or a TypeError.
Handle shim_error(Shim *shim, bool type_error, const char *message, size_t length);
// The object that has the global variables.
Handle shim_global(Shim *shim);

// Defines an own property of an object, with any name.
bool shim_set(Shim *shim, Handle object, const char *name, size_t length, Handle value);

// Makes a function that runs `run(call, data)`. Optimised code runs the fast call instead, if there is one.
Native *shim_native(Shim *shim, const char *name, size_t length, int arity, void (*run)(const Call *call, void *data),
                    void *data, const FastCall *fast, Handle *function);
// Frees the data to which V8 keeps addresses. The isolate must be freed before.
void shim_native_free(Native *native);
// The number of the call's arguments.
size_t shim_argument_count(const Call *call);
// The argument with an index, which is undefined after the last one.
Handle shim_argument(const Call *call, size_t index);
// Sets the result of the call.
void shim_return(const Call *call, Handle value);
// Makes the call throw.
void shim_throw(Shim *shim, Handle exception);
// Makes V8 end the script, if it does not already. Script cannot catch that.
void shim_terminate(Shim *shim);

// Keeps a value.
Root *shim_root(Shim *shim, Handle value);
// The kept value.
Handle shim_root_value(Shim *shim, const Root *root);
// Releases a kept value.
void shim_root_free(Root *root);
// Keeps the bytes of a buffer or a view; null if its bytes cannot be moved or freed.
Pin *shim_pin(Shim *shim, Handle value);
// Releases kept bytes.
void shim_pin_free(Pin *pin);
}
