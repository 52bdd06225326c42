"""Questions of all sorts, answered by other processes while the owner is killed; some answers are killed on their way, too."""

import subprocess

from scenario import PATIENCE, Scenario, Violation


class People(Scenario):
    def prepare(self):
        self.tried = {}  # (run, task, item) -> [(value, whether it was acknowledged)]
        self.number = 100
        ask = {"agent_name": "editor", "action": "ask"}
        integer = {"type": "integer", "minimum": 1}
        tasks = [
            self.call("draft", parameters={"data": 1}),
            {"name": "copies", **ask, "depends_on": ["draft"], "parameters": {"question": "How many?", "answer": integer}},
            {"name": "each", **ask, "depends_on": ["draft"], "for_each": "{{ [1, 2, 3] }}", "max_concurrency": 2, "parameters": {"question": "And of {{ item }}?", "answer": integer}},
            {"name": "late", **ask, "depends_on": ["draft"], "parameters": {"question": "Anybody?", "answer": integer, "timeout": self.rng.choice([0.05, 0.3]), "default": 7}},
            self.call("send", depends_on=["copies"], parameters={"data": {"n": "{{ copies.result }}"}}, approval={"message": "Send {{ copies.result }}?"}),
            self.call("lazy", depends_on=["draft"], parameters={"data": 1}, approval={"message": "Well?", "timeout": 0.1, "on_timeout": "approve"}),
            self.call("after", depends_on=["send", "each", "late", "lazy"], parameters={"data": ["{{ each.result }}", "{{ late.result }}"]}),
        ]
        self.write({"name": "people", "parallel_execution": self.rng.random() < 0.8, "agents": self.agents() + [{"name": "editor", "type": "human"}], "tasks": tasks})

    def answer_to(self, run, task, awaits):
        if "answer" not in awaits:
            return super().answer_to(run, task, awaits)
        self.number += 1
        return ["answer", run, task, str(self.number)] + (["--item", str(awaits["item"])] if "item" in awaits else [])

    def answer_and_perhaps_kill(self):
        owner = self.spawn(self.command("worker"))
        self.patiently(owner, self.rng.uniform(0.0, 0.1))
        for words in self.answers():
            if words[0] == "answer" and self.rng.random() < 0.2:
                wrong = subprocess.run(self.command(*words[:3], "many", *words[4:]), capture_output=True, text=True, timeout=PATIENCE)
                if wrong.returncode == 0:
                    raise Violation(f"a wrong answer was taken: {wrong.stdout}")
            process = self.spawn(self.command(*words), boundary=self.rng.random() < 0.3, stderr=subprocess.PIPE)
            if self.rng.random() < 0.3:
                self.patiently(owner, self.rng.uniform(0.0, 0.05))
                self.kill(owner)
                owner = self.spawn(self.command("worker"))
            if self.rng.random() < 0.5 and not self.patiently(process, self.rng.uniform(0.01, 0.2)):
                self.note(words, self.kill(process)[1])
            else:
                self.note(words, process.communicate(timeout=PATIENCE)[1])
        self.kill(owner)

    def ask(self, *words):
        if words[0] != "answer":
            return super().ask(*words)
        done = subprocess.run(self.command(*words[:-1]), capture_output=True, text=True, timeout=PATIENCE)  # without -q: it says that it has sent
        self.note(list(words), done.stderr)
        return done.stdout

    def note(self, words, said):
        if words[0] == "answer":
            item = int(words[words.index("--item") + 1]) if "--item" in words else None
            self.tried.setdefault((words[1], words[2], item), []).append((int(words[3]), "Answered" in said))

    def check_run(self, run, events):
        self.expect(run, "its end", events[-1]["type"], "run_completed")
        wanted = [f"{task}:1" for task in ("after", "copies", "draft", "late", "lazy", "send")] + [f"each:1:{n}" for n in range(3)]
        self.expect(run, "what completed", self.completed(events), sorted(wanted))
        results = {(e["task"], e.get("item")): e["result"] for e in events if e["type"] == "task_completed"}
        for step in [("copies", None), ("late", None), *(("each", n) for n in range(3))]:
            tried = self.tried.get((run, *step), [])
            possible = set()
            for value, acknowledged in tried:
                possible.add(value)
                if acknowledged:
                    break
            if step[0] == "late":
                possible |= {value for value, _ in tried} | {7}
            if results[step] not in possible:
                raise Violation(f"run {run}: {step} was answered {results[step]}, but people said {tried}")
        self.expect(run, "what was sent", next(e for e in events if e["type"] == "task_completed" and e["task"] == "send")["result"]["got"], {"n": results[("copies", None)]})
