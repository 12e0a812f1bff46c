// Values for arguments, with what a model has to know about them.
//
// A given value is { value, kind, contents, resizable, shows }: `kind` is the name that messages have for it,
// `contents` are the bytes that C finds there, and `shows` is for people.

import { bytes, withoutBytes, withoutLength } from "./bytes.mjs";

export const plain = (kind, value, shows = String(value)) => ({ kind, value, shows });

const characters = ["a", "Z", "~", "\u0001", "é", "ÿ", "ß", "€", "世", "😀", "\ud800", "\udc00", "\uffff"];

// Strings in each of V8's forms: of one and of two bytes, parts, concatenations, and literals.
export function text(random) {
  const narrow = random.once(2);
  const few = narrow ? characters.slice(0, 4) : characters;
  const piece = () => Array.from({ length: random.below(9) }, () => random.pick(few)).join("");
  const forms = [
    () => "literal",
    piece,
    () => piece() + piece().repeat(3),
    () => (piece() + "0123456789abcdefghij" + piece()).slice(2, -1),
    () => piece().repeat(random.below(4)),
    () => String(random.bits()),
    () => `${piece()}${random.bits()}${piece()}`,
    () => "x".repeat(random.below(5) * 900) + piece(),
  ];
  const value = random.pick(forms)();
  return plain("a string", value, JSON.stringify(value.slice(0, 80)));
}

const numbers = [
  0,
  1,
  -1,
  127,
  128,
  -128,
  -129,
  255,
  256,
  32767,
  32768,
  -32769,
  65535,
  65536,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 5,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  2 ** 63,
  -(2 ** 63),
  2 ** 63 - 1024,
  2 ** 64,
  2 ** 64 - 2048,
  1.5,
  -0.5,
  1e-7,
  5e-324,
  2 ** 52 + 0.5,
  1e21,
  1e22,
  1e300,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  3.5e38,
];
const bigInts = [
  0n,
  1n,
  -1n,
  5n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 64n + 5n,
  -(2n ** 64n) - 5n,
  -(2n ** 100n) - 7n,
  3n ** 200n,
];

// A number of given bits: each bit pattern of NaN, too.
function double(random) {
  const bits = new BigUint64Array(1);
  bits[0] = random.once(4) ? 0x7ff0_0000_0000_0001n | (random.wide() & 0x800f_ffff_ffff_ffffn) : random.wide();
  return new Float64Array(bits.buffer)[0];
}

export const numberOf = (value) => plain("a number", value, Object.is(value, -0) ? "-0" : String(value));
const number = (random) => numberOf(random.once(8) ? -0 : random.once(4) ? double(random) : random.pick(numbers));
export const bigInt = (random) =>
  plain("a BigInt", random.once(2) ? random.pick(bigInts) : BigInt.asIntN(64, random.wide()));
export const anyDouble = (random) => numberOf(double(random));

const others = [
  () => plain("undefined", undefined),
  () => plain("null", null),
  () => plain("a boolean", true),
  () => plain("a boolean", false),
  () => plain("a symbol", Symbol("s")),
  () => plain("a symbol", Symbol.iterator),
  () => plain("a function", () => 1, "a function"),
  () => plain("a function", class {}, "a class"),
  () => plain("a function", new Proxy(function () {}, {}), "a proxy of a function"),
  () => plain("an object", {}, "{}"),
  () => plain("an object", [1], "[1]"),
  () =>
    plain(
      "an object",
      {
        valueOf: () => {
          throw new Error("valueOf was called");
        },
        length: 64,
        byteLength: 64,
      },
      "an object with valueOf",
    ),
  () => plain("an object", new Proxy(new Uint8Array(64), {}), "a proxy of an array"),
  () => plain("an object", Object.create(Uint8Array.prototype), "an object with an array's prototype"),
  () => plain("an object", new Date(0), "a Date"),
  () => plain("an object", Object(1), "Object(1)"),
  () => plain("an object", Object(1n), "Object(1n)"),
  () => plain("an object", Object("s"), 'Object("s")'),
  () => plain("an object", Object(false), "Object(false)"),
  () => plain("an object", Object.setPrototypeOf({}, null), "an object without a prototype"),
  () => plain("an object", globalThis, "globalThis"),
  () => plain("a string", "", '""'),
  () => plain("a string", "a\0b", '"a\\0b"'),
  () => plain("a string", "é\0" + "b".repeat(20), '"é\\0bbb…"'),
];

const other = (random) => random.pick(others)();
const someBytes = (random) => bytes(random, random.below(80));
const kinds = [number, bigInt, text, withoutBytes, withoutLength, someBytes, other, other, other];

// A value of any kind.
export const anything = (random, pointer) => (random.once(10) ? pointer() : random.pick(kinds)(random));
