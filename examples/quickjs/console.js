// The console.
((native, internals, script) => {
  "use strict";
  const { Error } = script;
  const { inspect, width, attempt, isView, list } = internals;
  let indentation = "";

  function write(text, error = false) {
    if (indentation !== "") text = indentation + text.replaceAll("\n", `\n${indentation}`);
    native.print(`${text.toWellFormed()}\n`, error);
  }

  const show = (value, options) => (typeof value === "string" ? value : inspect(value, options));

  function number(value, parse) {
    if (typeof value === "symbol") return "NaN";
    return String(typeof value === "bigint" ? value : parse(String(value)) + 0);
  }

  function json(value) {
    try {
      return String(JSON.stringify(value));
    } catch (error) {
      if (/circular/i.test(attempt(() => error.message))) return "[Circular]";
      throw error;
    }
  }

  const formats = {
    s: String,
    d: (value) => number(value, (text) => parseInt(text, 10)),
    i: (value) => number(value, (text) => parseInt(text, 10)),
    f: (value) => number(value, parseFloat),
    o: (value) => inspect(value),
    O: (value) => inspect(value),
    j: json,
    c: () => "",
  };

  // The arguments of `console.log` as one text.
  function format(args) {
    let rest = args;
    let start = [];
    if (typeof args[0] === "string" && args.length > 1) {
      let used = 1;
      const put = (directive, letter) => {
        if (letter === "%") return "%";
        return used < args.length ? formats[letter](args[used++]) : directive;
      };
      start = [args[0].replace(/%([sdifoOjc%])/g, put)];
      rest = args.slice(used);
    }
    return [...start, ...rest.map(show)].join(" ");
  }

  const iterators = { __proto__: null, Map: Map.prototype.entries, Set: Set.prototype.values };
  const elements = Object.getPrototypeOf(Uint8Array.prototype).values;

  function table(data, columns) {
    if (columns !== undefined && !Array.isArray(columns)) {
      throw new Error(`The 'properties' argument must be of type Array: received type ${typeof columns}`);
    }
    columns = columns && list(columns);
    if (data === null || typeof data !== "object") return log(data);
    const members = iterators[native.classOf(data)] ?? (isView(data) ? elements : undefined);
    const isMap = members === iterators.Map;
    const iterable = members !== undefined;
    const all = iterable ? [...Reflect.apply(members, data, [])] : Object.entries(data);
    const entries = iterable && !isMap ? all.entries() : all;
    const cell = (value) => inspect(value, { depth: 1 });
    const rows = Array.from(entries, ([key, value], index) => {
      const row = { index: String(iterable ? index : key), key: isMap ? cell(key) : undefined, cells: new Map() };
      if (value !== null && typeof value === "object" && !isMap) {
        for (const name of columns ?? Object.keys(value)) {
          if (Object.hasOwn(value, name)) row.cells.set(String(name), cell(value[name]));
        }
      } else if (typeof value !== "function") {
        row.value = cell(value);
      }
      return row;
    });
    const names = new Set(columns?.map(String) ?? rows.flatMap((row) => [...row.cells.keys()]));
    const header = [iterable ? "(iter idx)" : "(idx)"];
    const lines = rows.map((row) => [row.index]);
    const add = (name, get) => {
      header.push(name);
      rows.forEach((row, index) => lines[index].push(get(row) ?? ""));
    };
    if (isMap && rows.length > 0) add("Key", (row) => row.key);
    for (const name of names) add(name, (row) => row.cells.get(name));
    if (rows.some((row) => row.value !== undefined)) add("Values", (row) => row.value);
    log(frame(header, lines));
  }

  // Columns of numbers alone are set to the right.
  function frame(header, lines) {
    const widths = header.map((name, column) =>
      Math.max(...[name, ...lines.map((line) => line[column])].map(width)) + 2
    );
    const numbers = header.map((_, column) => lines.every((line) => /^(-?\d+(\.\d+)?)?$/.test(line[column])));
    const put = (line, right) =>
      "│" + line.map((text, column) => {
        const space = " ".repeat(widths[column] - width(text) - 2);
        return right && numbers[column] ? ` ${space}${text} ` : ` ${text}${space} `;
      }).join("│") + "│";
    const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
    return [
      rule("┌", "┬", "┐"),
      put(header, false),
      rule("├", "┼", "┤"),
      ...lines.map((line) => put(line, true)),
      rule("└", "┴", "┘"),
    ].join("\n");
  }

  const counts = new Map();
  const timers = new Map();

  function elapsed(label, action) {
    const start = timers.get(label);
    if (start === undefined) return warn(`Timer '${label}' does not exist`);
    const milliseconds = native.now() - start;
    action(
      `${label}: ${milliseconds < 1e3 ? `${+milliseconds.toFixed(3)}ms` : `${+(milliseconds / 1e3).toFixed(3)}s`}`,
    );
  }

  const log = (...args) => write(format(args));
  const warn = (...args) => write(format(args), true);

  const methods = {
    log,
    debug: (...args) => write(format(args)),
    info: (...args) => write(format(args)),
    dir: (value, options) => write(show(value, options)),
    dirxml: (...args) => log(...args),
    warn,
    error: (...args) => write(format(args), true),
    assert(condition = false, ...args) {
      if (condition) return;
      if (args.length === 0) warn("Assertion failed");
      else if (typeof args[0] === "string") warn(`Assertion failed: ${args[0]}`, ...args.slice(1));
      else warn("Assertion failed:", ...args);
    },
    count(label = "default") {
      label = String(label);
      counts.set(label, (counts.get(label) ?? 0) + 1);
      log(`${label}: ${counts.get(label)}`);
    },
    countReset(label = "default") {
      label = String(label);
      if (!counts.has(label)) return warn(`Count for '${label}' does not exist`);
      counts.set(label, 0);
    },
    table,
    time(label = "default") {
      label = String(label);
      if (timers.has(label)) return warn(`Timer '${label}' already exists`);
      timers.set(label, native.now());
    },
    timeLog: (label = "default", ...args) => elapsed(String(label), (text) => log(text, ...args)),
    timeEnd(label = "default") {
      elapsed(String(label), (text) => log(text));
      timers.delete(String(label));
    },
    group(...label) {
      if (label.length > 0) log(...label);
      indentation += "  ";
    },
    groupEnd() {
      indentation = indentation.slice(2);
    },
    clear() {},
    trace(...args) {
      const trace = { name: "Trace", message: format(args) };
      internals.capture(trace, methods.trace);
      write(trace.stack, true);
    },
  };
  methods.groupCollapsed = methods.group;

  const console = Object.assign(Object.create({}), methods);
  internals.define("console", console);
  Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
});
