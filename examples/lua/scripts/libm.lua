-- Functions of the C library's mathematics.
local ffi = require "ffi"

local libm <close> = ffi.open("libm.so.6", [[
  double pow(double x, double y);
  float fmaf(float x, float y, float z);
  long lround(double x);
  double frexp(double x, int *exponent);
  double lgamma(double x);
  extern int signgam;
]])

print(("2 to the power of 10 is %d"):format(libm.pow(2, 10)))
print(("2 * 3 + 4 is %d"):format(libm.fmaf(2, 3, 4)))
print(("2.5 rounded is %d, and -2.5 %d"):format(libm.lround(2.5), libm.lround(-2.5)))

-- C writes to memory of Lua's.
local exponent = ffi.new(libm, "int", 1)
local fraction = libm.frexp(48, exponent)
print(("48 is %g times 2 to the power of %d"):format(fraction, exponent[0]))

-- A variable of the library.
libm.lgamma(-0.5)
print(("gamma(-0.5) has the sign %d"):format(libm.signgam))
