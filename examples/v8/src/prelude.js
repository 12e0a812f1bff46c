// The global variables of scripts.
(natives, global) => {
    "use strict";
    const { stringify } = JSON;
    // What openLibrary has said of its functions.
    const described = new WeakMap();

    // What script has is a function around the native one. If it returns a struct, that fills one more argument. Where optimised code
    // may call it directly, `failed` is what it returns instead of throwing: what V8 10.2 throws for calls that were refused passes
    // by the `try` block that they are in. Each has a source of its own, for what V8 learns about callees it learns for a source, and
    // functions of equal sources share it.
    let sources = 0;

    function around(native, size) {
        const count = native.length - (size === undefined ? 0 : 1);
        const names = Array.from({ length: count }, (_, index) => `a${index}`);
        const [params, args] = size === undefined ? [names, names] : [[...names, `result = new Uint8Array(${size})`], [...names, "result"]];
        const make = new Function(
            "native",
            "failed",
            "rethrow",
            "Uint8Array",
            `"use strict"; // ${sources++}
            return { symbol(${params.join(", ")}) {
                const returned = native(${args.join(", ")});
                if (returned === failed) rethrow();
                return ${size === undefined ? "returned" : "result"};
            } }.symbol;
            //# sourceURL=prelude.js`,
        );
        const wrapper = make(native, natives.failed, natives.rethrow, Uint8Array);
        Object.defineProperty(wrapper, "name", { value: native.name, configurable: true });
        return wrapper;
    }

    // Declarations have marks here that say nothing of the C function's type: `callback`, for one that calls script back, and
    // `direct`, the name of another one that is written for V8's fast calls, for comparison. With ` with options` behind it V8 passes
    // its options too.
    function withoutMarks(declarations) {
        const plain = Object.create(null);
        const marks = [];
        for (const [key, declaration] of Object.entries(declarations)) {
            const { callback = false, direct = "", ...rest } = declaration;
            if (typeof callback !== "boolean" || (callback && "type" in rest)) {
                throw new TypeError(`${key}: \`callback\` is true or false, of a function`);
            }
            if (typeof direct !== "string" || (direct !== "" && (callback || "type" in rest))) {
                throw new TypeError(`${key}: \`direct\` is the name of a function, for one that does not call back`);
            }
            if (callback || direct !== "") marks.push(key, direct);
            plain[key] = rest;
        }
        return [plain, marks];
    }

    function openLibrary(path, declarations) {
        const [plain, marks] = withoutMarks(declarations);
        const opened = natives.open(path, stringify(plain), ...marks);
        const symbols = Object.create(null);
        for (const key of Object.keys(opened.symbols)) {
            const symbol = opened.symbols[key];
            const { value = null, number, size, keeps } = symbol ?? {};
            symbols[key] = size === undefined && !keeps ? value : around(value, size);
            if (number !== undefined) described.set(symbols[key], symbol);
        }
        return { symbols, close: () => natives.close(opened.library) };
    }

    // How often V8 has called a function of a library by its ordinary callback, and not from optimised code.
    const slowCalls = (symbol) => natives.ordinaryCalls(descriptionOf(symbol).number);

    // Why it has no fast call, or null.
    const whySlow = (symbol) => descriptionOf(symbol).whySlow;

    function descriptionOf(symbol) {
        const description = described.get(symbol);
        if (description === undefined) throw new TypeError("no function of a library");
        return description;
    }

    class Callback {
        #pointer;

        constructor(definition, run) {
            if (typeof run !== "function") throw new TypeError("a callback calls a function");
            this.#pointer = natives.callback(stringify(definition), run);
        }

        get pointer() {
            return this.#pointer;
        }

        close() {
            natives.closeCallback(this.#pointer);
            this.#pointer = null;
        }
    }

    const Pointer = {
        // The pointer for an address, a BigInt.
        create: (address) => natives.pointer(address),
        // The address of a pointer.
        value: (pointer) => natives.address(pointer),
        // The pointer to a buffer's bytes, which are there as long as the buffer.
        of: (buffer) => natives.pointerOf(buffer),
    };

    const { print, now, heapSize, collect: collectGarbage } = natives;
    const scriptArgs = Array.from(natives.args);
    const globals = { openLibrary, slowCalls, whySlow, Callback, Pointer, print, now, heapSize, collectGarbage, scriptArgs };
    for (const [name, value] of Object.entries(globals)) {
        Object.defineProperty(global, name, { value, writable: true, configurable: true });
    }
};
