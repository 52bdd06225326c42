// An HTTP/2 server over TLS for tests, with nothing but Node's standard library.
//   node http2_server.mjs PEM-FILE [MOST-STREAMS]    prints its port on the first line and serves until it is killed
//
//   /          JSON: the protocol's version, how many connections were accepted, how many bytes came; ?size=N makes it longer
//   /stream    one server-sent event at once, another and the end once /release was asked for
//   /release   lets all streams end
//   /counts    JSON: connections accepted, streams open now, streams that the client has ended
//   /reset     ends its stream with an error; ?after=head after the headers
//   /goaway    answers, and takes no more requests on this connection
//   /drop      breaks its connection
import { readFileSync } from "node:fs";
import { constants, createSecureServer } from "node:http2";

const pem = readFileSync(process.argv[2]);
const settings = process.argv[3] ? { maxConcurrentStreams: Number(process.argv[3]) } : {};
const counts = { connections: 0, open: 0, cancelled: 0 };
let waiting = [];
const sockets = new Set();

const paths = {
  "/stream"(request, response) {
    counts.open++;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: begin\n\n");
    waiting.push(response);
    response.stream.on("aborted", () => counts.cancelled++);
    response.stream.on("close", () => {
      counts.open--;
      waiting = waiting.filter((one) => one !== response);
    });
  },
  "/release"(request, response) {
    for (const one of waiting) one.end("data: end\n\n");
    response.end();
  },
  "/counts"(request, response) {
    response.end(JSON.stringify(counts));
  },
  "/reset"(request, response, query) {
    if (query.get("after") === "head") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: begin\n\n");
      setImmediate(() => response.stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    } else {
      response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  },
  "/goaway"(request, response) {
    request.stream.session.goaway(constants.NGHTTP2_NO_ERROR, request.stream.id);
    response.end("going");
  },
  "/drop"(request) {
    for (const socket of sockets) if (socket.remotePort === request.socket.remotePort) socket.resetAndDestroy();
  },
};

function describe(request, response, query) {
  let received = 0;
  request.on("data", (chunk) => (received += chunk.length));
  request.on("end", () => {
    response.setHeader("Content-Type", "application/json");
    const padding = "x".repeat(Number(query.get("size") ?? 0));
    response.end(JSON.stringify({ version: request.httpVersion, connections: counts.connections, received, padding }));
  });
}

const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true, settings });
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
});
server.on("session", () => counts.connections++);
server.on("request", (request, response) => {
  response.on("error", () => {});
  const url = new URL(request.url, "https://x");
  (paths[url.pathname] ?? describe)(request, response, url.searchParams);
});
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
