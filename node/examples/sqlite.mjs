// A table in SQLite: `node sqlite.mjs`.

import { open } from "hotcall";

const sqlite = open("libsqlite3.so.0", `
  typedef struct sqlite3 sqlite3;
  typedef struct sqlite3_stmt sqlite3_stmt;
  int sqlite3_open(const char *file, _Out_ sqlite3 **db);
  int sqlite3_close(sqlite3 *db);
  int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, const char **, const char **), void *context, char **error);
  int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int length, _Out_ sqlite3_stmt **statement, const char **rest);
  int sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, int length, void *destructor);
  int sqlite3_bind_double(sqlite3_stmt *statement, int index, double value);
  int sqlite3_step(sqlite3_stmt *statement);
  int sqlite3_reset(sqlite3_stmt *statement);
  int sqlite3_column_count(sqlite3_stmt *statement);
  const char *sqlite3_column_name(sqlite3_stmt *statement, int column);
  const char *sqlite3_column_text(sqlite3_stmt *statement, int column);
  int sqlite3_finalize(sqlite3_stmt *statement);
  const char *sqlite3_errmsg(sqlite3 *db);
  #define SQLITE_ROW 100
  #define SQLITE_DONE 101
`);

const opened = [];
sqlite.sqlite3_open(":memory:", opened);
const [db] = opened;

function check(code) {
  if (code !== 0 && code !== sqlite.SQLITE_ROW && code !== sqlite.SQLITE_DONE) throw new Error(sqlite.sqlite3_errmsg(db));
  return code;
}

function prepare(sql) {
  const prepared = [];
  check(sqlite.sqlite3_prepare_v2(db, sql, -1, prepared, null));
  return prepared[0];
}

check(sqlite.sqlite3_exec(db, "create table city (name text, area real)", null, null, null));
const insert = prepare("insert into city values (?, ?)");
for (const [name, area] of [["Zürich", 91.9], ["Reykjavík", 273], ["東京", 2194]]) {
  // SQLite reads the bytes when the statement steps, not before.
  const text = Buffer.from(name);
  check(sqlite.sqlite3_bind_text(insert, 1, text, text.length, null));
  check(sqlite.sqlite3_bind_double(insert, 2, area));
  check(sqlite.sqlite3_step(insert));
  check(sqlite.sqlite3_reset(insert));
}
check(sqlite.sqlite3_finalize(insert));

const select = prepare("select name, area from city order by area desc");
while (check(sqlite.sqlite3_step(select)) === sqlite.SQLITE_ROW) {
  const row = {};
  for (let column = 0; column < sqlite.sqlite3_column_count(select); column++) {
    row[sqlite.sqlite3_column_name(select, column)] = sqlite.sqlite3_column_text(select, column);
  }
  console.log(`${row.name}: ${row.area} km²`);
}
check(sqlite.sqlite3_finalize(select));
check(sqlite.sqlite3_close(db));
