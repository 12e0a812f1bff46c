// V8's C++ interface as C functions: see shim.h.

#include "shim.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <libplatform/libplatform.h>
#include <v8-fast-api-calls.h>
#include <v8.h>

using v8::Local;
using v8::MaybeLocal;

struct Shim {
    v8::Isolate *isolate;
    std::unique_ptr<v8::ArrayBuffer::Allocator> allocator;
    v8::Global<v8::Context> context;
    // The place where the last script threw.
    v8::Global<v8::Message> message;
    v8::Global<v8::Value> stack;
};

struct Native {
    void (*run)(const Call *call, void *data);
    void *data;
    std::vector<v8::CTypeInfo> params;
    std::unique_ptr<v8::CFunctionInfo> info;
    v8::CFunction fast;
};

struct Root {
    v8::Global<v8::Value> value;
};

struct Pin {
    std::shared_ptr<v8::BackingStore> bytes;
};

namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

std::unique_ptr<v8::Platform> platform;

// A handle is the content of V8's own handles.
static_assert(sizeof(Local<v8::Value>) == sizeof(Handle), "a handle is an address");

Local<v8::Value> value_of(Handle handle) {
    Local<v8::Value> value;
    std::memcpy(static_cast<void *>(&value), &handle, sizeof handle);
    return value;
}

template <class T>
Handle handle_of(Local<T> value) {
    Handle handle;
    std::memcpy(&handle, &value, sizeof handle);
    return handle;
}

template <class T>
Handle handle_of(MaybeLocal<T> value) {
    return handle_of(value.FromMaybe(Local<T>()));
}

Local<v8::Context> context_of(Shim *shim) { return shim->context.Get(shim->isolate); }

MaybeLocal<v8::String> string_of(Shim *shim, const char *bytes, size_t length) {
    if (length > static_cast<size_t>(v8::String::kMaxLength)) return {};
    return v8::String::NewFromUtf8(shim->isolate, bytes, v8::NewStringType::kNormal, static_cast<int>(length));
}

// V8 calls this for every native function.
void call_native(const Info &info) {
    auto *native = static_cast<Native *>(info.Data().As<v8::External>()->Value());
    native->run(reinterpret_cast<const Call *>(&info), native->data);
}

// The exception that was caught, unless V8 ends the script. V8 continues to do so when this program's function returns to it.
Local<v8::Value> thrown_by(const v8::TryCatch &caught) {
    if (!caught.HasCaught() || caught.HasTerminated()) return {};
    return caught.Exception();
}

// The value of a call that may have thrown, and the exception if it has.
template <class T>
Handle outcome(const v8::TryCatch &caught, MaybeLocal<T> result, Handle *thrown) {
    *thrown = result.IsEmpty() ? handle_of(thrown_by(caught)) : nullptr;
    return handle_of(result);
}

void see_bytes(const void *address, size_t length, View *view) {
    view->kind = kBytes;
    view->bits = reinterpret_cast<uintptr_t>(address);
    view->length = length;
}

void see_view(Local<v8::ArrayBufferView> array, bool may_allocate, View *view) {
    if (!array->HasBuffer() && !may_allocate) {
        view->kind = kMovable;
        view->length = array->ByteLength();
        return;
    }
    // This moves bytes out of the collector's heap permanently.
    Local<v8::ArrayBuffer> buffer = array->Buffer();
    // If buffers can shrink, which takes a flag, V8 gives an array's old length.
    if (buffer->WasDetached() || array->ByteOffset() + array->ByteLength() > buffer->ByteLength()) {
        view->kind = kDetached;
        return;
    }
    see_bytes(static_cast<const char *>(buffer->Data()) + array->ByteOffset(), array->ByteLength(), view);
}

void see_object(Local<v8::Value> value, bool may_allocate, View *view) {
    if (value->IsExternal()) {
        view->kind = kPointer;
        view->bits = reinterpret_cast<uintptr_t>(value.As<v8::External>()->Value());
    } else if (value->IsArrayBufferView()) {
        see_view(value.As<v8::ArrayBufferView>(), may_allocate, view);
    } else if (value->IsArrayBuffer()) {
        auto buffer = value.As<v8::ArrayBuffer>();
        if (buffer->WasDetached()) {
            view->kind = kDetached;
        } else {
            see_bytes(buffer->Data(), buffer->ByteLength(), view);
        }
    } else if (value->IsSharedArrayBuffer()) {
        auto buffer = value.As<v8::SharedArrayBuffer>();
        see_bytes(buffer->Data(), buffer->ByteLength(), view);
    } else {
        view->kind = value->IsFunction() ? kFunction : kObject;
    }
}

