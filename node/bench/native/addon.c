// An addon as people write it by hand: Node-API around each function of C. It also has the clock of the measurements.

#include <node_api.h>
#include <time.h>

#include "callees.h"

#define MAX_ARGUMENTS 8

// The arguments of a call.
struct call {
  napi_env env;
  napi_value arguments[MAX_ARGUMENTS];
};

static struct call call_of(napi_env env, napi_callback_info info) {
  struct call call = {.env = env};
  size_t count = MAX_ARGUMENTS;
  napi_get_cb_info(env, info, &count, call.arguments, NULL, NULL);
  return call;
}

// Each of these throws, and returns zero, if the argument is of another type.

#define NUMBER(name, type, function, expected)                                     \
  static type name(const struct call *call, int index) {                           \
    type value = 0;                                                                \
    if (function(call->env, call->arguments[index], &value) != napi_ok) {          \
      napi_throw_type_error(call->env, NULL, expected);                            \
    }                                                                              \
    return value;                                                                  \
  }

NUMBER(i32, int32_t, napi_get_value_int32, "expected a number")
NUMBER(u32, uint32_t, napi_get_value_uint32, "expected a number")
NUMBER(f64, double, napi_get_value_double, "expected a number")
NUMBER(pointer, void *, napi_get_value_external, "expected a pointer")

static int64_t i64(const struct call *call, int index) {
  int64_t value = 0;
  bool lossless;
  if (napi_get_value_bigint_int64(call->env, call->arguments[index], &value, &lossless) != napi_ok) {
    napi_throw_type_error(call->env, NULL, "expected a BigInt");
  }
  return value;
}

static void *bytes(const struct call *call, int index) {
  void *data = NULL;
  if (napi_get_typedarray_info(call->env, call->arguments[index], NULL, NULL, &data, NULL, NULL) != napi_ok) {
    napi_throw_type_error(call->env, NULL, "expected a typed array");
  }
  return data;
}

static double member(const struct call *call, int index, const char *name) {
  napi_value value;
  double number = 0;
  if (napi_get_named_property(call->env, call->arguments[index], name, &value) != napi_ok ||
      napi_get_value_double(call->env, value, &number) != napi_ok) {
    napi_throw_type_error(call->env, NULL, "expected a point");
  }
  return number;
}

static struct point point(const struct call *call, int index) {
  return (struct point){member(call, index, "x"), member(call, index, "y")};
}

static struct point point_in_bytes(const struct call *call, int index) {
  const struct point *data = bytes(call, index);
  return data ? *data : (struct point){0, 0};
}

static napi_value of_i32(napi_env env, int32_t number) {
  napi_value value = NULL;
  napi_create_int32(env, number, &value);
  return value;
}

static napi_value of_f64(napi_env env, double number) {
  napi_value value = NULL;
  napi_create_double(env, number, &value);
  return value;
}

static napi_value of_point(napi_env env, struct point point) {
  napi_value value = NULL;
  napi_create_object(env, &value);
  napi_set_named_property(env, value, "x", of_f64(env, point.x));
  napi_set_named_property(env, value, "y", of_f64(env, point.y));
  return value;
}

static napi_value call_nothing(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  nothing();
  return NULL;
}

static napi_value call_add_i32(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_i32(env, add_i32(i32(&call, 0), i32(&call, 1)));
}

static napi_value call_subtract_i32(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_i32(env, subtract_i32(i32(&call, 0), i32(&call, 1)));
}

static napi_value call_add_f64(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_f64(env, add_f64(f64(&call, 0), f64(&call, 1)));
}

static napi_value call_add_i64(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  napi_value value = NULL;
  napi_create_bigint_int64(env, add_i64(i64(&call, 0), i64(&call, 1)), &value);
  return value;
}

static napi_value call_compare_i64(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_i32(env, compare_i64(i64(&call, 0), i64(&call, 1)));
}

