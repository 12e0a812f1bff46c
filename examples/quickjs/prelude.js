// What scripts expect of a runtime besides the language: console, timers, text encoding, URL of files, the `Deno` namespace.
((native) => {
  "use strict";
  const names = ["NotFound", "PermissionDenied", "InvalidData"];
  const errors = {};
  for (const name of names) {
    errors[name] = { [name]: class extends Error { get name() { return name; } } }[name];
  }
  globalThis.Deno = {
    args: native.args,
    build: {
      os: native.os, arch: native.arch, vendor: "unknown", env: "gnu", standalone: false,
      target: `${native.arch}-unknown-${native.os}-gnu`,
    },
    errors,
    execPath: () => native.execPath,
    exit: (code = 0) => native.exit(code),
    cwd: () => native.cwd(),
    pid: native.pid,
    mainModule: native.mainModule,
  };
  const text = (value) => (typeof value === "string" ? value : String(value));
  const print = (error) => (...values) => native.print(values.map(text).join(" ") + "\n", error);
  globalThis.console = { log: print(false), info: print(false), debug: print(false), warn: print(true), error: print(true) };
  const timers = new Map();
  let next = 0;
  const start = (repeat) => (callback, delay = 0, ...args) => {
    timers.set(++next, { callback, delay, args, repeat });
    native.startTimer(next, +delay || 0);
    return next;
  };
  const stop = (number) => {
    if (timers.delete(number)) native.stopTimer(number);
  };
  globalThis.setTimeout = start(false);
  globalThis.setInterval = start(true);
  globalThis.clearTimeout = stop;
  globalThis.clearInterval = stop;
  globalThis.performance = { now: () => native.now() };
  return {
    fire(number) {
      const timer = timers.get(number);
      if (!timer) return;
      if (timer.repeat) native.startTimer(number, +timer.delay || 0);
      else timers.delete(number);
      timer.callback.apply(undefined, timer.args);
    },
    report(error) {
      native.print(`error: Uncaught ${error instanceof Error ? `${error}\n${error.stack}` : String(error)}\n`, true);
      return false;
    },
    rejected: () => false,
  };
})
