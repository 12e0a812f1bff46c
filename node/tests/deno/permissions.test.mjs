// The list of libraries in HOTCALL_ALLOW_FFI, which every entry of the package obeys.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fixture, inNode, root } from "./script.mjs";

// Directories with the fixture, links to it, and links to directories.
let place;
before(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), "hotcall-permissions-")));
  for (const directory of ["allowed/deep", "other", "allowed-not"]) {
    mkdirSync(join(place, directory), { recursive: true });
  }
  for (const file of ["allowed/lib.so", "allowed/deep/lib.so", "other/lib.so", "allowed-not/lib.so", "lib.so"]) {
    copyFileSync(fixture, join(place, file));
  }
  const links = {
    "allowed/out.so": "../other/lib.so",
    "other/in.so": "../allowed/lib.so",
    "allowed/away": "../other",
    "link": "allowed",
    "other/broken.so": "nowhere",
    "allowed/leads-out.so": "../other/missing.so",
  };
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(place, link));
});
after(() => rmSync(place, { recursive: true }));

const OPEN = `
  const add = { parameters: ["i32", "i32"], result: "i32", optional: true };
  for (const path of process.argv.slice(1)) {
    try {
      const { symbols } = Deno.dlopen(path, { add });
      console.log(symbols.add === null ? "opened another" : "opened, " + symbols.add(1, 2));
    } catch ({ name, message, code, cause }) {
      console.log(name + ": " + message + (code ? " " + code : "") + (cause ? " " + cause.code : ""));
    }
  }`;

function run(list, script, ...args) {
  const env = list === undefined ? {} : { HOTCALL_ALLOW_FFI: list };
  return inNode("--eval", [script, ...args], { cwd: place, env });
}

