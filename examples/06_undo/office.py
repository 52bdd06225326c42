#!/usr/bin/env python3
"""A booking office on a free port, which it prints. Its restaurant has four chairs, and it is too busy for the first cancellation.

Knows nothing of Skein. What it holds at the end is printed when it is told to stop.
"""

import http.server
import json
import signal
import sys

CHAIRS = 4
bookings = {}
answers = {}
busy = ["the telephone is engaged"]


class Office(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        if key not in answers:
            status, answer = self.book(self.path.strip("/"), asked)
            if status == 200:
                answers[key] = status, answer
        else:
            status, answer = answers[key]
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @staticmethod
    def book(what, asked):
        if what == "cancel":
            if busy:
                return 503, {"error": busy.pop()}
            return 200, {"cancelled": bookings.pop(asked["booking"], None)}
        if what == "table" and asked["chairs"] > CHAIRS:
            return 409, {"error": f"there are only {CHAIRS} chairs"}
        booking = f"{what}-{len(answers) + 1}"
        bookings[booking] = asked
        return 200, {"booking": booking}

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Office)
signal.signal(signal.SIGTERM, lambda *_: (print("still booked:", ", ".join(bookings) or "nothing", flush=True), sys.exit(0)))
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
