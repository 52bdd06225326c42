"""Random workflows over the whole language at once, from a seed."""

import json
import random

from scenario import Scenario


def make_workflow(seed, url):
    """A workflow, the steps it must have done in the end, {task: {"activation" or "activation:item"}}, and the type of its last event.

    Every failure of the witness is shorter than the retries, so runs complete; some are made to fail at last and undo what they did.
    """
    rng = random.Random(seed)
    names = [f"t{i}" for i in range(rng.randint(3, 8))]
    tasks, steps, skipped = [], {}, set()
    for i, name in enumerate(names):
        needs = rng.sample(names[:i], rng.randint(0, min(i, 2)))
        kind = rng.choice(["call", "call", "call", "transform", "wait", "exec", "each", "signal"])
        task = {"name": name, "depends_on": needs}
        steps[name] = {"1"}
        if kind in ("call", "each"):
            data = {"n": i, "from": [f"{{{{{n}.status}}}}" for n in needs]}
            task.update(agent_name="witness", action=f"/{seed}/{name}", parameters={"data": data})
        elif kind == "transform":
            task.update(agent_name="local", action="transform", parameters={"value": {"sum": i, "needs": [f"{{{{{n}.result | tojson}}}}" for n in needs]}})
        elif kind == "wait":
            task.update(agent_name="local", action="wait", parameters={"seconds": rng.choice([0.01, 0.05, 0.15])})
        elif kind == "signal":
            task.update(agent_name="local", action="signal")
        else:
            task.update(agent_name="echo", action="echo", parameters={"i": i})
        if kind == "each":
            count = rng.randint(0, 5)
            task.update(for_each=f"{{{{ [range({count})] }}}}", max_concurrency=rng.randint(1, 3))
            task["parameters"]["data"]["item"] = "{{ item }}"
            steps[name] = {f"1:{item}" for item in range(count)}
        if rng.random() < 0.15:
            task["approval"] = {"message": f"Begin {name}?"}
        if needs and rng.random() < 0.2:
            wanted = rng.random() < 0.5
            task["when"] = f"{{{{ ({needs[0]}.status == 'completed' or {needs[0]}.status == 'skipped') == {json.dumps(wanted)} }}}}"
            if not wanted:
                steps[name] = set()
                skipped.add(name)
        tasks.append(task)
    edges = add_loop(rng, seed, tasks, steps) if rng.random() < 0.5 else []
    doomed = rng.random() < 0.4
    if doomed:
        add_undoing(rng, seed, tasks, steps, skipped)
    workflow = {
        "name": f"crash_{seed}",
        "on_failure": "compensate" if doomed else "keep",
        "parallel_execution": rng.random() < 0.7,
        "failure_strategy": "stop_on_first_failure",
        "agents": [
            {"name": "witness", "type": "http_api", "endpoint": url, "timeout": 10, "retry_config": {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1}},
            {"name": "echo", "type": "exec", "command": "cat"},
        ],
        "tasks": tasks,
        "edges": edges,
    }
    return workflow, steps, "run_failed" if doomed else "run_completed"


def add_undoing(rng, seed, tasks, steps, skipped):
    """A last task that fails, and steps that undo some of the others."""
    undoable = rng.sample(tasks, rng.randint(1, len(tasks)))
    for task in undoable:
        name = task["name"]
        task["compensate"] = {"agent_name": "witness", "action": f"/{seed}/{name}_undo", "parameters": {"data": {"was": f"{{{{ {name}.result }}}}"}}}
        if name not in skipped:
            steps[f"{name}/undo"] = {"1"} if "for_each" in task else set(steps[name])
    tasks.append({"name": "doomed", "agent_name": "local", "action": "fail", "depends_on": [t["name"] for t in tasks]})


def add_loop(rng, seed, tasks, steps):
    """write and check take turns a few times; after waits until they are through."""
    rounds = rng.randint(1, 4)
    tasks.append({"name": "write", "agent_name": "witness", "action": f"/{seed}/write", "parameters": {"data": {"before": "{{ check.result }}"}}})
    tasks.append({"name": "check", "agent_name": "local", "action": "transform", "parameters": {"value": "{{ (check.result // 0) + 1 }}"}})
    tasks.append({"name": "after", "agent_name": "witness", "action": f"/{seed}/after", "depends_on": ["check"], "parameters": {"data": "{{ check.result }}"}})
    steps["write"] = steps["check"] = {str(n) for n in range(1, rounds + 1)}
    steps["after"] = {"1"}
    return [
        {"from": "start", "to": "write"},
        {"from": "write", "to": "check"},
        {"from": "check", "to": "write", "when": f"{{{{ check.result < {rounds} }}}}", "max_iterations": 9},
        {"from": "check", "to": "end"},
    ]


class Mixed(Scenario):
    def prepare(self):
        workflow, self.steps, self.end = make_workflow(self.seed, self.witness.url)
        self.write(workflow)

    def check_run(self, run, events):
        self.expect(run, "its end", events[-1]["type"], self.end)
        wanted = sorted(f"{task}:{step}" for task, steps in self.steps.items() for step in steps)
        self.expect(run, "what completed", self.completed(events), wanted)
