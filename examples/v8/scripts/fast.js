// Loops that V8 optimises, and the time that a call in them takes.

const { symbols: c } = openLibrary("libc.so.6", {
    labs: { parameters: ["i64"], result: "i64" },
    abs: { parameters: ["i32"], result: "i32" },
    strnlen: { parameters: ["buffer", "u32"], result: "u32" },
    // div_t div(int numerator, int denominator)
    div: { parameters: ["i32", "i32"], result: { struct: ["i32", "i32"] } },
});

const text = new Uint8Array(64).fill(65, 0, 63);
const quotient = new Int32Array(2);
const loops = {
    abs: (rounds) => {
        for (let i = 0; i < rounds; i++) c.abs(7 - i);
    },
    // A result of 64 bits is a BigInt, which V8 10.2 does not take from fast calls.
    labs: (rounds) => {
        for (let i = 0; i < rounds; i++) c.labs(-i);
    },
    strnlen: (rounds) => {
        for (let i = 0; i < rounds; i++) c.strnlen(text, 64);
    },
    // The result is always written to one array.
    div: (rounds) => {
        for (let i = 0; i < rounds; i++) c.div(i, 7, quotient);
    },
};

const ROUNDS = 100_000;
for (const [name, loop] of Object.entries(loops)) {
    for (let i = 0; i < 10; i++) loop(ROUNDS / 10);
    const before = slowCalls(c[name]);
    const start = now();
    loop(ROUNDS);
    const time = (now() - start) / ROUNDS;
    const slow = whySlow(c[name]) ?? `${slowCalls(c[name]) - before} of ${ROUNDS} calls by the ordinary callback`;
    print(`${name}: ${time.toFixed(1)} ns a round; ${slow}`);
}
