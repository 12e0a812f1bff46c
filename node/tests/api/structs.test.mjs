import assert from "node:assert/strict";
import { test } from "node:test";
import { open, out, read, types } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("structs_are_objects_or_bytes", () => {
  assert.equal(lib.dot({ x: 1, y: 2 }, { x: 3, y: 4 }), 11);
  assert.equal(lib.dot(Float64Array.of(1, 2), new Uint8Array(Float64Array.of(3, 4).buffer)), 11);
  assert.equal(lib.dot({ x: 1, y: 2 }, Float64Array.of(3, 4).buffer), 11);
  assert.deepEqual(lib.point_add({ x: 1, y: 2 }, Float64Array.of(3, 4)), { x: 4, y: 6 });
  assert.deepEqual(lib.pair_swap({ a: 5, b: 7n }), { a: 7, b: 5n });
  assert.deepEqual(lib.pair_swap({ a: 5, b: 7 }), { a: 7, b: 5n });
  assert.deepEqual(lib.small_make(200, 60000), { tag: 200, value: 60000 });
});

test("a_result_goes_to_storage_that_script_gives", () => {
  const bytes = new Float64Array(2);
  assert.equal(lib.point_add({ x: 1, y: 2 }, { x: 3, y: 4 }, bytes), bytes);
  assert.deepEqual(bytes, Float64Array.of(4, 6));
  const object = { x: 0, y: 0, other: true };
  assert.equal(lib.point_add({ x: 1, y: 2 }, { x: 3, y: 4 }, object), object);
  assert.deepEqual(object, { x: 4, y: 6, other: true });
  assert.throws(() => lib.point_add(bytes, bytes, 5), {
    name: "TypeError",
    message: 'cannot call "point_add": the storage for the result: expected an object or a buffer, not a number',
  });
  assert.throws(() => lib.point_add(bytes, bytes, new Uint8Array(15)), /15 bytes are too few: it has 16/);
});

test("nested_structs_arrays_strings_and_pointers_are_members", () => {
  const line = { from: { x: 0, y: 0 }, to: { x: 3, y: 4 } };
  assert.equal(lib.line_length(line), 5);
  assert.deepEqual(lib.line_reverse(line), { from: line.to, to: line.from });
  assert.equal(lib.line_length({ from: Float64Array.of(0, 0), to: { x: 6, y: 8 } }), 10);
  const person = lib.person_make("Änne", 30);
  assert.deepEqual(person, {
    name: "Änne",
    age: 30,
    note: "made",
    scores: Float64Array.of(1, 2, 3),
    home: { x: 4, y: 5 },
  });
  assert.equal(lib.person_name_length(person), 5n);
  assert.equal(lib.person_name_length({ ...person, name: "x".repeat(15), scores: [1] }), 15n);
  assert.deepEqual(
    lib.large_make(10).words,
    BigInt64Array.from({ length: 12 }, (_, i) => BigInt(10 + i)),
  );
  assert.equal(lib.large_sum({ words: [1, 2n, 3] }), 6n);
});

test("a_string_that_is_longer_than_its_member_is_an_error", () => {
  const person = lib.person_make("", 1);
  assert.throws(() => lib.person_name_length({ ...person, name: "x".repeat(16) }), {
    name: "TypeError",
    message:
      'cannot call "person_name_length": argument 1 (struct person): name (char[16]): ' +
      "a string of 16 units and the zero behind it do not fit: it has 16",
  });
  assert.throws(() => lib.person_name_length({ ...person, name: "ä".repeat(8) }), /a string of 16 units/);
});