// What comes of opening each path.
function open(list, ...paths) {
  const { status, stdout, stderr } = run(list, OPEN, ...paths);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

const allows = (list, ...paths) => assert.deepEqual(open(list, ...paths), paths.map(() => "opened, 3"), `${list}`);
const denies = (list, ...paths) => {
  const refused = (path) =>
    `NotCapable: Requires ffi access to "${path}", which HOTCALL_ALLOW_FFI does not allow ERR_ACCESS_DENIED`;
  assert.deepEqual(open(list, ...paths), paths.map(refused), `${list}`);
};

test("without the variable everything is allowed", () => {
  allows(undefined, join(place, "other/lib.so"), "./other/lib.so");
  assert.deepEqual(open(undefined, "libc.so.6"), ["opened another"]);
});

test("a file allows itself", () => {
  const list = join(place, "other/lib.so");
  allows(list, list, "./other/lib.so", "other/../other/./lib.so");
  allows("other/lib.so", list);
  denies(list, join(place, "allowed/lib.so"));
});

test("a directory allows what is below it", () => {
  for (const list of ["allowed", "allowed/", "./other/../allowed"]) {
    allows(list, "./allowed/lib.so", "./allowed/deep/lib.so");
    denies(list, "./other/lib.so", "./allowed-not/lib.so", "./allowed/../other/lib.so");
  }
});

test("several paths are allowed", () => {
  const list = "allowed/deep,other/lib.so";
  allows(list, "./allowed/deep/lib.so", "./other/lib.so");
  denies(list, "./allowed/lib.so");
});

test("the file that a link leads to counts", () => {
  denies("allowed", "./allowed/out.so", "./allowed/away/lib.so");
  // `..` is what it is to the system: the directory above the one that the link leads to.
  denies("allowed", "./allowed/away/../lib.so");
  allows("allowed", "./allowed/away/../allowed/lib.so", "./other/in.so", "./link/lib.so");
  allows("link", "./allowed/lib.so");
  allows("allowed/out.so", "./other/lib.so");
  denies("other/in.so", "./other/lib.so");
});

test("names that the loader searches, and the process, need the whole permission", () => {
  denies(".", "lib.so");
  denies("/", "libc.so.6", "");
  allows(".", "./lib.so");
});

test("nothing is told of files that are not allowed", () => {
  const paths = [
    "./other/lib.so",
    "./other/missing.so",
    "./other",
    "./other/",
    "./other/lib.so/",
    "./other/broken.so",
    "./missing/x",
    "./other/missing/../../allowed/missing.so",
    "./other/../allowed/missing.so",
    "./other/lib.so/../../allowed/missing.so",
    "./other/lib.so/../../allowed/lib.so",
    "./other/missing.so/../../allowed/lib.so",
    "./allowed/away/lib.so",
    "./allowed/away/missing.so",
    "./allowed/leads-out.so",
    "./allowed/out.so",
    "./$ORIGIN",
    "/",
    "/proc/self/exe",
    "/proc/self/cwd",
    "/dev/null",
    ".",
    "..",
  ];
  denies("allowed", ...paths);
  // In an allowed directory, script may learn that a file is missing.
  const missing = ["./allowed/missing.so", "./link/missing.so", "./allowed/deep/../missing/x.so"];
  assert.deepEqual(open("allowed", ...missing), missing.map((path) => `Error: cannot find library ${path} ENOENT`));
  const [directory, through] = open("allowed", "./allowed/deep", "./allowed/lib.so/../lib.so");
  assert.match(directory, /is a directory/);
  assert.match(through, /^Error: cannot find library /);
});

test("a list with an empty or a missing path is an error", () => {
  for (const list of ["", ",", "allowed,", ",allowed", "allowed,,other"]) {
    const { status, stdout, stderr } = run(list, OPEN, "./allowed/lib.so");
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    assert.ok(stderr.includes(`HOTCALL_ALLOW_FFI: the list "${list}" has an empty path`), stderr);
  }
  for (const [list, path] of [["nowhere", "nowhere"], ["allowed, other", " other"], ["libc.so.6", "libc.so.6"]]) {
    const { status, stderr } = run(list, OPEN, "./allowed/lib.so");
    assert.equal(status, 1);
    assert.ok(stderr.includes(`HOTCALL_ALLOW_FFI: cannot find "${path}"`), stderr);
  }
});

test("pointers need the whole permission", () => {
  const uses = `
    const { UnsafePointer: P, UnsafePointerView: V, UnsafeFnPointer: F, UnsafeCallback: C } = Deno;
    const definition = { parameters: [], result: "void" };
    const uses = {
      create: () => P.create(1n), equals: () => P.equals(null, null), of: () => P.of(new Uint8Array(1)),
      offset: () => P.offset(null, 1), value: () => P.value(null),
      view: () => new V(null), text: () => V.getCString(null),
      buffer: () => V.getArrayBuffer(null, 1), read: () => V.prototype.getInt8.call({ pointer: null }),
      copy: () => V.copyInto(null, new Uint8Array(1)), fn: () => new F(null, definition),
      callback: () => new C(definition, () => {}), safe: () => C.threadSafe(definition, () => {}),
    };
    for (const use of Object.values(uses)) {
      try {
        use();
        console.log("allowed");
      } catch (error) {
        console.log(error.name);
      }
    }`;
  for (const list of ["other", "/"]) {
    const { stdout, stderr } = run(list, uses);
    assert.deepEqual({ stdout, stderr }, { stdout: "NotCapable\n".repeat(13), stderr: "" });
  }
});

test("a Worker has the list of the process", () => {
  const open = `try { Deno.dlopen("./other/lib.so", {}) } catch ({ name }) { console.log(name) }`;
  const script = `
    const { Worker } = require("node:worker_threads");
    ${open}
    const { HOTCALL_ALLOW_FFI, ...env } = process.env;
    new Worker(new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(open)})), { env });`;
  assert.equal(run("allowed", script).stdout, "NotCapable\nNotCapable\n");
  // Also if it is the first to load a library.
  assert.equal(run("allowed", script.replace(open, "")).stdout, "NotCapable\n");
});

test("the variable is read once", () => {
  const script = `
    delete process.env.HOTCALL_ALLOW_FFI;
    try { Deno.dlopen("./other/lib.so", {}) } catch ({ name }) { console.log(name) }`;
  assert.equal(run("allowed", script).stdout, "NotCapable\n");
});

// A library finds its neighbours beside the path by which it is opened, also where that is a link.
test("allowed links keep their neighbours", () => {
  const cc = (output, source, ...flags) => {
    writeFileSync(join(place, "source.c"), source);
    execFileSync("cc", ["-shared", "-fPIC", "-o", join(place, output), join(place, "source.c"), ...flags]);
  };
  cc("allowed/deep/libnear.so", "int near(int a, int b) { return a + b; }", "-Wl,-soname,libnear.so");
  const link = [`-L${place}/allowed/deep`, "-Wl,--no-as-needed", "-lnear", "-Wl,-rpath,$ORIGIN"];
  cc("allowed/user.so", "int near(int, int); int add(int a, int b) { return near(a, b); }", ...link);
  symlinkSync("../user.so", join(place, "allowed/deep/user.so"));
  symlinkSync("allowed/deep", join(place, "way"));
  const paths = ["./allowed/deep/user.so", "./way/user.so", "./other/../way/user.so"];
  for (const list of ["allowed", undefined]) allows(list, ...paths);
  // A directory that is not allowed could become a link, and `..` would lead elsewhere: the canonical path is opened.
  symlinkSync("../../other/../allowed/user.so", join(place, "allowed/deep/around.so"));
  allows(undefined, "./allowed/deep/around.so");
  assert.match(open("allowed", "./allowed/deep/around.so")[0], /libnear\.so/);
  // By its canonical path, the only one that is allowed, it does not have a neighbour.
  assert.match(open("allowed/user.so", "./allowed/deep/user.so")[0], /libnear\.so/);
});

test("every entry obeys", () => {
  const entry = (name) => JSON.stringify(join(root, "lib", name));
  const script = `
    const hotcall = require(${entry("index.cjs")});
    const ffi = require(${entry("ffi.cjs")});
    const loads = [
      (path) => hotcall.open(path, "int add(int, int);"), (path) => ffi.dlopen(path, {}),
      (path) => Deno.dlopen(path, {}),
    ];
    const attempt = (run) => {
      try {
        run();
        return "done";
      } catch ({ name, code }) {
        return name + " " + code;
      }
    };
    for (const load of loads) {
      for (const path of ["./allowed/lib.so", "./other/lib.so", "libc.so.6"]) console.log(attempt(() => load(path)));
    }
    const uses = [() => hotcall.pointer(1n), () => ffi.getInt8(1n), () => ffi.toBuffer(1n, 1), () => ffi.toString(1n)];
    for (const use of uses) console.log(attempt(use));`;
  const refused = "NotCapable ERR_ACCESS_DENIED\n";
  const { stdout, stderr } = run("allowed", script);
  assert.deepEqual({ stdout, stderr }, {
    stdout: `done\n${refused}${refused}`.repeat(3) + refused.repeat(4),
    stderr: "",
  });
});

// Links change while libraries are opened: each look may see another target. One that the list does not allow is never
// loaded, whichever link on the way it is that changes.
test("what is checked is what is opened", () => {
  const answer = (directory, number) => {
    writeFileSync(join(place, "source.c"), `int add(int a, int b) { return ${number}; }`);
    execFileSync("cc", ["-shared", "-fPIC", "-o", join(place, directory, "answer.so"), join(place, "source.c")]);
  };
  answer("allowed", 1);
  answer("other", 2);
  mkdirSync(join(place, "outside"));
  symlinkSync("../outside/hop.so", join(place, "allowed/hop.so"));
  symlinkSync("../outside/directory/answer.so", join(place, "allowed/through.so"));
  // A link is replaced in one step, so that it is always there.
  const swap = `
    const { renameSync, symlinkSync } = require("node:fs");
    const links = [
      ["outside/hop.so", "../allowed/answer.so", "../other/answer.so"], ["outside/directory", "../allowed", "../other"],
      ["swapped", "allowed", "other"],
    ];
    const { workerData } = require("node:worker_threads");
    for (let round = 0; Atomics.load(workerData, 0) === 0; round++) {
      for (const [link, ...targets] of links) {
        symlinkSync(targets[round % 2], "new");
        renameSync("new", link);
      }
      Atomics.store(workerData, 1, 1);
    }`;
  const script = `
    const { Worker } = require("node:worker_threads");
    const workerData = new Int32Array(new SharedArrayBuffer(8));
    new Worker(${JSON.stringify(swap)}, { eval: true, workerData });
    while (Atomics.load(workerData, 1) === 0);
    let [loaded, refused] = [0, 0];
    const wanted = ["./allowed/hop.so", "./allowed/through.so", "./swapped/answer.so"];
    const add = { parameters: ["i32", "i32"], result: "i32" };
    for (let i = 0; i < 3000; i++) {
      try {
        const library = Deno.dlopen(wanted[i % wanted.length], { add });
        if (library.symbols.add(0, 0) !== 1) console.log("opened what is not allowed");
        library.close();
        loaded++;
      } catch (error) {
        if (error.name !== "NotCapable") throw error;
        refused++;
      }
    }
    Atomics.store(workerData, 0, 1);
    console.log(loaded > 0 && refused > 0);`;
  const { status, stdout, stderr } = run("allowed", script);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "true\n", stderr: "" });
});

test("Node's own permissions", () => {
  const run = (env, ...more) => {
    const flags = ["--permission", "--allow-fs-read=*", ...more];
    return inNode("--eval", [OPEN, "./other/lib.so"], { cwd: place, flags, env });
  };
  assert.equal(run({}, "--allow-addons").stdout, "opened, 3\n");
  assert.match(run({ HOTCALL_ALLOW_FFI: "allowed" }, "--allow-addons").stdout, /^NotCapable/);
  assert.match(run({}).stdout, /loading addons is disabled/);
});
