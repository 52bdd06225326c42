"""Several processes, signals and crashes: nothing is lost, nothing runs twice."""

import contextlib
import json
import signal
import sqlite3
import unittest

from harness import FINAL, PATIENCE, SkeinTest, hello, kill


def only_from_cpp():
    """Needs a kind that no `skein` process has."""
    return {"name": "foreign", "agents": [{"name": "glue", "type": "local"}, {"name": "mine", "type": "custom"}],
            "tasks": [{"name": "one", "agent_name": "glue", "action": "transform", "parameters": {"value": 1}}, {"name": "two", "agent_name": "mine", "action": "go"}]}


class ForAnotherProgram(SkeinTest):
    def test_a_worker_leaves_such_runs_alone_and_says_so_once(self):
        foreign = self.file(only_from_cpp(), "foreign.json")
        first, second = (self.skein("run", foreign, "--detach", expect=4).stdout.strip() for _ in range(2))
        mine = self.skein("run", self.file(hello()), "--detach", expect=4).stdout.strip()
        done = self.skein("worker", "--idle-exit")
        self.assertEqual(done.stderr.count("left to other processes"), 1)
        self.assertIn("'mine' of kind 'custom'", done.stderr)
        self.assertIn("it took 1 run.", done.stderr)
        self.assertEqual(self.json("show", mine)["status"], "completed")
        for run in (first, second):
            self.assertEqual([e["type"] for e in self.events(run)], ["run_created"])

    def test_running_and_resuming_it_is_refused_and_cancelling_works(self):
        foreign = self.file(only_from_cpp())
        self.assertIn("needs the agent 'mine' of kind 'custom'", self.skein("run", foreign, expect=2).stderr)
        self.assertEqual(self.runs(), [])
        accepted = self.skein("run", foreign, "--detach", expect=4)
        self.assertIn("leaves it alone", accepted.stderr)
        run = accepted.stdout.strip()
        self.assertIn("needs the agent 'mine' of kind 'custom'", self.skein("resume", run, expect=2).stderr)
        self.assertIn("does not go on here", self.skein("signal", run, "go", expect=4).stderr)
        self.assertEqual([e["type"] for e in self.events(run)], ["run_created"])
        self.skein("cancel", run)
        self.assertEqual(self.json("show", run)["status"], "cancelled")


class Damaged(SkeinTest):
    def test_a_damaged_run_holds_up_nobody(self):
        damaged, good = (self.skein("run", self.file(hello()), "--detach", expect=4).stdout.strip() for _ in range(2))
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            db.execute("UPDATE journal SET events='[{}]' WHERE run=(SELECT min(id) FROM runs)")
        done = self.skein("worker", "--idle-exit")
        self.assertIn(f"the journal of run {damaged} cannot be read", done.stderr)
        self.assertEqual(self.json("show", good)["status"], "completed")
        for words in (["show", damaged], ["resume", damaged]):
            self.assertIn("restore the store from a backup", self.skein(*words, expect=1).stderr)
        self.assertEqual(len(self.runs()), 2)


class Interrupted(SkeinTest):
    def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(self):
        for sign, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.start("run", self.file(hello(seconds=1.5)))
            run = self.wait_for_task("pause", "waiting")["run_id"]
            process.send_signal(sign)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, code)
            self.assertIn(f"skein resume {run}", err)
            self.assertEqual(out, "")
            self.assertNotIn(self.json("show", run)["status"], FINAL)
            done = self.skein("resume", run)
            self.assertEqual(done.stdout, "message: hello world!\n")
            self.assertIn("resumed", done.stderr)
            self.check_journal(run)

    def test_the_report_of_an_interrupted_run_is_json_too(self):
        process = self.start("run", self.file(hello(seconds=60)), "--json")
        run = self.wait_for_task("pause", "waiting")["run_id"]
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(json.loads(out)["run_id"], run)
        self.assertEqual(process.returncode, 130)

    def test_a_call_in_flight_is_given_up_and_repeated_with_the_same_key(self):
        witness = self.folder / "calls"
        slow = self.folder / "slow.sh"
        slow.write_text(f"cat >> {witness}; test $(wc -l < {witness}) -gt 1 || exec sleep 600\n")
        workflow = {"name": "slow", "agents": [{"name": "program", "type": "exec", "command": "sh", "args": [str(slow)], "timeout": 600}],
                    "tasks": [{"name": "call", "agent_name": "program", "action": "go", "timeout": 600}]}
        process = self.start("run", self.file(workflow))
        self.eventually("the call", lambda: witness.exists() and witness.read_text().count("\n") == 1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.skein("resume", "last")
        calls = [json.loads(line) for line in witness.read_text().splitlines()]
        self.assertEqual(len(calls), 2)
        self.assertEqual(calls[0]["idempotency_key"], calls[1]["idempotency_key"])
        self.assertEqual([c["attempt"] for c in calls], [1, 1])

    def test_the_second_ctrl_c_ends_it_at_once(self):
        workflow = {"name": "stubborn", "agents": [{"name": "program", "type": "exec", "command": "sh", "args": ["-c", "trap '' TERM; while :; do sleep 1; done"]}],
                    "tasks": [{"name": "call", "agent_name": "program", "action": "go"}]}
        process = self.start("run", self.file(workflow))
        self.wait_for_task("call", "running")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)


