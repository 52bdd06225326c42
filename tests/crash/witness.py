"""A counting HTTP server: the independent witness of what a workflow runner really asked for.

Every request must carry an Idempotency-Key. What is answered depends only on the seed, the key and how often that key was seen, so a run can be
repeated; each key fails at most twice before it succeeds.
"""

import hashlib
import http.server
import json
import threading
import time


class Witness(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.begun = {}  # (scenario, key) -> requests that arrived
        self.refused = {}  # (scenario, key) -> requests that were answered with 503
        self.without_key = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def counts(self, scenario):
        with self.lock:
            return {key: n for (s, key), n in self.begun.items() if s == scenario}

    def refusals(self, scenario):
        with self.lock:
            return {key: n for (s, key), n in self.refused.items() if s == scenario}

    def handle_error(self, request, client_address):
        pass  # the other side was killed: expected here


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scenario = self.path.strip("/").split("/")[0]
        key = self.headers.get("Idempotency-Key")
        witness = self.server
        with witness.lock:
            if not key:
                witness.without_key += 1
            seen = witness.begun[(scenario, key)] = witness.begun.get((scenario, key), 0) + 1
            # Run ids differ from run to run; the rest of the key does not.
            luck = hashlib.sha256(f"{scenario}/{str(key).partition(':')[2]}".encode()).digest()
            fails = luck[0] % 4 - 1  # -1, 0, 1 or 2 refusals
            refused = witness.refused.get((scenario, key), 0)
            refuse = refused < fails
            if refuse:
                witness.refused[(scenario, key)] = refused + 1
        time.sleep(luck[1] % 30 / 1000)
        answer = json.dumps({"key": key, "seen": seen, "got": json.loads(body or b"null")}).encode()
        self.send_response(503 if refuse else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
