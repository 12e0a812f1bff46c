package.path = arg[0]:match("^.*/") .. "?.lua"
local check, ffi = require "check", require "ffi"
local C = ffi.open(arg[1], [[
  #include <stdint.h>
  #include <stdbool.h>
  typedef struct { double x, y; } point;
  typedef int32_t (*unary)(int32_t);
  double call_numbers(double (*f)(int8_t, uint64_t, float, bool), int8_t a, uint64_t b, float c, bool d);
  point call_points(point (*f)(point, const char *), point p, const char *text);
  int32_t call_times(unary f, int32_t times);
  void keep(unary f); int32_t call_kept(int32_t n);
  uint32_t sum_bytes(const void *bytes, size_t size);
]])

local numbers = ffi.callback(C, "double (*)(int8_t, uint64_t, float, bool)", function(a, b, c, d)
  check.equal("i8", a, -5)
  check.equal("u64", b, -1)
  check.equal("f32", c, 0.5)
  check.equal("bool", d, true)
  return 2.25
end)
check.equal("f64", C.call_numbers(numbers, -5, -1, 0.5, true), 2.25)

local points = ffi.callback(C, "point (*)(point, const char *)", function(p, text)
  check.equal("text", text, "up")
  return ffi.new(C, "point", { x = p.y, y = p.x })
end)
local turned = C.call_points(points, ffi.new(C, "point", { x = 1, y = 2 }), "up")
check.equal("x", turned.x, 2.0)
check.equal("y", turned.y, 1.0)

local function unary(f) return ffi.callback(C, "unary", f) end
check.equal("many calls", C.call_times(unary(function(n) return n * 2 end), 100), 9900)
check.fails("another type", 'cannot call "call_times": argument 1 (function (i32) -> i32): the callback has another type', C.call_times, points, 1)
check.fails("a bare function", "expected a callback, not a function", C.call_times, print, 1)
check.equal("null", C.call_kept(3), -1)

-- The first error is raised when C has returned. No callback runs before.
local calls = 0
local failing = unary(function(n)
  calls = calls + 1
  if n == 2 then error { number = n } end
  return n
end)
local fine, thrown = pcall(C.call_times, failing, 10)
check.equal("the call fails", fine, false)
check.equal("with the callback's own error", thrown.number, 2)
check.equal("calls until then", calls, 3)
check.equal("later calls work", C.call_times(failing, 2), 1)
check.fails("nil as an error", "nil", C.call_times, unary(function() error(nil) end), 1)
check.fails("a result of another type", "a callback returned what is no i32: expected a number, not a string",
  C.call_times, unary(function() return "x" end), 1)
check.fails("no result", "a callback returned what is no i32: expected a number, not nil", C.call_times, unary(function() end), 1)

-- Callbacks that call C, whose callbacks fail.
local inner = unary(function() error("inner", 0) end)
local outer = unary(function() return select(2, pcall(C.call_times, inner, 1)) == "inner" and 5 or 6 end)
check.equal("an error that the outer callback catches", C.call_times(outer, 2), 10)
check.fails("an error through two calls", "inner", C.call_times, unary(function() return C.call_times(inner, 1) end), 1)

local function depth(n)
  local deeper = unary(function() return n == 0 and 0 or 1 + depth(n - 1) end)
  return C.call_times(deeper, 1)
end
check.equal("thirty deep", depth(30), 30)
local fine, message = pcall(depth, 10000)
check.equal("ten thousand deep", not fine and tostring(message):find("overflow") ~= nil, true)
check.equal("after that", C.call_times(unary(function() return 1 end), 1), 1)

-- Coroutines: a callback runs on the one that called C, and cannot yield.
local thread = coroutine.create(function()
  local running = coroutine.running()
  local same = unary(function() return coroutine.running() == running and 1 or 0 end)
  coroutine.yield(C.call_times(same, 1))
  return C.call_times(unary(function() coroutine.yield() return 0 end), 1)
end)
check.equal("on the coroutine", select(2, coroutine.resume(thread)), 1)
local fine, message = coroutine.resume(thread)
check.equal("no yield through C", not fine and message:find("attempt to yield across a C%-call boundary") ~= nil, true)

-- Closing.
local kept = unary(function(n) return n + 1 end)
C.keep(kept)
check.equal("open", C.call_kept(1), 2)
ffi.close(kept)
check.equal("closed", C.call_kept(1), 0)
ffi.close(kept)
check.fails("a closed one as an argument", "the callback is closed", C.keep, kept)
do
  local scoped <close> = unary(function(n) return n + 2 end)
  C.keep(scoped)
  check.equal("within its block", C.call_kept(1), 3)
end
check.equal("behind its block", C.call_kept(1), 0)
local closes
closes = unary(function() ffi.close(closes) return 8 end)
check.equal("one that closes itself", C.call_times(closes, 3), 8)

-- Collected callbacks answer with zeros, and their functions are freed.
local freed = setmetatable({}, { __mode = "k" })
do
  local function f(n) return n + 3 end
  freed[f] = true
  C.keep(unary(f))
end
f = nil
collectgarbage() collectgarbage()
check.equal("collected", C.call_kept(1), 0)
check.equal("its function too", next(freed), nil)
C.keep(nil)

-- Collections while callbacks and calls run.
collectgarbage("generational")
local churn = unary(function(n)
  collectgarbage()
  return C.sum_bytes(("x"):rep(n), n)
end)
check.equal("with collections", C.call_times(churn, 50), 120 * 49 * 25)
for _ = 1, 3000 do unary(function() end) end
print("end")
