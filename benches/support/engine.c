/*
 * QuickJS functions as a person would write them in C, one for each function of callees.c that script calls.
 *
 * They need parts of quickjs.h, which are declared here for 64-bit targets, because packages do not install the header. The
 * program contains the engine and exports nothing, so it fills in the addresses of the engine's functions.
 */
#include "callees.c"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct JSContext JSContext;
typedef struct {
    union {
        int32_t int32;
        double float64;
        void *ptr;
    } u;
    int64_t tag;
} JSValue;

enum { JS_TAG_FIRST = -9, JS_TAG_INT = 0, JS_TAG_UNDEFINED = 3, JS_TAG_EXCEPTION = 6, JS_TAG_FLOAT64 = 8 };

struct {
    int (*to_int32)(JSContext *, int32_t *, JSValue);
    int (*to_index)(JSContext *, uint64_t *, JSValue);
    int (*to_float64)(JSContext *, double *, JSValue);
    uint8_t *(*get_uint8_array)(JSContext *, size_t *, JSValue);
    JSValue (*new_uint8_array_copy)(JSContext *, const uint8_t *, size_t);
    JSValue (*throw_type_error)(JSContext *, const char *, ...);
    JSValue (*call)(JSContext *, JSValue function, JSValue this, int argc, JSValue *argv);
    void (*free_value)(JSContext *, JSValue);
} engine;

static const JSValue UNDEFINED = {{0}, JS_TAG_UNDEFINED}, EXCEPTION = {{0}, JS_TAG_EXCEPTION};

static inline int32_t tag(JSValue value) { return (int32_t)value.tag; }

static inline JSValue int32(int32_t number) { return (JSValue){{.int32 = number}, JS_TAG_INT}; }

static inline JSValue float64(double number) { return (JSValue){{.float64 = number}, JS_TAG_FLOAT64}; }

/* The address of a variable goes to the engine only where its help is needed, so that the others stay in registers. */
static inline bool to_int32(JSContext *ctx, int32_t *to, JSValue value) {
    if (__builtin_expect(tag(value) == JS_TAG_INT, 1)) {
        *to = value.u.int32;
        return true;
    }
    int32_t number;
    if (engine.to_int32(ctx, &number, value)) return false;
    *to = number;
    return true;
}

static inline bool to_size(JSContext *ctx, size_t *to, JSValue value) {
    if (__builtin_expect(tag(value) == JS_TAG_INT && value.u.int32 >= 0, 1)) {
        *to = (size_t)value.u.int32;
        return true;
    }
    uint64_t number;
    if (engine.to_index(ctx, &number, value)) return false;
    *to = number;
    return true;
}

static inline bool to_float64(JSContext *ctx, double *to, JSValue value) {
    if (__builtin_expect(tag(value) == JS_TAG_FLOAT64, 1)) {
        *to = value.u.float64;
        return true;
    }
    if (tag(value) == JS_TAG_INT) {
        *to = value.u.int32;
        return true;
    }
    double number;
    if (engine.to_float64(ctx, &number, value)) return false;
    *to = number;
    return true;
}

static inline bool to_bytes(JSContext *ctx, void *to, size_t size, JSValue value) {
    size_t len;
    const uint8_t *bytes = engine.get_uint8_array(ctx, &len, value);
    if (!bytes) return false;
    if (__builtin_expect(len < size, 0)) {
        engine.throw_type_error(ctx, "%zu bytes are too few: it has %zu", len, size);
        return false;
    }
    memcpy(to, bytes, size);
    return true;
}

/* The engine passes an array that has at least as many values as the function has parameters. */
#define FUNCTION(name) JSValue js_##name(JSContext *ctx, JSValue this, int argc, JSValue *argv)

FUNCTION(nop) {
    nop();
    return UNDEFINED;
}

FUNCTION(add_i32) {
    int32_t a, b;
    if (!to_int32(ctx, &a, argv[0]) || !to_int32(ctx, &b, argv[1])) return EXCEPTION;
    return int32(add_i32(a, b));
}

FUNCTION(add_f64) {
    double a, b;
    if (!to_float64(ctx, &a, argv[0]) || !to_float64(ctx, &b, argv[1])) return EXCEPTION;
    return float64(add_f64(a, b));
}

