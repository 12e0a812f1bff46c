// Call sites of many forms, in loops that V8 optimises while they run: each one gives what the same calls give one by
// one.

import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { binding, isNode } from "../this_runtime.mjs";
import { fresh } from "../tiers.mjs";
import { open } from "./table.mjs";

const ROUNDS = isNode ? 20_000 : 4_000;

const lib = open();
const pointer = binding.alloc(8);
const pair = Float64Array.of(1.5, 2.5);

// Functions with good values and a bad one. Each text of a caller is compiled for each function, with feedback of its
// own.
const functions = {
  integers: [lib.t_i32, [1, -7, 2 ** 30, -(2 ** 31)], 1.5],
  "large integers": [lib.t_u32, [1, 2 ** 32 - 1, 2 ** 31, 0], -1],
  "wide integers": [lib.t_i64, [1, -(2n ** 63n), 2 ** 53, 2n ** 64n + 5n], "1"],
  doubles: [lib.t_f64, [1, 0.5, -0, NaN], null],
  booleans: [lib.t_bool, [true, false, true, true], 1],
  pointers: [lib.t_pointer, [pointer, null, null, pointer], 5n],
  strings: [lib.t_text, ["text", "é€😀", "", null], "a\0b"],
  arrays: [lib.t_first, [Uint8Array.of(7, 8), new DataView(new ArrayBuffer(9), 1), null, new Uint8Array(5000)], {}],
};

const loop = (body, before = "") => `function site(f, values, rounds, others) {
  ${before}
  const seen = [];
  for (let i = 0; i < rounds; i++) {
    const value = values[i % values.length];
    ${body}
    if (i % 97 === 0 || i > rounds - 20) seen.push(result);
  }
  return seen;
}`;

// Texts of callers. `values` are good ones.
const good = {
  plain: loop("const result = f(value);"),
  "in a method": loop("const result = object.method(value);", "const object = { method: f };"),
  "by call": loop("const result = f.call(seen, value);"),
  "by apply": loop("const result = f.apply(null, [value]);"),
  "by Reflect.apply": loop("const result = Reflect.apply(f, undefined, [value]);"),
  bound: loop("const result = bound(value);", "const bound = f.bind(7);"),
  "bound with its argument": loop("const result = f.bind(null, value)();"),
  spread: loop("const result = f(...[value]);"),
  "with more arguments": loop("const result = f(value, 1, i, {}, 'more');"),
  optional: loop("const result = f?.(value);"),
  "in a closure": loop("const result = inner(value);", "const inner = (value) => f(value);"),
  "behind arguments": loop("const result = inner(value);", "function inner() { return f(arguments[0]); }"),
  "behind rest arguments": loop("const result = inner(value);", "const inner = (...all) => f(...all);"),
  "in a getter": loop(
    "object.value = value; const result = object.result;",
    "const object = { get result() { return f(this.value); } };",
  ),
  "in an expression": loop("const result = [i, f(value), i][1];"),
  "in a conditional": loop("const result = i % 2 ? f(value) : i % 3 ? f(value) : f(value);"),
  "two functions": loop(
    "const g = i % 2 ? f : others[0]; const results = [g === f, g === f ? g(value) : g(i)]; const result = f(value);",
  ),
  "many functions": loop(
    "others[i % others.length](i % 5 ? 0 : 1); const result = call(f, value);",
    "const call = (g, value) => g(value);",
  ),
  "in try": loop("let result; try { result = f(value); } catch { result = 'thrown'; }"),
  "in try with finally": loop("let result, ends = 0; try { result = f(value); } finally { ends++; }"),
  "in finally": loop("let result; try { if (i % 3 === 0) throw i; } catch {} finally { result = f(value); }"),
  "in catch": loop("let result; try { throw value; } catch (thrown) { result = f(thrown); }"),
  "in a generator": loop(
    "const result = generator.next(value).value;",
    "const generator = (function* () { let given = yield; for (;;) given = yield f(given); })(); generator.next();",
  ),
  "in a callback of map": loop("const result = [value].map((item) => f(item))[0];"),
  "passed to map": loop("const result = [value].map(f)[0];"),
  "in a proxy": loop("const result = proxy(value);", "const proxy = new Proxy(f, {});"),
  "in a class": loop(
    "const result = new Caller(value).result;",
    "class Caller { constructor(value) { this.result = f(value); } }",
  ),
  "in a field": loop(
    "const result = new Caller().result;",
    "let current; class Caller { result = f(current); }",
  ).replace("const result", "current = value; const result"),
  "in a tagged template": loop("const result = tag`${value}`;", "const tag = (_, given) => f(given);"),
  "in a default": loop("const result = inner(value);", "const inner = (value, result = f(value)) => result;"),
  "in a switch": loop(
    "let result; switch (i % 3) { case 0: result = f(value); break; default: result = f(value); }",
  ),
  "in an inner loop": loop("let result; for (let k = 0; k < 3; k++) result = f(value);"),
};

