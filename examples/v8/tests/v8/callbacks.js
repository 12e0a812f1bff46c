// Functions of script that C calls.

const [path] = scriptArgs;
const { symbols: c } = openLibrary(path, {
    call_times: { parameters: ["function", "i32"], result: "i32", callback: true },
    fill_and_call: { parameters: ["buffer", "usize", "function"], result: "i32", callback: true },
});
const definition = { parameters: ["i32"], result: "i32" };

const doubled = new Callback(definition, (number) => 2 * number);
same(c.call_times(doubled.pointer, 5), 20);

// An exception is thrown when C returns. Until then C gets zeros, and no more script runs.
let ran = 0;
const throwing = new Callback(definition, () => {
    ran++;
    throw new RangeError("enough");
});
throws(() => c.call_times(throwing.pointer, 5), RangeError, "enough");
same(ran, 1);
const wrong = new Callback(definition, () => "text");
throws(() => c.call_times(wrong.pointer, 1), TypeError, "expected an integer, not a string");

// Callbacks call C, which calls back.
const inner = new Callback(definition, (number) => number + 1);
const outer = new Callback(definition, (number) => c.call_times(inner.pointer, number));
same(c.call_times(outer.pointer, 4), 0 + 1 + 3 + 6);
const failing = new Callback(definition, () => c.call_times(throwing.pointer, 1));
throws(() => c.call_times(failing.pointer, 1), RangeError, "enough");
const catching = new Callback(definition, () => {
    try {
        return c.call_times(throwing.pointer, 1);
    } catch {
        return 10;
    }
});
same(c.call_times(catching.pointer, 3), 30);

// Many calls with garbage, and garbage collections.
const collecting = new Callback(definition, (number) => {
    if (number % 100 === 0) collectGarbage();
    return [number].length;
});
same(c.call_times(collecting.pointer, 1000), 1000);

// Bytes stay in place even if script detaches their buffer.
const bytes = new Uint8Array(64);
const detaching = new Callback({ parameters: [], result: "void" }, () => {
    %ArrayBufferDetach(bytes.buffer);
    collectGarbage();
});
same(c.fill_and_call(bytes, 64, detaching.pointer), 7);
same(bytes.length, 0);

// Closed callbacks return zeros.
const { pointer } = doubled;
doubled.close();
same(doubled.pointer, null);
same(c.call_times(pointer, 5), 0);
doubled.close();

throws(() => new Callback(definition, 1), TypeError, "a callback calls a function");
throws(() => new Callback({ parameters: ["u7"], result: "void" }, print), TypeError, "unknown type");
throws(() => new Callback({ type: "i32" }, print), TypeError, "the definition is none of a function");
print("end");
