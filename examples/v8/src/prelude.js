// The global variables of scripts.
(natives, global) => {
    "use strict";
    // What is used later is taken now, for script may put its own in the place of everything that it can reach.
    const { Function, TypeError, Uint8Array } = globalThis;
    const { apply } = Reflect;
    const { create, defineProperty, keys } = Object;
    const { stringify } = JSON;
    const { waiting, throwWaiting } = natives;
    // What openLibrary has said of its functions.
    const described = new WeakMap();
    const { get, set } = WeakMap.prototype;

    // What script has of a C function that cannot throw by itself, or that returns a struct.
    //
    // The native function cannot throw what optimised code would catch, but leaves it: see native.rs. Whether an exception waits
    // is what the one element of `waiting` says. One that returns a struct fills one more argument, which script may leave out. Each has
    // a source of its own, for what V8 learns about callees it learns for a source, and functions of equal sources share it. To V8 its
    // constants are constants, so that a call costs a comparison more.
    let sources = 0;

    function wrapped(native, { isWrapped, size }) {
        if (!isWrapped && size === null) return native;
        let args = "";
        let params = "";
        for (let index = 0; index < native.length; index++) {
            const isResult = size !== null && index === native.length - 1;
            const name = isResult ? "result" : `a${index}`;
            args += `${name}, `;
            params += isResult ? `result = new Uint8Array(${size}), ` : `${name}, `;
        }
        const make = new Function(
            "a, b, c, d",
            `"use strict"; // ${sources++}
            const native = a, waiting = b, throwWaiting = c, Uint8Array = d;
            return (${params}) => {
                const returned = native(${args});
                ${isWrapped ? "if (waiting[0] !== 0) throwWaiting();" : ""}
                return ${size === null ? "returned" : "result"};
            };`,
        );
        const wrapper = make(native, waiting, throwWaiting, Uint8Array);
        define(wrapper, "name", { value: native.name, configurable: true });
        return wrapper;
    }

    // Whatever descriptors inherit.
    function define(object, name, descriptor) {
        defineProperty(object, name, { __proto__: null, ...descriptor });
    }

    // Declarations have marks here that say nothing of the C function's type: `callback`, for one that calls script back, and
    // `direct`, the name of another one that is written for V8's fast calls, for comparison. With ` with options` behind it V8 passes
    // its options too. Gives what `natives.open` takes.
    function withoutMarks(path, declarations) {
        const plain = create(null);
        const args = [path, ""];
        const add = (value) => define(args, args.length, { value, writable: true, enumerable: true, configurable: true });
        const names = keys(declarations);
        for (let index = 0; index < names.length; index++) {
            const key = names[index];
            const { callback = false, direct = "", ...rest } = declarations[key];
            if (typeof callback !== "boolean" || (callback && "type" in rest)) {
                throw new TypeError(`${key}: \`callback\` is true or false, of a function`);
            }
            if (typeof direct !== "string" || (direct !== "" && (callback || "type" in rest))) {
                throw new TypeError(`${key}: \`direct\` is the name of a function, for one that does not call back`);
            }
            if (callback || direct !== "") {
                add(key);
                add(direct);
            }
            plain[key] = rest;
        }
        args[1] = stringify(plain);
        return args;
    }

    function openLibrary(path, declarations) {
        const opened = apply(natives.open, undefined, withoutMarks(path, declarations));
        const symbols = create(null);
        const names = keys(opened.symbols);
        for (let index = 0; index < names.length; index++) {
            const key = names[index];
            const symbol = opened.symbols[key];
            if (symbol === null || symbol.number === null) {
                symbols[key] = symbol && symbol.value;
            } else {
                symbols[key] = wrapped(symbol.value, symbol);
                apply(set, described, [symbols[key], symbol]);
            }
        }
        return { symbols, close: () => natives.close(opened.library) };
    }

    // How often the ordinary callback of a library's function has run: also for optimised code whose fast call was refused, but not to
    // throw what a callback left.
    const slowCalls = (symbol) => natives.ordinaryCalls(descriptionOf(symbol).number);

    // Why it has no fast call, or null.
    const whySlow = (symbol) => descriptionOf(symbol).whySlow;

    // V8's own function, without the wrapper that throws: for measuring, like `direct`.
    const nativeOf = (symbol) => descriptionOf(symbol).value;

    function descriptionOf(symbol) {
        const description = apply(get, described, [symbol]);
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
    if (natives.direct) globals.nativeOf = nativeOf;
    for (const [name, value] of Object.entries(globals)) {
        define(global, name, { value, writable: true, configurable: true });
    }
};
