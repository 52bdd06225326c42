#!/usr/bin/env python3
"""The same two workflows in LangGraph (with its SQLite checkpointer) and in Skein, on the same disk in the same run.

    bench/langgraph_peer.py build/bench/bench/skein_scale_bench

A review loop of 1,000 rounds (two no-op steps each, one after the other) and a fan-out of 100 no-op steps with a join. LangGraph is installed from PyPI
into build/bench/peer. Both at their safest: durability "sync" with synchronous=FULL there, `full` here. Prints JSON lines and a table.
"""

import json
import operator
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from typing import Annotated, TypedDict

ROUNDS = 1000
WIDTH = 100
PEER = pathlib.Path(__file__).resolve().parents[1] / "build" / "bench" / "peer"


def install():
    """The interpreter with LangGraph; installs it the first time."""
    python = PEER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
        subprocess.run([str(PEER / "bin" / "pip"), "install", "-q", "langgraph", "langgraph-checkpoint-sqlite"], check=True)
    return python


class Review(TypedDict):
    rounds: int
    text: str


class Fan(TypedDict):
    done: Annotated[list, operator.add]


def loop_graph():
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(Review)
    graph.add_node("write", lambda state: {"text": "draft"})
    graph.add_node("review", lambda state: {"rounds": state["rounds"] + 1})
    graph.add_edge(START, "write")
    graph.add_edge("write", "review")
    graph.add_conditional_edges("review", lambda state: "write" if state["rounds"] < ROUNDS else END)
    return graph, {"rounds": 0, "text": ""}, 2 * ROUNDS


def fan_out_graph():
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    graph = StateGraph(Fan)
    graph.add_node("spread", lambda state: {})
    graph.add_node("each", lambda state: {"done": [True]})
    graph.add_node("join", lambda state: {})
    graph.add_edge(START, "spread")
    graph.add_conditional_edges("spread", lambda state: [Send("each", {"done": []}) for _ in range(WIDTH)], ["each"])
    graph.add_edge("each", "join")
    graph.add_edge("join", END)
    return graph, {"done": []}, WIDTH


def measure_peer(name, folder):
    """Runs in the peer's interpreter, one workflow a process, so that memory is its own."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    graph, state, steps = loop_graph() if name == "loop" else fan_out_graph()
    path = pathlib.Path(folder, f"peer-{name}.db")
    connection = sqlite3.connect(path, check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    connection.execute("PRAGMA synchronous=FULL")
    compiled = graph.compile(checkpointer=saver)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    compiled.invoke(state, {"configurable": {"thread_id": "1"}, "recursion_limit": 10 * ROUNDS}, durability="sync")
    took = time.perf_counter() - begin
    connection.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"name": name, "us_a_step": took * 1e6 / steps, "bytes": path.stat().st_size, "memory": (peak - before) * 1024}))


def report(name, value, unit, peer):
    ratio = value / peer if peer else 0
    print(json.dumps({"name": name, "value": value, "unit": unit, "against": "LangGraph with SQLite", "against_value": peer, "ratio": ratio}), flush=True)
    print(f"{name:<60} {value:>12.2f} {unit:<6} {peer:>12.2f}  {ratio:>6.3f}x  LangGraph with SQLite", file=sys.stderr)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/bench/bench/skein_scale_bench"
    try:
        python = install()
    except (subprocess.CalledProcessError, OSError) as problem:
        print(f"SKIPPED: LangGraph cannot be installed ({problem}); with a network: pip install langgraph langgraph-checkpoint-sqlite", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="skein-bench-", dir=".") as folder:
        lines = subprocess.run([program, "--peer", folder], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = {line["name"]: line for line in map(json.loads, lines)}
        for name, words in {"loop": "review loop of 1,000 rounds", "fan_out": "fan-out of 100 and join"}.items():
            done = subprocess.run([str(python), __file__, "--measure", name, folder], check=True, capture_output=True, text=True)
            peer = json.loads(done.stdout)
            report(f"{words}, durable, per step", ours[name]["us_a_step"], "us", peer["us_a_step"])
            report(f"{words}, on disk", ours[name]["bytes"] / 1024, "KiB", peer["bytes"] / 1024)
            report(f"{words}, memory used meanwhile", ours[name]["memory"] / 1024, "KiB", peer["memory"] / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure_peer(*sys.argv[2:4])
    else:
        main()
