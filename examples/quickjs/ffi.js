// The FFI part of the `Deno` namespace, on the functions of ffi.rs.
((native) => {
  "use strict";

  const isView = ArrayBuffer.isView;
  const isBuffer = (value) =>
    value instanceof ArrayBuffer || isView(value) ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
  const kept = new WeakMap(); // pointer → what it points into

  class NotCapable extends Error {
    get name() {
      return "NotCapable";
    }
  }

  function check() {
    if (!native.allowsPointers()) {
      throw new NotCapable("Requires ffi access, run again with the --allow-ffi flag");
    }
  }

  function definition(value, what) {
    const seen = [];
    const plain = (type) => {
      if (type === null || typeof type !== "object") return type;
      if (seen.includes(type)) throw new TypeError("Recursive struct definition");
      seen.push(type);
      const fields = type.struct;
      if (Array.isArray(fields) && fields.length === 0) {
        throw new TypeError("Struct must have at least one field");
      }
      const copy = Array.isArray(fields) ? { struct: Array.from(fields, plain) } : type;
      seen.pop();
      return copy;
    };
    if (value === null || typeof value !== "object") throw new TypeError(`Invalid FFI ${what}, expected an object`);
    const copy = {};
    for (const key of ["name", "optional", "nonblocking"]) {
      if (value[key] !== undefined) copy[key] = value[key];
    }
    if ("type" in value) {
      copy.type = plain(value.type);
    } else {
      copy.parameters = Array.from(value.parameters ?? [], plain);
      copy.result = plain(value.result ?? "void");
    }
    return copy;
  }

  function toPath(path) {
    if (typeof path === "string") return path;
    if (path instanceof URL) {
      if (path.protocol !== "file:") throw new TypeError("Must be a file URL.");
      return decodeURIComponent(path.pathname);
    }
    throw new TypeError("Expected a path or a file URL");
  }

  class DynamicLibrary {
    #number;
    constructor(path, symbols) {
      path = toPath(path);
      const [what, allowed] = native.resolve(path);
      if (!allowed) throw new NotCapable(`Requires ffi access to ${what}, run again with the --allow-ffi flag`);
      const declarations = {};
      for (const key of Object.keys(symbols)) declarations[key] = definition(symbols[key], `symbol '${key}'`);
      const [number, functions] = native.open(path, JSON.stringify(declarations));
      this.#number = number;
      this.symbols = functions;
    }
    close() {
      native.close(this.#number);
    }
    [Symbol.dispose]() {
      this.close();
    }
  }

  class UnsafePointer {
    static create(value) {
      check();
      return native.pointer(value);
    }
    static equals(a, b) {
      check();
      return native.address(a) === native.address(b);
    }
    static of(value) {
      check();
      if (value instanceof UnsafeCallback) return value.pointer;
      if (!isBuffer(value)) throw new TypeError("Expected ArrayBuffer, ArrayBufferView or UnsafeCallback");
      const pointer = native.addressOfBytes(value);
      if (pointer !== null) kept.set(pointer, value);
      return pointer;
    }
    static offset(value, offset) {
      check();
      const address = native.address(value);
      if (address === 0n) throw new TypeError("Cannot offset a null pointer");
      const pointer = native.pointer(BigInt.asUintN(64, address + BigInt(offset)));
      if (pointer !== null && kept.has(value)) kept.set(pointer, kept.get(value));
      return pointer;
    }
    static value(value) {
      check();
      return native.address(value);
    }
  }

  class UnsafePointerView {
    constructor(pointer) {
      check();
      this.pointer = pointer;
    }
    getCString(offset = 0) {
      return native.readString(this.pointer, offset);
    }
    getArrayBuffer(byteLength, offset = 0) {
      return native.arrayBuffer(this.pointer, byteLength, offset);
    }
    copyInto(destination, offset = 0) {
      native.copyInto(this.pointer, destination, offset);
    }
    static getCString(pointer, offset = 0) {
      check();
      return native.readString(pointer, offset);
    }
    static getArrayBuffer(pointer, byteLength, offset = 0) {
      check();
      return native.arrayBuffer(pointer, byteLength, offset);
    }
    static copyInto(pointer, destination, offset = 0) {
      check();
      native.copyInto(pointer, destination, offset);
    }
  }
  const readers = {
    getBool: "bool", getInt8: "i8", getUint8: "u8", getInt16: "i16", getUint16: "u16", getInt32: "i32", getUint32: "u32",
    getBigInt64: "i64", getBigUint64: "u64", getFloat32: "f32", getFloat64: "f64", getPointer: "pointer",
  };
  for (const [name, type] of Object.entries(readers)) {
    Object.defineProperty(UnsafePointerView.prototype, name, {
      value(offset = 0) {
        return native.read(this.pointer, type, offset);
      },
      configurable: true,
      writable: true,
    });
  }

  class UnsafeFnPointer {
    #function;
    constructor(pointer, declaration) {
      check();
      this.pointer = pointer;
      this.definition = declaration;
      this.#function = native.functionAt(pointer, JSON.stringify(definition(declaration, "definition")));
    }
    call(...args) {
      return this.#function(...args);
    }
  }

  class UnsafeCallback {
    #number;
    #count = 0;
    constructor(declaration, callback) {
      check();
      if (declaration.nonblocking) throw new TypeError("Invalid UnsafeCallback, cannot be nonblocking");
      if (typeof callback !== "function") throw new TypeError("Invalid UnsafeCallback, expected a function");
      const [number, pointer] = native.callback(JSON.stringify(definition(declaration, "definition")), callback);
      this.#number = number;
      this.pointer = pointer;
      this.definition = declaration;
      this.callback = callback;
    }
    static threadSafe(declaration, callback) {
      const made = new UnsafeCallback(declaration, callback);
      made.ref();
      return made;
    }
    ref() {
      if (this.#number !== null && this.#count++ === 0) native.reference(true);
      return this.#count;
    }
    unref() {
      if (this.#count > 0 && --this.#count === 0) native.reference(false);
      return this.#count;
    }
    close() {
      if (this.#number === null) return;
      if (this.#count > 0) native.reference(false);
      this.#count = 0;
      native.closeCallback(this.#number);
      this.#number = null;
    }
  }

  Object.assign(Deno, {
    dlopen: (path, symbols) => new DynamicLibrary(path, symbols),
    UnsafePointer, UnsafePointerView, UnsafeFnPointer, UnsafeCallback,
  });
  Object.assign(Deno.errors, { NotCapable });
})
