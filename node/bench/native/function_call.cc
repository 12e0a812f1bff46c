// The least that a callback of C++ costs: `Function::Call` in a handle scope, without a function of C in between.

#include <node.h>

namespace {

using v8::Context;
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::HandleScope;
using v8::Int32;
using v8::Integer;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::Undefined;
using v8::Value;

void Repeat(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = isolate->GetCurrentContext();
  Local<Function> function = info[0].As<Function>();
  const int32_t count = info[1].As<Int32>()->Value();
  int32_t sum = 0;
  for (int32_t index = 0; index < count; index++) {
    HandleScope scope(isolate);
    Local<Value> argument = Integer::New(isolate, index);
    Local<Value> result;
    if (!function->Call(context, Undefined(isolate), 1, &argument).ToLocal(&result)) return;
    sum += result.As<Int32>()->Value();
  }
  info.GetReturnValue().Set(sum);
}

}  // namespace

NODE_MODULE_INIT() {
  NODE_SET_METHOD(exports, "repeat", Repeat);
}
