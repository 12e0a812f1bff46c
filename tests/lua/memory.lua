package.path = arg[0]:match("^.*/") .. "?.lua"
local check, ffi = require "check", require "ffi"
local C = ffi.open(arg[1], [[
  #include <stdint.h>
  #include <stdbool.h>
  typedef struct { double x, y; } point;
  typedef struct { double x, y; } other;
  typedef struct { char name[8]; point at[2]; union { int32_t i; float f; }; bool on; const char *note; } mixed;
  struct node { int value; struct node *next; };
  point add_points(point a, point b); double norm(const point *p); mixed turn(mixed m);
  point *fixed_point(void); point *no_point(void);
  void *same_pointer(void *);
]])

local sum = C.add_points(ffi.new(C, "point", { x = 1.5, y = 2 }), ffi.new(C, "point", { x = 0.5, y = -2 }))
check.equal("x", sum.x, 2.0)
check.equal("y", sum.y, 0.0)
check.equal("zeroed", ffi.new(C, "point").x, 0.0)
check.equal("a pointer to it", C.norm(sum), 4.0)
check.fails("too few bytes", 'cannot call "norm": argument 1 (const point *): 4 bytes are too few: 16 are needed',
  C.norm, ffi.new(C, "int", 1))
check.fails("a struct of another type", "argument 1 (struct point): it is memory of another type",
  C.add_points, ffi.new(C, "mixed"), sum)
check.fails("a number", "argument 2 (struct point): expected a struct, not a number", C.add_points, sum, 1)

local m = ffi.new(C, "mixed", { name = "abc", at = { [0] = { x = 1, y = 2 }, { x = 3, y = 4 } }, i = 41, on = true })
local turned = C.turn(m)
check.equal("an array of char", ffi.string(turned.name), "abc")
check.equal("an element's member", turned.at[0].x, 3.0)
check.equal("another", turned.at[1].y, 2.0)
check.equal("a member of an unnamed union", turned.i, 42)
check.equal("a bool", turned.on, false)
check.equal("text", turned.note, "turned")
check.equal("the argument is not changed", m.at[0].x, 1.0)
check.equal("elements", #turned.at, 2)
m.at[1] = sum
check.equal("a struct in a struct", m.at[1].x, 2.0)
m.at = turned.at
check.equal("an array in a struct", m.at[1].y, 2.0)
m.f = 1.0
check.equal("the other member of the union", m.i, 0x3f800000)
m.name = "12345678"
check.equal("all of an array", ffi.string(m.name), "12345678")
check.fails("too long", "cannot set name (i8[8]): 8 bytes are too few: 9 are needed", function() m.name = "123456789" end)
check.fails("an unknown member", 'struct point has no member "z"', function() return sum.z end)
check.fails("a wrong member", "cannot set x (f64): expected a number, not a boolean", function() sum.x = true end)
check.fails("a member out of range", "cannot set i (i32): 4294967296 is out of range", function() m.i = 1 << 32 end)
check.fails("a string that Lua may free", "Lua may free the string while C has it: use ffi.new",
  function() m.note = "gone" end)
check.fails("an element too far", "there is no element 2: the first is 0, and there are 2", function() return m.at[2] end)
check.fails("an element before", "there is no element -1: the first is 0, and there are 2", function() m.at[-1] = sum end)
check.fails("a boolean index", "an index is a member's name or an integer", function() return m[true] end)

local numbers = ffi.new(C, "int16_t", 3, { [0] = 1, 2, 3 })
check.equal("an array", numbers[0] + numbers[1] + numbers[2], 6)
numbers[1] = -32768
check.equal("an element", numbers[1], -32768)
check.equal("none", #ffi.new(C, "int", 0), 0)
check.fails("too many", "elements are too many", ffi.new, C, "int", math.maxinteger)
check.fails("a type that is not known", "unknown type `nothing`, near `nothing`", ffi.new, C, "nothing")

local node = ffi.new(C, "struct node", { value = 1 })
node.next = ffi.new(C, "struct node", { value = 2 })
check.equal("no next", node.next.next, nil)
check.equal("a pointer to its own type", node.next.value, 2)

check.equal("what C points to", C.fixed_point().y, 4.0)
C.fixed_point().y = 5
check.equal("is changed", C.fixed_point().y, 5.0)
check.equal("the same memory", C.fixed_point() == C.fixed_point(), true)
check.equal("other memory", C.fixed_point() == sum, false)
check.equal("no memory", C.no_point(), nil)

local bytes = ffi.new(C, "uint8_t", 4, "\1\2\3\4")
check.equal("a view", ffi.view(C, "uint32_t", bytes)[0], 0x04030201)
check.fails("a view beyond", "2 elements are more than 4 bytes", ffi.view, C, "uint32_t", bytes, 2)
check.equal("a view of an address", ffi.view(C, "uint16_t", C.same_pointer(bytes), 2)[1], 0x0403)
check.equal("bytes", ffi.string(bytes, 3), "\1\2\3")
check.fails("more bytes", "5 bytes are more than 4", ffi.string, bytes, 5)
check.equal("sizeof", ffi.sizeof(C, "mixed"), 56)

-- A view keeps the memory around it.
local at = ffi.new(C, "mixed", { at = { [0] = { x = 7 } } }).at
for _ = 1, 100 do collectgarbage() ffi.new(C, "mixed", { at = { [0] = { x = 9 } } }) end
check.equal("a view after collections", at[0].x, 7.0)
print("end")
