/*
 * The trampolines of the `slots` entry as a person would write them in C, one for each shape of callees.c: canonical slots
 * in, a canonical slot out; aggregates at any address.
 *
 * The benchmarks copy their bytes beside the compiled trampolines, so they may refer to nothing. Each has a section of its
 * own, whose ends the linker names; a call that the compiler made up (memcpy) fails to link.
 */
#include <stdint.h>

typedef struct { int32_t a, b; } struct8;
typedef struct { double x, y; } struct16;
typedef struct { int64_t a, b, c, d; } struct32;
typedef struct { int64_t a, b, c, d, e, f, g, h; } struct64;

#define TRAMPOLINE(shape) \
    extern __attribute__((visibility("hidden"))) const char __start_in_##shape[], __stop_in_##shape[]; \
    const char *const shape##_range[2] = {__start_in_##shape, __stop_in_##shape}; \
    __attribute__((section("in_" #shape), used)) \
    void t_##shape(void *target, const uint64_t *args, uint64_t *result, int *errno_)

static inline double f64(uint64_t slot) { double d; __builtin_memcpy(&d, &slot, 8); return d; }
static inline float f32(uint64_t slot) { float f; __builtin_memcpy(&f, &slot, 4); return f; }
static inline uint64_t slot_f64(double d) { uint64_t slot; __builtin_memcpy(&slot, &d, 8); return slot; }

/* A struct at any address. Through a variable and memcpy, gcc copies large ones twice. */
typedef struct8 any8 __attribute__((aligned(1)));
typedef struct16 any16 __attribute__((aligned(1)));
typedef struct32 any32 __attribute__((aligned(1)));
typedef struct64 any64 __attribute__((aligned(1)));

TRAMPOLINE(nop) { ((void (*)(void))target)(); }

TRAMPOLINE(add_i32) {
    int32_t r = ((int32_t (*)(int32_t, int32_t))target)((int32_t)args[0], (int32_t)args[1]);
    *result = (uint64_t)(int64_t)r;
}

TRAMPOLINE(add_f64) { *result = slot_f64(((double (*)(double, double))target)(f64(args[0]), f64(args[1]))); }

TRAMPOLINE(sum8_f64) {
    double r = ((double (*)(double, double, double, double, double, double, double, double))target)(
        f64(args[0]), f64(args[1]), f64(args[2]), f64(args[3]), f64(args[4]), f64(args[5]), f64(args[6]), f64(args[7]));
    *result = slot_f64(r);
}

TRAMPOLINE(sum12_i32) {
    int32_t r = ((int32_t (*)(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t,
                              int32_t, int32_t))target)(
        (int32_t)args[0], (int32_t)args[1], (int32_t)args[2], (int32_t)args[3], (int32_t)args[4], (int32_t)args[5],
        (int32_t)args[6], (int32_t)args[7], (int32_t)args[8], (int32_t)args[9], (int32_t)args[10], (int32_t)args[11]);
    *result = (uint64_t)(int64_t)r;
}

TRAMPOLINE(mixed) {
    double r = ((double (*)(int32_t, double, int64_t, float, int32_t, double, int64_t, float))target)(
        (int32_t)args[0], f64(args[1]), (int64_t)args[2], f32(args[3]), (int32_t)args[4], f64(args[5]),
        (int64_t)args[6], f32(args[7]));
    *result = slot_f64(r);
}

TRAMPOLINE(first_byte) {
    *result = ((uint8_t (*)(const uint8_t *, uintptr_t))target)((const uint8_t *)args[0], (uintptr_t)args[1]);
}

TRAMPOLINE(struct8_in) {
    *result = (uint64_t)(int64_t)((int32_t (*)(struct8))target)(*(const any8 *)args[0]);
}

TRAMPOLINE(struct16_in) { *result = slot_f64(((double (*)(struct16))target)(*(const any16 *)args[0])); }

TRAMPOLINE(struct64_in) { *result = (uint64_t)((int64_t (*)(struct64))target)(*(const any64 *)args[0]); }

TRAMPOLINE(struct16_out) {
    *(any16 *)result = ((struct16 (*)(double, double))target)(f64(args[0]), f64(args[1]));
}

TRAMPOLINE(struct32_out) { *(any32 *)result = ((struct32 (*)(int64_t))target)((int64_t)args[0]); }
