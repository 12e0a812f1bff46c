// Text encoding. `encoding.out` is what Deno 2.9 prints.
const attempt = (action) => {
  try {
    console.log(action());
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
};
const bytes = (...list) => new Uint8Array(list);
const encoder = new TextEncoder();
for (const text of ["", "a", "é", "€", "😀", "aé€😀", "\ud800", "\udc00x", "a\ud83dz", "\0"]) {
  console.log(encoder.encode(text));
}
console.log(encoder.encode(), encoder.encode(undefined), encoder.encode(null), encoder.encode(5), encoder.encoding);
for (const size of [0, 1, 2, 3, 4, 5, 6, 9, 10, 20]) {
  const target = new Uint8Array(size);
  console.log(size, encoder.encodeInto("aé€😀", target), target);
}
const decoder = new TextDecoder();
const inputs = [
  [],
  [97],
  [0xc3, 0xa9],
  [0xe2, 0x82, 0xac],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xff],
  [0xc0, 0x80],
  [0xe2, 0x82],
  [0xe2, 0x82, 97],
  [0xf0, 0x9f, 97],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbb, 0xbf, 97],
  [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 97],
  [0xef, 0xbb],
  [97, 0xef, 0xbb, 0xbf],
  [97, 0, 98],
  [0x80, 0x80, 97],
  [0xc3, 0xc3, 0xa9],
];
for (const input of inputs) {
  console.log(
    JSON.stringify(decoder.decode(bytes(...input))),
    JSON.stringify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(...input))),
  );
  attempt(() => JSON.stringify(new TextDecoder("utf-8", { fatal: true }).decode(bytes(...input))));
}
for (
  const [chunks, fatal] of [
    [[[0xe2], [0x82], [0xac]], false],
    [[[0xe2, 0x82], [97]], false],
    [[[0xf0, 0x9f], [0x98, 0x80, 97, 0xc3]], false],
    [[[0xef], [0xbb, 0xbf, 97], [0xef, 0xbb, 0xbf]], false],
    [[[0xe2]], true],
    [[[97], [0xff]], true],
  ]
) {
  const stream = new TextDecoder("utf-8", { fatal });
  for (const chunk of chunks) attempt(() => JSON.stringify(stream.decode(bytes(...chunk), { stream: true })));
  attempt(() => JSON.stringify(stream.decode()));
  attempt(() => JSON.stringify(stream.decode(bytes(0xef, 0xbb, 0xbf, 98))));
}
console.log(
  JSON.stringify(decoder.decode(new ArrayBuffer(1))),
  decoder.decode(new DataView(bytes(97, 98, 99).buffer, 1, 1)),
  decoder.decode(new Uint16Array([0x6261])),
  decoder.decode(bytes(97, 98, 99).subarray(1)),
);
console.log(
  JSON.stringify(decoder.decode(new SharedArrayBuffer(2))),
  JSON.stringify(decoder.decode(new Uint8Array(new SharedArrayBuffer(2)))),
);
attempt(() => decoder.decode("text"));
attempt(() => new TextDecoder("nope"));
for (const label of ["utf8", "UTF-8", " utf-8 ", "utf-16le", "utf-16", "ucs-2"]) {
  console.log(label, new TextDecoder(label).encoding);
}
console.log(
  new TextDecoder("utf-16le").decode(bytes(97, 0, 0x3d, 0xd8, 0, 0xde)),
  new TextDecoder("utf-16le").decode(bytes(0xff, 0xfe, 97, 0)),
  JSON.stringify(new TextDecoder("utf-16le").decode(bytes(97, 0, 98))),
);
console.log(new TextDecoder("utf8", { fatal: true, ignoreBOM: true }));
console.log(atob("aGk="), atob(" aG k "), atob(""), btoa("hi"), btoa("\xff\0"), btoa(""));
console.log(JSON.stringify(decoder.decode(encoder.encode("x".repeat(70000) + "é")).length));