static napi_value call_middle_u32(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  napi_value value = NULL;
  napi_create_uint32(env, middle_u32(u32(&call, 0), u32(&call, 1)), &value);
  return value;
}

static napi_value call_add_eight(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_i32(env, add_eight(i32(&call, 0), i32(&call, 1), i32(&call, 2), i32(&call, 3), i32(&call, 4), i32(&call, 5),
                               i32(&call, 6), i32(&call, 7)));
}

static napi_value call_first_byte(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  const uint8_t *data = bytes(&call, 0);
  return data ? of_i32(env, first_byte(data)) : NULL;
}

static napi_value call_sum_bytes(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  const uint8_t *data = bytes(&call, 0);
  napi_value value = NULL;
  if (data) napi_create_uint32(env, sum_bytes(data, u32(&call, 1)), &value);
  return value;
}

static napi_value call_read_memory(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  void *address = pointer(&call, 0);
  return address ? of_i32(env, read_memory(address)) : NULL;
}

static napi_value call_memory(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value = NULL;
  napi_create_external(env, memory(), NULL, NULL, &value);
  return value;
}

static napi_value call_text_length(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  char text[256];
  if (napi_get_value_string_utf8(env, call.arguments[0], text, sizeof text, NULL) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a string");
    return NULL;
  }
  return of_i32(env, text_length(text));
}

static napi_value call_greeting(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value = NULL;
  napi_create_string_utf8(env, greeting(), NAPI_AUTO_LENGTH, &value);
  return value;
}

static napi_value call_dot(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_f64(env, dot(point(&call, 0), point(&call, 1)));
}

static napi_value call_dot_bytes(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_f64(env, dot(point_in_bytes(&call, 0), point_in_bytes(&call, 1)));
}

static napi_value call_add_points(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  return of_point(env, add_points(point(&call, 0), point(&call, 1)));
}

static napi_value call_add_points_into(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  struct point *into = bytes(&call, 2);
  if (into) *into = add_points(point_in_bytes(&call, 0), point_in_bytes(&call, 1));
  return call.arguments[2];
}

// The function of script that `repeat` calls now, and where it runs.
static struct {
  napi_env env;
  napi_value function;
  napi_value receiver;
} current;

static int32_t call_script(int32_t number) {
  napi_env env = current.env;
  napi_handle_scope scope;
  napi_value result = NULL;
  int32_t answer = 0;
  napi_open_handle_scope(env, &scope);
  napi_value argument = of_i32(env, number);
  if (napi_call_function(env, current.receiver, current.function, 1, &argument, &result) == napi_ok) {
    napi_get_value_int32(env, result, &answer);
  }
  napi_close_handle_scope(env, scope);
  return answer;
}

static napi_value call_repeat(napi_env env, napi_callback_info info) {
  struct call call = call_of(env, info);
  current.env = env;
  current.function = call.arguments[0];
  napi_get_undefined(env, &current.receiver);
  return of_i32(env, repeat(call_script, i32(&call, 1)));
}

// Nanoseconds of processor time of this thread.
static napi_value clock_now(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return of_f64(env, now.tv_sec * 1e9 + now.tv_nsec);
}

#define FUNCTION(name) {#name, NULL, call_##name, NULL, NULL, NULL, napi_enumerable, NULL}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      FUNCTION(nothing),
      FUNCTION(add_i32),
      FUNCTION(subtract_i32),
      FUNCTION(add_f64),
      FUNCTION(add_i64),
      FUNCTION(compare_i64),
      FUNCTION(middle_u32),
      FUNCTION(add_eight),
      FUNCTION(first_byte),
      FUNCTION(sum_bytes),
      FUNCTION(read_memory),
      FUNCTION(memory),
      FUNCTION(text_length),
      FUNCTION(greeting),
      FUNCTION(dot),
      FUNCTION(dot_bytes),
      FUNCTION(add_points),
      FUNCTION(add_points_into),
      FUNCTION(repeat),
      {"now", NULL, clock_now, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
