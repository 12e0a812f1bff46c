// One function for each type of node:ffi, and functions that call back.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IDENTITY(type, name) \
    type name(type value) { \
        return value; \
    }
IDENTITY(int8_t, id_i8)
IDENTITY(uint8_t, id_u8)
IDENTITY(int16_t, id_i16)
IDENTITY(uint16_t, id_u16)
IDENTITY(int32_t, id_i32)
IDENTITY(uint32_t, id_u32)
IDENTITY(int64_t, id_i64)
IDENTITY(uint64_t, id_u64)
IDENTITY(float, id_f32)
IDENTITY(double, id_f64)
IDENTITY(char, id_char)
IDENTITY(void *, id_pointer)

int32_t add(int32_t a, int32_t b) {
    return a + b;
}

int64_t sum8(int8_t a, uint16_t b, int32_t c, int64_t d, float e, double f, uint8_t g, uint32_t h) {
    return a + b + c + d + (int64_t)e + (int64_t)f + g + h;
}

// The address `count` bytes behind `bytes`.
char *at(char *bytes, uint64_t count) {
    return bytes + count;
}

uint64_t length(const char *text) {
    return text ? strlen(text) : UINT64_MAX;
}

// Compares as many bytes of both.
int32_t compare(const void *a, const void *b, size_t count) {
    return memcmp(a, b, count);
}

uint32_t first(const uint8_t *bytes) {
    return bytes ? *bytes : 256;
}

// Writes up to the end of a string of `size` bytes.
void fill(char *bytes, uint8_t byte, size_t size) {
    memset(bytes, byte, size);
}

static int32_t calls;

void count_call(void) {
    calls++;
}

int32_t counted(void) {
    return calls;
}

int32_t call_i32(int32_t (*f)(int32_t), int32_t value) {
    return f(value);
}

int64_t call_i64(int64_t (*f)(int64_t), int64_t value) {
    return f(value);
}

double call_f64(double (*f)(double, float), double a, float b) {
    return f(a, b);
}

uint8_t call_u8(uint8_t (*f)(uint8_t), uint8_t value) {
    return f(value);
}

void *call_pointer(void *(*f)(void *, const char *), void *value) {
    return f(value, "text");
}

void call_void(void (*f)(void)) {
    f();
}

// A callback that a function keeps and another one calls.
static int32_t (*kept)(int32_t);

void keep(int32_t (*f)(int32_t)) {
    kept = f;
}

int32_t call_kept(int32_t value) {
    return kept(value);
}
