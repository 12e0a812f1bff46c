// Calls that `hotcall/ffi` and `node:ffi` must answer alike. A case is a name and a function of the module, whose result does not
// depend on where things lie in memory.

import { inspect } from "node:util";

const TYPES = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64", "char"];
const TYPE_NAMES = [
  ...["void", "char", "bool", "int8", "i8", "uint8", "u8", "int16", "i16", "uint16", "u16", "int32", "i32", "uint32", "u32"],
  ...["int64", "i64", "uint64", "u64", "float", "float32", "f32", "double", "float64", "f64"],
  ...["pointer", "ptr", "string", "str", "buffer", "arraybuffer", "function"],
  ...["isize", "usize", "size_t", "int", "text", "", "I32", " i32", "constructor", "__proto__", "i32\0"],
];

const detachedBuffer = () => {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
};
const detachedView = (View) => {
  const buffer = new ArrayBuffer(8);
  const view = new View(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return view;
};

const VALUES = [
  ...[0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53), 2 ** 63],
  ...[0n, 1n, -1n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 64n + 5n],
  ...[true, false, null, undefined, "", "1", "a\0b", {}, [], [1], () => 1, new Date(0), Object(1), Object(1n)],
].map((value) => [show(value), value]);
VALUES.push(["a symbol", Symbol("s")], ["an object that is a number", { valueOf: () => 1 }]);

const BYTES = {
  "a buffer": () => Buffer.from("text\0"),
  "an array": () => new Uint8Array([116, 0]),
  "an array of numbers": () => new Uint32Array([1]),
  "an array of BigInts": () => new BigInt64Array([1n]),
  "a DataView": () => new DataView(new ArrayBuffer(4)),
  "an ArrayBuffer": () => new ArrayBuffer(4),
  "an empty array": () => new Uint8Array(0),
  "a part that is empty": () => new Uint8Array(8).subarray(8),
  "a shared array": () => new Uint8Array(new SharedArrayBuffer(4)),
  "a SharedArrayBuffer": () => new SharedArrayBuffer(4),
  "a detached buffer": detachedBuffer,
  "a detached array": () => detachedView(Uint8Array),
  "a detached DataView": () => detachedView(DataView),
  "a string": () => "text",
  "a string of two bytes a character": () => "naïve € 🦀",
  "a lone surrogate": () => "\ud800",
  "a flattened string": () => "text".repeat(100) + "s",
};

// A value in the name of a case, the same in every runtime.
function show(value) {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof URL ? "a URL" : inspect(value, { breakLength: Infinity });
}

function* numbers(path) {
  for (const type of TYPES) {
    for (const [label, value] of VALUES) {
      yield [`id_${type}(${label})`, (ffi) => ffi.dlopen(path, { [`id_${type}`]: { arguments: [type], return: type } }).functions[`id_${type}`](value)];
    }
  }
}

const identity = (ffi, path, type) => ffi.dlopen(path, { id_pointer: { arguments: [type], return: "pointer" } }).functions.id_pointer;
const isAddress = (value) => (value === 0n ? 0n : typeof value);

