// Values of all kinds, for the trial of a layout: `tried(value)` compares.
(tried, detach, pointer) => {
    "use strict";
    tried(pointer);
    const bytes = (length) => Uint8Array.from({ length }, (_, index) => 17 * index + 3);
    // In the collector's heap.
    tried(bytes(16));
    tried(bytes(1));
    tried(new Uint8Array(0));
    tried(Float64Array.of(1.5, -2, 1e300));
    tried(Uint8ClampedArray.of(1, 2, 3));
    tried(BigInt64Array.of(-1n, 2n));
    // In memory of their own.
    const large = bytes(4096);
    tried(large);
    tried(large.subarray(1000));
    tried(large.subarray(5, 5));
    tried(new Int16Array(large.buffer, 6, 9));
    tried(new Float64Array(new ArrayBuffer(800), 16, 3));
    tried(new Uint8Array(new SharedArrayBuffer(32), 4));
    // Without elements.
    tried(large.buffer);
    tried(new ArrayBuffer(0));
    tried(new SharedArrayBuffer(32));
    tried(new DataView(large.buffer, 8));
    tried(new DataView(large.buffer, 5, 0));
    tried(new DataView(new SharedArrayBuffer(32), 4, 9));
    const small = bytes(24);
    tried(small.subarray(8));
    tried(small);
    // Detached from their memory.
    for (const detached of [bytes(4096), bytes(16).subarray(4), new Float64Array(new ArrayBuffer(64), 8)]) {
        const view = new DataView(detached.buffer, 2);
        detach(detached.buffer);
        [detached, detached.buffer, view].forEach(tried);
    }
    // If buffers can change their size, so can arrays on them.
    if (ArrayBuffer.prototype.resize !== undefined) {
        const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
        const arrays = [new Uint8Array(buffer), new Uint8Array(buffer, 8), new Uint8Array(buffer, 8, 16)];
        arrays.push(buffer, new DataView(buffer), new DataView(buffer, 8, 16));
        for (const length of [32, 48, 20, 4]) {
            buffer.resize(length);
            arrays.forEach(tried);
        }
    }
    // Values without bytes, which V8's interface need not be asked about.
    const array = bytes(8);
    const others = [Object.create(array), new Proxy(array, {}), [1, 2], {}, tried];
    [...others, Uint8Array, new Map(), new Date(0), new (class extends Array {})(), /a/, Symbol("a")].forEach(tried);
    [0, -1, 2 ** 31, 1.5, NaN, 1n, 2n ** 100n, "", "text", "text".repeat(100), true, false, null, undefined].forEach(tried);
    tried(new (class extends Uint8Array {})(16));
    tried(Object.setPrototypeOf(bytes(8), null));
};
