// Makes values of all kinds. Each is of a state that machine code has to tell apart.
(detach) => {
    "use strict";
    const bytes = (length) => Uint8Array.from({ length }, (_, index) => 17 * index + 3);
    const large = bytes(4096);
    const small = bytes(24);
    const inHeap = [bytes(16), bytes(1), new Uint8Array(0), Float64Array.of(1.5, -2, 1e300), BigInt64Array.of(-1n, 2n)];
    const inParts = [large.subarray(1000), large.subarray(5, 5), new Int16Array(large.buffer, 6, 9), small.subarray(8)];
    const outside = [large, small, new Float64Array(new ArrayBuffer(800), 16, 3), new Uint8Array(new SharedArrayBuffer(32), 4)];
    const detached = [bytes(4096), bytes(16).subarray(4), new Float64Array(new ArrayBuffer(64), 8)];
    detached.forEach((array) => detach(array.buffer));
    const resized = [32, 48, 20, 8].flatMap((length) => {
        const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
        const arrays = [new Uint8Array(buffer), new Uint8Array(buffer, 8), new Uint8Array(buffer, 8, 16)];
        buffer.resize(length);
        return arrays;
    });
    const buffers = [...detached, ...resized, new DataView(small.buffer)].map((array) => array.buffer);
    const views = resized.map((array) => new DataView(array.buffer, 4));
    const strange = [new (class extends Uint8Array {})(16), Object.setPrototypeOf(bytes(8), null)];
    const objects = [large.buffer, new DataView(large.buffer, 8), Object.create(large), new Proxy(large, {}), [1, 2], {}];
    const others = [detach, Uint8Array, new Map(), new Date(0), /a/, Symbol("a")];
    const flat = "a".repeat(20) + others.length;
    Number(flat);
    const strings = ["", "a", "text", "gr\u00fc\u00dfe", "\u4e16", "a\0b", "x".repeat(99), flat, flat.slice(3), large.join()];
    const constants = [true, false, null, undefined];
    const numbers = [0, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 1.5, -0, NaN, Infinity, -1e300, 5e-324];
    const bigInts = [0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n + 5n, -(2n ** 100n) - 7n];
    return [
        ...inHeap, ...inParts, ...outside, ...detached, ...resized, ...buffers, ...views, ...strange,
        ...objects, ...others, ...strings, ...constants, ...numbers, ...bigInts,
    ];
};
