// The runtime's own scripts run in a realm of their own. Script must not see that: all it gets is of its realm.
// Prints what is not, and `end`.

// The last object of the chain of prototypes.
function root(value) {
  let last = value;
  for (let next = value; next !== null; next = Object.getPrototypeOf(next)) last = next;
  return last;
}
const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

// Everything that script reaches from the global object.
const seen = new Set();
function walk(value, path) {
  if (!isObject(value) || seen.has(value)) return;
  seen.add(value);
  if (root(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) console.log("not of this realm:", path);
  if (typeof value === "function" && !(value instanceof Function) && value !== Function.prototype) console.log("not a function of this realm:", path);
  walk(Object.getPrototypeOf(value), `${path}.__proto__`);
  for (const key of Reflect.ownKeys(value)) {
    const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key);
    walk(inner, `${path}.${String(key)}`);
    walk(get, `get ${path}.${String(key)}`);
    walk(set, `set ${path}.${String(key)}`);
  }
}
walk(globalThis, "globalThis");
walk(import.meta, "import.meta");

// New values.
function is(value, type) {
  if (!(value instanceof type) || value.constructor !== type) console.log("not of this realm:", type.name, value);
}
const params = new URLSearchParams("a=1&a=2");
is(params.getAll("a"), Array);
is([...params][0], Array);
for (const iterator of [params.entries(), params.keys(), params.values(), params[Symbol.iterator]()]) {
  if (!(iterator instanceof Iterator)) console.log("not an iterator of this realm");
}
const bytes = new TextEncoder().encode("text");
is(bytes, Uint8Array);
is(bytes.buffer, ArrayBuffer);
is(new TextEncoder().encodeInto("text", bytes), Object);
is(performance.toJSON(), Object);
is(Deno.env.toObject(), Object);
is(Deno.args, Array);
const written = Deno.stdout.write(new Uint8Array());
is(written, Promise);
await written;
const timer = setTimeout(() => {});
walk(timer, "timer");
Deno.inspect({
  [Symbol.for("Deno.customInspect")](inspect, options) {
    is(inspect, Function);
    is(options, Object);
    return "";
  },
});
addEventListener("error", (event) => {
  is(event, ErrorEvent);
  walk(event, "event");
  event.preventDefault();
});
reportError(1);
try {
  await Deno.stdout.write(null);
} catch (error) {
  is(error, TypeError);
}

// The FFI's, called here and through the runtime's scripts.
const pair = { struct: ["i32", "i32"] };
const library = Deno.dlopen("", {
  getpid: { parameters: [], result: "i32" },
  later: { name: "getpid", parameters: [], result: "i32", nonblocking: true },
  div: { parameters: ["i32", "i32"], result: pair },
  divLater: { name: "div", parameters: ["i32", "i32"], result: pair, nonblocking: true },
  environ: { type: "pointer" },
});
walk(library, "library");
const { getpid, later, div, divLater, environ } = library.symbols;
for (const fn of [getpid, later, div, div.into, divLater]) is(fn, Function);
const address = Deno.UnsafePointer.create(1n);
const pointers = [environ, address, new Deno.UnsafePointerView(environ).getPointer(), Deno.UnsafePointer.of(bytes)];
for (const pointer of pointers) if (Object.getPrototypeOf(pointer) !== null) console.log("a pointer with a prototype");
is(new Deno.UnsafePointerView(environ).getArrayBuffer(8), ArrayBuffer);
is(new ArrayBuffer(8).transfer(), ArrayBuffer);
is(div(7, 2), Uint8Array);
is(div(7, 2).buffer, ArrayBuffer);
const { pointer: got } = new Deno.UnsafeCallback({ parameters: [pair, "pointer"], result: "void" }, (struct, pointer) => {
  is(struct, Uint8Array);
  if (Object.getPrototypeOf(pointer) !== null) console.log("a pointer with a prototype");
});
new Deno.UnsafeFnPointer(got, { parameters: [pair, "pointer"], result: "void" }).call(div(7, 2), address);
const address_of_div = Deno.dlopen("", { div: { type: "function" } }).symbols.div;
const definition = { parameters: ["i32", "i32"], result: pair };
is(new Deno.UnsafeFnPointer(address_of_div, definition).call(7, 2), Uint8Array);
for (const start of [later, divLater, () => new Deno.UnsafeFnPointer(address_of_div, { ...definition, nonblocking: true }).call(7, 2)]) {
  const promise = start(7, 2);
  is(promise, Promise);
  const result = await promise;
  if (typeof result !== "number") is(result, Uint8Array);
}

