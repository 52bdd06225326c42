"""Agents that pay: what the model server really billed, repeats included, stays within the budgets of the run, of the agent and of its day."""

import datetime
import json

from features.agents import Agents
from scenario import FINAL, PATIENCE, Violation

PRICES = {"input": 100, "output": 400}  # dollars a million tokens
AGENTS = {"think": "thinker", "write": "writer"}


def dollars(usage):
    return (usage["prompt_tokens"] * PRICES["input"] + usage["completion_tokens"] * PRICES["output"]) / 1e6


class Money(Agents):
    """Two agents in several runs at once, often in two processes, with budgets of money; and retries with more of it."""

    owners = (1, 2, 2)

    def prepare(self):
        super().prepare()
        rng = self.rng
        self.witness.greedy.add(str(self.seed))
        self.items, self.budget, self.raised = 0, {}, {}
        self.day = datetime.datetime.now(datetime.timezone.utc).date()
        amount = lambda low, high: round(rng.uniform(low, high), 4)  # noqa: E731
        self.run_budget = rng.choice([None, {"cost": amount(0.2, 4)}, {"cost": amount(0.5, 6), "tokens": rng.randint(3000, 30000)}])
        self.agent_budgets = {name: rng.choice([None, {"cost": amount(0.2, 3)}]) for name in AGENTS.values()}
        self.daily = {name: rng.choice([None, {"cost": amount(0.3, 5)}, {"cost": amount(0.5, 5), "tokens": rng.randint(3000, 30000)}])
                      for name in AGENTS.values()}
        if not self.run_budget and not any(self.agent_budgets.values()):
            self.daily["thinker"] = {"cost": amount(0.3, 2)}
        agents = []
        for name in AGENTS.values():
            budget = {**(self.agent_budgets[name] or {}), **({"daily": self.daily[name]} if self.daily[name] else {})}
            agents.append({"name": name, "type": "ai_agent", "model": "near", "instructions": "Do as you planned.",
                           "tools": ["calculator", "look_up", "store", "pay"] if self.own_tools else ["calculator"],
                           "retry_config": {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1},
                           **({"max_output_tokens": rng.randint(100, 800)} if rng.random() < 0.7 else {}), **({"budget": budget} if budget else {})})
        tasks = [{"name": task, "agent_name": agent, "action": "do", "parameters": {"prompt": "go"}, "continue_on_failure": True} for task, agent in AGENTS.items()]
        self.write({"name": "money", "parallel_execution": rng.random() < 0.5, "agents": agents, "tasks": tasks,
                    "models": {"near": {"model": "compatible/witness", "prices": PRICES}}, **({"budget": self.run_budget} if self.run_budget else {})})

    def run(self):
        for _ in range(self.rng.randint(1, 3)):
            self.start_and_perhaps_kill()
        for _ in range(self.rng.randint(1, 4)):
            self.work_and_kill()
            self.look()
        self.finish()
        if self.rng.random() < 0.5:
            self.retry_with_more()
            self.work_and_kill()
            self.look()
            self.finish()
        self.check()

    def retry_with_more(self):
        """What a budget ended goes on with a higher one."""
        for row in self.listed():
            if row["status"] not in FINAL or not any(e["type"] == "task_failed" for e in self.events(row["run_id"])):
                continue
            more = {"cost": 50} if self.rng.random() < 0.5 else {"cost": 0.5}
            words = ["retry", row["run_id"], "--budget", f"cost={more['cost']}"]
            more_of = {}
            for agent in AGENTS.values():
                if self.agent_budgets[agent]:
                    more_of[agent] = {"cost": 20}
                    words += ["--budget", f"{agent}.cost=20"]
            process = self.spawn(self.command(*words, "--detach"), boundary=self.rng.random() < 0.3)
            out, _ = process.communicate(timeout=PATIENCE)
            if process.returncode == 4:
                self.acknowledged.add(out.strip())
                self.raised[out.strip()] = more
            else:
                self.kills += 1

    def check_run(self, run, events):
        kept = events[0].get("kept", 0)
        asked = {key for key, _ in self.witness.bills_of(str(self.seed))}
        for event in events[1:1 + kept]:
            if event["type"] == "model_answered" and f"{run}:{event['task']}:1/{event['call']}" in asked:
                raise Violation(f"run {run}: call {event['call']} of {event['task']} was kept and asked again")
        for kind in ("model_answered", "tool_answered"):
            calls = [(e["task"], e["call"]) for e in events if e["type"] == kind]
            if len(calls) != len(set(calls)):
                raise Violation(f"run {run}: a call was answered twice: {calls}")
        limits = dict(self.agent_budgets)
        budget = self.run_budget
        if "origin" in events[0] or kept:
            budget, limits = self.raised.get(run), {}  # a killed command leaves a run whose budget it did not tell of
        self.hold(f"run {run}", budget, lambda key: key.startswith(run + ":"))
        for task, agent in AGENTS.items():
            self.hold(f"run {run}, agent {agent}", limits.get(agent), lambda key: key.startswith(f"{run}:{task}:"))  # noqa: B023
        for event in events:
            if event["type"] == "task_failed" and event["error"]["code"] != "budget_exceeded":
                raise Violation(f"run {run}: failed without need: {event}")
            if event["type"] == "task_completed":
                self.check_result(run, json.loads(event["result"]["output"]))

    def hold(self, whose, budget, mine):
        """What was billed is within the budget."""
        bills = [usage for key, usage in self.witness.bills_of(str(self.seed)) if mine(key)]
        for what, spent in (("cost", sum(dollars(u) for u in bills)), ("tokens", sum(u["total_tokens"] for u in bills))):
            limit = (budget or {}).get(what)
            if limit is not None and spent > limit + 1e-9:
                raise Violation(f"{whose}: a budget of {limit} {what} was exceeded: {spent} in {len(bills)} answers")

    def check_all(self, journals):
        super().check_all(journals)
        if datetime.datetime.now(datetime.timezone.utc).date() != self.day:
            return  # the accounts of two days
        for task, agent in AGENTS.items():
            self.hold(f"a day of {agent}", self.daily[agent], lambda key: f":{task}:" in key)  # noqa: B023
