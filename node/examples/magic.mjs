// What files hold, by libmagic: `node magic.mjs FILE…`.

import { open } from "hotcall";

const magic = open("libmagic.so.1", `
  typedef struct magic_set *magic_t;
  magic_t magic_open(int flags);
  void magic_close(magic_t);
  int magic_load(magic_t, const char *databases);
  const char *magic_file(magic_t, const char *file);
  const char *magic_buffer(magic_t, const void *bytes, size_t length);
  const char *magic_error(magic_t);
  enum { MAGIC_NONE = 0, MAGIC_MIME_TYPE = 0x10 };
`);

const cookie = magic.magic_open(magic.MAGIC_MIME_TYPE);
if (magic.magic_load(cookie, null) !== 0) throw new Error(magic.magic_error(cookie));

for (const file of process.argv.slice(2)) console.log(`${file}: ${magic.magic_file(cookie, file) ?? magic.magic_error(cookie)}`);

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
console.log(`bytes: ${magic.magic_buffer(cookie, png, png.length)}`);
magic.magic_close(cookie);
