// Callbacks that run on top of the call that they are called by.
import { ENDS, library, PAIR, pair, show, test } from "./case.ts";

const { UnsafeCallback: Callback, UnsafeFnPointer: FnPointer, UnsafePointer: Pointer } = Deno;
const scalars = ["bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "pointer"];
const symbols: any = {};
for (const type of scalars) {
  symbols[`${type}_from`] = { parameters: ["function"], result: type };
  symbols[`${type}_to`] = { parameters: ["function", type], result: "void" };
}
for (const [type, like] of [["usize", "u64"], ["isize", "i64"], ["buffer", "pointer"], ["function", "pointer"]]) {
  symbols[`${type}_from`] = { name: `${like}_from`, parameters: ["function"], result: type };
  symbols[`${type}_to`] = { name: `${like}_to`, parameters: ["function", like], result: "void" };
}
symbols.struct_from = { name: "pair_from", parameters: ["function"], result: PAIR };
symbols.struct_to = { name: "pair_to", parameters: ["function", PAIR], result: "void" };
const unary = { parameters: ["i32"], result: "i32" } as const;
symbols.call_twice = { parameters: ["function", "i32"], result: "i32" };
symbols.keep = { parameters: ["function"], result: "void" };
symbols.call_kept = unary;
symbols.sum = { parameters: ["buffer", "usize"], result: "i32" };
const c: any = Deno.dlopen(library, symbols).symbols;
const types = [...scalars, "usize", "isize", "buffer", "function", "struct"];
const typeOf = (name: string): any => (name === "struct" ? PAIR : name);

// The definition, the function and the pointer are there to be read.
const definition = { parameters: [], result: "void" } as const;
const nothing = () => {};
const plain = new Callback(definition, nothing);
await test("a callback", () => [
  Object.keys(plain).sort(),
  plain.definition === definition,
  plain.callback === nothing,
]);
await test("its pointer", () => typeof plain.pointer);
const resizable = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }));
await test("a resizable buffer while a callback is open", () => c.sum(resizable, 8n));
await test("closed", () => plain.close());
await test("a resizable buffer without callbacks", () => c.sum(resizable, 8n));
await test("closed twice", () => plain.close());
for (const bad of [undefined, null, 5, "f", {}] as any[]) {
  await test(`a callback of ${show(bad)}`, () => new Callback(definition, bad));
}
await test("a nonblocking callback", () => new Callback({ ...definition, nonblocking: true } as any, nothing));
await test("a callback that is passed itself", () => c.i32_from(plain));
await test("a function that is passed itself", () => c.i32_from(nothing));

// Arguments of every type.
const passed: Record<string, any[]> = {
  bool: [true, false],
  u8: [0, 255],
  i8: [-128, 127],
  u16: [65535],
  i16: [-32768],
  u32: [4294967295],
  i32: [-2147483648],
  u64: [0n, 18446744073709551615n],
  i64: [-9223372036854775808n],
  f32: [0.1, NaN, -0],
  f64: [0.1, -Infinity],
  pointer: [null, Pointer.create(77n)],
  usize: [5n, 18446744073709551615n],
  isize: [-5n],
  buffer: [null, Pointer.create(77n)],
  function: [null, Pointer.create(77n)],
  struct: [pair(-3, 4.5)],
};
for (const type of types) {
  await test(`arguments of type ${type}`, () => {
    const got: unknown[] = [];
    const callback = new Callback(
      { parameters: [typeOf(type)], result: "void" },
      (...args: unknown[]) => void got.push(args),
    );
    for (const value of passed[type]!) c[`${type}_to`](callback.pointer, value);
    callback.close();
    return got;
  });
}

// The receiver is nothing.
await test("the receiver", () => {
  let receiver: unknown = 5;
  const receiving = new Callback({ parameters: ["bool"], result: "void" }, function (this: unknown) {
    receiver = this;
  });
  c.bool_to(receiving.pointer, true);
  receiving.close();
  return receiver;
});

// Results of every type: those that are taken, and those that are not.
const given: Record<string, any[]> = {
  ...passed,
  u64: [5n, 5, -1n],
  i64: [-5n, -5],
  u8: [0, 255, -0, 256],
  i32: [1, 2147483648],
  buffer: [null],
};
const wrong: Record<string, any> = { undefined, text: "1", object: {}, fraction: 1.5, NaN, true: true, null: null };
const numeric = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize"];
for (const type of types) {
  let value: any;
  const callback = new Callback({ parameters: [], result: typeOf(type) }, () => value);
  const from = () => c[`${type}_from`](callback.pointer);
  for (const one of given[type]!) {
    value = one;
    await test(`result ${type} of ${show(one)}`, from);
  }
  for (const [name, bad] of Object.entries(wrong)) {
    value = bad;
    await test(`result ${type} given ${name}`, from, type === "struct" ? ENDS : undefined);
  }
  value = numeric.includes(type) ? Pointer.create(1n) : 1n;
  const isAnswered = ["bool", "pointer", "buffer", "function"].includes(type);
  await test(`result ${type} of another kind`, from, isAnswered ? undefined : ENDS);
  value = given[type]![0];
  await test(`result ${type} afterwards`, from);
  callback.close();
  await test(`closed ${type}`, from, ENDS);
}

