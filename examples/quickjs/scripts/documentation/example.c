/* The libraries that the page on Deno's FFI calls without showing them: `libexample.so`. */

#include <math.h>
#include <stddef.h>

int add(int a, int b) { return a + b; }

struct point { double x, y; };

double distance(struct point from, struct point to) { return sqrt(pow(to.x - from.x, 2) + pow(to.y - from.y, 2)); }

static void (*callback)(int);

void setCallback(void (*to)(int)) { callback = to; }

void runCallback(void) {
    if (callback != NULL) callback(42);
}
