#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Each function counts its calls, so that tests see calls that should have been refused. */
static _Thread_local int32_t counted;
int32_t take_count(void) { int32_t n = counted; counted = 0; return n; }

#define ID(name, type) type id_##name(type x) { counted++; return x; }
ID(i8, int8_t)
ID(u8, uint8_t)
ID(i16, int16_t)
ID(u16, uint16_t)
ID(i32, int32_t)
ID(u32, uint32_t)
ID(i64, int64_t)
ID(u64, uint64_t)
ID(isize, intptr_t)
ID(usize, uintptr_t)
ID(bool, bool)
ID(f32, float)
ID(f64, double)
ID(pointer, void *)

int32_t low_i64(int64_t x) { counted++; return (int32_t)x; }

int32_t add_i32(int32_t a, int32_t b) { counted++; return (int32_t)((uint32_t)a + (uint32_t)b); }
void nothing(void) { counted++; }

/* Arguments as digits, the first one leading. */
double digits9(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h, int32_t i) {
    int32_t digits[] = { a, b, c, d, e, f, g, h, i };
    double n = 0;
    counted++;
    for (int at = 0; at < 9; at++) n = n * 10 + digits[at];
    return n;
}

double mixed(int8_t a, double b, uint8_t *c, bool d, float e, uint32_t f, uint64_t g, double h, int16_t i) {
    counted++;
    return a + b * 2 + (c ? c[0] : 0) * 3 + d * 4 + e * 5 + f * 6.0 + (double)g * 7 + h * 8 + i * 9;
}

/* The bytes as a number, the first one the lowest. */
uint32_t read_le(const uint8_t *bytes, uint32_t count) {
    uint32_t n = 0;
    counted++;
    for (uint32_t at = 0; at < count; at++) n |= (uint32_t)bytes[at] << (8 * at);
    return n;
}

struct pair { double x; int32_t y; float z; };
struct pair pair_of(double x, int32_t y, float z) { counted++; return (struct pair){ x, y, z }; }
double pair_sum(struct pair p) { counted++; return p.x + p.y + p.z; }

struct large { int64_t at[5]; };
struct large large_from(int64_t first) {
    struct large l;
    counted++;
    for (int at = 0; at < 5; at++) l.at[at] = first + at;
    return l;
}
/* Its result may have the memory of its argument. */
struct large reversed(struct large l) {
    struct large r;
    counted++;
    for (int at = 0; at < 5; at++) r.at[at] = l.at[4 - at];
    return r;
}

/* Calls back with n and n + 1. */
int32_t call_twice(int32_t (*f)(int32_t), int32_t n) {
    counted++;
    int32_t first = f(n);
    return first + f(n + 1);
}
void call_each(int32_t (*f)(int32_t), int32_t (*g)(int32_t)) { counted++; f(1); g(2); }
