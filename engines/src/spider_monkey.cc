// SpiderMonkey's C++ interface as functions of C, for spider_monkey.rs. Written after the headers of version 102.
//
// Values outside of the engine's own roots are words in Rust. So nothing in this engine's heap moves: there is no nursery, and
// the heap is not compacted. A value that Rust makes is in `made` until it is released, because the collector does not look at the stack.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <jsapi.h>
#include <jsfriendapi.h>

#include <js/Array.h>
#include <js/ArrayBuffer.h>
#include <js/BigInt.h>
#include <js/CompilationAndEvaluation.h>
#include <js/ContextOptions.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/GCAPI.h>
#include <js/GCVector.h>
#include <js/Initialization.h>
#include <js/Object.h>
#include <js/Realm.h>
#include <js/ScalarType.h>
#include <js/SharedArrayBuffer.h>
#include <js/SourceText.h>
#include <js/String.h>
#include <js/Symbol.h>
#include <js/TracingAPI.h>
#include <js/experimental/TypedData.h>

namespace {

using Rooted = JS::PersistentRooted<JS::Value>;

// The objects whose bytes C has or had, in the list of the engine's realm.
struct Pins {
    void *realm;
    // Calls `each` for the address of each object.
    void (*visit)(void *realm, void (*each)(void *data, uint64_t object), void *data);
    // Says whether C may work on their bytes.
    bool (*are_in_use)(void *realm);
};

struct Engine {
    explicit Engine(JSContext *cx) : nothing_moves(cx), made(cx), pinned(cx) {}

    JS::AutoDisableGenerationalGC nothing_moves;
    // The values that Rust holds: arguments and results of callbacks, and values for scripts that run next.
    JS::PersistentRootedVector<JS::Value> made;
    // The objects whose bytes C has, if they are not in the list.
    JS::PersistentRootedVector<JS::Value> pinned;
    Pins pins = {nullptr, nullptr, nullptr};
    // True if each step collects garbage, for tests.
    bool collects = false;
    JS::PersistentRooted<JSObject *> global;
};

Engine *engine(JSContext *cx) { return static_cast<Engine *>(JS_GetContextPrivate(cx)); }

// A place where the collector may run.
void step(JSContext *cx) {
    if (engine(cx)->collects) JS_GC(cx);
}

JS::Value value(uint64_t bits) { return JS::Value::fromRawBits(bits); }

// An object for an address, which is the sum of two private values: doubles, whose highest bit is 0 (or −0.0).
constexpr JSClass pointer_class = {"Pointer", JSCLASS_HAS_RESERVED_SLOTS(2)};

using Finalize = void (*)(void *);

void finalize_holder(JS::GCContext *, JSObject *holder) {
    const JS::Value &data = JS::GetReservedSlot(holder, 0), &finalize = JS::GetReservedSlot(holder, 1);
    if (!data.isUndefined()) reinterpret_cast<Finalize>(finalize.toPrivate())(data.toPrivate());
}

constexpr JSClassOps holder_ops = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, finalize_holder, nullptr, nullptr, nullptr};

// An object that a function refers to, and that drops the function's data when both are gone.
constexpr JSClass holder_class = {"Holder", JSCLASS_HAS_RESERVED_SLOTS(2) | JSCLASS_FOREGROUND_FINALIZE, &holder_ops};

constexpr JSClass global_class = {"global", JSCLASS_GLOBAL_FLAGS, &JS::DefaultGlobalClassOps};

// Takes the exception that waits in the context. Null if there is none: then script was ended, which it cannot catch.
Rooted *take_exception(JSContext *cx) {
    JS::RootedValue thrown(cx);
    if (!JS_IsExceptionPending(cx) || !JS_GetPendingException(cx, &thrown)) return nullptr;
    JS_ClearPendingException(cx);
    return new Rooted(cx, thrown);
}

bool keep(JSContext *cx, const JS::Value &made, uint64_t *result) {
    *result = made.asRawBits();
    return engine(cx)->made.append(made);
}

// Removes a value. It is among the newest ones, because calls end in the opposite order to that in which they began.
void remove(JS::PersistentRootedVector<JS::Value> &values, uint64_t bits) {
    for (size_t i = values.length(); i-- > 0;) {
        if (values[i].get().asRawBits() != bits) continue;
        values[i].setUndefined();
        break;
    }
    while (!values.empty() && values[values.length() - 1].isUndefined()) values.popBack();
}

