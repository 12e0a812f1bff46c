/*
 * Callbacks as a person would write them in C, one for each shape of callees.c: slots for a handler, and its result back.
 */
#include <stdint.h>
#include <string.h>

typedef struct { int32_t a, b; } struct8;
typedef struct { double x, y; } struct16;
typedef struct { int64_t a, b, c, d; } struct32;
typedef struct { int64_t a, b, c, d, e, f, g, h; } struct64;

void (*handler)(void *context, const uint64_t *args, uint64_t *result);
static void *context;

static inline uint64_t f64(double d) { uint64_t slot; memcpy(&slot, &d, 8); return slot; }
static inline uint64_t f32(float f) { uint32_t slot; memcpy(&slot, &f, 4); return slot; }
static inline uint64_t i32(int32_t i) { return (uint64_t)(int64_t)i; }

static inline uint64_t call(const uint64_t *args) {
    uint64_t result = 0;
    handler(context, args, &result);
    return result;
}

static inline double call_f64(const uint64_t *args) {
    double result = 0;
    handler(context, args, (uint64_t *)&result);
    return result;
}

void nop(void) { uint64_t none[1]; call(none); }
int32_t add_i32(int32_t a, int32_t b) { return (int32_t)call((uint64_t[]){i32(a), i32(b)}); }
double add_f64(double a, double b) { return call_f64((uint64_t[]){f64(a), f64(b)}); }

double sum8_f64(double a, double b, double c, double d, double e, double f, double g, double h) {
    return call_f64((uint64_t[]){f64(a), f64(b), f64(c), f64(d), f64(e), f64(f), f64(g), f64(h)});
}

int32_t sum12_i32(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h, int32_t i,
                  int32_t j, int32_t k, int32_t l) {
    return (int32_t)call((uint64_t[]){i32(a), i32(b), i32(c), i32(d), i32(e), i32(f), i32(g), i32(h), i32(i), i32(j),
                                      i32(k), i32(l)});
}

double mixed(int32_t a, double b, int64_t c, float d, int32_t e, double f, int64_t g, float h) {
    return call_f64((uint64_t[]){i32(a), f64(b), (uint64_t)c, f32(d), i32(e), f64(f), (uint64_t)g, f32(h)});
}

uint8_t first_byte(const uint8_t *bytes, uintptr_t length) { return (uint8_t)call((uint64_t[]){(uintptr_t)bytes, length}); }

int32_t struct8_in(struct8 s) { return (int32_t)call((uint64_t[]){(uintptr_t)&s}); }
double struct16_in(struct16 s) { return call_f64((uint64_t[]){(uintptr_t)&s}); }
int64_t struct64_in(struct64 s) { return (int64_t)call((uint64_t[]){(uintptr_t)&s}); }

struct16 struct16_out(double x, double y) {
    struct16 result = {0};
    handler(context, (uint64_t[]){f64(x), f64(y)}, (uint64_t *)&result);
    return result;
}

struct32 struct32_out(int64_t a) {
    struct32 result = {0};
    handler(context, (uint64_t[]){(uint64_t)a}, (uint64_t *)&result);
    return result;
}
