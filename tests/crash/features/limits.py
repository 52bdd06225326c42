"""Budgets and places: hard limits, whoever dies."""

import subprocess

from features.timing import GRAIN, at
from scenario import PATIENCE, Scenario, Violation


class Budget(Scenario):
    """Calls that fail and are tried again, in a run and in those that it begins, until the budget says no."""

    def prepare(self):
        rng = self.rng
        self.most = rng.randint(2, 25)
        self.wall = rng.choice([None, None, 0.2, 0.6])
        retry = {"max_attempts": 4, "initial_delay": 0.02, "max_delay": 0.05}
        self.write({"name": "part", "inputs": {"n": "integer"}, "agents": self.agents(), "budget": {"attempts": rng.randint(1, 6)},
                    "tasks": [self.call("inside", parameters={"data": "{{ n }}"}), self.call("more", parameters={"data": "{{ n }}"})]}, "part.json")
        tasks = [
            self.call("one", parameters={"data": 1}, continue_on_failure=True, compensate={"action": f"/{self.seed}/undo_one"}),
            self.call("hopeless", "never", continue_on_failure=True, retry_config=retry),
            self.call("each", for_each="{{ [range(5)] }}", max_concurrency=2, continue_on_failure=True, parameters={"data": "{{ item }}"}),
            {"name": "pause", "agent_name": "local", "action": "wait", "depends_on": ["one"], "parameters": {"seconds": 0.2}},
            {"name": "parts", "agent_name": "part", "action": "run", "depends_on": ["one"], "for_each": "{{ [1, 2] }}", "continue_on_failure": True, "parameters": {"n": "{{ item }}"}},
            self.call("after", depends_on=["pause", "parts"], parameters={"data": 1}, continue_on_failure=True),
            {"name": "doomed", "agent_name": "local", "action": "fail", "depends_on": ["after", "each", "hopeless"]},
        ]
        budget = {"attempts": self.most, **({"wall_time": self.wall} if self.wall else {})}
        self.write({"name": "budget", "parallel_execution": rng.random() < 0.7, "on_failure": "compensate", "failure_strategy": "continue_on_failure", "budget": budget,
                    "agents": self.agents() + [{"name": "part", "type": "workflow", "workflow": "part.json"}], "tasks": tasks})

    def check_all(self, journals):
        for run, events in journals.items():
            if "parent" in events[0]:
                continue
            if events[-1]["type"] != "run_failed":
                raise Violation(f"run {run} ended with {events[-1]}")
            family = [events] + [e for e in journals.values() if e[0].get("parent") == run]
            attempts = [e for part in family for e in part if e["type"] == "attempt_started" and not e["task"].endswith("/undo")]
            calls = [e for e in attempts if "child" not in e and "wake_at" not in e and e["task"] != "doomed"]
            if len(calls) > self.most:
                raise Violation(f"run {run}: a budget of {self.most} attempts was exceeded: {len(calls)}")
            said_no = any(e.get("error", {}).get("code") == "budget_exceeded" for part in family for e in part if e["type"] == "task_failed")
            if len(calls) < self.most and not said_no and any(e["type"] == "task_failed" and e["task"] == "after" for e in events):
                raise Violation(f"run {run}: failed without need")
            for event in attempts:
                if self.wall and at(event) - at(events[0]) > self.wall + GRAIN:
                    raise Violation(f"run {run}: {event['task']} began after the budget's wall time")
            for completed in (e for e in events if e["type"] == "task_completed" and e["task"] == "one"):
                undone = any(e["type"] == "task_completed" and e["task"] == "one/undo" for e in events)
                if not undone:
                    raise Violation(f"run {run}: {completed['task']} was not undone, budgets do not bound that")


class Slots(Scenario):
    """More runs of a key than may be under way at once; they are killed, cancelled, refused, and nobody is stuck."""

    def prepare(self):
        rng = self.rng
        self.limit = rng.randint(1, 2)
        self.queue = rng.random() < 0.8
        self.cancelled = set()
        self.keys = rng.randint(1, 2)
        pause = rng.choice([{"action": "wait", "parameters": {"seconds": 0.03}}, {"action": "signal", "parameters": {}}])
        choice = []  # of the tasks for each key only those of the run's own run
        for k in range(self.keys):
            choice += [self.call(f"first{k}", f"slow{k}", parameters={"data": 1}, when=f"{{{{ inputs.k == {k} }}}}"),
                       {"name": f"pause{k}", "agent_name": "local", "depends_on": [f"first{k}"], "when": f"{{{{ inputs.k == {k} }}}}", **pause},
                       self.call(f"second{k}", f"slow{k}", parameters={"data": 2}, depends_on=[f"pause{k}"], when=f"{{{{ inputs.k == {k} }}}}")]
            self.witness.limit(str(self.seed), f"slow{k}", "runs", self.limit)
        self.write({"name": "slots", "inputs": {"k": "integer"}, "parallel_execution": True, "agents": self.agents(), "tasks": choice,
                    "concurrency": {"key": "{{ inputs.k }}", "limit": self.limit, "on_limit": "queue" if self.queue else "reject"}})

    def inputs(self):
        return ["-i", f"k={self.rng.randrange(self.keys)}"]

    def start_and_perhaps_kill(self, words=None):
        process = self.spawn(self.command("run", str(self.file), *self.inputs(), "--detach"), boundary=self.rng.random() < 0.3, stderr=subprocess.PIPE)
        out, said = process.communicate(timeout=PATIENCE)
        if process.returncode == 4:
            self.acknowledged.add(out.strip())
        elif process.returncode not in (1, 2):
            self.kills += 1
        elif self.queue or "under way" not in said:
            raise Violation(f"a run was refused: {said}")

    def work_and_kill(self):
        super().work_and_kill()
        if self.rng.random() < 0.3:
            run = self.rng.choice([*self.unfinished(), None])
            if run:
                self.cancelled.add(run)
                process = self.spawn(self.command("cancel", run), boundary=self.rng.random() < 0.3)
                self.patiently(process, self.rng.uniform(0.01, 0.3))
                self.kill(process)
        self.start_and_perhaps_kill()

    def run(self):
        for _ in range(self.rng.randint(1, 3)):
            self.start_and_perhaps_kill()
        super().run()

    def check_all(self, journals):
        spans = {}
        for run, events in journals.items():
            if events[-1]["type"] == "run_cancelled" and run not in self.cancelled:
                raise Violation(f"run {run} was cancelled by nobody")
            if events[-1]["type"] not in ("run_cancelled", "run_completed"):
                raise Violation(f"run {run} ended with {events[-1]}")
            begun = [at(e) for e in events if e["type"] == "attempt_started"]
            if begun:
                spans.setdefault(events[0]["inputs"]["k"], []).append((begun[0], at(events[-1])))
        for key, of_key in spans.items():
            for begin, _ in of_key:
                at_once = sum(a <= begin - GRAIN < b - GRAIN for a, b in of_key) + 1
                if at_once > self.limit:
                    raise Violation(f"{at_once} runs of the concurrency key {key} at once, allowed are {self.limit}")
