/*
 * A bare virtual machine: NaN-boxed values, bytecode, and native functions that get only arguments, as clox of "Crafting
 * Interpreters" has them. Its loop does little, so that a native function's own time shows. engines/src/bare.rs has these
 * values, and functions as well.
 *
 * Behind it are native functions as a person would write them, one for each compared function of callees.c.
 */
#include "callees.c"

#include <stdbool.h>
#include <string.h>

typedef uint64_t Value;
typedef Value (*Native)(int argc, Value *args);

#define TAG(n) ((Value)(n) << 48)
static const Value NIL = TAG(0xfffa), THROWN = TAG(0xfffb), FUNCTION = TAG(0xfffc), BYTES = TAG(0xfffd);

typedef struct { Native native; } Function;
typedef struct { uint8_t *address; size_t len; } Bytes;
/* A function of the machine's own code. */
typedef struct { const uint8_t *code; const Value *constants; } Closure;

static inline const void *payload(Value value) { return (const void *)(uintptr_t)(value & 0xffffffffffff); }

static inline double as_number(Value value) {
    double number;
    memcpy(&number, &value, sizeof number);
    return number;
}

static inline Value number(double number) {
    Value value;
    memcpy(&value, &number, sizeof value);
    /* C may return any NaN; the machine has one. */
    return __builtin_expect(number != number, 0) ? TAG(0x7ff8) : value;
}

static inline bool is_number(Value value) { return value <= TAG(0xfff0); }

/* The exception of the native function that returns THROWN. */
const char *thrown;

static Value throw(const char *message) {
    thrown = message;
    return THROWN;
}

enum { LOCAL, CONSTANT, CALL, POP, LOOP, ADD, RETURN };

/* Runs code in rounds, whose locals are the function and a number. The number is `first` in the first round. Returns the value that
   was popped last or is returned, or THROWN. */
static Value interpret(const uint8_t *code, const Value *constants, Value function, double first, uint64_t rounds) {
    static void *const labels[] = {&&local, &&constant, &&call, &&pop, &&loop, &&add, &&result};
    Value stack[64], *top = stack + 2, last = NIL;
    stack[0] = function;
    /* In a register, so that rounds do not wait for each other's stores. */
    double round = first;
    stack[1] = number(round);
    const uint8_t *at = code;
#define NEXT goto *labels[*at++]
    NEXT;
local:
    *top++ = stack[*at++];
    NEXT;
constant:
    *top++ = constants[*at++];
    NEXT;
call: {
    int argc = *at++;
    Value *args = top - argc, callee = args[-1];
    if (__builtin_expect(callee >> 48 != FUNCTION >> 48, 0)) return throw("only functions can be called");
    Value value = ((const Function *)payload(callee))->native(argc, args);
    if (__builtin_expect(value == THROWN, 0)) return THROWN;
    args[-1] = value;
    top = args;
    NEXT;
}
pop:
    last = *--top;
    NEXT;
loop:
    if (--rounds == 0) return last;
    stack[1] = number(round += 1);
    at = code;
    NEXT;
add: {
    Value a = top[-2], b = top[-1];
    if (__builtin_expect(!is_number(a) || !is_number(b), 0)) return throw("only numbers can be added");
    *--top = NIL;
    top[-1] = number(as_number(a) + as_number(b));
    NEXT;
}
result:
    return top[-1];
}

/* Runs `code` in `rounds` rounds. Each begins with the function and the round's number as locals. Returns the value that was popped
   last, or THROWN. */
Value vm_run(const uint8_t *code, const Value *constants, const Function *function, uint64_t rounds) {
    return interpret(code, constants, FUNCTION | (uintptr_t)function, 0, rounds);
}

/* Calls a closure with a number. Returns its result, or THROWN. */
Value vm_call(const Closure *closure, Value argument) {
    if (!is_number(argument)) return throw("closures take numbers");
    return interpret(closure->code, closure->constants, NIL, as_number(argument), 1);
}

