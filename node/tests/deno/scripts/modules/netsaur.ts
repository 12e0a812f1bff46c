// A module in the style of netsaur's CPU backend: numbers in typed arrays, and memory that C asks script for.

import process from "node:process";

const symbols = {
  ffi_backend_create: { parameters: ["buffer", "usize", "pointer"], result: "usize" },
  ffi_backend_train: { parameters: ["usize", "buffer", "usize", "buffer", "usize"], result: "void" },
  ffi_backend_predict: { parameters: ["usize", "buffer", "usize", "buffer"], result: "void" },
  ffi_backend_save: { parameters: ["usize", "pointer"], result: "void" },
  ffi_backend_load: { parameters: ["buffer", "usize", "pointer"], result: "usize" },
} as const;

export type Library = Deno.DynamicLibrary<typeof symbols>;

/** Memory whose size C chooses. */
class Buffer {
  buffer = new Uint8Array();
  allocBuffer = new Deno.UnsafeCallback({ parameters: ["usize"], result: "buffer" } as const, (length) => {
    this.buffer = new Uint8Array(Number(length));
    return this.buffer;
  }).pointer;
}

const encodeJSON = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

interface DataSet {
  inputs: number[];
  outputs: number[];
}

export class CPUBackend {
  library: Library;
  outputShape: number[];
  #id: bigint;

  constructor(library: Library, outputShape: number[], id: bigint) {
    this.library = library;
    this.outputShape = outputShape;
    this.#id = id;
  }

  static create(config: object, library: Library): CPUBackend {
    const buffer = encodeJSON(config);
    const shape = new Buffer();
    const id = library.symbols.ffi_backend_create(buffer, BigInt(buffer.length), shape.allocBuffer);
    return new CPUBackend(library, Array.from(new Uint32Array(shape.buffer.buffer)), id);
  }

  train({ inputs, outputs }: DataSet, epochs: number, rate: number): void {
    const data = Float32Array.from(inputs.flatMap((input, i) => [input, outputs[i]!]));
    const options = Float32Array.of(epochs, rate);
    this.library.symbols.ffi_backend_train(this.#id, data, BigInt(inputs.length), options, BigInt(options.length));
  }

  // deno-lint-ignore require-await
  async predict(inputs: number[]): Promise<number[]> {
    const output = new Float32Array(inputs.length);
    const data = Float32Array.from(inputs);
    this.library.symbols.ffi_backend_predict(this.#id, data, BigInt(data.length), output);
    return Array.from(output);
  }

  save(): Uint8Array {
    const saved = new Buffer();
    this.library.symbols.ffi_backend_save(this.#id, saved.allocBuffer);
    return saved.buffer;
  }

  static load(buffer: Uint8Array, library: Library): CPUBackend {
    const shape = new Buffer();
    const id = library.symbols.ffi_backend_load(
      buffer as Uint8Array<ArrayBuffer>,
      BigInt(buffer.length),
      shape.allocBuffer,
    );
    return new CPUBackend(library, Array.from(new Uint32Array(shape.buffer.buffer)), id);
  }
}

const library = Deno.dlopen(process.argv[2]!, symbols);
const network = CPUBackend.create({ size: [4, 1], layers: ["dense"], cost: "mse" }, library);
console.log("shape", network.outputShape.join(), network.outputShape.length);
network.train({ inputs: [0, 1, 2, 3], outputs: [1, 3, 5, 7] }, 2000, 0.05);
const round = (numbers: number[]) => numbers.map((number) => number.toFixed(2)).join(" ");
console.log("predicted", round(await network.predict([4, 5, -1])));
const saved = network.save();
console.log("saved", saved.constructor.name, saved.length);
const restored = CPUBackend.load(saved, library);
console.log(
  "restored",
  round(await restored.predict([10])),
  (await restored.predict([2]))[0] === (await network.predict([2]))[0],
);
library.close();
