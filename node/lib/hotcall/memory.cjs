"use strict";
// Values in memory of C, or among bytes of script.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { pointerKey } = require("./pointers.cjs");
const { expected, isBytes } = require("./refusal.cjs");
const { typeFrom } = require("./specs.cjs");
const { encodingOf, terminated } = require("./text.cjs");

const viewOf = (bytes) =>
  ArrayBuffer.isView(bytes) ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new DataView(bytes);

// Pointers, and what stands for one.
const asPointer = (value) => (typeof value === "object" && value !== null ? (value[pointerKey] ?? value) : value);

function copyAt(pointer, offset, size) {
  const bytes = new Uint8Array(size);
  binding.copy(pointer, offset, bytes);
  return new DataView(bytes.buffer);
}

// Reads by a codec. Structs with a flexible array say their size in their head.
function readFrom(pointer, codec, offset) {
  const head = copyAt(pointer, offset, codec.size);
  const size = codec.sizeAt?.(head, 0) ?? codec.size;
  return codec.decode(size === codec.size ? head : copyAt(pointer, offset, size), 0);
}

// Writes by a codec. Memory of C does not keep strings of script, so members that point to one are refused.
function writeTo(pointer, codec, offset, value, place) {
  const view = new DataView(new ArrayBuffer(codec.sizeFor?.(value) ?? codec.size));
  codec.encode(value, view, 0, { place, kept: null }, "", "");
  binding.store(pointer, offset, new Uint8Array(view.buffer));
}

// Reads a value of a type at a pointer, or among bytes.
function read(memory, type, offset = 0) {
  requireMemory();
  const codec = codecOf(typeFrom(type));
  if (isBytes(memory)) return codec.decode(viewOf(memory), offset);
  return readFrom(asPointer(memory), codec, offset);
}

// Writes a value of a type at a pointer, or among bytes.
function write(memory, type, value, offset = 0) {
  requireMemory();
  const resolved = typeFrom(type);
  const codec = codecOf(resolved);
  const place = `cannot write ${resolved}`;
  if (isBytes(memory)) return codec.encode(value, viewOf(memory), offset, { place, kept: null }, "", "");
  return writeTo(asPointer(memory), codec, offset, value, place);
}

// Reads a string at a pointer: up to its zero, or at most `length` units.
function string(memory, { length = -1, encoding = "utf8", offset = 0 } = {}) {
  if (memory === null) return null;
  requireMemory();
  if (isBytes(memory)) {
    const room = memory.byteLength - offset;
    const unit = { utf16: 2, utf32: 4 }[encoding] ?? 1;
    const units = Math.floor(room / unit);
    return binding.string(binding.pointerOf(memory), offset, length < 0 ? units : Math.min(length, units), encoding);
  }
  return binding.string(asPointer(memory), offset, length, encoding);
}

const sizeof = (type) => typeFrom(type).size;
const alignof = (type) => typeFrom(type).align;

// The offset of a member, or of a member of a member: `offsetof(line, "to.x")`.
function offsetof(type, path) {
  let [at, inside] = [0, typeFrom(type)];
  for (const name of path.split(".")) {
    const field = fieldOf(inside, name);
    if (field === undefined) throw new TypeError(`${inside} does not have a member ${JSON.stringify(name)}`);
    at += field.offset;
    inside = field.type;
  }
  return at;
}

// Members of structs without a name are members of the struct around it.
function fieldOf(type, name) {
  for (const field of type.fields ?? []) {
    if (field.name === name) return field;
    const inner = field.name === null ? fieldOf(field.type, name) : undefined;
    if (inner !== undefined) return { offset: field.offset + inner.offset, type: inner.type };
  }
}

// Memory of C for values of a type, or of this many bytes. It is zeroed, and stays until it is freed.
function alloc(type, count = 1) {
  const size = typeof type === "number" ? type : sizeof(type) * count;
  return binding.alloc(size);
}

// Memory of C with a string and the zero behind it.
function allocString(text, type = "char") {
  const encoding = encodingOf(typeFrom(type));
  if (typeof text !== "string") throw new TypeError(`allocString: ${expected("a string", text)}`);
  if (encoding === undefined) throw new TypeError(`allocString: ${typeFrom(type)} is not a type of characters`);
  const bytes = terminated(text, encoding);
  const pointer = binding.alloc(bytes.length);
  binding.store(pointer, 0, bytes);
  return pointer;
}

function free(pointer) {
  requireMemory();
  binding.free(asPointer(pointer));
}

// Bytes for one value of a type, which a pointer among arguments leads to. `value` reads and writes it.
function out(type, value) {
  const resolved = typeFrom(type);
  if (holdsPointers(resolved)) requireMemory();
  const codec = codecOf(resolved);
  const cell = new Cell(codec, codec.sizeFor?.(value) ?? codec.size, `cannot write ${resolved}`);
  if (value !== undefined) cell.value = value;
  return cell;
}

// True if a value leads to other memory.
function holdsPointers(type) {
  if (type.kind === "array") return holdsPointers(type.element);
  return type.isRecord ? type.fields.some((field) => holdsPointers(field.type)) : type.isPointer;
}

module.exports = {
  alignof,
  alloc,
  allocString,
  asPointer,
  free,
  offsetof,
  out,
  read,
  readFrom,
  sizeof,
  string,
  viewOf,
  write,
  writeTo,
};
