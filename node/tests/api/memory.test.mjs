import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  address,
  alignof,
  alloc,
  allocString,
  detach,
  free,
  isPointer,
  offset,
  offsetof,
  open,
  out,
  owned,
  pointer,
  read,
  sizeof,
  string,
  symbol,
  type,
  types,
  view,
  write,
} from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("pointers_are_opaque_and_convert_to_bigints", () => {
  const p = pointer(0x1000n);
  assert.ok(isPointer(p));
  assert.equal(address(p), 0x1000n);
  assert.equal(address(offset(p, 16)), 0x1010n);
  assert.equal(address(offset(p, -16)), 0xff0n);
  assert.equal(pointer(0n), null);
  assert.equal(address(null), 0n);
  assert.equal(address(pointer(4096)), 4096n);
  assert.ok(!isPointer({}) && !isPointer(5n) && !isPointer(null));
  assert.throws(() => pointer("x"), /pointer: expected an address/);
  assert.throws(() => pointer({}), /pointer: expected an address/);
  assert.throws(() => address(5), TypeError);
  assert.throws(() => offset(null, 1), TypeError);
  assert.equal(address(pointer(lib.add_i32)), address(symbol(lib, "add_i32")));
  assert.equal(address(lib.id_pointer(p)), 0x1000n);
});

test("memory_is_allocated_read_and_written_by_type", () => {
  const p = alloc("double", 4);
  write(p, "double", 1.5, 8);
  assert.equal(read(p, "f64", 8), 1.5);
  assert.equal(read(p, "f64"), 0);
  const { "struct point": point, "struct line": line } = types(lib);
  write(p, point, { x: 1, y: 2 });
  write(p, point, { x: 3, y: 4 }, sizeof(point));
  assert.deepEqual(read(p, line), { from: { x: 1, y: 2 }, to: { x: 3, y: 4 } });
  assert.equal(lib.points_sum(p, 2), 10);
  write(p, "int64_t", -5n);
  assert.equal(read(p, "int64_t"), -5n);
  write(p, "void *", pointer(0x20n));
  assert.equal(address(read(p, "pointer")), 0x20n);
  assert.deepEqual(read(p, "uint8_t[2]"), Uint8Array.of(0x20, 0));
  free(p);
  const bytes = new Uint8Array(16);
  write(bytes, "u16", 0x1234, 2);
  assert.equal(read(bytes, "u16", 2), 0x1234);
  assert.throws(() => read(bytes, "f64", 9), RangeError);
  assert.throws(() => read(null, "i32"), TypeError);
  assert.throws(() => read(5, "i32"), TypeError);
  assert.throws(() => write(bytes, "i8", 128), { name: "TypeError", message: "cannot write i8: 128 is out of range" });
  assert.throws(() => write(bytes, point, { x: 1 }), {
    message: "cannot write struct point: y (f64): expected a number, not undefined",
  });
  assert.throws(() => write(bytes, "const char *", "text"), /memory of C does not keep a string: give a pointer/);
});

test("strings_are_allocated_and_read", () => {
  const p = allocString("Grüße");
  assert.equal(lib.text_length(p), 7n);
  assert.equal(string(p), "Grüße");
  assert.equal(string(p, { length: 2 }), "Gr");
  assert.equal(string(p, { offset: 6 }), "e");
  free(p);
  const wide = allocString("añ", "char16_t");
  assert.equal(string(wide, { encoding: "utf16" }), "añ");
  free(wide);
  assert.equal(string(null), null);
  assert.equal(string(Buffer.from("abc")), "abc", "bytes without a zero end with the buffer");
  assert.equal(string(Buffer.from("ab\0c")), "ab");
  assert.throws(() => allocString("x", "int"), /a type of characters/);
});

