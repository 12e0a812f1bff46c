// The C functions that all contenders call.

#include <stdint.h>

struct point {
  double x, y;
};

void nothing(void);
int32_t add_i32(int32_t a, int32_t b);
int32_t subtract_i32(int32_t a, int32_t b);
double add_f64(double a, double b);
int64_t add_i64(int64_t a, int64_t b);
int32_t compare_i64(int64_t a, int64_t b);
uint32_t middle_u32(uint32_t a, uint32_t b);
int32_t add_eight(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h);
int32_t first_byte(const uint8_t *bytes);
uint32_t sum_bytes(const uint8_t *bytes, uint32_t count);
int32_t read_memory(void *memory);
void *memory(void);
int32_t text_length(const char *text);
const char *greeting(void);
double dot(struct point a, struct point b);
struct point add_points(struct point a, struct point b);
int32_t repeat(int32_t (*f)(int32_t), int32_t count);
