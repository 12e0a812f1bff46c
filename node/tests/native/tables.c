// The C functions of the tables of tests/ways.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int32_t t_i32(int32_t value) { return value + 1; }
uint32_t t_u32(uint32_t value) { return value; }
int64_t t_i64(int64_t value) { return value; }
uint64_t t_u64(uint64_t value) { return value; }
double t_f64(double value) { return value / 2; }
float t_f32(float value) { return value; }
bool t_bool(bool value) { return !value; }
void *t_pointer(void *value) { return value; }
size_t t_text(const char *text) { return text == NULL ? 0 : strlen(text); }
const uint8_t *t_bytes(const uint8_t *bytes) { return bytes; }
uint32_t t_first(const uint8_t *bytes) { return bytes == NULL ? 0 : bytes[0]; }
uint32_t t_sum(const uint8_t *bytes, uint64_t length) {
    uint32_t sum = 0;
    for (uint64_t index = 0; index < length; index++) sum += bytes[index];
    return sum;
}
uint8_t t_at(const uint8_t *bytes, uint64_t index) { return bytes[index]; }

struct pair { double x, y; };
struct pair t_swap(struct pair pair) { return (struct pair){pair.y, pair.x}; }
double t_dot(struct pair a, struct pair b) { return a.x * b.x + a.y * b.y; }

int32_t t_call(int32_t (*callback)(int32_t), int32_t value) { return callback(value) + 1; }
