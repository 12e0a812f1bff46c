"use strict";
// Which values are bytes, and whether they are still there.

const { isAnyArrayBuffer, isArrayBuffer } = require("node:util/types");

const isView = ArrayBuffer.isView;

const getterOf = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

const detached = getterOf(ArrayBuffer.prototype, "detached");
const isDetached = (buffer) => isArrayBuffer(buffer) && detached.call(buffer);

const arrays = Object.getPrototypeOf(Uint8Array.prototype);

// A property of bytes by the getter that the engine made, whatever script has put in its place.
function property(name, ofBuffers) {
  const [ofArray, ofDataView] = [arrays, DataView.prototype].map((prototype) => getterOf(prototype, name));
  return (bytes) => {
    if (!isView(bytes)) return ofBuffers.call(bytes);
    return (bytes instanceof DataView ? ofDataView : ofArray).call(bytes);
  };
}

const bufferOf = property("buffer");
// How many bytes a view or an ArrayBuffer has.
const sizeOf = property("byteLength", getterOf(ArrayBuffer.prototype, "byteLength"));

// A detached array is empty. Asking other arrays for their buffer would move their bytes.
const isDetachedView = (view) => (view instanceof DataView || view.byteLength === 0) && isDetached(bufferOf(view));

module.exports = { isAnyArrayBuffer, isArrayBuffer, isDetached, isDetachedView, isView, sizeOf };
