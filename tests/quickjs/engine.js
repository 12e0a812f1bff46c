// What the engine has, and its hooks into the runtime.
const results = [];
const check = (name, is) => results.push(`${name} ${is ? "yes" : "NO"}`);

// Growable shared memory, and atomics on it.
const shared = new SharedArrayBuffer(8, { maxByteLength: 64 });
const ints = new Int32Array(shared);
Atomics.store(ints, 0, 7);
Atomics.add(ints, 0, 5);
shared.grow(32);
check("grown", shared.growable && shared.byteLength === 32 && ints.length === 8);
check(
  "atomic",
  Atomics.load(ints, 0) === 12 && Atomics.exchange(ints, 0, 1) === 12 && Atomics.compareExchange(ints, 0, 1, 2) === 1,
);
check(
  "bounds",
  (() => {
    try {
      shared.grow(65);
    } catch (error) {
      return error instanceof RangeError;
    }
  })(),
);
const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
buffer.resize(16);
const moved = buffer.transfer(4);
check("transferred", buffer.detached && moved.byteLength === 4);

// Finalisation comes back through the loop, and weak references let go.
let object = { big: true };
const weak = new WeakRef(object);
let finalized = 0;
const registry = new FinalizationRegistry((value) => {
  finalized += value;
});
registry.register(object, 3);
check("alive", weak.deref() === object);
object = null;
await new Promise((resolve) => setTimeout(resolve, 1));
gc();
await new Promise((resolve) => setTimeout(resolve, 1));
check("finalized", finalized === 3 && weak.deref() === undefined);

// Names of the environment.
check("self", self === globalThis && typeof window === "undefined" && typeof global === "undefined");
check("window", Object.prototype.toString.call(globalThis) === "[object Window]");
check(
  "build",
  Deno.build.target.startsWith(Deno.build.arch) && Deno.build.target.includes(Deno.build.os) &&
    Deno.build.standalone === false,
);
check("process", Deno.pid > 0 && Deno.execPath().length > 0 && Deno.cwd().length > 1);
check("main", Deno.mainModule === import.meta.url && import.meta.main);
check(
  "errors",
  new Deno.errors.NotFound("x").name === "NotFound" && String(new Deno.errors.NotFound("x")) === "NotFound: x" &&
    new Deno.errors.Busy() instanceof Error,
);
check(
  "environment",
  Deno.env.get("SOME_VARIABLE") === "some value" && Deno.env.get("NO_VARIABLE") === undefined &&
    Deno.env.has("SOME_VARIABLE") && !Deno.env.has("NO_VARIABLE") && Deno.env.toObject().SOME_VARIABLE === "some value",
);
check("inspect", Deno.inspect("a") === '"a"');
check("iterators", [1, 2, 3].values().map((n) => n * 2).toArray().join() === "2,4,6");
check(
  "disposal",
  (() => {
    let closed = false;
    {
      using thing = { [Symbol.dispose]: () => closed = true };
      void thing;
    }
    return closed;
  })(),
);
Deno.stdout.writeSync(new TextEncoder().encode("written\n"));
await Deno.stdout.write(new TextEncoder().encode("without a line's end"));
console.log(`\n${Deno.args.join()}`);
console.log(results.join("\n"));
