/* The fixtures of the example runtime with Deno's FFI. */
#include "../../../tests/quickjs_ffi/fixture.c"
