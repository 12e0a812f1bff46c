// Bytes that C goes on using after the call, while script keeps the array. The small ones begin inside the engine's heap.
import { library, test } from "./case.ts";

const { symbols: c } = Deno.dlopen(library, {
  keep_bytes: { parameters: ["buffer"], result: "void" },
  sum_kept: { parameters: ["usize"], result: "i32" },
});
const COUNT = 2000;

function litter() {
  const kept: unknown[] = [];
  for (let i = 0; i < 500000; i++) kept[i % 5000] = new Uint8Array(8).fill(0xee);
}

for (const size of [1, 8, 64, 65, 1000]) {
  await test(`arrays of ${size} bytes`, () => {
    const arrays: unknown[] = [];
    for (let i = 0; i < COUNT; i++) {
      const array = new Uint8Array(size).fill(1);
      arrays.push(array);
      c.keep_bytes(array);
    }
    litter();
    return c.sum_kept(BigInt(size)) === arrays.length * size;
  });
}
