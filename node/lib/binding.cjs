"use strict";
// The native addon: in a checkout the one that `scripts/build.mjs` has built.

module.exports = require(process.env.HOTCALL_BINARY ?? "../build/hotcall.node");