test("views_show_memory_and_can_be_detached", () => {
  const p = alloc("int32_t", 4);
  const numbers = view(p, "int32_t", 4);
  assert.ok(numbers instanceof Int32Array);
  numbers[2] = 7;
  assert.equal(read(p, "i32", 8), 7);
  const { "struct line": line } = types(lib);
  const record = view(p, line.fields[0].type);
  record.x = 2.5;
  assert.equal(read(p, "f64"), 2.5);
  assert.throws(() => (record.y = "x"), /cannot write the member "y" \(f64\): expected a number, not a string/);
  detach(numbers);
  assert.equal(numbers.length, 0);
  detach(record);
  assert.throws(() => record.x, TypeError);
  free(p);
  const bytes = new Uint8Array(32);
  const nested = view(bytes, line);
  nested.to.y = 4;
  nested.from = { x: 1, y: 2 };
  assert.deepEqual(read(bytes, line), { from: { x: 1, y: 2 }, to: { x: 0, y: 4 } });
  const large = view(new Uint8Array(96), types(lib)["struct large"]);
  large.words[3] = 9n;
  assert.equal(large.words[3], 9n);
  assert.equal(view(new Float64Array(4), types(lib)["struct point"], 2).length, 2);
});

test("an_owner_frees_once_and_detaches_its_views", () => {
  const before = lib.live_counters();
  const owner = owned(lib.counter_new(5), lib.counter_free);
  assert.equal(lib.live_counters(), before + 1);
  assert.equal(lib.counter_next(owner.pointer), 5);
  const numbers = view(owner, "int32_t", 1);
  assert.equal(numbers[0], 6);
  owner[Symbol.dispose]();
  assert.equal(lib.live_counters(), before);
  assert.equal(numbers.length, 0);
  owner.dispose();
  assert.equal(lib.live_counters(), before);
  assert.throws(() => owner.pointer, /the memory was given back/);
  const released = owned(lib.counter_new(1), lib.counter_free);
  const kept = released.release();
  assert.equal(lib.live_counters(), before + 1);
  lib.counter_free(kept);
  assert.throws(() => owned(null, lib.counter_free), /owned: argument 1 is not a pointer/);
  assert.throws(() => owned(pointer(16n), 5), /owned: argument 2 is not a function/);
  const twice = owned(alloc(4), free);
  assert.throws(() => owned(twice.pointer, free), /owned: the pointer has an owner/);
  twice.dispose();
});

test("types_have_sizes_offsets_and_members", () => {
  assert.equal(sizeof("int"), 4);
  assert.equal(sizeof("long long"), 8);
  assert.equal(sizeof("char *"), 8);
  assert.equal(sizeof("int[6]"), 24);
  assert.equal(sizeof({ struct: ["u8", "u32"] }), 8);
  assert.equal(alignof("int16_t"), 2);
  const { "struct person": person, "struct line": line, "union number": number } = types(lib);
  assert.equal(sizeof(person), 72);
  assert.equal(offsetof(person, "age"), 16);
  assert.equal(offsetof(line, "to.y"), 24);
  assert.equal(number.kind, "union");
  assert.throws(() => offsetof(line, "nothing"), /struct line does not have a member "nothing"/);
  assert.deepEqual(
    line.fields.map(({ name, offset, type }) => [name, offset, String(type)]),
    [
      ["from", 0, "struct point"],
      ["to", 16, "struct point"],
    ],
  );
  assert.equal(String(person.fields[2].type), "const char *");
  assert.equal(String(type("struct point *", lib)), "struct point *");
  assert.equal(type("struct point *", lib).target.size, 16);
  assert.equal(String(type("int (*)(int, const char *)").signature.parameters[1].type), "const char *");
  assert.throws(() => sizeof("struct nowhere"), /cannot use the type "struct nowhere"/);
  assert.throws(() => sizeof("no_such_type"), /cannot use the type "no_such_type"/);
  assert.throws(() => out(5), TypeError);
});

// Collects all garbage, as far as the runtime lets script ask for it.
function collector() {
  if (globalThis.Bun) return () => globalThis.Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return globalThis.gc ?? runInNewContext("gc");
}

test("an_owner_that_nobody_holds_is_collected", async () => {
  const collect = collector();
  const before = lib.live_counters();
  const views = (() => {
    owned(lib.counter_new(1), lib.counter_free);
    return view(owned(lib.counter_new(3), lib.counter_free), "int32_t", 1);
  })();
  for (let i = 0; i < 50 && lib.live_counters() > before + 1; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(lib.live_counters(), before + 1, "a view keeps its owner");
  assert.equal(views[0], 3);
});
