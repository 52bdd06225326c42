#!/usr/bin/env python3
"""Three sources and an agent that combines them, with nothing but Python's standard library. One source is always down. Prints its address and
serves until it is stopped."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def combine(sources):
    parts = []
    if sources.get("weather"):
        parts.append(f"{sources['weather']['sky']} and {sources['weather']['temperature']} degrees")
    if sources.get("traffic"):
        parts.append(f"{sources['traffic']['delay_minutes']} minutes of delay on {sources['traffic']['road']}")
    if sources.get("events"):
        parts.append(f"{len(sources['events'])} events")
    return {"summary": "Today: " + "; ".join(parts) + ".", "missing": [name for name, value in sources.items() if value is None]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        time.sleep(0.3)
        if self.path == "/weather":
            return self.reply(200, {"sky": "clear sky", "temperature": 21})
        if self.path == "/traffic":
            return self.reply(200, {"road": "the ring road", "delay_minutes": 12})
        return self.reply(503, {"error": "closed for the season"})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/agent" and asked.get("action") == "combine":
            return self.reply(200, combine(asked["parameters"]["sources"]))
        return self.reply(404, {"error": f"there is no {self.path} here"})

    def reply(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
