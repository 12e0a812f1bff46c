#include "callees.h"

#include <string.h>

static int32_t stored = 42;

void nothing(void) {}

int32_t add_i32(int32_t a, int32_t b) { return a + b; }

int32_t subtract_i32(int32_t a, int32_t b) { return a - b; }

double add_f64(double a, double b) { return a + b; }

int64_t add_i64(int64_t a, int64_t b) { return a + b; }

int32_t compare_i64(int64_t a, int64_t b) { return (a > b) - (a < b); }

uint32_t middle_u32(uint32_t a, uint32_t b) { return ((uint64_t)a + b) / 2; }

int32_t add_eight(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h) {
  return a + b + c + d + e + f + g + h;
}

int32_t first_byte(const uint8_t *bytes) { return bytes[0]; }

uint32_t sum_bytes(const uint8_t *bytes, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t index = 0; index < count; index++) sum += bytes[index];
  return sum;
}

int32_t read_memory(void *memory) { return *(int32_t *)memory; }

void *memory(void) { return &stored; }

int32_t text_length(const char *text) { return strlen(text); }

const char *greeting(void) { return "sixteen letters."; }

double dot(struct point a, struct point b) { return a.x * b.x + a.y * b.y; }

struct point add_points(struct point a, struct point b) { return (struct point){a.x + b.x, a.y + b.y}; }

int32_t repeat(int32_t (*f)(int32_t), int32_t count) {
  int32_t sum = 0;
  for (int32_t index = 0; index < count; index++) sum += f(index);
  return sum;
}
