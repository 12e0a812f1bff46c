// The tests' C library. lib.h has what hotcall reads of it. Add functions at the end.

#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uchar.h>
#include <wchar.h>

#define _In_reads_(count)
#define _Out_
#define _Inout_
#define _Out_writes_(count)
#define _Inout_updates_(count)
#define __counted_by(count)
#include "lib.h"

void nop(void) {}

#define IDENTITY(name, type) type name(type value) { return value; }
IDENTITY(id_bool, bool)
IDENTITY(id_i8, int8_t)
IDENTITY(id_u8, uint8_t)
IDENTITY(id_i16, int16_t)
IDENTITY(id_u16, uint16_t)
IDENTITY(id_i32, int32_t)
IDENTITY(id_u32, uint32_t)
IDENTITY(id_i64, int64_t)
IDENTITY(id_u64, uint64_t)
IDENTITY(id_isize, intptr_t)
IDENTITY(id_usize, size_t)
IDENTITY(id_f32, float)
IDENTITY(id_f64, double)
IDENTITY(id_pointer, void *)
IDENTITY(id_text, const char *)

#define SUM(name, type) type name(type a, type b) { return a + b; }
SUM(add_u32, uint32_t)
SUM(add_u64, uint64_t)
SUM(add_f64, double)
SUM(add_f32, float)

int32_t add_i32(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
int64_t add_i64(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

int32_t sum8_i32(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

double sum10_f64(double a, double b, double c, double d, double e, double f, double g, double h, double i, double j) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}

double mixed(int8_t a, double b, uint16_t c, float d, int64_t e, bool f, void *g, uint32_t h, double i, int16_t j) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * (g != NULL) + 8 * h + 9 * i + 10 * j;
}

enum color next_color(enum color color) { return color == RED ? GREEN : color == GREEN ? BLUE : RED; }

uint8_t first_u8(const void *bytes) { return *(const uint8_t *)bytes; }

uint32_t sum_u8(const uint8_t *bytes, uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < length; i++) sum += bytes[i];
    return sum;
}

double sum_doubles(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

void fill_u8(void *bytes, uint8_t value, size_t length) { memset(bytes, value, length); }

double dot(struct point a, struct point b) { return a.x * b.x + a.y * b.y; }
struct point point_add(struct point a, struct point b) { return (struct point){a.x + b.x, a.y + b.y}; }
struct pair pair_swap(struct pair pair) { return (struct pair){(int32_t)pair.b, pair.a}; }
struct small small_make(uint8_t tag, uint16_t value) { return (struct small){tag, value}; }

struct large large_make(int64_t first) {
    struct large large;
    for (int i = 0; i < 12; i++) large.words[i] = first + i;
    return large;
}

int64_t large_sum(struct large large) {
    int64_t sum = 0;
    for (int i = 0; i < 12; i++) sum += large.words[i];
    return sum;
}

double line_length(struct line line) { return hypot(line.to.x - line.from.x, line.to.y - line.from.y); }
struct line line_reverse(struct line line) { return (struct line){line.to, line.from}; }

struct person person_make(const char *name, int32_t age) {
    struct person person = {.age = age, .note = "made", .scores = {1, 2, 3}, .home = {4, 5}};
    snprintf(person.name, sizeof person.name, "%s", name);
    return person;
}

int32_t person_age(const struct person *person) { return person == NULL ? -1 : person->age; }
void person_grow(struct person *person, int32_t years) { person->age += years; }
size_t person_name_length(struct person person) { return strnlen(person.name, sizeof person.name); }
float number_as_float(union number number) { return number.f; }
union number number_of_bits(int32_t bits) { return (union number){.i = bits}; }
double tagged_value(struct tagged tagged) { return tagged.kind == 0 ? tagged.value.i : tagged.value.f; }

int64_t packet_sum(const struct packet *packet) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < packet->count; i++) sum += packet->items[i];
    return sum;
}

double points_sum(const struct point *points, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += points[i].x + points[i].y;
    return sum;
}

void divide(int32_t a, int32_t b, int32_t *quotient, int32_t *remainder) {
    *quotient = a / b;
    *remainder = a % b;
}

bool parse_number(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text;
}

void increment(int32_t *value) { *value += 1; }

void point_scale(struct point *point, double by) {
    point->x *= by;
    point->y *= by;
}

void point_origin(struct point *point) { *point = (struct point){0, 0}; }

size_t squares(int32_t *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = (int32_t)(i * i);
    return count;
}

void double_all(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] *= 2;
}

int32_t make_counter(void **handle) {
    *handle = counter_new(7);
    return 0;
}

void write_i32(void *where, int32_t value) { memcpy(where, &value, sizeof value); }

int32_t get_name(const char **name) {
    *name = "a name";
    return 6;
}

size_t copy_text(char *into, size_t size, const char *text) { return (size_t)snprintf(into, size, "%s", text); }