v8::CTypeInfo type_of(CType type) {
    return v8::CTypeInfo(static_cast<v8::CTypeInfo::Type>(type.type),
                         static_cast<v8::CTypeInfo::SequenceType>(type.sequence),
                         static_cast<v8::CTypeInfo::Flags>(type.flags));
}

// A line of the report about an exception.
void add_line(Shim *shim, std::string &text, Local<v8::Value> value) {
    v8::String::Utf8Value line(shim->isolate, value);
    if (*line == nullptr) return;
    text.append(*line, line.length()).push_back('\n');
}

}  // namespace

extern "C" {

bool shim_start(const char *const *flags, size_t count, size_t *unknown) {
    for (size_t index = 0; index < count; index++) {
        char name[] = "v8";
        std::string flag = flags[index];
        char *argv[] = {name, flag.data(), nullptr};
        int argc = 2;
        v8::V8::SetFlagsFromCommandLine(&argc, argv, true);
        // V8 removes the flags that it knows.
        if (argc > 1) {
            *unknown = index;
            return false;
        }
    }
    platform = v8::platform::NewDefaultPlatform();
    v8::V8::InitializePlatform(platform.get());
    v8::V8::Initialize();
    return true;
}

void shim_stop(void) {
    v8::V8::Dispose();
    v8::V8::DisposePlatform();
    platform.reset();
}

const char *shim_version(void) { return v8::V8::GetVersion(); }

Shim *shim_new(void) {
    auto shim = std::make_unique<Shim>();
    shim->allocator.reset(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator = shim->allocator.get();
    shim->isolate = v8::Isolate::New(params);
    shim->isolate->SetCaptureStackTraceForUncaughtExceptions(true);
    v8::Isolate::Scope isolate(shim->isolate);
    v8::HandleScope scope(shim->isolate);
    shim->context.Reset(shim->isolate, v8::Context::New(shim->isolate));
    return shim.release();
}

void shim_free(Shim *shim) {
    shim->message.Reset();
    shim->stack.Reset();
    shim->context.Reset();
    shim->isolate->Dispose();
    delete shim;
}

void shim_enter(Shim *shim, void (*run)(void *data), void *data) {
    v8::Isolate::Scope isolate(shim->isolate);
    v8::HandleScope scope(shim->isolate);
    v8::Context::Scope context(context_of(shim));
    run(data);
}

void shim_scope(Shim *shim, void (*run)(void *data), void *data) {
    v8::HandleScope scope(shim->isolate);
    run(data);
}

void shim_collect(Shim *shim) { shim->isolate->LowMemoryNotification(); }

size_t shim_heap_size(Shim *shim) {
    v8::HeapStatistics statistics;
    shim->isolate->GetHeapStatistics(&statistics);
    return statistics.used_heap_size();
}

Handle shim_run(Shim *shim, Handle source, Handle name, Handle *thrown) {
    v8::EscapableHandleScope scope(shim->isolate);
    v8::TryCatch caught(shim->isolate);
    Local<v8::Context> context = context_of(shim);
    v8::ScriptOrigin origin(shim->isolate, value_of(name));
    Local<v8::Script> script;
    MaybeLocal<v8::Value> result;
    if (v8::Script::Compile(context, value_of(source).As<v8::String>(), &origin).ToLocal(&script)) {
        result = script->Run(context);
    }
    if (!result.IsEmpty()) return handle_of(scope.Escape(result.ToLocalChecked()));
    shim->message.Reset(shim->isolate, caught.Message());
    shim->stack.Reset(shim->isolate, caught.StackTrace(context).FromMaybe(Local<v8::Value>()));
    Local<v8::Value> exception = thrown_by(caught);
    *thrown = exception.IsEmpty() ? nullptr : handle_of(scope.Escape(exception));
    return nullptr;
}

Handle shim_call(Shim *shim, Handle function, const Handle *args, size_t count, Handle *thrown) {
    v8::TryCatch caught(shim->isolate);
    std::vector<Local<v8::Value>> values;
    for (size_t index = 0; index < count; index++) values.push_back(value_of(args[index]));
    Local<v8::Value> receiver = v8::Undefined(shim->isolate);
    auto callee = value_of(function).As<v8::Function>();
    auto result = callee->Call(context_of(shim), receiver, static_cast<int>(count), values.data());
    return outcome(caught, result, thrown);
}

Handle shim_report(Shim *shim, Handle thrown) {
    v8::TryCatch caught(shim->isolate);
    Local<v8::Context> context = context_of(shim);
    std::string text;
    if (!shim->message.IsEmpty()) {
        Local<v8::Message> message = shim->message.Get(shim->isolate);
        v8::String::Utf8Value name(shim->isolate, message->GetScriptResourceName());
        text.append(*name ? *name : "").push_back(':');
        text += std::to_string(message->GetLineNumber(context).FromMaybe(0)) + '\n';
        Local<v8::String> line;
        if (message->GetSourceLine(context).ToLocal(&line)) add_line(shim, text, line);
    }
    Local<v8::Value> stack = shim->stack.Get(shim->isolate);
    add_line(shim, text, stack.IsEmpty() ? value_of(thrown) : stack);
    return handle_of(string_of(shim, text.data(), text.size()));
}

void shim_view(Shim *shim, Handle handle, bool may_allocate, View *view) {
    v8::HandleScope scope(shim->isolate);
    Local<v8::Value> value = value_of(handle);
    if (value->IsNumber()) {
        view->kind = kNumber;
        view->number = value.As<v8::Number>()->Value();
    } else if (value->IsObject() || value->IsExternal()) {
        see_object(value, may_allocate, view);
    } else if (value->IsBoolean()) {
        view->kind = kBoolean;
        view->bits = value->IsTrue();
    } else if (value->IsNull()) {
        view->kind = kNull;
    } else if (value->IsUndefined()) {
        view->kind = kUndefined;
    } else if (value->IsBigInt()) {
        view->kind = kBigInt;
        view->bits = value.As<v8::BigInt>()->Uint64Value();
    } else {
        view->kind = value->IsSymbol() ? kSymbol : kString;
    }
}

size_t shim_copy(Shim *, Handle view, uint8_t *bytes, size_t length) {
    return value_of(view).As<v8::ArrayBufferView>()->CopyContents(bytes, length);
}

void shim_detach(Shim *, Handle buffer) { value_of(buffer).As<v8::ArrayBuffer>()->Detach(); }

bool shim_has_whole_addresses(void) { return v8::internal::kApiTaggedSize == sizeof(void *); }

uint64_t shim_word(Handle value) {
    uint64_t word;
    std::memcpy(&word, value, sizeof word);
    return word;
}

size_t shim_text_length(Shim *shim, Handle text) {
    return static_cast<size_t>(value_of(text).As<v8::String>()->Utf8Length(shim->isolate));
}

void shim_text(Shim *shim, Handle text, char *bytes, size_t length) {
    // Half a surrogate pair becomes U+FFFD, which has the same number of bytes.
    int options = v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8;
    value_of(text).As<v8::String>()->WriteUtf8(shim->isolate, bytes, static_cast<int>(length), nullptr, options);
}

Handle shim_to_text(Shim *shim, Handle value, Handle *thrown) {
    v8::TryCatch caught(shim->isolate);
    return outcome(caught, value_of(value)->ToString(context_of(shim)), thrown);
}

Handle shim_symbol_text(Shim *shim, Handle value) {
    v8::TryCatch caught(shim->isolate);
    if (!value_of(value)->IsSymbol()) return nullptr;
    return handle_of(value_of(value)->ToDetailString(context_of(shim)));
}

Handle shim_undefined(Shim *shim) { return handle_of(v8::Undefined(shim->isolate)); }

Handle shim_null(Shim *shim) { return handle_of(v8::Null(shim->isolate)); }

Handle shim_boolean(Shim *shim, bool truth) { return handle_of(v8::Boolean::New(shim->isolate, truth)); }

Handle shim_number(Shim *shim, double number) { return handle_of(v8::Number::New(shim->isolate, number)); }

Handle shim_bigint(Shim *shim, int64_t number) { return handle_of(v8::BigInt::New(shim->isolate, number)); }

Handle shim_biguint(Shim *shim, uint64_t number) {
    return handle_of(v8::BigInt::NewFromUnsigned(shim->isolate, number));
}

Handle shim_pointer(Shim *shim, const void *address) {
    return handle_of(v8::External::New(shim->isolate, const_cast<void *>(address)));
}

Handle shim_bytes(Shim *shim, const uint8_t *bytes, size_t length) {
    Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(shim->isolate, length);
    if (length > 0) std::memcpy(buffer->Data(), bytes, length);
    return handle_of(v8::Uint8Array::New(buffer, 0, length));
}

Handle shim_cell(Shim *shim, uint32_t *cell) {
    std::unique_ptr<v8::BackingStore> store =
        v8::ArrayBuffer::NewBackingStore(cell, sizeof *cell, v8::BackingStore::EmptyDeleter, nullptr);
    Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(shim->isolate, std::move(store));
    return handle_of(v8::Uint32Array::New(buffer, 0, 1));
}

Handle shim_string(Shim *shim, const char *bytes, size_t length) { return handle_of(string_of(shim, bytes, length)); }

Handle shim_object(Shim *shim) { return handle_of(v8::Object::New(shim->isolate)); }

Handle shim_error(Shim *shim, bool type_error, const char *message, size_t length) {
    Local<v8::String> text = string_of(shim, message, length).FromMaybe(v8::String::Empty(shim->isolate));
    return handle_of(type_error ? v8::Exception::TypeError(text) : v8::Exception::Error(text));
}

Handle shim_global(Shim *shim) { return handle_of(context_of(shim)->Global()); }

bool shim_set(Shim *shim, Handle object, const char *name, size_t length, Handle value) {
    v8::TryCatch caught(shim->isolate);
    Local<v8::String> key;
    if (!string_of(shim, name, length).ToLocal(&key)) return false;
    auto receiver = value_of(object).As<v8::Object>();
    return receiver->CreateDataProperty(context_of(shim), key, value_of(value)).FromMaybe(false);
}

Native *shim_native(Shim *shim, const char *name, size_t length, int arity, void (*run)(const Call *call, void *data),
                    void *data, const FastCall *fast, Handle *function) {
    auto native = std::make_unique<Native>();
    native->run = run;
    native->data = data;
    if (fast != nullptr) {
        for (size_t index = 0; index < fast->count; index++) native->params.push_back(type_of(fast->params[index]));
        auto count = static_cast<unsigned>(fast->count);
        native->info = std::make_unique<v8::CFunctionInfo>(type_of(fast->result), count, native->params.data());
        native->fast = v8::CFunction(fast->address, native->info.get());
    }
    Local<v8::FunctionTemplate> made = v8::FunctionTemplate::New(
        shim->isolate, call_native, v8::External::New(shim->isolate, native.get()), Local<v8::Signature>(), arity,
        v8::ConstructorBehavior::kThrow, v8::SideEffectType::kHasSideEffect, fast ? &native->fast : nullptr);
    v8::TryCatch caught(shim->isolate);
    Local<v8::String> key;
    if (string_of(shim, name, length).ToLocal(&key)) made->SetClassName(key);
    *function = handle_of(made->GetFunction(context_of(shim)));
    return native.release();
}

void shim_native_free(Native *native) { delete native; }

size_t shim_argument_count(const Call *call) {
    return static_cast<size_t>(reinterpret_cast<const Info *>(call)->Length());
}

Handle shim_argument(const Call *call, size_t index) {
    return handle_of((*reinterpret_cast<const Info *>(call))[static_cast<int>(index)]);
}

void shim_return(const Call *call, Handle value) {
    reinterpret_cast<const Info *>(call)->GetReturnValue().Set(value_of(value));
}

void shim_throw(Shim *shim, Handle exception) { shim->isolate->ThrowException(value_of(exception)); }

void shim_terminate(Shim *shim) {
    if (!shim->isolate->IsExecutionTerminating()) shim->isolate->TerminateExecution();
}

Root *shim_root(Shim *shim, Handle value) {
    return new Root{v8::Global<v8::Value>(shim->isolate, value_of(value))};
}

Handle shim_root_value(Shim *shim, const Root *root) { return handle_of(root->value.Get(shim->isolate)); }

void shim_root_free(Root *root) { delete root; }

Pin *shim_pin(Shim *shim, Handle handle) {
    v8::HandleScope scope(shim->isolate);
    Local<v8::Value> value = value_of(handle);
    if (value->IsArrayBufferView()) {
        return new Pin{value.As<v8::ArrayBufferView>()->Buffer()->GetBackingStore()};
    }
    if (value->IsArrayBuffer()) return new Pin{value.As<v8::ArrayBuffer>()->GetBackingStore()};
    return nullptr;
}

void shim_pin_free(Pin *pin) { delete pin; }
}
