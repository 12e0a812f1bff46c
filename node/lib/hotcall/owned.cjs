"use strict";
// Pointers with an owner, who gives the memory back: by `using`, by `dispose`, or when the collector finds the owner.

const { emitWarning } = require("node:process");
const binding = require("../binding.cjs");
const { pointerKey } = require("./pointers.cjs");

// The owners of pointer objects. So an owner lives as long as its pointer is in use.
const owners = new WeakMap();

const collected = new FinalizationRegistry(({ address, free }) => {
  try {
    free(binding.pointer(address));
  } catch (error) {
    emitWarning(error);
  }
});

class Owned {
  #pointer;
  #free;
  // Buffers that show the memory.
  #views = new Set();
  constructor(pointer, free) {
    if (!binding.isPointer(pointer)) throw new TypeError("owned: argument 1 is not a pointer");
    if (typeof free !== "function") throw new TypeError("owned: argument 2 is not a function that frees the pointer");
    if (owners.get(pointer)?.isDisposed === false) throw new TypeError("owned: the pointer has an owner");
    this.#pointer = pointer;
    this.#free = free;
    owners.set(pointer, this);
    collected.register(this, { address: binding.address(pointer), free }, this);
  }

  get isDisposed() {
    return this.#pointer === null;
  }

  get pointer() {
    if (this.#pointer === null) throw new Error("the memory was given back");
    return this.#pointer;
  }

  get [pointerKey]() {
    return this.pointer;
  }

  // Gives up the ownership: script or C frees the memory in some other way. Returns the pointer.
  release() {
    const { pointer } = this;
    collected.unregister(this);
    owners.delete(pointer);
    this.#pointer = null;
    return pointer;
  }

  // Frees the memory, and detaches the views of it.
  dispose() {
    if (this.#pointer === null) return;
    const pointer = this.release();
    for (const view of this.#views) detachBuffer(view.deref());
    this.#views.clear();
    this.#free(pointer);
  }

  [Symbol.dispose]() {
    this.dispose();
  }

  // Remembers a buffer that shows the memory, until it is collected.
  static show(owner, buffer) {
    const view = new WeakRef(buffer);
    owner.#views.add(view);
    shown.register(buffer, { owner, view });
  }
  static forget({ owner, view }) {
    owner.#views.delete(view);
  }
}

const { show, forget } = Owned;
delete Owned.show;
delete Owned.forget;
const shown = new FinalizationRegistry(forget);

function detachBuffer(buffer) {
  if (buffer !== undefined && !buffer.detached) buffer.transfer();
}

module.exports = { Owned, detachBuffer, owners, show };
