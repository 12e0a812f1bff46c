// The packages that hold the addon: what npm installs each on.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const folder = fileURLToPath(new URL("..", import.meta.url));
export const packages = join(folder, "build", "packages");

const isMusl = () => process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;

// The name of this machine's platform, as in the package's name.
export function host() {
  const { platform, arch } = process;
  return platform === "linux" ? `linux-${arch}-${isMusl() ? "musl" : "gnu"}` : `${platform}-${arch}`;
}

export function manifest(platform, version) {
  const [os, cpu, libc] = platform.split("-");
  return {
    name: `@hotcall/${platform}`,
    version,
    description: `The native addon of hotcall for ${platform}`,
    license: "MIT OR Apache-2.0",
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [{ gnu: "glibc", musl: "musl" }[libc]] }),
    main: "hotcall.node",
    files: ["hotcall.node", "LICENSE-*"],
    // Yarn keeps packages in archives, from which the system's loader cannot load.
    preferUnplugged: true,
  };
}
