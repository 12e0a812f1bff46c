// The cases: a call as script writes it, with `f`, `a`, `b`, `c` from each contender, and the number `i` of the round.
//
// `right` checks the last result of a loop. It is known, because loops have a multiple of eight rounds. A call stands for `per`
// of what is counted. Contenders leave out the cases that they cannot do.

import { COUNT } from "./symbols.mjs";

const CALLBACKS = 1000;

const is = (expected) => (value) => Number(value) === expected;
const nothing = (value) => value === undefined || value === null;
const sumOf = (points) => (value) => {
  const [x, y] = points(value);
  return x === 4 && y === 6;
};

export const cases = [
  { id: "nop", title: "no argument", call: "f()", right: nothing },
  { id: "two_ints", title: "two `int`", call: "f(i & 7, 4)", right: is(11) },
  { id: "two_doubles", title: "two `double`", call: "f(a, b)", right: is(4) },
  { id: "bigints", title: "two `int64_t`, BigInts", call: "f(a, b)", right: is(12) },
  { id: "bigint_arguments", title: "two `int64_t`, BigInts, for an `int`", call: "f(a, b)", right: is(-1) },
  { id: "large_u32", title: "two `uint32_t` from 2³¹", call: "f(a, b)", right: is(3_000_000_001) },
  { id: "buffer", title: "a buffer", call: "f(a)", right: is(1) },
  { id: "buffer_length", title: "a buffer and its length", call: "f(a, 8)", right: is(36) },
  { id: "pointer", title: "a pointer", call: "f(a)", right: is(42) },
  { id: "pointer_result", title: "a pointer as the result", call: "f()", right: (value) => value !== null },
  { id: "string", title: "a string of 16 characters", call: "f(a)", right: is(16) },
  { id: "string_result", title: "a string as the result", call: "f()", right: (value) => value === "sixteen letters." },
  { id: "structs_bytes", title: "two structs by value, as bytes", call: "f(a, b)", right: is(11) },
  { id: "structs_objects", title: "two structs by value, as objects", call: "f(a, b)", right: is(11) },
  { id: "struct_into", title: "a struct as the result, into bytes", call: "f(a, b, c)", right: sumOf((value) => value) },
  { id: "struct_object", title: "a struct as the result, an object", call: "f(a, b)", right: sumOf(({ x, y }) => [x, y]) },
  { id: "eight_ints", title: "eight `int`", call: "f(i & 7, 1, 2, 3, 4, 5, 6, 7)", right: is(35) },
  { id: "polymorphic", title: "a call site with two functions", call: "f[i & 1](i & 7, 4)", right: is(3) },
  { id: "in_try", title: "two `int` in `try`", call: "f(i & 7, 4)", inTry: true, right: is(11) },
  { id: "callback", title: "a callback", call: "f(a, 1000)", per: CALLBACKS, right: is(500_500) },
  { id: "call_back", title: "a call that calls back once", call: "f(a, 1)", right: is(1) },
  { id: "symbol", title: "a symbol opened", call: "f()", per: COUNT, right: is(COUNT) },
  { id: "symbol_function", title: "a symbol opened, and its function made", call: "f()", per: COUNT, right: is(COUNT) },
];
