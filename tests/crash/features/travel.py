"""Runs made from others, and undoing by hand, with the commands killed, too."""

from scenario import FINAL, PATIENCE, Scenario, Violation, step_of


class Travel(Scenario):
    def prepare(self):
        self.fixed = self.folder / "fixed"
        self.undoing = set()
        undo = {"compensate": {"action": f"/{self.seed}/undo"}}
        tasks = [
            self.call("fetch", parameters={"data": 1}, **undo),
            self.call("each", depends_on=["fetch"], for_each="{{ [1, 2, 3] }}", max_concurrency=2, parameters={"data": "{{ item }}"}),
            {"name": "pause", "agent_name": "local", "action": "wait", "depends_on": ["fetch"], "parameters": {"seconds": 0.05}},
            {"name": "fragile", "agent_name": "fragile", "action": "go", "depends_on": ["each"]},
            self.call("tell", depends_on=["fragile", "pause"], parameters={"data": "{{ each.result | length }}", "params": {"tone": "calm"}}, **undo),
        ]
        self.write({"name": "travel", "parallel_execution": self.rng.random() < 0.7,
                    "agents": self.agents() + [{"name": "fragile", "type": "exec", "command": "test", "args": ["-e", str(self.fixed)]}], "tasks": tasks})

    def travel(self):
        for row in self.listed():
            run, ended = row["run_id"], row["status"] in FINAL
            chance = self.rng.random()
            if row["status"] == "failed" and chance < 0.6:
                self.start_or_be_refused(["retry", run])
            elif ended and chance < 0.3:
                self.start_or_be_refused(["retry", run, "--from", self.rng.choice(["fetch", "each", "tell"])])
            elif chance < 0.3:
                self.start_or_be_refused(["fork", run, "--from", self.rng.choice(["fetch", "each", "fragile", "tell"])])

    def start_or_be_refused(self, words):
        process = self.spawn(self.command(*words, "--detach"), boundary=self.rng.random() < 0.5)
        out, _ = process.communicate(timeout=PATIENCE)
        if process.returncode == 4:
            self.acknowledged.add(out.strip())
        elif process.returncode not in (1, 2):  # 1, 2: there is nothing to begin from
            self.kills += 1

    def undo_and_perhaps_kill(self):
        ended = [row["run_id"] for row in self.listed() if row["status"] in FINAL]
        if not ended:
            return
        run = self.rng.choice(ended)
        self.undoing.add(run)
        process = self.spawn(self.command("compensate", run), boundary=self.rng.random() < 0.5)
        self.patiently(process, self.rng.uniform(0.01, 0.3))
        self.kill(process)

    def run(self):
        self.start_and_perhaps_kill()
        self.start_and_perhaps_kill()
        self.work_and_kill()
        self.finish()
        if self.rng.random() < 0.7:
            self.fixed.touch()
        for _ in range(self.rng.randint(1, 3)):
            if len(self.listed()) < 6:
                self.travel()
            self.work_and_kill()
            if self.rng.random() < 0.4:
                self.undo_and_perhaps_kill()
            self.look()
        self.fixed.touch()
        self.finish()
        self.check()

    def check_run(self, run, events):
        kept = events[0].get("kept", 0)
        if len(events) <= kept:
            raise Violation(f"run {run} was made without all that it keeps")
        counts = self.witness.counts(str(self.seed))
        for event in events[1:1 + kept]:
            if event["type"] == "task_completed" and f"{run}:{step_of(event)}" in counts:
                raise Violation(f"run {run}: {step_of(event)} was kept and called again")
        if events[-1]["type"] == "run_cancelled" and run not in self.undoing:
            raise Violation(f"run {run} was cancelled by nobody")
        if events[-1]["type"] == "run_completed":
            wanted = ["fetch:1", "fragile:1", "pause:1", "tell:1", *(f"each:1:{n}" for n in range(3))]
            self.expect(run, "what completed", self.completed(events), sorted(wanted))
