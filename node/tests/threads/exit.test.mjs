// Ends of processes and Workers while C calls script.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Runs a script in a process of its own. One that does not end is killed.
function run(name, ...args) {
  const script = fileURLToPath(new URL(`cases/${name}.mjs`, import.meta.url));
  const flags = process.versions.deno ? ["run", "-A"] : [];
  const child = spawn(process.execPath, [...flags, script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), 280_000);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, ended, stderr: () => stderr };
}

async function check(expected, name, ...args) {
  const { code, signal, stdout, stderr } = await run(name, ...args).ended;
  assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: "", stderr: "", ...expected });
}

test("process_exit_in_a_callback_ends_the_process", () => check({ code: 7, stdout: "exit 7\n" }, "exit_in_callback"));

test("threads_that_call_at_exit_get_zero", async () => {
  for (let n = 0; n < 5; n++) await check({ code: 3, stdout: "all get zero true\n" }, "exit_while_threads_call");
});

test("a_library_may_join_its_threads_at_exit", async () => {
  await check({ code: 4, stdout: "joined 0\n" }, "exit_joins", "now");
  await check({ code: 4, stdout: "joined 0\n" }, "exit_joins", "later");
});

test("callbacks_keep_the_process_only_while_they_are_held", async () => {
  await check({ stdout: "false\n" }, "natural_end");
  await check({ stdout: "false\n" }, "natural_end", "closed");
  await check({ stdout: "true\n" }, "natural_end", "held");
});

test("an_uncaught_exception_of_another_threads_call_ends_the_process", async () => {
  const { code, stderr } = await run("uncaught").ended;
  assert.equal(code, 1);
  assert.match(stderr, /RangeError: nobody catches this/);
});

test("a_wait_that_may_never_end_is_reported", async () => {
  const { child, ended, stderr } = run("waits_for_ever");
  while (!stderr().includes("\n") && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill();
  assert.match((await ended).stderr, /hotcall: a thread has waited for the callback "unary" for 3 seconds/);
});

test("workers_end_while_c_calls", async () => {
  const codes = { ends: 0, exits: 8, "exit in a callback": 9, terminated: 1, "terminated inside of c": 1 };
  const { code, signal, stdout, stderr } = await run("workers").ended;
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  assert.deepEqual(JSON.parse(stdout), codes);
});

test("c_holds_callbacks_of_a_thousand_workers_that_have_ended", { timeout: 300_000 }, async () => {
  await check({ stdout: "0 true\n" }, "held_by_c", "1000");
});

test("threads_of_a_library_that_never_end_let_the_process_exit", async () => {
  await check({ code: 6 }, "endless_threads", "ended");
  await check({ code: 6 }, "endless_threads", "running");
});
