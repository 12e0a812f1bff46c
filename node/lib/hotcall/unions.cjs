"use strict";
// Unions. Which member holds is not known, so a union's value is a copy of its bytes whose members are read on demand.

const { bytesOf } = require("./arrays.cjs");
const { isBytes, expected, join, refuse } = require("./refusal.cjs");
const { isShown, shownClass, viewOfShown } = require("./shown.cjs");

// Changes of a union's value stay in it: it has no memory for strings.
const change = (name) => ({ place: `cannot write the member ${JSON.stringify(name)} of a union`, kept: null });

// A class of unions with these members.
function unionClass(type, members) {
  const accessor = ({ name, offset, codec }) => ({
    name,
    get: (view) => codec.decode(view, offset),
    set: (view, value) => codec.encode(value, view, offset, change(name), "", ""),
  });
  return shownClass(type.name ?? "union", members.map(accessor));
}

const copyOf = (view, at, size) => {
  const from = view.byteOffset + at;
  return new DataView(view.buffer.slice(from, from + size));
};

// The alternative that an object gives values for.
function given(value, alternatives, type, context, path, name) {
  const found = alternatives.filter(({ names }) => names.some((name) => value[name] !== undefined));
  if (found.length === 1) return found[0];
  const names = alternatives.map(({ names }) => names.join(" and ")).join(", ");
  return refuse(context, path, name, type, `expected one of ${names}, not ${found.length} of them`);
}

function copyBytes(source, view, at, size, type, context, path, name) {
  if (source.byteLength < size) {
    refuse(context, path, name, type, `${source.byteLength} bytes are too few: it has ${size}`);
  }
  const bytes = source.buffer === undefined ? new Uint8Array(source, 0, size) : bytesOf(source, 0, size);
  bytesOf(view, at, size).set(bytes);
}

// The codec of a union. Its value shows `members`, which are { name, offset, codec }. An object gives one of the
// `alternatives`, which are { names, codec, of, path }: the codec writes `of(value)`.
function unionCodec(type, members, alternatives) {
  const { size } = type;
  const Made = unionClass(type, members);
  return {
    size,
    encode(value, view, at, context, path, name) {
      if (isShown(value) || isBytes(value)) {
        copyBytes(isShown(value) ? viewOfShown(value) : value, view, at, size, type, context, path, name);
        return;
      }
      if (typeof value !== "object" || value === null) refuse(context, path, name, type, expected("an object", value));
      const alternative = given(value, alternatives, type, context, path, name);
      bytesOf(view, at, size).fill(0);
      alternative.codec.encode(alternative.of(value), view, at, context, join(path, name), alternative.path);
    },
    decode: (view, at) => new Made(copyOf(view, at, size)),
    // Writes a union that script has. Of an object, the members that it has are written.
    assign(value, view, at) {
      if (isShown(value)) {
        bytesOf(viewOfShown(value), 0, size).set(bytesOf(view, at, size));
        return;
      }
      for (const { name, offset, codec } of members) {
        if (value[name] !== undefined) value[name] = codec.decode(view, at + offset);
      }
    },
  };
}

// The codec of a union without a name inside of a struct. Its members are the struct's own.
// `spread` gives them to a value of the struct. `encode` takes the struct's value.
function anonymousUnionCodec(type, members, alternatives) {
  const union = unionCodec(type, members, alternatives);
  const key = Symbol("union");
  const forward = members.map(({ name }) => [
    name,
    {
      enumerable: true,
      configurable: true,
      get() {
        return this[key][name];
      },
      set(value) {
        this[key][name] = value;
      },
    },
  ]);
  return {
    encode(value, view, at, context, path, name) {
      union.encode(value[key] ?? value, view, at, context, path, name);
    },
    spread(value, view, at) {
      Object.defineProperty(value, key, { value: union.decode(view, at), configurable: true });
      for (const [name, descriptor] of forward) Object.defineProperty(value, name, descriptor);
    },
  };
}

module.exports = { anonymousUnionCodec, copyBytes, unionCodec };