FUNCTION(sum8_f64) {
    double a, b, c, d, e, f, g, h;
    if (!to_float64(ctx, &a, argv[0]) || !to_float64(ctx, &b, argv[1]) || !to_float64(ctx, &c, argv[2]) ||
        !to_float64(ctx, &d, argv[3]) || !to_float64(ctx, &e, argv[4]) || !to_float64(ctx, &f, argv[5]) ||
        !to_float64(ctx, &g, argv[6]) || !to_float64(ctx, &h, argv[7]))
        return EXCEPTION;
    return float64(sum8_f64(a, b, c, d, e, f, g, h));
}

FUNCTION(sum12_i32) {
    int32_t a, b, c, d, e, f, g, h, i, j, k, l;
    if (!to_int32(ctx, &a, argv[0]) || !to_int32(ctx, &b, argv[1]) || !to_int32(ctx, &c, argv[2]) ||
        !to_int32(ctx, &d, argv[3]) || !to_int32(ctx, &e, argv[4]) || !to_int32(ctx, &f, argv[5]) ||
        !to_int32(ctx, &g, argv[6]) || !to_int32(ctx, &h, argv[7]) || !to_int32(ctx, &i, argv[8]) ||
        !to_int32(ctx, &j, argv[9]) || !to_int32(ctx, &k, argv[10]) || !to_int32(ctx, &l, argv[11]))
        return EXCEPTION;
    return int32(sum12_i32(a, b, c, d, e, f, g, h, i, j, k, l));
}

FUNCTION(first_byte) {
    size_t len, length;
    const uint8_t *bytes = engine.get_uint8_array(ctx, &len, argv[0]);
    if (!bytes || !to_size(ctx, &length, argv[1])) return EXCEPTION;
    return int32(first_byte(bytes, length));
}

FUNCTION(point_dist2) {
    struct16 a, b;
    if (!to_bytes(ctx, &a, sizeof a, argv[0]) || !to_bytes(ctx, &b, sizeof b, argv[1])) return EXCEPTION;
    return float64(point_dist2(a, b));
}

FUNCTION(point_add) {
    struct16 a, b;
    if (!to_bytes(ctx, &a, sizeof a, argv[0]) || !to_bytes(ctx, &b, sizeof b, argv[1])) return EXCEPTION;
    struct16 sum = point_add(a, b);
    return engine.new_uint8_array_copy(ctx, (const uint8_t *)&sum, sizeof sum);
}

FUNCTION(point_add_into) {
    struct16 a, b;
    if (!to_bytes(ctx, &a, sizeof a, argv[0]) || !to_bytes(ctx, &b, sizeof b, argv[1])) return EXCEPTION;
    size_t len;
    uint8_t *to = engine.get_uint8_array(ctx, &len, argv[2]);
    if (!to) return EXCEPTION;
    if (__builtin_expect(len < sizeof(struct16), 0)) {
        engine.throw_type_error(ctx, "%zu bytes are too few: it has %zu", len, sizeof(struct16));
        return EXCEPTION;
    }
    struct16 sum = point_add(a, b);
    memcpy(to, &sum, sizeof sum);
    return UNDEFINED;
}

FUNCTION(struct16_out) {
    double x, y;
    if (!to_float64(ctx, &x, argv[0]) || !to_float64(ctx, &y, argv[1])) return EXCEPTION;
    struct16 point = struct16_out(x, y);
    return engine.new_uint8_array_copy(ctx, (const uint8_t *)&point, sizeof point);
}

FUNCTION(quad_sum) {
    quad q;
    if (!to_bytes(ctx, &q, sizeof q, argv[0])) return EXCEPTION;
    return int32(quad_sum(q));
}

/* The script function of the thread's call that runs, and whether it has thrown. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
    JSContext *ctx;
    JSValue function;
    bool has_thrown;
} script;

static int32_t call_script(int32_t a) {
    JSContext *ctx = script.ctx;
    if (script.has_thrown) return 0;
    JSValue args[] = {int32(a)};
    JSValue value = engine.call(ctx, script.function, UNDEFINED, 1, args);
    int32_t result = 0;
    script.has_thrown = tag(value) == JS_TAG_EXCEPTION || !to_int32(ctx, &result, value);
    if ((uint32_t)tag(value) >= (uint32_t)JS_TAG_FIRST) engine.free_value(ctx, value);
    return result;
}

FUNCTION(call_back) {
    int32_t a;
    if (!to_int32(ctx, &a, argv[1])) return EXCEPTION;
    typeof(script) outer = script;
    script = (typeof(script)){ctx, argv[0], false};
    int32_t result = call_back(call_script, a);
    bool has_thrown = script.has_thrown;
    script = outer;
    return has_thrown ? EXCEPTION : int32(result);
}
