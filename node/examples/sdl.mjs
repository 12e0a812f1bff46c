// A window of SDL2 with a rectangle in it: `node sdl.mjs`. SDL_VIDEODRIVER=dummy needs no screen.

import { open } from "hotcall";

const sdl = open("libSDL2-2.0.so.0", `
  typedef struct SDL_Window SDL_Window;
  typedef struct SDL_Surface SDL_Surface;
  typedef struct SDL_Renderer SDL_Renderer;
  typedef struct { int x, y, w, h; } SDL_Rect;
  int SDL_Init(unsigned flags);
  void SDL_Quit(void);
  const char *SDL_GetError(void);
  const char *SDL_GetCurrentVideoDriver(void);
  SDL_Window *SDL_CreateWindow(const char *title, int x, int y, int width, int height, unsigned flags);
  void SDL_DestroyWindow(SDL_Window *window);
  SDL_Surface *SDL_GetWindowSurface(SDL_Window *window);
  SDL_Renderer *SDL_CreateSoftwareRenderer(SDL_Surface *surface);
  void SDL_DestroyRenderer(SDL_Renderer *renderer);
  int SDL_SetRenderDrawColor(SDL_Renderer *, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha);
  int SDL_RenderClear(SDL_Renderer *);
  int SDL_RenderFillRect(SDL_Renderer *, _In_ const SDL_Rect *);
  int SDL_RenderReadPixels(SDL_Renderer *, _In_ const SDL_Rect *, uint32_t format, void *pixels, int pitch);
  typedef struct { uint32_t type, timestamp; int32_t code; void *data1, *data2; uint8_t rest[32]; } Event;
  int SDL_PushEvent(_In_ Event *);
  int SDL_PollEvent(_Out_ Event *);
  enum { SDL_INIT_VIDEO = 0x20, SDL_PIXELFORMAT_ARGB8888 = 0x16362004, SDL_QUIT = 0x100 };
`);

function check(failed) {
  if (failed) throw new Error(sdl.SDL_GetError());
}

check(sdl.SDL_Init(sdl.SDL_INIT_VIDEO) !== 0);
const window = sdl.SDL_CreateWindow("hotcall", 0, 0, 64, 48, 0);
check(window === null);
const renderer = sdl.SDL_CreateSoftwareRenderer(sdl.SDL_GetWindowSurface(window));
check(renderer === null);

check(sdl.SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255) !== 0);
check(sdl.SDL_RenderClear(renderer) !== 0);
check(sdl.SDL_SetRenderDrawColor(renderer, 255, 128, 0, 255) !== 0);
check(sdl.SDL_RenderFillRect(renderer, { x: 8, y: 8, w: 16, h: 16 }) !== 0);

const pixels = new Uint32Array(64 * 48);
check(sdl.SDL_RenderReadPixels(renderer, null, sdl.SDL_PIXELFORMAT_ARGB8888, pixels, 64 * 4) !== 0);
const orange = pixels.filter((pixel) => pixel === 0xffff8000).length;
console.log(`${sdl.SDL_GetCurrentVideoDriver()}: ${orange} of ${pixels.length} pixels are orange`);

// SDL's events are structs that it fills.
sdl.SDL_PushEvent({ type: sdl.SDL_QUIT, timestamp: 0, code: 0, data1: null, data2: null, rest: [] });
const event = {};
let quit = false;
while (sdl.SDL_PollEvent(event) !== 0) quit ||= event.type === sdl.SDL_QUIT;
console.log(quit ? "asked to quit" : "not asked to quit");

sdl.SDL_DestroyRenderer(renderer);
sdl.SDL_DestroyWindow(window);
sdl.SDL_Quit();
