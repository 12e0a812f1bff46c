// Replaces all functions and getters of the language's built-ins by functions that throw.
//
// It leaves `constructor`, `then` and `Promise[Symbol.species]` in peace: `await` and the engine's modules look at them.

const { defineProperty, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const runtime = ["Deno", "console", "globalThis", "self", "setTimeout", "queueMicrotask", "reportError"];
const poison = () => {
  throw "poison";
};
const seen = new Set();
const places = [];
function collect(object) {
  if ((typeof object !== "object" && typeof object !== "function") || object === null || seen.has(object)) return;
  seen.add(object);
  collect(getPrototypeOf(object));
  for (const key of ownKeys(object)) {
    if (object === globalThis && (runtime.includes(key) || /^on|Event|URL|Text|erformance/.test(String(key)))) continue;
    const { value, get, set, configurable, writable } = getOwnPropertyDescriptor(object, key);
    collect(value);
    collect(get);
    if (key === "constructor" || key === "then" || (object === Promise && key === Symbol.species)) continue;
    if (configurable && get !== undefined) places.push([object, key, { get: poison, set, configurable: true }]);
    else if ((configurable || writable) && typeof value === "function") places.push([object, key, { value: poison }]);
  }
}
collect(globalThis);
for (const sample of [[].values(), new Map().values(), new Set().values(), "".matchAll(/x/g), "x"[Symbol.iterator](), [].values().map(String),
  (function* () {})(), (async function* () {})(), async () => {}]) {
  collect(getPrototypeOf(sample));
}
for (const key of ["parseFloat", "get", "set", "value", "writable", "enumerable", "configurable", "struct", "type", "name", "parameters",
  "result", "optional", "nonblocking", "pointer", "symbols", "definition", "callback", "message", "stack", "cause", "errors", "into",
  "toJSON", "0", "1", "2", "length", "index", "depth", "maxByteLength", "raw", "done", "url"]) {
  places.push([Object.prototype, key, { get: poison, set: poison, configurable: true }]);
}
for (const key of ["0", "1", "2", "3"]) places.push([Array.prototype, key, { get: poison, set: poison, configurable: true }]);
if (places.length < 600) throw new Error(`only ${places.length} places`);
// The descriptors have all fields, as `get` and the others are among what is replaced.
for (const place of places) {
  const old = getOwnPropertyDescriptor(place[0], place[1]);
  const { get, set, value, writable, enumerable = false, configurable = false } = { __proto__: null, ...old, ...place[2] };
  const data = { __proto__: null, value, writable, enumerable, configurable };
  place[2] = get === undefined && set === undefined ? data : { __proto__: null, get, set, enumerable, configurable };
}
for (let index = 0; index < places.length; index++) defineProperty(places[index][0], places[index][1], places[index][2]);