size_t text_length(const char *text) { return text == NULL ? SIZE_MAX : strlen(text); }
const char *greeting(void) { return "Grüße, 世界 👋"; }
const char *no_text(void) { return NULL; }
const char16_t *greeting16(void) { return u"Grüße, 世界 👋"; }
const wchar_t *greeting32(void) { return L"Grüße, 世界 👋"; }

size_t text_length16(const char16_t *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}

size_t text_length32(const wchar_t *text) { return wcslen(text); }

char *upper(char *text) {
    for (char *c = text; *c != 0; c++) {
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    }
    return text;
}

static atomic_int texts;
static atomic_int counters;

char *make_text(const char *text) {
    if (text == NULL) return NULL;
    texts++;
    return strdup(text);
}

void free_text(void *text) {
    if (text != NULL) texts--;
    free(text);
}

int32_t live_texts(void) { return texts; }

struct counter { int32_t value; };

struct counter *counter_new(int32_t start) {
    struct counter *counter = malloc(sizeof *counter);
    counter->value = start;
    counters++;
    return counter;
}

void counter_free(struct counter *counter) {
    counters--;
    free(counter);
}

int32_t counter_next(struct counter *counter) { return counter->value++; }
int32_t live_counters(void) { return counters; }

int32_t fail_with(int32_t code) {
    errno = code;
    return -1;
}

int32_t fail_and_wait(int32_t code, uint32_t milliseconds) {
    sleep_ms(milliseconds);
    return fail_with(code);
}

int32_t sum_variadic(int32_t count, ...) {
    va_list list;
    va_start(list, count);
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += va_arg(list, int32_t);
    va_end(list);
    return sum;
}

double sum_variadic_f64(int32_t count, ...) {
    va_list list;
    va_start(list, count);
    double sum = 0;
    for (int32_t i = 0; i < count; i++) sum += va_arg(list, double);
    va_end(list);
    return sum;
}

int32_t format(char *into, size_t size, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int32_t length = vsnprintf(into, size, format, list);
    va_end(list);
    return length;
}

int32_t counter_value = 17;
const double pi_value = 3.25;
const char *version_text = "1.2.3";
struct point origin_point = {1.5, -2.5};
int32_t table_values[4] = {10, 20, 30, 40};

static int32_t subtract(int32_t a, int32_t b) { return a - b; }

binary get_operation(const char *name) {
    return strcmp(name, "add") == 0 ? add_i32 : strcmp(name, "subtract") == 0 ? subtract : NULL;
}

int32_t apply(binary operation, int32_t a, int32_t b) { return operation(a, b); }
int32_t apply_pointer(void *operation, int32_t a, int32_t b) { return ((binary)operation)(a, b); }

void each(const int32_t *values, size_t count, void (*visit)(int32_t value, size_t index, void *context), void *context) {
    for (size_t i = 0; i < count; i++) visit(values[i], i, context);
}

double map_point(double (*f)(struct point point), struct point point) { return f(point); }
struct point make_point(struct point (*f)(double x, double y), double x, double y) { return f(x, y); }
void on_text(void (*f)(const char *text), const char *text) { f(text); }

int64_t fold(int64_t (*f)(int64_t sum, int64_t value), int64_t from, int64_t to) {
    int64_t sum = 0;
    for (int64_t i = from; i < to; i++) sum = f(sum, i);
    return sum;
}

void sort_i32(int32_t *values, size_t count, int (*compare)(const void *a, const void *b)) {
    qsort(values, count, sizeof *values, compare);
}

static void (*the_handler)(int32_t);
void set_handler(void (*handler)(int32_t value)) { the_handler = handler; }
void call_handler(int32_t value) { the_handler(value); }
bool compare_callback(bool (*f)(bool), bool value) { return f(value); }

struct job {
    int32_t (*call)(int32_t);
    void (*notify)(int32_t);
    int32_t value, result;
};

static void *run(void *argument) {
    struct job *job = argument;
    if (job->call != NULL) {
        job->result = job->call(job->value);
    } else {
        for (int32_t i = 0; i < job->value; i++) job->notify(i);
    }
    return NULL;
}

static pthread_t started;
static struct job started_job;

static void start(struct job job) {
    started_job = job;
    pthread_create(&started, NULL, run, &started_job);
}

int32_t thread_call(int32_t (*f)(int32_t), int32_t value) {
    struct job job = {.call = f, .value = value};
    pthread_t thread;
    pthread_create(&thread, NULL, run, &job);
    pthread_join(thread, NULL);
    return job.result;
}

void thread_start(void (*f)(int32_t), int32_t times) { start((struct job){.notify = f, .value = times}); }
void thread_start_value(int32_t (*f)(int32_t), int32_t value) { start((struct job){.call = f, .value = value}); }

int32_t thread_join(void) {
    pthread_join(started, NULL);
    return started_job.result;
}

void sleep_ms(uint32_t milliseconds) {
    struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

uint64_t thread_id(void) { return (uint64_t)pthread_self(); }