const shown = (value) => {
  if (binding.isPointer(value))
    return value === null ? "null" : `pointer ${binding.address(value) === binding.address(pointer)}`;
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : value instanceof Error ? `${value.name}: ${value.message}` : String(value);
};

// What the loop of a text sees, of calls that are made one by one.
function expected(f, values) {
  const seen = [];
  for (let i = 0; i < ROUNDS; i++) if (i % 97 === 0 || i > ROUNDS - 20) seen.push(values[i % values.length]);
  const results = new Map(values.map((value) => [value, shown(f(value))]));
  return seen.map((value) => results.get(value));
}

const others = [lib.t_f64, lib.t_u32, lib.t_i32, (value) => value, Math.abs, lib.t_i64];

for (const [name, text] of Object.entries(good)) {
  test(`calls ${name}`, () => {
    for (const [of, [f, values]] of Object.entries(functions)) {
      const site = fresh(text);
      const wanted = expected(f, values);
      for (let round = 0; round < 2; round++) assert.deepEqual(site(f, values, ROUNDS, others).map(shown), wanted, of);
    }
  });
}

// Texts in which a bad value comes now and then, and `catch` sees it.
const bad = {
  caught: "try { result = f(value); } catch (error) { result = error; }",
  "caught, with finally": "try { result = f(value); } catch (error) { result = error; } finally { ends++; }",
  "thrown again": "try { try { result = f(value); } catch (error) { throw error; } } catch (error) { result = error; }",
  "thrown through finally": "try { try { result = f(value); } finally { ends++; } } catch (error) { result = error; }",
  "thrown through an inlined function": "try { result = inner(value); } catch (error) { result = error; }",
  "thrown by a method": "try { result = object.method(value); } catch (error) { result = error; }",
  "thrown in an inner loop": "try { for (let k = 0; k < 3; k++) result = f(value); } catch (error) { result = error; }",
};

for (const [name, body] of Object.entries(bad)) {
  test(`exceptions are ${name}`, () => {
    for (const every of [10, 1000]) {
      for (const [of, [f, values, wrong]] of Object.entries(functions)) {
        const before = "let ends = 0; const inner = (value) => f(value), object = { method: f };";
        const site = fresh(loop(`let result; ${body}`, before));
        const given = Array.from({ length: every }, (_, index) =>
          index === every - 1 ? wrong : values[index % values.length],
        );
        let refusal;
        try {
          f(wrong);
        } catch (error) {
          refusal = error;
        }
        assert.equal(refusal?.name, "TypeError", of);
        const wanted = expected((value) => (value === wrong ? refusal : f(value)), given);
        assert.ok(wanted.includes(shown(refusal)), of);
        for (let round = 0; round < 2; round++) assert.deepEqual(site(f, given, ROUNDS, others).map(shown), wanted, of);
      }
    }
  });
}

test("too few arguments are undefined", () => {
  for (const [of, [f]] of Object.entries(functions)) {
    const site = fresh(`function site(f, rounds) {
      let caught = 0;
      for (let i = 0; i < rounds; i++) try { f(); } catch (error) { caught += error instanceof TypeError; }
      return caught;
    }`);
    assert.equal(site(f, 3000), 3000, of);
    assert.throws(() => f(), /not undefined/, of);
  }
});

test("other contexts call, and catch refusals", () => {
  const context = vm.createContext({ f: lib.t_i32, rounds: ROUNDS });
  const run = (text) => new vm.Script(text).runInContext(context);
  assert.equal(run("let sum = 0; for (let i = 0; i < rounds; i++) sum += f(i); sum"), (ROUNDS * (ROUNDS + 1)) / 2);
  const name = run(
    "let name; for (let i = 0; i < rounds; i++) try { f(i % 2 ? 0.5 : 1); } catch (error) { name = error.name; } name",
  );
  assert.equal(name, "TypeError");
  const array = run("new Uint8Array([9])");
  assert.equal(lib.t_first(array), 9);
});
