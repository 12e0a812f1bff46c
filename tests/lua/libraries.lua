package.path = arg[0]:match("^.*/") .. "?.lua"
local check, ffi = require "check", require "ffi"
local text = [[
  #include <stdint.h>
  typedef struct { double x, y; } point;
  enum { FEW = 3, LOW = -1 };
  #define RATIO 0.5
  #define NAME "fixture"
  #define ALL 0xffffffffffffffffULL
  extern int32_t counter; extern const int32_t limit; extern const char *greeting; extern point origin;
  int32_t same_i32(int32_t);
  __attribute__((weak)) int missing_perhaps(void);
  int missing(void);
  int32_t renamed(int32_t) __asm__("same_i32");
]]
local C = ffi.open(arg[1], text)

check.equal("an enumerator", C.FEW, 3)
check.equal("a negative one", C.LOW, -1)
check.equal("a macro", C.RATIO, 0.5)
check.equal("a string", C.NAME, "fixture")
check.equal("64 bits", C.ALL, -1)

check.equal("a variable", C.counter, 7)
C.counter = 8
check.equal("is set", C.counter, 8)
check.fails("wrongly", "cannot set counter (i32): 1.5 is not an integer", function() C.counter = 1.5 end)
check.equal("a constant variable", C.limit, 9)
check.fails("is const", "limit is const", function() C.limit = 1 end)
check.equal("text", C.greeting, "hello")
check.equal("a struct", C.origin.y, 2.0)
C.origin = ffi.new(C, "point", { x = 5 })
check.equal("a struct is set", C.origin.x, 5.0)
C.origin.y = 6
check.equal("a member is set", C.origin.y, 6.0)

check.equal("the same function", rawequal(C.same_i32, C.same_i32), true)
check.equal("an optional symbol", C.missing_perhaps, nil)
check.fails("a missing symbol", "missing", function() return C.missing end)
check.fails("not declared", "`same_u8` is not declared", function() return C.same_u8 end)
check.fails("a function is not set", "renamed is not a variable", function() C.renamed = 1 end)
check.equal("another name", C.renamed(4), 4)
check.fails("a number as a name", "a symbol's name is not a string", function() return C[1] end)

check.equal("the program itself", ffi.open(nil, "int abs(int);").abs(-3), 3)
check.equal("no declarations", type(ffi.open(arg[1])), "table")
local fine, message = pcall(ffi.open, arg[1], "int f(;")
check.equal("a fault has its place", not fine and message:find("line 1, column") ~= nil, true)
check.fails("no library", "argument 1 is not a library", ffi.new, {}, "int")
check.fails("nothing to close", "argument 1 is not a library or a callback", ffi.close, 1)

local same = C.same_i32
local origin = C.origin
ffi.close(C)
ffi.close(C)
local function closed(name, f, ...)
  local fine, message = pcall(f, ...)
  check.equal(name, not fine and tostring(message):find("closed") ~= nil, true)
end
closed("a function of a closed library", same, 1)
closed("a symbol of a closed library", function() return C.renamed(1) and C.missing end)
closed("a variable of a closed library", function() return C.counter end)
check.equal("a view stays mapped", origin.x, 5.0)
do
  local scoped <close> = ffi.open(arg[1], text)
  same = scoped.same_i32
end
closed("behind its block", same, 1)

-- Everything is collected.
C, origin, same = nil, nil, nil
local weak = setmetatable({ ffi.open(arg[1], text) }, { __mode = "v" })
weak[1].same_i32(1)
collectgarbage() collectgarbage()
check.equal("a collected library", weak[1], nil)
print("end")
