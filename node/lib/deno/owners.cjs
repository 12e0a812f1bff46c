"use strict";
// The buffers that pointers lead into, which live as long as the pointers. Script may change the prototypes of its
// built-ins, so the functions are kept.

const { apply } = Reflect;
const { get, set } = WeakMap.prototype;

const owners = new WeakMap();

const ownerOf = (value) => apply(get, owners, [value]);
const keep = (value, owner) => {
  if (value !== null && owner !== undefined) apply(set, owners, [value, owner]);
  return value;
};

module.exports = { keep, ownerOf };
