#!/usr/bin/env python3
"""An HTTP/1.1 server for tests, with nothing but Python's standard library.

Prints its port on the first line of standard output and serves until it is killed. It counts accepted connections and requests, so that
tests can use it as a witness.

  /echo                      the request as JSON: method, path, query, headers (a list of pairs), body
  /status/N                  answers with that status; ?retry_after=V adds the header, ?body=V sets the body, ?type=V its type
  /headers                   several Set-Cookie and X-Many fields
  /redirect/N                N hops, then /echo; ?status=302
  /redirect-to?url=…         one hop; ?status=302
  /bytes/N                   N bytes with a length; /chunked/N without one
  /gzip, /deflate            a compressed JSON text
  /bomb/N                    N megabytes of zeros, gzipped
  /hang                      answers never; /hangs says how many wait and how many saw the client go
  /slow-body                 headers and the first bytes, then nothing
  /sse/N                     N events, one at a time; ?gate=K holds back each but the first until /open?gate=K lets one more pass;
                             ?then=end|hang|cut says what follows the last, ?gzip=1 compresses, ?status=S answers with that status
  /broken/KIND               no-response, close-early, bad-chunk, not-http, header-flood, bad-gzip
  /flaky/N                   503 for the first N requests with the same Idempotency-Key (or ?key=), then 200
  /count?key=K               how many requests carried that key; without key: all keys
  /connections               accepted connections and requests
  /items, /items/ID          a little JSON resource: list, get; 404 with a JSON body
  /v1/chat/completions, /v1/responses, /v1/messages, /agent
                             answers in the shape of the model APIs, with the request under "echo"
"""

import argparse
import gzip
import json
import socketserver
import ssl
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

lock = threading.Lock()
state = {"accepted": 0, "requests": 0, "hanging": 0, "gone": 0}
counts = {}
gates = {}


def gate(name):
    with lock:
        return gates.setdefault(name, threading.Semaphore(0))


