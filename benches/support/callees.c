/* The benchmarks' callees: functions that do almost nothing, so that the time is that of the call. */
#include <stdint.h>

typedef struct { int32_t a, b; } struct8;
typedef struct { double x, y; } struct16;
typedef struct { int32_t a, b, c, d; } quad;
typedef struct { int64_t a, b, c, d; } struct32;
typedef struct { int64_t a, b, c, d, e, f, g, h; } struct64;

void nop(void) { __asm__ volatile("" ::: "memory"); }
int32_t add_i32(int32_t a, int32_t b) { return a + b; }
double add_f64(double a, double b) { return a + b; }

double sum8_f64(double a, double b, double c, double d, double e, double f, double g, double h) {
    return ((a + b) + (c + d)) + ((e + f) + (g + h));
}

int32_t sum12_i32(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h, int32_t i,
                  int32_t j, int32_t k, int32_t l) {
    return a + b + c + d + e + f + g + h + i + j + k + l;
}

double mixed(int32_t a, double b, int64_t c, float d, int32_t e, double f, int64_t g, float h) {
    return (double)(a + c + e + g) + ((b + f) + (double)(d + h));
}

uint8_t first_byte(const uint8_t *bytes, uintptr_t length) { return length ? bytes[0] : 0; }

int32_t struct8_in(struct8 s) { return s.a + s.b; }
double struct16_in(struct16 s) { return s.x + s.y; }
int64_t struct64_in(struct64 s) { return s.a + s.h; }
struct16 struct16_out(double x, double y) { return (struct16){x, y}; }
struct32 struct32_out(int64_t a) { return (struct32){a, a + 1, a + 2, a + 3}; }

double point_dist2(struct16 a, struct16 b) { return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y); }
struct16 point_add(struct16 a, struct16 b) { return (struct16){a.x + b.x, a.y + b.y}; }
int32_t quad_sum(quad q) { return q.a + q.b + q.c + q.d; }
int32_t call_back(int32_t (*function)(int32_t), int32_t a) { return function(a); }
