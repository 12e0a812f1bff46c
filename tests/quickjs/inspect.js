// Values as the console prints them. `inspect.out` is what Deno 2.9 prints.
const circular = { a: 1 };
circular.self = circular;
const list = [];
list.push(list, [list]);
const root = { name: "root", children: [] };
root.children.push({ name: "kid", parent: root });
const set = new Set();
set.add(set);
const map = new Map();
map.set(map, map);
class A {
  constructor() {
    this.x = 1;
  }
  #hidden = 2;
  static s = 1;
  get g() {
    return 1;
  }
}
class B extends A {}
class M extends Map {}
class R extends Array {}
class S extends Set {}
class T extends Uint8Array {}
class P extends Promise {}
class D extends Date {}
class X extends RegExp {}
class U extends ArrayBuffer {}
class Tagged {
  get [Symbol.toStringTag]() {
    return "TT";
  }
}
class Same {
  constructor() {
    this.x = 1;
  }
  get [Symbol.toStringTag]() {
    return "Same";
  }
}
const named = (name) => Object.defineProperty(function () {}, "name", { value: name });
const rejected = Promise.reject(3);
rejected.catch(() => {});
const rejectedObject = Promise.reject({ a: 1 });
rejectedObject.catch(() => {});
const numbers = (length) => Array.from({ length }, (_, index) => index);
const withStack = (error, stack) => Object.assign(error, { stack });
const values = [
  // primitives
  -0,
  0,
  1,
  -1.5,
  NaN,
  Infinity,
  1e21,
  1e-7,
  123456789.123,
  0.1 + 0.2,
  1n,
  -(2n ** 64n),
  true,
  false,
  null,
  undefined,
  "plain",
  "",
  "it's",
  'a"b',
  "a\nb",
  Symbol("x"),
  Symbol(),
  Symbol("a b"),
  Symbol.iterator,
  [-0, 1n, "s", true, null, undefined, Symbol("y")],
  ["a\nb", "it's", 'q"', "q\"'", "q\"'`", "\x00\x1b\x7f\x85", "\v\b\t\f\r\\", "é😀", "日本語"],
  ["\ud83d\ude00", "a\\b"],
  // functions and classes
  function foo() {},
  function () {},
  () => 1,
  async () => 1,
  function* () {},
  async function af() {},
  function* gf() {},
  async function* agf() {},
  A,
  B,
  class {},
  class extends Object {},
  class N extends null {},
  Math.max,
  Symbol,
  Proxy,
  named("a b"),
  named(""),
  named("f").bind(),
  [() => 1],
  [class {}],
  { f() {} },
  { f: () => {} },
  { get: function () {} },
  Object.assign(() => {}, { a: 1 }),
  Object.assign(function n() {}, { b: 2 }),
  Object.setPrototypeOf(() => {}, null),
  { A, B },
  [A],
  Deno.UnsafePointer,
  // objects
  {},
  { a: 1 },
  { a: 1, b: "two", c: [1, 2, 3], d: { e: { f: { g: 1 } } } },
  { "a-b": 2, 1: 3, "1a": 4, $: 5, é: 6, _x: 7 },
  { "a\nb": 1, ["__proto__"]: 5, __proto__x: 1 },
  { [Symbol("q")]: 1, [Symbol()]: 2, [Symbol("a b")]: 3 },
  {
    get a() {
      return 1;
    },
    set a(value) {},
    get b() {
      return 1;
    },
    set c(value) {},
  },
  new A(),
  new B(),
  new (class {})(),
  new (class {
    a = 1;
  })(),
  new Tagged(),
  [new Tagged()],
  new Same(),
  Object.create(null),
  Object.assign(Object.create(null), { a: 1 }),
  { a: Object.create(null) },
  Object.create({}),
  Object.create({ constructor: 1 }),
  Object.create(A.prototype),
  A.prototype,
  Object.create(Object.create(A.prototype)),
  { [Symbol.toStringTag]: "T", x: 1 },
  {
    toString() {
      return 1;
    },
  },
  Object.defineProperty({ a: 1 }, "hidden", { value: 2 }),
  Object.freeze({ a: 1 }),
  { description: "A somewhat long string value here", other: "Another long string value", n: 1 },
  { f() {}, g: class G {}, h: Symbol("s"), i: 10n, j: new Date(0), k: /r/, l: null, m: undefined },
  { a: "x".repeat(100), b: 2 },
  { a: "x".repeat(60) },
  { a: "x".repeat(61) },
  { a: "x".repeat(62) },
  { a: "x".repeat(63) },
  { aaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbb: 2, cccccccccccccccccccc: 3 },
  { aaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbb: 2, ccccccccccccccccccccc: 3 },
  Object.fromEntries(numbers(30).map((n) => [`key${n}`, n])),
  Object.fromEntries(numbers(105).map((n) => [`k${n}`, n])),
  // depth
  [[[[[1]]]]],
  [[[[[[1]]]]]],
  { a: { b: { c: { d: { e: 1 } } } } },
  { l1: { l2: { l3: { l4: { l5: { l6: 1 } } } } } },
  [[1, 2, [3, 4, [5, [6, [7]]]]]],
  [{ a: { b: { c: {} } } }],
  { a: [{ b: 1, c: [{ d: 2 }] }, { e: 3 }] },
  { a: { b: { c: { d: { e: new A() } } } } },
  { a: { b: { c: { d: { e: new Map() } } } } },
  {
    a: {
      b: {
        c: {
          d: {
            e: new Map([[1, 2]]),
            f: [1],
            g: [],
            h: {},
            i: () => 1,
            j: Object.assign(Object.create(null), { z: 1 }),
          },
        },
      },
    },
  },
  // arrays
  [],
  [1, 2, 3],
  [1, , 3],
  [1, , , 4, ,],
  [, "a"],
  new Array(5),
  [undefined, null],
  [[]],
  [{}],
  [[], [[]]],
  { a: [] },
  { a: {} },
  Object.assign([1, 2], { x: 1, "-1": 2 }),
  numbers(6),
  numbers(7),
  numbers(26),
  numbers(27),
  numbers(100),
  numbers(101),
  numbers(120),
  numbers(30).map((n) => `item${n}`),
  numbers(10).map((i) => ({ i })),
  numbers(7).map((i) => [i, i * i]),
  numbers(12).map((i) => i * 1.5 - 3),
  numbers(8).map((i) => BigInt(i) * 1000n),
  numbers(7).map(() => "x".repeat(30)),
  numbers(7).map(() => "x".repeat(15)),
  numbers(120).map((n) => `s${n}`),
  numbers(10).map((n) => (n % 2 ? n : `${n}`)),
  numbers(8).map((n) => "日本".repeat(n)),
  [1, 2, 3, 4, 5, 6, "a", undefined],
  numbers(9).map((n) => 10 ** n),
  { a: numbers(10), b: numbers(40) },
  [numbers(10), numbers(10)],
  ["x".repeat(200)],
  [["x\ny".repeat(10)]],
  ["a\n".repeat(40)],
  ["line one\nline two\nline three which is long enough to break the line length"],
  [["a", 1], ["b", 2]],
  [{ name: "x", value: 1 }, { name: "y", value: 2 }, { name: "z", value: 3 }],
  [1.5, 2.25, -1],
  "abc".match(/b/),
  [1, 2].values(),
  "abc"[Symbol.iterator](),
  // collections
  new Map(),
  new Set(),
  new Map([[1, { a: 2 }], ["x", [1]]]),
  new Set([1, "a"]),
  new Map([["a", { b: new Map([["c", new Set([1, [2]])]]) }]]),
  new Set(numbers(10)),
  new Set(numbers(105)),
  new Map(numbers(102).map((n) => [n, n])),
  new Map([[{ a: 1 }, { b: 2 }]]),
  Object.assign(new Map(), { d: 1 }),
  Object.assign(new Set([1]), { d: 1 }),
  new WeakMap(),
  new WeakSet(),
  { m: new Map(), s: new Set([[]]) },
  new WeakRef({}),
  // bytes
  new Uint8Array([1, 2, 3]),
  new Uint8Array(),
  new Uint8Array(20),
  new Uint8Array(300),
  new Int16Array([-1, 300]),
  new Float64Array(8).fill(1.25),
  new Float32Array([1.5, 0.1]),
  new BigInt64Array([1n, -1n]),
  new Uint8ClampedArray(2),
  new ArrayBuffer(4),
  new ArrayBuffer(0),
  new ArrayBuffer(30),
  new ArrayBuffer(101),
  new SharedArrayBuffer(2),
  new DataView(new ArrayBuffer(2)),
  Object.assign(new Uint8Array(1), { c: 1 }),
  { bytes: new Uint8Array([255, 0]) },
  new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  // other kinds
  new Date(0),
  new Date(NaN),
  [new Date(86400000)],
  /a/g,
  [/b\/c/],
  Object.assign(new Date(0), { a: 1 }),
  Object.assign(/x/, { b: 1 }),
  Promise.resolve(4),
  Promise.resolve({ a: [1] }),
  rejected,
  rejectedObject,
  new Promise(() => {}),
  [Promise.resolve("s")],
  Object(1),
  Object("abc"),
  Object(true),
  Object(1n),
  Object(Symbol("y")),
  new Boolean(false),
  Object(-0),
  [Object("x")],
  Object.assign(Object(1), { a: 1 }),
  Object.assign(Object("ab"), { a: 1 }),
  new Proxy({ a: 1 }, {}),
  new Proxy([1, 2], {}),
  new Proxy(function f() {}, {}),
  [new Proxy(new A(), {})],
  Math,
  JSON,
  Reflect,
  Atomics,
  (function* () {})(),
  (function () {
    return arguments;
  })(1, 2),
  // subclasses, and objects without prototypes
  new M([[1, 2]]),
  R.from([1, 2]),
  new R(),
  new S([1]),
  new T(2),
  P.resolve(1),
  new D(0),
  new X("a"),
  new U(1),
  Object.setPrototypeOf([1], null),
  Object.setPrototypeOf(new Map([[1, 2]]), null),
  Object.setPrototypeOf(new Date(0), null),
  Object.setPrototypeOf(/a/, null),
  Array.prototype,
  Object.prototype,
  Map.prototype,
  Promise.prototype,
  // circles
  circular,
  [circular, circular],
  list,
  root,
  set,
  map,
  { list, circular },
  // errors, whose stacks are a matter of their own
  withStack(new Error("w"), undefined),
  withStack(new Error("v"), "hi"),
  [withStack(new TypeError("t"), "")],
  withStack(new Error("x"), "Error: x\n    at here"),
  [withStack(new Error("x"), "Error: x\n    at here")],
  Object.assign(withStack(new Error("x"), "Error: x\n    at here"), { a: 1 }),
  { e: Object.assign(withStack(new Error("x"), "Error: x\n    at here"), { a: { b: 1 } }) },
  withStack(new Error("c", { cause: { a: 1 } }), "Error: c\n    at here"),
  withStack(new Error("c", { cause: withStack(new Error("d"), "Error: d\n    at there") }), "Error: c\n    at here"),
  withStack(
    new AggregateError([withStack(new Error("q"), "Error: q\n    at here")], "ag"),
    "AggregateError: ag\n    at here",
  ),
  Object.assign(withStack(new Error("n"), "Error: n\n    at here"), { name: "Other" }),
  // what objects say themselves
  {
    [Symbol.for("Deno.customInspect")](inspect, options) {
      return `custom ${inspect("i")} ${options.depth}`;
    },
  },
  {
    a: {
      [Symbol.for("Deno.customInspect")]() {
        return "x\ny";
      },
    },
  },
  {
    [Symbol.for("nodejs.util.inspect.custom")](depth) {
      return `node ${depth}`;
    },
  },
  {
    inspect() {
      return 2;
    },
  },
  // web
  new URL("http://user:pw@host:81/b?c=1#d"),
  [new URL("file:///x")],
  new URLSearchParams("a=1&b=2"),
  new URLSearchParams(),
  new TextEncoder(),
  new TextDecoder(),
  new EventTarget(),
  Deno.UnsafePointer.create(0x1234n),
  [Deno.UnsafePointer.create(1n)],
  { pointer: Deno.UnsafePointer.create(1n) },
];
values.forEach((value, index) => console.log(index, value));
console.log("two", "texts", ["and"], "more");
console.log({ a: 1 }, [1], "x");
console.log();
console.log("");
console.log(
  "a".repeat(10001).length,
  Deno.inspect("a".repeat(10005)).length,
  Deno.inspect(["a".repeat(10001)]).slice(-30),
);
const options = [
  [{ a: { b: { c: 1 } } }, { depth: 1 }],
  [{ a: { b: { c: 1 } } }, { depth: 0 }],
  [[[[[[[[1]]]]]]], { depth: Infinity }],
  [[3, 1, 2], { sorted: true }],
  [{ b: 1, a: 2 }, { sorted: true }],
  [{
    get a() {
      return 5;
    },
  }, { getters: true }],
  [[1, 2, 3], { iterableLimit: 1 }],
  [{ a: 1, b: 2 }, { compact: false }],
  [{ a: 1, b: [1] }, { trailingComma: true, compact: false }],
  [{ a: "x".repeat(50) }, { strAbbreviateSize: 5 }],
  [new Proxy({ a: 1 }, { b: 2 }), { showProxy: true }],
  [{ a: 1, b: { c: 2 } }, { breakLength: 5 }],
  [Object.defineProperty({}, "h", { value: 1 }), { showHidden: true }],
  ["text", undefined],
  ["text", { colors: false }],
];
for (const [value, option] of options) console.log(Deno.inspect(value, option));
