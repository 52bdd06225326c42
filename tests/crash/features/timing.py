"""Timers, deadlines and signals: each once, none early, none lost."""

import datetime
import subprocess

from scenario import PATIENCE, Scenario, Violation

GRAIN = 0.002  # journals are read with milliseconds


def at(event):
    return datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


class Timers(Scenario):
    def prepare(self):
        rng = self.rng
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=0.5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.waits = [rng.choice([0.01, 0.1, 0.3]) for _ in range(rng.randint(2, 4))]
        self.timeout, self.deadline = rng.choice([0.05, 0.2]), rng.choice([0.2, 0.4])
        tasks = [{"name": f"w{i}", "agent_name": "local", "action": "wait", "parameters": {"seconds": s}} for i, s in enumerate(self.waits)]
        tasks += [
            {"name": "until", "agent_name": "local", "action": "wait", "parameters": {"until": until}},
            {"name": "each", "agent_name": "local", "action": "wait", "for_each": "{{ [0.01, 0.05, 0.1] }}", "parameters": {"seconds": "{{ item }}"}},
            {"name": "silence", "agent_name": "local", "action": "signal", "continue_on_failure": True, "parameters": {"name": "nothing", "timeout": self.timeout}},
            self.call("patience", "never", continue_on_failure=True, deadline=self.deadline,
                      retry_config={"max_attempts": 1000, "initial_delay": 0.02, "max_delay": 0.05}),
            self.call("refused", parameters={"data": 1}, continue_on_failure=True, approval={"message": "Now?", "timeout": 0.1, "on_timeout": "reject"}),
            self.call("after", depends_on=["until", "each", "silence", "patience", "refused", *(f"w{i}" for i in range(len(self.waits)))], parameters={"data": 1}),
        ]
        self.write({"name": "timers", "parallel_execution": True, "failure_strategy": "continue_on_failure", "agents": self.agents(), "tasks": tasks})

    def answer_to(self, run, task, awaits):
        return None  # nobody ever says anything

    def check_run(self, run, events):
        self.expect(run, "its end", events[-1]["type"], "run_completed")
        wanted = ["after:1", "until:1", *(f"each:1:{n}" for n in range(3)), *(f"w{i}:1" for i in range(len(self.waits)))]
        self.expect(run, "what completed", self.completed(events), sorted(wanted))
        woken, begun, failed = {}, {}, {}
        for event in events:
            if event["type"] == "attempt_started":
                begun.setdefault(event["task"], at(event))
                if "wake_at" in event:
                    woken[(event["task"], event.get("item"), event["attempt"])] = event["wake_at"] / 1e6
            elif event["type"] == "attempt_failed":
                woken[(event["task"], event.get("item"), event["attempt"] + 1)] = at(event)
            elif event["type"] == "task_completed" and (due := woken.get((event["task"], event.get("item"), event["attempt"]))):
                if at(event) < due - GRAIN:
                    raise Violation(f"run {run}: {event['task']} woke {due - at(event):.3f} s early")
            elif event["type"] in ("task_failed", "approval_rejected"):
                failed[event["task"]] = event
        self.expect(run, "what failed", sorted(failed), ["patience", "refused", "silence"])
        for task, least in (("silence", self.timeout), ("patience", self.deadline)):
            if at(failed[task]) - begun[task] < least - GRAIN:
                raise Violation(f"run {run}: {task} failed early")
        self.expect(run, "why the deadline's task failed", failed["patience"]["error"]["message"].split(":")[0], "Task deadline exceeded")


class Signals(Scenario):
    """Numbered signals to one loop and one list: taken in order, each once, and none that was acknowledged is left out."""

    def prepare(self):
        self.rounds, self.number = self.rng.randint(2, 6), 0
        self.sent = {}  # run -> [(number, whether it was acknowledged)]
        hear = {"agent_name": "local", "action": "signal", "parameters": {"name": "go"}}
        tasks = [{"name": "hear", **hear}, self.call("tell", parameters={"data": "{{ hear.result }}"}),
                 {"name": "last", **hear, "depends_on": ["hear"], "for_each": "{{ [1, 2] }}", "max_concurrency": self.rng.randint(1, 2)}]
        self.write({"name": "signals", "parallel_execution": True, "agents": self.agents(), "tasks": tasks,
                    "edges": [{"from": "start", "to": "hear"}, {"from": "hear", "to": "tell"},
                              {"from": "tell", "to": "hear", "when": f"{{{{ (tell.activations | length) < {self.rounds} }}}}", "max_iterations": 20}]})

    def answer_to(self, run, task, awaits):
        self.number += 1
        return ["signal", run, "go", "--payload", str(self.number)]

    def answer_and_perhaps_kill(self):
        owner = self.spawn(self.command("worker"))
        for run in self.unfinished():
            for _ in range(self.rng.randint(1, 3)):
                words = self.answer_to(run, "", {})
                process = self.spawn(self.command(*words, "--json", "-q"), boundary=self.rng.random() < 0.3)
                if self.rng.random() < 0.3:
                    self.patiently(owner, self.rng.uniform(0.0, 0.05))
                    self.kill(owner)
                    owner = self.spawn(self.command("worker"))
                if self.rng.random() < 0.5 and not self.patiently(process, self.rng.uniform(0.0, 0.1)):
                    self.kill(process)
                process.communicate(timeout=PATIENCE)
                self.note(words, process.returncode)
        self.kill(owner)

    def ask(self, *words):
        if words[0] != "signal":
            return super().ask(*words)
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE)
        self.note(words, done.returncode)
        return done.stdout

    def note(self, words, code):
        self.sent.setdefault(words[1], []).append((int(words[4]), code in (0, 4)))

    def check_run(self, run, events):
        self.expect(run, "its end", events[-1]["type"], "run_completed")
        wanted = [f"{task}:{n + 1}" for task in ("hear", "tell") for n in range(self.rounds)] + ["last:1:0", "last:1:1"]
        self.expect(run, "what completed", self.completed(events), sorted(wanted))
        received = [e["payload"] for e in events if e["type"] == "signal_received"]
        if received != sorted(set(received)):
            raise Violation(f"run {run}: signals came twice or out of order: {received}")
        acknowledged = {number for number, known in self.sent.get(run, []) if known}
        missing = {number for number in acknowledged if received and number < received[-1]} - set(received)
        if missing:
            raise Violation(f"run {run}: signals are lost: {sorted(missing)} of {sorted(acknowledged)}")
        results = [e["result"] for e in events if e["type"] == "task_completed" and e["task"] in ("hear", "last")]
        self.expect(run, "what was heard", results, received[:self.rounds + 2])
