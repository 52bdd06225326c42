"""What all scenarios share: a store of their own, commands that are killed at seeded moments, and what must hold of any run."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

BOUNDARIES = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,openat"
PATIENCE = 60  # seconds until a scenario that does not end is a failure
FINAL = {"completed", "partially_completed", "failed", "cancelled"}


class Violation(Exception):
    pass


class Scenario:
    """One seed. A feature writes its workflow in `prepare` and says in `check_run` and `check_all` what must have become of it."""

    def __init__(self, skein, witness, seed, folder):
        self.skein, self.witness, self.seed, self.folder = skein, witness, seed, pathlib.Path(folder)
        self.rng = random.Random(seed)
        self.store = self.folder / "store" / "skein.db"
        self.file = self.folder / "workflow.json"
        self.acknowledged = set()
        self.finished_steps = {}  # key -> requests when its result was first seen in the journal
        self.kills = 0
        self.environment = dict(os.environ)
        self.prepare()

    owners = (1, 1, 2)  # so many at once, by chance

    # What a feature says.

    def prepare(self):
        raise NotImplementedError

    def check_run(self, run, events):
        """About each run of the store, after it has ended."""

    def check_all(self, journals):
        """About all of them together: run -> events."""

    def inputs(self):
        return []

    def answer_to(self, run, task, awaits):
        """The words that give what a task waits for, or None."""
        if "signal" in awaits:
            return ["signal", run, awaits["signal"], "--payload", "1"]
        if "answer" in awaits:
            return ["answer", run, task, "1"] + (["--item", str(awaits["item"])] if "item" in awaits else [])
        if "approval" in awaits:
            return ["approve", run, task]
        return None

    # What they use.

    def write(self, workflow, name="workflow.json"):
        (self.folder / name).write_text(json.dumps(workflow, indent=1))

    def agents(self, **more):
        retry = {"max_attempts": 9, "initial_delay": 0.02, "max_delay": 0.1}
        return [{"name": "witness", "type": "http_api", "endpoint": self.witness.url, "timeout": 10, "retry_config": retry, **more}]

    def call(self, name, path=None, **more):
        """A task that calls the witness."""
        return {"name": name, "agent_name": "witness", "action": f"/{self.seed}/{path or name}", **more}

    def command(self, *words):
        return [self.skein, *words, "--store", str(self.store)]

    def worker(self, *words):
        """The command that drives what nobody drives; `--idle-exit`: until nothing can go on."""
        return self.command("worker", *words)

    def ask(self, *words):
        return self.end_of(self.command(*words), *words)

    def end_of(self, command, *words):
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=self.environment)
        if done.returncode not in (0, 1, 4):
            raise Violation(f"{' '.join(words)} exited with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, command, boundary=False, **more):
        if boundary and shutil.which("strace"):
            call = self.rng.choice(BOUNDARIES.split(","))
            inject = f"inject={call}:signal=KILL:when={self.rng.randint(1, 60)}"
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject, *command]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "env": self.environment, **more}
        return subprocess.Popen(command, text=True, start_new_session=True, **streams)

    def kill(self, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.kills += 1
        return process.communicate()

    def patiently(self, process, seconds):
        """Whether it has ended by then."""
        try:
            process.wait(timeout=seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def start_and_perhaps_kill(self, words=None):
        """Creates a run; its id on standard output is the acknowledgement, whatever becomes of the process."""
        words = words or ["run", str(self.file), *self.inputs()]
        process = self.spawn(self.command(*words, "--detach", "--json"), boundary=self.rng.random() < 0.3, stderr=subprocess.PIPE)
        out, said = process.communicate(timeout=PATIENCE)
        if process.returncode in (1, 2):
            raise Violation(f"{' '.join(words)} exited with {process.returncode}: {said}")
        if process.returncode != 4:
            self.kills += 1
        try:
            run = json.loads(out)["run_id"]
        except (ValueError, KeyError):
            if process.returncode == 4:
                raise Violation(f"accepted without a run id: {out!r}") from None
            return None
        self.acknowledged.add(run)
        return run

    def work_and_kill(self):
        """One owner or two at once, which die one after the other."""
        workers = []
        for _ in range(self.rng.choice(self.owners)):
            boundary = self.rng.random() < 0.5
            workers.append((self.spawn(self.worker(), boundary), boundary))
        for process, boundary in workers:
            self.patiently(process, self.rng.uniform(0.01, 0.4) + (0.5 if boundary else 0))
            self.kill(process)

    def answers(self):
        """Commands that give all that runs wait for."""
        out = []
        for run in self.unfinished():
            for task in json.loads(self.ask("show", run, "--json"))["tasks"]:
                words = self.answer_to(run, task["name"], task["awaits"]) if "awaits" in task else None
                if words:
                    out.append(words)
        return out

    def answer_and_perhaps_kill(self):
        for words in self.answers():
            process = self.spawn(self.command(*words, "--json", "-q"), boundary=self.rng.random() < 0.3)
            self.patiently(process, self.rng.uniform(0.01, 0.3))
            self.kill(process)

    def listed(self):
        return json.loads(self.ask("runs", "--limit", "1000", "--json"))["runs"] if self.store.exists() else []

    def unfinished(self):
        return [row["run_id"] for row in self.listed() if row["status"] not in FINAL]

    def events(self, run):
        return [json.loads(line) for line in self.ask("events", run, "--json").splitlines()]

    def look(self):
        """What the journal holds while nobody works: results in it must never be asked for again."""
        counts = self.witness.counts(str(self.seed))
        for row in self.listed():
            for event in self.events(row["run_id"]):
                if event["type"] in ("task_completed", "model_answered", "tool_answered"):
                    key = key_of(row["run_id"], event)
                    if key in counts:
                        self.finished_steps.setdefault(key, counts[key])

    def finish(self):
        """Everything that was accepted comes to its end, also what nobody was told of."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.end_of(self.worker("--idle-exit"), "worker", "--idle-exit")
            for words in self.answers():
                self.ask(*words, "--json", "-q")
            open_runs = self.unfinished()
            if not open_runs:
                return
            if time.monotonic() > deadline:
                raise Violation(f"runs that do not end: {open_runs}")
            time.sleep(0.05)

    def check(self):
        rows = {row["run_id"]: row for row in self.listed()}
        if not self.acknowledged <= rows.keys():
            raise Violation(f"acknowledged runs are lost: {self.acknowledged - rows.keys()}")
        counts = self.witness.counts(str(self.seed))
        refused = self.witness.refusals(str(self.seed))
        for key, n in self.finished_steps.items():
            if counts[key] != n:
                raise Violation(f"step {key} ran again after its result was journaled: {n} requests then, {counts[key]} now")
        journals = {run: self.events(run) for run in rows}
        known = {key_of(run, e) for run, events in journals.items() for e in events if e["type"] in ("attempt_started", "model_called", "tool_called")}
        for key, n in counts.items():
            if key not in known:
                raise Violation(f"a call under an unknown key: {key}")
            if n > 1 + refused.get(key, 0) + self.kills:
                raise Violation(f"{key} was called {n} times with {self.kills} kills")
        for problem in self.witness.problems[str(self.seed)]:
            raise Violation(problem)
        for run, events in journals.items():
            self.check_journal(run, rows[run], events)
            self.check_run(run, events)
        self.check_all(journals)

    def check_journal(self, run, row, events):
        if [e["seq"] for e in events] != list(range(1, len(events) + 1)):
            raise Violation(f"run {run}: event numbers have holes")
        if events[-1]["type"] != f"run_{row['status']}":
            raise Violation(f"run {run} is {row['status']} and ended with {events[-1]}")
        for kind in ("task_completed", "approval_given", "signal_taken"):
            about = [(step_of(e), e.get("attempt")) for e in events if e["type"] == kind]
            if len(about) != len(set(about)):
                raise Violation(f"run {run}: {kind} twice: {about}")
        done = [step_of(e) for e in events if e["type"] == "task_completed"]
        if len(done) != len(set(done)):
            raise Violation(f"run {run}: task_completed twice: {done}")
        undone = [step_of(e).replace("/undo", "") for e in events if e["type"] == "task_completed" and e["task"].endswith("/undo")]
        order = [step_of(e) for e in events if e["type"] in ("task_completed", "items_completed") and step_of(e) in undone]
        if undone != order[::-1]:
            raise Violation(f"run {run} did {order} and undid {undone}")

    def completed(self, events):
        return sorted(step_of(e) for e in events if e["type"] == "task_completed")

    def expect(self, run, what, got, wanted):
        if got != wanted:
            raise Violation(f"run {run}: {what} is {got} instead of {wanted}")

    def run(self):
        for _ in range(self.rng.randint(1, 3)):
            self.start_and_perhaps_kill()
        for _ in range(self.rng.randint(1, 4)):
            self.work_and_kill()
            self.answer_and_perhaps_kill()
            self.look()
        self.finish()
        self.check()


def step_of(event):
    """As in an idempotency key: task:activation, and the item where there is one."""
    item = f":{event['item']}" if "item" in event else ""
    return f"{event['task']}:{event.get('activation', 1)}{item}"


def key_of(run, event):
    """The idempotency key of a task's attempts, or of a call of its agent."""
    call = f"/{event['call']}" if "call" in event else ""
    return f"{run}:{step_of(event)}{call}"
