-- Structs that C sorts, with a comparison in Lua.
local ffi = require "ffi"

local libc <close> = ffi.open("libc.so.6", [[
  struct planet { char name[16]; double radius; };
  typedef struct { long quot, rem; } ldiv_t;
  void qsort(void *first, size_t count, size_t size, int (*compare)(const void *, const void *));
  ldiv_t ldiv(long number, long divisor);
]])

local planets = ffi.new(libc, "struct planet", 4)
for i, planet in ipairs { { "Mars", 3389.5 }, { "Earth", 6371.0 }, { "Mercury", 2439.7 }, { "Venus", 6051.8 } } do
  planets[i - 1] = { name = planet[1], radius = planet[2] }
end

local comparisons = 0
local by_radius <close> = ffi.callback(libc, "int (*)(const struct planet *, const struct planet *)", function(a, b)
  comparisons = comparisons + 1
  return a.radius < b.radius and -1 or a.radius > b.radius and 1 or 0
end)
libc.qsort(planets, #planets, ffi.sizeof(libc, "struct planet"), by_radius)
for i = 0, #planets - 1 do
  print(ffi.string(planets[i].name), planets[i].radius)
end
print("compared:", comparisons >= 3)

-- An error in a callback is raised when qsort has returned.
local broken <close> = ffi.callback(libc, "int (*)(const void *, const void *)", function() error("no order", 0) end)
print(pcall(libc.qsort, planets, #planets, ffi.sizeof(libc, "struct planet"), broken))

-- A struct as a result.
local result = libc.ldiv(-17, 5)
print(("-17 = 5 * %d + %d"):format(result.quot, result.rem))
