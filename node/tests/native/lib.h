// The tests' C library, as hotcall reads it. lib.c includes it too, with the annotations defined as nothing.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Scalars: each function returns its argument, or a sum.
void nop(void);
bool id_bool(bool value);
int8_t id_i8(int8_t value);
uint8_t id_u8(uint8_t value);
int16_t id_i16(int16_t value);
uint16_t id_u16(uint16_t value);
int32_t id_i32(int32_t value);
uint32_t id_u32(uint32_t value);
int64_t id_i64(int64_t value);
uint64_t id_u64(uint64_t value);
intptr_t id_isize(intptr_t value);
size_t id_usize(size_t value);
float id_f32(float value);
double id_f64(double value);
void *id_pointer(void *value);
const char *id_text(const char *value);
int32_t add_i32(int32_t a, int32_t b);
uint32_t add_u32(uint32_t a, uint32_t b);
int64_t add_i64(int64_t a, int64_t b);
uint64_t add_u64(uint64_t a, uint64_t b);
double add_f64(double a, double b);
float add_f32(float a, float b);
int32_t sum8_i32(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h);
double sum10_f64(double a, double b, double c, double d, double e, double f, double g, double h, double i, double j);
double mixed(int8_t a, double b, uint16_t c, float d, int64_t e, bool f, void *g, uint32_t h, double i, int16_t j);

enum color { RED, GREEN = 5, BLUE };
enum color next_color(enum color color);

// Bytes.
uint8_t first_u8(const void *bytes);
uint32_t sum_u8(const uint8_t *bytes, uint32_t length);
double sum_doubles(_In_reads_(count) const double *values, size_t count);
void fill_u8(void *bytes, uint8_t value, size_t length);

// Structs.
struct point { double x, y; };
struct pair { int32_t a; int64_t b; };
struct line { struct point from, to; };
struct small { uint8_t tag; uint16_t value; };
struct large { int64_t words[12]; };
struct person { char name[16]; int32_t age; const char *note; double scores[3]; struct point home; };
union number { int32_t i; float f; uint8_t bytes[8]; };
struct tagged { int32_t kind; union number value; };
struct packet { uint32_t count; int16_t items[] __counted_by(count); };
struct wide { char16_t name[8]; wchar_t title[4]; };

double dot(struct point a, struct point b);
struct point point_add(struct point a, struct point b);
struct pair pair_swap(struct pair pair);
struct small small_make(uint8_t tag, uint16_t value);
struct large large_make(int64_t first);
int64_t large_sum(struct large large);
double line_length(struct line line);
struct line line_reverse(struct line line);
struct person person_make(const char *name, int32_t age);
int32_t person_age(const struct person *person);
void person_grow(struct person *person, int32_t years);
size_t person_name_length(struct person person);
float number_as_float(union number number);
union number number_of_bits(int32_t bits);
double tagged_value(struct tagged tagged);
int64_t packet_sum(const struct packet *packet);
double points_sum(_In_reads_(count) const struct point *points, size_t count);

// Out-parameters.
void divide(int32_t a, int32_t b, _Out_ int32_t *quotient, _Out_ int32_t *remainder);
bool parse_number(const char *text, _Out_ double *value);
void increment(_Inout_ int32_t *value);
void point_scale(_Inout_ struct point *point, double by);
void point_origin(_Out_ struct point *point);
size_t squares(_Out_writes_(count) int32_t *values, size_t count);
void double_all(_Inout_updates_(count) double *values, size_t count);
int32_t make_counter(_Out_ void **handle);
void write_i32(_Out_ void *where, int32_t value);
int32_t get_name(_Out_ const char **name);
size_t copy_text(_Out_writes_(size) char *into, size_t size, const char *text);

// Strings.
size_t text_length(const char *text);
const char *greeting(void);
const char *no_text(void);
const char16_t *greeting16(void);
const wchar_t *greeting32(void);
size_t text_length16(const char16_t *text);
size_t text_length32(const wchar_t *text);
char *upper(char *text);

// Results that the caller frees. `live_texts` counts those that nobody has freed.
void free_text(void *text);
char *make_text(const char *text) __attribute__((malloc(free_text)));
int32_t live_texts(void);
struct counter;
void counter_free(struct counter *counter);
struct counter *counter_new(int32_t start) __attribute__((malloc(counter_free)));
int32_t counter_next(struct counter *counter);
int32_t live_counters(void);

// errno, and functions with a variable number of arguments.
int32_t fail_with(int32_t code);
int32_t fail_and_wait(int32_t code, uint32_t milliseconds);
int32_t sum_variadic(int32_t count, ...);
double sum_variadic_f64(int32_t count, ...);
int32_t format(_Out_writes_(size) char *into, size_t size, const char *format, ...);

// Variables.
extern int32_t counter_value;
extern const double pi_value;
extern const char *version_text;
extern struct point origin_point;
extern int32_t table_values[4];
#define LIB_VERSION 42
#define LIB_NAME "hotcall tests"

// Functions from and to pointers, callbacks.
typedef int32_t (*binary)(int32_t a, int32_t b);
binary get_operation(const char *name);
int32_t apply(binary operation, int32_t a, int32_t b);
int32_t apply_pointer(void *operation, int32_t a, int32_t b);
void each(const int32_t *values, size_t count, void (*visit)(int32_t value, size_t index, void *context), void *context);
double map_point(double (*f)(struct point point), struct point point);
struct point make_point(struct point (*f)(double x, double y), double x, double y);
void on_text(void (*f)(const char *text), const char *text);
int64_t fold(int64_t (*f)(int64_t sum, int64_t value), int64_t from, int64_t to);
void sort_i32(int32_t *values, size_t count, int (*compare)(const void *a, const void *b));
void set_handler(void (*handler)(int32_t value));
void call_handler(int32_t value);
bool compare_callback(bool (*f)(bool), bool value);

// Other threads. `thread_call` waits for the result on its own thread; `thread_start` returns at once, and
// `thread_join` waits for the last one that was started.
int32_t thread_call(int32_t (*f)(int32_t), int32_t value);
void thread_start(void (*f)(int32_t), int32_t times);
void thread_start_value(int32_t (*f)(int32_t), int32_t value);
int32_t thread_join(void);
void sleep_ms(uint32_t milliseconds);
uint64_t thread_id(void);

__attribute__((weak)) int32_t not_in_the_library(int32_t value);
int32_t renamed(int32_t value) __asm__("id_i32");
