// Statics, names, symbols that are missing, and declarations that are wrong.
import { equal, library, open, PAIR, throws } from "./check.js";

const { create, value } = Deno.UnsafePointer;

// Statics of every type.
const statics = {
  bool: true, u8: 200, i8: -100, u16: 60000, i16: -30000, u32: 4000000000, i32: -2000000000,
  u64: 18000000000000000000n, i64: -9000000000000000000n, f32: 0.10000000149011612, f64: 0.1,
};
for (const [type, expected] of Object.entries(statics)) {
  equal(open({ [`${type}_static`]: { type } })[`${type}_static`], expected, `static ${type}`);
}
equal(open({ it: { type: "usize", name: "u64_static" } }).it, 18000000000000000000n);
equal(open({ it: { type: "isize", name: "i64_static" } }).it, -9000000000000000000n);

// Of pointers, buffers and functions the address of the symbol.
const view = (pointer) => new Deno.UnsafePointerView(pointer);
const addresses = open({
  address_static: { type: "pointer" }, null_static: { type: "pointer" }, text_static: { type: "buffer" }, add: { type: "function" },
});
equal(view(view(addresses.address_static).getPointer()).getInt32(), 42);
equal(view(addresses.null_static).getPointer(), null);
equal(view(addresses.text_static).getCString(), "text");
equal(open({ add_address: { parameters: [], result: "pointer" } }).add_address(), addresses.add);

// They are read once.
const counted = open({ count_static: { type: "i32" }, count_up: { parameters: [], result: "void" } });
equal(counted.count_up(), undefined);
equal(counted.count_static, 5);
equal(open({ count_static: { type: "i32" } }).count_static, 6);

throws(() => open({ u8_static: { type: "void" } }), "TypeError", "u8_static: a static is not `void`");
throws(
  () => open({ pair_static: { type: PAIR } }), "TypeError", "Invalid FFI static type, 'pair_static' is a struct",
);

// Names.
const named = open({
  plus: { name: "add", parameters: ["i32", "i32"], result: "i32" },
  add: { parameters: ["i32", "i32"], result: "i32" },
  number: { name: "i16_static", type: "i16" },
  later: { name: "add", parameters: ["i32", "i32"], result: "i32", nonblocking: true },
});
equal(named.plus(2, 3), 5);
equal(named.add(2, 3), 5);
equal(named.number, -30000);
equal(await named.later(2, 3), 5);
equal(Object.keys(named), ["plus", "add", "number", "later"]);
equal([typeof named.plus, named.plus.name, named.plus.length], ["function", "add", 2]);
equal([typeof named.later, named.later.name, named.later.length], ["function", "add", 2]);

// Missing.
const optional = true;
const missing = open({
  a: { parameters: [], result: "void", optional },
  b: { parameters: [], result: "void", optional, nonblocking: true },
  c: { parameters: [PAIR], result: PAIR, optional },
  d: { type: "i32", optional },
  e: { name: "nothing", parameters: [], result: "void", optional },
  sum: { parameters: ["buffer", "usize"], result: "i32", optional },
  i32_static: { type: "i32", optional },
});
equal([missing.a, missing.b, missing.c, missing.d, missing.e], [null, null, null, null, null]);
equal(missing.sum(Uint8Array.of(1, 2), 2n), 3);
equal(missing.i32_static, -2000000000);
const absent = (name) => new RegExp(`^library .*\\.so has no symbol "${name}": `);
throws(() => open({ nothing: { parameters: [], result: "void" } }), "Error", absent("nothing"));
throws(() => open({ nothing: { parameters: [], result: "void", optional: false } }), "Error", absent("nothing"));
throws(() => open({ nothing: { type: "i32" } }), "Error", absent("nothing"));
throws(() => open({ add: { name: "nothing", parameters: [], result: "void" } }), "Error", absent("nothing"));

// Wrong.
const wrong = (declaration, message) => {
  throws(() => open({ add: declaration }), "TypeError", message);
  const definition = message.replace(/^add/, "definition").replace("symbol 'add'", "definition");
  if (declaration?.type === undefined) {
    throws(() => new Deno.UnsafeFnPointer(addresses.add, declaration), "TypeError", definition);
    throws(() => new Deno.UnsafeCallback(declaration, () => {}), "TypeError", definition);
  }
};
wrong({ parameters: ["int"], result: "void" }, "add.parameters[0]: unknown type `int`");
wrong({ parameters: ["i32", "long"], result: "void" }, "add.parameters[1]: unknown type `long`");
wrong({ parameters: [], result: "string" }, "add.result: unknown type `string`");
wrong({ parameters: ["void"], result: "void" }, "add.parameters[0]: a parameter is not `void`");
wrong({ parameters: [{ struct: ["void"] }], result: "void" }, "add.parameters[0].struct[0]: a field of a struct is not `void`");
wrong({ parameters: [{ struct: [] }], result: "void" }, "Struct must have at least one field");
wrong({ parameters: [], result: { struct: [] } }, "Struct must have at least one field");
wrong({ parameters: [{ struct: [{ struct: [] }] }], result: "void" }, "Struct must have at least one field");
wrong(
  { parameters: [{}], result: "void" },
  "add.parameters[0]: missing field `struct` (or `union`, `array`, `pointer`, `function`)",
);
wrong(
  { parameters: [{ struct: "x" }], result: "void" },
  'add.parameters[0].struct: invalid type: string "x", expected an array of types, or an object of members',
);
wrong({ parameters: [] }, "add: missing field `result`");
wrong({ result: "void" }, "add: missing field `parameters` (or `type`, for a static)");
wrong({}, "add: missing field `parameters` (or `type`, for a static)");
wrong(null, "Invalid FFI symbol 'add', expected an object");
wrong(undefined, "Invalid FFI symbol 'add', expected an object");
wrong("add", "Invalid FFI symbol 'add', expected an object");
wrong({ type: "int" }, "add.type: unknown type `int`");
const recursive = { struct: ["i32"] };
recursive.struct.push({ struct: [recursive] });
wrong({ parameters: [recursive], result: "void" }, "Recursive struct definition");
wrong({ parameters: [], result: recursive }, "Recursive struct definition");
const deep = { struct: [recursive] };
wrong({ parameters: [deep], result: "void" }, "Recursive struct definition");