function* pointers(path) {
  for (const [label, value] of VALUES) {
    yield [`id_pointer(${label})`, (ffi) => {
      const result = identity(ffi, path, "pointer")(value);
      return typeof value === "bigint" ? result : isAddress(result);
    }];
  }
  for (const type of ["pointer", "string", "buffer", "arraybuffer", "function"]) {
    for (const [label, make] of Object.entries(BYTES)) {
      yield [`id_pointer(${label} as ${type})`, (ffi) => isAddress(identity(ffi, path, type)(make()))];
    }
  }
  const definitions = {
    at: { arguments: ["pointer", "u64"], return: "pointer" },
    length: { arguments: ["string"], return: "uint64" },
    compare: { arguments: ["pointer", "pointer", "uint64"], return: "int32" },
    first: { arguments: ["buffer"], return: "uint32" },
    fill: { arguments: ["pointer", "uint8", "uint64"] },
  };
  const run = (name, body) => [name, (ffi) => body(ffi.dlopen(path, definitions).functions, ffi)];
  yield run("a view passes its first byte", ({ at }, { getRawPointer }) => {
    const bytes = new Uint8Array(16);
    return at(bytes.subarray(5), 2) - getRawPointer(bytes);
  });
  yield run("an address plus a count", ({ at }) => [at(100n, 5), at(100n, 5n), at(null, 7), at(undefined, 7n)]);
  for (const value of [1, -1n, 2n ** 64n, "a\0", {}, true]) yield run(`at(${show(value)}, 0)`, ({ at }) => at(value, 0));
  for (const value of [-1, -1n, 2 ** 53, 2n ** 64n, "1"]) yield run(`at(null, ${show(value)})`, ({ at }) => at(null, value));
  for (const text of ["", "text", "naïve €", "🦀", "\ud800", "a\0b"]) yield run(`length(${show(text)})`, ({ length }) => length(text));
  yield run("strings, bytes and addresses in one call", ({ compare }, { getRawPointer }) => {
    const bytes = Buffer.from("abc");
    const address = getRawPointer(bytes);
    return [["abc", bytes], [bytes, "abc"], [address, "abc"], ["abc", address], ["abc", "abc"], [bytes, bytes], ["abd", bytes]]
      .map(([a, b]) => Math.sign(compare(a, b, 3)));
  });
  yield run("C writes into bytes", ({ fill }) => {
    const bytes = Buffer.alloc(4);
    return [fill(bytes, 7, 3), bytes.toString("hex")];
  });
  yield run("C reads bytes", ({ first }) => [first(new Uint8Array([9])), first(null), first(new Uint8Array([1, 2]).subarray(1)), first("A")]);
}

function* counts(path) {
  const add = (ffi) => ffi.dlopen(path, { add: { arguments: ["int32", "int32"], return: "int32" } }).functions.add;
  for (const given of [[], [1], [1, 2, 3], [1, undefined], [undefined, undefined]]) {
    yield [`add(${given.map(show)})`, (ffi) => add(ffi)(...given)];
  }
  const eight = { arguments: ["int8", "uint16", "int32", "int64", "float32", "float64", "bool", "uint32"], return: "int64" };
  const sum8 = (ffi) => ffi.dlopen(path, { sum8: eight }).functions.sum8;
  yield ["eight arguments", (ffi) => sum8(ffi)(-1, 65535, -70000, 2n ** 40n, 1.5, 2.5, 255, 2 ** 32 - 1)];
  yield ["the sixth of eight arguments is wrong", (ffi) => sum8(ffi)(1, 1, 1, 1, 1, "1", 1, 1)];
  yield ["arguments are checked in order", (ffi) => sum8(ffi)(1, -1, 1.5, 1, 1, 1, 1, 1)];
  yield ["a function is no constructor", (ffi) => new (add(ffi))(1, 2)];
  yield ["a function's properties", (ffi) => {
    const { name, length, pointer } = add(ffi);
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(add(ffi), "pointer");
    return [name, length, typeof pointer, writable, enumerable, configurable, Object.keys(add(ffi))];
  }];
  yield ["this is not passed", (ffi) => add(ffi).call({ a: 1 }, 20, 22)];
}

const SIGNATURES = [
  ...[undefined, null, 1, "i32", [], {}, { return: 1 }, { return: undefined }, { return: null }, { return: "x" }],
  ...[{ arguments: 1 }, { arguments: undefined }, { arguments: null }, { arguments: { length: 1, 0: "i32" } }, { arguments: "i32" }],
  ...[{ arguments: [1] }, { arguments: ["x"] }, { arguments: ["void"] }, { arguments: ["i32", , "i32"] }, { result: "i32" }],
  ...[{ returns: "i32" }, { parameters: ["i32"] }, { parameters: ["i32"], arguments: ["i32", "i32"] }, { return: "i32", result: "x" }],
  { arguments: ["i32", "i32"], return: "i32", other: 1 },
];

