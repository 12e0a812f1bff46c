// The FFI part of the `Deno` namespace, on the functions of ffi.rs.
((native) => {
  "use strict";

  // What script may change is taken before it runs.
  const { apply } = Reflect;
  const { isView } = ArrayBuffer;
  const getter = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get;
  const lengths = [ArrayBuffer, SharedArrayBuffer].map((type) => getter(type, "byteLength"));
  const isBuffer = (value) =>
    isView(value) || lengths.some((length) => {
      try {
        return apply(length, value, []) >= 0;
      } catch {
        return false;
      }
    });
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

  // An array that script's own changes of arrays do not reach.
  const list = (values, of) => Object.setPrototypeOf(Array.from(values, of), null);

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
      const copy = Array.isArray(fields) ? { __proto__: null, struct: list(fields, plain) } : type;
      seen.pop();
      return copy;
    };
    if (value === null || typeof value !== "object") throw new TypeError(`Invalid FFI ${what}, expected an object`);
    const copy = { __proto__: null };
    for (const key of ["name", "optional", "nonblocking"]) {
      if (value[key] !== undefined) copy[key] = value[key];
    }
    if ("type" in value) {
      copy.type = plain(value.type);
    } else {
      if (value.parameters !== undefined) copy.parameters = list(value.parameters, plain);
      if (value.result !== undefined) copy.result = plain(value.result);
    }
    return copy;
  }

  // Offsets and lengths, as bytes.
  function toBytes(value) {
    if (typeof value === "bigint") return Number(value);
    if (typeof value !== "number") throw new TypeError(`Expected a number of bytes, not ${typeof value}`);
    return Math.trunc(value) || 0;
  }

  function toPath(path) {
    if (typeof path === "string") return path;
    if (typeof URL === "undefined" || !(path instanceof URL)) throw new TypeError("Expected a path or a file URL");
    if (path.protocol !== "file:") throw new TypeError("Must be a file URL");
    if (path.hostname !== "") throw new TypeError("Host must be empty");
    return decodeURIComponent(path.pathname.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
  }

  class DynamicLibrary {
    #number;
    constructor(path, symbols) {
      path = toPath(path);
      const [what, allowed] = native.resolve(path);
      if (!allowed) throw new NotCapable(`Requires ffi access to "${what}", run again with the --allow-ffi flag`);
      const declarations = { __proto__: null };
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
      if (typeof value === "number" && Number.isInteger(value)) value = BigInt(value);
      if (typeof value !== "bigint") throw new TypeError("Invalid address, expected a bigint");
      return native.pointer(value);
    }
    static equals(a, b) {
      check();
      return native.address(a) === native.address(b);
    }
    static of(value) {
      check();
      if (value instanceof UnsafeCallback) return value.pointer;
      if (!isBuffer(value)) {
        const expected = "'ArrayBuffer', 'SharedArrayBuffer', 'ArrayBufferView' or 'UnsafeCallback'";
        throw new TypeError(`Cannot access pointer: expected ${expected}, received ${typeof value}`);
      }
      return native.addressOfBytes(isView(value) ? value : new Uint8Array(value));
    }
    static offset(value, offset) {
      check();
      return native.offset(value, toBytes(offset));
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
      return UnsafePointerView.getCString(this.pointer, offset);
    }
    getArrayBuffer(byteLength, offset = 0) {
      return UnsafePointerView.getArrayBuffer(this.pointer, byteLength, offset);
    }
    copyInto(destination, offset = 0) {
      UnsafePointerView.copyInto(this.pointer, destination, offset);
    }
    static getCString(pointer, offset = 0) {
      check();
      return native.readString(pointer, toBytes(offset));
    }
    static getArrayBuffer(pointer, byteLength, offset = 0) {
      check();
      return native.arrayBuffer(pointer, toBytes(byteLength), toBytes(offset));
    }
    static copyInto(pointer, destination, offset = 0) {
      check();
      native.copyInto(pointer, destination, toBytes(offset));
    }
  }
  const readers = {
    getBool: "bool", getInt8: "i8", getUint8: "u8", getInt16: "i16", getUint16: "u16", getInt32: "i32", getUint32: "u32",
    getBigInt64: "i64", getBigUint64: "u64", getFloat32: "f32", getFloat64: "f64", getPointer: "pointer",
  };
  for (const [name, type] of Object.entries(readers)) {
    const value = { [name](offset = 0) {
      check();
      return native.read(this.pointer, type, toBytes(offset));
    } }[name];
    Object.defineProperty(UnsafePointerView.prototype, name, { value, configurable: true, writable: true });
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
      const plain = definition(declaration, "definition");
      if (plain.nonblocking) throw new TypeError("Cannot construct UnsafeCallback: cannot be nonblocking");
      if (typeof callback !== "function") throw new TypeError("Cannot construct UnsafeCallback: expected a function");
      const [number, pointer] = native.callback(JSON.stringify(plain), callback);
      this.#number = number;
      this.definition = declaration;
      this.callback = callback;
      this.pointer = pointer;
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

  // Buffers whose bytes stay while C works on them (buffers.rs).
  const { prototype } = ArrayBuffer;
  for (const name of ["transfer", "transferToFixedLength", "transferToImmutable"]) {
    const value = { [name](...args) {
      return native.giveAway(name, this, args[0]);
    } }[name];
    Object.defineProperty(prototype, name, { value });
  }
  Object.defineProperties(native.ArrayBuffer, Object.getOwnPropertyDescriptors(ArrayBuffer));
  Object.defineProperty(prototype, "constructor", { value: native.ArrayBuffer });
  globalThis.ArrayBuffer = native.ArrayBuffer;

  Object.assign(Deno, {
    dlopen: (path, symbols) => new DynamicLibrary(path, symbols),
    UnsafePointer, UnsafePointerView, UnsafeFnPointer, UnsafeCallback,
  });
  Object.assign(Deno.errors, { NotCapable });
})
