// Values and calls as in SpiderMonkey on 64-bit targets, written after js/public/Value.h (JS_PUNBOX64) and
// js/public/CallArgs.h. The codes of the types are defined on the command line: they differ between versions.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t Value;

#define SHIFT 47
#define TAG(type) ((uint64_t)(0x1FFF0 | (type)) << SHIFT)
#define SHIFTED_TAG_MAX_DOUBLE (((uint64_t)0x1FFF0 << SHIFT) | 0xFFFFFFFF)
#define CANONICAL_NAN 0x7FF8000000000000

Value from_int32(int32_t i) { return TAG(TYPE_INT32) | (uint32_t)i; }
Value from_boolean(bool b) { return TAG(TYPE_BOOLEAN) | (uint32_t)b; }
Value from_undefined(void) { return TAG(TYPE_UNDEFINED); }
Value from_null(void) { return TAG(TYPE_NULL); }
Value from_double(double d) {
    Value v = CANONICAL_NAN;
    if (d == d) memcpy(&v, &d, sizeof v);
    return v;
}

// A string, symbol, BigInt or object.
struct cell {
    uint64_t low;
    void *address;
    size_t len;
};

Value from_cell(unsigned type, const struct cell *cell) { return TAG(type) | (uint64_t)cell; }

struct cell *new_cell(uint64_t low, void *address, size_t len) {
    struct cell *cell = malloc(sizeof *cell);
    *cell = (struct cell){low, address, len};
    return cell;
}

bool is_double(Value v) { return v <= SHIFTED_TAG_MAX_DOUBLE; }
unsigned type_of(Value v) { return is_double(v) ? 0 : (v >> SHIFT) & 0xF; }
double to_double(Value v) {
    double d;
    memcpy(&d, &v, sizeof d);
    return d;
}
int32_t to_int32(Value v) { return (int32_t)v; }
bool to_boolean(Value v) { return (bool)(int32_t)v; }
struct cell *to_cell(Value v) { return (struct cell *)(v ^ TAG(type_of(v))); }

// Accepts a value if the engine itself could make it, which holds for every result of a function.
bool is_canonical(Value v) {
    unsigned type = type_of(v);
    if (type == 0) return to_double(v) == to_double(v) || v == CANONICAL_NAN;
    if (type == TYPE_INT32) return (v & 0x7FFFFFFFFFFF) >> 32 == 0;
    if (type == TYPE_BOOLEAN) return (v & 0x7FFFFFFFFFFF) <= 1;
    if (type == TYPE_UNDEFINED || type == TYPE_NULL) return (v & 0x7FFFFFFFFFFF) == 0;
    return type == TYPE_BIGINT || type == TYPE_OBJECT;
}

typedef bool Native(void *cx, unsigned argc, Value *vp);

// Calls a native function: the callee and `this` lie before the arguments, and the result takes the callee's place. 0: it has
// thrown; 1: it has not; 2: it has written where it must not.
int call(Native *native, void *cx, unsigned argc, const Value *args, Value *result) {
    enum { MAX = 32 };
    Value vp[2 + MAX + 1], before[2 + MAX + 1];
    for (unsigned i = 0; i < 2 + MAX + 1; i++) vp[i] = TAG(TYPE_OBJECT) | (0x1000 + 16 * i);
    memcpy(vp + 2, args, argc * sizeof *args);
    memcpy(before, vp, sizeof vp);
    bool ok = native(cx, argc, vp);
    if (memcmp(vp + 1, before + 1, sizeof vp - sizeof *vp) != 0) return 2;
    *result = vp[0];
    return ok;
}
