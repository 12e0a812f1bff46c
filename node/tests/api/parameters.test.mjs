import assert from "node:assert/strict";
import { test } from "node:test";
import { open, out, pointer } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("out_parameters_fill_arrays_cells_bytes_and_objects", () => {
  const [quotient, remainder] = [[], out("int32_t")];
  lib.divide(17, 5, quotient, remainder);
  assert.deepEqual(quotient, [3]);
  assert.equal(remainder.value, 2);
  const both = new Int32Array(2);
  lib.divide(17, 5, both.subarray(0, 1), both.subarray(1));
  assert.deepEqual(both, Int32Array.of(3, 2));
  const value = [];
  assert.equal(lib.parse_number("2.5x", value), true);
  assert.deepEqual(value, [2.5]);
  const point = {};
  lib.point_origin(point);
  assert.deepEqual(point, { x: 0, y: 0 });
});

test("inout_parameters_are_read_and_written", () => {
  const value = [41];
  lib.increment(value);
  assert.deepEqual(value, [42]);
  const point = { x: 1, y: 2 };
  lib.point_scale(point, 3);
  assert.deepEqual(point, { x: 3, y: 6 });
  assert.throws(
    () => lib.increment(["x"]),
    /cannot call "increment": argument 1 \(i32 \*\): \[0\] \(i32\): expected an integer, not a string/,
  );
  assert.throws(
    () => lib.increment({}),
    /cannot call "increment": argument 1 \(i32 \*\): expected an array, a buffer or a pointer, not an object/,
  );
});

