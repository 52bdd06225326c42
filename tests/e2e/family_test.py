"""Workflows that run other workflows."""

import json
import signal
import unittest

from harness import SkeinTest

PATIENCE = 30

INNER = {"name": "inner", "inputs": {"n": {"type": "integer"}, "pause": {"type": "number", "default": 0}},
         "tasks": [{"name": "double", "agent_name": "local", "action": "transform", "parameters": {"value": "{{ n * 2 }}"}},
                   {"name": "rest", "agent_name": "local", "action": "wait", "parameters": {"seconds": "{{ pause }}"}}],
         "outputs": {"doubled": "{{ double.result }}"}}


def outer(inner="inner.json", **parameters):
    return {"name": "outer", "parallel_execution": True, "agents": [{"name": "other", "type": "workflow", "workflow": inner}],
            "tasks": [{"name": "each", "agent_name": "other", "action": "run", "for_each": "{{ [1, 2, 3] }}", "parameters": {"n": "{{ item }}", **parameters}}],
            "outputs": {"all": "{{ [each.result[].doubled] }}"}}


class Family(SkeinTest):
    def setUp(self):
        super().setUp()
        self.file(INNER, "inner.json")

    def test_each_item_is_a_run_of_its_own(self):
        report = self.json("run", self.file(outer()))
        self.assertEqual(report["outputs"], {"all": [2, 4, 6]})
        children = [run for run in self.runs() if run["workflow"] == "inner"]
        self.assertEqual(len(children), 3)
        self.assertEqual(self.json("show", children[0]["run_id"])["parent"], report["run_id"])
        self.assertIn("begun by", self.skein("show", children[0]["run_id"]).stdout)

    def test_the_file_is_not_needed_again(self):
        run = self.skein("run", self.file(outer()), "--detach", expect=4).stdout.strip()
        (self.folder / "inner.json").unlink()
        self.skein("worker", "--idle-exit")
        self.assertEqual(self.json("show", run)["outputs"], {"all": [2, 4, 6]})

    def killed_family(self):
        """The outer run of a process that was killed once all of its children were there."""
        path = self.file(outer(pause=1))
        process = self.start("run", path)
        self.eventually("three children", lambda: len([r for r in self.runs() if r["workflow"] == "inner"]) == 3)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=PATIENCE)
        return next(r["run_id"] for r in self.runs() if r["workflow"] == "outer")

    def test_a_killed_family_goes_on_and_begins_nothing_again(self):
        run = self.killed_family()
        worker = self.start("worker")
        self.eventually("the end", lambda: self.json("show", run)["status"] == "completed")
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=PATIENCE)
        self.assertEqual(len(self.runs()), 4)

    def test_cancelling_a_child_that_nobody_drives_lets_its_parent_go_on_to_its_end(self):
        asking = json.loads(json.dumps(INNER))
        asking["tasks"][0]["approval"] = {"message": "Double it?"}
        self.file(asking, "inner.json")
        workflow = outer()
        workflow["tasks"] = [
            {"name": "one", "agent_name": "other", "action": "run", "continue_on_failure": True, "parameters": {"n": 1}},
            {"name": "once", "agent_name": "program", "action": "go", "depends_on": ["one"], "effect": True}]
        workflow["agents"].append({"name": "program", "type": "exec", "command": "sh", "args": ["-c", "sleep 1; echo done"]})
        workflow["outputs"] = {"once": "{{ once.result }}"}
        self.skein("run", self.file(workflow), expect=4)
        child, parent = (next(r["run_id"] for r in self.runs() if r["workflow"] == name) for name in ("inner", "outer"))
        said = self.skein("cancel", child)
        self.assertEqual(said.stdout, f"Run {child} is cancelled.\n")
        report = self.json("show", parent)
        self.assertEqual((report["status"], report["outputs"]), ("completed", {"once": "done"}))

    def test_resuming_a_killed_parent_takes_its_children_along(self):
        run = self.killed_family()
        self.assertEqual(self.json("resume", run)["outputs"], {"all": [2, 4, 6]})
        self.assertEqual({r["status"] for r in self.runs()}, {"completed"})
        self.assertEqual(len(self.runs()), 4)

    def test_a_family_whose_places_are_held_by_those_who_wait_for_people_waits_for_people(self):
        asking = {**json.loads(json.dumps(INNER)), "concurrency": {"limit": 1}}
        asking["tasks"][0]["approval"] = {"message": "Double it?"}
        self.file(asking, "inner.json")
        workflow = outer()
        workflow["parallel_execution"] = True
        workflow["tasks"][0]["max_concurrency"] = 3
        self.skein("run", self.file(workflow), expect=4)
        parent = next(r["run_id"] for r in self.runs() if r["workflow"] == "outer")
        for _ in range(3):
            waiting = [r["run_id"] for r in self.runs() if r["workflow"] == "inner" and r["status"] == "waiting"]
            self.assertEqual(len(waiting), 1)
            self.skein("approve", waiting[0])
        self.assertEqual(self.json("show", parent)["outputs"], {"all": [2, 4, 6]})

    def test_cancelling_reaches_the_children(self):
        run = self.skein("run", self.file(outer(pause=60)), "--detach", expect=4).stdout.strip()
        worker = self.start("worker")
        self.eventually("three children", lambda: len([r for r in self.runs() if r["workflow"] == "inner" and r["status"] == "waiting"]) == 3)
        self.skein("cancel", run)
        self.eventually("the end of all", lambda: {r["status"] for r in self.runs()} == {"cancelled"})
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=PATIENCE)

    def test_a_question_of_a_child_is_passed_on_and_its_answer_ends_both(self):
        asking = json.loads(json.dumps(INNER))
        asking["tasks"][0]["approval"] = {"message": "Double it?"}
        self.file(asking, "inner.json")
        workflow = outer()
        workflow["tasks"][0]["for_each"] = "{{ [1] }}"
        done = self.skein("run", self.file(workflow), expect=4)
        self.assertIn("'double' asks: Double it?\n  skein approve ", done.stderr)
        child = next(r["run_id"] for r in self.runs() if r["workflow"] == "inner")
        self.skein("approve", child)
        parent = next(r["run_id"] for r in self.runs() if r["workflow"] == "outer")
        self.eventually("the end of the parent", lambda: self.json("show", parent)["status"] == "completed")

    def test_a_failed_child_fails_its_task_with_the_reason(self):
        self.file({**INNER, "tasks": [{"name": "no", "agent_name": "local", "action": "fail", "parameters": {"message": "not today"}}], "outputs": {}}, "inner.json")
        done = self.skein("run", self.file(outer()), expect=1)
        self.assertIn("Task 'no' failed: not today", done.stderr)


if __name__ == "__main__":
    unittest.main()
