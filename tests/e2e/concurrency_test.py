"""At most so many runs of a key at once."""

import signal
import unittest

from harness import SkeinTest

PATIENCE = 30


def limited(**concurrency):
    return {"name": "sync", "inputs": {"customer": "string", "seconds": {"type": "number", "default": 0}},
            "concurrency": {"key": "{{ customer }}", **concurrency},
            "tasks": [{"name": "work", "agent_name": "local", "action": "wait", "parameters": {"seconds": "{{ seconds }}"}}]}


class Concurrency(SkeinTest):
    def begin(self, customer, seconds=0, expect=4):
        return self.skein("run", self.file(limited()), "-i", f"customer={customer}", "-i", f"seconds={seconds}", "--detach", expect=expect).stdout.strip()

    def status(self, run):
        return self.json("show", run)["status"]

    def test_a_second_run_of_a_key_waits_and_one_of_another_key_does_not(self):
        first, second, other = self.begin("ann", 60), self.begin("ann"), self.begin("ben")
        worker = self.start("worker")
        self.eventually("the other key's run", lambda: self.status(other) == "completed")
        self.eventually("the first", lambda: self.status(first) == "waiting")
        self.assertEqual(self.status(second), "pending")
        self.assertIn("waits for its turn", self.skein("runs").stdout)
        self.skein("cancel", first)
        self.eventually("the second", lambda: self.status(second) == "completed")
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=PATIENCE)

    def test_a_run_in_the_foreground_waits_until_it_is_its_turn(self):
        first = self.begin("ann", 60)
        worker = self.start("worker")
        self.eventually("the first", lambda: self.status(first) == "waiting")
        second = self.start("run", self.file(limited()), "-i", "customer=ann")
        self.assertIn("waits for its turn", second.stderr.readline())
        self.skein("cancel", first)
        second.communicate(timeout=PATIENCE)
        self.assertEqual(second.returncode, 0)
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=PATIENCE)

    def test_a_dead_owners_run_keeps_its_place_until_somebody_takes_it_over(self):
        process = self.start("run", self.file(limited()), "-i", "customer=ann", "-i", "seconds=1")
        first = self.eventually("the first", lambda: next((r["run_id"] for r in self.runs() if r["status"] == "waiting"), None))
        second = self.begin("ann")
        process.kill()
        process.wait(timeout=PATIENCE)
        self.assertEqual(self.status(second), "pending")
        worker = self.start("worker")
        self.eventually("both", lambda: self.status(first) == self.status(second) == "completed")
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=PATIENCE)

    def test_a_run_that_may_not_queue_is_refused(self):
        path = self.file(limited(on_limit="reject"))
        self.skein("run", path, "-i", "customer=ann", "--detach", expect=4)
        refused = self.skein("run", path, "-i", "customer=ann", expect=1)
        self.assertIn("a run of the concurrency key 'sync/ann' is under way; try again when one has ended", refused.stderr)
        self.assertEqual(len(self.runs()), 1)

    def test_a_queued_run_can_be_cancelled_and_never_begins(self):
        self.begin("ann")
        second = self.begin("ann")
        self.skein("signal", second, "early", expect=4)
        self.skein("cancel", second)
        self.assertEqual(self.status(second), "cancelled")
        self.assertNotIn("attempt_started", [event["type"] for event in self.events(second)])
        self.assertEqual(len(self.runs()), 2)

    def test_runs_of_other_workflows_queue_too(self):
        inner = limited()
        inner["tasks"][0]["parameters"]["seconds"] = 0.05
        self.file(inner, "inner.json")
        outer = {"name": "outer", "parallel_execution": True, "agents": [{"name": "inner", "type": "workflow", "workflow": "inner.json"}],
                 "tasks": [{"name": "each", "agent_name": "inner", "action": "run", "for_each": "{{ [1, 2, 3] }}", "parameters": {"customer": "ann"}}]}
        self.skein("run", self.file(outer))
        self.assertEqual([run["status"] for run in self.runs()], ["completed"] * 4)


if __name__ == "__main__":
    unittest.main()
