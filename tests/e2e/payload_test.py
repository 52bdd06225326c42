"""Large payloads: 64 MB go through, in bounded memory and over a crash; what is larger is refused."""

import hashlib
import http.server
import json
import os
import signal
import subprocess
import threading
import unittest

from harness import PATIENCE, SKEIN, SkeinTest

LARGE = 64_000_000
LIMIT = 64 << 20
# Ten times the payload: in the answer, as a value, as text on its way to the disk and to the next task. A sanitizer keeps what is freed.
MOST_MEMORY = (2000 if os.environ.get("SKEIN_SANITIZE") else 640) << 20


class Server(http.server.ThreadingHTTPServer):
    """Gives out JSON strings of any size, and takes them in."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.given, self.taken = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # the other side was killed


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        size = int(self.path.strip("/"))
        self.server.given.append(size)
        self.answer(text_of(size))

    def do_POST(self):
        left, hashed = int(self.headers["Content-Length"]), hashlib.sha256()
        while left > 0:
            data = self.rfile.read(min(left, 1 << 20))
            if not data:
                return
            hashed.update(data)
            left -= len(data)
        self.server.taken.append(hashed.hexdigest())
        self.answer(b"true")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def text_of(size):
    """A JSON string of so many bytes with its quotes, which no compression makes small."""
    return b'"' + (b"%08x" % size + b"0123456789abcdef" * (size // 16))[: size - 2] + b'"'


class Payload(SkeinTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def workflow(self, size=LARGE, wait=False):
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        tasks = [{"name": "fetch", "agent_name": "web", "action": "get", "parameters": {"method": "GET", "endpoint": f"/{size}"}}]
        if wait:
            tasks.append({"name": "hold", "agent_name": "local", "action": "signal"})
        tasks += [{"name": "size", "agent_name": "local", "action": "transform", "parameters": {"value": "{{ fetch.result | length }}"}},
                  {"name": "count", "agent_name": "wc", "action": "go", "parameters": {"text": "{{ fetch.result }}"}},
                  {"name": "send", "agent_name": "web", "action": "/", "parameters": {"data": ["{{ fetch.result }}"]}}]
        return {"name": "large", "agents": [{"name": "web", "type": "http_api", "endpoint": url, "timeout": 60, "retry_config": {"max_attempts": 1}},
                                            {"name": "wc", "type": "exec", "command": "wc", "args": ["-c"], "timeout": 60}],
                "tasks": tasks, "outputs": {"size": "{{ size.result }}", "counted": "{{ count.result }}"}}

    def measured(self, *words, expect=0):
        """Its standard output, hashed, and the most memory that it had."""
        process = subprocess.Popen([SKEIN, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment, cwd=self.folder)
        hashed = hashlib.sha256()
        while data := process.stdout.read(1 << 20):
            hashed.update(data)
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, expect)
        return hashed.hexdigest(), usage.ru_maxrss * 1024

    def check(self, run):
        report = self.json("show", run, "--outputs")
        self.assertEqual(report["size"], LARGE - 2)
        self.assertGreater(report["counted"], LARGE)
        self.assertEqual(self.server.taken[-1], hashlib.sha256(b"[" + text_of(LARGE) + b"]").hexdigest())

    def test_it_goes_through_in_bounded_memory(self):
        _, memory = self.measured("run", self.file(self.workflow()), "-q")
        self.assertLess(memory, MOST_MEMORY)
        self.check("last")
        self.assertLess(self.store.stat().st_size, 1.2 * LARGE, "it is stored once")
        shown, memory = self.measured("show", "last", "--task", "fetch", "--json")
        self.assertLess(memory, MOST_MEMORY)
        whole, _ = self.measured("show", "last", "--task", "fetch")
        self.assertEqual(whole, hashlib.sha256(text_of(LARGE)[1:-1] + b"\n").hexdigest())
        for words in (["show", "last"], ["events", "last"]):
            self.assertLess(len(self.skein(*words).stdout), 10_000, "people see its beginning")

    def test_killed_in_between_nothing_is_fetched_again(self):
        run = self.skein("run", self.file(self.workflow(wait=True)), expect=4)
        self.assertEqual(self.server.given, [LARGE])
        run = self.json("show", "last")["run_id"]
        worker = self.start("worker")
        subprocess.run([SKEIN, "signal", run, "hold"], env=self.environment, timeout=PATIENCE, capture_output=True)
        worker.send_signal(signal.SIGKILL)
        worker.wait(PATIENCE)
        self.skein("worker", "--idle-exit")
        self.assertEqual(self.json("show", run)["status"], "completed")
        self.check(run)
        self.assertEqual(self.server.given, [LARGE])

    def test_killed_while_it_is_written_it_is_whole_or_not_there(self):
        run = self.skein("run", self.file(self.workflow()), "--detach", expect=4).stdout.strip()
        for delay in (0.3, 0.6, 0.9, 1.2):
            worker = self.start("worker")
            try:
                worker.wait(delay)
            except subprocess.TimeoutExpired:
                pass
            worker.kill()
            worker.wait(PATIENCE)
            fetched = [e for e in self.events(run) if e["type"] == "task_completed" and e["task"] == "fetch"]
            if fetched:
                self.assertEqual(hashlib.sha256(fetched[0]["result"].encode()).hexdigest(), hashlib.sha256(text_of(LARGE)[1:-1]).hexdigest())
        self.skein("worker", "--idle-exit")
        self.check(run)

    def test_what_is_larger_is_refused_with_the_limit(self):
        for size, expect in ((LIMIT, 0), (LIMIT + 1, 1)):
            workflow = self.workflow(size)
            workflow["tasks"] = workflow["tasks"][:2]
            workflow["outputs"] = {}
            self.skein("run", self.file(workflow), "-q", expect=expect)
        task = self.json("show", "last")["tasks"][0]
        self.assertEqual(task["error"]["code"], "too_large")
        self.assertIn(f"larger than {LIMIT} bytes", task["error"]["message"])
        loud = {"name": "loud", "agents": [{"name": "yes", "type": "exec", "command": "yes", "timeout": 60}], "tasks": [{"name": "shout", "agent_name": "yes", "action": "go"}]}
        self.skein("run", self.file(loud), "-q", expect=1)
        task = self.json("show", "last")["tasks"][0]
        self.assertEqual((task["error"]["code"], task["attempts"]), ("too_large", 1))
        self.assertIn(f"wrote more than {LIMIT} bytes", task["error"]["message"])

    def test_expressions_that_make_too_much_of_it_are_refused(self):
        workflow = self.workflow()
        text = "{{ " + " + ".join(["fetch.result"] * 8) + " }}"
        workflow["tasks"] = [workflow["tasks"][0], {"name": "more", "agent_name": "local", "action": "transform", "parameters": {"value": text}}]
        workflow["outputs"] = {}
        _, memory = self.measured("run", self.file(workflow), "-q", expect=1)
        self.assertLess(memory, 2 * MOST_MEMORY)
        error = self.json("show", "last")["tasks"][1]["error"]
        self.assertEqual(error["code"], "expression_failed")
        self.assertIn("more memory than is allowed", error["message"])


if __name__ == "__main__":
    unittest.main()