function* signatures(path) {
  const open = (ffi) => new ffi.DynamicLibrary(path);
  for (const type of TYPE_NAMES) {
    yield [`an argument of type ${show(type)}`, (ffi) => open(ffi).getFunction("add", { arguments: [type] }).length];
    yield [`a result of type ${show(type)}`, (ffi) => open(ffi).getFunction("add", { return: type }).length];
  }
  for (const signature of SIGNATURES) {
    yield [`signature ${show(signature)}`, (ffi) => open(ffi).getFunction("add", signature).length];
    yield [`definition ${show(signature)}`, (ffi) => Object.keys(open(ffi).getFunctions({ add: signature }))];
    yield [`callback ${show(signature)}`, (ffi) => typeof open(ffi).registerCallback(signature, () => 0)];
  }
  yield ["an inherited signature", (ffi) => open(ffi).getFunction("add", Object.create({ arguments: ["i32", "i32"] })).length];
  yield ["a signature is read once, in order", (ffi) => {
    const log = [];
    const spy = new Proxy({ arguments: ["i32"], return: "i32" }, {
      get: (target, key) => (log.push(`get ${String(key)}`), target[key]),
      has: (target, key) => (log.push(`has ${String(key)}`), key in target),
    });
    open(ffi).getFunction("add", spy);
    return log;
  }];
  yield ["a getter that throws", (ffi) => open(ffi).getFunction("add", { get return() { throw new RangeError("mine"); } })];
  yield ["a getter that closes the library", (ffi) => {
    const library = open(ffi);
    return library.getFunction("add", { get return() { library.close(); return "i32"; } });
  }];
}

