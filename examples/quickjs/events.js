// Events, and errors that nobody caught.
((native, internals) => {
  "use strict";

  class Event {
    #type;
    #options;
    #stopped = false;
    #prevented = false;
    constructor(type, options = {}) {
      this.#type = String(type);
      this.#options = options ?? {};
    }
    static set(event, target) {
      event.#target = target;
    }
    static isStopped(event) {
      return event.#stopped;
    }
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
      if (this.cancelable) this.#prevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this.#stopped = true;
    }
    get [Symbol.toStringTag]() {
      return this.constructor.name;
    }
  }
  const { set: setTarget, isStopped } = Event;
  delete Event.set;
  delete Event.isStopped;

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
      if (!(event instanceof Event)) throw new TypeError("Argument 1 is not an Event");
      const target = this === windowTarget ? globalThis : this;
      setTarget(event, target);
      for (const entry of this.#listeners.get(event.type) ?? []) {
        if (isStopped(event)) break;
        if (entry.once) this.removeEventListener(event.type, entry.listener);
        try {
          if (typeof entry.listener === "function") entry.listener.call(target, event);
          else entry.listener.handleEvent(event);
        } catch (error) {
          reportException(error);
        }
      }
      return !event.defaultPrevented;
    }
  }
  const windowTarget = new EventTarget();
  const global = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    global(name, { [name]: (...args) => windowTarget[name](...args) }[name]);
  }
  for (const type of ["error", "unhandledrejection", "rejectionhandled", "load", "beforeunload", "unload"]) {
    let handler = null;
    const listener = (event) => handler.call(globalThis, event);
    Object.defineProperty(globalThis, `on${type}`, {
      get: () => handler,
      set(value) {
        if (handler === null) windowTarget.addEventListener(type, listener);
        handler = typeof value === "function" ? value : null;
        if (handler === null) windowTarget.removeEventListener(type, listener);
      },
      enumerable: true,
      configurable: true,
    });
  }
  for (const constructor of [Event, CustomEvent, ErrorEvent, PromiseRejectionEvent, EventTarget]) {
    global(constructor.name, constructor);
  }

  const dispatch = (event) => windowTarget.dispatchEvent(event);

  // Prints the error as the last thing that the script does.
  function fail(thrown, start = "Uncaught ") {
    native.print(`error: ${start}${internals.describe(thrown)}\n`.toWellFormed(), true);
    native.exit(1);
  }

  let reporting = false;

  // Reports what nobody caught: it ends the script, unless a listener prevents that.
  function reportException(thrown) {
    if (reporting) fail(thrown);
    reporting = true;
    const place = internals.place(thrown) ?? internals.place(new Error());
    const event = new ErrorEvent("error", {
      cancelable: true,
      message: `Uncaught ${Error.isError(thrown) ? internals.header(thrown) : internals.inspect(thrown)}`,
      filename: place?.url ?? "",
      lineno: place?.line ?? 0,
      colno: place?.column ?? 0,
      error: thrown,
    });
    const goOn = !dispatch(event);
    reporting = false;
    if (!goOn) fail(thrown);
  }

  // Reports a promise whose rejection nobody handles.
  function reportRejection(promise, reason) {
    const event = new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason });
    if (dispatch(event)) fail(reason, "Uncaught (in promise) ");
  }

  global("reportError", function reportError(error) {
    reportException(error);
  });
  const enqueue = globalThis.queueMicrotask;
  global("queueMicrotask", function queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("Argument 1 is not a function");
    enqueue(() => {
      try {
        callback();
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
    // `false` if a listener of `beforeunload` wants the script to go on.
    dispatch: (type) => dispatch(new Event(type, { cancelable: type === "beforeunload" })),
  });
});
