// The C functions that the tests of the ways declare themselves.

#include <stdint.h>
#include <stddef.h>
#include <string.h>

int32_t has_bytes(const uint8_t *bytes) { return bytes != NULL; }
uint32_t sum_bytes(const uint8_t *bytes, uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t index = 0; index < length; index++) sum += bytes[index];
    return sum;
}
size_t length_of(const char *text) { return text == NULL ? 0 : strlen(text); }
size_t total_length(const char *first, const uint8_t *bytes, const char *second) {
    return strlen(first) * 1000000 + bytes[0] * 1000 + strlen(second);
}
struct vector { double x, y; };
double vector_dot(struct vector a, struct vector b) { return a.x * b.x + a.y * b.y; }
struct vector vector_add(struct vector a, struct vector b) { return (struct vector){a.x + b.x, a.y + b.y}; }
struct big { int64_t words[5]; };
struct big big_make(int64_t first) {
    struct big big;
    for (int index = 0; index < 5; index++) big.words[index] = first + index;
    return big;
}
int64_t big_sum(struct big big) {
    int64_t sum = 0;
    for (int index = 0; index < 5; index++) sum += big.words[index];
    return sum;
}
static int32_t (*the_callback)(int32_t);
static int32_t times;
void set_callback(int32_t (*callback)(int32_t)) { the_callback = callback; }
int32_t call_it(int32_t value) { times++; return the_callback(value); }
int32_t times_called(void) { return times; }
int32_t call_with(int32_t (*callback)(int32_t), int32_t value) { return callback(value) + 1; }
// Reads and writes the bytes after script has run.
uint32_t sum_around(uint8_t *bytes, uint32_t length, void (*callback)(void)) {
    callback();
    memset(bytes, 2, length);
    return sum_bytes(bytes, length);
}

#include <stdbool.h>
#define IDENTITY(name, type) type id_##name(type value) { return value; }
IDENTITY(bool, bool)
IDENTITY(i8, int8_t)
IDENTITY(u8, uint8_t)
IDENTITY(i16, int16_t)
IDENTITY(u16, uint16_t)
IDENTITY(i32, int32_t)
IDENTITY(u32, uint32_t)
IDENTITY(i64, int64_t)
IDENTITY(u64, uint64_t)
IDENTITY(f32, float)
IDENTITY(f64, double)

static const uint8_t *kept[64];
static uint32_t kept_count;
void keep_bytes(const uint8_t *bytes) { kept[kept_count++ % 64] = bytes; }
uint32_t sum_kept(uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t index = 0; index < 64; index++) sum += sum_bytes(kept[index], length);
    return sum;
}
