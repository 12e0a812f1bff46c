// Text compressed by zlib, and back.

const name = { linux: "libz.so.1", darwin: "libz.dylib" }[Deno.build.os] ?? "zlib1";
const zlib = Deno.dlopen(name, {
  compressBound: { parameters: ["usize"], result: "usize" },
  compress2: { parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32" },
  uncompress: { parameters: ["buffer", "buffer", "buffer", "usize"], result: "i32" },
  crc32: { parameters: ["usize", "buffer", "u32"], result: "usize" },
  compressLater: { name: "compress2", parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32", nonblocking: true },
});
const { compressBound, compress2, compressLater, uncompress, crc32 } = zlib.symbols;
function check(code) {
  if (code !== 0) throw new Error(`zlib says ${code}`);
}
// The length is the size of the room before the call, and the size of the result after it.
function fit(bytes, length) {
  return bytes.subarray(0, Number(length[0]));
}

const text = "All work and no play makes Jack a dull boy. ".repeat(1000);
const bytes = new TextEncoder().encode(text);
console.log(`crc32 of "123456789": ${crc32(0n, new TextEncoder().encode("123456789"), 9).toString(16)}`);

const length = BigUint64Array.of(compressBound(bytes.length));
const target = new Uint8Array(Number(length[0]));
check(compress2(target, length, bytes, bytes.length, 9));
const compressed = fit(target, length);
console.log(`${bytes.length} bytes became fewer than 300: ${compressed.length < 300}`);

const again = BigUint64Array.of(compressBound(bytes.length));
const second = new Uint8Array(Number(again[0]));
check(await compressLater(second, again, bytes, bytes.length, 9));
const same = again[0] === length[0] && compressed.every((byte, i) => byte === second[i]);
console.log(`the same on another thread: ${same}`);

const back = new Uint8Array(bytes.length);
const room = BigUint64Array.of(BigInt(back.length));
check(uncompress(back, room, compressed, compressed.length));
console.log(`and back: ${new TextDecoder().decode(fit(back, room)) === text}`);

compressed[10] ^= 0xff;
room[0] = BigInt(back.length);
console.log(`with a byte changed uncompress says ${uncompress(back, room, compressed, compressed.length)}`);
zlib.close();