uint64_t slot_bits(JSObject *object, uint32_t index) { return JS::GetReservedSlot(object, index).asRawBits(); }

// The buffer of bytes. A typed array without one gets one. Null if memory is missing.
JSObject *buffer_of(JSContext *cx, JS::HandleObject object) {
    if (!JS_IsArrayBufferViewObject(object)) return object;
    bool is_shared;
    return JS_GetArrayBufferViewBuffer(cx, object, &is_shared);
}

JSObject *object_at(uint64_t address) { return reinterpret_cast<JSObject *>(uintptr_t(address)); }

void trace_pin(void *tracer, uint64_t address) {
    JSObject *object = object_at(address);
    // Nothing moves, so the list needs no update.
    JS::TraceRoot(static_cast<JSTracer *>(tracer), &object, "pin");
}

void trace_pins(JSTracer *tracer, void *data) {
    const Pins &pins = static_cast<Engine *>(data)->pins;
    if (pins.realm) pins.visit(pins.realm, trace_pin, tracer);
}

// A search for the objects that show a buffer.
struct Search {
    JSContext *cx;
    JS::HandleObject buffer;
    bool found;
};

void search_pin(void *data, uint64_t address) {
    auto *search = static_cast<Search *>(data);
    JS::RootedObject object(search->cx, object_at(address));
    search->found |= buffer_of(search->cx, object) == search->buffer;
}

bool is_pinned(JSContext *cx, JS::HandleObject buffer) {
    for (size_t i = 0; i < engine(cx)->pinned.length(); i++) {
        if (!engine(cx)->pinned[i].isObject()) continue;
        JS::RootedObject pinned(cx, &engine(cx)->pinned[i].toObject());
        if (buffer_of(cx, pinned) == buffer) return true;
    }
    const Pins &pins = engine(cx)->pins;
    if (!pins.realm || !pins.are_in_use(pins.realm)) return false;
    Search search = {cx, buffer, false};
    pins.visit(pins.realm, search_pin, &search);
    return search.found;
}

// `detach(buffer)`: the buffer loses its bytes, unless C has them.
bool detach(JSContext *cx, unsigned argc, JS::Value *vp) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    JS::RootedObject buffer(cx, args.get(0).isObject() ? &args[0].toObject() : nullptr);
    if (!buffer || !JS::IsArrayBufferObject(buffer)) {
        JS_ReportErrorASCII(cx, "there is no buffer");
        return false;
    }
    if (is_pinned(cx, buffer)) {
        JS_ReportErrorASCII(cx, "C has the buffer's bytes");
        return false;
    }
    args.rval().setUndefined();
    return JS::DetachArrayBuffer(cx, buffer);
}

enum Kind { NUMBER, BOOLEAN, UNDEFINED, NULL_, STRING, SYMBOL, BIG_INT, FUNCTION, OBJECT, POINTER, BYTES, DETACHED };

}  // namespace

