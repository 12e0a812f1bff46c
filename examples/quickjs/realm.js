// The realm of these scripts, whose built-ins script cannot change, and the realm of script. The engine calls a realm a context.
((native, internals, script) => {
  "use strict";
  const { freeze, setPrototypeOf, getPrototypeOf, getOwnPropertyDescriptor } = Object;
  const { isView } = ArrayBuffer;

  // Calls a function of script in its realm. Called from here, a proxy's handler would get its arguments in an array of this realm.
  const { apply } = script.Reflect;

  // A built-in prototype or constructor of this realm → its counterpart in script's realm.
  const counterparts = new Map();
  const pair = (ours, theirs) => counterparts.set(ours, theirs);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const ours = globalThis[name];
    if (typeof ours !== "function") continue;
    pair(ours, script[name]);
    if (ours.prototype !== undefined) pair(ours.prototype, script[name].prototype);
  }
  // No global's name reaches some of them. Code that a realm's `eval` compiles makes values of that realm.
  const samples = "[async () => {}, function* () {}, async function* () {}, Uint8Array, [].values(), new Map().values()]";
  const theirs = script.eval(samples);
  (0, eval)(samples).forEach((ours, index) => {
    pair(getPrototypeOf(ours), getPrototypeOf(theirs[index]));
    if (ours.prototype !== undefined) pair(getPrototypeOf(ours.prototype), getPrototypeOf(theirs[index].prototype));
  });

  // Here the engine throws errors of this realm. They become instances of script's constructors.
  for (const [ours, theirs] of counterparts) {
    if (theirs !== script.Error.prototype && !(theirs instanceof script.Error)) continue;
    for (const key of Reflect.ownKeys(ours)) delete ours[key];
    setPrototypeOf(ours, theirs);
  }

  // Gives a new value the prototype that it would have in script's realm.
  function give(value) {
    const prototype = counterparts.get(getPrototypeOf(value));
    if (prototype !== undefined) setPrototypeOf(value, prototype);
    if (isView(value)) give(viewed(value)[0]);
    return value;
  }

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  // Does this for everything that script can reach from a value.
  const given = new Set([script, ...counterparts.values()]);
  function giveAll(value) {
    if (!isObject(value) || given.has(value)) return value;
    given.add(value);
    giveAll(getPrototypeOf(give(value)));
    for (const key of Reflect.ownKeys(value)) {
      const property = getOwnPropertyDescriptor(value, key);
      giveAll(property.value);
      giveAll(property.get);
      giveAll(property.set);
    }
    return value;
  }

  // Defines a global of script, which script can change.
  function define(name, value) {
    giveAll(value);
    Object.defineProperty(script, name, { value, writable: true, enumerable: false, configurable: true });
  }

  // Reads script's values without calling functions that script may have changed.
  const getter = (prototype, name) => getOwnPropertyDescriptor(prototype, name).get;
  const TypedArray = getPrototypeOf(Uint8Array);
  const parts = (prototype) =>
    ["buffer", "byteOffset", "byteLength"].map((name) => {
      const get = getter(prototype, name);
      return (view) => Reflect.apply(get, view, []);
    });
  const ofTypedArray = parts(TypedArray.prototype);
  const ofDataView = parts(DataView.prototype);

  // The buffer, offset and length in bytes of a view.
  const viewed = (view) => (native.classOf(view) === "DataView" ? ofDataView : ofTypedArray).map((get) => get(view));

  // A buffer's class, or nothing for other values.
  function bufferClass(value) {
    if (!isObject(value)) return undefined;
    const name = native.classOf(value);
    return name === "ArrayBuffer" || name === "SharedArrayBuffer" ? name : undefined;
  }

  // The bytes of a buffer or a view; nothing for other values.
  function bytesOf(value) {
    if (isView(value)) return new Uint8Array(...viewed(value));
    return bufferClass(value) === undefined ? undefined : new Uint8Array(value);
  }

  // An array of this realm with the elements of one of script's arrays.
  function list(array) {
    const copy = [];
    for (let index = 0; index < array.length; index++) copy[index] = array[index];
    return copy;
  }

  // Freezes everything that can be reached from a value of this realm, except for script's values.
  function freezeAll(value, frozen) {
    if (!isObject(value) || frozen.has(value)) return;
    frozen.add(freeze(value));
    freezeAll(getPrototypeOf(value), frozen);
    for (const key of Reflect.ownKeys(value)) {
      const { value: inner, get, set } = getOwnPropertyDescriptor(value, key);
      for (const next of [inner, get, set]) freezeAll(next, frozen);
    }
  }

  // Protects the built-ins of this realm when all scripts have run. Script may still reach them: a getter that is a proxy gets an array
  // of the realm that reads the property. But script cannot change them, and those that free a buffer's bytes are removed.
  internals.protect = () => {
    const { prototype } = ArrayBuffer;
    for (const key of ["constructor", "transfer", "transferToFixedLength", "transferToImmutable"]) delete prototype[key];
    delete globalThis.ArrayBuffer;
    const frozen = new Set(given);
    const unnamed = [""[Symbol.iterator](), "".matchAll(/x/g), new Set().values(), [].values().map(String)].map(getPrototypeOf);
    for (const value of [globalThis, ...counterparts.keys(), ...unnamed]) freezeAll(value, frozen);
  };

  Object.assign(internals, { apply, give, giveAll, define, getter, viewed, isView, bufferClass, bytesOf, list });
});
