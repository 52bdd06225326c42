"""Random workflows over the language of the file format, from a seed."""

import json
import random


def make_workflow(seed, url):
    """A workflow that always completes in the end, and the steps it must have done: {task: {"activation" or "activation:item"}}.

    Every failure of the witness is shorter than the retries.
    """
    rng = random.Random(seed)
    names = [f"t{i}" for i in range(rng.randint(3, 8))]
    tasks, steps = [], {}
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
        tasks.append(task)
    edges = add_loop(rng, seed, tasks, steps) if rng.random() < 0.5 else []
    workflow = {
        "name": f"crash_{seed}",
        "parallel_execution": rng.random() < 0.7,
        "failure_strategy": "stop_on_first_failure",
        "agents": [
            {"name": "witness", "type": "http_api", "endpoint": url, "timeout": 10, "retry_config": {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1}},
            {"name": "echo", "type": "exec", "command": "cat"},
        ],
        "tasks": tasks,
        "edges": edges,
    }
    return workflow, steps


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


def write_workflow(seed, url, path):
    workflow, steps = make_workflow(seed, url)
    path.write_text(json.dumps(workflow, indent=1))
    return steps
