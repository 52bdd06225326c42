// The same server as stream_server.py, over HTTP/2 and TLS: a hundred streams on each connection, as most providers have it.
//   node stream_server.mjs PEM-FILE [PIECES]      prints its port
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const pem = readFileSync(process.argv[2]);
const pieces = Number(process.argv[3] ?? 10);
const choice = { index: 0, delta: { content: "word " }, finish_reason: null };
const PIECE = "data: " + JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "bench", choices: [choice] }) + "\n\n";
const END =
  'data: {"id":"c","model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],' +
  '"usage":{"prompt_tokens":9,"completion_tokens":10}}\n\ndata: [DONE]\n\n';
let waiting = [];

function release() {
  const streams = waiting;
  waiting = [];
  let left = pieces - 1;
  const step = () => {
    for (const stream of streams) left > 0 ? stream.write(PIECE) : stream.end(END);
    if (left-- > 0) setTimeout(step, 200);
  };
  step();
}

const server = createSecureServer({ key: pem, cert: pem, settings: { maxConcurrentStreams: 100 } });
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (headers[":path"] === "/release") {
    stream.respond({ ":status": 200 });
    stream.end();
    return release();
  }
  stream.resume();
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "text/event-stream" });
    stream.write(PIECE);
    waiting.push(stream);
  });
});
server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
