// A module in the style of webview_deno: a class over the C library webview, with callbacks that its main loop calls.

import process from "node:process";

const encode = (text: string) => new TextEncoder().encode(`${text}\0`);

const lib = Deno.dlopen(
  process.argv[2]!,
  {
    "webview_create": { parameters: ["i32", "pointer"], result: "pointer" },
    "webview_destroy": { parameters: ["pointer"], result: "void" },
    "webview_run": { parameters: ["pointer"], result: "void" },
    "webview_terminate": { parameters: ["pointer"], result: "void" },
    "webview_set_title": { parameters: ["pointer", "buffer"], result: "void" },
    "webview_set_size": { parameters: ["pointer", "i32", "i32", "i32"], result: "void" },
    "webview_navigate": { parameters: ["pointer", "buffer"], result: "void" },
    "webview_eval": { parameters: ["pointer", "buffer"], result: "void" },
    "webview_bind": { parameters: ["pointer", "buffer", "function", "pointer"], result: "void" },
    "webview_unbind": { parameters: ["pointer", "buffer"], result: "void" },
    "webview_return": { parameters: ["pointer", "buffer", "i32", "buffer"], result: "void" },
    "webview_state": { parameters: ["pointer"], result: "buffer" },
  } as const,
);

export const SizeHint = { NONE: 0, MIN: 1, MAX: 2, FIXED: 3 } as const;
export type SizeHint = typeof SizeHint[keyof typeof SizeHint];

export interface Size {
  width: number;
  height: number;
  hint: SizeHint;
}

const BINDING = { parameters: ["pointer", "pointer", "pointer"], result: "void" } as const;

/** A window with a page whose scripts call functions of this side. */
export class Webview {
  #handle: Deno.PointerValue = null;
  #callbacks = new Map<string, Deno.UnsafeCallback<typeof BINDING>>();

  constructor(debug = false, size: Size = { width: 1024, height: 768, hint: SizeHint.NONE }) {
    this.#handle = lib.symbols.webview_create(Number(debug), null);
    this.size = size;
  }

  set size({ width, height, hint }: Size) {
    lib.symbols.webview_set_size(this.#handle, width, height, hint);
  }

  set title(title: string) {
    lib.symbols.webview_set_title(this.#handle, encode(title));
  }

  navigate(url: URL | string): void {
    lib.symbols.webview_navigate(this.#handle, encode(url instanceof URL ? url.toString() : url));
  }

  bindRaw(
    name: string,
    callback: (seq: string, req: string, arg: Deno.PointerValue) => void,
    arg: Deno.PointerValue = null,
  ): void {
    const resource = new Deno.UnsafeCallback(BINDING, (seqPtr, reqPtr, arg) => {
      const seq = seqPtr === null ? "" : new Deno.UnsafePointerView(seqPtr).getCString();
      const req = reqPtr === null ? "" : new Deno.UnsafePointerView(reqPtr).getCString();
      callback(seq, req, arg);
    });
    this.#callbacks.set(name, resource);
    lib.symbols.webview_bind(this.#handle, encode(name), resource.pointer, arg);
  }

  // deno-lint-ignore no-explicit-any
  bind(name: string, callback: (...args: any) => unknown): void {
    this.bindRaw(name, (seq, req) => {
      const args = JSON.parse(req);
      let result: unknown;
      let status = 0;
      try {
        result = callback(...args);
      } catch (error) {
        result = (error as Error).message;
        status = 1;
      }
      lib.symbols.webview_return(this.#handle, encode(seq), status, encode(JSON.stringify(result ?? null)));
    });
  }

  unbind(name: string): void {
    lib.symbols.webview_unbind(this.#handle, encode(name));
    this.#callbacks.get(name)?.close();
    this.#callbacks.delete(name);
  }

  eval(source: string): void {
    lib.symbols.webview_eval(this.#handle, encode(source));
  }

  run(): void {
    lib.symbols.webview_run(this.#handle);
  }

  terminate(): void {
    lib.symbols.webview_terminate(this.#handle);
  }

  get state(): string {
    return new Deno.UnsafePointerView(lib.symbols.webview_state(this.#handle)!).getCString();
  }

  destroy(): void {
    for (const name of [...this.#callbacks.keys()]) this.unbind(name);
    lib.symbols.webview_destroy(this.#handle);
    this.#handle = null;
  }
}

const webview = new Webview(false, { width: 800, height: 600, hint: SizeHint.FIXED });
webview.title = "Grüße 👋";
webview.navigate(new URL("https://example.com/a?b=c"));
let counter = 0;
webview.bind("increment", (by: number) => (counter += by));
webview.bind("log", (turn: number, name: string) => console.log(`page calls ${name} on turn ${turn}`));
webview.bind("fail", () => {
  throw new Error("no");
});
webview.bind("maybeEnd", (turn: number) => {
  if (turn < 8) return "not yet";
  webview.terminate();
  return { ended: turn };
});
webview.eval("document.title");
webview.run();
console.log(counter);
console.log(webview.state);
webview.destroy();
lib.close();
