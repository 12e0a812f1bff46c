// Format directives, groups, tables, counters. `format.out` is what Deno 2.9 prints.
class Z {
  x = 1;
}
class Y {
  toString() {
    return "str";
  }
}
const values = [
  1,
  1.9,
  "12.5px",
  "x",
  1n,
  -0,
  null,
  undefined,
  true,
  { a: { b: { c: { d: { e: {} } } } } },
  [1, "a"],
  Symbol("q"),
  new Z(),
  new Y(),
  class A {},
];
for (const directive of ["%d", "%i", "%f", "%s", "%o", "%O", "%c"]) {
  for (const value of values) console.log(`[${directive}]`, value);
}
for (
  const value of [1, "s", null, true, { a: [1] }, [1], {
    toJSON() {
      return 7;
    },
  }]
) console.log("[%j]", value);
const circular = {};
circular.self = circular;
console.log("%j", circular);
console.log("%s");
console.log("%s %s", "a");
console.log("a%", "b");
console.log("%%s %s", "z");
console.log("%%");
console.log(5, "%s", "x");
console.log("100%", 1);
console.log("%x %s", 1);
console.log("%c styled %c", "color: red", "");
console.log("%s|%s|%s", "a", { b: 1 }, [2], "rest", { c: 3 });

console.table([[1, "a"], ["b", { c: 1 }]]);
console.table({ a: { x: 1 }, b: { y: "s" } });
console.table([{ a: 1, b: 2 }], ["b"]);
console.table([{ a: 1, b: 2 }, { a: 3 }], ["a", "c"]);
console.table([1, "x", null, undefined]);
console.table(new Set([1, "a"]));
console.table(new Map([["k", { v: 1 }]]));
console.table(new Map());
console.table([]);
console.table({});
console.table("s");
console.table(5);
console.table(null);
console.table([{ a: [1, 2] }, 5]);
console.table(new Uint8Array([1, 2]));
console.table([{ name: "日本", v: "é" }]);
console.table([() => 1, new Date(0)]);
console.table([[[1]], { a: { b: 1 } }]);
console.table([{ a: 1 }, { b: -2.5 }, { a: 10, Values: 3 }]);
console.table({ a: 1, b: [1, 2] });
console.table([[]]);
try {
  console.table([{ a: 1 }], "a");
} catch (error) {
  console.log(String(error));
}

console.count();
console.count("a");
console.count();
console.count(undefined);
console.countReset();
console.count();
console.count(1);
console.dir({ a: { b: { c: { d: { e: 1 } } } } }, { depth: 1 });
console.dir("s");
console.dir();
console.dirxml({ a: 1 }, 2);
console.info("i");
console.debug("d");
console.group("a", { b: 1 });
console.log("in\nner");
console.table([1]);
console.groupCollapsed({ a: 1 });
console.log([1, 2]);
console.log("%s\n", "x");
console.group();
console.log({ a: "x".repeat(70), b: 1 });
console.groupEnd();
console.groupEnd();
console.groupEnd();
console.groupEnd();
console.log("out");
console.log(console[Symbol.toStringTag], String(console));
