#!/usr/bin/env python3
"""Kills a real skein with SIGKILL at seeded moments and at write and sync boundaries, restarts it, and checks what it promises.

    tests/crash/crash_suite.py --skein build/release/src/app/skein --seeds 200

For every seed: no acknowledged run is lost; no step with a journaled result runs again; repeats are only of calls in flight, with the same
key; every timer fires once; every run ends. The seed is in every failure, and `--first-seed N --seeds 1` replays it.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from scenario import write_workflow  # noqa: E402
from witness import Witness  # noqa: E402

BOUNDARIES = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,openat"
PATIENCE = 60  # seconds until a scenario that does not end is a failure


class Violation(Exception):
    pass


class Scenario:
    def __init__(self, skein, witness, seed, folder):
        self.skein, self.witness, self.seed, self.folder = skein, witness, seed, pathlib.Path(folder)
        self.rng = random.Random(seed)
        self.store = self.folder / "store" / "skein.db"
        self.file = self.folder / "workflow.json"
        self.steps, self.end = write_workflow(seed, witness.url, self.file)
        self.acknowledged = set()
        self.finished_steps = {}  # key -> requests when its result was first seen in the journal
        self.kills = 0

    def command(self, *words):
        return [self.skein, *words, "--store", str(self.store)]

    def ask(self, *words):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode not in (0, 1, 4):
            raise Violation(f"{' '.join(words)} exited with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def start_and_perhaps_kill(self):
        """Creates a run; its id on standard output is the acknowledgement, whatever becomes of the process."""
        process = self.spawn(self.command("run", str(self.file), "--detach", "--json"), boundary=self.rng.random() < 0.3)
        out, _ = process.communicate(timeout=PATIENCE)
        if process.returncode != 4:
            self.kills += 1
        try:
            self.acknowledged.add(json.loads(out)["run_id"])
        except (ValueError, KeyError):
            if process.returncode == 4:
                raise Violation(f"accepted without a run id: {out!r}") from None

    def spawn(self, command, boundary=False):
        if boundary and shutil.which("strace"):
            call = self.rng.choice(BOUNDARIES.split(","))
            inject = f"inject={call}:signal=KILL:when={self.rng.randint(1, 60)}"
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject, *command]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, start_new_session=True)

    def work_and_kill(self):
        boundary = self.rng.random() < 0.5
        process = self.spawn(self.command("worker"), boundary)
        try:
            process.wait(timeout=self.rng.uniform(0.01, 0.4) + (0.5 if boundary else 0))
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.communicate()
        self.kills += 1

    def answers(self):
        """Commands that say yes to every question and send every signal that a run waits for."""
        out = []
        for run in sorted(self.acknowledged):
            for task in json.loads(self.ask("show", run, "--json"))["tasks"]:
                awaits = task.get("awaits")
                if awaits and "signal" in awaits:
                    out.append(self.command("signal", run, awaits["signal"], "--payload", "1", "--json", "-q"))
                elif awaits:
                    out.append(self.command("approve", run, task["name"], "--json", "-q"))
        return out

    def answer_and_perhaps_kill(self):
        for command in self.answers():
            process = self.spawn(command, boundary=self.rng.random() < 0.3)
            try:
                process.wait(timeout=self.rng.uniform(0.01, 0.3))
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.communicate()
            self.kills += 1

    def events(self, run):
        return [json.loads(line) for line in self.ask("events", run, "--json").splitlines()]

    def look(self):
        """What the journal holds while nobody works: results in it must never be asked for again."""
        counts = self.witness.counts(str(self.seed))
        for run in self.acknowledged:
            for event in self.events(run):
                if event["type"] == "task_completed":
                    key = f"{run}:{step_of(event)}"
                    if key in counts:
                        self.finished_steps.setdefault(key, counts[key])

    def finish(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            self.ask("worker", "--idle-exit")
            for command in self.answers():
                done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
                if done.returncode not in (0, 1, 4):
                    raise Violation(f"{' '.join(command)} exited with {done.returncode}: {done.stderr.strip()}")
            open_runs = [r for r in self.acknowledged if json.loads(self.ask("show", r, "--json"))["status"] not in FINAL]
            if not open_runs:
                return
            if time.monotonic() > deadline:
                raise Violation(f"runs that do not end: {open_runs}")
            time.sleep(0.05)

    def check(self):
        listed = {r["run_id"] for r in json.loads(self.ask("runs", "--limit", "1000", "--json"))["runs"]}
        if not self.acknowledged <= listed:
            raise Violation(f"acknowledged runs are lost: {self.acknowledged - listed}")
        counts = self.witness.counts(str(self.seed))
        refused = self.witness.refusals(str(self.seed))
        for key, n in self.finished_steps.items():
            if counts[key] != n:
                raise Violation(f"step {key} ran again after its result was journaled: {n} requests then, {counts[key]} now")
        known = {f"{run}:{task}:{step}" for run in listed for task, steps in self.steps.items() for step in steps}
        for key, n in counts.items():
            if key not in known:
                raise Violation(f"a call under an unknown key: {key}")
            if n > 1 + refused.get(key, 0) + self.kills:
                raise Violation(f"{key} was called {n} times with {self.kills} kills")
        for run in self.acknowledged:
            events = self.events(run)
            if [e["seq"] for e in events] != list(range(1, len(events) + 1)):
                raise Violation(f"run {run}: event numbers have holes")
            if events[-1]["type"] != self.end:
                raise Violation(f"run {run} ended with {events[-1]}")
            wanted = sorted(f"{task}:{step}" for task, steps in self.steps.items() for step in steps)
            done = sorted(step_of(e) for e in events if e["type"] == "task_completed")
            if done != wanted:
                raise Violation(f"run {run} completed {done} instead of {wanted}")
            undone = [step_of(e).replace("/undo", "") for e in events if e["type"] == "task_completed" and e["task"].endswith("/undo")]
            order = [step_of(e) for e in events if e["type"] in ("task_completed", "items_completed") and step_of(e) in undone]
            if undone != order[::-1]:
                raise Violation(f"run {run} did {order} and undid {undone}")
            for kind in ("approval_requested", "approval_given", "signal_taken"):
                about = [e["task"] for e in events if e["type"] == kind]
                if len(about) != len(set(about)):
                    raise Violation(f"run {run}: {kind} twice: {about}")

    def run(self):
        for _ in range(self.rng.randint(1, 3)):
            self.start_and_perhaps_kill()
        for _ in range(self.rng.randint(1, 4)):
            self.work_and_kill()
            self.answer_and_perhaps_kill()
            self.look()
        self.finish()
        self.check()


def step_of(event):
    """As in an idempotency key: task:activation, and the item where there is one."""
    item = f":{event['item']}" if "item" in event else ""
    return f"{event['task']}:{event.get('activation', 1)}{item}"


FINAL = {"completed", "partially_completed", "failed", "cancelled"}


def run_seed(skein, witness, seed):
    with tempfile.TemporaryDirectory(prefix="skein-crash-") as folder:
        scenario = Scenario(skein, witness, seed, folder)
        try:
            scenario.run()
        except (Violation, subprocess.SubprocessError, ValueError, KeyError, OSError) as problem:
            return scenario, f"seed {seed}: {type(problem).__name__}: {problem}"
        return scenario, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skein", required=True)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    witness = Witness()
    failures, kills, steps, repeats = [], 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        for scenario, failure in pool.map(lambda s: run_seed(os.path.abspath(options.skein), witness, s), seeds):
            kills += scenario.kills
            counts = witness.counts(str(scenario.seed))
            steps += len(counts)
            repeats += sum(counts.values()) - len(counts) - sum(witness.refusals(str(scenario.seed)).values())
            if failure:
                failures.append(failure)
                print(failure, flush=True)
    if witness.without_key:
        failures.append(f"{witness.without_key} calls without a key")
    if not shutil.which("strace"):
        print("SKIPPED: kills at write and sync boundaries need strace (apt-get install strace); kills at random moments ran")
    print(f"{options.seeds} seeds, {kills} kills, {steps} steps called, {repeats} repeats of calls in flight")
    print(f"{options.seeds - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or steps == 0 or kills == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
