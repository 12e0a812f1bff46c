// The checks that the scripts of this directory use.

function same(actual, expected, what = "") {
    const shown = (value) => typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : String(value);
    if (!Object.is(actual, expected)) throw new Error(`${what}: got ${shown(actual)}, expected ${shown(expected)}`);
}

function sameBytes(actual, expected, what = "") {
    same(String(actual), String(expected), what);
    same(actual.constructor, expected.constructor, what);
}

// Runs something that must throw an error of this kind, whose message has this text.
function throws(run, kind, text) {
    let result;
    try {
        result = run();
    } catch (error) {
        same(error.constructor, kind, String(error));
        if (!error.message.includes(text)) throw new Error(`"${error.message}" has no "${text}"`);
        return;
    }
    throw new Error(`gave ${String(result)} instead of ${kind.name}: ${text}`);
}
