// Functions whose results show what they were given.

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