function* libraries(path) {
  const open = (ffi) => new ffi.DynamicLibrary(path);
  const add = { arguments: ["i32", "i32"], return: "i32" };
  for (const name of [undefined, 1, {}, [], true, Symbol.iterator, "a\0b", new URL("file:///x")]) {
    yield [`new DynamicLibrary(${show(name)})`, (ffi) => new ffi.DynamicLibrary(name)];
    yield [`getFunction(${show(name)})`, (ffi) => open(ffi).getFunction(name, add)];
    yield [`getSymbol(${show(name)})`, (ffi) => open(ffi).getSymbol(name)];
  }
  yield ["a library that is not there", (ffi) => new ffi.DynamicLibrary("/no/such/library.so")];
  yield ["a file that is no library", (ffi) => new ffi.DynamicLibrary("/dev/null")];
  yield ["this process", (ffi) => {
    const library = new ffi.DynamicLibrary(null);
    return [library.path, library.getFunction("abs", { arguments: ["i32"], return: "i32" })(-5)];
  }];
  yield ["the path", (ffi) => open(ffi).path === path];
  yield ["DynamicLibrary without new", (ffi) => ffi.DynamicLibrary(path)];
  for (const definitions of [null, 1, [], "x", () => 1, { add: 1 }, { add: null }, { nope: {} }, { add: {}, nope: {} }]) {
    yield [`dlopen(path, ${show(definitions)})`, (ffi) => Object.keys(ffi.dlopen(path, definitions).functions)];
  }
  yield ["dlopen without definitions", (ffi) => {
    const opened = ffi.dlopen(path);
    return [Reflect.ownKeys(opened).map(keyText), Object.getPrototypeOf(opened.functions), Object.isFrozen(opened.functions), opened.lib instanceof ffi.DynamicLibrary];
  }];
  yield ["a key that is a symbol", (ffi) => Reflect.ownKeys(open(ffi).getFunctions({ [Symbol("x")]: 1 }))];
  yield ["definitions that are not enumerable or inherited", (ffi) => {
    const definitions = Object.create({ add }, { id_i8: { enumerable: false, value: {} }, id_u8: { enumerable: true, value: {} } });
    return Object.keys(open(ffi).getFunctions(definitions));
  }];
  yield ["the same function again", (ffi) => {
    const library = open(ffi);
    const first = library.getFunction("add", add);
    const again = { arguments: ["int32", "int32"], return: "int32" };
    return [library.getFunction("add", again) === first, library.functions.add === first, library.getFunctions({ add }).add === first, library.getFunctions().add === first];
  }];
  yield ["pointer-like types are the same", (ffi) => {
    const library = open(ffi);
    return library.getFunction("id_pointer", { arguments: ["string"], return: "buffer" }) === library.getFunction("id_pointer", { arguments: ["pointer"], return: "ptr" });
  }];
  yield ["another signature", (ffi) => {
    const library = open(ffi);
    library.getFunction("add", add);
    return library.getFunction("add", {});
  }];
  yield ["all or nothing", (ffi) => {
    const library = open(ffi);
    try {
      library.getFunctions({ add, nope: {} });
    } catch {
      return [Object.keys(library.functions), Object.keys(library.symbols)];
    }
  }];
  yield ["symbols", (ffi) => {
    const library = open(ffi);
    const function_ = library.getFunction("add", add);
    const symbol = library.getSymbol("id_i8");
    const { symbols } = library;
    return [Object.getPrototypeOf(symbols), Object.keys(symbols).sort(), symbols.add === function_.pointer, symbols.id_i8 === symbol, ffi.dlsym(library, "id_i8") === symbol, Object.keys(library.getSymbols()).sort()];
  }];
  yield ["a symbol that is not there", (ffi) => open(ffi).getSymbol("nope")];
  yield ["dlsym of another object", (ffi) => ffi.dlsym({}, "add")];
  yield ["dlclose of nothing", (ffi) => ffi.dlclose()];
  yield ["a method of another object", (ffi) => ffi.DynamicLibrary.prototype.getSymbol.call({}, "add")];
  yield ["close, twice", (ffi) => {
    const library = open(ffi);
    return [library.close(), library.close(), ffi.dlclose(library), library.path === path];
  }];
  const closed = {
    "a call": (library, function_) => function_(1, 2),
    "a call with too few arguments": (library, function_) => function_(),
    getFunction: (library) => library.getFunction("add", add),
    getFunctions: (library) => library.getFunctions({}),
    functions: (library) => library.functions,
    symbols: (library) => library.symbols,
    getSymbol: (library) => library.getSymbol("add"),
    getSymbols: (library) => library.getSymbols(),
    registerCallback: (library) => library.registerCallback(() => 1),
    unregisterCallback: (library) => library.unregisterCallback(1n),
    refCallback: (library) => library.refCallback(1n),
    unrefCallback: (library) => library.unrefCallback(1n),
  };
  for (const [name, run] of Object.entries(closed)) {
    yield [`${name} after close`, (ffi) => {
      const library = open(ffi);
      const function_ = library.getFunction("add", add);
      library.close();
      return run(library, function_);
    }];
  }
  yield ["using closes", (ffi) => {
    const opened = ffi.dlopen(path, { add });
    opened[Symbol.dispose]();
    const library = open(ffi);
    library[Symbol.dispose]();
    return [() => opened.functions.add(1, 2), () => library.symbols].map((run) => {
      try {
        return run();
      } catch (error) {
        return error.code;
      }
    });
  }];
}

