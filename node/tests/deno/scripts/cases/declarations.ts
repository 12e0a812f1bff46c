// Statics, names, symbols that are missing, and declarations that are wrong.
import process from "node:process";
import { pathToFileURL } from "node:url";
import { library, PAIR, show, test, UNSAFE } from "./case.ts";

const script = process.argv[1]!;
const open = (symbols: any): any => Deno.dlopen(library, symbols).symbols;
const add = { parameters: ["i32", "i32"], result: "i32" } as const;
const none = { parameters: [], result: "void" } as const;
const view = (pointer: any) => new Deno.UnsafePointerView(pointer);

// Statics.
for (const type of ["bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]) {
  await test(`static ${type}`, () => open({ [`${type}_static`]: { type } })[`${type}_static`]);
}
await test("static usize", () => open({ it: { type: "usize", name: "u64_static" } }).it);
await test("static isize", () => open({ it: { type: "isize", name: "i64_static" } }).it);
await test("static pointer", () =>
  view(view(open({ address_static: { type: "pointer" } }).address_static).getPointer()).getInt32());
await test("static null pointer", () => view(open({ null_static: { type: "pointer" } }).null_static).getPointer());
await test("static buffer", () => view(open({ text_static: { type: "buffer" } }).text_static).getCString());
await test("static function", () => {
  const { add, add_address } = open({ add: { type: "function" }, add_address: { parameters: [], result: "pointer" } });
  return Deno.UnsafePointer.equals(add, add_address());
});
await test("a static is read once", () => {
  const { count_up, count_static } = open({ count_static: { type: "i32" }, count_up: none });
  return [count_up(), count_static];
});
await test("static void", () => open({ u8_static: { type: "void" } }));
await test("static struct", () => open({ pair_static: { type: PAIR } }));

// Names.
const named = open({ plus: { name: "add", ...add }, add, number: { name: "i16_static", type: "i16" } });
await test("named", () => [named.plus(2, 3), named.add(2, 3), named.number]);
await test("keys", () =>
  Object.keys(open({ b: { ...add, name: "add" }, a: { type: "i32", name: "i32_static" } })).sort());

// Missing.
const optional = true;
await test("missing function", () => open({ a: none }));
await test("missing static", () => open({ a: { type: "i32" } }));
await test("missing name", () => open({ add: { name: "nothing", ...none } }));
await test("missing, not optional", () => open({ a: { ...none, optional: false } }));
await test("missing optional function", () => open({ a: { ...none, optional } }).a);
await test("missing optional nonblocking", () => open({ a: { ...none, optional, nonblocking: true } }).a);
await test("missing optional with a struct", () => open({ a: { parameters: [PAIR], result: PAIR, optional } }).a);
await test("missing optional static", () => open({ a: { type: "i32", optional } }).a);
await test("present optional", () => open({ add: { ...add, optional } }).add(2, 3));
await test("present optional static", () => open({ i32_static: { type: "i32", optional } }).i32_static);

// Wrong.
const recursive: any = { struct: ["i32"] };
recursive.struct.push({ struct: [recursive] });
const wrong: Record<string, any> = {
  "an unknown parameter": { parameters: ["int"], result: "void" },
  "an unknown result": { parameters: [], result: "string" },
  "an empty struct": { parameters: [{ struct: [] }], result: "void" },
  "an empty struct as a result": { parameters: [], result: { struct: [] } },
  "an empty struct inside": { parameters: [{ struct: [{ struct: [] }] }], result: "void" },
  "a struct of void": { parameters: [{ struct: ["void"] }], result: "void" },
  "a struct of nothing": { parameters: [{}], result: "void" },
  "a struct of text": { parameters: [{ struct: "x" }], result: "void" },
  "no result": { parameters: [] },
  "no parameters": { result: "void" },
  "nothing": {},
  "a recursive struct": { parameters: [recursive], result: "void" },
  "a recursive result": { parameters: [], result: recursive },
  "null": null,
  "undefined": undefined,
  "text": "add",
};
for (const [name, declaration] of Object.entries(wrong)) {
  await test(`symbol with ${name}`, () => open({ add: declaration }));
}
await test("symbol with a parameter of void", () => open({ add: { parameters: ["void"], result: "void" } }));
await test("an unknown static", () => open({ i32_static: { type: "int" } }));

// Not wrong: keys that mean nothing, getters, and a declaration that is changed afterwards.
const parameters = ["i32", "i32"];
const odd = open({
  add: {
    parameters,
    get result() {
      return "i32";
    },
    comment: "adds",
  },
});
parameters[0] = "f64";
await test("a declaration that is changed", () => odd.add(1, 2));
await test("a proxy", () => open(new Proxy({ add }, {})).add(1, 2));
await test("an inherited declaration", () => typeof open({ add: Object.create(add) }).add);
await test("inherited symbols", () => Object.keys(open(Object.create({ add }))));

// As in Deno, script may replace functions, but neither variables nor nonblocking functions.
const members = open({ add, later: { name: "add", ...add, nonblocking: true }, i32_static: { type: "i32" } });
for (const name of ["add", "later", "i32_static"]) {
  await test(`property ${name}`, () => {
    const { writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(members, name)!;
    return [writable, configurable, enumerable];
  });
}

// Paths.
await test("the process", () => typeof Deno.dlopen("", { getpid: { parameters: [], result: "i32" } }).symbols.getpid());
await test("a URL", () => Deno.dlopen(pathToFileURL(library), { add }).symbols.add(1, 2));
await test("another URL", () => Deno.dlopen(new URL("https://example.com/lib.so"), {}));
for (const path of ["/nowhere/lib.so", "libnowhere.so", "/", script, "a\0b"]) {
  await test(`a library ${path === script ? "of text" : JSON.stringify(path)}`, () => Deno.dlopen(path, {}));
}
for (const path of [undefined, null, 5, {}] as any[]) {
  await test(`a path that is ${show(path)}`, () => Deno.dlopen(path, {}));
}
await test("no symbols", () => Deno.dlopen(library, undefined as any));
await test("symbols that are null", () => Deno.dlopen(library, null as any));

// Closed.
const closing: any = Deno.dlopen(library, {
  add,
  later: { name: "add", ...add, nonblocking: true },
  back: { name: "pair_back", parameters: [PAIR], result: PAIR },
  number: { name: "i32_static", type: "i32" },
});
const { symbols } = closing;
await test("close", () => closing.close());
await test("a closed function", () => symbols.add(1, 2), UNSAFE);
await test("a closed function with a struct", () => symbols.back(new Uint8Array(16)), UNSAFE);
await test("a closed nonblocking function", () => symbols.later(1, 2), UNSAFE);
await test("a static of a closed library", () => symbols.number);
await test("close twice", () => closing.close());
await test("open again", () => open({ add }).add(1, 2));
await test("using", () => typeof closing[Symbol.dispose]);
