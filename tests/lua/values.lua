package.path = arg[0]:match("^.*/") .. "?.lua"
local check, ffi = require "check", require "ffi"
local C = ffi.open(arg[1], [[
  #include <stdint.h>
  #include <stdbool.h>
  int8_t same_i8(int8_t); uint8_t same_u8(uint8_t); int16_t same_i16(int16_t); uint16_t same_u16(uint16_t);
  int32_t same_i32(int32_t); uint32_t same_u32(uint32_t); int64_t same_i64(int64_t); uint64_t same_u64(uint64_t);
  size_t same_size(size_t); bool same_bool(bool); float same_f32(float); double same_f64(double);
  void *same_pointer(void *); const char *same_text(const char *);
  void nothing(void); size_t length(const char *text); uint32_t sum_bytes(const void *bytes, size_t size);
  void fill(char *to, char with, size_t size);
  int64_t seventeen(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, int o,
                    int p, int q);
]])

for name, range in pairs {
  i8 = { -128, 127 }, u8 = { 0, 255 }, i16 = { -32768, 32767 }, u16 = { 0, 65535 },
  i32 = { -2 ^ 31 | 0, 2 ^ 31 - 1 | 0 }, u32 = { 0, 2 ^ 32 - 1 | 0 },
} do
  local same = C["same_" .. name]
  for _, number in ipairs { range[1], 0, 1, range[2] } do
    check.equal(name, same(number), number)
    check.equal(name .. " from a float", same(number + 0.0), number)
  end
  for _, number in ipairs { range[1] - 1, range[2] + 1, math.mininteger, math.maxinteger } do
    local message = ('cannot call "same_%s": argument 1 (%s): %d is out of range'):format(name, name, number)
    check.fails(name .. " out of range", message, same, number)
  end
end
for _, number in ipairs { math.mininteger, -1, 0, 2 ^ 53 + 1 | 0, math.maxinteger } do
  check.equal("i64", C.same_i64(number), number)
  check.equal("u64 has the same bits", C.same_u64(number), number)
  check.equal("size_t has the same bits", C.same_size(number), number)
end
check.fails("a fraction", 'cannot call "same_i32": argument 1 (i32): 1.5 is not an integer', C.same_i32, 1.5)
check.fails("an infinity", "argument 1 (i64): inf is not an integer", C.same_i64, math.huge)
check.fails("a large float", "argument 1 (i64): 9223372036854776000 is out of range", C.same_i64, 2 ^ 63)
check.equal("a string that is a number", C.same_i32("0x10"), 16)
check.fails("another string", "argument 1 (i32): expected a number, not a string", C.same_i32, "ten")
check.fails("nil", "argument 1 (f64): expected a number, not nil", C.same_f64, nil)

for _, number in ipairs { 0.0, -0.0, 1.5, 2 ^ -1074, 1.7976931348623157e308, math.huge, -math.huge, 0 / 0 } do
  check.equal("f64", C.same_f64(number), number)
end
check.equal("f64 from an integer", C.same_f64(3), 3.0)
for _, number in ipairs { 0.0, -0.0, 1.5, 2 ^ -149, math.huge } do check.equal("f32", C.same_f32(number), number) end
check.equal("f32 is rounded", C.same_f32(0.1), 0x1.99999ap-4)

check.equal("true", C.same_bool(true), true)
check.equal("false", C.same_bool(false), false)
check.fails("1 for a bool", "argument 1 (bool): expected a boolean, not a number", C.same_bool, 1)

check.equal("null", C.same_pointer(nil), nil)
local memory = ffi.new(C, "int", 1)
local pointer = C.same_pointer(memory)
check.equal("a pointer", type(pointer), "userdata")
check.equal("the same pointer", C.same_pointer(pointer), pointer)
check.fails("an address", "argument 1 (void *): expected a pointer, not a number", C.same_pointer, 1)
check.fails("a table", "argument 1 (void *): expected a pointer, not a table", C.same_pointer, {})
check.fails("a file", "argument 1 (void *): expected a pointer, not userdata", C.same_pointer, io.stdout)
check.fails("a string that C may write to", "C may write to it, but strings do not change: use ffi.new", C.same_pointer, "a")

check.equal("text", C.same_text("grüße"), "grüße")
check.equal("empty text", C.same_text(""), "")
check.equal("no text", C.same_text(nil), nil)
check.equal("its length", C.length(("x"):rep(100000)), 100000)
check.fails("a zero", "the string has a zero byte, where C's text ends", C.length, "a\0b")
check.equal("bytes", C.sum_bytes("\0\1\255", 3), 256)
check.fails("a number is no text", "argument 1 (const i8 *): expected a pointer, not a number", C.length, 12)

local buffer = ffi.new(C, "char", 5)
C.fill(buffer, 65, 4)
check.equal("a filled buffer", ffi.string(buffer), "AAAA")
check.equal("no result", select("#", C.nothing()), 0)
check.equal("many arguments", C.seventeen(1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1), 12345678987654321)
check.fails("the last of many", 'cannot call "seventeen": argument 17 (i32): expected a number, not a boolean',
  C.seventeen, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, true)
check.fails("too few", 'function "seventeen" takes 17 arguments, not 1', C.seventeen, 1)
check.fails("too many", 'function "nothing" takes 0 arguments, not 2', C.nothing, 1, 2)

-- Numbers allocate nothing.
local same = C.same_i64
collectgarbage()
collectgarbage("stop")
local before = collectgarbage("count")
for i = 1, 1000 do same(i) end
check.equal("bytes of a thousand calls", collectgarbage("count") - before, 0.0)
print("end")
