"""New runs made from old ones: retry and fork."""

import json
import unittest

from harness import PATIENCE, SkeinTest, kill


class Travel(SkeinTest):
    """A workflow whose tasks are programs: each call leaves a line behind, and one fails until a file exists."""

    def setUp(self):
        super().setUp()
        self.calls = self.folder / "calls"
        self.fixed = self.folder / "fixed"
        script = self.folder / "work.sh"
        script.write_text(f"cat >> {self.calls}\nif [ \"$1\" = fragile ]; then test -e {self.fixed} || exit 1; fi\nprintf '\"done\"'\n")
        agents = [{"name": name, "type": "exec", "command": "sh", "args": [str(script), name]} for name in ("solid", "fragile")]
        self.workflow = {
            "name": "travel", "inputs": {"city": {"type": "string", "default": "Lima"}, "days": {"type": "integer", "default": 1}}, "agents": agents + [{"name": "glue", "type": "local"}],
            "tasks": [{"name": "fetch", "agent_name": "solid", "action": "go", "parameters": {"city": "{{inputs.city}}"}},
                      {"name": "check", "agent_name": "fragile", "action": "go", "depends_on": ["fetch"]},
                      {"name": "tell", "agent_name": "glue", "action": "transform", "depends_on": ["check"], "parameters": {"value": "{{inputs.days}} days in {{inputs.city}}", "tone": "calm"}}],
            "outputs": {"text": "{{tell.result}}"}}

    def called(self):
        return [json.loads(line)["task"] for line in self.calls.read_text().splitlines()]

    def failed_run(self):
        self.skein("run", self.file(self.workflow), expect=1)
        return self.json("show", "last")["run_id"]

    def test_a_retry_repeats_nothing_that_completed(self):
        old = self.failed_run()
        before = self.json("show", old)
        self.fixed.touch()
        report = self.json("retry", old)
        self.assertEqual(report["status"], "completed")
        self.assertEqual(self.called(), ["fetch", "check", "check"])
        self.assertEqual(report["origin"], {"kind": "retry", "run_id": old, "kept_events": 2})
        self.assertIn(f"retry of  {old}", self.skein("show", "last").stdout)
        self.assertIn(f"retry of {old}", self.skein("runs").stdout)
        self.assertEqual(self.runs()[0]["origin"], f"retry of {old}")
        self.assertIn(f"created: travel (retry of {old}, whose 2 next events are kept)", self.skein("events", "last").stdout)
        self.assertEqual(self.json("show", old), before)
        keys = {json.loads(line)["idempotency_key"] for line in self.calls.read_text().splitlines()}
        self.assertEqual(len(keys), 3, "a new run has keys of its own")
        self.check_journal()

    def test_from_a_task_on(self):
        self.fixed.touch()
        self.skein("run", self.file(self.workflow))
        self.assertIn("name the task to begin from with --from", self.skein("retry", "last", expect=1).stderr)
        done = self.skein("retry", "last", "--from", "check")
        self.assertIn("made from", done.stderr)
        self.assertEqual(self.called(), ["fetch", "check", "check"])
        self.assertIn("from 'check' on", self.skein("show", "last").stdout)

    def test_a_fork_with_other_parameters_and_inputs(self):
        self.fixed.touch()
        self.skein("run", self.file(self.workflow))
        old = self.json("show", "last")["run_id"]
        self.assertEqual(self.skein("fork", old, "--from", "tell", "--set", "tone=42").stdout, 'text: {"value":"1 days in Lima","tone":"42"}\n')
        self.assertIn("3 days in Lima", self.skein("fork", old, "--from", "tell", "-i", "days=3").stdout)
        self.assertEqual(self.called(), ["fetch", "check"])
        created = next(e for e in self.events("last") if e["type"] == "run_created")
        self.assertEqual((created["fork_of"], created["from"], created["inputs"]["days"]), (old, "tell", 3))

    def test_what_a_fork_cannot_change(self):
        self.fixed.touch()
        self.skein("run", self.file(self.workflow))
        runs = len(self.runs())
        for words, said in ((["--from", "tell", "-i", "city=Oslo"], "task 'fetch' is kept and refers to it"), (["--from", "tell", "--set", "tune=x"], "did you mean 'tone'?"),
                            (["--from", "tel"], "did you mean 'tell'?"), ([], "--from TASK"), (["--from", "tell", "-i", "dais=1"], "did you mean 'days'?"), (["--from", "tell", "--set", "x"], "name=value")):
            self.assertIn(said, self.skein("fork", "last", *words, expect=2).stderr)
        self.assertEqual(len(self.runs()), runs)

    def test_a_detached_one_is_driven_by_a_worker(self):
        self.failed_run()
        self.fixed.touch()
        run = self.skein("retry", "last", "--detach", expect=4).stdout.strip()
        self.assertEqual(self.json("show", run)["status"], "pending")
        self.assertEqual(self.json("fork", run, "--from", "tell", "--detach", expect=4)["status"], "pending")
        self.skein("worker", "--idle-exit")
        self.assertEqual(self.json("show", run)["status"], "completed")
        self.assertEqual(self.json("show", "last")["origin"]["kind"], "fork")
        self.assertEqual(self.called().count("fetch"), 1)

    def test_killed_after_its_creation_it_goes_on_like_any_run(self):
        self.failed_run()
        slow = {**self.workflow, "tasks": [*self.workflow["tasks"], {"name": "rest", "agent_name": "glue", "action": "wait", "parameters": {"seconds": 1}, "depends_on": ["check"]}]}
        self.calls.unlink()
        self.skein("run", self.file(slow), expect=1)
        self.fixed.touch()
        process = self.start("retry", "last")
        run = self.wait_for_task("rest", "waiting")["run_id"]
        kill(process)
        self.assertEqual(self.json("resume", run)["status"], "completed")
        self.assertEqual(self.called(), ["fetch", "check", "check"])

    def test_of_a_run_under_way(self):
        self.fixed.touch()
        slow = {"name": "slow", "agents": self.workflow["agents"],
                "tasks": [{"name": "fetch", "agent_name": "solid", "action": "go"}, {"name": "rest", "agent_name": "glue", "action": "wait", "parameters": {"seconds": 600}, "depends_on": ["fetch"]}]}
        process = self.start("run", self.file(slow))
        run = self.wait_for_task("rest", "waiting")["run_id"]
        self.assertIn("has not ended", self.skein("retry", run, expect=1).stderr)
        self.assertEqual(self.json("fork", run, "--from", "rest", "--set", "seconds=0.01")["status"], "completed")
        self.assertEqual(self.called(), ["fetch"])
        self.assertEqual(self.json("show", run)["status"], "waiting")
        process.terminate()
        process.communicate(timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
