// Bytes that C goes on using after the call, while script keeps the array. The small ones begin inside the engine's
// heap.
import { library, test } from "./case.ts";

const keep = { parameters: ["buffer"], result: "void" } as const;
const { symbols: c } = Deno.dlopen(library, {
  keep_bytes: keep,
  keep_leaf: { ...keep, name: "keep_bytes", callback: false },
  sum_kept: { parameters: ["usize"], result: "i32" },
});
const [COUNT, ROUNDS] = [1000, 20];

function litter() {
  const kept: unknown[] = [];
  for (let i = 0; i < 200000; i++) kept[i % 5000] = new Uint8Array(8).fill(0xee);
}

// Rounds before the last one let the engine optimise the calls.
function sum(size: number, keep: (bytes: Uint8Array<ArrayBuffer>) => void): number {
  let sum = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const arrays = [];
    for (let i = 0; i < COUNT; i++) {
      const array = new Uint8Array(size).fill(1);
      arrays.push(array);
      keep(array);
    }
    if (round === ROUNDS) litter();
    sum = c.sum_kept(BigInt(size)) / (arrays.length * size);
  }
  return sum;
}

for (const size of [1, 8, 64, 65, 1000]) {
  await test(`arrays of ${size} bytes`, () => sum(size, (bytes) => c.keep_bytes(bytes)));
  await test(`arrays of ${size} bytes, in a leaf`, () => sum(size, (bytes) => c.keep_leaf(bytes)));
}
