/*
 * Lua functions as a person would write them in C, one for each function of callees.c that script calls. Buffers and structs are
 * userdata with a metatable of their own.
 *
 * The parts of lua.h that they need are declared here, as for Lua 5.4: the headers of the Lua in the program are not installed. The
 * program fills in the addresses of Lua's functions.
 *
 * With RAW defined there are also functions that read Lua's own values on its stack, with the private headers of its source: the
 * best that machine code which knows their layout could do.
 */
#include "callees.c"

#include <stdbool.h>
#include <stddef.h>

#ifdef RAW
#include "lobject.h"
#include "lstate.h"
#else
typedef struct lua_State lua_State;
#endif

struct {
    long long (*checkinteger)(lua_State *, int);
    double (*checknumber)(lua_State *, int);
    void *(*checkudata)(lua_State *, int, const char *);
    int (*error)(lua_State *, const char *, ...);
    void (*pushinteger)(lua_State *, long long);
    void (*pushnumber)(lua_State *, double);
    void (*pushvalue)(lua_State *, int);
    void *(*newuserdatauv)(lua_State *, size_t, int);
    void (*setmetatable)(lua_State *, const char *);
    int (*newmetatable)(lua_State *, const char *);
    int (*pcallk)(lua_State *, int, int, int, ptrdiff_t, void *);
    long long (*tointegerx)(lua_State *, int, int *);
    void (*settop)(lua_State *, int);
    int (*raise)(lua_State *);
    const void *(*topointer)(lua_State *, int);
} lua;

#define FUNCTION(name) int lua_##name(lua_State *L)

static inline int32_t check_int32(lua_State *L, int index) {
    long long number = lua.checkinteger(L, index);
    if (__builtin_expect(number != (int32_t)number, 0))
        lua.error(L, "argument %d is out of range: %d", index, (int)number);
    return (int32_t)number;
}

typedef struct { size_t size; } buffer;

static inline void *check_bytes(lua_State *L, int index, size_t size) {
    buffer *buffer = lua.checkudata(L, index, "buffer");
    if (__builtin_expect(buffer->size < size, 0)) lua.error(L, "argument %d has too few bytes", index);
    return buffer + 1;
}

static inline void *push_bytes(lua_State *L, size_t size) {
    buffer *buffer = lua.newuserdatauv(L, sizeof *buffer + size, 0);
    buffer->size = size;
    lua.setmetatable(L, "buffer");
    return buffer + 1;
}

static const void *metatable;

/* Pushes a buffer of these bytes. */
int lua_buffer(lua_State *L, const uint8_t *bytes, size_t size) {
    lua.newmetatable(L, "buffer");
    metatable = lua.topointer(L, -1);
    lua.settop(L, -2);
    __builtin_memcpy(push_bytes(L, size), bytes, size);
    return 1;
}

FUNCTION(nop) {
    (void)L;
    nop();
    return 0;
}

FUNCTION(add_i32) {
    lua.pushinteger(L, add_i32(check_int32(L, 1), check_int32(L, 2)));
    return 1;
}

FUNCTION(add_f64) {
    lua.pushnumber(L, add_f64(lua.checknumber(L, 1), lua.checknumber(L, 2)));
    return 1;
}

FUNCTION(sum8_f64) {
    double n[8];
    for (int i = 0; i < 8; i++) n[i] = lua.checknumber(L, i + 1);
    lua.pushnumber(L, sum8_f64(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]));
    return 1;
}

