"""Runs that begin runs: no child is lost, none begun twice, none left alone."""

from scenario import Scenario, Violation
from witness import run_of


class Family(Scenario):
    def prepare(self):
        rng = self.rng
        self.items = rng.randint(1, 4)
        self.failing = rng.random() < 0.3  # its second item fails, and is tried twice
        self.nested = rng.random() < 0.5
        self.cancels = rng.random() < 0.25
        self.cancelled = set()
        leaf = [self.call(f"leaf{n}", parameters={"data": n}, when=f"{{{{ n == {n} }}}}") for n in range(self.items)]
        if rng.random() < 0.4:
            leaf.append({"name": "rest", "agent_name": "local", "action": rng.choice(["signal", "transform"]), "parameters": {"value": 1}})
            if leaf[-1]["action"] == "signal":
                leaf[-1]["parameters"] = {"name": "go"}
        elif rng.random() < 0.5:
            leaf[0]["approval"] = {"message": "Begin?"}
        if self.failing:
            leaf.append({"name": "no", "agent_name": "local", "action": "fail", "when": "{{ n == 1 }}", "depends_on": [t["name"] for t in leaf]})
        limit = {"concurrency": {"limit": rng.randint(1, 2)}} if rng.random() < 0.3 else {}
        parameters = {"n": "{{ n }}"}
        self.write({"name": "leaf", "inputs": {"n": "integer"}, "agents": self.agents(), "tasks": leaf, "outputs": {"n": "{{ n }}"}, **limit}, "leaf.json")
        self.write({"name": "middle", "inputs": {"n": "integer"}, "agents": [{"name": "leaf", "type": "workflow", "workflow": "leaf.json"}],
                    "tasks": [{"name": "down", "agent_name": "leaf", "action": "run", "parameters": parameters}], "outputs": {"n": "{{ down.result.n }}"}}, "middle.json")
        again = {"retry_config": {"max_attempts": 2, "initial_delay": 0.02}, "retry_on": {"codes": ["agent_failed"]}} if self.failing else {}
        self.write({"name": "root", "parallel_execution": rng.random() < 0.7,
                    "agents": self.agents() + [{"name": "inner", "type": "workflow", "workflow": "middle.json" if self.nested else "leaf.json"}],
                    "tasks": [{"name": "each", "agent_name": "inner", "action": "run", "for_each": f"{{{{ [range({self.items})] }}}}", "max_concurrency": rng.randint(1, 3),
                               "continue_on_failure": True, "parameters": {"n": "{{ item }}"}, **again},
                              self.call("after", depends_on=["each"], parameters={"data": "{{ each.result }}"})]})

    def work_and_kill(self):
        super().work_and_kill()
        roots = [row["run_id"] for row in self.listed() if row["workflow"] == "root"]
        if self.cancels and not self.cancelled and roots:
            run = self.rng.choice(roots)
            self.cancelled.add(run)
            process = self.spawn(self.command("cancel", run), boundary=self.rng.random() < 0.3)
            self.patiently(process, self.rng.uniform(0.01, 0.3))
            self.kill(process)

    def check_all(self, journals):
        parents = {run: events[0].get("parent") for run, events in journals.items()}
        named = {}  # child -> its parent's attempt
        for run, events in journals.items():
            for event in events:
                if event["type"] != "attempt_started" or "child" not in event:
                    continue
                if event["child"] in named:
                    raise Violation(f"{event['child']} was begun twice")
                named[event["child"]] = run
                if parents.get(event["child"], "none") != run:
                    raise Violation(f"run {run} began {event['child']}, which is lost or belongs to {parents.get(event['child'])}")
        for run, parent in parents.items():
            if parent and named.get(run) != parent:
                raise Violation(f"run {run} belongs to {parent}, which did not begin it")
        roots = [run for run, parent in parents.items() if not parent]
        for run in roots:
            end = journals[run][-1]["type"]
            if end == "run_cancelled" and run in self.cancelled:
                continue
            self.expect(run, "its end", end, "run_completed")
            tries = [2 if self.failing and n == 1 else 1 for n in range(self.items)]
            begun = sorted(e["item"] for e in journals[run] if e["type"] == "attempt_started" and "child" in e)
            self.expect(run, "the items whose runs were begun", begun, [n for n in range(self.items) for _ in range(tries[n])])
            result = next(e for e in journals[run] if e["type"] == "task_completed" and e["task"] == "after")["result"]["got"]
            self.expect(run, "what the children answered", result, [None if tries[n] == 2 else {"n": n} for n in range(self.items)])
            for n in range(self.items):
                callers = {run_of(key) for key in self.witness.keys_of(str(self.seed), f"leaf{n}")}
                mine = {caller for caller in callers if self.root_of(parents, caller) == run}
                self.expect(run, f"the number of runs that called leaf{n}", len(mine), tries[n])

    def root_of(self, parents, run):
        while parents.get(run):
            run = parents[run]
        return run
