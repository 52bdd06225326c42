"""A program of its own with a skein::Agent, killed and started again."""

import collections
import json

from features.agents import Agents
from scenario import PATIENCE, Violation


class Program(Agents):
    """`start`, kill -9, `resume`, kill -9, …: no paid call is made twice, and the answer has all that the tools brought."""

    program = None  # tests/crash/agent_program.cpp

    def prepare(self):
        super().prepare()
        self.own_tools, self.items = True, 0
        self.plan[:] = [[self.call_of(turn, i) for i in range(self.rng.randint(1, 3))] for turn in range(self.rng.randint(1, 5))]
        self.budget = self.rng.choice([None, None, {"tokens": self.rng.randint(2000, 60000)}])
        self.calls = self.folder / "calls"
        if self.budget:
            self.environment["CRASH_BUDGET_TOKENS"] = str(self.budget["tokens"])

    def own(self, *words):
        self.store.parent.mkdir(exist_ok=True)
        return [self.program, str(self.store), str(self.calls), *words]

    def run(self):
        if self.program is None:
            return
        self.start()
        for _ in range(self.rng.randint(1, 5)):
            for run in self.unfinished():
                boundary = self.rng.random() < 0.4
                process = self.spawn(self.own("resume", run), boundary)
                self.patiently(process, self.rng.uniform(0.02, 0.4) + (0.5 if boundary else 0))
                self.kill(process)
            self.look()
        for run in self.unfinished():
            ended = self.spawn(self.own("resume", run))
            out, _ = ended.communicate(timeout=PATIENCE)
            if ended.returncode not in (0, 3):
                raise Violation(f"resume {run} exited with {ended.returncode}")
            if ended.returncode == 0:
                self.check_result(run, json.loads(out))
        if self.unfinished():
            raise Violation(f"runs that do not end: {self.unfinished()}")
        self.check()

    def start(self):
        """Its id on standard output is the acknowledgement, whatever becomes of the program."""
        process = self.spawn(self.own("start"), boundary=self.rng.random() < 0.4)
        self.patiently(process, self.rng.uniform(0.05, 0.5))
        out, _ = self.kill(process)
        if out:
            self.acknowledged.add(out.splitlines()[0])

    def check_run(self, run, events):
        self.check_budget(run, events)
        failed = [e["error"]["code"] for e in events if e["type"] == "task_failed"]
        if failed and (not self.budget or set(failed) - {"budget_exceeded"}):
            raise Violation(f"run {run}: failed without need: {failed}")
        for event in events:
            if event["type"] == "task_completed":
                self.check_result(run, json.loads(event["result"]["output"]))

    def check_all(self, journals):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        known = {f"{name} {run}:{e['task']}:1/{e['call']}" for run, events in journals.items() for e in events if e["type"] == "tool_called"
                 for name in [e["request"]["tool"]]}
        for line, times in collections.Counter(lines).items():
            if line not in known:
                raise Violation(f"a tool was called under an unknown key: {line}")
            if times > (1 if line.startswith("pay ") else 1 + self.kills):
                raise Violation(f"{line} was called {times} times with {self.kills} kills")