FUNCTION(sum12_i32) {
    int32_t n[12];
    for (int i = 0; i < 12; i++) n[i] = check_int32(L, i + 1);
    lua.pushinteger(L, sum12_i32(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
    return 1;
}

FUNCTION(first_byte) {
    const uint8_t *bytes = check_bytes(L, 1, 0);
    lua.pushinteger(L, first_byte(bytes, (size_t)lua.checkinteger(L, 2)));
    return 1;
}

FUNCTION(point_dist2) {
    const struct16 *a = check_bytes(L, 1, sizeof *a), *b = check_bytes(L, 2, sizeof *b);
    lua.pushnumber(L, point_dist2(*a, *b));
    return 1;
}

FUNCTION(point_add) {
    const struct16 *a = check_bytes(L, 1, sizeof *a), *b = check_bytes(L, 2, sizeof *b);
    struct16 *sum = push_bytes(L, sizeof *sum);
    *sum = point_add(*a, *b);
    return 1;
}

FUNCTION(struct16_out) {
    double x = lua.checknumber(L, 1), y = lua.checknumber(L, 2);
    struct16 *point = push_bytes(L, sizeof *point);
    *point = struct16_out(x, y);
    return 1;
}

FUNCTION(quad_sum) {
    const quad *q = check_bytes(L, 1, sizeof *q);
    lua.pushinteger(L, quad_sum(*q));
    return 1;
}

/* The state of the call that runs, and whether its function has raised an error. */
static struct {
    lua_State *L;
    bool has_failed;
} script;

static int32_t call_script(int32_t a) {
    lua_State *L = script.L;
    if (script.has_failed) return 0;
    lua.pushvalue(L, 1);
    lua.pushinteger(L, a);
    script.has_failed = lua.pcallk(L, 1, 1, 0, 0, NULL) != 0;
    if (script.has_failed) return 0;
    int is_integer;
    long long result = lua.tointegerx(L, -1, &is_integer);
    lua.settop(L, -2);
    return is_integer ? (int32_t)result : 0;
}

FUNCTION(call_back) {
    int32_t a = check_int32(L, 2);
    typeof(script) outer = script;
    script = (typeof(script)){L, false};
    int32_t result = call_back(call_script, a);
    bool has_failed = script.has_failed;
    script = outer;
    if (has_failed) return lua.raise(L);
    lua.pushinteger(L, result);
    return 1;
}

#ifdef RAW
#define RAW_FUNCTION(name) int raw_##name(lua_State *L)
#define ARGUMENT(i) s2v(L->ci->func.p + 1 + (i))
#define GIVEN() (L->top.p - (L->ci->func.p + 1))
#define EXPECT(condition) \
    if (__builtin_expect(!(condition), 0)) return lua.error(L, "an argument is wrong")

static inline bool raw_int32(int32_t *to, const TValue *value) {
    *to = (int32_t)ivalue(value);
    return ttisinteger(value) && ivalue(value) == *to;
}

static inline bool raw_double(double *to, const TValue *value) {
    if (__builtin_expect(ttisfloat(value), 1)) *to = fltvalue(value);
    else if (ttisinteger(value)) *to = (double)ivalue(value);
    else return false;
    return true;
}

static inline bool raw_bytes(const void **to, size_t size, const TValue *value) {
    if (!ttisfulluserdata(value) || uvalue(value)->metatable != metatable) return false;
    const buffer *buffer = (const void *)getudatamem(uvalue(value));
    *to = buffer + 1;
    return buffer->size >= size;
}

static inline int give_integer(lua_State *L, lua_Integer number) {
    setivalue(s2v(L->top.p), number);
    L->top.p++;
    return 1;
}

static inline int give_number(lua_State *L, lua_Number number) {
    setfltvalue(s2v(L->top.p), number);
    L->top.p++;
    return 1;
}

RAW_FUNCTION(nop) {
    (void)L;
    nop();
    return 0;
}

RAW_FUNCTION(add_i32) {
    int32_t a, b;
    EXPECT(GIVEN() >= 2 && raw_int32(&a, ARGUMENT(0)) && raw_int32(&b, ARGUMENT(1)));
    return give_integer(L, add_i32(a, b));
}

RAW_FUNCTION(add_f64) {
    double a, b;
    EXPECT(GIVEN() >= 2 && raw_double(&a, ARGUMENT(0)) && raw_double(&b, ARGUMENT(1)));
    return give_number(L, add_f64(a, b));
}

RAW_FUNCTION(sum8_f64) {
    double n[8];
    EXPECT(GIVEN() >= 8);
    for (int i = 0; i < 8; i++) EXPECT(raw_double(&n[i], ARGUMENT(i)));
    return give_number(L, sum8_f64(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]));
}

RAW_FUNCTION(sum12_i32) {
    int32_t n[12];
    EXPECT(GIVEN() >= 12);
    for (int i = 0; i < 12; i++) EXPECT(raw_int32(&n[i], ARGUMENT(i)));
    return give_integer(L, sum12_i32(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
}

RAW_FUNCTION(first_byte) {
    const void *bytes;
    EXPECT(GIVEN() >= 2 && raw_bytes(&bytes, 0, ARGUMENT(0)) && ttisinteger(ARGUMENT(1)));
    return give_integer(L, first_byte(bytes, (size_t)ivalue(ARGUMENT(1))));
}

RAW_FUNCTION(point_dist2) {
    const void *a, *b;
    EXPECT(GIVEN() >= 2 && raw_bytes(&a, sizeof(struct16), ARGUMENT(0)) &&
           raw_bytes(&b, sizeof(struct16), ARGUMENT(1)));
    return give_number(L, point_dist2(*(const struct16 *)a, *(const struct16 *)b));
}

RAW_FUNCTION(quad_sum) {
    const void *q;
    EXPECT(GIVEN() >= 1 && raw_bytes(&q, sizeof(quad), ARGUMENT(0)));
    return give_integer(L, quad_sum(*(const quad *)q));
}
#endif
