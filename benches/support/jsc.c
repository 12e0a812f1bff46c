// JavaScriptCore functions as a person would write them by the C API, one for each function of callees.c that script calls.
#include "callees.c"

#include <stdbool.h>
#include <string.h>

// From JavaScriptCore's headers, which may not be there where its library is.
typedef const struct OpaqueJSContext *JSContextRef;
typedef const struct OpaqueJSValue *JSValueRef;
typedef struct OpaqueJSValue *JSObjectRef;
typedef struct OpaqueJSString *JSStringRef;
enum { kJSTypedArrayTypeUint8Array = 3 };

JSStringRef JSStringCreateWithUTF8CString(const char *);
void JSStringRelease(JSStringRef);
JSValueRef JSValueMakeString(JSContextRef, JSStringRef);
JSValueRef JSValueMakeUndefined(JSContextRef);
JSValueRef JSValueMakeNumber(JSContextRef, double);
double JSValueToNumber(JSContextRef, JSValueRef, JSValueRef *);
JSObjectRef JSValueToObject(JSContextRef, JSValueRef, JSValueRef *);
int JSValueGetTypedArrayType(JSContextRef, JSValueRef, JSValueRef *);
JSObjectRef JSObjectMakeError(JSContextRef, size_t, const JSValueRef[], JSValueRef *);
JSObjectRef JSObjectMakeTypedArray(JSContextRef, int, size_t, JSValueRef *);
size_t JSObjectGetTypedArrayByteLength(JSContextRef, JSObjectRef, JSValueRef *);
size_t JSObjectGetTypedArrayByteOffset(JSContextRef, JSObjectRef, JSValueRef *);
void *JSObjectGetTypedArrayBytesPtr(JSContextRef, JSObjectRef, JSValueRef *);
JSValueRef JSObjectCallAsFunction(JSContextRef, JSObjectRef, JSObjectRef, size_t, const JSValueRef[], JSValueRef *);

#define FUNCTION(name)                                                                                                 \
    JSValueRef js_##name(                                                                                              \
        JSContextRef context, JSObjectRef callee, JSObjectRef this, size_t argc, const JSValueRef argv[],              \
        JSValueRef *exception)

static JSValueRef fail(JSContextRef context, JSValueRef *exception, const char *text) {
    JSStringRef string = JSStringCreateWithUTF8CString(text);
    JSValueRef message = JSValueMakeString(context, string);
    JSStringRelease(string);
    *exception = JSObjectMakeError(context, 1, &message, NULL);
    return NULL;
}

#define CHECK_COUNT(count)                                                                                             \
    if (argc < count) return fail(context, exception, "too few arguments")

static bool to_double(JSContextRef context, JSValueRef value, double *to, JSValueRef *exception) {
    *to = JSValueToNumber(context, value, exception);
    return !*exception;
}

static bool to_int32(JSContextRef context, JSValueRef value, int32_t *to, JSValueRef *exception) {
    double number;
    if (!to_double(context, value, &number, exception)) return false;
    if (!(number >= INT32_MIN && number <= INT32_MAX)) {
        fail(context, exception, "a number is out of range");
        return false;
    }
    *to = (int32_t)number;
    return true;
}

static const uint8_t *bytes_of(JSContextRef context, JSValueRef value, size_t size, JSValueRef *exception) {
    if (JSValueGetTypedArrayType(context, value, exception) != kJSTypedArrayTypeUint8Array) {
        if (!*exception) fail(context, exception, "an argument is not an Uint8Array");
        return NULL;
    }
    JSObjectRef array = (JSObjectRef)value;
    if (JSObjectGetTypedArrayByteLength(context, array, exception) < size) {
        fail(context, exception, "an argument has too few bytes");
        return NULL;
    }
    const uint8_t *buffer = JSObjectGetTypedArrayBytesPtr(context, array, exception);
    if (!buffer) {
        if (!*exception) fail(context, exception, "a buffer is detached");
        return NULL;
    }
    return buffer + JSObjectGetTypedArrayByteOffset(context, array, exception);
}

static bool to_struct(JSContextRef context, JSValueRef value, void *to, size_t size, JSValueRef *exception) {
    const uint8_t *bytes = bytes_of(context, value, size, exception);
    if (bytes) memcpy(to, bytes, size);
    return bytes != NULL;
}

