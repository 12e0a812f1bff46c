"use strict";
// Live views of memory: typed arrays for numbers, objects with accessors for structs and unions.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { codecOf } = require("./codecs.cjs");
const { Owned, detachBuffer, owners, show } = require("./owned.cjs");
const { asPointer, viewOf } = require("./memory.cjs");
const { isBytes } = require("./refusal.cjs");
const { scalars } = require("./scalars.cjs");
const { isShown, shownClass, viewOfShown } = require("./shown.cjs");
const { typeFrom } = require("./specs.cjs");

// The buffer of memory at a pointer. It keeps the pointer's owner, who detaches the buffer.
function bufferAt(memory, size) {
  const pointer = asPointer(memory);
  const owner = memory instanceof Owned ? memory : owners.get(pointer);
  const buffer = binding.arrayBuffer(pointer, size, owner);
  if (owner !== undefined) show(owner, buffer);
  return buffer;
}

const classes = new WeakMap();

function classOf(type) {
  let Made = classes.get(type);
  if (Made === undefined) classes.set(type, (Made = makeClass(type)));
  return Made;
}

const makeClass = (type) => shownClass(type.name ?? type.kind, accessorsOf(type, 0));

// The accessors of all members. Those of structs without a name are the struct's own.
function accessorsOf(type, base) {
  return type.fields.flatMap(({ name, offset, type: of, constant }, index) => {
    const at = base + offset;
    if (name === null && of.isRecord) return accessorsOf(of, at);
    const place = `cannot write the member ${JSON.stringify(name ?? index)} (${of})`;
    return {
      name: name ?? index,
      get: (view) => memberOf(of, view, at),
      set(view, value) {
        if (constant) throw new TypeError(`${place}: it is const`);
        codecOf(of).encode(value, view, at, { place, kept: null }, "", "");
      },
    };
  });
}

// A member: a view where it has members or elements, or else its value.
function memberOf(type, view, at) {
  const from = view.byteOffset + at;
  if (type.isRecord) return new (classOf(type))(new DataView(view.buffer, from, type.size));
  const TypedArray =
    type.kind === "array" && type.element.c === undefined ? scalars[type.element.kind]?.array : undefined;
  if (TypedArray !== undefined && !type.flexible) return new TypedArray(view.buffer, from, type.length);
  return codecOf(type).decode(view, at);
}

// A view of `count` values of a type at a pointer, or among bytes.
function view(memory, spec, count) {
  requireMemory();
  const type = typeFrom(spec);
  const size = type.size * (count ?? 1);
  const bytes = isBytes(memory) ? viewOf(memory) : new DataView(bufferAt(memory, size));
  if (type.isRecord || type.kind === "array") {
    const each = (i) => memberOf(type, bytes, i * type.size);
    return count === undefined ? each(0) : Array.from({ length: count }, (_, i) => each(i));
  }
  const { array: TypedArray = type.isPointer ? BigUint64Array : Uint8Array } = scalars[type.kind] ?? {};
  return new TypedArray(bytes.buffer, bytes.byteOffset, count ?? 1);
}

// Detaches a view: it has no bytes any more. The memory stays.
function detach(view) {
  detachBuffer(isShown(view) ? viewOfShown(view).buffer : (view.buffer ?? view));
}

module.exports = { detach, view };
