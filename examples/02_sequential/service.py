#!/usr/bin/env python3
"""A stand-in for a language model and a blog, with nothing but Python's standard library: rules instead of a model, so that the example runs
offline. Speaks as much of the Chat Completions API as the workflow needs. Prints its address and serves until it is stopped; the first
request is refused with 429, as busy services do."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POINTS = ["what it looks like", "how it works", "why it matters"]
requests = []


def answer(text):
    kind, _, rest = text.partition(": ")
    if kind == "Outline":
        return "\n".join(f"{i}. {rest.capitalize()}: {point}" for i, point in enumerate(POINTS, 1))
    if kind == "Draft":
        return "\n\n".join(f"{line.partition('. ')[2]}. There is more to say on this than one thinks, really." for line in rest.splitlines())
    if kind == "Review":
        return rest.replace(", really.", ".")
    return f"I do not know what to do with: {text}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        requests.append(self.path)
        if self.path == "/v1/chat/completions":
            if self.headers.get("Authorization") != "Bearer not-a-secret":
                return self.reply(401, {"error": {"message": "no token"}})
            if len(requests) == 1:
                return self.reply(429, {"error": {"message": "busy"}}, retry_after="1")
            asked = body["messages"][-1]["content"]
            text = answer(asked)
            usage = {"prompt_tokens": len(asked.split()), "completion_tokens": len(text.split())}
            usage["total_tokens"] = sum(usage.values())
            return self.reply(200, {"id": f"chat-{len(requests)}", "object": "chat.completion", "model": body["model"], "usage": usage,
                                    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]})
        if self.path == "/posts":
            return self.reply(201, {"url": f"http://blog.example/{body['title'].replace(' ', '-')}", "tokens": body["tokens"]})
        return self.reply(404, {"error": f"there is no {self.path} here"})

    def reply(self, status, value, retry_after=None):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(text)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