test("errors_name_function_argument_member_and_type", () => {
  const refused = (call, message) => assert.throws(call, { name: "TypeError", message });
  refused(
    () => lib.dot({ x: 1, y: "2" }, { x: 3, y: 4 }),
    'cannot call "dot": argument 1 (struct point): y (f64): expected a number, not a string',
  );
  refused(
    () => lib.dot({ x: 1, y: 2 }, { x: 3 }),
    'cannot call "dot": argument 2 (struct point): y (f64): expected a number, not undefined',
  );
  refused(
    () => lib.line_length({ from: { x: 1, y: 2 }, to: { x: 1n, y: 2 } }),
    'cannot call "line_length": argument 1 (struct line): to.x (f64): expected a number, not a BigInt',
  );
  refused(
    () => lib.line_length({ from: { x: 1, y: 2 }, to: 5 }),
    'cannot call "line_length": argument 1 (struct line): to (struct point): expected an object or a buffer, not a number',
  );
  refused(
    () => lib.pair_swap({ a: 2 ** 31, b: 1 }),
    'cannot call "pair_swap": argument 1 (struct pair): a (i32): 2147483648 is out of range',
  );
  refused(
    () => lib.pair_swap({ a: 1.5, b: 1 }),
    'cannot call "pair_swap": argument 1 (struct pair): a (i32): 1.5 is not an integer',
  );
  refused(
    () => lib.pair_swap({ a: 1, b: 2 ** 63 }),
    'cannot call "pair_swap": argument 1 (struct pair): b (i64): 9223372036854776000 is out of range',
  );
  refused(
    () => lib.large_sum({ words: [1, 2, "3"] }),
    'cannot call "large_sum": argument 1 (struct large): words[2] (i64): expected an integer or a BigInt, not a string',
  );
  refused(
    () => lib.large_sum({ words: new Array(13).fill(0) }),
    'cannot call "large_sum": argument 1 (struct large): words (i64[12]): 13 elements are too many: it has 12',
  );
  assert.throws(
    () => lib.dot(new Uint8Array(8), { x: 1, y: 1 }),
    /cannot call "dot": argument 1 .*8 bytes are too few: it has 16/,
  );
  assert.throws(() => lib.dot(5, { x: 1, y: 1 }), /cannot call "dot": argument 1/);
  assert.throws(() => lib.dot(), /cannot call "dot": argument 1/);
  assert.throws(() => lib.dot(null, null), /cannot call "dot": argument 1/);
});

test("pointers_to_structs_take_objects_bytes_pointers_and_null", () => {
  const person = lib.person_make("Ann", 30);
  assert.equal(lib.person_age(person), 30);
  assert.equal(lib.person_age(null), -1);
  lib.person_grow(person, 5);
  assert.equal(person.age, 35);
  const memory = out(types(lib)["struct person"], person);
  lib.person_grow(memory, 5);
  assert.equal(memory.value.age, 40);
  assert.equal(lib.person_age(memory), 40);
  assert.throws(() => lib.person_age(5), /cannot call "person_age": argument 1/);
  assert.throws(
    () => lib.person_age({ name: 1 }),
    /cannot call "person_age": argument 1 \(const struct person \*\): name \(char\[16\]\): expected an array, not a number/,
  );
});

test("unions_take_one_member_and_read_any", () => {
  assert.equal(lib.number_as_float({ f: 1.5 }), 1.5);
  assert.equal(lib.number_as_float({ i: 0x40000000 }), 2);
  const number = lib.number_of_bits(0x40490fdb);
  assert.equal(number.i, 0x40490fdb);
  assert.equal(Math.fround(Math.PI), number.f);
  assert.deepEqual(number.bytes.subarray(0, 4), Uint8Array.of(0xdb, 0x0f, 0x49, 0x40));
  assert.equal(lib.number_as_float(number), Math.fround(Math.PI));
  number.f = 0.5;
  assert.equal(lib.number_as_float(number), 0.5);
  assert.equal(lib.tagged_value({ kind: 1, value: { f: 2.5 } }), 2.5);
  assert.equal(lib.tagged_value({ kind: 0, value: number }), 0x3f000000);
  assert.throws(
    () => lib.number_as_float({}),
    /argument 1 \(union number\): expected one of i, f, bytes, not 0 of them/,
  );
  assert.throws(() => lib.number_as_float({ i: 1, f: 1 }), /not 2 of them/);
  assert.throws(() => lib.number_as_float({ i: 1.5 }), /i \(i32\): 1.5 is not an integer/);
});

