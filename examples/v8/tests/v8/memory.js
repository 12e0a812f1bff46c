// Buffers in V8's heap that its collector moves, and the memory that many calls leave behind.

const { symbols: c } = openLibrary(generated.path, generated.declarations);
const [path] = scriptArgs;
const { symbols: back } = openLibrary(path, {
    fill_and_call: { parameters: ["buffer", "usize", "function"], result: "i32", callback: true },
    fill: { parameters: ["buffer", "usize", "i32"], result: "i32" },
});

const garbage = () => Array.from({ length: 50 }, (_, index) => ({ index, bytes: new Uint8Array(index) }));

// Between calls, script finds the bytes that C wrote where C reads them.
const fill = optimised(back.fill, [Uint8Array.of(1), 1, 1]);
const kept = Array.from({ length: 64 }, (_, index) => new Uint8Array(index + 1));
for (let round = 1; round < 60; round++) {
    for (const array of kept) same(fill(array, array.length, round), round);
    garbage();
    if (round % 20 === 0) collectGarbage();
    for (const array of kept) same(array.every((byte) => byte === round), true, `round ${round}`);
}

// Structs: from the heap into the heap.
const same16 = optimised(c.same_bytes_16, [new Uint8Array(16)]);
let chain = Uint8Array.from({ length: 16 }, (_, index) => index * 11);
const first = String(chain);
for (let i = 0; i < 3000; i++) {
    chain = same16(chain);
    if (i % 100 === 0) garbage();
}
same(String(chain), first);
const into = new Uint8Array(24);
const same16Into = optimised(c.same_bytes_16, [chain, into]);
for (let i = 0; i < 3000; i++) {
    same(same16Into(chain, into), into);
    if (i % 100 === 0) garbage();
}
same(String(into), `${first},0,0,0,0,0,0,0,0`);

// During ordinary calls callbacks make garbage, and C continues with its bytes.
const before = new Uint8Array(40);
const callback = new Callback({ parameters: [], result: "void" }, () => {
    garbage();
    collectGarbage();
    same(before[39], 7);
    before[0] = 42;
});
same(back.fill_and_call(before, 40, callback.pointer), 42);
// Optimised code makes such calls too, and script in them calls fast.
const young = new Uint8Array(40);
const nested = new Callback({ parameters: [], result: "void" }, () => {
    garbage();
    same(fill(young, 40, 9), 9);
    young[0] = 43;
});
const outer = optimised(back.fill_and_call, [young, 40, nested.pointer]);
same(outer(young, 40, nested.pointer), 43);

// A million calls leave no memory behind.
const loop = functionOf(
    c.same_bytes_16,
    "hash, count",
    `let bytes = new Uint8Array(16);
    for (let i = 0; i < count; i++) {
        bytes = symbol(bytes);
        bytes[i & 15] = i;
        hash(bytes);
    }
    return bytes;`,
);
const { symbols: d } = openLibrary(generated.path, { hash_buffer_1: generated.declarations.hash_buffer_1 });
const count = stressed ? 20_000 : 250_000;
optimise(loop, [() => [d.hash_buffer_1, 1000]]);
const slowly = slowCalls(c.same_bytes_16);
collectGarbage();
const heap = heapSize();
for (let i = 0; i < 4; i++) loop(d.hash_buffer_1, count);
// Refused calls, and their exceptions.
const refused = optimised(c.hash_i32_1, [1]);
for (let i = 0; i < 20_000; i++) throws(() => refused("x"), TypeError, "an integer");
collectGarbage();
const left = heapSize() - heap;
if (left > 300_000) throw new Error(`the heap has grown by ${left} bytes`);
// Of a million, if V8 keeps the code. The calls with a new array as a buffer are ordinary ones.
sameWay(slowCalls(c.same_bytes_16) - slowly < 500_000, true, "most were fast");
print("end");
