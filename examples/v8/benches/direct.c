/*
 * The functions of callees.c, written for V8's fast API calls by hand: with a receiver in front, and with no checks but V8's own and
 * those of lengths.
 *
 * V8 10.2 passes arrays as `FastApiTypedArray`, of these element types alone: int32_t, uint32_t, int64_t, uint64_t, float, double.
 */
#include "../../../benches/support/callees.c"

#include <stddef.h>
#include <string.h>

/* `FastApiTypedArray`. */
typedef struct {
    size_t length; /* in elements */
    void *data;    /* aligned to 4 bytes at least */
} typed_array;

/* A struct; zeros where there is none. */
static inline struct16 point(const typed_array *array) {
    struct16 point = {0, 0};
    if (__builtin_expect(array->length >= 2, 1)) memcpy(&point, array->data, sizeof point);
    return point;
}

#define UNUSED __attribute__((unused)) void *receiver

void direct_nop(UNUSED) { nop(); }
int32_t direct_add_i32(UNUSED, int32_t a, int32_t b) { return add_i32(a, b); }
double direct_add_f64(UNUSED, double a, double b) { return add_f64(a, b); }
double direct_sum8_f64(UNUSED, double a, double b, double c, double d, double e, double f, double g, double h) {
    return sum8_f64(a, b, c, d, e, f, g, h);
}
int32_t direct_sum12_i32(UNUSED, int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h,
                         int32_t i, int32_t j, int32_t k, int32_t l) {
    return sum12_i32(a, b, c, d, e, f, g, h, i, j, k, l);
}
uint32_t direct_first_byte(UNUSED, const typed_array *bytes, uint32_t length) {
    return first_byte(bytes->data, length);
}
double direct_point_dist2(UNUSED, const typed_array *a, const typed_array *b) {
    return point_dist2(point(a), point(b));
}
void direct_point_add(UNUSED, const typed_array *a, const typed_array *b, const typed_array *result) {
    struct16 sum = point_add(point(a), point(b));
    if (__builtin_expect(result->length >= 2, 1)) memcpy(result->data, &sum, sizeof sum);
}
int32_t direct_quad_sum(UNUSED, const typed_array *array) {
    quad q = {0, 0, 0, 0};
    if (__builtin_expect(array->length >= 4, 1)) memcpy(&q, array->data, sizeof q);
    return quad_sum(q);
}
