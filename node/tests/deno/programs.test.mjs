// Whole programs in TypeScript: the code samples of the page on Deno's FFI, and modules in the style of known ones. Deno gives
// the same output, if it is there.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compile } from "../native.mjs";
import { hasDeno, here, inDeno, inNode } from "./script.mjs";

const documentation = join(here, "..", "..", "..", "examples", "quickjs", "scripts", "documentation");

// The page names the libraries without a path, or in the current directory.
const folder = mkdtempSync(join(tmpdir(), "hotcall-deno-"));
after(() => rmSync(folder, { recursive: true }));
execFileSync("cc", ["-shared", "-fPIC", "-o", join(folder, "libexample.so"), join(documentation, "example.c"), "-lm"]);
const hasRust = spawnSync("rustc", ["--version"]).status === 0;
if (hasRust) execFileSync("rustc", ["--crate-type", "cdylib", join(documentation, "lib.rs")], { cwd: folder, stdio: "pipe" });

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
    check(join(here, "scripts", "samples", `${name}.ts`), [], expected, { cwd: folder, env: { LD_LIBRARY_PATH: folder } });
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

for (const [name, { library, expected }] of Object.entries(modules)) {
  test(`module ${name}`, () => check(join(here, "scripts", "modules", `${name}.ts`), [library()], expected));
}
