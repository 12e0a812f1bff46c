// A hundred thousand callbacks made and closed, and many that are open at once.
import { equal, open } from "./check.js";

const unary = { parameters: ["i32"], result: "i32" };
const { call_twice } = open({ call_twice: { parameters: ["function", "i32"], result: "i32" } });
for (let i = 0; i < 100000; i++) {
  const callback = new Deno.UnsafeCallback(unary, (it) => it + i);
  if (i % 1000 === 0) equal(call_twice(callback.pointer, 1), (i + 1) * 1000 + i + 2, `callback ${i}`);
  callback.close();
}
const many = Array.from({ length: 2000 }, (_, i) => new Deno.UnsafeCallback(unary, (it) => it * 10000 + i));
many.forEach((callback, i) => equal(new Deno.UnsafeFnPointer(callback.pointer, unary).call(3), 30000 + i));
many.forEach((callback) => callback.close());

console.log("end");