def zeros_gzipped(megabytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join([packer.compress(block) for _ in range(megabytes)] + [packer.flush()])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "skein-test"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def handle_expect_100(self):
        return True

    def reply(self, status=200, body=b"", content_type="application/json", headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        elif isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def echo(self, body):
        url = urlsplit(self.path)
        return {
            "method": self.command,
            "path": url.path,
            "target": self.path,
            "query": {k: v if len(v) > 1 else v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()},
            "headers": [[k, v] for k, v in self.headers.items()],
            "body": body.decode("utf-8", "replace"),
        }

    def raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def wait_until_gone(self):
        with lock:
            state["hanging"] += 1
        try:
            self.connection.recv(1)
        except OSError:
            pass
        with lock:
            state["hanging"] -= 1
            state["gone"] += 1
        self.close_connection = True

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        parts = [p for p in url.path.split("/") if p]
        key = self.headers.get("Idempotency-Key") or query.get("key")
        what = parts[0] if parts else ""
        with lock:
            state["requests"] += 1
            if key and what != "count":
                counts[key] = counts.get(key, 0) + 1
            seen = counts.get(key, 0)

        if what in ("echo", ""):
            self.reply(body=self.echo(body))
        elif what == "status":
            headers = [("Retry-After", query["retry_after"])] if "retry_after" in query else []
            if "should_retry" in query:
                headers.append(("x-should-retry", query["should_retry"]))
            self.reply(int(parts[1]), query.get("body", json.dumps({"status": int(parts[1])})),
                       query.get("type", "application/json"), headers)
        elif what == "headers":
            self.reply(body=b"{}", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Many", "one"), ("x-many", "two")])
        elif what == "redirect":
            n = int(parts[1])
            target = "/echo" if n <= 1 else f"/redirect/{n - 1}?status={query.get('status', '302')}"
            self.reply(int(query.get("status", "302")), headers=[("Location", target)])
        elif what == "redirect-to":
            self.reply(int(query.get("status", "302")), headers=[("Location", query["url"])])
        elif what == "bytes":
            self.reply(body=b"x" * int(parts[1]), content_type="text/plain")
        elif what == "chunked":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            left = int(parts[1])
            while left > 0:
                n = min(left, 8192)
                self.wfile.write(b"%x\r\n%s\r\n" % (n, b"x" * n))
                left -= n
            self.wfile.write(b"0\r\nX-Trailer: late\r\n\r\n")
        elif what == "gzip":
            self.reply(body=gzip.compress(b'{"compressed": true}'), headers=[("Content-Encoding", "gzip")])
        elif what == "deflate":
            self.reply(body=zlib.compress(b'{"compressed": true}'), headers=[("Content-Encoding", "deflate")])
        elif what == "bomb":
            self.reply(body=zeros_gzipped(int(parts[1])), headers=[("Content-Encoding", "gzip")])
        elif what == "hang":
            self.wait_until_gone()
        elif what == "hangs":
            with lock:
                answer = {"hanging": state["hanging"], "gone": state["gone"]}
            self.reply(body=answer)
        elif what == "slow-body":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            self.wait_until_gone()
        elif what == "sse":
            self.events(int(parts[1]), query)
        elif what == "open":
            gate(query["gate"]).release()
            self.reply(body={})
        elif what == "broken":
            self.broken(parts[1])
        elif what == "flaky":
            if seen <= int(parts[1]):
                self.reply(503, {"error": "not yet", "seen": seen}, headers=[("Retry-After", "0")])
            else:
                self.reply(body={"ok": True, "seen": seen})
        elif what == "count":
            with lock:
                answer = {"count": counts.get(query["key"], 0)} if "key" in query else dict(counts)
            self.reply(body=answer)
        elif what == "connections":
            with lock:
                answer = {"accepted": state["accepted"], "requests": state["requests"]}
            self.reply(body=answer)
        elif what == "items":
            items = [{"id": i, "name": f"item {i}"} for i in range(1, 4)]
            if len(parts) == 1:
                self.reply(body=items)
            else:
                found = [i for i in items if str(i["id"]) == parts[1]]
                self.reply(200 if found else 404, found[0] if found else {"error": f"no item {parts[1]}"})
        elif url.path.startswith("/v1/") or what == "agent":
            self.model(url.path, body)
        else:
            self.reply(404, {"error": f"no {url.path} here"})

    def events(self, count, query):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31) if "gzip" in query else None
        self.send_response(int(query.get("status", "200")))
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        if packer:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()

        def send(data):
            if data:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

        for number in range(count):
            if number > 0 and "gate" in query:
                gate(query["gate"]).acquire(timeout=60)
            event = b'data: {"n": %d}\n\n' % number
            send(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else event)
        if query.get("then") == "hang":
            self.wait_until_gone()
        elif query.get("then") == "cut":
            self.close_connection = True
        else:
            send(packer.flush() if packer else b"")
            self.wfile.write(b"0\r\n\r\n")

    def broken(self, kind):
        if kind == "no-response":
            self.raw(b"")
        elif kind == "close-early":
            self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        elif kind == "bad-chunk":
            self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
        elif kind == "not-http":
            self.raw(b"SSH-2.0-OpenSSH_9.2\r\n")
        elif kind == "bad-gzip":
            self.raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip")
        elif kind == "header-flood":
            self.raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(1000)) + b"\r\n")
        else:
            self.reply(404, {"error": f"no way to break called {kind}"})

    def model(self, path, body):
        try:
            sent = json.loads(body)
        except ValueError:
            self.reply(400, {"error": {"message": "the body is not JSON", "type": "invalid_request_error"}})
            return
        if not isinstance(sent, dict):
            sent = {"value": sent}
        echo = {"headers": {k.lower(): v for k, v in self.headers.items()}, "body": sent}
        model = sent.get("model", "test-model")
        if model == "broke":
            self.reply(429, {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}})
        elif model == "overloaded":
            self.reply(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
        elif path.endswith("/chat/completions"):
            self.reply(body={"id": "c1", "model": model, "echo": echo,
                             "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
                             "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}})
        elif path.endswith("/responses"):
            self.reply(body={"id": "r1", "model": model, "status": "completed", "echo": echo,
                             "output": [{"type": "reasoning", "summary": []},
                                        {"type": "message", "content": [{"type": "output_text", "text": "Hel"},
                                                                        {"type": "output_text", "text": "lo."}]}],
                             "usage": {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}})
        elif path.endswith("/messages"):
            self.reply(body={"id": "m1", "type": "message", "model": model, "stop_reason": "end_turn", "echo": echo,
                             "content": [{"type": "text", "text": "Hello."}],
                             "usage": {"input_tokens": 4, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 2,
                                       "output_tokens": 2}})
        else:
            self.reply(body={"answer": "Hello.", "echo": echo})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    tls = None

    def get_request(self):
        connection, address = super().get_request()
        with lock:
            state["accepted"] += 1
        return connection, address

    def finish_request(self, request, client_address):
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass


def main():
    arguments = argparse.ArgumentParser(description="HTTP server for tests")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--certificate", help="PEM file with certificate and key; serve TLS")
    options = arguments.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    if options.certificate:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(options.certificate)
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
