// A module in the style of @db/sqlite: statements, blobs, functions, aggregates and backups over the system's SQLite.

import process from "node:process";

const { symbols: ffi } = Deno.dlopen(
  process.argv[2]!,
  {
    sqlite3_open_v2: { parameters: ["buffer", "buffer", "i32", "pointer"], result: "i32" },
    sqlite3_close_v2: { parameters: ["pointer"], result: "i32" },
    sqlite3_errmsg: { parameters: ["pointer"], result: "pointer" },
    sqlite3_prepare_v2: { parameters: ["pointer", "buffer", "i32", "buffer", "pointer"], result: "i32" },
    sqlite3_finalize: { parameters: ["pointer"], result: "i32" },
    sqlite3_step: { parameters: ["pointer"], result: "i32" },
    sqlite3_step_later: { name: "sqlite3_step", parameters: ["pointer"], result: "i32", nonblocking: true },
    sqlite3_reset: { parameters: ["pointer"], result: "i32" },
    sqlite3_clear_bindings: { parameters: ["pointer"], result: "i32" },
    sqlite3_changes: { parameters: ["pointer"], result: "i32" },
    sqlite3_bind_parameter_index: { parameters: ["pointer", "buffer"], result: "i32" },
    sqlite3_bind_int64: { parameters: ["pointer", "i32", "i64"], result: "i32" },
    sqlite3_bind_double: { parameters: ["pointer", "i32", "f64"], result: "i32" },
    sqlite3_bind_text: { parameters: ["pointer", "i32", "buffer", "i32", "pointer"], result: "i32" },
    sqlite3_bind_blob: { parameters: ["pointer", "i32", "buffer", "i32", "pointer"], result: "i32" },
    sqlite3_column_count: { parameters: ["pointer"], result: "i32" },
    sqlite3_column_name: { parameters: ["pointer", "i32"], result: "pointer" },
    sqlite3_column_type: { parameters: ["pointer", "i32"], result: "i32" },
    sqlite3_column_int64: { parameters: ["pointer", "i32"], result: "i64" },
    sqlite3_column_double: { parameters: ["pointer", "i32"], result: "f64" },
    sqlite3_column_text: { parameters: ["pointer", "i32"], result: "pointer" },
    sqlite3_column_blob: { parameters: ["pointer", "i32"], result: "pointer" },
    sqlite3_column_bytes: { parameters: ["pointer", "i32"], result: "i32" },
    sqlite3_blob_open: {
      parameters: ["pointer", "buffer", "buffer", "buffer", "i64", "i32", "buffer"],
      result: "i32",
    },
    sqlite3_blob_bytes: { parameters: ["pointer"], result: "i32" },
    sqlite3_blob_read: { parameters: ["pointer", "buffer", "i32", "i32"], result: "i32" },
    sqlite3_blob_write: { parameters: ["pointer", "buffer", "i32", "i32"], result: "i32" },
    sqlite3_blob_close: { parameters: ["pointer"], result: "i32" },
    sqlite3_create_function: {
      parameters: ["pointer", "buffer", "i32", "i32", "pointer", "pointer", "pointer", "pointer"],
      result: "i32",
    },
    sqlite3_value_double: { parameters: ["pointer"], result: "f64" },
    sqlite3_value_text: { parameters: ["pointer"], result: "pointer" },
    sqlite3_value_type: { parameters: ["pointer"], result: "i32" },
    sqlite3_result_double: { parameters: ["pointer", "f64"], result: "void" },
    sqlite3_result_text: { parameters: ["pointer", "buffer", "i32", "isize"], result: "void" },
    sqlite3_result_error: { parameters: ["pointer", "buffer", "i32"], result: "void" },
    sqlite3_aggregate_context: { parameters: ["pointer", "i32"], result: "pointer" },
    sqlite3_backup_init: { parameters: ["pointer", "buffer", "pointer", "buffer"], result: "pointer" },
    sqlite3_backup_step: { parameters: ["pointer", "i32"], result: "i32" },
    sqlite3_backup_finish: { parameters: ["pointer"], result: "i32" },
  } as const,
);

const OK = 0, ROW = 100, DONE = 101, UTF8 = 1, TRANSIENT = -1n;
const INTEGER = 1, FLOAT = 2, TEXT = 3, BLOB = 4;

const cstring = (text: string) => new TextEncoder().encode(`${text}\0`);
const readCstr = (pointer: Deno.PointerObject) => Deno.UnsafePointerView.getCString(pointer);

function unwrap(code: number, db: Deno.PointerValue): void {
  if (code !== OK && code !== DONE && code !== ROW) throw new Error(`SQLite: ${readCstr(ffi.sqlite3_errmsg(db)!)}`);
}

type Value = number | bigint | string | null | Uint8Array<ArrayBuffer>;

export class Statement {
  #db: Deno.PointerValue;
  #handle: Deno.PointerValue;
  // SQLite keeps the addresses of what is bound.
  #bindRefs = new Set<Uint8Array>();

