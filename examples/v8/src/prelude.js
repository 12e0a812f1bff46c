// The global variables of scripts.
(natives, global) => {
    "use strict";
    // Built-ins that are used later are saved now, because script may replace everything that it can reach.
    const { Function, TypeError, Uint8Array } = globalThis;
    const { apply } = Reflect;
    const { create, defineProperty, keys } = Object;
    const { stringify } = JSON;
    const { waiting, throwWaiting } = natives;
    // The data that openLibrary returned about its functions.
    const described = new WeakMap();
    const { get, set } = WeakMap.prototype;

    // Script's wrapper of a C function that cannot throw by itself, or that returns a struct.
    //
    // The native function does not throw, because optimised code could not catch it: see native.rs. It leaves the exception, and then the
    // only element of `waiting` is not 0. A function that returns a struct fills an extra argument, which script may omit. Each wrapper
    // has a source of its own, because V8 shares the facts that it learns about callees among functions of equal source. Its constants
    // are V8's constants, so a call costs a comparison more.
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

    // Properties that descriptors would inherit do not count.
    function define(object, name, descriptor) {
        defineProperty(object, name, { __proto__: null, ...descriptor });
    }

    // Declarations have marks here that are not part of the C function's type: `callback` for a function that calls script back, and
    // `direct` with the name of another function that is written for V8's fast calls, for comparison. If ` with options` follows the
    // name, V8 passes its options too. Returns the arguments of `natives.open`.
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

    // The number of runs of the ordinary callback of a library's function. They include calls by optimised code whose fast call was
    // refused, but not those that only throw a callback's exception.
    const slowCalls = (symbol) => natives.ordinaryCalls(descriptionOf(symbol).number);

    // The reason why it does not have a fast call, or null.
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
        // The pointer to a buffer's bytes, which is valid as long as the buffer.
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
