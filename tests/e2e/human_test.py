"""Questions to people with typed answers: kind human, skein answer."""

import signal
import unittest

from harness import SkeinTest

PATIENCE = 30


def asking(**parameters):
    return {"name": "print", "agents": [{"name": "editor", "type": "human"}],
            "tasks": [{"name": "copies", "agent_name": "editor", "action": "ask",
                       "parameters": {"question": "How many copies?", "answer": {"type": "integer", "minimum": 1}, **parameters}},
                      {"name": "double", "agent_name": "local", "action": "transform", "parameters": {"value": "{{ copies.result * 2 }}"}}],
            "outputs": {"sheets": "{{ double.result }}", "by": "{{ copies.metadata.by }}"}}


class Human(SkeinTest):
    def ask(self, **parameters):
        done = self.skein("run", self.file(asking(**parameters)), expect=4)
        self.assertRegex(done.stderr, r"'copies' asks: How many copies[?]( \(for ann: add --as NAME\))?\n  skein answer ")
        self.assertIn("an integer, at least 1", done.stderr)

    def test_the_answer_has_the_type_that_was_asked_for(self):
        self.ask()
        task = self.json("show", "last")["tasks"][0]
        self.assertNotIn("due", task, "nothing ends the waiting")
        self.assertEqual(task["awaits"], {"question": "How many copies?", "answer": {"type": "integer", "minimum": 1}})
        report = self.json("answer", "last", "copies", "3", "--as", "ann", "--comment", "as last year")
        self.assertEqual(report["outputs"], {"sheets": 6, "by": "ann"})
        self.assertEqual(report["tasks"][0]["metadata"], {"by": "ann", "comment": "as last year"})

    def test_a_wrong_answer_is_refused_and_changes_nothing(self):
        self.ask(to=["ann"])
        for words, said in {("copies", "many"): "the answer must be an integer, at least 1, got 'many'", ("copies", "0"): "at least 1",
                            ("copies", "3", "4"): "put it in quotes", ("copeis", "3"): "asks nothing now", ("copies", "3", "--item", "x"): "--item takes"}.items():
            self.assertIn(said, self.skein("answer", "last", *words, "--as", "ann", expect=None).stderr)
        self.assertIn("ann may answer", self.skein("answer", "last", "copies", "3", "--as", "ben", expect=1).stderr)
        self.assertIn("The answer must be an integer", self.skein("answer", "last", "--as", "ann", expect=2).stderr)
        self.assertEqual(self.json("show", "last")["status"], "waiting")
        self.skein("answer", "last", "copies", "3", "--as", "ann")

    def test_an_answer_outlives_a_crash_and_is_given_by_another_process(self):
        process = self.start("worker")
        run = self.skein("run", self.file(asking()), "--detach", expect=4).stdout.strip()
        self.eventually("the question", lambda: self.json("show", run)["tasks"][0].get("awaits"))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=PATIENCE)
        self.assertEqual(self.json("answer", run, "copies", "2")["outputs"]["sheets"], 4)
        self.assertEqual([e["type"] for e in self.events(run)].count("attempt_started"), 2)

    def test_nobody_answers_in_time(self):
        self.ask_and_wait(timeout=0.2, default=5)
        self.assertEqual(self.json("show", "last")["outputs"], {"sheets": 10, "by": "timeout"})
        self.ask_and_wait(expect=1, timeout=0.2)
        self.assertIn("nobody answered", self.json("show", "last")["error"])

    def ask_and_wait(self, expect=0, **parameters):
        self.skein("run", self.file(asking(**parameters)), expect=expect)

    def test_each_item_asks_and_is_answered_by_its_number(self):
        workflow = asking(question="How many of {{ item }}?")
        workflow["parallel_execution"] = True
        workflow["tasks"][0]["for_each"] = ["maps", "books"]
        workflow["tasks"][1].update(parameters={"value": "{{ copies.result }}"}, depends_on=["copies"])
        workflow["outputs"] = {"all": "{{ double.result }}"}
        self.skein("run", self.file(workflow), expect=4)
        self.skein("answer", "last", "copies", "20", "--item", "1", expect=4)
        self.assertEqual(self.json("answer", "last", "copies", "10")["outputs"], {"all": [10, 20]})

    def test_signals_cannot_pretend_to_be_answers(self):
        self.ask()
        self.skein("signal", "last", "answer:copies", "--payload", '{"value": 3}', expect=4)
        self.assertEqual(self.json("show", "last")["status"], "waiting")


if __name__ == "__main__":
    unittest.main()
