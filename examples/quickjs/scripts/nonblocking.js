// A call that takes its time on another thread, with progress shown meanwhile.

const name = { linux: "libc.so.6", darwin: "libSystem.dylib" }[Deno.build.os] ?? "ucrtbase.dll";
const { usleep } = Deno.dlopen(name, {
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
}).symbols;

const start = performance.now();
let dots = 0;
const progress = setInterval(() => {
  if (++dots <= 3) console.log(`working${".".repeat(dots)}`);
}, 20);
const results = await Promise.all([usleep(300_000), usleep(300_000)]);
clearInterval(progress);
const took = performance.now() - start;
console.log(`done: ${results}`);
console.log(`two sleeps of 300 ms took less than 600: ${took < 600}`);
