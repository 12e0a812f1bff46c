// A table in SQLite: made, filled, and queried with a callback for each row.
//
//   cargo run --release --example quickjs -- --allow-ffi examples/quickjs/scripts/sqlite.js

const name = { linux: "libsqlite3.so.0", darwin: "libsqlite3.dylib" }[Deno.build.os] ?? "sqlite3";
const { symbols: sqlite } = Deno.dlopen(name, {
  sqlite3_libversion: { parameters: [], result: "pointer" },
  sqlite3_open: { parameters: ["buffer", "buffer"], result: "i32" },
  sqlite3_close: { parameters: ["pointer"], result: "i32" },
  sqlite3_exec: { parameters: ["pointer", "buffer", "function", "pointer", "buffer"], result: "i32" },
  sqlite3_prepare_v2: { parameters: ["pointer", "buffer", "i32", "buffer", "pointer"], result: "i32" },
  sqlite3_bind_text: { parameters: ["pointer", "i32", "buffer", "i32", "isize"], result: "i32" },
  sqlite3_bind_double: { parameters: ["pointer", "i32", "f64"], result: "i32" },
  sqlite3_step: { parameters: ["pointer"], result: "i32" },
  sqlite3_reset: { parameters: ["pointer"], result: "i32" },
  sqlite3_finalize: { parameters: ["pointer"], result: "i32" },
  sqlite3_errmsg: { parameters: ["pointer"], result: "pointer" },
});
const { getCString } = Deno.UnsafePointerView;
const text = (string) => new TextEncoder().encode(`${string}\0`);
// The memory for a pointer that C writes.
const out = new BigUint64Array(1);
const takeOut = () => Deno.UnsafePointer.create(out[0]);
const OK = 0, DONE = 101, TRANSIENT = -1;

console.log(/^3\.\d+\.\d+$/.test(getCString(sqlite.sqlite3_libversion())) ? "SQLite 3" : "another SQLite");

sqlite.sqlite3_open(text(":memory:"), out);
const database = takeOut();
function check(code) {
  if (code !== OK && code !== DONE) throw new Error(`SQLite: ${getCString(sqlite.sqlite3_errmsg(database))}`);
}
function exec(sql, callback = null) {
  check(sqlite.sqlite3_exec(database, text(sql), callback, null, null));
}

exec("CREATE TABLE planets (name TEXT, radius REAL)");
const insertion = text("INSERT INTO planets VALUES (?, ?)");
check(sqlite.sqlite3_prepare_v2(database, insertion, -1, out, null));
const insert = takeOut();
for (const [planet, radius] of [["Mercury", 2439.7], ["Venus", 6051.8], ["Earth", 6371], ["Mars", 3389.5]]) {
  check(sqlite.sqlite3_bind_text(insert, 1, text(planet), -1, TRANSIENT));
  check(sqlite.sqlite3_bind_double(insert, 2, radius));
  check(sqlite.sqlite3_step(insert));
  check(sqlite.sqlite3_reset(insert));
}
sqlite.sqlite3_finalize(insert);

// int (*callback)(void *, int columns, char **values, char **names)
const onRow = new Deno.UnsafeCallback(
  { parameters: ["pointer", "i32", "pointer", "pointer"], result: "i32" },
  (_, columns, values, names) => {
    const strings = (pointers) => {
      const view = new Deno.UnsafePointerView(pointers);
      return Array.from({ length: columns }, (_, i) => {
        const pointer = view.getPointer(i * 8);
        return pointer === null ? "NULL" : getCString(pointer);
      });
    };
    const keys = strings(names);
    console.log(strings(values).map((value, i) => `${keys[i]}: ${value}`).join(", "));
    return 0;
  },
);
exec("SELECT name, radius FROM planets WHERE radius > 3000 ORDER BY radius DESC", onRow.pointer);
exec("SELECT count(*) AS planets, round(avg(radius), 2) AS mean FROM planets", onRow.pointer);

try {
  exec("SELECT moons FROM planets");
} catch (error) {
  console.log(error.message);
}

onRow.close();
check(sqlite.sqlite3_close(database));