// Exceptions, those that the engine throws included.
const symbol = Symbol("s");
const throwing = [
  () => Deno.dlopen(),
  () => Deno.dlopen("", null),
  () => Deno.dlopen(symbol, {}),
  () => Deno.dlopen("", { f: 5 }),
  () => Deno.dlopen("", { f: { parameters: 5, result: "void" } }),
  () => Deno.dlopen("", { f: { parameters: ["nothing"], result: "void" } }),
  () => Deno.UnsafePointer.create("x"),
  () => Deno.UnsafePointer.value(5),
  () => Deno.UnsafePointer.of(5),
  () => Deno.UnsafePointer.offset(null, 1),
  () => new Deno.UnsafePointerView(null).getUint8(),
  () => Deno.UnsafePointerView.getCString(null),
  () => Deno.UnsafePointerView.copyInto(Deno.UnsafePointer.create(1), 5),
  () => new Deno.UnsafeCallback(),
  () => new Deno.UnsafeCallback({ parameters: [], result: "void" }),
  () => new Deno.UnsafeFnPointer(null, { parameters: [], result: "void" }),
  () => Deno.UnsafePointer(),
  () => new URL("x"),
  () => new URL(symbol),
  () => new EventTarget().dispatchEvent(5),
  () => EventTarget.prototype.addEventListener.call(5, "a", () => {}),
  () => new TextEncoder().encodeInto("x"),
  () => new TextDecoder().decode(5),
  () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255])),
  () => setTimeout(5),
  () => setTimeout(() => {}, symbol),
  () => queueMicrotask(5),
  () => Deno.exitCode = symbol,
  () => Deno.stdout.writeSync("text"),
  () => new ArrayBuffer(1).resize(2),
  () => ArrayBuffer.prototype.transfer.call(5),
];
for (const run of throwing) {
  try {
    run();
    console.log("threw nothing:", String(run));
  } catch (error) {
    is(error, TypeError);
    if (Object.prototype.toString.call(error) !== "[object Error]" || typeof error.stack !== "string") console.log(String(run));
  }
}
for (const [run, type] of [[() => new TextDecoder("x"), RangeError], [() => Deno.dlopen("/", {}), Error]]) {
  try {
    run();
  } catch (error) {
    is(error, type);
  }
}
// Values that the engine makes for a function that the runtime calls: a handler's arguments, the results of `allSettled`.
const called = new Set();
const spy = (name) => new Proxy(function () {}, {
  apply(_, self, args) {
    called.add(name);
    is(args, Array);
    return "";
  },
});
setTimeout(spy("a timer"));
queueMicrotask(spy("a microtask"));
addEventListener("load", spy("a listener"));
dispatchEvent(new Event("load"));
params.forEach(spy("forEach"));
Deno.inspect({ [Symbol.for("Deno.customInspect")]: spy("inspect") });
const told = new Deno.UnsafeCallback({ parameters: [], result: "void" }, spy("a callback"));
new Deno.UnsafeFnPointer(told.pointer, { parameters: [], result: "void" }).call();
const defined = new Proxy(new Error(), {
  defineProperty(_, key, descriptor) {
    called.add("defineProperty");
    is(descriptor, Object);
    return true;
  },
});
Error.captureStackTrace(defined);
defined.stack = 1;
let settle;
const settled = Promise.allSettled.call(class extends Promise {
  static resolve = () => ({ then: (resolve) => settle = resolve });
}, [1]);
setTimeout(settle);
is((await settled)[0], Object);
if (called.size !== 7) console.log("not called:", called);

// A getter that is a proxy gets an array of the realm that reads the property. Nothing there can be changed, or free a buffer's bytes.
let other;
Deno.inspect(Object.defineProperty({}, Symbol.toStringTag, {
  get: new Proxy(function () {}, { apply: (_, self, args) => other = args.constructor.constructor("return this")() }),
}));
if (other === globalThis) console.log("not the runtime's realm");
const found = new Set();
function protect(value, path) {
  // Script's own objects, which the errors there inherit from, are its to change.
  if (!isObject(value) || found.has(value) || seen.has(value)) return;
  found.add(value);
  if (!Object.isFrozen(value)) console.log("not frozen:", path);
  if (/^function (transfer\w*|ArrayBuffer)\(/.test(typeof value === "function" && Function.prototype.toString.call(value))) {
    console.log("frees bytes:", path);
  }
  protect(Object.getPrototypeOf(value), `${path}.__proto__`);
  for (const key of Reflect.ownKeys(value)) {
    const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key);
    for (const next of [inner, get, set]) protect(next, `${path}.${String(key)}`);
  }
}
protect(other, "the runtime's globalThis");
protect(Object.getPrototypeOf(new other.Uint8Array(1).buffer), "the runtime's ArrayBuffer.prototype");
if (found.size < 500) console.log(`found only ${found.size} values`);

const denied = new Deno.errors.NotCapable("no");
if (!(denied instanceof Error) || denied.name !== "NotCapable") console.log("NotCapable", denied);
console.log("end");
