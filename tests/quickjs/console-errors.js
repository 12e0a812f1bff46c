// Errors with their stacks. `console-errors.out` is what Deno 2.9 prints, without columns, without what V8 puts before
// functions' names (`Named.method`, `Array.map`, `Timeout._onTimeout`), and with the constructors that V8 leaves out.
function outer() {
  return inner();
}
const inner = () => new TypeError("made", { cause: new Error("cause") });
class Custom extends Error {
  constructor(message) {
    super(message);
    this.code = 5;
  }
}
class Named extends Custom {
  constructor(message) {
    super(message);
    this.name = "Named";
  }
  method() {
    return new Error("in a method");
  }
}
console.log(outer());
console.log([new Custom("custom")], { named: new Named("named") });
console.log(new Named("").method());
console.log([1].map(() => new Error("in map"))[0]);
const holder = {};
Error.captureStackTrace(holder);
console.log(holder.stack);
console.log(new Error("two\nlines"));
const renamed = new Error("before");
renamed.message = "after";
console.log(renamed.stack.split("\n")[0], Object.keys(renamed));
setTimeout(() => console.log(new Error("in a timer")), 1);
queueMicrotask(() => console.log(new Error("in a microtask")));
const assigned = new Error("x");
assigned.stack = 5;
console.log(assigned.stack);
console.log(new DOMException("d", "NotFoundError").name);
Error.prepareStackTrace = (error, sites) => `${error.message} ${sites.length > 0}`;
console.log(new Error("prepared").stack);
Error.prepareStackTrace = undefined;
Error.stackTraceLimit = 1;
console.log(outer().stack);
