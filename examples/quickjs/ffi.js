// The FFI part of the `Deno` namespace, built from the functions that ffi.rs installs.
((native, internals, script) => {
  "use strict";
  const { Error, TypeError, Deno } = script;
  const { apply, giveAll, isView, bufferClass } = internals;

  const isBuffer = (value) => isView(value) || bufferClass(value) !== undefined;

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

  // An object's own property, or nothing. A property that script adds to `Object.prototype` is not a declaration.
  const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);

  // A copy of script's declaration, for the native functions.
  function definition(value, what) {
    const seen = [];
    const plain = (type) => {
      if (type === null || typeof type !== "object") return type;
      if (seen.includes(type)) throw new TypeError("Recursive struct definition");
      seen.push(type);
      const fields = own(type, "struct");
      if (Array.isArray(fields) && fields.length === 0) {
        throw new TypeError("Struct must have at least one field");
      }
      const copy = Array.isArray(fields) ? { struct: list(fields) } : type;
      seen.pop();
      return copy;
    };
    const list = (types) => (Array.isArray(types) ? internals.list(types).map(plain) : types);
    if (value === null || typeof value !== "object") throw new TypeError(`Invalid FFI ${what}, expected an object`);
    const copy = {};
    for (const key of ["name", "optional", "nonblocking"]) {
      const option = own(value, key);
      if (option !== undefined) copy[key] = option;
    }
    if (Object.hasOwn(value, "type")) {
      copy.type = plain(value.type);
    } else {
      const [parameters, result] = [own(value, "parameters"), own(value, "result")];
      if (parameters !== undefined) copy.parameters = list(parameters);
      if (result !== undefined) copy.result = plain(result);
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
    const url = internals.partsOf(path);
    if (url === undefined) throw new TypeError("Expected a path or a file URL");
    if (url.protocol !== "file:") throw new TypeError("Must be a file URL");
    if (url.hostname !== "") throw new TypeError("Host must be empty");
    return decodeURIComponent(url.pathname.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
  }

  class DynamicLibrary {
    #number;
    symbols;
    constructor(path, symbols) {
      path = toPath(path);
      const refuse = () => {
        throw new NotCapable(`Requires ffi access to "${path}", run again with the --allow-ffi flag`);
      };
      if (!native.allows(path)) refuse();
      if (symbols === null || typeof symbols !== "object") throw new TypeError("Invalid FFI symbols, expected an object");
      const describe = (key, value) => JSON.stringify({ [key]: definition(value, `symbol '${key}'`) });
      const [number, functions] = native.open(path, symbols, describe) ?? refuse();
      this.#number = number;
      this.symbols = functions;
    }
    close() {
      native.close(this.#number);
    }
    [Symbol.dispose]() {
      native.close(this.#number);
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
      if (isCallback(value)) return value.pointer;
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
      return native.address(isCallback(value) ? value.pointer : value);
    }
  }

  const { getCString, getArrayBuffer, copyInto } = {
    getCString(pointer, offset = 0) {
      check();
      return native.readString(pointer, toBytes(offset));
    },
    getArrayBuffer(pointer, byteLength, offset = 0) {
      check();
      return native.arrayBuffer(pointer, toBytes(byteLength), toBytes(offset));
    },
    copyInto(pointer, destination, offset = 0) {
      check();
      native.copyInto(pointer, destination, toBytes(offset));
    },
  };

  class UnsafePointerView {
    pointer;
    constructor(pointer) {
      check();
      this.pointer = pointer;
    }
    getCString(offset = 0) {
      return getCString(this.pointer, offset);
    }
    getArrayBuffer(byteLength, offset = 0) {
      return getArrayBuffer(this.pointer, byteLength, offset);
    }
    copyInto(destination, offset = 0) {
      copyInto(this.pointer, destination, offset);
    }
  }
  for (const [name, value] of Object.entries({ getCString, getArrayBuffer, copyInto })) {
    Object.defineProperty(UnsafePointerView, name, { value, configurable: true, writable: true });
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
    pointer;
    definition;
    constructor(pointer, declaration) {
      check();
      this.pointer = pointer;
      this.definition = declaration;
      this.#function = native.functionAt(pointer, JSON.stringify(definition(declaration, "definition")));
    }
    call(...args) {
      return apply(this.#function, undefined, args);
    }
  }

  class UnsafeCallback {
    #number;
    #count = 0;
    definition;
    callback;
    pointer;
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
      made.#ref();
      return made;
    }
    static is(value) {
      return typeof value === "object" && value !== null && #number in value;
    }
    #ref() {
      if (this.#number !== null && this.#count++ === 0) native.reference(true);
      return this.#count;
    }
    ref() {
      return this.#ref();
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

  const { is: isCallback } = UnsafeCallback;
  delete UnsafeCallback.is;

  // Buffers whose bytes stay in place while C works on them (transfers.rs of the engine).
  const { prototype } = script.ArrayBuffer;
  for (const name of ["transfer", "transferToFixedLength", "transferToImmutable"]) {
    const value = { [name](...args) {
      return native.giveAway(name, this, args[0]);
    } }[name];
    Object.defineProperty(prototype, name, { value: giveAll(value) });
  }
  Object.defineProperties(native.ArrayBuffer, Object.getOwnPropertyDescriptors(script.ArrayBuffer));
  Object.defineProperty(prototype, "constructor", { value: native.ArrayBuffer });
  script.ArrayBuffer = native.ArrayBuffer;

  const dlopen = (path, symbols) => new DynamicLibrary(path, symbols);
  const members = { dlopen, UnsafePointer, UnsafePointerView, UnsafeFnPointer, UnsafeCallback };
  giveAll([DynamicLibrary, NotCapable, ...Object.values(members)]);
  Object.assign(Deno, members);
  Deno.errors.NotCapable = NotCapable;
})
