// TextEncoder and TextDecoder.
((native, internals, script) => {
  "use strict";
  const { TypeError, RangeError } = script;
  const { give, define } = internals;
  const labels = {
    "utf-8": ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"],
    "utf-16le": ["csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff", "utf-16", "utf-16le"],
  };

  function bytesOf(input) {
    if (input === undefined) return new Uint8Array();
    const bytes = internals.bytesOf(input);
    if (bytes !== undefined) return bytes;
    throw new TypeError(
      "Failed to execute 'decode' on 'TextDecoder': " +
        "Argument 1 is not an ArrayBuffer, SharedArrayBuffer, or a view on one",
    );
  }

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return give(native.encode(String(text).toWellFormed()));
    }
    encodeInto(text, destination) {
      text = String(text).toWellFormed();
      const bytes = native.encode(text);
      const to = internals.bytesOf(destination);
      if (to === undefined) throw new TypeError("Argument 2 is not a Uint8Array");
      let written = Math.min(bytes.length, to.length);
      // Not in the middle of a character.
      while (written < bytes.length && (bytes[written] & 0xc0) === 0x80) written--;
      to.set(bytes.subarray(0, written));
      const read = written === bytes.length
        ? text.length
        : native.decode(bytes.slice(0, written), false, true)[0].length;
      return give({ read, written });
    }
    get [Symbol.toStringTag]() {
      return "TextEncoder";
    }
    [Symbol.for("Deno.customInspect")](inspect, options) {
      return `TextEncoder ${inspect({ encoding: this.encoding }, options)}`;
    }
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #rest = new Uint8Array(); // the start of a character whose end is still to come
    #started = false;
    constructor(label = "utf-8", options = {}) {
      const name = String(label).trim().toLowerCase();
      this.#encoding = Object.keys(labels).find((encoding) => labels[encoding].includes(name));
      if (this.#encoding === undefined) throw new RangeError(`The encoding label provided ('${label}') is invalid.`);
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    decode(input, options = {}) {
      const last = !options?.stream;
      const more = bytesOf(input);
      const bytes = new Uint8Array(this.#rest.length + more.length);
      bytes.set(this.#rest);
      bytes.set(more, this.#rest.length);
      this.#rest = new Uint8Array();
      const decode = this.#encoding === "utf-8" ? native.decode : native.decode16;
      const [text, used] = decode(bytes, this.#fatal, last) ?? [];
      if (text === undefined) {
        this.#started = false;
        throw new TypeError("The encoded data is not valid");
      }
      this.#rest = bytes.slice(used);
      const skip = !this.#started && !this.#ignoreBOM && text.startsWith("\ufeff");
      this.#started = !last && (this.#started || text !== "");
      return skip ? text.slice(1) : text;
    }
    get [Symbol.toStringTag]() {
      return "TextDecoder";
    }
    [Symbol.for("Deno.customInspect")](inspect, options) {
      const { encoding, fatal, ignoreBOM } = this;
      return `TextDecoder ${inspect({ encoding, fatal, ignoreBOM }, options)}`;
    }
  }

  // Converts texts to bytes and back, for the other scripts.
  const decoder = (bytes) => native.decode(bytes, false, true)[0];
  Object.assign(internals, { encode: native.encode, decode: decoder });
  for (const value of [TextEncoder, TextDecoder]) define(value.name, value);
});
