// Functions whose results show what they were given.

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int8_t same_i8(int8_t x) { return x; }
uint8_t same_u8(uint8_t x) { return x; }
int16_t same_i16(int16_t x) { return x; }
uint16_t same_u16(uint16_t x) { return x; }
int32_t same_i32(int32_t x) { return x; }
uint32_t same_u32(uint32_t x) { return x; }
int64_t same_i64(int64_t x) { return x; }
uint64_t same_u64(uint64_t x) { return x; }
float same_f32(float x) { return x; }
double same_f64(double x) { return x; }
bool same_bool(bool x) { return x; }
void *same_pointer(void *x) { return x; }
const char *same_text(const char *x) { return x; }
size_t length(const char *x) { return strlen(x); }
int is_null(const void *x) { return x == NULL; }
int called(int (*function)(int), int x) { return function ? function(x) : -1; }
const char *latin1(void) { return "caf\xe9"; }
void nothing(void) {}

struct point { double x, y; };
struct point swap(struct point p) { return (struct point){p.y, p.x}; }

struct pair { uint8_t b[3]; struct point p; };
struct nest { char tag; struct pair pairs[2]; union { int32_t i; float f; } u; };
struct nest reverse(struct nest n) {
    struct pair first = n.pairs[0];
    n.pairs[0] = n.pairs[1];
    n.pairs[1] = first;
    n.tag++;
    return n;
}

union number { int32_t i; float f; uint8_t bytes[8]; };
union number same_number(union number n) { return n; }

struct label { uint64_t id; const char *text; void *data; float weight; bool on; };
struct label same_label(struct label l) { return l; }

struct variant { int kind; union { int32_t i; double d; }; struct { short a, b; }; };
struct variant same_variant(struct variant v) { return v; }

int fill(int32_t *number, char *text, const char *with) {
    *number = 258;
    strcpy(text, with);
    return (int)((uintptr_t)number % 16);
}

int fail_with(int number) {
    errno = number;
    return -1;
}

int print(void) {
    printf("printed by C");
    return 7;
}

// Callbacks.

int each(int (*visit)(int, const char *, struct point, double, bool, void *), int times) {
    int sum = 0;
    for (int i = 0; i < times; i++)
        sum += visit(i, i ? "a \"b\"" : NULL, (struct point){i, -i}, i / 2.0, i % 2, (void *)(intptr_t)i);
    return sum;
}

struct point map(struct point (*f)(struct point), struct point p) { return f(p); }
const char *ask(const char *(*f)(void)) { return f(); }
uint8_t ask_u8(uint8_t (*f)(void)) { return f(); }
float ask_f32(float (*f)(void)) { return f(); }

int print_around(void (*f)(void)) {
    printf("before\n");
    f();
    printf("after\n");
    return 7;
}

// The last argument is called with the one before.
void call_variadic(int unused, ...) {
    va_list arguments;
    va_start(arguments, unused);
    int x = va_arg(arguments, int);
    void (*f)(int) = va_arg(arguments, void (*)(int));
    va_end(arguments);
    f(x);
}

static int (*kept)(const char *);
static const char *kept_text;

int keep(int (*f)(const char *), const char *text) {
    kept = f;
    kept_text = text;
    return 1;
}

__attribute__((destructor)) static void call_kept(void) {
    if (kept && kept(kept_text) != 5)
        puts("another result");
}

static void *run(void *f) {
    ((void (*)(int))f)(3);
    return NULL;
}

int on_a_thread(void (*f)(int)) {
    pthread_t thread;
    return pthread_create(&thread, NULL, run, (void *)f) || pthread_join(thread, NULL);
}

int sum(const int32_t *numbers, int count) {
    int sum = 0;
    while (count--)
        sum += numbers[count];
    return sum;
}

size_t bytes_of(const char *bytes, size_t index) { return bytes[index]; }

/* Denormal numbers count as 0 from now on, as in libraries compiled with -ffast-math. */
static void be_fast(void) {
    unsigned control = 0x9fc0;
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}

float fast_f32(float x) {
    be_fast();
    return x;
}

void fast_sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    be_fast();
    qsort(array, count, size, compare);
}

// Memory that parameters point to.

int split(double number, int *whole, double *rest) {
    int before = *whole;
    *whole = (int)number;
    if (rest)
        *rest = number - *whole;
    return before;
}

void move(struct point *points, int count, double by) {
    for (int i = 0; i < count; i++)
        points[i] = (struct point){points[i].x + by, points[i].y + by};
}

double sum_of(const struct point *points, int count) {
    double sum = 0;
    while (count--)
        sum += points[count].x + points[count].y;
    return sum;
}

void new_handle(void **handle, const unsigned char **bytes, const char **name) {
    *handle = (void *)0x10;
    *bytes = (const unsigned char *)0x20;
    (void)name;
}

void squares(int numbers[4]) {
    for (int i = 1; i < 4; i++)
        numbers[i] = i * i;
}

void digest(unsigned char *bytes) { memcpy(bytes, "hi\0\a", 4); }

void fill_memory(void *memory, size_t size) {
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)memory)[i] = (unsigned char)(i + 1);
}

void say(char *text, int size) {
    memset(text, 'x', size - 1);
    text[size - 1] = 0;
}

void shout(char *text, ...) {
    for (; *text; text++)
        *text -= 'a' - 'A';
}
