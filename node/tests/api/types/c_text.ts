// Types that C text makes.

import { open, type Pointer } from "hotcall";

const lib = open(
  "lib.so",
  `
  double pow(double base, double exponent);
  size_t strlen(const char *text);
  const char *name(void);
  char *copy(const char *);
  void *memory(int count, uint64_t size);
  int printf(const char *format, ...);
  void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
`,
);

const power: number = lib.pow(2, 3);
// @ts-expect-error
lib.pow(2);
// @ts-expect-error
lib.pow(2, "3");
const length: bigint = lib.strlen("text");
// @ts-expect-error
lib.strlen(5);
const name: string | null = lib.name();
// @ts-expect-error
lib.name(1);
const copy: Pointer = lib.copy("text");
const memory: Pointer = lib.memory(1, 2n);
lib.memory(1, 2);
lib.printf("%d", "int", 5);
lib.qsort(new Int32Array(1), 1, 4, () => 0);
// @ts-expect-error
lib.nothing();
lib.strlen.async("text").then((length) => {
  const wide: bigint = length;
});

// Text that is more than prototypes.
const any = open("lib.so", "struct point { double x, y; }; double dot(struct point, struct point);");
any.dot({ x: 1, y: 2 }, { x: 3, y: 4 });
const text: string = "double f(double);";
open("lib.so", text).f(1);

// Types that script names.
interface Functions {
  dot(a: { x: number; y: number }, b: { x: number; y: number }): number;
}
const named = open<Functions>("lib.so", "struct point { double x, y; }; double dot(struct point, struct point);");
const dot: number = named.dot({ x: 1, y: 2 }, { x: 3, y: 4 });
// @ts-expect-error
named.dot(1, 2);
