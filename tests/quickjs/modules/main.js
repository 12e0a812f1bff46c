// ES modules. `main.out` is what Deno 2.9 prints.
import first, { counter, increment } from "./first.js";
import * as all from "./first.js";
import data from "./data.json" with { type: "json" };
import { upward } from "./inner/second.js";
import { waited } from "./waits.js";
import * as itself from "./main.js";

const here = new URL(".", import.meta.url).href;
const short = (text) => String(text).replaceAll(here, "").replaceAll(here.slice("file://".length), "");
const attempt = async (action) => {
  try {
    console.log(short(await action()));
  } catch (error) {
    console.log(`${error.name}: ${short(error.message).split("\n")[0]}`);
  }
};
console.log(first, counter, upward, waited, data, all);
increment();
console.log(counter, all.counter);
const { url, main, filename, dirname } = import.meta;
console.log(short(url), main, short(filename), short(`${dirname}/`) === "");
const relative = ["./x.js", "../modules/x.js", "./a b.js", "./x.js?q=1#h"];
for (const specifier of [...relative, "/root.js", "file:///a/../b.js", "npm:thing", "https://host/x.js"]) {
  await attempt(() => import.meta.resolve(specifier));
}
await attempt(() => import.meta.resolve("bare"));
await attempt(() => import("./none.js"));
await attempt(() => import("bare"));
await attempt(() => import("./data.json"));
await attempt(() => import("./bad.json", { with: { type: "json" } }));
await attempt(() => import("./throws.js"));
await attempt(() => import("./throws.js"));
await attempt(async () => (await import("./first.js")) === all);
await attempt(async () => (await import(import.meta.resolve("./first.js"))) === all);
await attempt(async () => (await import("./first.js?other")) === all);
await attempt(async () => (await import("./inner/../with%20space.js")).default);
await attempt(async () => (await import("./cycle-a.js")).result());
await attempt(async () => (await import("./data.json", { with: { type: "json" } })).default === data);
console.log(this, typeof arguments, itself);
export const late = 1;
