"use strict";
// Prints what libmagic-ffi says of files and bytes.

const { LibmagicIO } = require("libmagic-ffi");

const BYTES = { png: "89504e470d0a1a0a0000000d49484452", pdf: "255044462d312e34", nothing: "" };

async function main() {
  for (const options of [{ returnMimeType: true }, { returnMimeEncoding: true }, {}]) {
    const magic = new LibmagicIO({ ...options, pool: { min: 2, max: 4 } });
    console.log(await magic.getLibmagicVersion());
    const files = [__filename, __dirname, process.execPath, "/no/such/file"];
    for (const result of await Promise.allSettled(files.map((file) => magic.detectFile(file)))) {
      console.log(result.value ?? `${result.reason.name}: ${result.reason.message}`);
    }
    for (const [name, hex] of Object.entries(BYTES)) console.log(name, await magic.detectBuffer(Buffer.from(hex, "hex")));
    await magic.close();
  }
}

main();
