// URLs. `url.out` is what Deno 2.9 prints.
const parts = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
];
function show(...args) {
  try {
    const url = new URL(...args);
    console.log(args, parts.map((part) => url[part]).join(" | "));
  } catch (error) {
    console.log(args, error.name);
  }
}
const base = "file:///home/user/project/main.js";
const web = "http://example.org:8080/a/b/c?q=1#f";
for (
  const path of [
    "./x",
    "x.js",
    "../x",
    "../../../../x",
    "/x",
    "./",
    ".",
    "..",
    "",
    "?q",
    "#h",
    "./a b",
    "./ä",
    "./a%20b",
    "//host/x",
    "\\x",
    "./x?y#z",
    "./a//b",
    "./x/../y/./z",
    "file:///x",
    "http://h/",
    "./a#b?c",
    "data:,x",
    "./%2e%2e/x",
    "./a\tb\n",
  ]
) {
  show(path, base);
  show(path, web);
}
for (
  const url of [
    "http://example.org",
    "HTTP://Example.ORG:80/Path",
    "https://h:443/",
    "https://h:0444/",
    "http://user:pass@h/",
    "http://user@h/",
    "http://us er:p:a@h/",
    "http://h:99999/",
    "http://h:x/",
    "http:///h/x",
    "http:h/x",
    "http:\\\\h\\x",
    "http://",
    "x",
    "",
    "//h/x",
    "file:///",
    "file:///C:/x",
    "file:/x/y",
    "file:x",
    "file://host/x",
    "file://localhost/x",
    "file:///a b",
    "file:///ä.js",
    "file:///a/../../b",
    "file:///a%2Fb",
    "data:text/plain,hi there#x",
    "mailto:a@b",
    "blob:null/1",
    "about:blank",
    "foo://Host/p a",
    "foo:/a/../b",
    "foo:bar?x#y",
    "http://h/?a b'c\"d<>",
    'http://h/#a b<>"`',
    "http://h/{}|^`\\",
    "http://h/%zz",
    "http://1.2.3/",
    "http://0x7f.1/",
    "http://256.1.1.1/",
    "http://[::1]:80/",
    "http://[::1",
    "http://a b/",
    "http://a%41/",
    "http://a<b/",
    "  http://h/  ",
    "http://h/a\nb",
    "ws://h:80/",
    "ftp://h:21/",
    "http://h./",
    "http://h/.",
    "http://h/a/..",
    "http://h/a/./b/",
    "http://@h/",
    "http://:@h/",
    "http://h:/",
    "1http://h",
    "http:",
    "file:",
    "non-special:",
  ]
) show(url);
show("./x", new URL(base));
show("x", "data:,x");
show("#y", "data:,x");
show("./x", "y");

const url = new URL("http://h/p?a=1");
const set = (part, value) => {
  url[part] = value;
  console.log(part, value, url.href);
};
for (
  const [part, value] of [
    ["protocol", "https"],
    ["protocol", "foo"],
    ["host", "x:81"],
    ["hostname", "y"],
    ["hostname", "a b"],
    ["port", "443"],
    ["port", ""],
    ["port", "77"],
    ["pathname", "a/../b c"],
    ["pathname", "/?#"],
    ["search", "x=ä&y"],
    ["search", ""],
    ["search", "?z"],
    ["hash", "h i"],
    ["hash", ""],
    ["username", "u:"],
    ["password", "p@"],
    ["username", ""],
    ["password", ""],
    ["href", "file:///q?a=b"],
  ]
) set(part, value);
try {
  url.href = "nope";
} catch (error) {
  console.log(error.name);
}
url.searchParams.append("c d", "é&=+");
console.log(url.href, url.search);
url.searchParams.set("a", "2");
url.searchParams.delete("c d");
console.log(url.href);
url.search = "?k=v";
console.log(url.searchParams.get("k"), url.searchParams === url.searchParams);
console.log(String(url), JSON.stringify({ url }), url instanceof URL, Object.prototype.toString.call(url));
console.log(URL.canParse("x"), URL.canParse("x:"), URL.parse("x"), URL.parse("x", base).href);

const params = new URLSearchParams("?a=1&b=2&a=3&c&=d&e=f=g&h=%C3%A4+%20&i=%zz&&j=%FF");
console.log([...params], params.size, String(params));
console.log(
  params.get("a"),
  params.getAll("a"),
  params.get("none"),
  params.has("c"),
  params.has("a", "3"),
  params.has("a", "4"),
);
params.set("a", "x");
params.append("z", 5);
params.delete("b");
params.sort();
console.log(String(params), [...params.keys()], [...params.values()]);
params.forEach((value, key) => console.log(key, value));
console.log(
  String(new URLSearchParams({ a: 1, b: "x y" })),
  String(new URLSearchParams([["a", "b"], ["a", "c"]])),
  String(new URLSearchParams(new Map([["k", "~*-._!'()"]]))),
  String(new URLSearchParams(params)) === String(params),
);
