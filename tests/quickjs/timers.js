// Timers and microtasks, in the order in which they come. `timers.out` is what Deno 2.9 prints.
const log = [];
const note = (what) => log.push(what);
setTimeout(() => note("50 ms"), 50);
for (
  const [delay, name] of [[1, "1"], [0, "0"], [undefined, "undefined"], [-5, "negative"], ["1", "text"], [NaN, "NaN"], [
    1.9,
    "1.9",
  ], [2 ** 40, "too long"]]
) {
  setTimeout((...args) => note(`${name}:${args}`), delay, 1, "a");
}
setTimeout(function () {
  note(`this ${typeof this} ${Number(this) > 0}`);
}, 1);
setTimeout(() => note("150 ms"), 150);
setTimeout(() => note("100 ms"), 100);
const stopped = setTimeout(() => note("stopped"), 25);
clearTimeout(stopped);
clearTimeout(stopped);
const byNumber = setTimeout(() => note("stopped by number"), 25);
clearTimeout(+byNumber);
setTimeout(() => clearTimeout(later), 30);
const later = setTimeout(() => note("stopped later"), 60);
clearInterval(setInterval(() => note("stopped interval"), 1));
for (const nothing of [undefined, null, 0, -1, "x", 1e9, {}]) clearTimeout(nothing);

let repeated = "";
const interval = setInterval(
  (word) => {
    repeated += word;
    if (repeated.length === 3) clearInterval(interval);
  },
  3,
  "x",
);

setTimeout(() => {
  note("outer");
  setTimeout(() => note("nested"), 0);
  Promise.resolve().then(() => note("promise")).then(() => note("promise's promise"));
  queueMicrotask(() => note("microtask"));
}, 200);
setTimeout(() => note("after microtasks"), 200);

queueMicrotask(() => note("first microtask"));
Promise.resolve().then(() => note("second microtask"));
(async () => {
  note("async starts");
  await null;
  note("async goes on");
})();
note("end of module");

Deno.unrefTimer(setTimeout(() => note("never"), 100_000));
const referenced = setTimeout(() => note("referenced again"), 250);
Deno.unrefTimer(referenced);
Deno.refTimer(+referenced);
setTimeout(() => note("never"), 100_000).unref();
setTimeout(() => note("unreferenced, but in time"), 70).unref();
Deno.unrefTimer(setTimeout(() => note("unreferenced, but in time"), 75));

for (const bad of [undefined, "code", {}]) {
  try {
    setTimeout(bad, 0);
  } catch (error) {
    note(error.name);
  }
}
try {
  queueMicrotask("code");
} catch (error) {
  note(error.name);
}
const before = performance.now();
setTimeout(() => {
  const passed = performance.now() - before;
  console.log(log.join("\n"));
  console.log(repeated);
  console.log(passed >= 299 && passed < 5000, Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000);
}, 300);
