// Events, and errors that were not caught.
((native, internals, script) => {
  "use strict";
  const { Error, TypeError } = script;
  const { apply, giveAll, define: global } = internals;

  class Event {
    #type;
    #options;
    #stopped = false;
    #prevented = false;
    constructor(type, options = {}) {
      this.#type = String(type);
      this.#options = options ?? {};
    }
    // Reads events without the prototype, which script may change.
    static inside = {
      is: (event) => #type in event,
      type: (event) => event.#type,
      isStopped: (event) => event.#stopped,
      isPrevented: (event) => event.#prevented,
      setTarget: (event, target) => (event.#target = target),
    };
    #target = null;
    get type() {
      return this.#type;
    }
    get target() {
      return this.#target;
    }
    get currentTarget() {
      return this.#target;
    }
    get bubbles() {
      return Boolean(this.#options.bubbles);
    }
    get cancelable() {
      return Boolean(this.#options.cancelable);
    }
    get composed() {
      return Boolean(this.#options.composed);
    }
    get defaultPrevented() {
      return this.#prevented;
    }
    get returnValue() {
      return !this.#prevented;
    }
    get eventPhase() {
      return this.#target === null ? 0 : 2;
    }
    get timeStamp() {
      return 0;
    }
    preventDefault() {
      if (this.#options.cancelable) this.#prevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this.#stopped = true;
    }
    get [Symbol.toStringTag]() {
      return this.constructor.name;
    }
  }
  const { inside } = Event;
  delete Event.inside;

  // An event with members of its own, which the options give.
  const kind = (name, members) =>
    ({
      [name]: class extends Event {
        constructor(type, options = {}) {
          super(type, options);
          for (const [key, value] of Object.entries(members)) {
            Object.defineProperty(this, key, { value: options?.[key] ?? value, enumerable: true, configurable: true });
          }
        }
      },
    })[name];
  const CustomEvent = kind("CustomEvent", { detail: null });
  const ErrorEvent = kind("ErrorEvent", { message: "", filename: "", lineno: 0, colno: 0, error: undefined });
  const PromiseRejectionEvent = kind("PromiseRejectionEvent", { promise: undefined, reason: undefined });

  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options = {}) {
      if (listener === null || listener === undefined) return;
      const list = this.#listeners.get(String(type)) ?? [];
      if (!list.some((other) => other.listener === listener)) list.push({ listener, once: Boolean(options?.once) });
      this.#listeners.set(String(type), list);
    }
    removeEventListener(type, listener) {
      const list = this.#listeners.get(String(type)) ?? [];
      this.#listeners.set(String(type), list.filter((other) => other.listener !== listener));
    }
    dispatchEvent(event) {
      if (typeof event !== "object" || event === null || !inside.is(event)) throw new TypeError("Argument 1 is not an Event");
      const target = this === windowTarget ? script : this;
      inside.setTarget(event, target);
      const type = inside.type(event);
      for (const entry of this.#listeners.get(type) ?? []) {
        if (inside.isStopped(event)) break;
        if (entry.once) apply(removeEventListener, this, [type, entry.listener]);
        try {
          if (typeof entry.listener === "function") apply(entry.listener, target, [event]);
          else entry.listener.handleEvent(event);
        } catch (error) {
          reportException(error);
        }
      }
      return !inside.isPrevented(event);
    }
  }
  const windowTarget = new EventTarget();
  // Script may change the prototype.
  const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;
  for (const [name, method] of Object.entries({ addEventListener, removeEventListener, dispatchEvent })) {
    global(name, { [name]: (...args) => apply(method, windowTarget, args) }[name]);
  }
  for (const type of ["error", "unhandledrejection", "rejectionhandled", "load", "beforeunload", "unload"]) {
    let handler = null;
    const listener = (event) => apply(handler, script, [event]);
    const get = () => handler;
    const set = (value) => {
      if (handler === null) apply(addEventListener, windowTarget, [type, listener]);
      handler = typeof value === "function" ? value : null;
      if (handler === null) apply(removeEventListener, windowTarget, [type, listener]);
    };
    giveAll([get, set]);
    Object.defineProperty(script, `on${type}`, { get, set, enumerable: true, configurable: true });
  }
  for (const constructor of [Event, CustomEvent, ErrorEvent, PromiseRejectionEvent, EventTarget]) {
    global(constructor.name, constructor);
  }

  const dispatch = (event) => apply(dispatchEvent, windowTarget, [event]);

  // Prints the error as the last thing that the script does.
  function fail(thrown, start = "Uncaught ") {
    native.print(`error: ${start}${internals.describe(thrown)}\n`.toWellFormed(), true);
    native.exit(1);
  }

  let reporting = false;

  // Reports an error that was not caught. It ends the script, unless a listener prevents that.
  function reportException(thrown) {
    if (reporting) fail(thrown);
    reporting = true;
    const place = internals.place(thrown) ?? internals.place(new Error());
    const event = new ErrorEvent("error", {
      cancelable: true,
      message: `Uncaught ${internals.brief(thrown)}`,
      filename: place?.url ?? "",
      lineno: place?.line ?? 0,
      colno: place?.column ?? 0,
      error: thrown,
    });
    const goOn = !dispatch(event);
    reporting = false;
    if (!goOn) fail(thrown);
  }

  // Reports a promise whose rejection is not handled.
  function reportRejection(promise, reason) {
    const event = new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason });
    if (dispatch(event)) fail(reason, "Uncaught (in promise) ");
  }

  global("reportError", function reportError(error) {
    reportException(error);
  });
  const enqueue = script.queueMicrotask;
  global("queueMicrotask", function queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("Argument 1 is not a function");
    enqueue(() => {
      try {
        apply(callback, undefined, []);
      } catch (error) {
        reportException(error);
      }
    });
  });

  Object.assign(internals, {
    fail,
    reportException,
    reportRejection,
    handled: (promise, reason) => dispatch(new PromiseRejectionEvent("rejectionhandled", { promise, reason })),
    // `false` if a listener of `beforeunload` asks the script to continue.
    dispatch: (type) => dispatch(new Event(type, { cancelable: type === "beforeunload" })),
  });
});
