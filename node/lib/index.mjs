// The same functions for `import`.

import hotcall from "./index.cjs";

export const {
  address,
  alignof,
  alloc,
  allocString,
  callback,
  close,
  describe,
  detach,
  diagnostics,
  errno,
  errnoName,
  free,
  functionAt,
  isPointer,
  offset,
  offsetof,
  open,
  os,
  out,
  owned,
  pointer,
  read,
  sizeof,
  string,
  symbol,
  type,
  types,
  view,
  ways,
  write,
} = hotcall;
export default hotcall;
