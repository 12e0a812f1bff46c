// The globals of a runtime besides the language: timers, performance, and the `Deno` namespace without its FFI.
((native, internals, script) => {
  "use strict";
  const { Error, TypeError } = script;
  const { apply, give, define: global } = internals;

  const names = [
    "NotFound",
    "PermissionDenied",
    "ConnectionRefused",
    "ConnectionReset",
    "ConnectionAborted",
    "NotConnected",
    "AddrInUse",
    "AddrNotAvailable",
    "BrokenPipe",
    "AlreadyExists",
    "InvalidData",
    "TimedOut",
    "Interrupted",
    "WriteZero",
    "WouldBlock",
    "UnexpectedEof",
    "BadResource",
    "Http",
    "Busy",
    "NotSupported",
    "FilesystemLoop",
    "IsADirectory",
    "NetworkUnreachable",
    "NotADirectory",
    "NotCapable",
  ];
  const errors = {};
  for (const name of names) {
    errors[name] = {
      [name]: class extends Error {
        name = name;
      },
    }[name];
  }

  function stream(error, isTerminal) {
    function writeSync(value) {
      const bytes = internals.bytesOf(value);
      if (bytes === undefined) throw new TypeError("Expected a Uint8Array");
      native.write(bytes, error);
      return bytes.length;
    }
    const write = async (bytes) => writeSync(bytes);
    return { writeSync, write: (bytes) => give(write(bytes)), isTerminal: () => isTerminal };
  }

  let exitCode = 0;
  let exiting = false;
  function exit(code = exitCode) {
    if (!exiting) {
      exiting = true;
      internals.dispatch("unload");
    }
    native.exit(code);
  }

  global("Deno", {
    args: native.args,
    build: {
      target: native.target,
      arch: native.arch,
      os: native.os,
      vendor: native.vendor,
      env: native.env,
      standalone: false,
    },
    errors,
    env: {
      get: (name) => native.environment(String(name))[0],
      has: (name) => native.environment(String(name)).length > 0,
      toObject: () => give(native.environmentObject()),
    },
    execPath: () => native.execPath,
    exit,
    cwd: () => native.cwd(),
    get exitCode() {
      return exitCode;
    },
    set exitCode(value) {
      if (!Number.isInteger(Number(value))) {
        throw new TypeError(`Exit code must be a number, got: ${value} (${typeof value})`);
      }
      exitCode = Number(value);
    },
    pid: native.pid,
    mainModule: native.mainModule,
    noColor: true,
    inspect: (value, options) => internals.inspect(value, options),
    stdout: stream(false, native.isTerminal[0]),
    stderr: stream(true, native.isTerminal[1]),
    refTimer: (timer) => native.refTimer(timerNumber(timer), true),
    unrefTimer: (timer) => native.refTimer(timerNumber(timer), false),
  });

  // A timer that Deno returns: an object that converts to its number.
  class Timeout {
    #number;
    #referenced = true;
    constructor(number) {
      this.#number = number;
    }
    ref() {
      native.refTimer(this.#number, this.#referenced = true);
      return this;
    }
    unref() {
      native.refTimer(this.#number, this.#referenced = false);
      return this;
    }
    hasRef() {
      return this.#referenced;
    }
    refresh() {
      const timer = timers.get(this.#number);
      if (timer) native.startTimer(this.#number, timer.delay);
      return this;
    }
    close() {
      stop(this.#number);
      return this;
    }
    [Symbol.toPrimitive]() {
      return this.#number;
    }
    static numberOf(timer) {
      return typeof timer === "object" && timer !== null && #number in timer ? timer.#number : Number(timer);
    }
    [Symbol.dispose]() {
      stop(this.#number);
    }
  }

  const { numberOf: timerNumber } = Timeout;
  delete Timeout.numberOf;
  internals.giveAll(Timeout);

  const timers = new Map();
  let last = 0;
  function start(callback, delay, args, repeat) {
    if (typeof callback !== "function") {
      throw new TypeError(`The "callback" argument must be of type function. Received type ${typeof callback}`);
    }
    delay = Math.trunc(Number(delay));
    if (!(delay >= 1 && delay <= 2_147_483_647)) delay = 1;
    const timer = new Timeout(++last);
    timers.set(last, { timer, callback, delay, args, repeat });
    native.startTimer(last, delay);
    return timer;
  }
  function stop(timer) {
    const number = timerNumber(timer);
    if (timers.delete(number)) native.stopTimer(number);
  }
  global("setTimeout", function setTimeout(callback, delay, ...args) {
    return start(callback, delay, args, false);
  });
  global("setInterval", function setInterval(callback, delay, ...args) {
    return start(callback, delay, args, true);
  });
  global("clearTimeout", function clearTimeout(timer) {
    stop(timer);
  });
  global("clearInterval", function clearInterval(timer) {
    stop(timer);
  });
  global("performance", {
    now: () => native.now(),
    timeOrigin: native.timeOrigin,
    toJSON: () => give({ timeOrigin: native.timeOrigin }),
    get [Symbol.toStringTag]() {
      return "Performance";
    },
  });
  global("self", script);
  global("gc", () => native.collectGarbage());
  Object.defineProperty(script, Symbol.toStringTag, { value: "Window", configurable: true });

  // The functions that the runtime calls.
  internals.runtime = {
    fire(number) {
      const timer = timers.get(number);
      if (timer === undefined) return;
      if (!timer.repeat) stop(number);
      try {
        apply(timer.callback, timer.timer, timer.args);
      } catch (error) {
        internals.reportException(error);
      }
      if (timer.repeat && timers.has(number)) native.startTimer(number, timer.delay);
    },
    reportException: internals.reportException,
    reportRejection: internals.reportRejection,
    handled: internals.handled,
    dispatch: internals.dispatch,
    // A module that cannot run. Missing modules are not errors of the script.
    refuse(error) {
      if (!(error instanceof TypeError)) internals.fail(error);
      native.print(`error: ${error.message}\n`, true);
      native.exit(1);
    },
    // Returns the exit code when the script has come to its end.
    finish() {
      exiting = true;
      internals.dispatch("unload");
      return exitCode;
    },
  };
});
