"use strict";
// Options of functions of this package.

// Returns the options, or throws for one that is not known.
function optionsOf(place, options, known) {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw new TypeError(`${place}: the options are not an object`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${place}: the option ${JSON.stringify(name)} is not one of ${known.join(", ")}`);
  }
  return options;
}

module.exports = { optionsOf };
