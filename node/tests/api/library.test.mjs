import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { close, describe, open, symbol, types } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

test("a_library_has_functions_variables_and_constants_as_properties", () => {
  const lib = open(library, header);
  assert.equal(lib.add_i32(1, 2), 3);
  assert.equal(lib.counter_value, 17);
  assert.equal(lib.GREEN, 5);
  assert.equal(lib.LIB_VERSION, 42);
  assert.equal(lib.LIB_NAME, "hotcall tests");
  assert.ok(Object.keys(lib).includes("add_i32"));
  assert.ok(!Object.keys(lib).includes("GREEN"), "constants are not listed among the functions");
  assert.equal(lib.toString, undefined, "names belong to C");
  assert.equal(Object.prototype.toString.call(lib), "[object Library]");
});

test("a_function_without_conversions_is_the_native_function", () => {
  const lib = open(library, header);
  for (const name of ["nop", "add_i32", "id_pointer", "text_length", "first_u8", "sum_u8", "id_i64"]) {
    assert.equal(lib[name].native, lib[name], name);
  }
  assert.notEqual(lib.point_add.native, lib.point_add);
  assert.equal(lib.add_i32, lib.add_i32);
  assert.equal(lib.point_add, lib.point_add);
  assert.equal(lib.point_add.length, 2);
  assert.equal(lib.point_add.name, "point_add");
});

test("paths_are_strings_urls_or_null_for_the_process", () => {
  const text = "int32_t add_i32(int32_t, int32_t);";
  assert.equal(open(pathToFileURL(library), text).add_i32(1, 2), 3);
  assert.equal(open(null, "int abs(int value);").abs(-4), 4);
  assert.throws(() => open(undefined, text), /the path is neither a string, a URL nor null/);
  assert.throws(() => open("./not-there.so", text), /not-there/);
});

test("close_is_a_function_of_the_package_so_that_c_may_have_one_of_that_name", () => {
  const lib = open(null, "int close(int file);");
  assert.equal(lib.close(-1), -1);
  close(lib);
  assert.throws(() => lib.close(-1), /closed/);
  close(lib);
  assert.throws(() => close({}), /expected a library/);
});

test("using_closes_a_library", () => {
  let kept;
  {
    const lib = open(library, header);
    kept = lib;
    lib[Symbol.dispose]();
  }
  assert.throws(() => kept.add_i32(1, 2), /closed/);
  assert.throws(() => kept.point_add({ x: 1, y: 2 }, { x: 1, y: 2 }), /closed/);
  assert.throws(() => kept.counter_value, /cannot use variable "counter_value": its library is closed/);
  assert.throws(() => (kept.counter_value = 1), /closed/);
});

test("deno_form_and_c_text_make_the_same_functions", () => {
  const point = { struct: { x: "f64", y: "f64" }, name: "point" };
  const lib = open(library, {
    add: { name: "add_i32", parameters: ["i32", "i32"], result: "i32" },
    point_add: { parameters: [point, point], result: point },
    greeting: { parameters: [], result: { pointer: "char", const: true } },
    counter_value: { type: "i32" },
  });
  assert.equal(lib.add(1, 2), 3);
  assert.deepEqual(lib.point_add({ x: 1, y: 2 }, { x: 3, y: 4 }), { x: 4, y: 6 });
  assert.equal(lib.greeting(), "Grüße, 世界 👋");
  assert.equal(lib.counter_value, 17);
});

test("declarations_are_read_once", () => {
  const reads = [];
  const watch = (object, path) =>
    new Proxy(object, {
      get(target, key) {
        const value = target[key];
        if (typeof key === "string" && !(Array.isArray(target) && key === "length")) reads.push(`${path}.${key}`);
        return typeof value === "object" && value !== null ? watch(value, `${path}.${key}`) : value;
      },
    });
  let calls = 0;
  const declarations = watch(
    {
      add_i32: {
        parameters: ["i32", "i32"],
        get result() {
          calls++;
          return "i32";
        },
      },
    },
    "",
  );
  const lib = open(library, declarations);
  assert.equal(lib.add_i32(1, 2), 3);
  assert.equal(calls, 1);
  const read = reads.filter((path) => !/constructor|toJSON|Symbol/.test(path));
  assert.equal(new Set(read).size, read.length, `read twice: ${read}`);
});

test("wrong_declarations_name_their_place", () => {
  assert.throws(
    () => open(library, { f: { parameters: ["i33"], result: "i32" } }),
    /f\.parameters\[0\].*i33|i33.*f\.parameters\[0\]/s,
  );
  assert.throws(() => open(library, { f: { parameters: [() => 1], result: "i32" } }), /f\.parameters\[0\]/);
  assert.throws(() => open(library, { f: { parameters: ["i32"] } }), /missing field `result`/);
  const recursive = { struct: ["i32"] };
  recursive.struct.push(recursive);
  assert.throws(() => open(library, { f: { parameters: [recursive], result: "i32" } }), /circular|cyclic/i);
  assert.throws(() => open(library, 5), /neither C text nor an object/);
  assert.throws(() => open(library, "int f(("), /line 1/);
});

