// A long call on another thread, with progress shown meanwhile.

const name = { linux: "libc.so.6", darwin: "libSystem.dylib" }[Deno.build.os] ?? "ucrtbase.dll";
const { usleep } = Deno.dlopen(name, {
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
}).symbols;

const shown = new Promise((resolve) => {
  let dots = 0;
  const progress = setInterval(() => {
    console.log(`working${".".repeat(++dots)}`);
    if (dots < 3) return;
    clearInterval(progress);
    resolve();
  }, 20);
});
const results = await Promise.all([usleep(300_000), usleep(300_000)]);
await shown;
console.log(`done: ${results}`);