function* callbacks(path) {
  const f = (argument, result = argument) => ({ arguments: [argument], return: result });
  const call = (type) => ({ [`call_${type}`]: { arguments: ["function", type], return: type } });
  const definitions = {
    ...call("i32"), ...call("i64"), ...call("u8"),
    call_f64: { arguments: ["pointer", "f64", "f32"], return: "f64" },
    call_pointer: { arguments: ["function", "pointer"], return: "pointer" },
    call_void: { arguments: ["pointer"] },
    keep: { arguments: ["pointer"] },
    call_kept: { arguments: ["i32"], return: "i32" },
  };
  const run = (name, body) => [name, (ffi) => {
    const { lib, functions } = ffi.dlopen(path, definitions);
    return body(lib, functions, ffi);
  }];
  yield run("a callback of i32", (lib, { call_i32 }) => call_i32(lib.registerCallback(f("i32"), (x) => x * 2), -21));
  yield run("a callback of i64", (lib, { call_i64 }) => call_i64(lib.registerCallback(f("i64"), (x) => [typeof x, x + 1n][1]), 2 ** 40));
  yield run("a callback of u8", (lib, { call_u8 }) => call_u8(lib.registerCallback(f("bool"), (x) => x + 1), 254));
  yield run("a callback of floats", (lib, { call_f64 }) => call_f64(lib.registerCallback({ arguments: ["f64", "f32"], return: "f64" }, (a, b) => a - b), 0.5, 1.25));
  yield run("a callback of pointers", (lib, { call_pointer }, { toString }) => {
    const texts = [];
    const callback = lib.registerCallback({ arguments: ["pointer", "string"], return: "pointer" }, (a, b) => (texts.push(typeof a, toString(b)), a + 1n));
    return [call_pointer(callback, 41n), ...texts];
  });
  for (const value of [null, undefined, 0n, 5n]) {
    yield run(`a callback returns ${show(value)} as a pointer`, (lib, { call_pointer }) => call_pointer(lib.registerCallback({ arguments: ["pointer", "pointer"], return: "pointer" }, () => value), 1n));
  }
  yield run("a callback without a signature", (lib, { call_void }) => {
    const given = [];
    call_void(lib.registerCallback((...values) => void given.push(values.length)));
    return given;
  });
  yield run("a callback that is kept", (lib, { keep, call_kept }) => {
    keep(lib.registerCallback(f("i32"), (x) => x + 1));
    return [call_kept(1), call_kept(2)];
  });
  yield run("a callback that calls", (lib, { call_i32 }) => {
    const inner = lib.registerCallback(f("i32"), (x) => x + 1);
    const outer = lib.registerCallback(f("i32"), (x) => call_i32(inner, x) * 2);
    return call_i32(outer, 20);
  });
  yield run("a callback has no this", (lib, { call_i32 }) => {
    let receiver = 1;
    call_i32(lib.registerCallback(f("i32"), function () { receiver = this; return 0; }), 1);
    return receiver;
  });
  yield run("a callback of another library", (lib, { call_i32 }, { DynamicLibrary }) => call_i32(new DynamicLibrary(null).registerCallback(f("i32"), (x) => x + 3), 1));
  for (const given of [[], [1], [null], [{}], [{}, 1], [[], () => 1], ["x", () => 1], [() => 1, 2]]) {
    yield run(`registerCallback(${given.map(show)})`, (lib) => typeof lib.registerCallback(...given));
  }
  for (const method of ["unregisterCallback", "refCallback", "unrefCallback"]) {
    for (const value of [undefined, 1, "1", null, 1n, -1n, 2n ** 64n]) yield run(`${method}(${show(value)})`, (lib) => lib[method](value));
    yield run(`${method} of a callback`, (lib) => lib[method](lib.registerCallback(() => {})));
    yield run(`${method} after it was unregistered`, (lib) => {
      const pointer = lib.registerCallback(() => {});
      lib.unregisterCallback(pointer);
      return lib[method](pointer);
    });
  }
  yield run("a callback without and with a reference", (lib, { call_i32 }) => {
    const pointer = lib.registerCallback(f("i32"), (x) => x + 1);
    lib.unrefCallback(pointer);
    lib.refCallback(pointer);
    return call_i32(pointer, 1);
  });
}

const SIZES = [undefined, null, "1", -1, 1.5, NaN, Infinity, 2 ** 53, 1n];
const ADDRESSES = [undefined, null, 1, "1", {}, 0n, -1n, 2n ** 64n];

