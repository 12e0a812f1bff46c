// Random signatures, and a C library of functions that have them.
//
// A function copies what it was given to `seen`: each argument, and the bytes behind each pointer. It returns the bytes
// of `reply`. So script sees every byte that C has got, and decides every byte that C returns.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cText, isAggregate, pointers, randomAggregate, scalars } from "./types.mjs";

export const MOST_PARAMETERS = 20;

// The most bytes that are copied from behind a pointer.
export const MOST_BYTES = 64;

// The memory that script and C share.
export const memory = {
  calls: { offset: 0, c: "uint64_t" },
  errno: { offset: 8, c: "int32_t" },
  // How many bytes to copy from behind the pointer of each parameter.
  lengths: { offset: 16 },
  // 1 for each parameter whose first byte C adds 1 to.
  writes: { offset: 40 },
  reply: { offset: 64 },
  behind: { offset: 512 },
  seen: { offset: 512 + MOST_PARAMETERS * MOST_BYTES },
};
export const MEMORY_BYTES = memory.seen.offset + MOST_PARAMETERS * 128;

const plain = Object.values(scalars);
const addresses = Object.values(pointers);

function parameter(random) {
  switch (random.below(8)) {
    case 0:
      return randomAggregate(random);
    case 1:
    case 2:
    case 3:
      return random.pick(addresses.slice(0, 3));
    case 4:
      return random.once(4) ? pointers.function : random.pick(plain);
    default:
      return random.pick(plain);
  }
}

function result(random) {
  if (random.once(8)) return null;
  if (random.once(4)) return randomAggregate(random);
  return random.once(6) ? pointers.pointer : random.pick(plain);
}

function signature(random, index) {
  // Most functions have few parameters, and some as many as are possible.
  const count = random.once(4) ? random.between(0, MOST_PARAMETERS) : random.between(0, 6);
  return {
    key: `f${index}`,
    parameters: Array.from({ length: count }, () => parameter(random)),
    result: result(random),
    callsBack: random.once(6),
    errno: random.once(12),
  };
}

export const signatures = (random, count) => Array.from({ length: count }, (_, index) => signature(random, index));

// The declarations in hotcall's JSON form.
export function declarations(list) {
  const declare = ({ parameters, result, errno }) => ({
    parameters: parameters.map((type) => type.declaration),
    result: result?.declaration ?? "void",
    ...(errno && { errno }),
  });
  return JSON.stringify(Object.fromEntries(list.map((item) => [item.key, declare(item)])));
}

// C returns narrow integers and `_Bool` in a register whose other bits have no meaning. These callees fill them.
const resultC = (type) => (["integer", "bool"].includes(type.kind) ? "uint64_t" : cText(type));

function callee({ key, parameters, result }) {
  const types = parameters.map((type, index) =>
    isAggregate(type) ? `typedef ${cText(type)} ${key}_p${index};\n` : "",
  );
  const named = parameters.map((type, index) => `${isAggregate(type) ? `${key}_p${index}` : type.c} p${index}`);
  const copies = parameters.map((type, index) => {
    const isPointer = type.kind in pointers;
    return (
      `  memcpy(shared + SEEN + ${index * 128}, &p${index}, sizeof p${index});\n` +
      (isPointer ? `  behind(${index}, p${index});\n` : "")
    );
  });
  const writes = parameters.map((type, index) => (type.kind in pointers ? `  write(${index}, p${index});\n` : ""));
  const returned = result ? `typedef ${resultC(result)} ${key}_r;\n` : "";
  const replies = result ? `  ${key}_r reply;\n  memcpy(&reply, shared + REPLY, sizeof reply);\n  return reply;\n` : "";
  return `${types.join("")}${returned}${result ? `${key}_r` : "void"} ${key}(${named.join(", ") || "void"}) {
  begin();
${copies.join("")}${writes.join("")}${replies}}
`;
}

export const cSource = (list) => `#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { REPLY = ${memory.reply.offset}, SEEN = ${memory.seen.offset}, MOST_BYTES = ${MOST_BYTES} };
_Alignas(64) uint8_t shared[${MEMORY_BYTES}];

static void begin(void) {
  ++*(uint64_t *)(shared + ${memory.calls.offset});
  errno = *(int32_t *)(shared + ${memory.errno.offset});
}
static void behind(int index, const uint8_t *from) {
  memcpy(shared + ${memory.behind.offset} + index * MOST_BYTES, from, shared[${memory.lengths.offset} + index]);
}
static void write(int index, uint8_t *to) {
  if (shared[${memory.writes.offset} + index]) ++*to;
}

${list.map(callee).join("\n")}`;

// Compiles a library into `folder`. Processes may do so at once: each one renames a file of its own.
export function compile(list, folder) {
  const source = cSource(list);
  const name = join(folder, `fuzz-${createHash("sha256").update(source).digest("hex").slice(0, 16)}`);
  const library = `${name}.so`;
  if (!existsSync(library)) {
    mkdirSync(folder, { recursive: true });
    const made = `${name}.${process.pid}`;
    writeFileSync(`${made}.c`, source);
    execFileSync("cc", ["-std=c11", "-O1", "-w", "-shared", "-fPIC", "-o", made, `${made}.c`]);
    rmSync(`${made}.c`);
    renameSync(made, library);
  }
  return library;
}
