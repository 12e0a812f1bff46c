// Errors' stacks in V8's form, which scripts and people expect: the error, and its frames without those of the runtime.
((native, internals, script) => {
  "use strict";
  const { Error } = script;
  const { apply } = internals;
  const { defineProperty } = script.Object;
  const { get: engineStack } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const engineCapture = Error.captureStackTrace;
  const errorToString = Error.prototype.toString;
  const { isError } = Error;

  // A call site would hand out the runtime's own functions.
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites;
  const { 0: site } = new Error().stack;
  Error.prepareStackTrace = prepareStackTrace;
  delete Object.getPrototypeOf(site).getFunction;

  // The result of a function, or something else if it throws. Script's getters, proxies and methods may throw.
  function attempt(run, otherwise) {
    try {
      return run();
    } catch {
      return otherwise;
    }
  }

  const toText = (error) => attempt(() => apply(errorToString, error, []));
  const header = (error) => toText(error) ?? "Error";

  // The first line of a stack. It has the message, even if the name throws.
  function firstLine(error) {
    const message = attempt(() => error.message);
    return toText(error) ?? (typeof message === "string" ? `Error: ${message}` : "Error");
  }

  const isOurs = (line) => line === "" || line === undefined || line.includes("ext:");

  // The engine's frames in V8's form, without the runtime's own and the native functions by which those call script.
  function frames(raw) {
    const lines = raw.split("\n");
    const shown = lines.filter((line, index) =>
      !isOurs(line) && !(line.endsWith("(native)") && isOurs(lines[index + 1]))
    );
    return shown.map((line) =>
      line.replace(/at <anonymous> \((.*:.*)\)$/, "at $1").replace(/\((native|missing)\)$/, "(<anonymous>)")
    );
  }

  // A stack that Error.prepareStackTrace returned is not changed.
  function stack(error, raw) {
    if (typeof raw !== "string" || (raw !== "" && !raw.startsWith("    at "))) return raw;
    return [firstLine(error), ...frames(raw)].join("\n");
  }

  const ownStack = (error) => stack(error, apply(engineStack, error, []));

  const define = (error, value) =>
    defineProperty(error, "stack", { value, writable: true, enumerable: false, configurable: true });

  const { get, set } = Object.getOwnPropertyDescriptor({
    get stack() {
      return isError(this) ? ownStack(this) : undefined;
    },
    set stack(value) {
      define(this, value);
    },
  }, "stack");
  Object.defineProperty(Error.prototype, "stack", { get, set, enumerable: false, configurable: true });

  // Gives an object the current stack, above a function.
  function capture(object, above) {
    engineCapture(object, above);
    define(object, stack(object, Object.getOwnPropertyDescriptor(object, "stack")?.value ?? ""));
  }

  Error.captureStackTrace = function captureStackTrace(object, above) {
    capture(object, above);
  };
  internals.giveAll([get, set, Error.captureStackTrace]);

  // The stack of an error, as text. A getter that throws cannot hide it.
  function stackOf(error) {
    const text = attempt(() => error.stack) ?? attempt(() => ownStack(error));
    return typeof text === "string" ? text : "";
  }

  // The place where an error was made: { url, line, column }, if it is known.
  function place(error) {
    if (!isError(error)) return undefined;
    const found = /^ +at .*?\(?((?:file|data):[^()\n]*):(\d+):(\d+)\)?$/m.exec(stackOf(error));
    return found ? { url: found[1], line: +found[2], column: +found[3] } : undefined;
  }

  // A thrown value on one or more lines, without a stack.
  function brief(thrown) {
    if (isError(thrown)) return header(thrown);
    return attempt(() => internals.inspect(thrown), undefined) ?? `#<${native.classOf(thrown)}>`;
  }

  // The lines of the errors in an AggregateError.
  function inner(error, depth, seen) {
    const errors = Object.hasOwn(error, "errors") ? error.errors : undefined;
    if (!Array.isArray(errors)) return [];
    const texts = [];
    for (let index = 0; index < errors.length; index++) {
      const one = errors[index];
      if (!seen.has(one)) texts.push(describe(one, depth + 1, seen));
    }
    return texts.length === 0 ? [] : texts.join("\n").split("\n").map((line) => "    " + line);
  }

  // The text of an error that was not caught. `seen` has the errors around this one, with numbers once they are referred to.
  function describe(thrown, depth = 0, seen = new Map()) {
    if (!isError(thrown)) return brief(thrown);
    seen.set(thrown, 0);
    const lines = attempt(() => inner(thrown, depth, seen), ["    [Error details unavailable]"]);
    const at = depth === 0 ? place(thrown) : undefined;
    const source = at ? native.sourceLine(at.url, at.line) : undefined;
    if (source !== undefined && source.trim() !== "" && source.length <= 150) {
      lines.push(source, source.slice(0, at.column - 1).replace(/[^\t]/g, " ") + "^");
    }
    lines.push(...stackOf(thrown).split("\n").filter((line) => /^ +at /.test(line)));
    const cause = attempt(() => Object.hasOwn(thrown, "cause") ? { value: thrown.cause } : undefined);
    if (cause !== undefined && seen.has(cause.value)) {
      if (seen.get(cause.value) === 0) seen.set(cause.value, Math.max(...seen.values()) + 1);
      lines.push(`Caused by: [Circular *${seen.get(cause.value)}]`);
    } else if (cause !== undefined && depth < 8) {
      lines.push("Caused by: " + describe(cause.value, depth + 1, seen));
    }
    const number = seen.get(thrown);
    seen.delete(thrown);
    return [header(thrown) + (number > 0 ? ` <ref *${number}>` : ""), ...lines].join("\n");
  }

  Object.assign(internals, { attempt, capture, stackOf, place, brief, describe, header });
});
