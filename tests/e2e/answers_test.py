"""People and signals: approve, reject, signal, and questions at the terminal."""

import unittest

from harness import SkeinTest


def asking(**approval):
    return {"name": "newsletter",
            "tasks": [{"name": "draft", "agent_name": "local", "action": "transform", "parameters": {"value": "News"}},
                      {"name": "send", "agent_name": "local", "action": "transform", "depends_on": ["draft"], "parameters": {"value": "sent", "count": 3},
                       "approval": {"message": "Send '{{draft.result}}'?", **approval}}],
            "outputs": {"sent": "{{send.result}}"}}


LISTENING = {"name": "order", "tasks": [{"name": "paid", "agent_name": "local", "action": "signal", "parameters": {"timeout": "1h"}}],
             "outputs": {"amount": "{{paid.result.amount}}"}}


class Answers(SkeinTest):
    def ask(self, **approval):
        done = self.skein("run", self.file(asking(**approval)), expect=4)
        self.assertRegex(done.stderr, r"'send' asks: Send 'News'[?]( \(for maria: add --as NAME\))?\n  skein approve ")
        return self.json("show", "last", expect=0)["run_id"]

    def types(self):
        return [event["type"] for event in self.events("last")]

    def events(self, run):
        import json
        return [json.loads(line) for line in self.skein("events", run, "--json").stdout.splitlines()]

    def test_a_yes_goes_on_and_repeats_nothing(self):
        self.ask()
        shown = self.json("show", "last")
        self.assertEqual(shown["tasks"][1]["awaits"], {"approval": "Send 'News'?", "parameters": {"value": "sent", "count": 3}})
        self.assertIn("asks: Send 'News'?", self.skein("show", "last").stdout)
        self.assertIn("waits for a person", self.skein("runs").stdout)
        report = self.json("approve", "last", "--set", "count=7", "--set", "value=gone", "--comment", "fewer", "--as", "maria")
        self.assertEqual(report["outputs"], {"sent": {"value": "gone", "count": 7}})
        self.assertEqual(self.types().count("attempt_started"), 2)
        given = next(e for e in self.events("last") if e["type"] == "approval_given")
        self.assertEqual((given["by"], given["comment"], given["set"]), ("maria", "fewer", {"count": 7, "value": "gone"}))

    def test_a_no_fails_the_task_with_the_reason(self):
        self.ask()
        done = self.skein("reject", "last", "send", "--comment", "too early", expect=1, SKEIN_USER="maria")
        self.assertIn("Task 'send' failed: rejected by maria: too early", done.stderr)

    def test_mistakes_say_what_to_do(self):
        self.ask(approvers=["maria"])
        self.assertIn("maria may answer", self.skein("approve", "last", "--as", "paul", expect=1).stderr)
        self.assertIn("task 'sned' asks nothing now; send does", self.skein("approve", "last", "sned", expect=1).stderr)
        self.assertIn("did you mean 'count'?", self.skein("approve", "last", "--as", "maria", "--set", "cuont=1", expect=2).stderr)
        self.assertIn("write it as name=value", self.skein("approve", "last", "--as", "maria", "--set", "count", expect=2).stderr)
        self.skein("approve", "last", "--as", "maria")
        self.assertIn("has ended already: completed", self.skein("approve", "last", expect=1).stderr)
        self.assertIn("has ended already", self.skein("signal", "last", "x", expect=1).stderr)

    def test_a_worker_goes_on_after_an_answer_to_another_process(self):
        self.skein("run", self.file(asking()), "--detach", expect=4)
        worker = self.start("worker", "--json")
        self.eventually("the question", lambda: self.json("show", "last")["status"] == "waiting")
        self.skein("approve", "last", expect=None)
        self.eventually("the end", lambda: self.json("show", "last")["status"] == "completed")
        worker.terminate()

    def test_silence_counts_as_the_file_says(self):
        self.assertIn("nobody answered within", self.skein("run", self.file(asking(timeout="100ms")), expect=1).stderr)
        self.skein("run", self.file(asking(timeout="100ms", on_timeout="approve")))

    def test_signals_bring_their_payload(self):
        self.assertIn("skein signal ", self.skein("run", self.file(LISTENING), expect=4).stderr)
        self.assertIn("--payload", self.skein("signal", "last", "paid", "--payload", "{", expect=2).stderr)
        self.skein("signal", "last", "unrelated", expect=4)
        done = self.skein("signal", "last", "paid", "--payload", '{"amount": 40}')
        self.assertEqual(done.stdout, "amount: 40\n")


if __name__ == "__main__":
    unittest.main()
