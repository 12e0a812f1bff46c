// Types that declarations in Deno's form make. `@ts-expect-error` marks what must be refused.

import { callback, open, out, read, view, type Pointer } from "hotcall";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>) {}

const point = { struct: { x: "f64", y: "f64" }, name: "point" } as const;

using lib = open("lib.so", {
  add: { parameters: ["i32", "i32"], result: "i32" },
  wide: { parameters: ["u64", "usize"], result: "i64" },
  check: { parameters: ["bool"], result: "bool" },
  fill: { parameters: ["buffer", "pointer", "u8"], result: "void" },
  dot: { parameters: [point, point], result: "f64" },
  scale: { parameters: [point, "f64"], result: point },
  tuple: { parameters: [{ struct: ["i32", "i64"] }], result: { struct: ["i32", "i64"] } },
  number: { parameters: [{ union: { i: "i32", f: "f32" } }], result: { union: { i: "i32", f: "f32" } } },
  large: {
    parameters: [{ struct: { words: { array: "i64", length: 12 }, tag: { array: point, length: 2 } } }],
    result: "i64",
  },
  greeting: { parameters: [{ pointer: "char", const: true }], result: { pointer: "char", const: true } },
  buffer: { parameters: [], result: { pointer: "char" } },
  taken: { parameters: [], result: { pointer: "char", freedBy: "free" } },
  wide_text: { parameters: [{ pointer: "char16_t", const: true }], result: { pointer: "wchar_t", const: true } },
  named: { parameters: [], result: { struct: { name: { array: "char", length: 16 }, initial: "char" } } },
  divide: { parameters: ["i32", { pointer: "i32", direction: "out" }], result: "void" },
  origin: { parameters: [{ pointer: point, direction: "out" }], result: "void" },
  increment: { parameters: [{ pointer: "i32", direction: "inout" }], result: "void" },
  sum: {
    parameters: [{ pointer: "f64", direction: "in", length: "count" }, "usize"],
    result: "f64",
    names: ["values", "count"],
  },
  text: {
    parameters: [{ pointer: "char", direction: "out", length: "size" }, "usize"],
    result: "i32",
    names: ["text", "size"],
  },
  apply: {
    parameters: [{ function: { parameters: ["i32", { pointer: "char", const: true }], result: "i32" } }],
    result: "i32",
  },
  later: { parameters: ["i32"], result: point, nonblocking: true },
  failing: { parameters: ["i32"], result: "i32", errno: true },
  perhaps: { parameters: [], result: "void", optional: true },
  counter: { type: "i32" },
  origin_point: { type: point },
});

// Arity and arguments.
same<ReturnType<typeof lib.add>, number>(true);
lib.add(1, 2);
// @ts-expect-error
lib.add(1);
// @ts-expect-error
lib.add(1, 2, 3);
// @ts-expect-error
lib.add(1, "2");
// @ts-expect-error
lib.add(1n, 2);
same<ReturnType<typeof lib.wide>, bigint>(true);
lib.wide(1, 2n);
// @ts-expect-error
lib.wide("1", 2n);
// @ts-expect-error
lib.check(1);
const truth: boolean = lib.check(true);
lib.fill(new Uint8Array(1), null, 1);
lib.fill(lib.buffer(), lib.buffer(), 1);
// @ts-expect-error
lib.fill("text", null, 1);
// @ts-expect-error
lib.nothing();

// Structs and unions.
lib.dot({ x: 1, y: 2 }, new Float64Array(2));
// @ts-expect-error
lib.dot({ x: 1 }, { x: 1, y: 2 });
// @ts-expect-error
lib.dot({ x: 1, y: "2" }, { x: 1, y: 2 });
const scaled = lib.scale({ x: 1, y: 2 }, 3);
same<typeof scaled, { x: number; y: number }>(true);
const storage: Float64Array = lib.scale({ x: 1, y: 2 }, 3, new Float64Array(2));
const pair = lib.tuple([1, 2n]);
const second: bigint = pair[1];
// @ts-expect-error
lib.tuple([1]);
lib.number({ i: 1 });
// @ts-expect-error
lib.number({ i: 1, f: 2 });
// @ts-expect-error
lib.number({});
const half: number = lib.number({ f: 0.5 }).f;
lib.number(lib.number({ f: 0.5 }));
lib.large({ words: [1, 2n], tag: [{ x: 1, y: 2 }] });
lib.large({ words: new BigInt64Array(12), tag: [] });
// @ts-expect-error
lib.large({ words: ["1"], tag: [] });

// Strings.
same<ReturnType<typeof lib.greeting>, string | null>(true);
same<ReturnType<typeof lib.buffer>, Pointer>(true);
same<ReturnType<typeof lib.taken>, string | null>(true);
lib.greeting("text");
lib.greeting(null);
// @ts-expect-error
lib.greeting(5);

const wide: string | null = lib.wide_text("text");
const named: string = lib.named().name;
const initial: number = lib.named().initial;

// Out-parameters.
const quotient: number[] = [];
lib.divide(1, quotient);
lib.divide(1, new Int32Array(1));
lib.divide(1, out("i32"));
lib.divide(1, null);
// @ts-expect-error
lib.divide(1, 5);
// @ts-expect-error
lib.divide(1, ["x"]);
const target: { x?: number; y?: number } = {};
lib.origin(target);
lib.increment([1]);
lib.sum([1, 2], 2);
lib.sum(new Float64Array(2), 2n);
// @ts-expect-error
lib.sum(["1"], 1);
const text: string[] = [];
lib.text(text, 5);

// Callbacks.
lib.apply((value, text) => {
  same<typeof value, number>(true);
  same<typeof text, string | null>(true);
  return value;
});
lib.apply(
  callback({ parameters: ["i32", "pointer"], result: "i32" }, (value, p) => {
    same<typeof p, Pointer>(true);
    return value;
  }),
);
lib.apply(lib.add);
// @ts-expect-error
lib.apply((value) => "text");
// @ts-expect-error
lib.apply((value: string) => 1);
callback({ parameters: ["i32"], result: "void" }, async () => {}, { nowait: true });
// @ts-expect-error
callback({ parameters: ["i32"], result: "i32" }, () => {});

// Promises, errno, optional symbols, variables.
lib.later(1).then(({ x }) => {
  const number: number = x;
});
// @ts-expect-error
lib.later("1");
lib.failing.async(1).then(({ value, errno }) => {
  const numbers: [number, number] = [value, errno];
});
lib.add.async(1, 2).then((sum) => {
  same<typeof sum, number>(true);
});
// @ts-expect-error
lib.add.async(1);
lib.scale.async({ x: 1, y: 2 }, 3).then(({ x }) => x);
lib.perhaps?.();
// @ts-expect-error
lib.perhaps();
lib.counter += 1;
// @ts-expect-error
lib.counter = "x";
const y: number = lib.origin_point.y;

// Memory.
const cell = out("i64", 5);
same<typeof cell.value, bigint>(true);
cell.value = 6;
const count: number = read(new Uint8Array(4), "i32");
const p: { x: number } = read(new Uint8Array(16), point);
view(new Uint8Array(4), "i32", 1);
