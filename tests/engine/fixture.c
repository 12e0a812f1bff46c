#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Arguments are returned; `wide` shows all bits that C sees. */
#define INTEGER(name, type) \
    type id_##name(type x) { return x; } \
    int64_t wide_##name(type x) { return (int64_t)x; }
INTEGER(i8, int8_t)
INTEGER(u8, uint8_t)
INTEGER(i16, int16_t)
INTEGER(u16, uint16_t)
INTEGER(i32, int32_t)
INTEGER(u32, uint32_t)
INTEGER(i64, int64_t)
INTEGER(u64, uint64_t)
INTEGER(isize, intptr_t)
INTEGER(usize, uintptr_t)
INTEGER(bool, bool)

float id_f32(float x) { return x; }
double id_f64(double x) { return x; }
void *id_pointer(void *p) { return p; }
uintptr_t address_of(void *p) { return (uintptr_t)p; }

/* Every bit pattern of a float, out and in. */
float f32_of(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
double f64_of(uint64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
uint32_t bits_of_f32(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }
uint64_t bits_of_f64(double x) { uint64_t bits; memcpy(&bits, &x, 8); return bits; }

/* A register full of bits, of which narrow results are the lowest; and one whose lowest byte is 0. */
uint64_t pattern(void) { return 0x8182838485868788; }
uint64_t pattern_over_zero(void) { return 0x8182838485868700; }

int32_t forty_two(void) { return 42; }
static _Thread_local int32_t counted;
void count_up(void) { counted++; }
int32_t take_count(void) { int32_t n = counted; counted = 0; return n; }
/* Counts calls that tests expect to be refused. */
void count_number(int32_t a, double b, void *p) { (void)a; (void)b; (void)p; counted++; }

/* Arguments as digits of one number, the first one leading. */
int64_t digits12(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h, int32_t i,
                 int32_t j, int32_t k, int32_t l) {
    int64_t digits[] = { a, b, c, d, e, f, g, h, i, j, k, l }, n = 0;
    for (int at = 0; at < 12; at++) n = n * 10 + digits[at];
    return n;
}

double digits8(double a, double b, double c, double d, double e, double f, double g, double h) {
    double digits[] = { a, b, c, d, e, f, g, h }, n = 0;
    for (int at = 0; at < 8; at++) n = n * 10 + digits[at];
    return n;
}

uint64_t digits20(int8_t a, double b, uint16_t c, float d, int32_t e, double f, int64_t g, float h, uint8_t i, double j,
                  uint32_t k, float l, double m, int16_t n, double o, float p, uint64_t q, double r, intptr_t s,
                  bool t) {
    double digits[] = { a, b, c, d, e, f, (double)g, h, i, j, k, l, m, n, o, p, (double)q, r, (double)s, t };
    uint64_t number = 0;
    for (int at = 0; at < 20; at++) number = number * 10 + (uint64_t)digits[at];
    return number;
}

/* Structs. */
struct s3 { uint8_t b[3]; };
struct s8 { int32_t a; int16_t b; uint8_t c, d; };
struct floats { float x, y; };
struct s16 { double x; int32_t a; float y; };
struct s24 { int64_t a[3]; };
struct s32 { struct s16 p, q; };
struct s64 { double m[8]; };
union number { int64_t i; double f; };

#define AGGREGATE(name, type) type id_##name(type s) { return s; }
AGGREGATE(s3, struct s3)
AGGREGATE(s8, struct s8)
AGGREGATE(floats, struct floats)
AGGREGATE(s16, struct s16)
AGGREGATE(s24, struct s24)
AGGREGATE(s32, struct s32)
AGGREGATE(s64, struct s64)
AGGREGATE(number, union number)

struct s8 make_s8(int32_t a, int16_t b, uint8_t c, uint8_t d) { return (struct s8){ a, b, c, d }; }
struct s16 make_s16(double x, int32_t a, float y) { return (struct s16){ x, a, y }; }
struct s32 swap(struct s32 s) { return (struct s32){ s.q, s.p }; }
struct floats exchange(struct floats s) { return (struct floats){ s.y, s.x }; }
double sum64(struct s64 s) { return s.m[0] + s.m[1] + s.m[2] + s.m[3] + s.m[4] + s.m[5] + s.m[6] + s.m[7]; }
/* Structs among other arguments, one of them on the stack. */
double mixture(int8_t a, struct s16 s, double b, struct s24 t, uint8_t c, struct s8 u) {
    return a + 10 * s.x + 100 * s.a + 1000 * (double)s.y + 10000 * b + 100000 * (double)t.a[2] + 1e6 * c + 1e7 * u.d;
}
/* On System V x86-64: a function that returns a struct of six such numbers, and writes only the first one. */
int64_t *first_of_six(int64_t *result) { result[0] = 1; return result; }
void clear(struct s24 s) { memset(&s, 0, sizeof s); }

/* Bytes. */
uint64_t read_le(const uint8_t *bytes, size_t len) {
    uint64_t number = 0;
    for (size_t at = 0; bytes && at < len && at < 8; at++) number |= (uint64_t)bytes[at] << (8 * at);
    return number;
}
void fill(uint8_t *bytes, size_t len, uint8_t first) {
    for (size_t at = 0; at < len; at++) bytes[at] = (uint8_t)(first + at);
}
size_t text_length(const char *text) { return text ? strlen(text) : SIZE_MAX; }
uint64_t two(const uint8_t *a, const uint8_t *b, int32_t n) {
    return read_le(a, 1) * 100 + read_le(b, 1) * 10 + (uint64_t)n;
}
uint8_t both(const uint8_t *a, struct s8 s, int32_t n) { return (uint8_t)(a[0] + s.c + n); }

/* Callbacks. `last` is the last one's result. */
#define CALL(name, type) \
    static _Thread_local type last_value_##name; \
    type call_##name(type (*f)(type), type x) { \
        memset(&last_value_##name, 0x55, sizeof(type)); \
        last_value_##name = f(x); \
        return last_value_##name; \
    } \
    type last_##name(void) { return last_value_##name; }
CALL(i8, int8_t)
CALL(u8, uint8_t)
CALL(i16, int16_t)
CALL(u16, uint16_t)
CALL(i32, int32_t)
CALL(u32, uint32_t)
CALL(i64, int64_t)
CALL(u64, uint64_t)
CALL(isize, intptr_t)
CALL(usize, uintptr_t)
CALL(bool, bool)
CALL(f32, float)
CALL(f64, double)
CALL(pointer, void *)
CALL(s3, struct s3)
CALL(s8, struct s8)
CALL(s16, struct s16)
CALL(s24, struct s24)

void call_void(void (*f)(void)) { f(); }
/* Calls with 0, 1, … and adds up the results. */
int32_t call_times(int32_t (*f)(int32_t), int32_t times) {
    int32_t sum = 0;
    for (int32_t n = 0; n < times; n++) sum += f(n);
    return sum;
}
/* The second one is called also if the first one threw. */
int32_t call_both(int32_t (*f)(int32_t), int32_t (*g)(int32_t), int32_t x) { return f(x) * 100 + g(x); }
double call_many(double (*f)(int8_t, double, uint16_t, float, int32_t, double, int64_t, struct s8, bool, void *,
                             struct s24)) {
    return f(-1, 2.5, 3, 4.5f, -5, 6.5, 7, (struct s8){ 8, 9, 10, 11 }, true, NULL, (struct s24){ { 12, 13, 14 } });
}
int32_t call_with_bytes(int32_t (*f)(void), const uint8_t *bytes) { return f() * 100 + bytes[0]; }