class Crashed(SkeinTest):
    def test_a_worker_takes_over_from_the_dead(self):
        process = self.start("run", self.file(hello(seconds=1)))
        run = self.wait_for_task("pause", "waiting")["run_id"]
        kill(process)
        self.assertFalse(self.runs()[0]["owned"])
        worker = self.start("worker")
        self.eventually("the end of the run", lambda: self.json("show", run)["status"] == "completed")
        worker.send_signal(signal.SIGINT)
        _, err = worker.communicate(timeout=PATIENCE)
        self.assertEqual(worker.returncode, 0)
        self.assertIn(run[:13], err)
        self.assertIn("took 1 run", err)
        self.check_journal(run)

    def test_resume_after_kill_9(self):
        process = self.start("run", self.file(hello(seconds=1)))
        run = self.wait_for_task("pause", "waiting")["run_id"]
        kill(process)
        self.assertEqual(self.json("resume", "last")["outputs"], {"message": "hello world!"})
        self.assertEqual([e["type"] for e in self.check_journal(run)].count("run_resumed"), 1)


    def test_a_changed_file_does_not_change_a_run_in_flight(self):
        run = self.json("run", self.file(hello()), "-i", "name=pinned", "--detach", expect=4)["run_id"]
        changed = hello()
        changed["tasks"][0]["parameters"]["value"] = "changed"
        self.file(changed)
        self.skein("worker", "--idle-exit")
        report = self.json("show", run)
        self.assertEqual(report["outputs"], {"message": "hello pinned!"})
        self.assertEqual(self.json("run", self.file(changed))["outputs"], {"message": "changed!"})


class Together(SkeinTest):
    def test_detached_runs_are_done_by_a_worker(self):
        path = self.file(hello())
        accepted = [self.json("run", path, "--detach", "-i", f"name={i}", expect=4) for i in range(5)]
        self.assertEqual({r["status"] for r in self.runs()}, {"pending"})
        self.assertEqual(self.skein("run", path, "--detach", expect=4).stdout.strip(), self.runs()[0]["run_id"])
        self.assertIn("it took 6 runs", self.skein("worker", "--idle-exit", "--shards", "2").stderr)
        for i, run in enumerate(accepted):
            self.assertEqual(self.json("show", run["run_id"])["outputs"], {"message": f"hello {i}!"})
        self.assertIn("it took 0 runs", self.skein("worker", "--idle-exit").stderr)

    def test_worker_events_as_json(self):
        self.skein("run", self.file(hello()), "--detach", expect=4)
        events = [json.loads(line) for line in self.skein("worker", "--idle-exit", "--json").stdout.splitlines()]
        self.assertEqual(events[-1]["type"], "run_completed")

    def test_two_workers_share_a_store(self):
        path = self.file(hello())
        for i in range(20):
            self.skein("run", path, "--detach", "-i", f"name={i}", expect=4)
        workers = [self.start("worker", "--idle-exit", "--quiet") for _ in range(2)]
        for worker in workers:
            _, err = worker.communicate(timeout=PATIENCE)
            self.assertEqual((worker.returncode, err), (0, ""))
        rows = self.json("runs", "--limit", "100")["runs"]
        self.assertEqual([r["status"] for r in rows], ["completed"] * 20)
        for row in rows:
            self.check_journal(row["run_id"])

    def test_two_runs_on_one_store_at_the_same_time(self):
        path = self.file(hello(seconds=0.3))
        both = [self.start("run", path, "-q", "-i", f"name={name}") for name in ("a", "b")]
        self.assertEqual([p.communicate(timeout=PATIENCE)[0] for p in both], ["message: hello a!\n", "message: hello b!\n"])

    def test_a_run_has_one_owner(self):
        process = self.start("run", self.file(hello(seconds=60)))
        self.wait_for_task("pause", "waiting")
        self.assertTrue(self.runs()[0]["owned"])
        self.assertIn(str(process.pid), self.skein("resume", "last", expect=1).stderr)

    def test_cancel_from_another_process(self):
        process = self.start("run", self.file(hello(seconds=60)))
        self.wait_for_task("pause", "waiting")
        self.assertIn("is cancelled", self.skein("cancel", "last", "--reason", "wrong weather").stdout)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("wrong weather", err)
        self.assertEqual(self.events()[-1]["type"], "run_cancelled")

    def test_cancel_of_a_run_that_nobody_drives(self):
        run = self.json("run", self.file(hello()), "--detach", expect=4)["run_id"]
        self.assertEqual(self.json("cancel", run)["status"], "cancelled")

    def test_follow_the_run_of_another_process(self):
        process = self.start("run", self.file(hello(seconds=0.5)), "-q")
        self.wait_for_task("pause", "waiting")
        lines = self.skein("events", "last", "--follow", "--json").stdout.splitlines()
        self.assertEqual(json.loads(lines[-1])["type"], "run_completed")
        process.communicate(timeout=PATIENCE)
        self.assertEqual([json.loads(line)["seq"] for line in lines], list(range(1, len(lines) + 1)))


if __name__ == "__main__":
    unittest.main(verbosity=1)
