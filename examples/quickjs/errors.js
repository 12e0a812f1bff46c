// Errors' stacks in V8's form, which scripts and people expect: the error, then its frames without those of the runtime.
((native, internals) => {
  "use strict";
  const { get: engineStack } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const engineCapture = Error.captureStackTrace;

  // A call site would hand out the runtime's own functions.
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites;
  const [site] = new Error().stack;
  Error.prepareStackTrace = prepareStackTrace;
  delete Object.getPrototypeOf(site).getFunction;

  const header = (error) => {
    try {
      return Error.prototype.toString.call(error);
    } catch {
      return "Error";
    }
  };

  const isOurs = (line) => line === "" || line === undefined || line.includes("ext:");

  // The engine's frames in V8's form, without the runtime's own and the native functions that those call script by.
  function frames(raw) {
    const lines = raw.split("\n");
    const shown = lines.filter((line, index) =>
      !isOurs(line) && !(line.endsWith("(native)") && isOurs(lines[index + 1]))
    );
    return shown.map((line) =>
      line.replace(/at <anonymous> \((.*:.*)\)$/, "at $1").replace(/\((native|missing)\)$/, "(<anonymous>)")
    );
  }

  // What Error.prepareStackTrace returned is left alone.
  function stack(error, raw) {
    if (typeof raw !== "string" || (raw !== "" && !raw.startsWith("    at "))) return raw;
    return [header(error), ...frames(raw)].join("\n");
  }

  const define = (error, value) =>
    Object.defineProperty(error, "stack", { value, writable: true, enumerable: false, configurable: true });

  Object.defineProperty(Error.prototype, "stack", {
    get() {
      return Error.isError(this) ? stack(this, engineStack.call(this)) : undefined;
    },
    set(value) {
      define(this, value);
    },
    enumerable: false,
    configurable: true,
  });

  Error.captureStackTrace = function captureStackTrace(object, above) {
    engineCapture(object, above);
    define(object, stack(object, Object.getOwnPropertyDescriptor(object, "stack")?.value ?? ""));
  };

  // Where an error was made: { url, line, column }, if that is known.
  function place(error) {
    const text = error?.stack;
    const found = typeof text === "string" ? /^ +at .*?\(?((?:file|data):[^()\n]*):(\d+):(\d+)\)?$/m.exec(text) : null;
    return found ? { url: found[1], line: +found[2], column: +found[3] } : undefined;
  }

  // The error as it is reported when nobody caught it.
  function describe(thrown, depth = 0) {
    if (!Error.isError(thrown)) return internals.inspect(thrown);
    const lines = [header(thrown)];
    if (Array.isArray(thrown.errors)) {
      const inner = thrown.errors.map((error) => describe(error, depth + 1));
      lines.push(...inner.join("\n").split("\n").map((line) => "    " + line));
    }
    const text = thrown.stack;
    const frames = typeof text === "string" ? text.split("\n").filter((line) => /^ +at /.test(line)) : [];
    const at = depth === 0 ? place(thrown) : undefined;
    const source = at ? native.sourceLine(at.url, at.line) : undefined;
    if (source !== undefined && source.trim() !== "" && source.length <= 150) {
      lines.push(source, source.slice(0, at.column - 1).replace(/[^\t]/g, " ") + "^");
    }
    lines.push(...frames);
    if (Object.hasOwn(thrown, "cause") && depth < 8) lines.push("Caused by: " + describe(thrown.cause, depth + 1));
    return lines.join("\n");
  }

  Object.assign(internals, { place, describe, header });
});