  constructor(db: Deno.PointerValue, sql: string) {
    const out = new BigUint64Array(1);
    unwrap(ffi.sqlite3_prepare_v2(db, cstring(sql), -1, out, null), db);
    this.#db = db;
    this.#handle = Deno.UnsafePointer.create(out[0]!);
  }

  #bind(index: number, value: Value): void {
    const handle = this.#handle;
    if (value === null) return;
    if (typeof value === "bigint" || Number.isInteger(value)) {
      unwrap(ffi.sqlite3_bind_int64(handle, index, BigInt(value as number)), this.#db);
    } else if (typeof value === "number") {
      unwrap(ffi.sqlite3_bind_double(handle, index, value), this.#db);
    } else {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value as Uint8Array<ArrayBuffer>;
      this.#bindRefs.add(bytes);
      const bind = typeof value === "string" ? ffi.sqlite3_bind_text : ffi.sqlite3_bind_blob;
      unwrap(bind(handle, index, bytes, bytes.byteLength, null), this.#db);
    }
  }

  #bindAll(values: Value[] | Record<string, Value>): void {
    unwrap(ffi.sqlite3_reset(this.#handle), this.#db);
    unwrap(ffi.sqlite3_clear_bindings(this.#handle), this.#db);
    this.#bindRefs.clear();
    if (Array.isArray(values)) return values.forEach((value, index) => this.#bind(index + 1, value));
    for (const [name, value] of Object.entries(values)) {
      this.#bind(ffi.sqlite3_bind_parameter_index(this.#handle, cstring(`:${name}`)), value);
    }
  }

  #column(index: number): Value {
    const handle = this.#handle;
    switch (ffi.sqlite3_column_type(handle, index)) {
      case INTEGER: {
        const integer = ffi.sqlite3_column_int64(handle, index);
        return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
      }
      case FLOAT:
        return ffi.sqlite3_column_double(handle, index);
      case TEXT:
        return readCstr(ffi.sqlite3_column_text(handle, index)!);
      case BLOB: {
        const pointer = ffi.sqlite3_column_blob(handle, index);
        if (pointer === null) return new Uint8Array();
        const length = ffi.sqlite3_column_bytes(handle, index);
        return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length).slice(0));
      }
      default:
        return null;
    }
  }

  run(values: Value[] | Record<string, Value> = []): number {
    this.#bindAll(values);
    unwrap(ffi.sqlite3_step(this.#handle), this.#db);
    return ffi.sqlite3_changes(this.#db);
  }

  #row(): Record<string, Value> {
    const count = ffi.sqlite3_column_count(this.#handle);
    const columns = Array.from(
      { length: count },
      (_, i) => [readCstr(ffi.sqlite3_column_name(this.#handle, i)!), this.#column(i)],
    );
    return Object.fromEntries(columns);
  }

  all(values: Value[] | Record<string, Value> = []): Record<string, Value>[] {
    this.#bindAll(values);
    const rows = [];
    let status;
    while ((status = ffi.sqlite3_step(this.#handle)) === ROW) rows.push(this.#row());
    unwrap(status, this.#db);
    return rows;
  }

  async first(): Promise<Record<string, Value>> {
    this.#bindAll([]);
    unwrap(await ffi.sqlite3_step_later(this.#handle), this.#db);
    return this.#row();
  }

  finalize(): void {
    ffi.sqlite3_finalize(this.#handle);
    this.#bindRefs.clear();
  }
}

const FUNCTION = { parameters: ["pointer", "i32", "pointer"], result: "void" } as const;
const FINAL = { parameters: ["pointer"], result: "void" } as const;

function valuesOf(count: number, pointer: Deno.PointerValue): (number | string)[] {
  const view = new Deno.UnsafePointerView(pointer!);
  return Array.from({ length: count }, (_, i) => {
    const value = view.getPointer(i * 8);
    const isText = ffi.sqlite3_value_type(value) === TEXT;
    return isText ? readCstr(ffi.sqlite3_value_text(value)!) : ffi.sqlite3_value_double(value);
  });
}

function result(context: Deno.PointerValue, run: () => number | string): void {
  try {
    const value = run();
    if (typeof value === "number") ffi.sqlite3_result_double(context, value);
    else ffi.sqlite3_result_text(context, cstring(value), -1, TRANSIENT);
  } catch (error) {
    ffi.sqlite3_result_error(context, cstring((error as Error).message), -1);
  }
}

export class Database {
  #handle: Deno.PointerValue;
  #callbacks: { close(): void }[] = [];

  constructor(path: string) {
    const out = new BigUint64Array(1);
    const code = ffi.sqlite3_open_v2(cstring(path), out, 2 | 4, null);
    this.#handle = Deno.UnsafePointer.create(out[0]!);
    unwrap(code, this.#handle);
  }

  prepare(sql: string): Statement {
    return new Statement(this.#handle, sql);
  }

  exec(sql: string): number {
    const statement = this.prepare(sql);
    try {
      return statement.run();
    } finally {
      statement.finalize();
    }
  }

  function(name: string, run: (...args: (number | string)[]) => number | string): void {
    const callback = new Deno.UnsafeCallback(FUNCTION, (context, count, args) => {
      result(context, () => run(...valuesOf(count, args)));
    });
    this.#callbacks.push(callback);
    unwrap(
      ffi.sqlite3_create_function(this.#handle, cstring(name), -1, UTF8, null, callback.pointer, null, null),
      this.#handle,
    );
  }

  aggregate<T extends number | string>(name: string, start: T, step: (sum: T, ...args: any[]) => T): void {
    const sums = new Map<bigint, T>();
    const key = (context: Deno.PointerValue) => Deno.UnsafePointer.value(ffi.sqlite3_aggregate_context(context, 8));
    const stepping = new Deno.UnsafeCallback(FUNCTION, (context, count, args) => {
      sums.set(key(context), step(sums.get(key(context)) ?? start, ...valuesOf(count, args)));
    });
    const final = new Deno.UnsafeCallback(FINAL, (context) => {
      result(context, () => sums.get(key(context)) ?? start);
      sums.delete(key(context));
    });
    this.#callbacks.push(stepping, final);
    unwrap(
      ffi.sqlite3_create_function(this.#handle, cstring(name), -1, UTF8, null, null, stepping.pointer, final.pointer),
      this.#handle,
    );
  }

  openBlob(table: string, column: string, row: bigint): Blob {
    const out = new BigUint64Array(1);
    unwrap(
      ffi.sqlite3_blob_open(this.#handle, cstring("main"), cstring(table), cstring(column), row, 1, out),
      this.#handle,
    );
    return new Blob(Deno.UnsafePointer.create(out[0]!));
  }

  backup(to: Database): void {
    const backup = ffi.sqlite3_backup_init(to.#handle, cstring("main"), this.#handle, cstring("main"));
    unwrap(ffi.sqlite3_backup_step(backup, -1), to.#handle);
    unwrap(ffi.sqlite3_backup_finish(backup), to.#handle);
  }

  close(): void {
    unwrap(ffi.sqlite3_close_v2(this.#handle), null);
    for (const callback of this.#callbacks) callback.close();
  }
}

class Blob {
  #handle: Deno.PointerValue;

  constructor(handle: Deno.PointerValue) {
    this.#handle = handle;
  }
  read(): Uint8Array {
    const bytes = new Uint8Array(ffi.sqlite3_blob_bytes(this.#handle));
    ffi.sqlite3_blob_read(this.#handle, bytes, bytes.length, 0);
    return bytes;
  }
  write(bytes: Uint8Array<ArrayBuffer>, offset: number): void {
    ffi.sqlite3_blob_write(this.#handle, bytes, bytes.length, offset);
  }
  close(): void {
    ffi.sqlite3_blob_close(this.#handle);
  }
}

const db = new Database(":memory:");
db.exec("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, height REAL, photo BLOB)");
const insert = db.prepare("INSERT INTO people (name, height, photo) VALUES (:name, :height, :photo)");
for (const [name, height] of [["Ada", 1.65], ["Grüße", 1.8], ["Linus", 1.77]] as const) {
  console.log(insert.run({ name, height, photo: Uint8Array.of(name.length, 0, 255) }));
}
insert.run(["nobody", null, null]);
insert.finalize();
const all = db.prepare("SELECT name, height, photo FROM people ORDER BY name");
for (const row of all.all()) console.log(row.name, row.height, String(row.photo));
all.finalize();

const big = db.prepare("SELECT ? AS large, ? AS small, ? AS text");
console.log(
  JSON.stringify(
    big.all([2n ** 62n, -1, "x".repeat(3)]),
    (_, value) => typeof value === "bigint" ? `${value}n` : value,
  ),
);
big.finalize();

db.function("shout", (text) => `${text}!`);
db.function("fails", () => {
  throw new Error("no such luck");
});
db.aggregate("longest", "", (longest, text) => (text.length > longest.length ? text : longest));
db.aggregate<number>("product", 1, (product, number) => product * number);
const computed = db.prepare(
  "SELECT shout(longest(name)) AS name, round(product(height), 3) AS product FROM people WHERE height > 0",
);
console.log(JSON.stringify(computed.all()));
computed.finalize();
try {
  db.exec("SELECT fails()");
} catch (error) {
  console.log((error as Error).message);
}

const blob = db.openBlob("people", "photo", 2n);
blob.write(Uint8Array.of(42), 1);
console.log(String(blob.read()));
blob.close();

const copy = new Database(":memory:");
db.backup(copy);
const counted = copy.prepare("SELECT count(*) AS people FROM people");
console.log(JSON.stringify(await counted.first()));
counted.finalize();
try {
  copy.exec("SELECT * FROM nothing");
} catch (error) {
  console.log((error as Error).message);
}
copy.close();
db.close();
