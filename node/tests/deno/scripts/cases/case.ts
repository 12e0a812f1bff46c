// Prints what each case gives, a line each, so that the outcomes of two runtimes can be compared.

import process from "node:process";

/** The C fixtures: `tests/quickjs_ffi/fixture.c`. */
export const library = process.argv[2]!;

const only = process.env.CASE;

export const PAIR = { struct: ["i32", "f64"] } as const;

/** The bytes of a `pair`. */
export function pair(a: number, b: number): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setInt32(0, a, true);
  bytes.setFloat64(8, b, true);
  return new Uint8Array(bytes.buffer);
}

export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${new Uint8Array(value)})`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Error) return value.name;
  return showPointer(value) ?? `{${Object.entries(value).map(([name, one]) => `${name}: ${show(one)}`).join(", ")}}`;
}

function showPointer(value: object): string | undefined {
  try {
    return `pointer ${Deno.UnsafePointer.value(value as Deno.PointerObject).toString(16)}`;
  } catch {
    return undefined;
  }
}

/** What Deno is not asked for. What ends its process runs there when the environment variable CASE names it. */
export const [ENDS, UNSAFE, MISSING] = ["ends the process", "is not safe", "does not have it"];

/** Prints what something gives: a value, or the name of the error that it throws. */
export async function test(name: string, run: () => unknown, inDeno?: string): Promise<void> {
  if (only !== undefined && only !== name) return;
  const isAsked = inDeno === undefined || only === name || !("version" in Deno);
  console.log(`${name} → ${isAsked ? await outcome(run) : inDeno}`);
}

async function outcome(run: () => unknown): Promise<string> {
  try {
    return show(await run());
  } catch (error) {
    return `throws ${error instanceof Error ? error.name : show(error)}`;
  }
}
