// SpiderMonkey functions as a person would write them in C++, one for each function of callees.c that script calls.
extern "C" {
#include "callees.c"
}

#include <cstring>

#include <jsapi.h>
#include <jsfriendapi.h>

#include <js/CallArgs.h>
#include <js/Conversions.h>
#include <js/experimental/TypedData.h>

#define FUNCTION(name) extern "C" bool js_##name(JSContext *cx, unsigned argc, JS::Value *vp)

static bool to_int32(JSContext *cx, JS::CallArgs &args, unsigned index, int32_t *to) { return JS::ToInt32(cx, args.get(index), to); }

static bool to_double(JSContext *cx, JS::CallArgs &args, unsigned index, double *to) { return JS::ToNumber(cx, args.get(index), to); }

// The bytes stay while nothing is allocated.
static const uint8_t *bytes_of(JSContext *cx, JS::CallArgs &args, unsigned index, size_t size) {
    uint8_t *data;
    size_t len;
    bool is_shared;
    if (!args.get(index).isObject() || !JS_GetObjectAsUint8Array(&args[index].toObject(), &len, &is_shared, &data)) {
        JS_ReportErrorASCII(cx, "argument %u is not an Uint8Array", index + 1);
        return nullptr;
    }
    if (len < size) {
        JS_ReportErrorASCII(cx, "argument %u has too few bytes", index + 1);
        return nullptr;
    }
    return data;
}

template <typename T>
static bool to_struct(JSContext *cx, JS::CallArgs &args, unsigned index, T *to) {
    const uint8_t *bytes = bytes_of(cx, args, index, sizeof *to);
    if (bytes) memcpy(to, bytes, sizeof *to);
    return bytes != nullptr;
}

template <typename T>
static bool give_struct(JSContext *cx, JS::CallArgs &args, const T &of) {
    JSObject *array = JS_NewUint8Array(cx, sizeof of);
    if (!array) return false;
    JS::AutoCheckCannotGC nothing_moves;
    bool is_shared;
    memcpy(JS_GetUint8ArrayData(array, &is_shared, nothing_moves), &of, sizeof of);
    args.rval().setObject(*array);
    return true;
}

FUNCTION(nop) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    nop();
    args.rval().setUndefined();
    return true;
}

FUNCTION(add_i32) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    int32_t a, b;
    if (!to_int32(cx, args, 0, &a) || !to_int32(cx, args, 1, &b)) return false;
    args.rval().setInt32(add_i32(a, b));
    return true;
}

FUNCTION(add_f64) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    double a, b;
    if (!to_double(cx, args, 0, &a) || !to_double(cx, args, 1, &b)) return false;
    args.rval().set(JS::CanonicalizedDoubleValue(add_f64(a, b)));
    return true;
}

FUNCTION(sum8_f64) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    double n[8];
    for (unsigned i = 0; i < 8; i++) {
        if (!to_double(cx, args, i, &n[i])) return false;
    }
    args.rval().set(JS::CanonicalizedDoubleValue(sum8_f64(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7])));
    return true;
}

FUNCTION(sum12_i32) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    int32_t n[12];
    for (unsigned i = 0; i < 12; i++) {
        if (!to_int32(cx, args, i, &n[i])) return false;
    }
    args.rval().setInt32(sum12_i32(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
    return true;
}

FUNCTION(first_byte) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    uint64_t length;
    if (!JS::ToUint64(cx, args.get(1), &length)) return false;
    const uint8_t *bytes = bytes_of(cx, args, 0, 0);
    if (!bytes) return false;
    args.rval().setInt32(first_byte(bytes, length));
    return true;
}

FUNCTION(point_dist2) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    struct16 a, b;
    if (!to_struct(cx, args, 0, &a) || !to_struct(cx, args, 1, &b)) return false;
    args.rval().set(JS::CanonicalizedDoubleValue(point_dist2(a, b)));
    return true;
}

FUNCTION(point_add) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    struct16 a, b;
    return to_struct(cx, args, 0, &a) && to_struct(cx, args, 1, &b) && give_struct(cx, args, point_add(a, b));
}

FUNCTION(struct16_out) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    double x, y;
    return to_double(cx, args, 0, &x) && to_double(cx, args, 1, &y) && give_struct(cx, args, struct16_out(x, y));
}

FUNCTION(quad_sum) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    quad q;
    if (!to_struct(cx, args, 0, &q)) return false;
    args.rval().setInt32(quad_sum(q));
    return true;
}

// The script function of the call that runs, and whether it has thrown.
static struct {
    JSContext *cx;
    JS::Value *function;
    bool has_thrown;
} script;

static int32_t call_script(int32_t a) {
    if (script.has_thrown) return 0;
    JSContext *cx = script.cx;
    JS::RootedValue function(cx, *script.function), returned(cx);
    JS::RootedValueArray<1> args(cx);
    args[0].setInt32(a);
    int32_t result = 0;
    script.has_thrown =
        !JS::Call(cx, JS::UndefinedHandleValue, function, args, &returned) || !JS::ToInt32(cx, returned, &result);
    return result;
}

FUNCTION(call_back) {
    JS::CallArgs args = JS::CallArgsFromVp(argc, vp);
    int32_t a;
    if (argc < 2 || !to_int32(cx, args, 1, &a)) return false;
    auto outer = script;
    script = {cx, &args[0].get(), false};
    int32_t result = call_back(call_script, a);
    bool has_thrown = script.has_thrown;
    script = outer;
    if (has_thrown) return false;
    args.rval().setInt32(result);
    return true;
}
