// Calls on other threads.
import { library, PAIR, pair, show, test, UNSAFE } from "./case.ts";

const nonblocking = true;
const { symbols: c } = Deno.dlopen(library, {
  meet: { parameters: ["i32"], result: "i32", nonblocking },
  i32_back: { parameters: ["i32"], result: "i32", nonblocking },
  u64_back: { parameters: ["u64"], result: "u64", nonblocking },
  f32_back: { parameters: ["f32"], result: "f32", nonblocking },
  bool_back: { parameters: ["bool"], result: "bool", nonblocking },
  pointer_back: { parameters: ["pointer"], result: "pointer", nonblocking },
  buffer_back: { name: "pointer_back", parameters: ["buffer"], result: "buffer", nonblocking },
  pair_back: { parameters: [PAIR], result: PAIR, nonblocking },
  pair_from: { parameters: ["function"], result: PAIR, nonblocking },
  call_twice: { parameters: ["function", "i32"], result: "i32", nonblocking },
  call_on_threads: { parameters: ["function", "i32", "i32"], result: "i32", nonblocking },
  fill: { parameters: ["buffer", "usize", "u8"], result: "void", nonblocking },
  sum: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  sleep_for: { parameters: ["i32"], result: "bool", nonblocking },
  wait: { name: "sleep_for", parameters: ["i32"], result: "bool" },
  close_gate: { parameters: [], result: "void" },
  open_gate: { parameters: [], result: "void" },
  pair_at_gate: { parameters: [PAIR], result: PAIR, nonblocking },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  sum_behind: { name: "sum_at_gate", parameters: ["pointer", "usize"], result: "i32", nonblocking },
  call_elsewhere: { parameters: ["function", "i32", "i32", "i32"], result: "void" },
});
const { UnsafeCallback: Callback, UnsafePointer: Pointer } = Deno;
const unary = { parameters: ["i32"], result: "i32" } as const;

// They overlap: each of these returns when all are in.
await test("two meet", () => Promise.all([c.meet(2), c.meet(2)]));

// Results of every kind.
await test("a promise", () => c.i32_back(-5) instanceof Promise);
await test("numbers", () => Promise.all([c.i32_back(-5), c.f32_back(0.5), c.u64_back(2n ** 64n - 1n)]));
await test("a bool", () => c.bool_back(true));
await test("pointers", () => Promise.all([c.pointer_back(null), c.pointer_back(Pointer.create(9n))]));
await test("a struct", () => c.pair_back(pair(3, -4.5)));
const bytes = new Uint8Array(10);
await test("a buffer", async () =>
  Pointer.equals(await c.buffer_back(bytes.subarray(2)), Pointer.of(bytes.subarray(2))));
await test("nothing", () => c.fill(bytes.subarray(1), 3n, 7));
await test("what was filled", () => [bytes, c.sum(bytes, 10n)]);
await test("its sum", () => c.sum(bytes, 10n));

// A refused argument rejects the promise, before anything is called.
const refusals: Record<string, () => unknown> = {
  text: () => c.i32_back("x" as any),
  nothing: () => (c.i32_back as any)(),
  "an array": () => c.sum([1] as any, 1n),
};
for (const [name, run] of Object.entries(refusals)) {
  await test(`refused: ${name}`, () => run());
  await test(`refused at once: ${name}`, () => {
    (run() as Promise<unknown>).catch(() => {});
    return "a promise";
  });
}
await test("refused: a short struct", () => c.pair_back(new Uint8Array(15)), UNSAFE);

// Everything passed stays until the call has returned, whoever else has forgotten it.
const litter = () => {
  for (let i = 0; i < 200000; i++) new Uint8Array(64).fill(0xee);
};
await test("forgotten arguments", async () => {
  c.close_gate();
  const sums = Array.from({ length: 4 }, (_, i) => c.sum_at_gate(new Uint8Array(1000).fill(i), 1000n));
  litter();
  c.open_gate();
  return await Promise.all(sums);
});
await test("a forgotten buffer behind a pointer", async () => {
  c.close_gate();
  const sum = c.sum_behind(Pointer.offset(Pointer.of(new Uint8Array(1000).fill(3))!, 10), 990n);
  litter();
  c.open_gate();
  return await sum;
});
const copiesStruct = async () => {
  c.close_gate();
  const changing = pair(1, 2);
  const copied = c.pair_at_gate(changing);
  changing.fill(0xff);
  c.open_gate();
  return await copied;
};
await test("a struct is copied", copiesStruct, UNSAFE);

// A library that is closed meanwhile stays until its calls are done.
const closedMeanwhile = async () => {
  const closing = Deno.dlopen(library, {
    sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  });
  c.close_gate();
  const running = closing.symbols.sum_at_gate(new Uint8Array(10).fill(1), 10n);
  closing.close();
  c.open_gate();
  return await running;
};
await test("a library that is closed meanwhile", closedMeanwhile, UNSAFE);

// The event loop runs callbacks.
const counting = new Callback(unary, (it) => it + 1);
await test("a callback", () => c.call_twice(counting.pointer, 1));
await test("callbacks on many threads", () => c.call_on_threads(counting.pointer, 8, 50));
await test("several calls with callbacks", () => {
  return Promise.all(Array.from({ length: 4 }, (_, i) => c.call_twice(counting.pointer, i)));
});
counting.close();
await test("a callback with a struct", async () => {
  const pairing = new Callback({ parameters: [], result: PAIR }, () => pair(5, 6));
  const result = await c.pair_from(pairing.pointer);
  pairing.close();
  return result;
});

// The order of results is that in which the calls return.
await test("the order", async () => {
  const order: number[] = [];
  await Promise.all([400, 5].map((time) => c.sleep_for(time).then(() => order.push(time))));
  return order;
});

// A thread that nobody waits for: `ref` keeps the event loop waiting for it.
await test("a thread that nobody waits for", () => {
  return new Promise((resolve) => {
    const got: number[] = [];
    const callback = new Callback({ parameters: ["i32"], result: "i32" }, (it) => {
      got.push(it);
      if (got.length === 3) setTimeout(() => (callback.close(), resolve(got)), 50);
      return 0;
    });
    callback.ref();
    c.call_elsewhere(callback.pointer, 7, 3, 20);
  });
});

// A call waits while script runs, and while a call blocks this thread.
await test("a call that waits", async () => {
  const waiting: number[] = [];
  const patient = Callback.threadSafe(unary, (it) => (waiting.push(it), 0));
  c.call_elsewhere(patient.pointer, 1, 1, 0);
  c.wait(30);
  const before = waiting.length;
  while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  patient.close();
  return [before, show(waiting)];
});
