"""A counting HTTP server: the independent witness of what a workflow runner really asked for.

Every request must carry an Idempotency-Key. What is answered depends only on the seed, the key and how often that key was seen, so a run can be
repeated; each key fails at most twice before it succeeds, except where the name says otherwise:

    POST /SEED/NAME        answered after up to 30 ms
    POST /SEED/slow…       answered after 60 ms
    POST /SEED/never…      refused every time
    POST /SEED/model/chat/completions   answered as the scenario's plan says (see model_witness.py), streamed where it is asked to

A model's answer is billed when it begins, whether anybody is left to hear it or not, and each time that it is asked for.

It also sees what is in flight at once. A request whose sender has died is not: its connection is closed.
"""

import collections
import hashlib
import http.server
import json
import socket
import threading
import time

import model_witness

DYING = 0.05  # seconds in which a killed process has closed its connections at the latest


class Witness(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.begun = collections.Counter()  # (scenario, key) -> requests that arrived
        self.refused = collections.Counter()  # (scenario, key) -> requests that were answered with 503
        self.names = collections.defaultdict(set)  # (scenario, name) -> keys
        self.open = collections.defaultdict(list)  # scenario -> (name, key, connection) of what is in flight
        self.limits = {}  # (scenario, name) -> ("keys" or "runs", how many may be in flight at once)
        self.plans = {}  # scenario -> what its model says
        self.bills = collections.defaultdict(list)  # scenario -> (key, usage) of each answer of its model, heard or not
        self.greedy = set()  # scenarios whose model takes all the tokens that it may
        self.bodies = {}  # (scenario, key) -> what was asked first
        self.problems = collections.defaultdict(list)  # scenario -> what was in flight and should not have been
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

    def keys_of(self, scenario, name):
        with self.lock:
            return set(self.names[(scenario, name)])

    def bills_of(self, scenario):
        with self.lock:
            return list(self.bills[scenario])

    def limit(self, scenario, name, what, most):
        self.limits[(scenario, name)] = (what, most)

    def enter(self, scenario, name, key, connection):
        """Takes a request up, and looks at what else is in flight."""
        with self.lock:
            self.open[scenario].append((name, key, connection))
            others = [entry for entry in self.open[scenario] if entry[2] is not connection]
        twice = [entry for entry in others if entry[1] == key]
        if twice and still_alive(twice):
            self.problems[scenario].append(f"a call is made twice at once: {key}")
        what, most = self.limits.get((scenario, name), (None, 0))
        if what is None:
            return
        part = (lambda k: k) if what == "keys" else run_of
        beside = [entry for entry in others if entry[0] == name]
        if len({part(e[1]) for e in beside} | {part(key)}) > most:
            at_once = {part(e[1]) for e in still_alive(beside)} | {part(key)}
            if len(at_once) > most:
                self.problems[scenario].append(f"{len(at_once)} {what} of {name!r} at once, allowed are {most}: {sorted(at_once)}")

    def leave(self, scenario, name, key, connection):
        with self.lock:
            self.open[scenario].remove((name, key, connection))

    def handle_error(self, request, client_address):
        pass  # the other side was killed: expected here


def run_of(key):
    return key.partition(":")[0]


def is_open(connection):
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def still_alive(entries):
    alive = [entry for entry in entries if is_open(entry[2])]
    if alive:
        time.sleep(DYING)
    return [entry for entry in alive if is_open(entry[2])]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scenario, _, name = self.path.strip("/").partition("/")
        key = self.headers.get("Idempotency-Key") or ""
        witness = self.server
        with witness.lock:
            if not key:
                witness.without_key += 1
            witness.begun[(scenario, key)] += 1
            seen = witness.begun[(scenario, key)]
            witness.names[(scenario, name)].add(key)
            # Run ids differ from run to run; the rest of the key does not.
            luck = hashlib.sha256(f"{scenario}/{key.partition(':')[2]}".encode()).digest()
            # A tool that fails is no failure of its task: the model would be told, and the results would differ.
            refuse = name.startswith("never") or not name.startswith("tool-") and witness.refused[(scenario, key)] < luck[0] % 4 - 1
            if refuse:
                witness.refused[(scenario, key)] += 1
        witness.enter(scenario, name, key, self.connection)
        try:
            time.sleep(0.06 if name.startswith("slow") else luck[1] % 30 / 1000)
            if name == "model/chat/completions" and not refuse:
                self.speak(scenario, key, json.loads(body), luck)
                return
        finally:
            witness.leave(scenario, name, key, self.connection)
        answer = json.dumps({"key": key, "seen": seen, "got": json.loads(body or b"null")}).encode()
        self.send_response(503 if refuse else 200)
        if name.startswith("model"):
            self.send_header("Retry-After-Ms", "5")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def speak(self, scenario, key, request, luck):
        message, finish = model_witness.answer_to(self.server.plans[scenario], request)
        witness = self.server
        usage = model_witness.usage_of(request, message, scenario in witness.greedy)
        with witness.lock:
            witness.bills[scenario].append((key, usage))
            if witness.bodies.setdefault((scenario, key), request) != request:
                witness.problems[scenario].append(f"{key} asks for something else than it did first")
        self.send_response(200)
        if not request.get("stream"):
            body = model_witness.whole(message, finish, usage)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in model_witness.pieces(message, finish, usage):
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(luck[2] % 8 / 1000)