function* memory() {
  const kinds = ["Int8", "Uint8", "Int16", "Uint16", "Int32", "Uint32", "Int64", "Uint64", "Float32", "Float64"];
  // Runs with the address of 64 bytes, and says what they are afterwards.
  const run = (name, body) => [name, (ffi) => {
    const bytes = new Uint8Array(64).map((_, index) => 0xf0 + index);
    const address = ffi.getRawPointer(bytes);
    const value = body(ffi, address, bytes);
    return [value, Buffer.from(bytes.subarray(0, 20)).toString("hex")];
  }];
  for (const kind of kinds) {
    for (const offset of [0, 1, 3, 8, ...SIZES]) yield run(`get${kind}(address, ${show(offset)})`, (ffi, address) => ffi[`get${kind}`](address, offset));
    for (const value of ADDRESSES) {
      yield [`get${kind}(${show(value)})`, (ffi) => ffi[`get${kind}`](value)];
      yield [`set${kind}(${show(value)}, 0, 1)`, (ffi) => ffi[`set${kind}`](value, 0, 1)];
    }
    for (const [label, value] of VALUES) yield run(`set${kind}(address, 1, ${label})`, (ffi, address) => ffi[`set${kind}`](address, 1, value));
    for (const offset of SIZES) yield run(`set${kind}(address, ${show(offset)}, 1)`, (ffi, address) => ffi[`set${kind}`](address, offset, 1));
    yield run(`set${kind}(address, 0)`, (ffi, address) => ffi[`set${kind}`](address, 0));
    yield [`get${kind} at the end of memory`, (ffi) => ffi[`get${kind}`](2n ** 64n - 1n, 1)];
    if (!kind.endsWith("8")) yield [`get${kind} across the end of memory`, (ffi) => ffi[`get${kind}`](2n ** 64n - 1n, 0)];
  }
  const text = (ffi, bytes) => {
    const buffer = Buffer.from(bytes);
    return ffi.toString(ffi.getRawPointer(buffer));
  };
  for (const bytes of [[0], [104, 105, 0, 106], [0xc3, 0xa9, 0], [0xff, 0xfe, 65, 0], [0xf0, 0x9f, 0xa6, 0x80, 0], [0xef, 0xbb, 0xbf, 65, 0]]) {
    yield [`toString of ${bytes}`, (ffi) => text(ffi, bytes)];
  }
  for (const value of ADDRESSES) yield [`toString(${show(value)})`, (ffi) => ffi.toString(value)];
  for (const method of ["toBuffer", "toArrayBuffer"]) {
    for (const length of [0, 1, 20, ...SIZES]) yield run(`${method}(address, ${show(length)})`, (ffi, address) => ffi[method](address, length));
    for (const value of ADDRESSES) {
      yield [`${method}(${show(value)}, 1)`, (ffi) => ffi[method](value, 1)];
      yield [`${method}(${show(value)}, 0)`, (ffi) => ffi[method](value, 0)];
    }
    for (const copy of [undefined, true, false, null, 0, 1, "x"]) {
      yield run(`${method}(address, 4, ${show(copy)})`, (ffi, address, bytes) => {
        const made = ffi[method](address, 4, copy);
        bytes[0] = 1;
        const view = new Uint8Array(made.buffer ?? made, made.byteOffset ?? 0, 4);
        const seen = view[0];
        view[1] = 2;
        return [seen, made.constructor.name];
      });
    }
    yield [`${method} across the end of memory`, (ffi) => ffi[method](2n ** 64n - 1n, 2)];
    yield run(`${method} of more than there can be`, (ffi, address) => ffi[method](address, 2 ** 52));
    yield run(`an empty view by ${method}`, (ffi, address) => [ffi[method](address, 0, false).byteLength, ffi[method](0n, 0, false).byteLength]);
  }
  const encodings = [undefined, "utf8", "UTF-8", "latin1", "ascii", "utf16le", "UTF16LE", "utf-16le", "ucs2", "ucs-2", "hex", "base64", "x", null, 1, ""];
  for (const encoding of encodings) yield run(`exportString("hé", address, 12, ${show(encoding)})`, (ffi, address) => ffi.exportString("hé", address, 12, encoding));
  for (const string of ["", "a\0b", "🦀", 1, null, undefined, {}]) yield run(`exportString(${show(string)}, address, 12)`, (ffi, address) => ffi.exportString(string, address, 12));
  for (const length of [0, 3, 4, 5, ...SIZES]) yield run(`exportString("hé", address, ${show(length)})`, (ffi, address) => ffi.exportString("hé", address, length));
  yield run("exportString in UTF-16 without room for the end", (ffi, address) => ffi.exportString("hé", address, 5, "utf16le"));
  const sources = {
    "a Buffer": () => Buffer.from([1, 2, 3]),
    "an empty Buffer": () => Buffer.alloc(0),
    "a Uint8Array": () => new Uint8Array([1, 2, 3]),
    "a Uint16Array": () => new Uint16Array([1, 2]),
    "a DataView": () => new DataView(new ArrayBuffer(8), 2, 3),
    "an ArrayBuffer": () => new Uint8Array([1, 2, 3]).buffer,
    "a SharedArrayBuffer": () => new SharedArrayBuffer(3),
    "a detached buffer": detachedBuffer,
    "a detached view": () => detachedView(Uint8Array),
    "a number": () => 1,
    null: () => null,
    undefined: () => undefined,
  };
  for (const [label, make] of Object.entries(sources)) {
    for (const method of ["exportBuffer", "exportArrayBuffer", "exportArrayBufferView"]) {
      yield run(`${method}(${label}, address, 8)`, (ffi, address) => ffi[method](make(), address, 8));
    }
    yield [`getRawPointer(${label})`, (ffi) => isAddress(ffi.getRawPointer(make()))];
  }
  for (const [method, make] of [["exportBuffer", sources["a Buffer"]], ["exportArrayBuffer", sources["an ArrayBuffer"]], ["exportArrayBufferView", sources["a DataView"]]]) {
    for (const length of [0, 2, 3, 4, ...SIZES]) yield run(`${method}(…, address, ${show(length)})`, (ffi, address) => ffi[method](make(), address, length));
    for (const value of ADDRESSES) yield [`${method}(…, ${show(value)}, 3)`, (ffi) => ffi[method](make(), value, 3)];
  }
  yield run("bytes that lie about their length", (ffi, address) => {
    const bytes = Object.defineProperty(Buffer.from([1, 2, 3]), "byteLength", { value: 9 });
    ffi.exportBuffer(bytes, address, 9);
    ffi.exportArrayBufferView(bytes, address, 9);
  });
  yield ["getRawPointer of a part", (ffi) => {
    const bytes = new Uint8Array(16);
    return ffi.getRawPointer(new DataView(bytes.buffer, 5)) - ffi.getRawPointer(bytes.buffer);
  }];
  yield ["getCurrentEventLoop", (ffi) => [typeof ffi.getCurrentEventLoop(), ffi.getCurrentEventLoop() === ffi.getCurrentEventLoop()]];
}

