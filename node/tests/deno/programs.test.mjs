// Whole programs: the code samples of the page on Deno's FFI and modules in the style of known ones, in TypeScript,
// and the scripts of the example runtime on QuickJS. Deno gives the same output, if it is there.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compile } from "../native.mjs";
import { fixture, hasDeno, here, inDeno, inNode } from "./script.mjs";

const repository = join(here, "..", "..", "..");
const example = join(repository, "examples", "quickjs", "scripts");
const documentation = join(example, "documentation");

// Libraries of the system's, which may be missing where no CI runs.
const installed = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
const isMissing = (library) =>
  process.env.CI === undefined && !installed.includes(library) && `${library} is not installed`;

// The page names the libraries without a path, or in the current directory.
const folder = mkdtempSync(join(tmpdir(), "hotcall-deno-"));
after(() => rmSync(folder, { recursive: true }));
execFileSync("cc", ["-shared", "-fPIC", "-o", join(folder, "libexample.so"), join(documentation, "example.c"), "-lm"]);
const hasRust = spawnSync("rustc", ["--version"]).status === 0;
if (hasRust) {
  execFileSync("rustc", ["--crate-type", "cdylib", join(documentation, "lib.rs")], { cwd: folder, stdio: "pipe" });
}

function check(path, args, expected, options) {
  for (const run of hasDeno ? [inNode, inDeno] : [inNode]) {
    const { status, stdout, stderr } = run(path, args, options);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: "" }, run.name);
  }
}

const samples = {
  basic: "8\n",
  structs: "5\n",
  callbacks: "Callback received: 42\n",
  rust: "Fibonacci(10) = 55\n",
};

for (const [name, expected] of Object.entries(samples)) {
  test(`sample ${name}`, { skip: name === "rust" && !hasRust && "rustc is not there" }, () => {
    check(join(here, "scripts", "samples", `${name}.ts`), [], expected, {
      cwd: folder,
      env: { LD_LIBRARY_PATH: folder },
    });
  });
}

const modules = {
  webview: {
    library: () => compile("webview"),
    expected: `page calls log on turn 1
page calls log on turn 5
page calls log on turn 9
12
Grüße 👋 | 800x600/3 | https://example.com/a?b=c | document.title
0: 0 0
1: 0 null
2: 1 "no"
3: 0 "not yet"
4: 0 4
5: 0 null
6: 1 "no"
7: 0 "not yet"
8: 0 12
9: 0 null
10: 1 "no"
11: 0 {"ended":11}

`,
  },
  netsaur: {
    library: () => compile("netsaur"),
    expected: `shape 1,1 2
predicted 9.00 11.00 -1.00
saved Uint8Array 8
restored 21.00 true
`,
  },
  sqlite: {
    library: () => "libsqlite3.so.0",
    skip: isMissing("libsqlite3.so.0"),
    expected: `1
1
1
Ada 1.65 3,0,255
Grüße 1.8 5,0,255
Linus 1.77 5,0,255
nobody null null
[{"large":"4611686018427387904n","small":-1,"text":"xxx"}]
[{"name":"Grüße!","product":5.257}]
SQLite: no such luck
5,42,255
{"people":4}
SQLite: near "nothing": syntax error
`,
  },
  sdl2: {
    library: () => "libSDL2-2.0.so.0",
    skip: isMissing("libSDL2-2.0.so.0"),
    expected: `major version 2 dummy
Grüße 64,48
other 32,24
ff123456 ffff0000 ffff0000 ff123456 ff00ff00 ff123456 ff123456 ff00ff00
watched 32768,32768,32768
user 1,user 2,user 3
Space A
ticks 3
`,
  },
};

for (const [name, { library, skip = false, expected }] of Object.entries(modules)) {
  test(`module ${name}`, { skip }, () => check(join(here, "scripts", "modules", `${name}.ts`), [library()], expected));
}

const examples = {
  sqlite: {
    skip: isMissing("libsqlite3.so.0"),
    expected: `SQLite 3
name: Earth, radius: 6371.0
name: Venus, radius: 6051.8
name: Mars, radius: 3389.5
planets: 4, mean: 4563.0
SQLite: no such column: moons
`,
  },
  zlib: {
    skip: isMissing("libz.so.1"),
    expected: `crc32 of "123456789": cbf43926
44000 bytes became fewer than 300: true
the same on another thread: true
and back: true
with a byte changed uncompress says -3
`,
  },
  libm: {
    expected: `2 to the power of 10 is 1024
the hypotenuse of 3 and 4 is 5
2 * 3 + 4 is 10
2.5 rounded is 3, and -2.5 -3
48 is 0.75 times 2 to the power of 6
11 divided by 3 leaves -1, 4 times
`,
  },
  struct: {
    expected: `17 = 5 * 3 + 2
-17 = 5 * -3 + -2
10**18 + 7 = 10**9 * 1000000000 + 7
100 = 7 * 14 + 2
1000 = 7 * 142 + 6
2000-2-29 0:0:0
`,
  },
  nonblocking: { expected: "working.\nworking..\nworking...\ndone: 0,0\n" },
};

for (const [name, { skip = false, expected }] of Object.entries(examples)) {
  test(`example ${name}`, { skip }, () => check(join(example, `${name}.js`), [], expected));
}

// They check for themselves, and print `end` when they get there.
for (const name of ["many", "threads"]) {
  test(`tests of the example runtime: ${name}`, () => {
    const { status, stdout, stderr } = inNode(join(repository, "tests", "quickjs_ffi", `${name}.js`), [fixture]);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "end\n", stderr: "" });
  });
}
