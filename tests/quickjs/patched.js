// Prints, and uses the rest of the runtime, while no built-in of the language works.

const values = [
  1, -0, 5n, "text", 'quoted "text"', "line\nline".repeat(9), Symbol("s"), null, undefined, true, [1, , 3], { a: { b: { c: { d: { e: { f: 1 } } } } } },
  new Map([["a", 1]]), new Set([1, 2]), new Uint8Array(3), new DataView(new ArrayBuffer(2)), new ArrayBuffer(2), /x/gi, new Date(0),
  new Error("message"), new TypeError("cause", { cause: "s" }), () => {}, class A {}, class B extends Map {}, Promise.resolve(1), new WeakMap(),
  Object(1), Object("s"), Object(1n), new Proxy({ a: 1 }, {}), Object.create(null), Array(200), "é€😀",
  { [Symbol.for("Deno.customInspect")]: (inspect, options) => inspect({ depth: options.depth }) }, [[["a"]], [{ x: 1 }]],
  new URL("http://user:pass@host:81/a/../b?c=d#e"), new URLSearchParams("a=1&b=2&a=%20"), Deno,
];
for (const error of [values[19], values[20]]) error.stack = `${error}\n    at place`;
values[values.length - 1] = Deno.build.standalone;
const map = new Map([["key", { x: 1 }], ["other", 2]]);
const set = new Set(["a", "b"]);
const rows = [{ a: 1, b: "x" }, { a: 2 }];
const bytes = new Uint8Array([104, 105]);
const part = new Uint16Array([0x6968]);
const init = [["n", "v"]];
const prevent = (event) => {
  const { type } = event;
  console.log(type, type === "error" ? event.error : type === "a" ? event.detail : event.reason);
  event.preventDefault();
};
const rejected = Promise.reject.bind(Promise, "rejected");
const [Encoder, Decoder, Url, Params, Target, Kind, Custom] = [TextEncoder, TextDecoder, URL, URLSearchParams, EventTarget, Event, CustomEvent];
await import("./poison.js");

for (let index = 0; index < values.length; index++) console.log(values[index]);
console.log("%s is %d or %i or %f, %o %O %c%%", "x", "1", 2.5, 3.5, rows, rows, "", "more");
console.table(rows);
console.table(map);
console.table(set);
console.table(bytes);
console.group("group");
console.info("inside\ntwo lines");
console.groupEnd();
console.count();
console.assert(false === true || true);
console.error("to standard error");
console.dir(rows, { depth: 0 });

const encoder = new Encoder();
const encoded = encoder.encode("aé");
console.log(encoded, encoder.encodeInto("xyz", bytes), bytes);
console.log(new Decoder().decode(encoded), new Decoder("utf-16").decode(part));
const url = new Url("../x y?q=1", "file:///a/b/c");
console.log(url.href, url.searchParams.get("q"), Url.canParse("x"));
url.searchParams.append("r", "2 3");
url.host = "host";
console.log(url.href, new Params("a=1&b=2").getAll("a"), new Params(url.searchParams).toString());

const target = new Target();
target.addEventListener("a", prevent);
target.addEventListener("a", { handleEvent: prevent });
console.log(target.dispatchEvent(new Custom("a", { detail: 1, cancelable: true })));
addEventListener("error", prevent);
addEventListener("unhandledrejection", prevent);
reportError("reported");
rejected;
queueMicrotask(() => {
  throw "in a microtask";
});
const timer = setTimeout((a, b) => {
  console.log("timer", a, b);
  throw "in a timer";
}, 50, "first", "second");
timer.unref().ref();
Deno.stdout.writeSync(bytes);
await Deno.stdout.write(bytes);
console.log(Deno.args, Deno.cwd() !== "", Deno.env.get("SOME_VARIABLE"), Deno.inspect([1, { a: 2 }], { compact: false }));
console.log((await import("./modules/data.json", { with: { type: "json" } })).default);
(async () => {
  throw "rejected";
})();
