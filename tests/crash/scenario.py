"""Random workflows over the language of the file format, from a seed."""

import json
import random


def make_workflow(seed, url):
    """A workflow that always completes in the end: every failure of the witness is shorter than the retries."""
    rng = random.Random(seed)
    names = [f"t{i}" for i in range(rng.randint(3, 8))]
    tasks = []
    for i, name in enumerate(names):
        needs = rng.sample(names[:i], rng.randint(0, min(i, 2)))
        kind = rng.choice(["call", "call", "call", "transform", "wait", "exec"])
        task = {"name": name, "depends_on": needs}
        if kind == "call":
            task.update(agent_name="witness", action=f"/{seed}/{name}", parameters={"data": {"n": i, "from": [f"{{{{{n}.status}}}}" for n in needs]}})
        elif kind == "transform":
            task.update(agent_name="local", action="transform", parameters={"value": {"sum": i, "needs": [f"{{{{{n}.result | tojson}}}}" for n in needs]}})
        elif kind == "wait":
            task.update(agent_name="local", action="wait", parameters={"seconds": rng.choice([0.01, 0.05, 0.15])})
        else:
            task.update(agent_name="echo", action="echo", parameters={"i": i})
        tasks.append(task)
    return {
        "name": f"crash_{seed}",
        "parallel_execution": rng.random() < 0.7,
        "failure_strategy": "stop_on_first_failure",
        "agents": [
            {"name": "witness", "type": "http_api", "endpoint": url, "timeout": 10, "retry_config": {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1}},
            {"name": "echo", "type": "exec", "command": "cat"},
        ],
        "tasks": tasks,
    }


def write_workflow(seed, url, path):
    workflow = make_workflow(seed, url)
    path.write_text(json.dumps(workflow, indent=1))
    return workflow
