// A module in the style of deno_sdl2: a window, a canvas and events over SDL2, with its dummy video driver.

import process from "node:process";

const OS_SUFFIX = Deno.build.os === "windows" ? ".dll" : Deno.build.os === "darwin" ? ".dylib" : ".so.0";

const sdl2 = Deno.dlopen(process.argv[2] ?? `libSDL2-2.0${OS_SUFFIX}`, {
  "SDL_Init": { "parameters": ["u32"], "result": "i32" },
  "SDL_SetHint": { "parameters": ["buffer", "buffer"], "result": "i32" },
  "SDL_Quit": { "parameters": [], "result": "void" },
  "SDL_GetError": { "parameters": [], "result": "pointer" },
  "SDL_GetVersion": { "parameters": ["pointer"], "result": "void" },
  "SDL_GetCurrentVideoDriver": { "parameters": [], "result": "pointer" },
  "SDL_CreateWindow": { "parameters": ["buffer", "i32", "i32", "i32", "i32", "u32"], "result": "pointer" },
  "SDL_DestroyWindow": { "parameters": ["pointer"], "result": "void" },
  "SDL_GetWindowTitle": { "parameters": ["pointer"], "result": "pointer" },
  "SDL_SetWindowTitle": { "parameters": ["pointer", "buffer"], "result": "void" },
  "SDL_GetWindowSize": { "parameters": ["pointer", "pointer", "pointer"], "result": "void" },
  "SDL_SetWindowSize": { "parameters": ["pointer", "i32", "i32"], "result": "void" },
  "SDL_CreateRenderer": { "parameters": ["pointer", "i32", "u32"], "result": "pointer" },
  "SDL_DestroyRenderer": { "parameters": ["pointer"], "result": "void" },
  "SDL_SetRenderDrawColor": { "parameters": ["pointer", "u8", "u8", "u8", "u8"], "result": "i32" },
  "SDL_RenderClear": { "parameters": ["pointer"], "result": "i32" },
  "SDL_RenderFillRect": { "parameters": ["pointer", "pointer"], "result": "i32" },
  "SDL_RenderDrawPoints": { "parameters": ["pointer", "pointer", "i32"], "result": "i32" },
  "SDL_RenderPresent": { "parameters": ["pointer"], "result": "void" },
  "SDL_RenderReadPixels": { "parameters": ["pointer", "pointer", "u32", "buffer", "i32"], "result": "i32" },
  "SDL_PollEvent": { "parameters": ["pointer"], "result": "i32" },
  "SDL_PushEvent": { "parameters": ["buffer"], "result": "i32" },
  "SDL_FlushEvents": { "parameters": ["u32", "u32"], "result": "void" },
  "SDL_AddEventWatch": { "parameters": ["function", "pointer"], "result": "void" },
  "SDL_DelEventWatch": { "parameters": ["function", "pointer"], "result": "void" },
  "SDL_GetKeyName": { "parameters": ["i32"], "result": "pointer" },
  "SDL_AddTimer": { "parameters": ["u32", "function", "pointer"], "result": "i32" },
  "SDL_RemoveTimer": { "parameters": ["i32"], "result": "i32" },
});

const asCString = (text: string) => new TextEncoder().encode(`${text}\0`);
const { getCString } = Deno.UnsafePointerView;

function throwSDLError(): never {
  throw new Error(`SDL Error: ${getCString(sdl2.symbols.SDL_GetError()!)}`);
}

const check = (result: number) => (result < 0 ? throwSDLError() : result);

export const EventType = { Quit: 0x100, KeyDown: 0x300, User: 0x8000 } as const;

const Rect = (x: number, y: number, w: number, h: number) => Int32Array.of(x, y, w, h);
const ARGB8888 = 372645892;

export class Canvas {
  target: Deno.PointerValue;

  constructor(target: Deno.PointerValue) {
    this.target = target;
  }
  setDrawColor(r: number, g: number, b: number, a: number) {
    check(sdl2.symbols.SDL_SetRenderDrawColor(this.target, r, g, b, a));
  }
  clear() {
    check(sdl2.symbols.SDL_RenderClear(this.target));
  }
  fillRect(x: number, y: number, w: number, h: number) {
    check(sdl2.symbols.SDL_RenderFillRect(this.target, Deno.UnsafePointer.of(Rect(x, y, w, h))));
  }
  drawPoints(points: [number, number][]) {
    check(
      sdl2.symbols.SDL_RenderDrawPoints(
        this.target,
        Deno.UnsafePointer.of(Int32Array.from(points.flat())),
        points.length,
      ),
    );
  }
  present() {
    sdl2.symbols.SDL_RenderPresent(this.target);
  }
  readPixels(x: number, y: number, w: number, h: number): Uint32Array {
    const pixels = new Uint32Array(w * h);
    check(
      sdl2.symbols.SDL_RenderReadPixels(this.target, Deno.UnsafePointer.of(Rect(x, y, w, h)), ARGB8888, pixels, w * 4),
    );
    return pixels;
  }
}