/* Calls the closure in a value, as the machine's interface for C would have it. */
Value vm_invoke(Value closure, int argc, Value *args) {
    if (argc != 1) return throw("closures take a number");
    return vm_call((const Closure *)(uintptr_t)(closure & 0xffffffffffff), args[0]);
}

#define NATIVE(name) Value vm_##name(int argc, Value *args)
#define EXPECT(condition, message) \
    if (__builtin_expect(!(condition), 0)) return throw(message)

static inline bool to_double(double *to, Value value) {
    *to = as_number(value);
    return is_number(value);
}

/* A whole number in range. Other values than numbers are NaNs, which equal nothing. For a number out of range x86-64's
   instruction gives INT32_MIN, which does not equal it. */
static inline bool to_int32(int32_t *to, Value value) {
    double number = as_number(value);
    *to = (int32_t)number;
    return *to == number;
}

NATIVE(nop) {
    (void)argc, (void)args;
    nop();
    return NIL;
}

NATIVE(add_i32) {
    int32_t a, b;
    EXPECT(argc >= 2 && to_int32(&a, args[0]) && to_int32(&b, args[1]), "add_i32 takes two integers");
    return number(add_i32(a, b));
}

NATIVE(add_f64) {
    double a, b;
    EXPECT(argc >= 2 && to_double(&a, args[0]) && to_double(&b, args[1]), "add_f64 takes two numbers");
    return number(add_f64(a, b));
}

NATIVE(sum8_f64) {
    double n[8];
    EXPECT(argc >= 8, "sum8_f64 takes eight numbers");
    for (int i = 0; i < 8; i++) EXPECT(to_double(&n[i], args[i]), "sum8_f64 takes eight numbers");
    return number(sum8_f64(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]));
}

NATIVE(sum12_i32) {
    int32_t n[12];
    EXPECT(argc >= 12, "sum12_i32 takes twelve integers");
    for (int i = 0; i < 12; i++) EXPECT(to_int32(&n[i], args[i]), "sum12_i32 takes twelve integers");
    return number(sum12_i32(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
}

static inline bool to_bytes(const Bytes **to, size_t size, Value value) {
    *to = payload(value);
    return value >> 48 == BYTES >> 48 && (*to)->len >= size;
}

NATIVE(first_byte) {
    const Bytes *bytes;
    double length;
    EXPECT(argc >= 2 && to_bytes(&bytes, 0, args[0]) && to_double(&length, args[1]) && length >= 0 && length < 0x1p63 &&
               (double)(int64_t)length == length,
           "first_byte takes a buffer and a length");
    return number(first_byte(bytes->address, (uintptr_t)(int64_t)length));
}

NATIVE(point_dist2) {
    const Bytes *bytes[2];
    struct16 points[2];
    EXPECT(argc >= 2, "point_dist2 takes two points");
    for (int i = 0; i < 2; i++) {
        EXPECT(to_bytes(&bytes[i], sizeof points[i], args[i]), "point_dist2 takes two points");
        memcpy(&points[i], bytes[i]->address, sizeof points[i]);
    }
    return number(point_dist2(points[0], points[1]));
}

NATIVE(quad_sum) {
    const Bytes *bytes;
    quad q;
    EXPECT(argc >= 1 && to_bytes(&bytes, sizeof q, args[0]), "quad_sum takes four integers");
    memcpy(&q, bytes->address, sizeof q);
    return number(quad_sum(q));
}

/* The closure of the call that runs, and whether it has thrown. */
static struct {
    const Closure *closure;
    bool has_thrown;
} running;

static int32_t call_closure(int32_t a) {
    if (running.has_thrown) return 0;
    int32_t result = 0;
    running.has_thrown = !to_int32(&result, vm_call(running.closure, number(a)));
    return result;
}

NATIVE(call_back) {
    int32_t a;
    EXPECT(argc >= 2 && args[0] >> 48 == FUNCTION >> 48 && to_int32(&a, args[1]), "call_back takes a function and an integer");
    typeof(running) outer = running;
    running = (typeof(running)){payload(args[0]), false};
    int32_t result = call_back(call_closure, a);
    bool has_thrown = running.has_thrown;
    running = outer;
    return has_thrown ? THROWN : number(result);
}
