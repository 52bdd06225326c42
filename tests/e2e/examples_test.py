"""Runs an example as a reader would, from another folder, and looks at what came out: examples_test.py NAME"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
EXPECTED = {
    "01_daylight_report": ["Daylight on ", "Longest day: ", "home", "Lisbon", "Tromsø", "daylight-report.md"],
    "02_sequential": ["post: http://blog.example/geese-in-flight", "There is more to say on this than one thinks."],
    "03_parallel": ["summary: Today: clear sky and 21 degrees; 12 minutes of delay on the ring road.", "events"],
    "04_crash_and_resume": ["kill -9!", "Each step ran exactly once"],
    "05_review_loop": ["how: shortened in 6 rounds: 206 → 157 → 99 → 80 → 61 → 42 words", "text: Geese fly in a skein"],
    "06_undo": ["still booked: nothing"],
    "07_agent_with_tools": ["answer: The trip cost 399.60 euros in all, 133.20 a day", 'sources: ["trip.csv"]'],
}
ARGUMENTS = {"06_undo": ["-i", "guests=6"]}
FAILS = {"06_undo": 1}


def main():
    name = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="skein-example-") as folder:
        here = pathlib.Path(folder) / name
        shutil.copytree(EXAMPLES / name, here)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "SKEIN": os.path.abspath(os.environ["SKEIN"]), "SKEIN_STORE": f"{folder}/skein.db"}
        done = subprocess.run([str(here / "run"), *ARGUMENTS.get(name, [])], capture_output=True, text=True, timeout=120, env=environment, cwd=folder)
        print(done.stdout, done.stderr, sep="\n--- stderr\n")
        problems = [f"'{part}' is missing" for part in EXPECTED[name] if part not in done.stdout]
        if done.returncode != FAILS.get(name, 0):
            problems.append(f"exit code {done.returncode}")
        if name == "01_daylight_report":
            problems += check_report(here / "daylight-report.md", here / "cities.csv")
        for problem in problems:
            print(f"FAILED: {problem}")
        return 1 if problems else 0


def check_report(report, data):
    if not report.exists():
        return ["there is no report"]
    rows = [line for line in report.read_text().splitlines() if line.startswith("| ")][1:]
    cities = len(data.read_text().splitlines()) - 1
    return [] if len(rows) == cities else [f"{len(rows)} rows for {cities} cities"]


if __name__ == "__main__":
    sys.exit(main())