test("a_flexible_array_has_the_length_that_a_member_counts", () => {
  assert.equal(lib.packet_sum({ items: [1, 2, 3] }), 6n);
  assert.equal(lib.packet_sum({ count: 2, items: [1, 2, 3] }), 3n);
  assert.equal(lib.packet_sum({ items: Int16Array.of(-5, -6) }), -11n);
  assert.equal(lib.packet_sum({ items: [] }), 0n);
  assert.throws(
    () => lib.packet_sum({ count: 4, items: [1, 2, 3] }),
    /count .*4 elements are counted, and 3 are there/,
  );
  assert.throws(() => lib.packet_sum({ items: [70000] }), /items\[0\] \(i16\): 70000 is out of range/);
  const bytes = new Uint8Array([2, 0, 0, 0, 1, 0, 2, 0, 9, 9]);
  assert.deepEqual(read(bytes, types(lib)["struct packet"]), { count: 2, items: Int16Array.of(1, 2) });
});

test("members_without_names_are_arrays_and_members_of_members", () => {
  const pair = { struct: ["f64", "f64"] };
  const tuples = open(library, { point_add: { parameters: [pair, pair], result: pair } });
  assert.deepEqual(tuples.point_add([1, 2], [3, 4]), [4, 6]);
  assert.throws(
    () => tuples.point_add([1], [3, 4]),
    /argument 1 \(struct\): \[1\] \(f64\): expected a number, not undefined/,
  );
  const { "struct s": type } = types(
    open(library, "struct s { int a; union { int b; float c; }; struct { int d; }; }; void nop(void);"),
  );
  const cell = out(type, { a: 1, c: 1.5, d: 4 });
  const value = cell.value;
  assert.deepEqual([value.a, value.b, value.c, value.d], [1, 0x3fc00000, 1.5, 4]);
  value.c = 2;
  cell.value = value;
  assert.equal(cell.value.b, 0x40000000);
});

test("structs_without_a_name_in_unions_are_given_whole", () => {
  const text = "union vector { struct { int x, y; }; int v[2]; union { float f; double d; }; }; void nop(void);";
  const { "union vector": vector } = types(open(library, text));
  const cell = out(vector, { x: 5, y: 6 });
  assert.deepEqual([cell.value.x, cell.value.y, cell.value.v], [5, 6, Int32Array.of(5, 6)]);
  cell.value = { v: [7, 8] };
  assert.equal(cell.value.y, 8);
  cell.value = { d: 1.5 };
  assert.equal(cell.value.d, 1.5);
  assert.throws(() => (cell.value = { x: 1 }), /y \(i32\): expected an integer, not undefined/);
  assert.throws(() => (cell.value = { x: 1, v: [1] }), /expected one of x and y, v, f, d, not 2 of them/);
});

test("strings_of_wide_characters_are_members", () => {
  const { "struct wide": wide } = types(lib);
  const cell = out(wide, { name: "Zoë👋", title: "añ" });
  assert.deepEqual(cell.value, { name: "Zoë👋", title: "añ" });
  assert.throws(() => (cell.value = { name: "x".repeat(8), title: "" }), /name \(char16_t\[8\]\): a string of 8 units/);
});

test("characters_of_denos_form_are_strings", () => {
  const wide = { struct: { name: { array: "char16_t", length: 8 }, title: { array: "wchar_t", length: 4 } } };
  const cell = out(wide, { name: "Zoë👋", title: "añ" });
  assert.deepEqual(cell.value, { name: "Zoë👋", title: "añ" });
  const deno = open(library, {
    text_length16: { parameters: [{ pointer: "char16_t", const: true }], result: "usize" },
    greeting32: { parameters: [], result: { pointer: "wchar_t", const: true } },
  });
  assert.equal(deno.text_length16("a👋"), 3n);
  assert.equal(deno.greeting32(), "Grüße, 世界 👋");
});

test("a_getter_that_calls_the_function_again_does_not_change_its_arguments", () => {
  const inner = () => lib.dot({ x: 10, y: 10 }, { x: 10, y: 10 });
  const result = lib.dot(
    { x: 1, y: 2 },
    {
      x: 3,
      get y() {
        assert.equal(inner(), 200);
        return 4;
      },
    },
  );
  assert.equal(result, 11);
  const thrown = new Error("no");
  assert.throws(
    () =>
      lib.dot(
        { x: 1, y: 2 },
        {
          get x() {
            throw thrown;
          },
        },
      ),
    thrown,
  );
  assert.equal(lib.dot({ x: 1, y: 2 }, { x: 3, y: 4 }), 11);
});
