"""Reads a CSV file of cities and sorts them into bands of longitude. Gets the task as JSON on standard input, answers on standard output."""

import csv
import json
import sys

BANDS = [("pacific", -180, -100), ("americas", -100, -60), ("atlantic", -60, 5), ("africa_and_europe", 5, 35), ("indian_ocean", 35, 105), ("far_east", 105, 180.1)]


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                yield {
                    "city": row["city"],
                    "country": row.get("country", ""),
                    "latitude": float(row["latitude"]),
                    "longitude": float(row["longitude"]),
                    "elevation_m": float(row.get("elevation_m") or 0),
                    "population": int(row.get("population") or 0),
                }
            except (KeyError, TypeError, ValueError) as problem:
                sys.exit(f"{path}:{number}: {problem}; columns are city,country,latitude,longitude,elevation_m,population")


def main():
    parameters = json.load(sys.stdin)["parameters"]
    try:
        cities = list(read(parameters["file"]))
    except OSError as problem:
        sys.exit(f"{parameters['file']} cannot be read: {problem.strerror}")
    home = next((c for c in cities if c["city"].lower() == parameters["home"].lower()), None)
    if home is None:
        sys.exit(f"home '{parameters['home']}' is not among the {len(cities)} cities of {parameters['file']}")
    bands = {name: [c for c in cities if low <= c["longitude"] < high] for name, low, high in BANDS}
    print(json.dumps({"count": len(cities), "home": home, "bands": bands}))


main()
