"""What the end-to-end tests share: a program under test, a store of its own for each test, workflows made on the spot."""

import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

SKEIN = os.path.abspath(os.environ["SKEIN"])
PATIENCE = 30
FINAL = {"completed", "partially_completed", "failed", "cancelled"}


def hello(seconds=0.0, **more):
    """Two local tasks with a durable timer between them."""
    tasks = [{"name": "greet", "agent_name": "glue", "action": "transform", "parameters": {"value": "hello {{inputs.name}}"}}]
    if seconds:
        tasks.append({"name": "pause", "agent_name": "glue", "action": "wait", "parameters": {"seconds": seconds}, "depends_on": ["greet"]})
    tasks.append({"name": "finish", "agent_name": "glue", "action": "transform", "parameters": {"value": "{{greet.result}}!"}, "depends_on": [tasks[-1]["name"]]})
    return {"name": "hello", "inputs": {"name": {"type": "string", "default": "world"}, "times": {"type": "integer", "default": 1}},
            "agents": [{"name": "glue", "type": "local"}], "tasks": tasks, "outputs": {"message": "{{finish.result}}"}, **more}


def failing(strategy="stop_on_first_failure"):
    return {"name": "failing", "failure_strategy": strategy, "agents": [{"name": "glue", "type": "local"}],
            "tasks": [{"name": "good", "agent_name": "glue", "action": "transform", "parameters": {"value": 1}},
                      {"name": "bad", "agent_name": "glue", "action": "fail", "parameters": {"message": "the well is dry"}}]}


class SkeinTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="skein-e2e-"))
        self.store = self.folder / "store" / "skein.db"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "SKEIN_STORE": str(self.store), "LANG": "C.UTF-8", "TZ": "UTC"}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.processes = []
        self.addCleanup(self.clean_up)

    def clean_up(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o700)
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, workflow, name="workflow.json"):
        path = self.folder / name
        path.write_text(workflow if isinstance(workflow, str) else json.dumps(workflow))
        return str(path)

    def skein(self, *words, expect=0, input=None, **environment):
        """Runs to the end; the exit code must be the expected one, and what users see must never look like a crash."""
        done = subprocess.run([SKEIN, *words], capture_output=True, text=True, timeout=PATIENCE, env={**self.environment, **environment}, input=input, cwd=self.folder)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"skein {' '.join(words)}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        for sign in ("terminate called", "Sanitizer", "std::", "boost::", "Traceback"):
            self.assertNotIn(sign, done.stderr)
        return done

    def json(self, *words, expect=0, **more):
        """The one JSON document on standard output."""
        return json.loads(self.skein(*words, "--json", expect=expect, **more).stdout)

    def start(self, *words, **more):
        process = subprocess.Popen([SKEIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder, start_new_session=True, **more)
        self.processes.append(process)
        return process

    def eventually(self, what, condition):
        """The first true answer of `condition`, which is asked again and again."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = condition()
            if answer:
                return answer
            time.sleep(0.02)
        self.fail(f"{what} did not happen within {PATIENCE} s")

    def runs(self):
        return self.json("runs")["runs"] if self.store.exists() else []

    def wait_for_task(self, task, status):
        """The newest run, once one of its tasks has this status."""
        def look():
            if not self.runs():
                return None
            report = self.json("show", "last")
            return report if any(t["name"] == task and t["status"] == status for t in report["tasks"]) else None
        return self.eventually(f"task {task} {status}", look)

    def events(self, run="last"):
        return [json.loads(line) for line in self.skein("events", run, "--json").stdout.splitlines()]

    def check_journal(self, run="last"):
        """Events are numbered without holes and every task completed at most once."""
        events = self.events(run)
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        completed = [e["task"] for e in events if e["type"] == "task_completed"]
        self.assertEqual(len(completed), len(set(completed)), completed)
        return events


class Screen:
    """A pseudo terminal with just enough of a terminal's mind to know what is on the screen at the end."""

    def __init__(self, command, environment, columns=100, rows=30, cwd=None):
        self.columns, self.rows = columns, rows
        self.raw = b""
        pid, self.master = pty.fork()
        if pid == 0:
            try:
                os.chdir(cwd or ".")
                termios.tcsetwinsize(0, (rows, columns))
                os.execvpe(command[0], command, environment)
            finally:
                os._exit(127)  # the child must never run the tests itself
        self.pid = pid
        self.code = None

    def read_until(self, condition, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not condition(self.raw):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"nothing more came; so far: {self.raw!r}")
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                data = b""
            if not data:
                break
            self.raw += data
        return self.raw

    def finish(self):
        self.read_until(lambda raw: False)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def interrupt(self):
        os.write(self.master, b"\x03")

    def lines(self):
        """Carriage return, line feed, cursor up, erase to the end of line and of screen; colours are dropped; anything else is an error."""
        text = self.raw.decode()
        screen, row, column, at = [""], 0, 0, 0
        while at < len(text):
            c = text[at]
            if c == "\x1b":
                end = at + 2
                while not text[end].isalpha():
                    end += 1
                arguments, verb = text[at + 2:end], text[end]
                if verb == "A":
                    row = max(0, row - int(arguments or 1))
                elif verb == "K":
                    screen[row] = screen[row][:column]
                elif verb == "J":
                    screen[row] = screen[row][:column]
                    del screen[row + 1:]
                elif verb not in "mhl":
                    raise AssertionError(f"unexpected sequence {text[at:end + 1]!r}")
                at = end + 1
                continue
            if c == "\n":
                row += 1
                while len(screen) <= row:
                    screen.append("")
            elif c == "\r":
                column = 0
            else:
                line = screen[row].ljust(column)
                screen[row] = line[:column] + c + line[column + 1:]
                column += 1
            at += 1
        return screen


def kill(process):
    """As a power cut would: the whole process group, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
