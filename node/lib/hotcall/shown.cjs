"use strict";
// Objects that show bytes: each member of a struct or union is an accessor.

class Shown {
  #view;
  static view(shown) {
    return shown.#view;
  }
  static is(value) {
    return typeof value === "object" && value !== null && #view in value;
  }
  constructor(view) {
    this.#view = view;
  }
}

// The names of the members are C's, so the class does not have others.
const { view: viewOfShown, is: isShown } = Shown;
delete Shown.view;
delete Shown.is;

// A class of these objects. `members` are { name, get(view), set(view, value) }.
function shownClass(name, members) {
  const Made = { [name]: class extends Shown {} }[name];
  for (const { name, get, set } of members) {
    Object.defineProperty(Made.prototype, name, {
      enumerable: true,
      configurable: true,
      get() {
        return get(viewOfShown(this));
      },
      set(value) {
        set(viewOfShown(this), value);
      },
    });
  }
  return Made;
}

module.exports = { isShown, shownClass, viewOfShown };
