#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SAME(type, name) type same_##name(type value) { return value; }
SAME(int8_t, i8) SAME(uint8_t, u8) SAME(int16_t, i16) SAME(uint16_t, u16) SAME(int32_t, i32) SAME(uint32_t, u32)
SAME(int64_t, i64) SAME(uint64_t, u64) SAME(size_t, size) SAME(bool, bool) SAME(float, f32) SAME(double, f64)
SAME(void *, pointer) SAME(const char *, text)

void nothing(void) {}
size_t length(const char *text) { return strlen(text); }
uint32_t sum_bytes(const void *bytes, size_t size) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) sum += ((const uint8_t *)bytes)[i];
    return sum;
}
void fill(char *to, char with, size_t size) { memset(to, with, size); }

/* Each argument has a digit of the result. */
int64_t seventeen(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, int o,
                  int p, int q) {
    int digits[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q};
    int64_t number = 0;
    for (int at = 0; at < 17; at++) number = number * 10 + digits[at];
    return number;
}

typedef struct { double x, y; } point;
typedef struct { char name[8]; point at[2]; union { int32_t i; float f; }; bool on; const char *note; } mixed;
point add_points(point a, point b) { return (point){a.x + b.x, a.y + b.y}; }
double norm(const point *p) { return p->x * p->x + p->y * p->y; }
mixed turn(mixed m) {
    point first = m.at[0];
    m.at[0] = m.at[1];
    m.at[1] = first;
    m.i += 1;
    m.on = !m.on;
    m.note = "turned";
    return m;
}
static point fixed = {3, 4};
point *fixed_point(void) { return &fixed; }
point *no_point(void) { return NULL; }

int32_t counter = 7;
const int32_t limit = 9;
const char *greeting = "hello";
point origin = {1, 2};

double call_numbers(double (*f)(int8_t, uint64_t, float, bool), int8_t a, uint64_t b, float c, bool d) {
    return f(a, b, c, d);
}
point call_points(point (*f)(point, const char *), point p, const char *text) { return f(p, text); }
int32_t call_times(int32_t (*f)(int32_t), int32_t times) {
    int32_t sum = 0;
    for (int32_t i = 0; i < times; i++) sum += f(i);
    return sum;
}
static int32_t (*kept)(int32_t);
void keep(int32_t (*f)(int32_t)) { kept = f; }
int32_t call_kept(int32_t n) { return kept ? kept(n) : -1; }