static JSValueRef new_struct(JSContextRef context, const void *of, size_t size, JSValueRef *exception) {
    JSObjectRef array = JSObjectMakeTypedArray(context, kJSTypedArrayTypeUint8Array, size, exception);
    if (!array) return NULL;
    void *to = JSObjectGetTypedArrayBytesPtr(context, array, exception);
    if (to) memcpy(to, of, size);
    return array;
}

FUNCTION(nop) {
    nop();
    return JSValueMakeUndefined(context);
}

FUNCTION(add_i32) {
    CHECK_COUNT(2);
    int32_t a, b;
    if (!to_int32(context, argv[0], &a, exception) || !to_int32(context, argv[1], &b, exception)) return NULL;
    return JSValueMakeNumber(context, add_i32(a, b));
}

FUNCTION(add_f64) {
    CHECK_COUNT(2);
    double a, b;
    if (!to_double(context, argv[0], &a, exception) || !to_double(context, argv[1], &b, exception)) return NULL;
    return JSValueMakeNumber(context, add_f64(a, b));
}

FUNCTION(sum8_f64) {
    CHECK_COUNT(8);
    double n[8];
    for (unsigned i = 0; i < 8; i++) {
        if (!to_double(context, argv[i], &n[i], exception)) return NULL;
    }
    return JSValueMakeNumber(context, sum8_f64(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]));
}

FUNCTION(sum12_i32) {
    CHECK_COUNT(12);
    int32_t n[12];
    for (unsigned i = 0; i < 12; i++) {
        if (!to_int32(context, argv[i], &n[i], exception)) return NULL;
    }
    int32_t sum = sum12_i32(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]);
    return JSValueMakeNumber(context, sum);
}

FUNCTION(first_byte) {
    CHECK_COUNT(2);
    double length;
    if (!to_double(context, argv[1], &length, exception)) return NULL;
    if (!(length >= 0 && length <= 0x1p53)) return fail(context, exception, "a length is out of range");
    const uint8_t *bytes = bytes_of(context, argv[0], 0, exception);
    if (!bytes) return NULL;
    return JSValueMakeNumber(context, first_byte(bytes, (size_t)length));
}

FUNCTION(point_dist2) {
    CHECK_COUNT(2);
    struct16 a, b;
    if (!to_struct(context, argv[0], &a, sizeof a, exception)) return NULL;
    if (!to_struct(context, argv[1], &b, sizeof b, exception)) return NULL;
    return JSValueMakeNumber(context, point_dist2(a, b));
}

FUNCTION(point_add) {
    CHECK_COUNT(2);
    struct16 a, b;
    if (!to_struct(context, argv[0], &a, sizeof a, exception)) return NULL;
    if (!to_struct(context, argv[1], &b, sizeof b, exception)) return NULL;
    struct16 sum = point_add(a, b);
    return new_struct(context, &sum, sizeof sum, exception);
}

FUNCTION(struct16_out) {
    CHECK_COUNT(2);
    double x, y;
    if (!to_double(context, argv[0], &x, exception) || !to_double(context, argv[1], &y, exception)) return NULL;
    struct16 out = struct16_out(x, y);
    return new_struct(context, &out, sizeof out, exception);
}

FUNCTION(quad_sum) {
    CHECK_COUNT(1);
    quad q;
    if (!to_struct(context, argv[0], &q, sizeof q, exception)) return NULL;
    return JSValueMakeNumber(context, quad_sum(q));
}

// The script function of the call that runs, and what it has thrown.
static struct {
    JSContextRef context;
    JSObjectRef function;
    JSValueRef thrown;
} script;

static int32_t call_script(int32_t a) {
    if (script.thrown) return 0;
    JSValueRef arg = JSValueMakeNumber(script.context, a);
    JSValueRef result = JSObjectCallAsFunction(script.context, script.function, NULL, 1, &arg, &script.thrown);
    int32_t number = 0;
    if (result) to_int32(script.context, result, &number, &script.thrown);
    return number;
}

FUNCTION(call_back) {
    CHECK_COUNT(2);
    int32_t a;
    if (!to_int32(context, argv[1], &a, exception)) return NULL;
    JSObjectRef function = JSValueToObject(context, argv[0], exception);
    if (!function) return NULL;
    __typeof__(script) outer = script;
    script.context = context, script.function = function, script.thrown = NULL;
    int32_t result = call_back(call_script, a);
    *exception = script.thrown;
    script = outer;
    return *exception ? NULL : JSValueMakeNumber(context, result);
}
