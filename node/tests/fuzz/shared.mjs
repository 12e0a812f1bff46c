// The memory that the callees share with script.

import { binding } from "../this_runtime.mjs";
import { MEMORY_BYTES, MOST_BYTES, MOST_PARAMETERS, memory } from "./callees.mjs";

export const memoryAt = (pointer, length) => new Uint8Array(binding.arrayBuffer(pointer, length));

export class Shared {
  #bytes;
  #view;

  constructor(pointer) {
    this.#bytes = memoryAt(pointer, MEMORY_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get calls() {
    return this.#view.getBigUint64(memory.calls.offset, true);
  }

  set errno(number) {
    this.#view.setInt32(memory.errno.offset, number, true);
  }

  set reply(bytes) {
    this.#bytes.set(bytes, memory.reply.offset);
  }

  // Tells C what it may read and write behind each parameter.
  allow(index, length, writes) {
    this.#bytes[memory.lengths.offset + index] = length;
    this.#bytes[memory.writes.offset + index] = writes;
  }

  // C leaves all memory behind pointers alone.
  forbid() {
    for (let index = 0; index < MOST_PARAMETERS; index++) this.allow(index, 0, false);
  }

  seen(index, size) {
    const begin = memory.seen.offset + index * 128;
    return this.#bytes.slice(begin, begin + size);
  }

  behind(index, length) {
    const begin = memory.behind.offset + index * MOST_BYTES;
    return this.#bytes.slice(begin, begin + length);
  }
}
