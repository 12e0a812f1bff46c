// Callbacks that other threads call.
import { equal, open, throws, until } from "./check.js";

const { UnsafeCallback: Callback } = Deno;
const unary = { parameters: ["i32"], result: "i32" };
const c = open({
  call_elsewhere: { parameters: ["function", "i32", "i32", "i32"], result: "void" },
  call_on_threads: { parameters: ["function", "i32", "i32"], result: "i32", nonblocking: true },
  sleep_for: { parameters: ["i32"], result: "bool" },
  call_twice: { parameters: ["function", "i32"], result: "i32" },
  sleep_later: { name: "sleep_for", parameters: ["i32"], result: "bool", nonblocking: true },
  twice_later: { name: "call_twice", parameters: ["function", "i32"], result: "i32", nonblocking: true },
});

// Each call is answered here, in the event loop, while its thread waits.
let calls = 0;
const counting = new Callback(unary, (it) => {
  calls++;
  return it + 1;
});
equal(await c.call_on_threads(counting.pointer, 8, 50), (400 * 401) / 2);
equal(calls, 400);
equal(await c.twice_later(counting.pointer, 5), 6007);

// Several nonblocking calls at once, all with callbacks.
const results = await Promise.all(Array.from({ length: 20 }, (_, i) => c.twice_later(counting.pointer, i)));
equal(results, Array.from({ length: 20 }, (_, i) => (i + 1) * 1000 + i + 2));
counting.close();

// A thread that nobody waits for: `ref` keeps the event loop waiting for it.
const posted = await new Promise((resolve) => {
  const got = [];
  const callback = new Callback(unary, (it) => {
    got.push(it);
    if (got.length === 3) {
      callback.close();
      resolve(got);
    }
    return 0;
  });
  callback.ref();
  c.call_elsewhere(callback.pointer, 7, 3, 20);
});
equal(posted, [7, 8, 9]);

// A call waits while script runs, and while a call blocks this thread.
const waiting = [];
const patient = Callback.threadSafe(unary, (it) => {
  waiting.push(it);
  return 0;
});
c.call_elsewhere(patient.pointer, 1, 1, 0);
c.sleep_for(30);
equal(waiting, []);
await until(() => waiting.length > 0);
equal(waiting, [1]);

// Closed while its call waits: the thread gets a zero and goes on.
c.call_elsewhere(patient.pointer, 2, 3, 0);
c.sleep_for(30);
patient.close();
await c.sleep_later(30);
equal(waiting, [1]);

// Closed by itself, on a call from another thread; the thread's later calls give zeros.
let answered = 0;
const closing = new Callback(unary, (it) => {
  answered++;
  closing.close();
  return it;
});
equal(await c.twice_later(closing.pointer, 7), 7000);
equal(answered, 1);

// Script that runs in the callback may call C, which may call back.
const inner = new Callback(unary, (it) => it * 2);
const outer = new Callback(unary, (it) => c.call_twice(inner.pointer, it));
equal(await c.twice_later(outer.pointer, 3), 6008 * 1000 + 8010);
// And begin nonblocking calls.
const promises = [];
const starting = new Callback(unary, (it) => {
  promises.push(c.twice_later(inner.pointer, it));
  return 1;
});
equal(await c.twice_later(starting.pointer, 1), 1001);
equal(await Promise.all(promises), [2004, 4006]);
starting.close();
outer.close();

// Promises and timers go on between the calls.
let ticks = 0;
const interval = setInterval(() => ticks++, 1);
const sleeping = c.sleep_later(100);
await until(() => ticks > 3);
clearInterval(interval);
equal(await sleeping, true);

// While this thread runs a callback of its own, a call from elsewhere waits for the event loop.
const seen = [];
const elsewhere = Callback.threadSafe(unary, (it) => {
  seen.push(`elsewhere ${it}`);
  return 0;
});
const here = new Callback(unary, (it) => {
  c.call_elsewhere(elsewhere.pointer, it, 1, 0);
  c.sleep_for(20);
  seen.push(`here ${it}`);
  return 0;
});
c.call_twice(here.pointer, 1);
await until(() => seen.length === 4);
equal(seen.slice(0, 2), ["here 1", "here 2"]);
equal(seen.slice(2).sort(), ["elsewhere 1", "elsewhere 2"]);
here.close();
elsewhere.close();
inner.close();

throws(() => c.call_twice(null, "x"), "TypeError", /expected an integer, not a string$/);
console.log("end");
