// Calls on other threads.
import { equal, library, litter, open, pair, PAIR, rejects } from "./check.js";

const nonblocking = true;
const c = open({
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
  fill: { parameters: ["buffer", "usize", "u8"], result: "void", nonblocking },
  sum: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  sleep_for: { parameters: ["i32"], result: "bool", nonblocking },
  close_gate: { parameters: [], result: "void" },
  open_gate: { parameters: [], result: "void" },
  pair_at_gate: { parameters: [PAIR], result: PAIR, nonblocking },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
});

// They overlap: each of these returns when all are in.
equal(await Promise.all(Array.from({ length: 8 }, () => c.meet(8))), [8, 8, 8, 8, 8, 8, 8, 8]);

// Results of every kind.
const promise = c.i32_back(-5);
equal(promise instanceof Promise, true);
equal(await promise, -5);
equal(await c.u64_back(2n ** 64n - 1n), 2n ** 64n - 1n);
equal(await c.u64_back(5), 5n);
equal(await c.f32_back(0.1), 0.10000000149011612);
equal(await c.bool_back(true), true);
equal(await c.pointer_back(null), null);
equal(await c.pointer_back(Deno.UnsafePointer.create(9n)), Deno.UnsafePointer.create(9n));
equal(await c.pair_back(pair(3, -4.5)), pair(3, -4.5));
const bytes = new Uint8Array(10);
equal(await c.buffer_back(bytes.subarray(2)), Deno.UnsafePointer.of(bytes.subarray(2)));
equal(await c.fill(bytes.subarray(1), 3, 7), undefined);
equal(bytes, Uint8Array.of(0, 7, 7, 7, 0, 0, 0, 0, 0, 0));
equal(await c.sum(bytes, 10), 21);

// A refused argument rejects the promise, before anything is called.
await rejects(c.i32_back("x"), "TypeError", "Invalid FFI i32 type, expected integer: argument 1 of i32_back: expected an integer, not a string");
await rejects(c.i32_back(), "TypeError", /not undefined$/);
await rejects(c.pair_back(new Uint8Array(15)), "TypeError", /15 bytes are too few: it has 16$/);
await rejects(c.sum(bytes, -1), "TypeError", /-1 is out of range$/);
await rejects(c.sum([1], 1), "TypeError", /null or a buffer, not an object$/);
const gone = new Uint8Array(4);
gone.buffer.transfer();
await rejects(c.sum(gone, 4), "TypeError", /a detached buffer$/);

// Everything passed stays until the call has returned, whoever else has forgotten it.
c.close_gate();
const sums = [], pairs = [];
for (let i = 0; i < 20; i++) {
  sums.push(c.sum_at_gate(new Uint8Array(1000).fill(i), 1000));
  pairs.push(c.pair_at_gate(pair(i, i / 2)));
}
litter();
c.open_gate();
equal(await Promise.all(sums), Array.from({ length: 20 }, (_, i) => i * 1000));
(await Promise.all(pairs)).forEach((it, i) => equal(it, pair(i, i / 2)));
// Through a pointer too.
const at = open({ sum: { name: "sum_at_gate", parameters: ["pointer", "usize"], result: "i32", nonblocking } });
c.close_gate();
const through = at.sum(Deno.UnsafePointer.offset(Deno.UnsafePointer.of(new Uint8Array(1000).fill(3)), 10), 990);
litter();
c.open_gate();
equal(await through, 2970);

// A struct is copied when the call begins.
c.close_gate();
const changing = pair(1, 2);
const copied = c.pair_at_gate(changing);
changing.fill(0xff);
c.open_gate();
equal(await copied, pair(1, 2));

// A library that is closed meanwhile stays until its calls are done.
const closing = Deno.dlopen(library, {
  sleep_for: { parameters: ["i32"], result: "bool", nonblocking },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
});
c.close_gate();
const running = closing.symbols.sum_at_gate(new Uint8Array(10).fill(1), 10);
closing.close();
c.open_gate();
equal(await running, 10);
await rejects(closing.symbols.sleep_for(1), "Error", /^library .*\.so is closed$/);

// A callback is run by the event loop; one that is closed meanwhile gives zeros.
const unary = { parameters: ["i32"], result: "i32" };
const callback = new Deno.UnsafeCallback(unary, (it) => it + 1);
equal(await c.call_twice(callback.pointer, 1), 2003);
const pending = c.call_twice(callback.pointer, 1);
callback.close();
equal(await pending, 0);
const pairing = new Deno.UnsafeCallback({ parameters: [], result: PAIR }, () => pair(5, 6));
equal(await c.pair_from(pairing.pointer), pair(5, 6));
pairing.close();

// The order of results is that in which the calls return.
const order = [];
await Promise.all([400, 5, 150].map((time) => c.sleep_for(time).then(() => order.push(time))));
equal(order, [5, 150, 400]);

// Many.
const many = await Promise.all(Array.from({ length: 500 }, (_, i) => c.i32_back(i)));
equal(many, Array.from({ length: 500 }, (_, i) => i));

console.log("end");
