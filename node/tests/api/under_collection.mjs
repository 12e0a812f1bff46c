// Converts values of all kinds in a loop, and compares each result. `collection.test.mjs` runs it with a busy collector.

import assert from "node:assert/strict";
import { callback, open, out, owned, view } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);
const add = callback("int32_t (*)(int32_t, int32_t)", (a, b) => a + b);

function round(i) {
  assert.deepEqual(lib.point_add({ x: i, y: 2 }, { x: 3, y: i }), { x: i + 3, y: 2 + i });
  assert.equal(lib.id_text(`text${i}`), `text${i}`);
  assert.equal(lib.make_text("ä".repeat(i % 50)), "ä".repeat(i % 50));
  assert.equal(lib.text_length16("a".repeat(i % 40)), BigInt(i % 40));
  const [quotient, remainder] = [[], out("int32_t")];
  lib.divide(i, 7, quotient, remainder);
  assert.equal(quotient[0] * 7 + remainder.value, i);
  const squares = [];
  lib.squares(squares, i % 20);
  assert.deepEqual(
    squares,
    Array.from({ length: i % 20 }, (_, n) => n * n),
  );
  const person = { ...lib.person_make(`name${i}`, i), note: `a note ${i}` };
  assert.equal(lib.person_name_length(person), BigInt(person.name.length));
  assert.equal(lib.person_age(person), i);
  assert.equal(
    lib.apply((a, b) => a * b + [1, 2, 3].length, i, 2),
    i * 2 + 3,
  );
  assert.equal(lib.apply(add, i, 1), i + 1);
  assert.deepEqual(
    lib.make_point((x, y) => ({ x: y, y: x }), i, 2),
    { x: 2, y: i },
  );
  const text = [];
  lib.format(text, 32, "%d-%s", "int", i, "const char *", `x${i}`);
  assert.deepEqual(text, [`${i}-x${i}`]);
  const owner = owned(lib.counter_new(i), lib.counter_free);
  assert.equal(view(owner, "int32_t", 1)[0], i);
  if (i % 3 !== 0) owner.dispose();
}

const end = Date.now() + 1000;
for (let i = 0; Date.now() < end; i++) round(i % 1000);
assert.equal(lib.live_texts(), 0);
