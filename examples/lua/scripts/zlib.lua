-- A round trip through zlib's streams: a struct with pointers that zlib reads and writes.
local ffi = require "ffi"

local zlib <close> = ffi.open("libz.so.1", [[
  typedef struct z_stream_s {
    const unsigned char *next_in; unsigned int avail_in; unsigned long total_in;
    unsigned char *next_out; unsigned int avail_out; unsigned long total_out;
    const char *msg;
    struct internal_state *state;
    void *(*zalloc)(void *, unsigned, unsigned);
    void (*zfree)(void *, void *);
    void *opaque;
    int data_type; unsigned long adler, reserved;
  } z_stream;

  enum { Z_OK = 0, Z_STREAM_END = 1 };
  #define Z_FINISH 4
  const char *zlibVersion(void);
  int deflateInit_(z_stream *stream, int level, const char *version, int size);
  int deflate(z_stream *stream, int flush);
  int deflateEnd(z_stream *stream);
  int inflateInit_(z_stream *stream, const char *version, int size);
  int inflate(z_stream *stream, int flush);
  int inflateEnd(z_stream *stream);
  unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned int length);
]])

print(("crc32 of \"123456789\": %x"):format(zlib.crc32(0, "123456789", 9)))

-- Runs one of the two over all of the text.
local function run(init, step, finish, text, room)
  local input, output = ffi.new(zlib, "unsigned char", #text, text), ffi.new(zlib, "unsigned char", room)
  -- The stream has only the addresses: `input` and `output` stay alive as locals.
  local stream = ffi.new(zlib, "z_stream", { next_in = input, avail_in = #text, next_out = output, avail_out = room })
  assert(init(stream) == zlib.Z_OK)
  local code = step(stream, zlib.Z_FINISH)
  local message, total = stream.msg, stream.total_out
  finish(stream)
  if code ~= zlib.Z_STREAM_END then return nil, message end
  return ffi.string(output, total), input
end

local version, size = zlib.zlibVersion(), ffi.sizeof(zlib, "z_stream")
local function compress(text)
  return (run(function(stream) return zlib.deflateInit_(stream, 9, version, size) end,
    zlib.deflate, zlib.deflateEnd, text, #text + 100))
end
local function uncompress(text, room)
  return run(function(stream) return zlib.inflateInit_(stream, version, size) end,
    zlib.inflate, zlib.inflateEnd, text, room)
end

local text = ("a line of text that repeats itself\n"):rep(1000)
local small = compress(text)
print(("%d bytes became fewer than 300: %s"):format(#text, #small < 300))
print("and back:", (uncompress(small, #text)) == text)
print("with a byte changed:", select(2, uncompress("?" .. small:sub(2), #text)))