extern "C" {

struct View {
    uint32_t kind;
    double number;
    // An address, the lowest bits of a BigInt, or the truth.
    uint64_t bits;
    size_t len;
};

// The engine has threads of its own, which must end before the process does.
static bool init() {
    if (!JS_Init()) return false;
    return atexit(JS_ShutDown) == 0;
}

// Makes a context for this thread, whose script may use this much of the stack. Null if that fails.
JSContext *sm_new(size_t stack) {
    static const bool is_ready = init();
    JSContext *cx = is_ready ? JS_NewContext(JS::DefaultHeapMaxBytes) : nullptr;
    // A memory of WebAssembly takes its buffer's bytes away when it grows.
    if (!cx || (JS::ContextOptionsRef(cx).setWasm(false), !JS::InitSelfHostedCode(cx))) return nullptr;
    JS_SetNativeStackQuota(cx, stack);
    JS_SetGCParameter(cx, JSGC_COMPACTING_ENABLED, false);
    auto *own = new Engine(cx);
    JS_SetContextPrivate(cx, own);
    if (!JS_AddExtraGCRootsTracer(cx, trace_pins, own)) return nullptr;
    JS::RealmOptions options;
    options.creationOptions().setSharedMemoryAndAtomicsEnabled(true);
    JSObject *global = JS_NewGlobalObject(cx, &global_class, nullptr, JS::FireOnNewGlobalHook, options);
    if (!global) return nullptr;
    own->global.init(cx, global);
    JS::EnterRealm(cx, global);
    if (!JS_DefineFunction(cx, own->global, "detach", detach, 1, 0)) return nullptr;
    return cx;
}

// Frees a context, and everything in it.
void sm_free(JSContext *cx) {
    JS::LeaveRealm(cx, nullptr);
    JS_RemoveExtraGCRootsTracer(cx, trace_pins, engine(cx));
    delete engine(cx);
    JS_DestroyContext(cx);
}

void sm_gc(JSContext *cx) { JS_GC(cx); }

// Sets whether each step collects garbage.
void sm_set_collects(JSContext *cx, bool collects) { engine(cx)->collects = collects; }

void sm_view(JSContext *cx, uint64_t bits, View *view) {
    JS::RootedValue of(cx, value(bits));
    step(cx);
    *view = {OBJECT, 0, 0, 0};
    if (of.isNumber()) *view = {NUMBER, of.toNumber(), 0, 0};
    else if (of.isBoolean()) *view = {BOOLEAN, 0, of.toBoolean(), 0};
    else if (of.isUndefined()) view->kind = UNDEFINED;
    else if (of.isNull()) view->kind = NULL_;
    else if (of.isString()) view->kind = STRING;
    else if (of.isSymbol()) view->kind = SYMBOL;
    else if (of.isBigInt()) *view = {BIG_INT, 0, JS::ToBigUint64(of.toBigInt()), 0};
    if (!of.isObject()) return;
    JS::RootedObject object(cx, &of.toObject());
    bool is_shared;
    uint8_t *data = nullptr;
    size_t len = 0;
    if (JS::GetClass(object) == &pointer_class) {
        *view = {POINTER, 0, slot_bits(object, 0) + slot_bits(object, 1), 0};
        return;
    }
    if (JS_IsArrayBufferViewObject(object)) {
        // The bytes of a typed array without a buffer move, or go, when script asks for its buffer.
        JSObject *buffer = buffer_of(cx, object);
        if (!buffer) {
            JS_ClearPendingException(cx);
            return;
        }
        JS_GetObjectAsArrayBufferView(object, &len, &is_shared, &data);
        if (JS::IsArrayBufferObject(buffer) && JS::IsDetachedArrayBufferObject(buffer)) view->kind = DETACHED;
        else *view = {BYTES, 0, reinterpret_cast<uintptr_t>(data), len};
    } else if (JS::IsArrayBufferObject(object)) {
        JS::GetArrayBufferLengthAndData(object, &len, &is_shared, &data);
        if (JS::IsDetachedArrayBufferObject(object)) view->kind = DETACHED;
        else *view = {BYTES, 0, reinterpret_cast<uintptr_t>(data), len};
    } else if (JS::IsSharedArrayBufferObject(object)) {
        JS::GetSharedArrayBufferLengthAndData(object, &len, &is_shared, &data);
        *view = {BYTES, 0, reinterpret_cast<uintptr_t>(data), len};
    } else if (JS::IsCallable(object)) {
        view->kind = FUNCTION;
    }
}

// The functions that make values return false if memory is missing. The values are kept until `sm_release`.
bool sm_make_big_int(JSContext *cx, uint64_t bits, bool is_signed, uint64_t *result) {
    step(cx);
    JS::BigInt *made = is_signed ? JS::NumberToBigInt(cx, int64_t(bits)) : JS::NumberToBigInt(cx, bits);
    return made && keep(cx, JS::BigIntValue(made), result);
}

bool sm_make_pointer(JSContext *cx, uint64_t address, uint64_t *result) {
    step(cx);
    JSObject *made = JS_NewObject(cx, &pointer_class);
    if (!made) return false;
    JS::SetReservedSlot(made, 0, value(address / 2));
    JS::SetReservedSlot(made, 1, value(address - address / 2));
    return keep(cx, JS::ObjectValue(*made), result);
}

// The value of a copy of the bytes, or `undefined` if an exception waits in the context. Nothing keeps it.
uint64_t sm_new_bytes(JSContext *cx, const uint8_t *bytes, size_t len) {
    step(cx);
    JSObject *made = JS_NewUint8Array(cx, len);
    if (!made) return JS::UndefinedValue().asRawBits();
    bool is_shared;
    JS::AutoCheckCannotGC nothing_moves;
    uint8_t *data = JS_GetUint8ArrayData(made, &is_shared, nothing_moves);
    if (len) memcpy(data, bytes, len);
    return JS::ObjectValue(*made).asRawBits();
}

bool sm_make_bytes(JSContext *cx, const uint8_t *bytes, size_t len, uint64_t *result) {
    JS::Value made = value(sm_new_bytes(cx, bytes, len));
    return made.isObject() && keep(cx, made, result);
}

void sm_release(JSContext *cx, uint64_t bits) { remove(engine(cx)->made, bits); }

// The number of values that are kept.
size_t sm_made(JSContext *cx) { return engine(cx)->made.length(); }

// Releases all values.
void sm_forget(JSContext *cx) { engine(cx)->made.clear(); }

bool sm_pin(JSContext *cx, uint64_t bits) {
    bool is_kept = engine(cx)->pinned.append(value(bits));
    step(cx);
    return is_kept;
}

void sm_unpin(JSContext *cx, uint64_t bits) {
    remove(engine(cx)->pinned, bits);
    step(cx);
}

Rooted *sm_type_error(JSContext *cx, const char *text, size_t len) {
    JS::RootedString message(cx, JS_NewStringCopyUTF8N(cx, JS::UTF8Chars(text, len)));
    JS::RootedString file(cx, JS_GetEmptyString(cx));
    JS::RootedValue error(cx);
    if (!message || !JS::CreateError(cx, JSEXN_TYPEERR, nullptr, file, 0, 0, nullptr, message, JS::NothingHandleValue, &error))
        return take_exception(cx);
    return new Rooted(cx, error);
}

// The exception that waits in the context.
Rooted *sm_take_exception(JSContext *cx) { return take_exception(cx); }

void sm_throw(JSContext *cx, Rooted *thrown) {
    if (!thrown) return;
    JS::RootedValue exception(cx, thrown->get());
    JS_SetPendingException(cx, exception);
}

void sm_drop(Rooted *thrown) { delete thrown; }

// Calls a function of script. False: an exception waits in the context. The arguments are numbers, or values that `made` keeps. It
// keeps the result too if that is a cell, until `sm_release`.
bool sm_call_function(JSContext *cx, uint64_t function, uint64_t this_value, unsigned argc, const uint64_t *argv, uint64_t *result) {
    JS::RootedValue callee(cx, value(function)), receiver(cx, value(this_value)), returned(cx);
    // Nothing moves, so the collector need not know where the arguments are.
    auto *args = reinterpret_cast<const JS::Value *>(argv);
    step(cx);
    bool is_made = JS::Call(cx, receiver, callee, JS::HandleValueArray::fromMarkedLocation(argc, args), &returned);
    step(cx);
    *result = returned.asRawBits();
    if (!is_made || !returned.isGCThing()) return is_made;
    if (engine(cx)->made.append(returned)) return true;
    JS_ReportOutOfMemory(cx);
    return false;
}

// Calls it for Rust.
bool sm_call(JSContext *cx, uint64_t function, const uint64_t *args, size_t len, uint64_t *result) {
    return sm_call_function(cx, function, JS::UndefinedValue().asRawBits(), unsigned(len), args, result);
}

// Keeps a value until `sm_drop`.
Rooted *sm_root(JSContext *cx, uint64_t bits) { return new Rooted(cx, value(bits)); }

// A function that keeps `data`, and drops it by `finalize`. Without a function `data` is dropped at once or later.
bool sm_function(JSContext *cx, const char *name, JSNative native, unsigned arity, void *data, Finalize finalize, uint64_t *result) {
    JS::RootedObject holder(cx, JS_NewObject(cx, &holder_class));
    if (!holder) {
        finalize(data);
        return false;
    }
    JS::SetReservedSlot(holder, 0, JS::PrivateValue(data));
    JS::SetReservedSlot(holder, 1, JS::PrivateValue(reinterpret_cast<void *>(finalize)));
    JSFunction *function = js::NewFunctionWithReserved(cx, native, arity, 0, name);
    if (!function) return false;
    JSObject *object = JS_GetFunctionObject(function);
    js::SetFunctionNativeReserved(object, 0, JS::ObjectValue(*holder));
    return keep(cx, JS::ObjectValue(*object), result);
}

bool sm_set_global(JSContext *cx, const char *name, uint64_t bits) {
    JS::RootedValue to(cx, value(bits));
    return JS_SetProperty(cx, engine(cx)->global, name, to);
}

// Runs a script. False: an exception waits in the context.
bool sm_evaluate(JSContext *cx, const char *text, size_t len, uint64_t *result) {
    JS::CompileOptions options(cx);
    options.setFileAndLine("script", 1);
    JS::SourceText<mozilla::Utf8Unit> source;
    JS::RootedValue returned(cx);
    return source.init(cx, text, len, JS::SourceOwnership::Borrowed) && JS::Evaluate(cx, options, source, &returned) &&
           keep(cx, returned, result);
}

// Writes a value's text in UTF-8 to `to`, as much as there is room for. Returns the length of the whole, or SIZE_MAX if an
// exception waits.
size_t sm_text(JSContext *cx, uint64_t bits, char *to, size_t room) {
    JS::RootedValue of(cx, value(bits));
    JS::RootedString string(cx, JS::ToString(cx, of));
    JS::UniqueChars chars = string ? JS_EncodeStringToUTF8(cx, string) : nullptr;
    if (!chars) return SIZE_MAX;
    size_t len = strlen(chars.get());
    memcpy(to, chars.get(), len < room ? len : room);
    return len;
}

// Sets the list of pinned objects.
void sm_set_pins(JSContext *cx, const Pins *pins) { engine(cx)->pins = *pins; }

size_t sm_class_size() { return sizeof(JSClass); }

// The number of elements of an array, or 0.
uint32_t sm_array_len(JSContext *cx, uint64_t array) {
    if (!value(array).isObject()) return 0;
    JS::RootedObject of(cx, &value(array).toObject());
    uint32_t len = 0;
    if (!JS::GetArrayLength(cx, of, &len)) JS_ClearPendingException(cx);
    return len;
}

// An element of an array, or `undefined`. Nothing but the array keeps it.
uint64_t sm_element(JSContext *cx, uint64_t array, uint32_t index) {
    JS::RootedObject of(cx, &value(array).toObject());
    JS::RootedValue element(cx);
    if (!JS_GetElement(cx, of, index, &element)) JS_ClearPendingException(cx);
    return element.asRawBits();
}

struct Sample {
    uint32_t kind;
    // Of a typed array: `1 << shift` bytes are an element.
    uint32_t shift;
    uint64_t class_address;
    // The address of the bytes, and the number of elements. Of a pointer: its slots.
    uint64_t words[2];
    // The value of a typed array's buffer, or 0.
    uint64_t buffer;
};

enum SampleKind { OTHER_SAMPLE, TYPED_ARRAY_SAMPLE, DATA_VIEW_SAMPLE, BUFFER_SAMPLE, POINTER_SAMPLE };

// Describes an object. A typed array that is not new gets a buffer.
void sm_describe(JSContext *cx, uint64_t bits, bool is_new, Sample *sample) {
    *sample = {OTHER_SAMPLE, 0, 0, {0, 0}, 0};
    if (!value(bits).isObject()) return;
    JS::RootedObject object(cx, &value(bits).toObject());
    const JSClass *its_class = JS::GetClass(object);
    sample->class_address = reinterpret_cast<uintptr_t>(its_class);
    bool is_shared;
    uint8_t *data = nullptr;
    size_t len = 0;
    if (its_class == &pointer_class) {
        *sample = {POINTER_SAMPLE, 0, sample->class_address, {slot_bits(object, 0), slot_bits(object, 1)}, 0};
    } else if (JS_IsArrayBufferViewObject(object)) {
        JSObject *buffer = is_new ? nullptr : buffer_of(cx, object);
        if (buffer) sample->buffer = JS::ObjectValue(*buffer).asRawBits();
        else if (!is_new) return JS_ClearPendingException(cx);
        JS_GetObjectAsArrayBufferView(object, &len, &is_shared, &data);
        sample->kind = JS_IsTypedArrayObject(object) ? TYPED_ARRAY_SAMPLE : DATA_VIEW_SAMPLE;
        if (JS_IsTypedArrayObject(object)) sample->shift = __builtin_ctzl(JS::Scalar::byteSize(JS_GetArrayBufferViewType(object)));
        sample->words[0] = reinterpret_cast<uintptr_t>(data);
        sample->words[1] = len >> sample->shift;
    } else if (JS::IsArrayBufferObject(object)) {
        JS::GetArrayBufferLengthAndData(object, &len, &is_shared, &data);
        sample->kind = BUFFER_SAMPLE;
        sample->words[0] = reinterpret_cast<uintptr_t>(data);
        sample->words[1] = len;
    }
}

uint64_t sm_thrown(Rooted *thrown) { return thrown ? thrown->get().asRawBits() : JS::UndefinedValue().asRawBits(); }

}  // extern "C"
