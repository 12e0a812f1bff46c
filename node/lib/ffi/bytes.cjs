"use strict";
// Which values are bytes, and whether they are still there.

const { isAnyArrayBuffer, isArrayBuffer } = require("node:util/types");

const detached = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "detached").get;
const isDetached = (buffer) => isArrayBuffer(buffer) && detached.call(buffer);

const isView = ArrayBuffer.isView;

const prototypes = [Object.getPrototypeOf(Uint8Array.prototype), DataView.prototype];
const [viewedByArray, viewedByDataView] = prototypes.map((prototype) => Object.getOwnPropertyDescriptor(prototype, "buffer").get);
// The buffer of a view, whatever script made of the view's own properties.
const bufferOf = (view) => (view instanceof DataView ? viewedByDataView : viewedByArray).call(view);

// A detached array is empty. Asking other arrays for their buffer would move their bytes.
const isDetachedView = (view) => (view instanceof DataView || view.byteLength === 0) && isDetached(bufferOf(view));

module.exports = { isAnyArrayBuffer, isArrayBuffer, isDetached, isDetachedView, isView };
