"use strict";
// Prints what net-keepalive sets and gets on a socket, and its errors.

const { connect, createServer } = require("node:net");

const keepalive = require("net-keepalive");

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return [error.name, error.message, error.code, error.errno, error.syscall];
  }
};

const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1", () => {
  const socket = connect(server.address().port, "127.0.0.1", () => {
    socket.setKeepAlive(true, 1000);
    for (const milliseconds of [1000, 5000, 32767000, 0, -1000]) {
      console.log(attempt(() => keepalive.setKeepAliveInterval(socket, milliseconds)), attempt(() => keepalive.getKeepAliveInterval(socket)));
    }
    for (const probes of [1, 7, 127, 128, 1e9]) {
      console.log(attempt(() => keepalive.setKeepAliveProbes(socket, probes)), attempt(() => keepalive.getKeepAliveProbes(socket)));
    }
    console.log(attempt(() => keepalive.setUserTimeout(socket, 3000)), attempt(() => keepalive.getUserTimeout(socket)));
    console.log(attempt(() => keepalive.setKeepAliveProbes(socket, "1")));
    socket.destroy();
    server.close();
  });
});
