// URL and URLSearchParams by the URL standard, without domain names in other alphabets.
((native, internals, script) => {
  "use strict";
  const { TypeError } = script;
  const { apply, give, define } = internals;
  const ports = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
  const isSpecial = (protocol) => Object.hasOwn(ports, protocol);

  // Percent-encodes characters that are not visible ASCII, or are in `also`.
  function encode(text, also) {
    let result = "";
    for (const char of text.toWellFormed()) {
      if (char > " " && char <= "~" && !also.includes(char)) result += char;
      else for (const byte of internals.encode(char)) result += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }
    return result;
  }
  const sets = {
    fragment: '"<>`',
    query: '"#<>',
    specialQuery: "\"#<>'",
    path: '"#<>?`{}',
    user: '"#<>?`{}/:;=@[\\]^|',
  };

  function hostOf(text, special) {
    if (text.startsWith("[")) {
      if (!/^\[[\da-fA-F:.]+\]$/.test(text)) throw new TypeError("Invalid host");
      return text.toLowerCase();
    }
    if (!special) {
      if (/[\0\t\n\r #/<>?@[\\\]^|]/.test(text)) throw new TypeError("Invalid host");
      return encode(text, "");
    }
    const host = decodeURIComponent(text).toLowerCase();
    if (host === "" || /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f-\uffff]/.test(host)) throw new TypeError("Invalid host");
    return /^[\dx.a-f]*\.?$/.test(host) && /(^|\.)(\d+|0x[\da-f]*)\.?$/.test(host) ? address(host) : host;
  }

  // The four numbers of an IPv4 address in any of its notations.
  function address(host) {
    const numbers = host.replace(/\.$/, "").split(".").map((part) => {
      if (/^0x[\da-f]*$/.test(part)) return parseInt(part.slice(2) || "0", 16);
      return /^0[0-7]+$/.test(part) ? parseInt(part, 8) : /^\d+$/.test(part) ? parseInt(part, 10) : NaN;
    });
    const last = numbers.pop();
    const room = 256 ** (4 - numbers.length);
    if (numbers.length > 3 || numbers.some((part) => !(part < 256)) || !(last < room)) {
      throw new TypeError("Invalid host");
    }
    const value = numbers.reduce((sum, part, index) => sum + part * 256 ** (3 - index), last);
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
  }

  // A path without `.` and `..`.
  function normal(path, special, file) {
    const parts = [];
    const all = (special ? path.replaceAll("\\", "/") : path).replace(/^\//, "").split("/");
    all.forEach((part, index) => {
      const last = index === all.length - 1;
      const plain = part.replace(/%2e/gi, ".");
      if (plain === "..") {
        if (!(file && parts.length === 1 && /^[a-z]:$/i.test(parts[0]))) parts.pop();
        if (last) parts.push("");
      } else if (plain === ".") {
        if (last) parts.push("");
      } else {
        parts.push(encode(part, sets.path));
      }
    });
    return `/${parts.join("/")}`;
  }

  function parse(text, base) {
    text = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
    const [, scheme, afterScheme] = /^([a-z][a-z\d+.-]*:)([^]*)$/i.exec(text) ?? [];
    const protocol = scheme?.toLowerCase();
    const relative = protocol === undefined ||
      (base?.protocol === protocol && isSpecial(protocol) && !/^[/\\]{2}/.test(afterScheme));
    if (relative && base === undefined && protocol === undefined) throw new TypeError("relative URL without a base");
    const url = {
      protocol: protocol ?? base.protocol,
      username: "",
      password: "",
      hostname: "",
      port: "",
      pathname: "",
      search: "",
      hash: "",
    };
    const special = isSpecial(url.protocol);
    let rest = protocol === undefined ? text : afterScheme;
    const cut = (mark) => {
      const at = rest.indexOf(mark);
      const part = at < 0 ? undefined : rest.slice(at + 1);
      if (at >= 0) rest = rest.slice(0, at);
      return part;
    };
    const fragment = cut("#");
    const query = cut("?");
    if (fragment) url.hash = `#${encode(fragment, sets.fragment)}`;
    if (query) url.search = `?${encode(query, special ? sets.specialQuery : sets.query)}`;
    if (special) rest = rest.replaceAll("\\", "/");

    if (relative && base !== undefined && base.opaque) {
      if (rest !== "" || query !== undefined || fragment === undefined) {
        throw new TypeError("relative URL with a cannot-be-a-base base");
      }
      return { ...base, hash: url.hash };
    }
    const slashes = special && protocol !== undefined && !relative && url.protocol !== "file:" ? /^\/*/ : /^\/\//;
    if (slashes.test(rest) && (rest.startsWith("//") || slashes.source === "^\\/*")) {
      const [, authority, path] = /^([^/]*)([^]*)$/.exec(rest.replace(slashes, ""));
      setAuthority(url, authority, special);
      url.pathname = path === "" && !special ? "" : normal(path, special, url.protocol === "file:");
    } else if (relative && base !== undefined) {
      Object.assign(url, {
        username: base.username,
        password: base.password,
        hostname: base.hostname,
        port: base.port,
        authority: base.authority,
      });
      if (rest === "") {
        url.pathname = base.pathname;
        if (query === undefined) url.search = base.search;
      } else {
        const folder = base.pathname.slice(0, base.pathname.lastIndexOf("/") + 1);
        url.pathname = normal(rest.startsWith("/") ? rest : folder + rest, special, url.protocol === "file:");
      }
    } else if (special) {
      url.authority = true;
      url.pathname = normal(rest, true, true);
    } else if (rest.startsWith("/")) {
      url.pathname = normal(rest, false, false);
    } else {
      url.opaque = true;
      url.pathname = rest.split(" ").map((part) => encode(part, "")).join(" ");
    }
    return url;
  }

  function setAuthority(url, text, special) {
    url.authority = true;
    const at = text.lastIndexOf("@");
    if (at >= 0) {
      const [, user, password = ""] = /^([^:]*):?([^]*)$/.exec(text.slice(0, at));
      url.username = encode(user, sets.user);
      url.password = encode(password, sets.user);
    }
    const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text.slice(at + 1)) ?? [];
    if (host === undefined || (port !== undefined && !/^\d*$/.test(port)) || +port > 65535) {
      throw new TypeError("Invalid port");
    }
    if (url.protocol === "file:") {
      url.hostname = host === "" || host === "localhost" ? "" : hostOf(host, true);
      return;
    }
    if (host === "" && (special || at >= 0 || port)) throw new TypeError("Invalid host");
    url.hostname = host === "" ? "" : hostOf(host, special);
    url.port = port && String(+port) !== ports[url.protocol] ? String(+port) : "";
  }

  class URLSearchParams {
    #list = [];
    #changed = () => {};
    constructor(init = "") {
      if (typeof init === "object" && init !== null) {
        const pairs = #list in init ? init.#list : typeof init[Symbol.iterator] === "function" ? [...init] : Object.entries(init);
        this.#list = pairs.map(([name, value]) => [String(name), String(value)]);
      } else {
        this.#read(String(init));
      }
    }
    #read(text) {
      const decode = (part) => {
        const bytes = [];
        for (const [piece] of encode(part.replaceAll("+", " "), "").matchAll(/%[\da-f]{2}|[^]/gi)) {
          bytes.push(piece.length === 3 ? parseInt(piece.slice(1), 16) : piece.charCodeAt(0));
        }
        return internals.decode(new Uint8Array(bytes));
      };
      const pieces = text.replace(/^\?/, "").split("&").filter((piece) => piece !== "");
      this.#list = pieces.map((piece) => {
        const [, name, value] = /^([^=]*)=?([^]*)$/.exec(piece);
        return [decode(name), decode(value)];
      });
    }
    // The parameters of a URL, which is told of changes.
    static of(init, changed) {
      const params = new URLSearchParams(init);
      params.#changed = () => changed(params.#text());
      return params;
    }
    static update(params, text) {
      params.#read(text);
    }
    get size() {
      return this.#list.length;
    }
    get(name) {
      return this.#list.find(([key]) => key === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return give(this.#list.filter(([key]) => key === String(name)).map(([, value]) => value));
    }
    has(name, value) {
      return this.#list.some(([key, other]) =>
        key === String(name) && (value === undefined || other === String(value))
      );
    }
    append(name, value) {
      this.#list.push([String(name), String(value)]);
      this.#changed();
    }
    delete(name, value) {
      this.#list = this.#list.filter(([key, other]) =>
        key !== String(name) || (value !== undefined && other !== String(value))
      );
      this.#changed();
    }
    set(name, value) {
      const first = this.#list.findIndex(([key]) => key === String(name));
      if (first < 0) {
        this.#list.push([String(name), String(value)]);
        return this.#changed();
      }
      this.#list[first][1] = String(value);
      this.#list = this.#list.filter(([key], index) => index <= first || key !== String(name));
      this.#changed();
    }
    sort() {
      this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    forEach(callback, self) {
      for (const [name, value] of this.#list) apply(callback, self, [value, name, this]);
    }
    *entries() {
      for (const [name, value] of this.#list) yield give([name, value]);
    }
    *keys() {
      for (const [name] of this.#list) yield name;
    }
    *values() {
      for (const [, value] of this.#list) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      return this.#text();
    }
    #text() {
      const form = (text) => encode(text, "!\"#$%&'()+,/:;<=>?@[\\]^`{|}~").replaceAll("%20", "+");
      return this.#list.map(([name, value]) => `${form(name)}=${form(value)}`).join("&");
    }
    get [Symbol.toStringTag]() {
      return "URLSearchParams";
    }
    [Symbol.for("Deno.customInspect")](inspect) {
      const pairs = this.#list.map(([name, value]) => `${inspect(name)} => ${inspect(value)}`);
      return pairs.length === 0 ? "URLSearchParams {}" : `URLSearchParams { ${pairs.join(", ")} }`;
    }
  }
  const { of: paramsOf, update: updateParams } = URLSearchParams;
  delete URLSearchParams.of;
  delete URLSearchParams.update;

  const shown = [
    "href",
    "origin",
    "protocol",
    "username",
    "password",
    "host",
    "hostname",
    "port",
    "pathname",
    "hash",
    "search",
  ];

  function parsed(url, base) {
    try {
      return new URL(url, base);
    } catch {
      return null;
    }
  }

  class URL {
    #url;
    #params;
    constructor(url, base) {
      try {
        this.#url = parse(String(url), base === undefined ? undefined : parse(String(base)));
      } catch (error) {
        const against = base === undefined ? "" : ` with base '${base}'`;
        throw new TypeError(`Invalid URL: '${url}'${against}`, { cause: error });
      }
    }
    static parse(url, base) {
      return parsed(url, base);
    }
    static canParse(url, base) {
      return parsed(url, base) !== null;
    }
    // The parts of a URL; nothing for other values.
    static partsOf(value) {
      return typeof value === "object" && value !== null && #url in value ? value.#url : undefined;
    }
    // Takes over a part of the URL that another text parses to. A text that does not parse changes nothing.
    #set(parts, text) {
      const url = parsed(text);
      if (url !== null) { for (const part of parts) this.#url[part] = url.#url[part]; }
    }
    get #start() {
      const { protocol, authority, username, password } = this.#url;
      const user = username + (password === "" ? "" : `:${password}`);
      return `${protocol}${authority ? `//${user}${user === "" ? "" : "@"}${this.host}` : ""}`;
    }
    get href() {
      const { pathname, search, hash } = this.#url;
      return `${this.#start}${pathname}${search}${hash}`;
    }
    set href(value) {
      this.#url = new URL(value).#url;
      if (this.#params) updateParams(this.#params, this.#url.search);
    }
    get origin() {
      const { protocol } = this.#url;
      return isSpecial(protocol) && protocol !== "file:" ? `${protocol}//${this.host}` : "null";
    }
    get protocol() {
      return this.#url.protocol;
    }
    set protocol(value) {
      const protocol = `${String(value).replace(/:[^]*$/, "").toLowerCase()}:`;
      if (!/^[a-z][a-z\d+.-]*:$/.test(protocol) || isSpecial(protocol) !== isSpecial(this.protocol)) return;
      this.#url.protocol = protocol;
      if (this.port === ports[protocol]) this.#url.port = "";
    }
    get username() {
      return this.#url.username;
    }
    set username(value) {
      if (this.hostname !== "") this.#url.username = encode(String(value), sets.user);
    }
    get password() {
      return this.#url.password;
    }
    set password(value) {
      if (this.hostname !== "") this.#url.password = encode(String(value), sets.user);
    }
    get host() {
      return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
    }
    set host(value) {
      const parts = /:\d+$/.test(value) ? ["hostname", "port"] : ["hostname"];
      if (!this.#url.opaque) this.#set(parts, `${this.protocol}//${value}/`);
    }
    get hostname() {
      return this.#url.hostname;
    }
    set hostname(value) {
      if (!this.#url.opaque) this.#set(["hostname"], `${this.protocol}//${value}/`);
    }
    get port() {
      return this.#url.port;
    }
    set port(value) {
      if (this.hostname !== "" && this.protocol !== "file:") {
        this.#set(["port"], `${this.protocol}//${this.hostname}:${value}/`);
      }
    }
    get pathname() {
      return this.#url.pathname;
    }
    set pathname(value) {
      const special = isSpecial(this.protocol);
      if (!this.#url.opaque) {
        this.#url.pathname = normal(encode(String(value), "?#"), special, this.protocol === "file:");
      }
    }
    get search() {
      return this.#url.search;
    }
    set search(value) {
      const text = String(value).replace(/^\?/, "");
      this.#url.search = text === ""
        ? ""
        : `?${encode(text, isSpecial(this.protocol) ? sets.specialQuery : sets.query)}`;
      if (this.#params) updateParams(this.#params, this.#url.search);
    }
    get searchParams() {
      this.#params ??= paramsOf(this.#url.search, (text) => {
        this.#url.search = text === "" ? "" : `?${text}`;
      });
      return this.#params;
    }
    get hash() {
      return this.#url.hash;
    }
    set hash(value) {
      const text = String(value).replace(/^#/, "");
      this.#url.hash = text === "" ? "" : `#${encode(text, sets.fragment)}`;
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
    get [Symbol.toStringTag]() {
      return "URL";
    }
    [Symbol.for("Deno.customInspect")](inspect, options) {
      return `URL ${inspect(give(Object.fromEntries(shown.map((key) => [key, this[key]]))), options)}`;
    }
  }

  const { partsOf } = URL;
  delete URL.partsOf;
  Object.assign(internals, { partsOf });
  for (const value of [URL, URLSearchParams]) define(value.name, value);
});
