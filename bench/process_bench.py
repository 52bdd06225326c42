#!/usr/bin/env python3
"""What the program costs as a process: wall time of one durable run, memory when idle. JSON lines and a table, as the other benchmarks print.

    bench/process_bench.py build/release/src/app/skein
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

WORKFLOW = {"name": "one", "tasks": [{"name": "hello", "agent_name": "local", "action": "transform", "parameters": {"value": "hi"}}]}


def report(name, value, unit, goal):
    print(json.dumps({"name": name, "value": value, "unit": unit, "against": "goal", "against_value": goal, "ratio": value / goal}), flush=True)
    print(f"{name:<52} {value:>12.2f} {unit:<10} {goal:>12.2f}  {value / goal:>6.2f}x  goal", file=sys.stderr)


def wall_ms(command, rounds=40):
    samples = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples.append((time.perf_counter() - begin) * 1000)
    return statistics.median(samples)


def main():
    skein = sys.argv[1] if len(sys.argv) > 1 else "build/release/src/app/skein"
    with tempfile.TemporaryDirectory(prefix="skein-bench-", dir=".") as folder:
        file = pathlib.Path(folder, "one.json")
        file.write_text(json.dumps(WORKFLOW))
        store = ["--store", str(pathlib.Path(folder, "skein.db"))]
        report("skein run of one local task, durable, wall time p50", wall_ms([skein, "run", str(file), "--quiet", *store]), "ms", 20)
        worker = subprocess.Popen([skein, "worker", *store], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        status = pathlib.Path(f"/proc/{worker.pid}/status").read_text()
        worker.terminate()
        worker.wait()
        kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        report("idle worker, resident memory", kib / 1024, "MiB", 15)


if __name__ == "__main__":
    main()
