// The functions of `native/threads.c`, by the binding alone.

import { createRequire } from "node:module";
import { compile } from "../native.mjs";

export const binding = createRequire(import.meta.url)("../../lib/binding.cjs");

const text = `
  typedef int32_t (*unary)(int32_t);
  typedef void (*notify)(int32_t);
  struct pair { double a; int32_t b; };
  struct thread;
  typedef struct uv_loop_s uv_loop_t;

  int32_t call(unary f, int32_t value);
  int32_t call_times(unary f, int32_t count);
  double call_mixed(double (*f)(int8_t, uint32_t, int64_t, float, double, bool, void *), void *pointer);
  int32_t call_until(unary f);
  int32_t wait_and_return(int32_t ms, int32_t value);
  uint64_t thread_id(void);
  int32_t fail_after(int32_t ms, int32_t error);
  uint32_t sum_after(const uint8_t *bytes, size_t count, int32_t ms);
  void fill_after(uint8_t *bytes, size_t count, uint8_t value, int32_t ms);
  size_t length_after(const char *text, int32_t ms);
  struct pair swap_pair(struct pair pair);
  struct thread *start(unary f, int32_t value, int32_t count);
  int32_t join(struct thread *thread);
  int32_t call_elsewhere(unary f, int32_t value);
  void notify_elsewhere(notify f, int32_t count);
  void call_for_ever(unary f, int32_t threads);
  bool all_get_zero(int32_t threads);
  void set_handler(unary f);
  int32_t call_handler(int32_t value);
  void join_when_the_process_exits(unary f);
  int32_t call_from_the_event_loop(uv_loop_t *loop, unary f);
`;

const declarations = binding.declarations(text, "c");

export const path = compile("threads");
export const library = binding.open(path, undefined);
export const c = binding.functions(library, declarations, { bytes: true, callbacks: ["call_handler"], errno: ["fail_after"] });

const types = binding.declarations(
  `int32_t unary(int32_t);
   void notify(int32_t);
   void notify_pointer(void *);
   double mixed(int8_t, uint32_t, int64_t, float, double, bool, void *);`,
  "c",
);

// Makes a callback of one of these types, with its pointer.
export function callback(type, f, options) {
  const handle = binding.callback(types, type, f, options);
  return {
    handle,
    pointer: binding.callbackPointer(handle),
    ref: () => binding.callbackRef(handle, true),
    unref: () => binding.callbackRef(handle, false),
    close: () => binding.callbackClose(handle),
  };
}

// Calls a function of C on another thread.
export const async = (f, ...args) => binding.async(f, args);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
