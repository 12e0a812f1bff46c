// What `node:ffi` answers to the cases, as `record.mjs` has written it.

export const answers = new URL("node-26.12.json", import.meta.url);