test("a_declared_function_that_cannot_be_called_says_why_when_it_is_used", () => {
  const lib = open(library, "long double f(long double); int32_t add_i32(int32_t, int32_t);");
  assert.equal(lib.add_i32(2, 2), 4);
  assert.throws(() => lib.f, /cannot use "f": .*long double/);
});

test("missing_symbols_are_errors_unless_they_are_optional", () => {
  assert.throws(() => open(library, "void missing_function(void);"), /missing_function/);
  assert.throws(() => open(library, "extern int missing_variable;"), /missing_variable/);
  const lib = open(library, "void missing_function(void); extern int missing_variable; void nop(void);", {
    optional: true,
  });
  assert.equal(lib.missing_function, null);
  assert.equal(lib.missing_variable, null);
  assert.equal(lib.nop(), undefined);
  assert.equal(open(library, header).not_in_the_library, null, "a weak symbol is optional");
});

test("aliases_are_further_names", () => {
  const lib = open(library, header, { aliases: { add: "add_i32", counter: "counter_value", sum: "point_add" } });
  assert.equal(lib.add, lib.add_i32);
  assert.equal(lib.sum, lib.point_add);
  lib.counter = 3;
  assert.equal(lib.counter_value, 3);
  lib.counter_value = 17;
  assert.throws(
    () => open(library, header, { aliases: { add: "nothing" } }),
    /the alias "add": nothing named "nothing"/,
  );
  assert.throws(() => open(library, header, { aliases: { nop: "add_i32" } }), /the alias "nop" is a declared name/);
  assert.equal(open(library, header).renamed(7), 7, "the declaration names the symbol");
});

test("load_flags_are_passed_on", () => {
  assert.equal(open(library, "void nop(void);", { lazy: true, global: true }).nop(), undefined);
});

test("unknown_options_are_refused", () => {
  const text = "void nop(void);";
  assert.throws(() => open(library, text, { callback: true }), {
    name: "TypeError",
    message: 'open: the option "callback" is not one of callbacks, errno, optional, aliases, lazy, global, binary',
  });
  assert.throws(() => open(library, text, 5), /open: the options are not an object/);
  assert.throws(() => open(library, text, { callbacks: "nop" }), /callbacks/);
});

test("variables_are_read_and_written_in_c", () => {
  const lib = open(library, header);
  lib.counter_value = 99;
  assert.equal(open(library, header).counter_value, 99);
  lib.counter_value = 17;
  assert.equal(lib.pi_value, 3.25);
  assert.throws(() => (lib.pi_value = 1), /cannot write variable "pi_value": it is const/);
  assert.equal(lib.version_text, "1.2.3");
  assert.deepEqual(lib.origin_point, { x: 1.5, y: -2.5 });
  lib.origin_point = { x: 0, y: 1 };
  assert.deepEqual(lib.origin_point, { x: 0, y: 1 });
  lib.origin_point = { x: 1.5, y: -2.5 };
  assert.deepEqual(lib.table_values, Int32Array.of(10, 20, 30, 40));
  assert.throws(() => (lib.counter_value = "x"), {
    name: "TypeError",
    message: 'cannot write variable "counter_value" (i32): expected an integer, not a string',
  });
});

test("type_names_belong_to_one_library", () => {
  const a = open(library, "struct t { double x; }; double id_f64(double);");
  const b = open(library, "struct t { char x[3]; }; double id_f64(double);");
  assert.equal(types(a)["struct t"].size, 8);
  assert.equal(types(b)["struct t"].size, 3);
});

test("describe_says_what_was_declared", () => {
  const lib = open(library, "int32_t add_i32(int32_t a, int32_t b); extern int32_t counter_value; int broken(@);");
  const { path, functions, variables, skipped } = describe(lib);
  assert.equal(path, library);
  assert.deepEqual(
    functions.add_i32.parameters.map(({ name, type }) => `${type} ${name}`),
    ["i32 a", "i32 b"],
  );
  assert.equal(String(functions.add_i32.result), "i32");
  assert.equal(variables.counter_value.kind, "i32");
  assert.equal(skipped.length, 1);
});

test("symbols_have_addresses", () => {
  const lib = open(library, header);
  assert.notEqual(symbol(lib, "add_i32"), null);
  assert.equal(symbol(lib, "not_there"), null);
});

test("a_library_with_many_functions_keeps_fast_properties_and_odd_names", () => {
  const lib = open(library, {
    ["__proto__"]: { name: "add_i32", parameters: ["i32", "i32"], result: "i32" },
    constructor: { name: "nop", parameters: [], result: "void" },
  });
  assert.equal(Object.getOwnPropertyDescriptor(lib, "__proto__").value?.(1, 2) ?? lib["__proto__"](1, 2), 3);
  assert.equal(lib.constructor(), undefined);
});
