// "Working with structs" of the page on Deno's FFI. Corrected, for the page's own code does not run:
// * a struct is declared by an array of its fields' types; fields do not have names;
// * the library was not opened;
// * struct arguments are buffers with the struct's bytes. The page makes an UnsafePointer of an ArrayBuffer, which is not
//   a constructor for that, and BigInts of ArrayBuffers, which is a SyntaxError.

// Define a struct type for a Point
const pointStruct = {
  struct: ["f64", "f64"],
} as const;

// Define the library interface
const signatures = {
  distance: {
    parameters: [pointStruct, pointStruct],
    result: "f64",
  },
} as const;
const dylib = Deno.dlopen("libexample.so", signatures);

// Create struct instances
const point1 = Float64Array.of(1.0, 2.0);
const point2 = Float64Array.of(4.0, 6.0);

// Call the function with structs
const dist = dylib.symbols.distance(point1, point2);
console.log(dist); // 5

dylib.close();