// What the function throws surfaces when C has returned, as it is.
const panics = ["usize", "isize", "struct"];
for (const type of types) {
  for (const thrown of [new RangeError("thrown"), "text", null, undefined]) {
    const throwing = new Callback({ parameters: [], result: typeOf(type) }, () => {
      throw thrown;
    });
    const run = () => c[`${type}_from`](throwing.pointer);
    await test(`${type} throws ${show(thrown)}`, run, panics.includes(type) ? ENDS : undefined);
    throwing.close();
  }
}

// A buffer as the result of a callback: C gets its address.
const bytes = Uint8Array.of(1, 2, 3);
await test("a result that is a buffer", () => {
  const buffers = new Callback({ parameters: [], result: "buffer" }, () => bytes);
  const equal = Pointer.equals(c.buffer_from(buffers.pointer), Pointer.of(bytes));
  buffers.close();
  return equal;
});

// void: whatever the function returns.
for (const value of [undefined, 5, "x", {}, nothing] as any[]) {
  await test(`void of ${show(value)}`, () => {
    const callback = new Callback({ parameters: ["i32"], result: "void" }, () => value);
    const result = c.i32_to(callback.pointer, 1);
    callback.close();
    return result;
  });
}

// The first exception is the one; the second call does not run script.
const calls: number[] = [];
await test("an exception on the first of two calls", () => {
  const throwing = new Callback(unary, (it) => {
    calls.push(it);
    throw new Error(`call ${it}`);
  });
  try {
    return c.call_twice(throwing.pointer, 7);
  } catch (error) {
    return [calls, (error as Error).message];
  } finally {
    throwing.close();
  }
});

// Recursive.
await test("a recursive callback", () => {
  const recursive: Deno.UnsafeCallback<typeof unary> = new Callback(unary, (it) => {
    return it === 0 ? 0 : new FnPointer(recursive.pointer, unary).call(it - 1) + it;
  });
  const sum = new FnPointer(recursive.pointer, unary).call(20);
  recursive.close();
  return sum;
});
// An exception through all of them, and one that is caught on its way.
const failing: Deno.UnsafeCallback<typeof unary> = new Callback(unary, (it) => {
  if (it === 0) throw new RangeError("at the bottom");
  const inner = new FnPointer(failing.pointer, unary);
  if (it !== 5) return inner.call(it - 1) + 1;
  try {
    return inner.call(it - 1);
  } catch {
    return 500;
  }
});
await test("an exception that is caught on its way", () => new FnPointer(failing.pointer, unary).call(8));
await test("an exception through callbacks", () => new FnPointer(failing.pointer, unary).call(3));
failing.close();

// Closed while it runs, by itself, and closed before it is called again.
const closedByItself = () => {
  const closing: Deno.UnsafeCallback<typeof unary> = new Callback(unary, (it) => {
    closing.close();
    return it;
  });
  return c.call_twice(closing.pointer, 7);
};
await test("closed by itself", closedByItself, ENDS);

// Kept by C, and called by a function that has no parameter for it.
const kept = new Callback(unary, (it) => it * 2);
await test("kept by C", () => {
  c.keep(kept.pointer);
  return c.call_kept(21);
});
kept.close();
await test("kept by C, and closed", () => c.call_kept(21), ENDS);

// Promises: a function that is async works where nothing is to be returned.
await test("an async callback", async () => {
  const steps: string[] = [];
  const slow = new Callback(
    { parameters: ["i32"], result: "void" },
    (async (it: number) => {
      steps.push(`begin ${it}`);
      await null;
      steps.push(`end ${it}`);
    }) as any,
  );
  c.i32_to(slow.pointer, 1);
  c.i32_to(slow.pointer, 2);
  const before = [...steps];
  await new Promise((resolve) => setTimeout(resolve, 1));
  slow.close();
  return [before, steps.slice(2)];
});

// Microtasks do not run while C runs.
await test("microtasks", async () => {
  const order: string[] = [];
  const queueing = new Callback(unary, (it) => {
    Promise.resolve().then(() => order.push(`job ${it}`));
    order.push(`call ${it}`);
    return 0;
  });
  c.call_twice(queueing.pointer, 1);
  order.push("returned");
  await null;
  queueing.close();
  return order;
});

// ref and unref count.
const counted = new Callback(unary, (it) => it);
await test("ref and unref", () => [counted.ref(), counted.ref(), counted.unref(), counted.unref(), counted.unref()]);
await test("ref and unref again", () => [counted.ref(), counted.unref()]);
counted.close();
await test("ref and unref when closed", () => [counted.ref(), counted.unref()], "[1, 0], and a rejected promise");
const safe = Callback.threadSafe(unary, (it) => it + 1);
await test("thread safe", () => [safe instanceof Callback, c.call_twice(safe.pointer, 1)]);
await test("thread safe ones are referenced", () => [safe.unref(), safe.unref(), safe.ref()]);
safe.close();