test("counted_parameters_are_checked", () => {
  const values = [];
  lib.squares(values, 5);
  assert.deepEqual(values, [0, 1, 4, 9, 16]);
  const typed = new Int32Array(5);
  lib.squares(typed, 5n);
  assert.deepEqual(typed, Int32Array.of(0, 1, 4, 9, 16));
  assert.throws(() => lib.squares(new Int32Array(4), 5), {
    name: "TypeError",
    message: 'cannot call "squares": argument 1 (i32 *): 16 bytes are too few: count says 20 bytes',
  });
  assert.equal(lib.sum_doubles([1, 2, 3], 3), 6);
  assert.equal(lib.sum_doubles([1, 2, 3], 2), 3);
  assert.equal(lib.sum_doubles(Float64Array.of(1, 2), 2), 3);
  assert.throws(() => lib.sum_doubles([1, 2], 3), /16 bytes are too few: count says 24 bytes/);
  const doubled = [1, 2, 3];
  lib.double_all(doubled, 3);
  assert.deepEqual(doubled, [2, 4, 6]);
  assert.equal(
    lib.points_sum(
      [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
      2,
    ),
    10,
  );
  assert.throws(
    () =>
      lib.points_sum(
        [
          { x: 1, y: 2 },
          { x: 3, y: null },
        ],
        2,
      ),
    /\[1\].y \(f64\): expected a number, not null/,
  );
});

test("memory_that_c_would_overrun_is_refused", () => {
  const few = (call, problem) => assert.throws(call, { name: "TypeError", message: problem });
  few(() => lib.increment([]), /cannot call "increment": argument 1 \(i32 \*\): 0 bytes are too few: C uses 4 bytes/);
  few(() => lib.increment(new Uint8Array(3)), /3 bytes are too few: C uses 4 bytes/);
  few(() => lib.point_scale(new Float64Array(1), 2), /8 bytes are too few: C uses 16 bytes/);
  few(() => lib.squares(new Int32Array(4), -1n), /16 bytes are too few: count says/);
  few(() => lib.squares(new Int32Array(4), 2n ** 64n + 5n), /16 bytes are too few: count says 20 bytes/);
  few(() => lib.squares([], 1.5), /argument 2/);
  few(() => lib.squares([], undefined), /argument 2/);
  few(() => lib.sum_doubles([], "5"), /./);
  assert.throws(() => lib.squares([], 2 ** 45), RangeError);
  assert.equal(lib.sum_doubles([], 0), 0);
  const counted = open(
    library,
    `
    #include <stddef.h>
    #include <stdint.h>
    size_t squares(_Out_writes_(*count) int32_t *values, size_t count);
    double sum_doubles(_In_reads_bytes_(size) const double *values, size_t size);`,
  );
  few(
    () => counted.squares([], 2),
    /argument 1 \(i32 \*\): how much C writes is not declared: give bytes, or \[as many values\]/,
  );
  const two = [0, 0];
  counted.squares(two, 2);
  assert.deepEqual(two, [0, 1]);
  few(() => counted.sum_doubles([1, 2], 17), /16 bytes are too few: size says 17 bytes/);
  few(() => counted.sum_doubles(new Float64Array(2), 17), /16 bytes are too few: size says 17 bytes/);
  const unbounded = open(library, "char *upper(_Out_ char *text);");
  few(
    () => unbounded.upper([]),
    /argument 1 \(char \*\): how much C writes is not declared: give bytes, or \[a string of that length\]/,
  );
});

test("pointers_to_pointers_give_pointers_and_strings", () => {
  const handle = [];
  assert.equal(lib.make_counter(handle), 0);
  assert.equal(lib.counter_next(handle[0]), 7);
  lib.counter_free(handle[0]);
  const name = [];
  assert.equal(lib.get_name(name), 6);
  assert.deepEqual(name, ["a name"]);
  const cell = out("const char *");
  assert.equal(cell.value, null);
  lib.get_name(cell);
  assert.equal(cell.value, "a name");
});

test("a_void_pointer_takes_a_cell_of_the_type_that_the_call_wants", () => {
  const value = out("int32_t", 5);
  assert.equal(value.value, 5);
  lib.write_i32(value, -7);
  assert.equal(value.value, -7);
  assert.throws(() => (value.value = "x"), /cannot write i32: expected an integer, not a string/);
});

test("strings_are_written_to_buffers", () => {
  const text = [];
  assert.equal(lib.copy_text(text, 8, "hello"), 5n);
  assert.deepEqual(text, ["hello"]);
  lib.copy_text(text, 4, "hello");
  assert.deepEqual(text, ["hel"]);
  const bytes = Buffer.alloc(8);
  lib.copy_text(bytes, 8, "hi");
  assert.equal(bytes.toString("utf8", 0, 2), "hi");
  assert.throws(
    () => lib.copy_text(bytes, 9, "hi"),
    /cannot call "copy_text": argument 1 \(char \*\): 8 bytes are too few: size says 9 bytes/,
  );
  assert.throws(() => lib.copy_text([5], 8, "hi"), /argument 1 \(char \*\): the element of the array is not a string/);
});

test("buffers_of_wide_characters_become_strings_that_end_with_them", () => {
  const wide = open(
    library,
    `
    #include <stddef.h>
    #include <stdint.h>
    void fill_u8(_Out_writes_bytes_(length) char16_t *bytes, uint8_t value, size_t length);`,
  );
  const text = [];
  wide.fill_u8(text, 0x41, 6);
  assert.deepEqual(text, ["\u4141\u4141\u4141"]);
  wide.fill_u8(text, 0, 6);
  assert.deepEqual(text, [""]);
  assert.throws(() => wide.fill_u8(new Uint16Array(2), 0, 6), /4 bytes are too few: length says 6 bytes/);
});

test("strings_go_to_c_and_come_back", () => {
  assert.equal(lib.text_length("Grüße"), 7n);
  assert.equal(lib.text_length(Buffer.from("abc\0")), 3n);
  assert.equal(lib.text_length(null), 2n ** 64n - 1n);
  assert.equal(lib.greeting(), "Grüße, 世界 👋");
  assert.equal(lib.no_text(), null);
  assert.equal(lib.greeting16(), "Grüße, 世界 👋");
  assert.equal(lib.greeting32(), "Grüße, 世界 👋");
  assert.equal(lib.text_length16("a👋"), 3n);
  assert.equal(lib.text_length32("a👋"), 2n);
  assert.equal(lib.id_text("again"), "again");
  const utf8 = open(library, "#include <stddef.h>\nsize_t text_length(const char8_t *text);");
  assert.equal(utf8.text_length("Grüße"), 7n);
  assert.throws(() => lib.text_length(5), /cannot call "text_length": argument 1/);
  assert.throws(() => lib.text_length16(5), /cannot call "text_length16": argument 1/);
});

test("a_result_that_c_lets_change_is_a_pointer", () => {
  const bytes = Buffer.from("abc\0");
  const result = lib.upper(bytes);
  assert.equal(bytes.toString("utf8", 0, 3), "ABC");
  assert.equal(typeof result, "object");
});

test("an_owned_string_is_copied_and_freed", () => {
  assert.equal(lib.make_text("täxt"), "täxt");
  assert.equal(lib.make_text(null), null);
  assert.equal(lib.live_texts(), 0);
  const libc = open(null, "char *strdup(const char *) __attribute__((malloc(free)));");
  assert.equal(libc.strdup("abc"), "abc");
  assert.throws(
    () => open(library, "char *make_text(const char *) __attribute__((malloc(no_such_function)));").make_text,
    /cannot use "make_text": there is no function "no_such_function", which frees its result/,
  );
});

test("lists_of_strings_end_with_null", () => {
  const text =
    "#include <stddef.h>\nsize_t glob_pattern_p(const char *, int); int execv(const char *path, char *const argv[]);";
  assert.equal(typeof open(null, text).execv, "function");
  const list = open(library, "int32_t first_u8(const char *const *list);");
  assert.equal(typeof list.first_u8(["a", "b"]), "number");
});

test("a_pointer_of_an_object_argument_is_passed_as_it_is", () => {
  const memory = Float64Array.of(1, 2);
  lib.point_scale(pointer(memory), 2);
  assert.deepEqual(memory, Float64Array.of(2, 4));
});