// Node 22 has a symbol of its own.
const keyText = (key) => (key === Symbol.dispose ? "@@dispose" : String(key));

function* module_() {
  yield ["names", (ffi) => Object.keys(ffi).filter((name) => name !== "default").sort()];
  yield ["names of functions", (ffi) => Object.values(ffi).filter((value) => typeof value === "function").map(({ name }) => name).sort()];
  yield ["suffix", (ffi) => ffi.suffix];
  yield ["types", (ffi) => [ffi.types, Object.isFrozen(ffi.types), Object.getPrototypeOf(ffi.types)]];
  yield ["methods", (ffi) => Reflect.ownKeys(ffi.DynamicLibrary.prototype).filter((name) => !["path", "symbols"].includes(name)).map(keyText).sort()];
}

export function* cases(path) {
  for (const group of [module_, numbers, pointers, counts, signatures, libraries, callbacks, memory]) yield* group(path);
}

// A value's text, which is the same in every version of Node.
function text(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return typeof value === "string" ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return `${value.constructor.name} <${Buffer.from(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength).toString("hex")}>`;
  }
  return `{${Object.entries(value).map(([key, member]) => `${key}: ${text(member)}`).join(", ")}}`;
}

// What a case comes to: a value's text, or the class, code and message of the error, in which `path` has a short name.
export function outcome(run, ffi, path) {
  try {
    return { value: text(run(ffi)) };
  } catch (error) {
    return { class: error.constructor.name, code: error.code, message: error.message.replaceAll(path, "libffi.so") };
  }
}
