// Values of every kind, and the result of each for every C type, written independently of hotcall.

const { VALUES, INTEGERS, conversion, content, scriptsRun } = (() => {
    // A value has a name, a function that makes a new one, and, if it is a literal, its source. Values with bytes say which: the
    // collector may move them as long as V8 is not asked for their address.
    const VALUES = [];

    function add(name, make, more = {}) {
        VALUES.push({ name, make, ...more });
    }

    // Each value has a variable of its own, because shared ones may keep numbers as doubles.
    const literal = (text) => add(text, new Function(`const value = ${text}; return () => value;`)(), { text });

    const NUMBERS = new Set([0, -0, 1, -1, 0.5, -0.5, 1.5, 255.5, -128.5, 5e-324, 1e21, 1e300, -1e300, NaN, Infinity, -Infinity].map(sourceOf));
    for (const bits of [7, 8, 15, 16, 31, 32, 53, 63, 64]) {
        const power = 2 ** bits;
        for (const near of [power - 1, power, power + 1, power - 0.5]) {
            NUMBERS.add(sourceOf(near));
            NUMBERS.add(sourceOf(-near));
        }
    }
    NUMBERS.add(sourceOf(2 ** 63 - 1024)).add(sourceOf(2 ** 64 - 2048)).add(sourceOf(2 ** 64 - 2 ** 31));
    NUMBERS.forEach(literal);

    const BIGINTS = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 64n + 5n, 2n ** 200n + 9n];
    for (const number of new Set(BIGINTS.flatMap((number) => [`${number}n`, `${-number}n`]))) literal(number);
    for (const text of ["true", "false", "null", "undefined", '""', '"1"', '"text"']) literal(text);

    let ran = 0;
    const running = { valueOf: () => ++ran, toString: () => `${++ran}`, [Symbol.toPrimitive]: () => ++ran };
    const proxied = new Proxy(new Uint8Array(64), {
        get: () => ++ran,
    });
    const OBJECTS = {
        symbol: () => Symbol("symbol"),
        object: () => ({}),
        "without a prototype": () => Object.create(null),
        valueOf: () => running,
        array: () => [1],
        "empty array": () => [],
        "array of doubles": () => [1.5],
        function: () => print,
        class: () => class {},
        number: () => new Number(1),
        boolean: () => new Boolean(true),
        string: () => new String("1"),
        date: () => new Date(0),
        regexp: () => /a/,
        map: () => new Map(),
        promise: () => Promise.resolve(1),
        "proxy of an array": () => proxied,
        "heir of an array": () => Object.create(new Uint8Array(64)),
        frozen: () => Object.freeze({ length: 64 }),
    };
    for (const [name, make] of Object.entries(OBJECTS)) add(name, make);

    const POINTERS = [Pointer.create(1n), Pointer.create(0x123456789an), Pointer.create(2n ** 64n - 1n)];
    for (const pointer of POINTERS) add(`pointer ${Pointer.value(pointer)}`, () => pointer, { pointer: true });

    // Bytes that are all different.
    const CONTENT = Uint8Array.from({ length: 128 }, (_, index) => index * 7 + 3);
    const content = (length) => CONTENT.subarray(0, length);

    function filled(array) {
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(content(array.byteLength));
        return array;
    }

    const KINDS = [
        Int8Array,
        Uint8Array,
        Uint8ClampedArray,
        Int16Array,
        Uint16Array,
        Int32Array,
        Uint32Array,
        Float32Array,
        Float64Array,
        BigInt64Array,
        BigUint64Array,
    ];
    const bytesOf = (name, length, make, more = {}) => add(name, make, { bytes: content(length), ...more });
    for (const Type of KINDS) {
        const { name, BYTES_PER_ELEMENT: size } = Type;
        // Its elements. V8 copies their bytes.
        const elements = filled(new Type(48 / size));
        bytesOf(`${name} in the heap`, 48, () => new Type(elements), { inHeap: true });
        bytesOf(`large ${name}`, 128, () => filled(new Type(128 / size)));
        bytesOf(`part of ${name}`, 64, () => filled(new Type(new ArrayBuffer(256), 8, 64 / size)));
    }
    class Heir extends Uint8Array {}
    const bytes = (length) => filled(new Uint8Array(length));
    for (const length of [0, 1, 7, 15, 16, 39, 40, 41]) {
        bytesOf(`${length} bytes`, length, () => bytes(length));
        bytesOf(`${length} bytes in the heap`, length, () => Uint8Array.from(content(length)), { inHeap: length > 0 });
    }
    bytesOf("heir", 48, () => Heir.from(content(48)), { inHeap: true });
    bytesOf("large heir", 100, () => filled(new Heir(100)));
    bytesOf("frozen and empty", 0, () => Object.freeze(new Uint8Array(0)));
    bytesOf("without extensions", 48, () => Object.preventExtensions(Uint8Array.from(content(48))), { inHeap: true });
    bytesOf("without a prototype", 48, () => Object.setPrototypeOf(Uint8Array.from(content(48)), null), { inHeap: true });
    bytesOf("with properties", 48, () => Object.assign(Uint8Array.from(content(48)), { constructor: Array, valueOf: running.valueOf }), { inHeap: true });
    bytesOf("at the end", 40, () => {
        const array = bytes(100);
        array.set(content(40), 60);
        return array.subarray(60);
    });
    bytesOf("part without an end", 0, () => bytes(100).subarray(100));
    bytesOf("ArrayBuffer", 48, () => bytes(48).buffer);
    bytesOf("SharedArrayBuffer", 48, () => filled(new Uint8Array(new SharedArrayBuffer(48))).buffer);
    bytesOf("shared array", 40, () => filled(new Uint8Array(new SharedArrayBuffer(48), 8)));
    bytesOf("DataView", 40, () => filled(new DataView(new ArrayBuffer(48), 3, 40)));
    bytesOf("shared DataView", 40, () => filled(new DataView(new SharedArrayBuffer(48), 8)));
    const detach = (buffer) => {
        %ArrayBufferDetach(buffer);
    };
    for (const [name, make] of Object.entries({
        array: () => bytes(128),
        "small array": () => Uint8Array.of(1, 2, 3),
        part: () => new Float64Array(new ArrayBuffer(64), 8),
        DataView: () => new DataView(new ArrayBuffer(64)),
    })) {
        add(`detached ${name}`, () => {
            const array = make();
            detach(array.buffer);
            return array;
        }, { detached: true });
    }
    add("detached ArrayBuffer", () => {
        const buffer = new ArrayBuffer(64);
        detach(buffer);
        return buffer;
    }, { detached: true });

    // The name of a value's kind in messages.
    function kindOf(entry) {
        const value = entry.make();
        if (value === null) return "null";
        if (entry.pointer) return "a pointer";
        if (entry.detached) return "a detached buffer";
        if (entry.bytes) return "a buffer";
        const article = { undefined: "", object: "an ", bigint: "a " }[typeof value] ?? "a ";
        return article + (typeof value === "bigint" ? "BigInt" : typeof value);
    }

    const INTEGERS = { u8: 8, i8: -8, u16: 16, i16: -16, u32: 32, i32: -32, u64: 64, i64: -64, usize: 64, isize: -64 };

    // The value that C gets for a type: `{ value }`, `{ bytes }`, or `{ problem }`, the text of the exception.
    function conversion(type, entry) {
        const value = entry.make();
        const wrong = (expected) => ({ problem: `expected ${expected}, not ${kindOf(entry)}` });
        if (typeof type === "number") {
            if (entry.bytes === undefined) return wrong("a buffer");
            const { length } = entry.bytes;
            return length >= type ? { bytes: entry.bytes.slice(0, type) } : { problem: `${length} bytes are too few: it has ${type}` };
        }
        const wide = Math.abs(INTEGERS[type]) === 64;
        switch (type) {
            case "bool":
                return typeof value === "boolean" ? { value } : wrong("a boolean");
            case "f32":
                return typeof value === "number" ? { value: Math.fround(value) } : wrong("a number");
            case "f64":
                return typeof value === "number" ? { value } : wrong("a number");
            case "pointer":
                return value === null || entry.pointer ? { value } : wrong("null or a pointer");
            case "buffer":
                return value === null || entry.bytes ? { value, bytes: entry.bytes } : wrong("null or a buffer");
            case "function":
                return value === null || entry.pointer ? { value } : wrong("null or a pointer");
        }
        const signed = INTEGERS[type] < 0;
        const cut = (big) => (signed ? BigInt.asIntN : BigInt.asUintN)(64, big);
        if (wide && typeof value === "bigint") return { value: cut(value) };
        if (typeof value !== "number") return wrong(wide ? "an integer or a BigInt" : "an integer");
        if (!Number.isInteger(value)) return { problem: `${value} is not an integer` };
        const bits = Math.abs(INTEGERS[type]);
        const [low, behind] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits];
        if (value < low || value >= behind) return { problem: `${value} is out of range` };
        return { value: wide ? BigInt(value) : value + 0 };
    }

    // The number of times that conversions ran script. It must be 0.
    const scriptsRun = () => ran;
    return { VALUES, INTEGERS, conversion, content, scriptsRun };
})();
