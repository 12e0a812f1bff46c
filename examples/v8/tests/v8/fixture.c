// The functions that the tests of the example on V8 call.

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SAME(name, type) \
    type same_##name(type value) { return value; }
SAME(bool, bool)
SAME(u8, uint8_t)
SAME(i8, int8_t)
SAME(u16, uint16_t)
SAME(i16, int16_t)
SAME(u32, uint32_t)
SAME(i32, int32_t)
SAME(u64, uint64_t)
SAME(i64, int64_t)
SAME(usize, uintptr_t)
SAME(isize, intptr_t)
SAME(f32, float)
SAME(f64, double)
SAME(pointer, void *)

// The first byte, or -1 for null.
int32_t first_byte(const uint8_t *bytes) { return bytes ? *bytes : -1; }

struct point {
    double x, y;
};
double point_dist2(struct point a, struct point b) {
    double x = a.x - b.x, y = a.y - b.y;
    return x * x + y * y;
}
struct point point_add(struct point a, struct point b) { return (struct point){a.x + b.x, a.y + b.y}; }

int32_t counter = 7;
int32_t *counter_address = &counter;
void count(void) { counter++; }

// Calls back `count` times. Counts first, so that a test sees the number of its own calls.
int32_t call_times(int32_t (*callback)(int32_t), int32_t times) {
    counter++;
    int32_t sum = 0;
    for (int32_t i = 0; i < times; i++) sum += callback(i);
    return sum;
}
// Fills bytes, calls back, and returns the first.
int32_t fill_and_call(uint8_t *bytes, uintptr_t length, void (*callback)(void)) {
    memset(bytes, 7, length);
    callback();
    return bytes[0];
}
int32_t fill(uint8_t *bytes, uintptr_t length, int32_t value) {
    memset(bytes, value, length);
    return value;
}

int32_t is_odd_i64(int64_t value) { return (value & 1) != 0; }
int32_t is_odd_u64(uint64_t value) { return (value & 1) != 0; }
bool is_null(void *pointer) { return pointer == NULL; }
int32_t counter_value(void) { return counter; }
int32_t last_of_7(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g) {
    return a + b + c + d + e + f ? g : 0;
}

// Calls back on another thread, and waits for that thread.
struct foreign {
    int32_t (*callback)(int32_t);
    int32_t value;
};
static void *run(void *foreign) {
    struct foreign *call = foreign;
    call->value = call->callback(call->value);
    return NULL;
}
int32_t on_a_thread(int32_t (*callback)(int32_t), int32_t value) {
    struct foreign call = {callback, value};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &call) != 0) return -1;
    pthread_join(thread, NULL);
    return call.value;
}

double apply_f64(double (*callback)(double), double value) { return callback ? callback(value) : value; }
// These call back, although their types do not show it.
static double (*kept_f64)(double);
void keep_f64(double (*callback)(double)) { kept_f64 = callback; }
double apply_kept_f64(double value) {
    counter++;
    return kept_f64 ? kept_f64(value) : value + 1;
}
void apply_kept(void) { apply_kept_f64(0); }
bool apply_pointer(bool (*callback)(void *), void *value) { return callback ? callback(value) : false; }
struct point apply_struct(struct point (*callback)(struct point), struct point value) {
    return callback ? callback(value) : value;
}
