// A round trip through zlib, and what Node's own makes of it: `node zlib.mjs`.

import { inflateSync } from "node:zlib";

import { open } from "hotcall";

const zlib = open("libz.so.1", `
  typedef unsigned long uLong;
  uLong compressBound(uLong length);
  int compress2(unsigned char *into, _Inout_ uLong *written, const unsigned char *from, uLong length, int level);
  int uncompress(unsigned char *into, _Inout_ uLong *written, const unsigned char *from, uLong length);
  const char *zlibVersion(void);
`);

const text = Buffer.from("Hot calls make short work. ".repeat(1000));
const written = [zlib.compressBound(text.length)];
const compressed = Buffer.alloc(Number(written[0]));
if (zlib.compress2(compressed, written, text, text.length, 9) !== 0) throw new Error("compress2 failed");
const packed = compressed.subarray(0, Number(written[0]));
console.log(`${text.length} bytes became ${packed.length < text.length / 50 ? "less than a fiftieth" : packed.length}`);

const length = [BigInt(text.length)];
const back = Buffer.alloc(text.length);
if (zlib.uncompress(back, length, packed, packed.length) !== 0) throw new Error("uncompress failed");
console.log(`zlib gives them back: ${back.equals(text)}; Node does too: ${inflateSync(packed).equals(text)}`);
