"use strict";
// Unions. Which member holds is not known, so a union's value is a copy of its bytes whose members are read on demand.

const { bytesOf } = require("./arrays.cjs");
const { isBytes, expected, join, refuse } = require("./refusal.cjs");

class Union {
  #view;
  static view(union) {
    return union.#view;
  }
  static is(value) {
    return typeof value === "object" && value !== null && #view in value;
  }
  constructor(view) {
    this.#view = view;
  }
}

const { view: viewOf, is: isUnion } = Union;
delete Union.view;
delete Union.is;

// Changes of a union's value stay in it: it has no memory for strings.
const change = (name) => ({ place: `cannot write the member ${JSON.stringify(name)} of a union`, kept: null });

// A class of unions with these members.
function unionClass(type, members) {
  const Made = { [type.name ?? "union"]: class extends Union {} }[type.name ?? "union"];
  for (const { name, codec } of members) {
    Object.defineProperty(Made.prototype, name, {
      enumerable: true,
      configurable: true,
      get() {
        return codec.decode(viewOf(this), 0);
      },
      set(value) {
        codec.encode(value, viewOf(this), 0, change(name), "", "");
      },
    });
  }
  return Made;
}

const copyOf = (view, at, size) => {
  const from = view.byteOffset + at;
  return new DataView(view.buffer.slice(from, from + size));
};

// The member that an object gives a value for.
function given(value, members, type, context, path, name) {
  const found = members.filter((member) => value[member.name] !== undefined);
  if (found.length === 1) return found[0];
  const names = members.map((member) => member.name).join(", ");
  return refuse(context, path, name, type, `expected one of ${names}, not ${found.length} of them`);
}

function copyBytes(source, view, at, size, type, context, path, name) {
  if (source.byteLength < size) {
    refuse(context, path, name, type, `${source.byteLength} bytes are too few: it has ${size}`);
  }
  const bytes = source.buffer === undefined ? new Uint8Array(source, 0, size) : bytesOf(source, 0, size);
  bytesOf(view, at, size).set(bytes);
}

// The codec of a union. `members` are its named members, which all begin at its first byte.
function unionCodec(type, members) {
  const { size } = type;
  const Made = unionClass(type, members);
  return {
    size,
    encode(value, view, at, context, path, name) {
      if (isUnion(value) || isBytes(value)) {
        copyBytes(isUnion(value) ? viewOf(value) : value, view, at, size, type, context, path, name);
        return;
      }
      if (typeof value !== "object" || value === null) refuse(context, path, name, type, expected("an object", value));
      const member = given(value, members, type, context, path, name);
      bytesOf(view, at, size).fill(0);
      member.codec.encode(value[member.name], view, at, context, join(path, name), member.name);
    },
    decode: (view, at) => new Made(copyOf(view, at, size)),
    // Writes a union that script has. Of an object, the members that it has are written.
    assign(value, view, at) {
      if (isUnion(value)) {
        bytesOf(viewOf(value), 0, size).set(bytesOf(view, at, size));
        return;
      }
      for (const { name, codec } of members) {
        if (value[name] !== undefined) value[name] = codec.decode(view, at);
      }
    },
  };
}

// The codec of a union without a name inside of a struct. Its members are the struct's own.
// `spread` gives them to a value of the struct. `encode` takes the struct's value.
function anonymousUnionCodec(type, members) {
  const union = unionCodec(type, members);
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
