#!/usr/bin/env python3
"""A local service that computes facts about cities, with nothing but Python's standard library, and that is as unreliable as real ones.

POST /almanac/sun       {date, cities} -> [{city, day_hours, sunrise_utc, sunset_utc, noon_height}]
POST /geodesy/distance  {from, cities} -> [{city, distance_km, bearing}]

It prints its address on the first line and serves until it is stopped. Faults, always the same ones: the almanac is not ready for its first
requests (503 with Retry-After), one request is never answered in time, one connection is cut.
"""

import datetime
import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EARTH_KM = 6371.0088
lock = threading.Lock()
seen = {"/almanac/sun": 0, "/geodesy/distance": 0}


def sun(city, day):
    """Sunrise equation (W. L. Woolf's approximation as in NOAA's solar calculator): good to a few minutes."""
    turn = 2 * math.pi / 365 * (day.timetuple().tm_yday - 1 + 0.5)
    declination = (0.006918 - 0.399912 * math.cos(turn) + 0.070257 * math.sin(turn) - 0.006758 * math.cos(2 * turn)
                   + 0.000907 * math.sin(2 * turn) - 0.002697 * math.cos(3 * turn) + 0.00148 * math.sin(3 * turn))
    equation_of_time = 229.18 * (0.000075 + 0.001868 * math.cos(turn) - 0.032077 * math.sin(turn) - 0.014615 * math.cos(2 * turn) - 0.040849 * math.sin(2 * turn))
    latitude = math.radians(city["latitude"])
    cosine = (math.sin(math.radians(-0.833)) - math.sin(latitude) * math.sin(declination)) / (math.cos(latitude) * math.cos(declination))
    half_day = math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) / 15
    noon = (12 - city["longitude"] / 15 - equation_of_time / 60) % 24
    polar = "night" if cosine > 1 else "day" if cosine < -1 else None
    return {
        **city,
        "day_hours": round(2 * half_day, 2),
        "sunrise_utc": None if polar else clock(noon - half_day),
        "sunset_utc": None if polar else clock(noon + half_day),
        "noon_height": round(90 - abs(math.degrees(latitude - declination)), 1),
        "polar": polar,
    }


def clock(hours):
    minutes = round(hours * 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def distance(city, home):
    """Great circle on a sphere (haversine), and the first bearing from home."""
    a, b = math.radians(home["latitude"]), math.radians(city["latitude"])
    d = math.radians(city["longitude"] - home["longitude"])
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(d / 2) ** 2
    bearing = math.degrees(math.atan2(math.sin(d) * math.cos(b), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d))) % 360
    return {"city": city["city"], "distance_km": round(2 * EARTH_KM * math.asin(math.sqrt(h))), "bearing": round(bearing) % 360}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            if self.path not in seen:
                return self.reply(404, {"error": f"there is no {self.path} here"})
            seen[self.path] += 1
            number = seen[self.path]
        if self.path == "/almanac/sun" and number <= 4:
            time.sleep(0.15)
            return self.reply(503, {"error": "the almanac is still opening its books"}, retry_after=1)
        if self.path == "/geodesy/distance" and number == 2:
            time.sleep(5)  # longer than anybody waits
        if self.path == "/geodesy/distance" and number == 4:
            self.close_connection = True
            return None
        try:
            asked = json.loads(body)
            time.sleep(0.25 + 0.07 * len(asked["cities"]))
            if self.path == "/almanac/sun":
                day = datetime.date.fromisoformat(asked["date"])
                return self.reply(200, [sun(city, day) for city in asked["cities"]])
            return self.reply(200, [distance(city, asked["from"]) for city in asked["cities"]])
        except (KeyError, TypeError, ValueError) as problem:
            return self.reply(400, {"error": f"{type(problem).__name__}: {problem}"})

    def reply(self, status, value, retry_after=None):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that did not wait


server = Server(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
