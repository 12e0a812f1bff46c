// The version of a library: of libcurl, SDL2 or zlib, the first that is installed.

const { getCString } = Deno.UnsafePointerView;
const text = { parameters: [], result: "pointer" };
const libraries = {
  libcurl: {
    files: ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.dylib"],
    symbols: { curl_version: text },
    version: (symbols) => getCString(symbols.curl_version()),
  },
  SDL2: {
    files: ["libSDL2-2.0.so.0", "libSDL2-2.0.0.dylib"],
    symbols: { SDL_GetVersion: { parameters: ["buffer"], result: "void" } },
    version({ SDL_GetVersion }) {
      const version = new Uint8Array(3);
      SDL_GetVersion(version);
      return version.join(".");
    },
  },
  zlib: {
    files: ["libz.so.1", "libz.dylib"],
    symbols: { zlibVersion: text },
    version: (symbols) => getCString(symbols.zlibVersion()),
  },
};

function open(files, symbols) {
  for (const file of files) {
    try {
      return Deno.dlopen(file, symbols);
    } catch {
      // Tries the next library.
    }
  }
}

for (const [name, { files, symbols, version }] of Object.entries(libraries)) {
  const library = open(files, symbols);
  if (library === undefined) continue;
  console.log(`${name}: ${version(library.symbols)}`);
  library.close();
}