// Not wrong: keys that mean nothing, getters, and a declaration that is changed afterwards.
const parameters = ["i32", "i32"];
const odd = open({ add: { parameters, get result() { return "i32"; }, callback: true, comment: "adds" } });
parameters[0] = "f64";
equal(odd.add(1, 2), 3);

// The empty name is the process.
equal(Deno.dlopen("", { getpid: { parameters: [], result: "i32" } }).symbols.getpid(), Deno.pid);

// As in Deno, script may replace functions, but neither variables nor nonblocking functions.
const members = open({
  add: { parameters: ["i32", "i32"], result: "i32" },
  missing: { parameters: [], result: "void", optional: true },
  later: { name: "add", parameters: ["i32", "i32"], result: "i32", nonblocking: true },
  missingLater: { parameters: [], result: "void", optional: true, nonblocking: true },
  i32_static: { type: "i32" },
  text_static: { type: "pointer" },
  missingStatic: { type: "i32", optional: true },
});
equal(Object.getPrototypeOf(members) === null, true);
for (const [name, { writable, configurable, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
  const fixed = !["add", "missing"].includes(name);
  equal([writable, configurable, enumerable], [!fixed, !fixed, true], name);
  if (fixed) throws(() => members[name] = 1, "TypeError", /read-only/, name);
}
members.add = 1;
members.other = 2;
equal(members.add + members.other, 3);

// Properties that a declaration inherits are not part of it.
throws(() => open({ add: Object.create({ parameters: [], result: "void" }) }), "TypeError", /parameters/);
equal(Object.keys(open(Object.create({ add: 5 }))), []);
throws(() => open({ add: { parameters: new Set(["i32"]), result: "i32" } }), "TypeError", /./);

// Messages come whole.
const long = `/${"directory/".repeat(100)}lib.so`;
throws(() => Deno.dlopen(long, {}), "Error", /^cannot find library .*lib\.so: No such file or directory/);
throws(() => open({ ["x".repeat(500)]: { parameters: [], result: "void" } }), "Error", /undefined symbol: x{500}$/);
await import(long).then(() => equal(0, 1), (error) => matchesLong(error));
function matchesLong(error) {
  throws(() => { throw error; }, "TypeError", /^Module not found ".*lib\.so"\.$/);
}

// Libraries that are none.
throws(() => Deno.dlopen("/nowhere/lib.so", {}), "Error", /^cannot find library \/nowhere\/lib\.so: /);
throws(() => Deno.dlopen("libnowhere.so", {}), "Error", /^cannot load library libnowhere\.so: /);
throws(() => Deno.dlopen("/", {}), "Error", "library / is a directory, not a file");
throws(() => Deno.dlopen(import.meta.filename, {}), "Error", /^cannot load library .*declarations\.js: /);
throws(() => Deno.dlopen("a\0b", {}), "Error", /zero byte/);
for (const path of [undefined, null, 5, {}]) throws(() => Deno.dlopen(path, {}), "TypeError", "Expected a path or a file URL");
throws(() => Deno.dlopen(library), "TypeError", /./);
throws(() => Deno.dlopen(library, null), "TypeError", /./);
if (typeof URL !== "undefined") {
  equal(Deno.dlopen(new URL(`file://${library}`), { add: named.definition ?? { parameters, result: "i32" } }) === null, false);
  throws(() => Deno.dlopen(new URL("https://example.com/lib.so"), {}), "TypeError", "Must be a file URL");
}

// Closed.
const closing = Deno.dlopen(library, {
  add: { parameters: ["i32", "i32"], result: "i32" },
  later: { name: "add", parameters: ["i32", "i32"], result: "i32", nonblocking: true },
  back: { name: "pair_back", parameters: [PAIR], result: PAIR },
  number: { name: "i32_static", type: "i32" },
});
const { add, later, back, number } = closing.symbols;
equal(add(1, 2), 3);
closing.close();
const closed = /^library .*\.so is closed$/;
throws(() => add(1, 2), "Error", closed);
throws(() => back(new Uint8Array(16)), "Error", closed);
throws(() => back.into(new Uint8Array(16), new Uint8Array(16)), "Error", closed);
equal(await later(1, 2).then(() => "none", (error) => closed.test(error.message)), true);
equal(number, -2000000000);
closing.close();
equal(open({ add: { parameters: ["i32", "i32"], result: "i32" } }).add(1, 2), 3, "opened again");

// Nothing to do with it: the values of the namespace stay usable by themselves.
equal(value(create(5n)), 5n);
console.log("end");
