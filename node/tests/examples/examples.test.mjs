// Runs the examples.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { open } from "../../lib/index.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "examples");

// What each example needs, is given, and prints.
const EXAMPLES = {
  "sqlite.mjs": { library: "libsqlite3.so.0", prints: /^東京: 2194\.0 km²\nReykjavík: 273\.0 km²\nZürich: 91\.9 km²\n$/ },
  "zlib.mjs": { library: "libz.so.1", prints: /^27000 bytes became less than a fiftieth\nzlib gives them back: true; Node does too: true\n$/ },
  "curl.mjs": { library: "libcurl.so.4", prints: /^libcurl\/\d+\.\d+\.\d+\n\/\/ A file by libcurl, .*\n$/ },
  "magic.mjs": {
    library: "libmagic.so.1",
    arguments: [join(folder, "..", "package.json"), "/no/such/file"],
    prints: /package\.json: application\/json\n\/no\/such\/file: cannot open `\/no\/such\/file' \(.*\)\nbytes: image\/png\n$/,
  },
  "sdl.mjs": {
    library: "libSDL2-2.0.so.0",
    environment: { SDL_VIDEODRIVER: "dummy" },
    prints: /^dummy: 256 of 3072 pixels are orange\nasked to quit\n$/,
  },
  "glib.mjs": { library: "libglib-2.0.so.0", prints: /^GLib is idle\nGLib's timer ran 3 times, Node's ran too: true\n$/ },
};

function isThere(library) {
  try {
    open(library, {});
    return true;
  } catch {
    return false;
  }
}

for (const [name, { library, arguments: given = [], environment, prints }] of Object.entries(EXAMPLES)) {
  // CI installs all of them.
  test(name, { skip: !process.env.CI && !isThere(library) && `${library} is not installed` }, () => {
    const env = { ...process.env, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, name), ...given], { env, encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, prints);
  });
}
