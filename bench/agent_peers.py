#!/usr/bin/env python3
"""Agents that stream at once, and the same agent in Skein and in two SDKs against the same mock server in the same run.

    bench/agent_peers.py build/bench/bench/skein_agent_bench

The agent calls one tool and answers: two turns. The server is the npm package that the tests use (scripts/setup test installs it); the peers, the
OpenAI Agents SDK for JavaScript and for Python, are installed into build/bench the first time. Prints JSON lines and a table. The server takes
most of the time of a turn, so beside turns a second stands what a client itself needs: CPU time and memory.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = ROOT / "build" / "bench"
AIMOCK = ROOT / "build" / "peers" / "npm"
AT_ONCE, TURNS = 16, 2


def install_sdks():
    """The JavaScript SDK's folder of modules and the interpreter that has the Python SDK."""
    modules, python = PEERS / "peer-js" / "node_modules", PEERS / "peer-agents" / "bin" / "python"
    if not (modules / "@openai" / "agents").exists():
        modules.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--silent", "@openai/agents"], check=True, cwd=modules.parent)
    if not (PEERS / "peer-agents" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS / "peer-agents")], check=True)
        subprocess.run([str(python.with_name("pip")), "install", "-q", "openai-agents"], check=True)
        (PEERS / "peer-agents" / "ready").touch()
    return modules, python


def serve(*command):
    """A server that prints its port first."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def measure(command):
    """What the program says of itself, and what it needed: wall and CPU time in seconds, peak memory in bytes."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return {**json.loads(said.splitlines()[-1]), "wall": time.perf_counter() - begin, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024}


def report(name, value, unit, against=None, peer=0.0):
    line = {"name": name, "value": value, "unit": unit}
    if peer:
        line |= {"against": against, "against_value": peer, "ratio": value / peer}
    print(json.dumps(line), flush=True)
    beside = f"{peer:>12.2f}  {value / peer:>6.3f}x  {against}" if peer else ""
    print(f"{name:<60} {value:>12.2f} {unit:<6} {beside}", file=sys.stderr)


def streams(program, count):
    """Over HTTP/2, where a hundred share a connection, and over HTTP/1.1 without TLS, where each has its own."""
    with tempfile.TemporaryDirectory() as folder:
        pem = pathlib.Path(folder) / "server.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{pem}.key", "-out", pem], check=True, capture_output=True)
        pem.write_text(pem.read_text() + pathlib.Path(f"{pem}.key").read_text())
        servers = {"https": ["node", ROOT / "bench" / "stream_server.mjs", pem], "http": [sys.executable, ROOT / "bench" / "stream_server.py"]}
        for scheme, command in servers.items():
            server, port = serve(*command)
            try:
                subprocess.run([program, "--streams", f"{scheme}://127.0.0.1:{port}", str(count)], check=True, env=os.environ | {"SSL_CERT_FILE": str(pem)})
            finally:
                server.kill()


def beside_sdks(program, runs):
    modules, python = install_sdks()
    candidates = {"Skein": [program, "--peer"], "JavaScript SDK": ["node", ROOT / "bench/peers/agents_sdk.mjs", modules],
                  "Python SDK": [python, ROOT / "bench/peers/agents_sdk.py"]}
    server, port = serve("node", ROOT / "tests/peers/aimock.mjs", AIMOCK / "node_modules", ROOT / "bench/peers/turns.json", 10)
    url = f"http://127.0.0.1:{port}"
    try:
        figures = {}
        for name, command in candidates.items():
            for _ in range(2):  # once to warm the page cache
                started = measure([*command, url, 1, 1])
            many = measure([*command, url, runs, AT_ONCE])
            if many["completed"] != runs:
                raise RuntimeError(f"{name}: {many['completed']} of {runs} runs completed")
            turns = runs * TURNS
            figures[name] = {"turns a second": turns / many["seconds"], "CPU time of a turn": (many["cpu"] - started["cpu"]) * 1e6 / turns,
                             "peak memory": many["memory"] / 1e6, "start to the end of one run": started["wall"] * 1000}
    finally:
        server.kill()
    for what, unit in {"turns a second": "1/s", "CPU time of a turn": "us", "peak memory": "MB", "start to the end of one run": "ms"}.items():
        for peer in ("JavaScript SDK", "Python SDK"):
            report(f"agent, {AT_ONCE} at once, {what}", figures["Skein"][what], unit, peer, figures[peer][what])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default="build/bench/bench/skein_agent_bench")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=10_000)
    options = parser.parse_args()
    streams(options.program, options.streams)
    if not (AIMOCK / "aimock.ready").exists():
        print("SKIPPED: the mock server is not installed; run: scripts/setup test", file=sys.stderr)
        return
    try:
        beside_sdks(options.program, options.runs)
    except (subprocess.CalledProcessError, OSError) as problem:
        print(f"SKIPPED: the peers cannot be installed ({problem}); with a network: npm install @openai/agents, pip install openai-agents", file=sys.stderr)


if __name__ == "__main__":
    main()
