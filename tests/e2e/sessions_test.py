"""Conversations that go on over runs: what is said is in a session once, whatever happens meanwhile."""

import json
import random
import subprocess
import unittest

from harness import SkeinTest, kill

SUM = {"tool_calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}]}


def talking(script, **agent):
    return {"name": "talking", "inputs": {"user": {"type": "string", "default": "ann"}, "text": {"type": "string", "default": "hello"}},
            "agents": [{"name": "clerk", "type": "ai_agent", "model": f"scripted/{script}", "session": "{{ inputs.user }}", **agent}],
            "tasks": [{"name": "answer", "agent_name": "clerk", "action": "answer", "parameters": {"prompt": "{{ inputs.text }}"}}],
            "outputs": {"answer": "{{ answer.result.output }}"}}


class Sessions(SkeinTest):
    def script(self, *answers, name="script.json"):
        return self.file({"answers": [{"text": a} if isinstance(a, str) else a for a in answers]}, name)

    def messages(self, session="ann"):
        return self.json("sessions", "show", session)["messages"]

    def texts(self, session="ann"):
        """What was said, in order."""
        return [part["text"] for m in self.messages(session) for part in m["parts"] if part["type"] == "text"]

    def run_once(self, workflow, text, *words, expect=0):
        return self.json("run", workflow, "-i", f"text={text}", *words, expect=expect)

    def test_the_next_run_goes_on_where_the_last_one_ended(self):
        # The script's second answer is for whoever hears the first one.
        workflow = self.file(talking(self.script("one", "two")))
        self.assertEqual(self.run_once(workflow, "first")["outputs"]["answer"], "one")
        self.assertEqual(self.run_once(workflow, "second")["outputs"]["answer"], "two")
        self.assertEqual(self.run_once(workflow, "elsewhere", "-i", "user=bob")["outputs"]["answer"], "one")
        self.assertEqual(self.texts(), ["first", "one", "second", "two"])
        listed = self.json("sessions", "list")["sessions"]
        self.assertEqual([(s["session"], s["turns"], s["messages"], s["agent"]) for s in listed], [("bob", 1, 2, "clerk"), ("ann", 2, 4, "clerk")])
        self.assertEqual(self.skein("sessions", "list", "--names", "--prefix", "a").stdout, "ann\n")

    def test_what_tools_brought_is_part_of_it(self):
        workflow = self.file(talking(self.script(SUM, "It is 42.", "I said 42."), tools=["calculator"]))
        self.run_once(workflow, "6*7?")
        self.assertEqual(self.run_once(workflow, "What did you say?")["outputs"]["answer"], "I said 42.")
        shown = self.skein("sessions", "show", "ann").stdout
        self.assertIn("you: 6*7?", shown)
        self.assertIn("  calls calculator", shown)
        self.assertIn("  calculator brings 42", shown)
        self.assertIn("clerk: I said 42.", shown)
        last = self.skein("sessions", "show", "ann", "--last", "1").stdout
        self.assertNotIn("6*7?", last)
        self.assertIn("I said 42.", last)

    def test_a_run_keeps_what_it_said_and_no_more(self):
        workflow = self.file(talking(self.script("one", "two")))
        self.run_once(workflow, "first")
        self.run_once(workflow, "second")
        metadata = [e for e in self.events() if e["type"] == "task_completed"][0]["metadata"]
        self.assertEqual(metadata["session"], {"name": "ann", "length": 4})
        self.assertEqual([m["parts"][0]["text"] for m in metadata["messages"]], ["second", "two"])
        started = [e for e in self.events() if e["type"] == "attempt_started"][0]
        self.assertEqual((started["session"]["name"], started["session"]["length"]), ("ann", 2))

    def test_of_two_runs_at_once_one_is_refused(self):
        workflow = self.file(talking(self.script({"text": "one", "delay": "3s"})))
        both = [self.start("run", workflow, "-i", f"text={n}", "--json") for n in ("a", "b")]
        reports = [json.loads(p.communicate(timeout=30)[0]) for p in both]
        self.assertEqual(sorted(r["status"] for r in reports), ["completed", "failed"])
        error = next(r["error"] for r in reports if r["status"] == "failed")
        self.assertIn("the session 'ann' went on while this turn was under way", error)
        self.assertEqual(len(self.messages()), 2)

    def test_a_branch_goes_on_by_itself(self):
        workflow = self.file(talking(self.script("one", "two", "three")))
        for text in ("a", "b"):
            self.run_once(workflow, text)
        made = self.json("sessions", "branch", "ann", "other", "--turn", "1")
        self.assertEqual((made["session"], made["turns"], made["origin"]), ("other", 1, "ann at turn 1"))
        self.run_once(workflow, "c", "-i", "user=other")
        self.assertEqual(self.texts("other"), ["a", "one", "c", "two"])
        self.assertEqual(self.texts("ann"), ["a", "one", "b", "two"])
        self.skein("sessions", "delete", "ann")
        self.assertEqual(self.texts("other"), ["a", "one", "c", "two"])

    def test_a_deleted_session_harms_no_run(self):
        workflow = self.file(talking(self.script("one", "two")))
        self.run_once(workflow, "a")
        self.run_once(workflow, "b")
        self.assertEqual(self.json("sessions", "delete", "ann"), {"deleted": "ann", "messages": 4})
        self.assertEqual(self.skein("sessions", "show", "ann", expect=2).stderr.count("there is no session 'ann'"), 1)
        for run in self.runs():
            self.skein("replay", run["run_id"])
            self.skein("show", run["run_id"])
        self.assertEqual(self.run_once(workflow, "c")["outputs"]["answer"], "one")

    def test_deleting_ends_the_turn_under_way(self):
        self.run_once(self.file(talking(self.script("one"))), "a")
        slow = self.file(talking(self.script("one", {"text": "two", "delay": "2s"}, name="slow.json")), "slow_workflow.json")
        process = self.start("run", slow, "--json")
        self.wait_for_task("answer", "running")
        self.skein("sessions", "delete", "ann")
        report = json.loads(process.communicate(timeout=30)[0])
        self.assertEqual(report["status"], "failed")
        self.assertIn("the session 'ann' was deleted while this turn was under way", report["error"])
        self.assertEqual(self.json("sessions", "list")["sessions"], [])

    def test_mistakes_are_explained(self):
        self.run_once(self.file(talking(self.script("one"))), "a")
        self.assertIn("did you mean 'ann'?", self.skein("sessions", "show", "anne", expect=2).stderr)
        self.assertIn("--turn is a number from 1 to 1", self.skein("sessions", "branch", "ann", "b", "--turn", "2", expect=2).stderr)
        self.assertIn("there is a session 'ann' already", self.skein("sessions", "branch", "ann", "ann", expect=1).stderr)
        for words in (["list"], ["show"], ["branch"], ["delete"]):
            self.assertIn("Examples:", self.skein("sessions", *words, "--help").stdout)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("skein sessions list --names", self.skein("completion", shell).stdout)

    def test_no_message_is_lost_or_doubled_by_kills(self):
        """Turns with a tool each; the process is killed at any moment and the run resumed until it has ended."""
        answers = []
        turns = 4
        for turn in range(turns):
            answers += [{**SUM, "delay": "60ms"}, {"text": f"answer {turn}", "delay": "60ms"}]
        workflow = self.file(talking(self.script(*answers), tools=["calculator"]))
        chance = random.Random(7)
        kills = 0
        for turn in range(turns):
            run = self.skein("run", workflow, "-i", f"text=question {turn}", "--detach", expect=4).stdout.strip()
            patience = 0.35
            while True:
                patience += 0.05  # a busy machine must come to an end too
                process = self.start("resume", run, "-q")
                try:
                    process.wait(timeout=chance.uniform(0.02, patience))
                except subprocess.TimeoutExpired:
                    kill(process)
                    kills += 1
                    continue
                break
            report = self.json("show", run)
            self.assertEqual(report["status"], "completed", report)
            events = self.check_journal(run)
            asked = [e for e in events if e["type"] == "model_called"]
            self.assertEqual(len(asked), 2, "an answer that is journaled is not asked for again")
        self.assertGreater(kills, 0)
        expected = []
        for turn in range(turns):
            expected += [f"question {turn}", f"answer {turn}"]
        self.assertEqual(self.texts(), expected)
        messages = self.messages()
        self.assertEqual(len(messages), 4 * turns)
        self.assertEqual([m["turn"] for m in messages], [1 + i // 4 for i in range(4 * turns)])
        self.assertEqual(self.json("sessions", "list")["sessions"][0]["turns"], turns)


if __name__ == "__main__":
    unittest.main(verbosity=1)
