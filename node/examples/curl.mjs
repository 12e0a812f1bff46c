// A file by libcurl, which gives each piece of it to a callback: `node curl.mjs file:///etc/os-release`.

import { pathToFileURL } from "node:url";

import { callback, open, pointer, types, view } from "hotcall";

const curl = open(
  "libcurl.so.4",
  `
  typedef struct CURL CURL;
  CURL *curl_easy_init(void);
  int curl_easy_setopt(CURL *curl, int option, ...);
  int curl_easy_perform(CURL *curl);
  void curl_easy_cleanup(CURL *curl);
  const char *curl_easy_strerror(int code);
  const char *curl_version(void);
  typedef size_t (*write_function)(const void *bytes, size_t size, size_t count, void *context);
  enum { CURLOPT_URL = 10002, CURLOPT_WRITEFUNCTION = 20011 };
`,
  // It has no parameter of function type, and it calls back all the same.
  { callbacks: ["curl_easy_perform"] },
);

function check(code) {
  if (code !== 0) throw new Error(curl.curl_easy_strerror(code));
}

function download(url) {
  const pieces = [];
  const onPiece = callback(types(curl).write_function, (bytes, size, count) => {
    // The bytes are curl's: they are copied while it waits.
    pieces.push(Buffer.from(new Uint8Array(view(bytes, "uint8_t", Number(size * count)))));
    return size * count;
  });
  const easy = curl.curl_easy_init();
  // curl copies the text of options itself.
  check(curl.curl_easy_setopt(easy, curl.CURLOPT_URL, "const char *", url));
  check(curl.curl_easy_setopt(easy, curl.CURLOPT_WRITEFUNCTION, "void *", pointer(onPiece)));
  try {
    check(curl.curl_easy_perform(easy));
  } finally {
    curl.curl_easy_cleanup(easy);
    onPiece.close();
  }
  return Buffer.concat(pieces).toString();
}

console.log(curl.curl_version().split(" ")[0]);
const url = process.argv[2] ?? pathToFileURL(process.argv[1]).href;
console.log(download(url).split("\n")[0]);