export class Window {
  raw: Deno.PointerValue;

  constructor(title: string, width: number, height: number) {
    this.raw = sdl2.symbols.SDL_CreateWindow(asCString(title), 0, 0, width, height, 8);
    if (this.raw === null) throwSDLError();
  }
  canvas(): Canvas {
    const renderer = sdl2.symbols.SDL_CreateRenderer(this.raw, -1, 1);
    return renderer === null ? throwSDLError() : new Canvas(renderer);
  }
  get size(): [number, number] {
    const size = new Int32Array(2);
    const width = Deno.UnsafePointer.of(size)!;
    sdl2.symbols.SDL_GetWindowSize(this.raw, width, Deno.UnsafePointer.offset(width, 4));
    return [size[0]!, size[1]!];
  }
  set size([width, height]: [number, number]) {
    sdl2.symbols.SDL_SetWindowSize(this.raw, width, height);
  }
  get title() {
    return getCString(sdl2.symbols.SDL_GetWindowTitle(this.raw)!);
  }
  set title(title: string) {
    sdl2.symbols.SDL_SetWindowTitle(this.raw, asCString(title));
  }
  *events(): Generator<{ type: number; code: number }> {
    const event = new Uint8Array(56);
    const view = new DataView(event.buffer);
    while (sdl2.symbols.SDL_PollEvent(Deno.UnsafePointer.of(event)) === 1) {
      yield { type: view.getUint32(0, true), code: view.getInt32(16, true) };
    }
  }
}

sdl2.symbols.SDL_SetHint(asCString("SDL_VIDEODRIVER"), asCString("dummy"));
sdl2.symbols.SDL_SetHint(asCString("SDL_RENDER_DRIVER"), asCString("software"));
check(sdl2.symbols.SDL_Init(0x1 | 0x20));
const version = new Uint8Array(3);
sdl2.symbols.SDL_GetVersion(Deno.UnsafePointer.of(version));
console.log("major version", version[0], getCString(sdl2.symbols.SDL_GetCurrentVideoDriver()!));

const window = new Window("Grüße", 64, 48);
console.log(window.title, window.size.join());
window.title = "other";
window.size = [32, 24];
console.log(window.title, window.size.join());

const canvas = window.canvas();
canvas.setDrawColor(0x12, 0x34, 0x56, 255);
canvas.clear();
canvas.setDrawColor(255, 0, 0, 255);
canvas.fillRect(1, 0, 2, 1);
canvas.setDrawColor(0, 255, 0, 255);
canvas.drawPoints([[0, 1], [3, 1]]);
canvas.present();
console.log(Array.from(canvas.readPixels(0, 0, 4, 2), (pixel) => pixel.toString(16)).join(" "));

// Events, and a watch that SDL calls from within SDL_PushEvent.
const USER = Uint8Array.from({ length: 56 }, (_, i) => [0, 0x80][i] ?? 0);
const watched: number[] = [];
const watch = new Deno.UnsafeCallback({ parameters: ["pointer", "pointer"], result: "i32" }, (_, event) => {
  watched.push(new Deno.UnsafePointerView(event!).getUint32());
  return 1;
});
sdl2.symbols.SDL_FlushEvents(0, 0xffff);
sdl2.symbols.SDL_AddEventWatch(watch.pointer, null);
for (const code of [1, 2, 3]) {
  new DataView(USER.buffer).setInt32(16, code, true);
  check(sdl2.symbols.SDL_PushEvent(USER));
}
sdl2.symbols.SDL_DelEventWatch(watch.pointer, null);
watch.close();
console.log("watched", watched.join());
console.log(
  [...window.events()].filter(({ type }) => type === EventType.User).map(({ code }) => `user ${code}`).join(),
);
console.log(getCString(sdl2.symbols.SDL_GetKeyName(0x20)!), getCString(sdl2.symbols.SDL_GetKeyName(97)!));

// A timer, which SDL calls on a thread of its own.
const ticks = await new Promise<number>((resolve) => {
  let ticks = 0;
  const timer = Deno.UnsafeCallback.threadSafe(
    { parameters: ["u32", "pointer"], result: "u32" } as const,
    (interval) => {
      if (++ticks < 3) return interval;
      setTimeout(() => (timer.close(), resolve(ticks)), 50);
      return 0;
    },
  );
  check(sdl2.symbols.SDL_AddTimer(5, timer.pointer, null));
});
console.log("ticks", ticks);

sdl2.symbols.SDL_DestroyRenderer(canvas.target);
sdl2.symbols.SDL_DestroyWindow(window.raw);
sdl2.symbols.SDL_Quit();
