#!/usr/bin/env python3
"""Kills a real skein with SIGKILL at seeded moments and at write and sync boundaries, restarts it, and checks what it promises.

    tests/crash/crash_suite.py --skein build/release/src/app/skein --seeds 200 [--feature Slots]

For every seed: no acknowledged run is lost; no step with a journaled result runs again; repeats are only of calls in flight, with the same
key, and never twice at once; every run ends. Seeds take turns over the features of the language (features/), each with promises of its own.
The seed is in every failure, and `--first-seed N --seeds 1` replays it.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from features import FEATURES  # noqa: E402
from features.agents import Agents  # noqa: E402
from features.program import Program  # noqa: E402
from scenario import Violation  # noqa: E402
from witness import Witness  # noqa: E402


def run_seed(skein, witness, seed, feature):
    with tempfile.TemporaryDirectory(prefix="skein-crash-") as folder:
        scenario = feature(skein, witness, seed, folder)
        try:
            scenario.run()
        except (Violation, subprocess.SubprocessError, ValueError, KeyError, StopIteration, OSError) as problem:
            return scenario, f"seed {seed} ({feature.__name__}): {type(problem).__name__}: {problem}"
        return scenario, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skein", required=True)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--agents-worker", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "build/dev/tests/crash/skein_agents_worker",
                        help="the worker whose agents have tools that ask the witness")
    parser.add_argument("--agent-program", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "build/dev/tests/crash/skein_agent_program",
                        help="a C++ program with a skein::Agent")
    parser.add_argument("--feature", choices=sorted({f.__name__ for f in FEATURES}), help="only this one, whatever the seed")
    options = parser.parse_args()
    if options.agents_worker.exists():
        Agents.worker_with_tools = str(options.agents_worker.resolve())
    if options.agent_program.exists():
        Program.program = str(options.agent_program.resolve())
    witness = Witness()
    skein = os.path.abspath(options.skein)
    only = next((f for f in FEATURES if f.__name__ == options.feature), None)
    failures, tried, kills, steps, repeats = [], collections.Counter(), 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        for scenario, failure in pool.map(lambda s: run_seed(skein, witness, s, only or FEATURES[s % len(FEATURES)]), seeds):
            tried[type(scenario).__name__] += 1
            kills += scenario.kills
            counts, refused = witness.counts(str(scenario.seed)), witness.refusals(str(scenario.seed))
            steps += len(counts)
            repeats += sum(max(0, n - 1 - refused.get(key, 0)) for key, n in counts.items())
            if failure:
                failures.append(failure)
                print(failure, flush=True)
    if witness.without_key:
        failures.append(f"{witness.without_key} calls without a key")
    if not shutil.which("strace"):
        print("SKIPPED: kills at write and sync boundaries need strace (apt-get install strace); kills at random moments ran")
    if Agents.worker_with_tools is None:
        print("SKIPPED: tools with effects need skein_agents_worker (make dev); agents with built-in tools ran")
    if Program.program is None:
        print("SKIPPED: a C++ program with an agent needs skein_agent_program (make dev)")
    print(f"{options.seeds} seeds ({', '.join(f'{name} {n}' for name, n in sorted(tried.items()))})")
    print(f"{kills} kills, {steps} steps called, {repeats} repeats of calls in flight")
    print(f"{options.seeds - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or steps == 0 or kills == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
