// The floor for callbacks: an addon in C++ against V8's headers that does no more than `Function::Call`.

import { functionCallAddon } from "../native.mjs";
import { increment } from "./values.mjs";

export function contender() {
  const { repeat } = functionCallAddon();
  return { version: process.versions.v8, functions: { callback: [repeat, increment], call_back: [repeat, increment] } };
}
