// An HTTP/2 server over TLS for tests, with nothing but Node's standard library. `node http2_server.mjs PEM-FILE` prints its port on the first
// line and serves until it is killed. Every answer is JSON: the protocol's version and how many connections were accepted.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const pem = readFileSync(process.argv[2]);
let connections = 0;
const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true });
server.on("session", () => connections++);
server.on("request", (request, response) => {
  const size = Number(new URL(request.url, "https://x").searchParams.get("size") ?? 0);
  let received = 0;
  request.on("data", (chunk) => (received += chunk.length));
  request.on("end", () => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ version: request.httpVersion, connections, received, padding: "x".repeat(size) }));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
