// What the tests check with. A failed check throws, which ends the script with exit code 1.

export const [library] = Deno.args;

export function show(value) {
  if (value === null || value === undefined) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value})`;
  if (value instanceof ArrayBuffer) return show(new Uint8Array(value));
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && Object.getPrototypeOf(value) === null) {
    return `pointer ${Deno.UnsafePointer.value(value).toString(16)}`;
  }
  if (Object.is(value, -0)) return "-0";
  return `${typeof value} ${String(value)}`;
}

/** The same value of the same type; of buffers the same bytes, of pointers the same address. */
export function equal(actual, expected, what = "") {
  if (show(actual) !== show(expected)) throw new Error(`${what}: ${show(actual)}, and not ${show(expected)}`);
}

function matches(error, name, message, what) {
  equal(error?.name, name, `${what}: the error's name`);
  if (message instanceof RegExp ? !message.test(error.message) : message !== error.message) {
    throw new Error(`${what}: the error says: ${error.message}`);
  }
}

export function throws(run, name, message, what = String(run)) {
  let value;
  try {
    value = run();
  } catch (error) {
    return matches(error, name, message, what);
  }
  throw new Error(`${what}: threw nothing, and gave ${show(value)}`);
}

export async function rejects(promise, name, message, what = "") {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return matches(error, name, message, what);
  }
  throw new Error(`${what}: rejected with nothing, and gave ${show(value)}`);
}

/** The symbols of the fixture. */
export const open = (symbols) => Deno.dlopen(library, symbols).symbols;

/** The address of a symbol of the fixture. */
export const addressOf = (name) => open({ it: { type: "function", name } }).it;

export const PAIR = { struct: ["i32", "f64"] };

/** The bytes of a `pair`. */
export function pair(a, b) {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setInt32(0, a, true);
  bytes.setFloat64(8, b, true);
  return new Uint8Array(bytes.buffer);
}

/** Waits for something to be so. */
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Garbage, with cycles, that the engine collects from time to time and whose memory it uses again. */
export function litter(count = 20000) {
  for (let i = 0; i < count; i++) {
    const bytes = new Uint8Array(64).fill(0xee);
    bytes.self = { bytes };
  }
}
