// Deno.inspect: values as text, for people.
((native, internals) => {
  "use strict";
  const customInspect = Symbol.for("Deno.customInspect");
  const nodeInspect = Symbol.for("nodejs.util.inspect.custom");
  const defaults = {
    depth: 4,
    breakLength: 80,
    compact: 3,
    iterableLimit: 100,
    strAbbreviateSize: 10_000,
    sorted: false,
    getters: false,
    showHidden: false,
    showProxy: false,
    trailingComma: false,
  };
  const TypedArray = Object.getPrototypeOf(Uint8Array);
  const { apply, give, attempt, getter, viewed, isView } = internals;
  const typedArrayName = getter(TypedArray.prototype, Symbol.toStringTag);
  const typedArrayLength = getter(TypedArray.prototype, "length");
  const isDetached = getter(ArrayBuffer.prototype, "detached");
  const mapSize = getter(Map.prototype, "size");
  const setSize = getter(Set.prototype, "size");
  const regExpSource = getter(RegExp.prototype, "source");
  // The getter of `flags` calls those of script's realm.
  const flags = Object.entries({
    hasIndices: "d", global: "g", ignoreCase: "i", multiline: "m", dotAll: "s", unicode: "u", unicodeSets: "v", sticky: "y",
  }).map(([name, letter]) => [getter(RegExp.prototype, name), letter]);
  const flagsOf = (value) => flags.map(([get, letter]) => (get.call(value) ? letter : "")).join("");
  const wide = new RegExp(
    "[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f" +
      "\\uff00-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1faff}\\u{20000}-\\u{3fffd}]",
    "u",
  );

  // The number of columns that a terminal needs for it.
  function width(text) {
    if (/^[\x20-\x7e]*$/.test(text)) return text.length;
    let columns = 0;
    for (const char of text.normalize("NFC")) {
      if (wide.test(char)) columns += 2;
      else if (!/[\p{M}\p{Cc}\u200b-\u200f]/u.test(char)) columns += 1;
    }
    return columns;
  }

  const escapes = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r", "\\": "\\\\" };

  function quote(text) {
    const mark = ['"', "'", "`"].find((mark) => !text.includes(mark)) ?? '"';
    const escape = (char) =>
      escapes[char] ?? (char === mark ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
    return mark + text.replace(mark === '"' ? /[\x00-\x1f\x7f-\x9f\\"]/g : /[\x00-\x1f\x7f-\x9f\\]/g, escape) + mark;
  }

  // The name of the object's constructor; null without a prototype.
  function constructorName(value, depth) {
    let object = value;
    while (object !== null) {
      const maker = Object.getOwnPropertyDescriptor(object, "constructor")?.value;
      const name = typeof maker === "function" ? attempt(() => maker.name) : undefined;
      if (typeof name === "string" && name !== "" && isInstance(value, maker)) return name;
      object = Object.getPrototypeOf(object);
    }
    const prototype = Object.getPrototypeOf(value);
    return prototype === null ? null : `${native.classOf(value)} <${inspect(prototype, { depth: depth - 1 })}>`;
  }

  function keysOf(value) {
    try {
      return Object.keys(value);
    } catch {
      return Object.getOwnPropertyNames(value);
    }
  }

  const lengthOf = (value) => (isView(value) ? typedArrayLength.call(value) : value.length);

  function isInstance(value, maker) {
    try {
      return value instanceof maker;
    } catch {
      return false;
    }
  }

  function tagOf(value) {
    const tag = attempt(() => value[Symbol.toStringTag]);
    return typeof tag === "string" ? tag : "";
  }

  function prefix(name, tag, fallback, size = "") {
    const tagged = (than) => (tag !== "" && tag !== than ? `[${tag}] ` : "");
    return name === null
      ? `[${fallback}${size}: null prototype] ${tagged(fallback)}`
      : `${name}${size} ${tagged(name)}`;
  }

  function functionBase(value, name, tag) {
    const source = Function.prototype.toString.call(value);
    const own = Object.getOwnPropertyDescriptor(value, "name")?.value;
    const called = typeof own === "string" ? own : "";
    if (source.startsWith("class") && source.endsWith("}")) {
      const parent = attempt(() => Object.getPrototypeOf(value)?.name);
      let text = `class ${called || "(anonymous)"}`;
      if (name !== "Function" && name !== null) text += ` [${name}]`;
      if (tag !== "" && tag !== name) text += ` [${tag}]`;
      return `[${text}${name === null ? " extends [null prototype]" : parent ? ` extends ${parent}` : ""}]`;
    }
    const type = /^(Async)?(Generator)?Function$/.test(native.classOf(value)) ? native.classOf(value) : "Function";
    let text = type;
    if (name === null) text += " (null prototype)";
    text += called === "" ? " (anonymous)" : `: ${called}`;
    text = `[${text}]`;
    if (name !== null && name !== type && name !== "Function") text += ` ${name}`;
    return tag !== "" && tag !== name && tag !== type ? `${text} [${tag}]` : text;
  }

  const boxes = {
    Number: (value) => Number.prototype.valueOf.call(value),
    String: (value) => String.prototype.valueOf.call(value),
    Boolean: (value) => Boolean.prototype.valueOf.call(value),
    BigInt: (value) => BigInt.prototype.valueOf.call(value),
    Symbol: (value) => Symbol.prototype.valueOf.call(value),
  };

  class Inspector {
    constructor(options) {
      this.options = { ...defaults, ...options };
      this.options.depth ??= Infinity;
      this.indentation = this.options.indentation ?? 0;
      this.level = 0; // of the object that was begun last
      this.seen = [];
      this.circular = new Map();
    }

    value(value, depth = 0) {
      if (value === null || (typeof value !== "object" && typeof value !== "function")) return this.primitive(value);
      let kind = native.classOf(value);
      if (kind === "Proxy" && this.options.showProxy) return this.proxy(value, depth);
      for (; kind === "Proxy"; kind = native.classOf(value)) {
        value = native.proxy(value)[0];
        if (value === undefined) return "<Revoked Proxy>";
      }
      const own = this.custom(value, depth);
      if (own !== undefined) return own;
      if (!this.seen.includes(value)) return this.object(value, depth, kind);
      if (!this.circular.has(value)) this.circular.set(value, this.circular.size + 1);
      return `[Circular *${this.circular.get(value)}]`;
    }

    // The object's own description.
    custom(value, depth) {
      const options = give({ ...this.options, depth: this.options.depth - depth, indentation: this.indentation });
      let text;
      if (typeof value[customInspect] === "function") text = apply(value[customInspect], value, [inspect, options]);
      else if (typeof value[nodeInspect] === "function") text = apply(value[nodeInspect], value, [options.depth, options, inspect]);
      else return undefined;
      return typeof text === "object" && text !== null && text !== value ? this.value(text, depth) : String(text);
    }

    proxy(value, depth) {
      if (depth > this.options.depth) return "Proxy [Array]";
      const parts = this.indented(() => native.proxy(value).map((part) => this.value(part, depth + 1)));
      return this.join(parts, "", ["Proxy [", "]"], false, depth, parts);
    }

    primitive(value) {
      switch (typeof value) {
        case "string":
          return this.string(value);
        case "number":
          return Object.is(value, -0) ? "-0" : String(value);
        case "bigint":
          return `${value}n`;
        case "symbol": {
          const { description } = value;
          return description === undefined || /^[\w.]+$/.test(description)
            ? String(value)
            : `Symbol(${quote(description)})`;
        }
        default:
          return String(value);
      }
    }

    string(value) {
      const { strAbbreviateSize: limit, breakLength, compact } = this.options;
      const more = value.length - limit;
      const tail = more > 0 ? `... ${more} more character${more > 1 ? "s" : ""}` : "";
      if (more > 0) value = value.slice(0, limit);
      if (compact !== true && value.length > 16 && value.length > breakLength - this.indentation - 4) {
        return value.split(/(?<=\n)/).map(quote).join(` +\n${" ".repeat(this.indentation + 2)}`) + tail;
      }
      return quote(value) + tail;
    }

    object(value, depth, kind) {
      const name = constructorName(value, this.options.depth - depth);
      const tag = tagOf(value);
      const shape = this.shape(value, kind, name, tag);
      const keys = this.keys(value, shape);
      if (shape.whole !== undefined && keys.length === 0) return shape.whole;
      if (depth > this.options.depth) {
        const type = prefix(name, tag, Array.isArray(value) ? "Array" : "Object").slice(0, -1);
        return name === null ? type : `[${type}]`;
      }
      this.seen.push(value);
      this.level = depth;
      const items = shape.items ? shape.items(depth + 1) : [];
      const parts = [...items, ...keys.map((key) => this.property(value, key, depth + 1))];
      this.seen.pop();
      if (this.options.sorted && !shape.list) parts.sort();
      const reference = this.circular.get(value);
      const base = [reference ? `<ref *${reference}>` : "", shape.base ?? ""].filter(Boolean).join(" ");
      return this.join(parts, base, shape.braces ?? ["{", "}"], shape.list, depth, value);
    }

    keys(value, { list, keys = [] }) {
      const all = this.options.showHidden;
      let names = all ? Object.getOwnPropertyNames(value) : keysOf(value);
      if (list) names = names.filter((name) => !/^(0|[1-9]\d*)$/.test(name) && !(all && name === "length"));
      const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
        all || Object.prototype.propertyIsEnumerable.call(value, key)
      );
      return [...new Set([...names.filter((name) => !keys.hidden?.includes(name)), ...symbols, ...keys])];
    }

    // The form of an object: `whole` if it has no properties to show; otherwise `base`, `braces` and `items`, followed by
    // the properties; `list` if its items may stand side by side.
    shape(value, kind, name, tag) {
      const braces = (fallback, size) => [`${prefix(name, tag, fallback, size)}{`, "}"];
      if (Array.isArray(value)) {
        return this.list(value, name === "Array" && tag === "" ? "" : prefix(name, tag, "Array", `(${value.length})`));
      }
      if (isView(value) && kind !== "DataView") {
        return this.list(value, prefix(name, tag, typedArrayName.call(value), `(${lengthOf(value)})`));
      }
      if (typeof value === "function") {
        return { whole: functionBase(value, name, tag), base: functionBase(value, name, tag) };
      }
      if (Object.hasOwn(boxes, kind)) return this.boxed(value, kind, name);
      const base = (text, type) => {
        if (name === null) text = `[${type}: null prototype] ${text}`;
        else if (name !== type) text = `${name} ${text}`;
        return { whole: text, base: text };
      };
      switch (kind) {
        case "Map": {
          const size = mapSize.call(value);
          const shape = {
            braces: braces("Map", `(${size})`),
            items: (depth) => this.entries(Map.prototype.entries.call(value), size, depth),
          };
          return size === 0 ? { ...shape, whole: shape.braces.join("") } : shape;
        }
        case "Set": {
          const size = setSize.call(value);
          const shape = {
            braces: braces("Set", `(${size})`),
            items: (depth) => this.members(Set.prototype.values.call(value), size, depth),
          };
          return size === 0 ? { ...shape, whole: shape.braces.join("") } : shape;
        }
        case "Arguments":
          return { braces: ["[Arguments] {", "}"], whole: "[Arguments] {}" };
        case "RegExp":
          return base(`/${regExpSource.call(value)}/${flagsOf(value)}`, "RegExp");
        case "Date": {
          const time = Date.prototype.getTime.call(value);
          return base(Number.isNaN(time) ? "Invalid Date" : Date.prototype.toISOString.call(value), "Date");
        }
        case "Error":
        case "DOMException":
          return this.error(value, name);
        case "ArrayBuffer":
        case "SharedArrayBuffer":
          return { braces: braces(kind), items: (depth) => this.bytes(value, depth) };
        case "DataView":
          return { braces: braces("DataView"), items: (depth) => this.view(value, depth) };
        case "Promise":
          return { braces: braces("Promise"), items: (depth) => this.promise(value, depth) };
        case "WeakSet":
        case "WeakMap":
          return { braces: braces(kind), items: () => ["<items unknown>"] };
      }
      if (name === null && tag === "Module") {
        return { braces: ["[Module: null prototype] {", "}"], whole: "[Module: null prototype] {}" };
      }
      if (name === "Object" && tag === "") return { whole: "{}" };
      const [open, close] = braces("Object");
      return { braces: [open, close], whole: open + close };
    }

    list(value, start) {
      const shape = { braces: [`${start}[`, "]"], list: true, items: (depth) => this.elements(value, depth) };
      return lengthOf(value) === 0 ? { ...shape, whole: `${start}[]` } : shape;
    }

    boxed(value, kind, name) {
      const inner = boxes[kind](value);
      let type = kind;
      if (name !== kind) type += name === null ? " (null prototype)" : ` (${name})`;
      const text = `[${type}: ${this.primitive(inner)}]`;
      return { whole: text, base: text, list: kind === "String" };
    }

    error(value, name) {
      const text = internals.header(value);
      let stack = name === null ? internals.stackOf(value) : attempt(() => value.stack);
      const hidden = ["name", "message", "stack"].filter((key) => {
        const text = attempt(() => value[key]);
        return typeof text === "string" && typeof stack === "string" && stack.includes(text);
      });
      if (typeof stack !== "string" || !/\n +at /.test(stack)) {
        stack = `[${typeof stack === "string" && stack !== "" ? stack : text}]`;
      }
      if (name === null) stack = stack.replace(/^\w*/, (type) => `[${type}: null prototype]`);
      else if (attempt(() => value.name) === "Error" && name !== "Error" && !stack.startsWith(name)) {
        stack = stack.replace(/^Error/, `${name} [Error]`);
      }
      if (this.indentation > 0) stack = stack.replaceAll("\n", `\n${" ".repeat(this.indentation)}`);
      const keys = ["cause", "errors"].filter((key) => Object.hasOwn(value, key));
      return { whole: stack, base: stack, keys: Object.assign(keys, { hidden }) };
    }

    indented(action) {
      this.indentation += 2;
      try {
        return action();
      } finally {
        this.indentation -= 2;
      }
    }

    more(left) {
      return left > 0 ? [`... ${left} more item${left > 1 ? "s" : ""}`] : [];
    }

    elements(value, depth) {
      const length = lengthOf(value);
      const limit = Math.min(length, this.options.iterableLimit);
      const parts = [];
      let index = 0;
      while (index < length && parts.length < limit) {
        if (Object.hasOwn(value, index)) {
          parts.push(this.property(value, String(index++), depth, ""));
          continue;
        }
        const start = index;
        while (index < length && !Object.hasOwn(value, index)) index++;
        parts.push(`<${index - start} empty item${index - start > 1 ? "s" : ""}>`);
      }
      return [...parts, ...this.more(length - index)];
    }

    members(values, size, depth) {
      const limit = this.options.iterableLimit;
      const parts = this.indented(() => Array.from(values.take(limit), (value) => this.value(value, depth)));
      return [...parts, ...this.more(size - limit)];
    }

    entries(entries, size, depth) {
      const limit = this.options.iterableLimit;
      const entry = ([key, value]) => `${this.value(key, depth)} => ${this.value(value, depth)}`;
      return [...this.indented(() => Array.from(entries.take(limit), entry)), ...this.more(size - limit)];
    }

    bytes(value, depth) {
      const shared = internals.bufferClass(value) === "SharedArrayBuffer";
      if (!shared && isDetached.call(value)) return ["(detached)", `byteLength: ${this.value(0, depth)}`];
      const bytes = internals.bytesOf(value);
      const length = `byteLength: ${this.value(bytes.length, depth)}`;
      const shown = Array.from(
        bytes.subarray(0, this.options.iterableLimit),
        (byte) => byte.toString(16).padStart(2, "0"),
      );
      const left = bytes.length - shown.length;
      const tail = left > 0 ? ` ... ${left} more byte${left > 1 ? "s" : ""}` : "";
      return [`[Uint8Contents]: <${shown.join(" ")}${tail}>`, length];
    }

    view(value, depth) {
      const [buffer, offset, length] = viewed(value);
      const parts = Object.entries({ byteLength: length, byteOffset: offset, buffer });
      return parts.map(([name, part]) => `${name}: ${this.indented(() => this.value(part, depth))}`);
    }

    promise(value, depth) {
      const [state, result] = native.promise(value);
      if (state === "pending") return ["<pending>"];
      const text = this.indented(() => this.value(result, depth));
      return [state === "rejected" ? `<rejected> ${text}` : text];
    }

    // A property with its name, or with the given name. An element of a list does not have a name.
    property(object, key, depth, label) {
      if (label === undefined) label = this.label(key);
      let descriptor;
      try {
        descriptor = Object.getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
      } catch {
        return `${label}: <uninitialized>`; // an export of a module that has not run
      }
      const text = this.indented(() => this.descriptor(object, descriptor, depth));
      if (label === "") return text;
      return `${descriptor.enumerable ? label : `[${label}]`}: ${text}`;
    }

    descriptor(object, { get, set, value }, depth) {
      if (get === undefined && set === undefined) return this.value(value, depth);
      const kind = get === undefined ? "Setter" : set === undefined ? "Getter" : "Getter/Setter";
      if (get === undefined || !this.options.getters) return `[${kind}]`;
      try {
        return `[${kind}: ${this.value(Reflect.apply(get, object, []), depth)}]`;
      } catch (error) {
        return `[${kind}: <Inspection threw (${attempt(() => error.message)})>]`;
      }
    }

    label(key) {
      if (typeof key === "symbol") return String(key);
      if (key === "__proto__") return "['__proto__']";
      return /^[a-zA-Z_]\w*$/.test(key) ? key : quote(key);
    }

    // The parts on one line if they are few, short and simple, otherwise each on its own line.
    join(parts, base, [open, close], list, depth, value) {
      const { compact, breakLength, trailingComma } = this.options;
      const start = base === "" ? "" : `${base} `;
      if (compact === true || compact >= 1) {
        const before = parts.length;
        if (list && before > 6) parts = this.columns(parts, value);
        if (this.level - depth < compact && parts.length === before) {
          const length = parts.reduce(
            (sum, part) => sum + part.length + 2,
            open.length + base.length + this.indentation + 10,
          );
          const line = `${start}${open} ${parts.join(", ")} ${close}`;
          if (length <= breakLength && !line.includes("\n")) return line;
        }
      }
      const indentation = `\n${" ".repeat(this.indentation)}`;
      const end = trailingComma ? "," : "";
      return `${start}${open}${indentation}  ${parts.join(`,${indentation}  `)}${end}${indentation}${close}`;
    }

    // Many short items in columns. The result is nearly square, because characters are about 2.5 times as high as wide.
    columns(parts, value) {
      const { breakLength, compact, iterableLimit } = this.options;
      const tail = lengthOf(value) > iterableLimit ? [parts.at(-1)] : [];
      const items = tail.length > 0 ? parts.slice(0, -1) : parts;
      const widths = items.map((item) => width(item) + 2);
      const total = widths.reduce((sum, width) => sum + width, 0);
      const widest = Math.max(...widths);
      const room = widest * 3 + this.indentation < breakLength;
      if (!room || !(total / widest > 5 || widest <= 8)) return parts;
      const biased = Math.max(widest - 3 - Math.sqrt(widest - total / parts.length), 1);
      const count = Math.min(
        Math.round(Math.sqrt(2.5 * biased * items.length) / biased),
        Math.floor((breakLength - this.indentation) / widest),
        compact * 4,
        15,
      );
      if (count <= 1) return parts;
      const columns = Array.from({ length: count }, (_, column) => {
        const own = widths.filter((_, index) => index % count === column);
        return Math.max(0, ...own);
      });
      const isNumber = (item) => typeof item === "number" || typeof item === "bigint";
      const right = parts.every((_, index) => isNumber(value[index]));
      const rows = [];
      for (let first = 0; first < items.length; first += count) {
        const last = Math.min(first + count, items.length) - 1;
        let row = "";
        for (let index = first; index <= last; index++) {
          const item = index < last ? `${items[index]}, ` : items[index];
          const space = " ".repeat(Math.max(0, columns[index - first] - widths[index]));
          row += right ? space + item : index < last ? item + space : item;
        }
        rows.push(row);
      }
      return [...rows, ...tail];
    }
  }

  function inspect(value, options) {
    return new Inspector(options).value(value);
  }

  Object.assign(internals, { inspect: internals.giveAll(inspect), width });
});
