import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { library } from "../native.mjs";

const entry = new URL("../../lib/index.mjs", import.meta.url);

// Runs script in a process that may load the tests' library alone. `names` are what `expressions` throw, or "allowed".
function outcomes(expressions) {
  const script = `
    import * as hotcall from ${JSON.stringify(entry)};
    const { address, alloc, callback, free, functionAt, offset, open, out, pointer, read, string, view, write } = hotcall;
    const lib = open(${JSON.stringify(library)}, "#include <stdint.h>\\n" +
      "int32_t add_i32(int32_t, int32_t); int32_t apply(int32_t (*f)(int32_t, int32_t), int32_t, int32_t);" +
      "struct point { double x, y; }; struct point point_add(struct point, struct point); const char *greeting(void);" +
      "void *id_pointer(void *); extern int32_t counter_value;");
    const memory = lib.id_pointer(new Uint8Array(16));
    for (const run of [${expressions.map((expression) => `() => ${expression}`)}]) {
      try { run(); console.log("allowed"); } catch (error) { console.log(error.name, error.code); }
    }`;
  const env = { ...process.env, HOTCALL_ALLOW_FFI: library };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env,
  });
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}

test("functions_of_an_allowed_library_need_nothing_else", () => {
  const expressions = [
    "lib.add_i32(1, 2)",
    "lib.apply((a, b) => a + b, 1, 2)",
    "lib.point_add({ x: 1, y: 2 }, { x: 3, y: 4 })",
    "lib.greeting()",
    "lib.counter_value",
    "address(memory)",
    'out("int32_t").value',
    "alloc(16)",
  ];
  assert.deepEqual(outcomes(expressions), Array(expressions.length).fill("allowed"));
});

test("other_libraries_and_all_of_memory_need_the_permission_for_everything", () => {
  const expressions = [
    'open("libc.so.6", "int abs(int);")',
    'open(null, "int abs(int);")',
    "pointer(4096n)",
    "pointer(new Uint8Array(1))",
    "offset(memory, 1)",
    'read(memory, "int")',
    'write(memory, "int", 1)',
    'view(memory, "int", 1)',
    "string(memory)",
    'functionAt(memory, "int (*)(int)")',
    'callback("int (*)(int)", () => 1).pointer',
    'out("void *")',
    "free(memory)",
  ];
  assert.deepEqual(outcomes(expressions), Array(expressions.length).fill("NotCapable ERR_ACCESS_DENIED"));
});
