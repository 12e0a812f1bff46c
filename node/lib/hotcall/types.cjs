"use strict";
// C's types as script sees them: made of the binding's descriptions, with the names of one text of declarations.

const { scalars } = require("./scalars.cjs");

const POINTER_SIZE = 8;

class CType {
  #names;
  #to;
  #target;
  #signature;
  // `description` is what the binding says of a type, `names` the types that its text declares.
  constructor(description, names) {
    this.#names = names;
    this.#to = description.to;
    this.kind = description.kind;
    if (description.c != null) this.c = description.c;
    if (description.name != null) this.name = description.name;
    const inner = (type) => new CType(type, names);
    switch (description.kind) {
      case "struct":
      case "union":
        this.size = description.size;
        this.align = description.align;
        this.fields = description.fields.map(({ name, offset, type, constant }) => {
          return Object.freeze({ name, offset, type: inner(type), constant });
        });
        break;
      case "array":
        this.element = inner(description.element);
        this.length = description.length;
        this.flexible = description.flexible === true;
        if (description.countedBy != null) this.countedBy = description.countedBy;
        this.size = this.flexible ? 0 : this.element.size * this.length;
        this.align = this.element.align;
        break;
      case "pointer":
      case "buffer":
      case "text":
      case "function":
        this.size = this.align = POINTER_SIZE;
        this.constant = description.constant === true;
        for (const key of ["direction", "length", "freedBy"]) {
          if (description[key] != null) this[key] = description[key];
        }
        break;
      default:
        this.size = this.align = scalars[description.kind].size;
    }
    Object.freeze(this);
  }

  // The type that a pointer leads to. Undefined for `void`, functions, and structs without members.
  get target() {
    const to = this.#to;
    if (to == null || to === "void" || to.function !== undefined) return undefined;
    return (this.#target ??= to.named === undefined ? new CType(to, this.#names) : this.#names.get(to.named));
  }

  // The signature of a pointer to a function.
  get signature() {
    const signature = this.#to?.function;
    return signature && (this.#signature ??= Signature.of(signature, this.#names));
  }

  get isPointer() {
    return this.kind === "pointer" || this.kind === "buffer" || this.kind === "text" || this.kind === "function";
  }

  get isRecord() {
    return this.kind === "struct" || this.kind === "union";
  }

  toString() {
    if (this.isRecord) return this.name === undefined ? this.kind : `${this.kind} ${this.name}`;
    if (this.kind === "array") return `${this.element}[${this.flexible ? "" : this.length}]`;
    if (this.kind === "function" || this.kind === "buffer") return this.kind;
    if (!this.isPointer) return this.c ?? this.kind;
    const target = this.#to?.named ?? (this.kind === "text" ? "char" : (this.target ?? "void"));
    return `${this.constant ? "const " : ""}${target} *`;
  }
}

// Parameters and the result of a function. `variadic` is the index of the first variadic argument.
class Signature {
  constructor(parameters, result, variadic) {
    this.parameters = Object.freeze(parameters);
    this.result = result;
    this.variadic = variadic;
    Object.freeze(this);
  }

  // The signature that the binding describes.
  static of({ parameters, result, variadic }, names) {
    const types = parameters.map(({ name, type }) => Object.freeze({ name, type: new CType(type, names) }));
    return new Signature(types, result === null ? undefined : new CType(result, names), variadic ?? undefined);
  }
}

module.exports = { CType, Signature };
