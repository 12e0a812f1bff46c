/* Functions that are called, and functions that call back, while the system refuses memory for code. */
#include <stdarg.h>
#include <stdint.h>

struct pair { double x; int32_t n; };
struct big { int64_t a[9]; };

int32_t add(int32_t a, int32_t b) { return a + b; }

double weigh(int8_t a, double x, float y, uint16_t b) { return a * x + b * (double)y; }

struct pair turn(struct pair p) { return (struct pair){p.n, (int32_t)p.x}; }

struct big shift(struct big b, int64_t by) {
    for (int i = 0; i < 9; i++) b.a[i] += by;
    return b;
}

double total(int32_t n, ...) {
    va_list list;
    va_start(list, n);
    double sum = 0;
    while (n-- > 0) sum += va_arg(list, double);
    va_end(list);
    return sum;
}

int32_t apply(int32_t (*f)(int32_t), int32_t n) { return f(n) + 1; }

double apply_many(double (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, double, double, double,
                              double, double, double, int32_t),
                  int32_t n) {
    return f(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, n) + 1;
}
