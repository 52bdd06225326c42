"""Undoing: on_failure: compensate, and skein compensate."""

import pathlib
import unittest

from harness import SkeinTest


def order(log, **keys):
    """Writes what it does into a file; `ship` fails while that file's neighbour `broken` exists, cancelling room 7 while `closed` exists."""
    def does(what, unless=None):
        guard = f"[ ! -e {log.parent}/{unless} ] || exit 1; " if unless else ""
        return f"{guard}echo {what} >> {log}; echo '\"{what}\"'"
    shell = lambda name, script: {"name": name, "type": "exec", "command": "sh", "args": ["-c", script], "retry_config": {"max_attempts": 1}}
    return {"name": "order",
            "agents": [shell("book", does("booked")), shell("unbook", does("unbooked", "closed")), shell("pay", does("paid")),
                       shell("refund", does("refunded")), shell("ship", does("shipped", "broken"))],
            "tasks": [{"name": "room", "agent_name": "book", "action": "do", "compensate": {"agent_name": "unbook", "action": "do", "parameters": {"was": "{{ room.result }}"}}},
                      {"name": "bill", "agent_name": "pay", "action": "do", "compensate": {"agent_name": "refund", "action": "do"}},
                      {"name": "parcel", "agent_name": "ship", "action": "do"}],
            **keys}


class Undo(SkeinTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "log"

    def did(self):
        return pathlib.Path(self.log).read_text().split()

    def test_a_failed_run_undoes_what_it_did_newest_first(self):
        (self.folder / "broken").touch()
        report = self.json("run", self.file(order(self.log, on_failure="compensate")), expect=1)
        self.assertEqual(self.did(), ["booked", "paid", "refunded", "unbooked"])
        self.assertEqual(report["status"], "failed")
        self.assertEqual(report["undone"], ["bill", "room"])
        self.assertEqual([task["status"] for task in report["tasks"]], ["compensated", "compensated", "failed", "completed", "completed"])
        self.assertEqual(report["tasks"][3]["name"], "room/undo")
        self.assertIn("nothing that the run completed can be undone", self.skein("compensate", "last", expect=1).stderr)

    def test_what_could_not_be_undone_is_told_and_tried_again(self):
        (self.folder / "broken").touch()
        (self.folder / "closed").touch()
        report = self.json("run", self.file(order(self.log, on_failure="compensate")), expect=1)
        self.assertTrue(report["error"].endswith("; not undone: 'room'"), report["error"])
        self.assertEqual(report["not_undone"], ["room"])
        self.assertEqual(self.json("compensate", "last", expect=1)["not_undone"], ["room"])
        (self.folder / "closed").unlink()
        report = self.json("compensate", "last")
        self.assertNotIn("not_undone", report)
        self.assertEqual(self.did(), ["booked", "paid", "refunded", "unbooked"])

    def test_a_run_that_went_well_is_undone_on_request(self):
        self.skein("run", self.file(order(self.log)))
        done = self.skein("compensate", "last", "--reason", "ordered twice")
        self.assertIn("undoing what was done: ordered twice", done.stderr)
        report = self.json("show", "last")
        self.assertEqual((report["status"], report["error"]), ("cancelled", "ordered twice"))
        self.assertEqual(self.did(), ["booked", "paid", "shipped", "refunded", "unbooked"])

    def test_what_a_retry_keeps_is_undone_by_it_alone(self):
        (self.folder / "broken").touch()
        self.skein("run", self.file(order(self.log)), expect=1)
        old = self.runs()[0]["run_id"]
        self.skein("retry", old, "--from", "bill", expect=1)
        new = self.runs()[0]["run_id"]
        self.assertIn(f"go on with that one: skein retry {new}", self.skein("retry", old, expect=1).stderr)
        self.assertEqual(self.json("compensate", old, expect=0)["undone"], ["bill"])
        self.assertIn(f"undo that one: skein compensate {new}", self.skein("compensate", old, expect=1).stderr)
        self.assertEqual(self.json("compensate", new, expect=0)["undone"], ["bill", "room"])
        self.assertEqual(self.did(), ["booked", "paid", "paid", "refunded", "refunded", "unbooked"])
        for run in (old, new):
            self.skein("replay", run)

    def test_a_run_that_goes_on_is_not_undone(self):
        self.skein("run", self.file(order(self.log)), "--detach", expect=4)
        self.assertIn("the run has not ended; cancel it first", self.skein("compensate", "last", expect=1).stderr)
        self.skein("worker", "--idle-exit")
        self.assertEqual(self.json("show", "last")["status"], "completed")


if __name__ == "__main__":
    unittest.main()
