"""Agents that think: calls of the model and of its tools, killed within and between them."""

import json

from scenario import Scenario, Violation, key_of

MODEL = "model/chat/completions"


class Agents(Scenario):
    """A model that asks for tools, turn after turn, in step with a plan; budgets that hold or do not."""

    worker_with_tools = None  # a program whose agents may also call look_up (pure), store (idempotent) and pay (effect)

    def prepare(self):
        rng = self.rng
        self.own_tools = self.worker_with_tools is not None and rng.random() < 0.7
        self.stream = rng.random() < 0.5
        self.plan = [[self.call_of(turn, i) for i in range(rng.randint(1, 3))] for turn in range(rng.randint(1, 5))]
        self.witness.plans[str(self.seed)] = self.plan
        self.environment["SKEIN_COMPATIBLE_BASE_URL"] = f"{self.witness.url}/{self.seed}/model"
        calls = sum(len(turn) for turn in self.plan)
        self.budget = rng.choice([None, None, {"tool_calls": rng.randint(0, calls + 1)}, {"tokens": rng.randint(50, 6000)}])
        agent = {"name": "thinker", "type": "ai_agent", "model": "compatible/witness", "instructions": "Do as you planned.", "max_output_tokens": 400,
                 "tools": ["calculator", "look_up", "store", "pay"] if self.own_tools else ["calculator"],
                 "retry_config": {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1}, **({"budget": self.budget} if self.budget else {})}
        self.items = rng.choice([0, 0, 2])
        think = {"name": "think", "agent_name": "thinker", "action": "think", "parameters": {"prompt": "go"}}
        if self.items:
            think |= {"for_each": "{{ [1, 2] }}", "max_concurrency": rng.randint(1, 2)}
        tasks = [think, {"name": "after", "agent_name": "local", "action": "transform", "parameters": {"value": 1}, "depends_on": ["think"]}]
        self.write({"name": "agents", "agents": [agent], "tasks": tasks})

    def call_of(self, turn, i):
        tools = ["calculator", "look_up", "store", "pay"] if self.own_tools else ["calculator"]
        name = self.rng.choice(tools)
        if name == "calculator":
            return name, {"expression": f"{turn}*100+{i}"}
        return name, {"what": f"{name} {turn}.{i}"}

    def worker(self, *words):
        if not self.own_tools:
            return super().worker(*words)
        more = ([] if "--idle-exit" in words else ["--stay"]) + (["--stream"] if self.stream else [])
        return [self.worker_with_tools, str(self.store), f"{self.witness.url}/{self.seed}", *more]

    def brought(self):
        return [str(turn * 100 + i) if name == "calculator" else f"did {arguments['what']}"
                for turn, calls in enumerate(self.plan) for i, (name, arguments) in enumerate(calls)]

    def check_run(self, run, events):
        for kind in ("model_answered", "tool_answered"):
            keys = [key_of(run, e) for e in events if e["type"] == kind]
            if len(keys) != len(set(keys)):
                raise Violation(f"run {run}: a call was answered twice: {keys}")
        self.check_budget(run, events)
        failed = [e["error"]["code"] for e in events if e["type"] == "task_failed"]
        if failed:
            if not self.budget or set(failed) - {"budget_exceeded"}:
                raise Violation(f"run {run}: failed without need: {[e for e in events if e['type'] == 'task_failed']}")
            return
        results = [e["result"] for e in events if e["type"] == "task_completed" and e["task"] == "think"]
        if len(results) != max(1, self.items):
            raise Violation(f"run {run}: {len(results)} results of an agent that was asked {max(1, self.items)} times")
        for result in results:
            self.check_result(run, json.loads(result["output"]))

    def check_result(self, run, got):
        wanted = self.brought()
        names = [name for calls in self.plan for name, _ in calls]
        if len(got) != len(wanted):
            raise Violation(f"run {run}: an agent heard of {len(got)} results instead of {len(wanted)}")
        for name, one, expected in zip(names, got, wanted):
            # Only of a tool with an effect may nobody know what became of it.
            if one != expected and not (name == "pay" and "unknown" in one):
                raise Violation(f"run {run}: an agent heard {one!r} instead of {expected!r}")

    def check_budget(self, run, events):
        used = sum(usage["total_tokens"] for key, usage in self.witness.bills_of(str(self.seed)) if key.startswith(run))
        for limit, spent in ((self.budget or {}).get("tokens"), used), ((self.budget or {}).get("tool_calls"), sum(e["type"] == "tool_called" for e in events)):
            if limit is not None and spent > limit:
                raise Violation(f"run {run}: a budget of {self.budget} was exceeded: {spent}")

    def check_all(self, journals):
        counts = self.witness.counts(str(self.seed))
        for key in self.witness.keys_of(str(self.seed), "tool-pay"):
            if counts[key] > 1:
                raise Violation(f"a tool with an effect was called {counts[key]} times: {key}")
        answered = {key_of(run, e) for run, events in journals.items() for e in events if e["type"] in ("model_answered", "tool_answered")}
        asked = self.witness.keys_of(str(self.seed), MODEL)
        if any(e["type"] == "task_completed" and e["task"] in ("think", "write") for events in journals.values() for e in events) and not asked & answered:
            raise Violation("no call of the model is known by the key that the journal has")
