// GLib's main loop and Node's in turns: timers of both run: `node glib.mjs`.

import { callback, open, pointer, types } from "hotcall";

const glib = open(
  "libglib-2.0.so.0",
  `
  typedef struct GMainContext GMainContext;
  typedef int (*GSourceFunc)(void *data);
  unsigned g_timeout_add(unsigned milliseconds, void *function, void *data);
  unsigned g_idle_add(void *function, void *data);
  int g_main_context_iteration(GMainContext *context, int may_block);
  int g_main_context_pending(GMainContext *context);
`,
  { callbacks: ["g_main_context_iteration"] },
);

const ticks = [];
let left = 3;
const onTimeout = callback(types(glib).GSourceFunc, () => {
  ticks.push("GLib's");
  // GLib calls again as long as the result is not zero.
  return --left > 0 ? 1 : 0;
});
const onIdle = callback(types(glib).GSourceFunc, () => {
  console.log("GLib is idle");
  return 0;
});
glib.g_idle_add(pointer(onIdle), null);
glib.g_timeout_add(20, pointer(onTimeout), null);
const interval = setInterval(() => ticks.push("Node's"), 20);

// Each turn of Node's loop gives GLib what is due, without waiting for more.
while (left > 0) {
  while (glib.g_main_context_pending(null) !== 0) glib.g_main_context_iteration(null, 0);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
clearInterval(interval);
onTimeout.close();
onIdle.close();
console.log(`GLib's timer ran ${ticks.filter((tick) => tick === "GLib's").length} times, Node's ran too: ${ticks.includes("Node's")}`);
