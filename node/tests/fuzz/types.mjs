// Types of C by value: random ones, their layouts, their declarations and their C text.

const integer = (size, signed, c) => ({ kind: "integer", size, align: size, signed, c });

export const scalars = {
  i8: integer(1, true, "int8_t"),
  u8: integer(1, false, "uint8_t"),
  i16: integer(2, true, "int16_t"),
  u16: integer(2, false, "uint16_t"),
  i32: integer(4, true, "int32_t"),
  u32: integer(4, false, "uint32_t"),
  i64: integer(8, true, "int64_t"),
  u64: integer(8, false, "uint64_t"),
  isize: integer(8, true, "intptr_t"),
  usize: integer(8, false, "uintptr_t"),
  bool: { kind: "bool", size: 1, align: 1, c: "_Bool" },
  f32: { kind: "float", size: 4, align: 4, c: "float" },
  f64: { kind: "float", size: 8, align: 8, c: "double" },
};

const address = (kind, declaration) => ({ kind, size: 8, align: 8, c: "uint8_t *", declaration });

export const pointers = {
  pointer: address("pointer", "pointer"),
  buffer: address("buffer", "buffer"),
  text: address("text", { pointer: "char" }),
  function: address("function", { function: { parameters: ["i32"], result: "i32" } }),
};

for (const [name, type] of Object.entries(scalars)) Object.assign(type, { name, declaration: name });
for (const [name, type] of Object.entries(pointers)) type.name = name;

const roundUp = (size, align) => Math.ceil(size / align) * align;

// A struct or a union of members, which begin at `offset`.
function aggregate(kind, types) {
  let size = 0;
  const align = Math.max(...types.map((type) => type.align));
  const members = types.map((type) => {
    const offset = kind === "union" ? 0 : roundUp(size, type.align);
    size = Math.max(size, offset + type.size);
    return { type, offset };
  });
  const declaration = { [kind]: types.map((type) => type.declaration) };
  return { kind, name: kind, members, size: roundUp(size, align), align, declaration };
}

const array = (element, length) => ({
  kind: "array",
  element,
  length,
  size: element.size * length,
  align: element.align,
  declaration: { array: element.declaration, length },
});

const scalarOrPointer = [...Object.values(scalars), pointers.pointer];

function member(random, depth) {
  if (depth < 3 && random.once(6)) return randomAggregate(random, depth + 1);
  if (random.once(8))
    return array(
      random.once(4) && depth < 3 ? randomAggregate(random, 3) : random.pick(scalarOrPointer),
      random.between(1, 4),
    );
  return random.pick(scalarOrPointer);
}

// A random struct or union of at most 128 bytes.
export function randomAggregate(random, depth = 0) {
  for (;;) {
    const types = Array.from({ length: random.between(1, depth === 0 ? 6 : 3) }, () => member(random, depth));
    const type = aggregate(random.once(5) ? "union" : "struct", types);
    if (type.size <= 128) return type;
  }
}

// True for structs and unions, which script passes as bytes.
export const isAggregate = (type) => type.kind === "struct" || type.kind === "union";

// Marks in `mask` the bytes that carry a value: all but padding, which C may change.
function mark(type, mask, offset) {
  if (type.members) {
    for (const { type: inner, offset: at } of type.members) mark(inner, mask, offset + at);
  } else if (type.element) {
    for (let index = 0; index < type.length; index++) mark(type.element, mask, offset + index * type.element.size);
  } else {
    mask.fill(1, offset, offset + type.size);
  }
}

export function valueMask(type) {
  const mask = new Uint8Array(type.size);
  mark(type, mask, 0);
  return mask;
}

// The declarator of a member: C has the length of an array behind its name.
function declarator(type, name, inside) {
  return type.element ? declarator(type.element, `${name}[${type.length}]`, inside) : `${cText(type, inside)} ${name}`;
}

// The C text of a type.
export function cText(type, indent = "") {
  if (!type.members) return type.c;
  const inside = `${indent}  `;
  const members = type.members.map((member, index) => `${inside}${declarator(member.type, `m${index}`, inside)};\n`);
  return `${type.kind} {\n${members.join("")}${indent}}`;
}
