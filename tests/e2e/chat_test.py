"""A chat: at a terminal, and as a program that reads lines and writes lines."""

import json
import os
import subprocess
import unittest

from harness import SKEIN, Screen, SkeinTest, kill

SUM = {"tool_calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}]}


class ChatTest(SkeinTest):
    def script(self, *answers, name="script.json"):
        return "scripted/" + self.file({"answers": [{"text": a} if isinstance(a, str) else a for a in answers]}, name)

    def texts(self, session):
        return [part["text"] for m in self.json("sessions", "show", session)["messages"] for part in m["parts"] if part["type"] == "text"]


class Lines(ChatTest):
    def test_lines_in_lines_out(self):
        done = self.skein("chat", "-m", self.script("one", "two\nlines"), "--session", "s", input="first\n\nsecond\n")
        self.assertEqual(done.stdout, "one\ntwo\nlines\n")
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.texts("s"), ["first", "one", "second", "two\nlines"])
        self.assertEqual([r["workflow"] for r in self.runs()], ["chat", "chat"])

    def test_a_session_goes_on_with_the_agent_that_answered_there(self):
        self.skein("chat", "-m", self.script("one", "two"), "--instructions", "Be brief.", "--session", "s", input="first\n")
        self.assertEqual(self.skein("chat", "--session", "s", input="second\n").stdout, "two\n")
        self.assertEqual(self.texts("s"), ["first", "one", "second", "two"])

    def test_tools_are_seen(self):
        done = self.skein("chat", "-m", self.script(SUM, "It is 42."), "-t", "calculator", input="6*7?\n")
        self.assertEqual(done.stdout, "It is 42.\n")
        self.assertIn('calls calculator {"expression":"6*7"}', done.stderr)
        self.assertIn("brings", done.stderr)
        self.assertEqual(self.skein("chat", "-q", "-m", self.script(SUM, "It is 42."), "-t", "calculator", input="6*7?\n").stderr, "")

    def test_json(self):
        lines = self.skein("chat", "--json", "-m", self.script("one"), "--session", "s", input="first\n").stdout.splitlines()
        answer = json.loads(lines[0])
        self.assertEqual(len(lines), 1)
        self.assertEqual((answer["session"], answer["status"], answer["answer"]), ("s", "completed", "one"))

    def test_an_agent_of_a_file(self):
        file = self.file({"name": "desk", "inputs": {"tone": {"type": "string"}},
                          "agents": [{"name": "clerk", "type": "ai_agent", "model": self.script("one"), "instructions": "Be {{ inputs.tone }}."},
                                     {"name": "other", "type": "ai_agent", "model": "ollama/none"}],
                          "tasks": [{"name": "a", "agent_name": "clerk", "action": "answer", "parameters": {"prompt": "x"}}]}, "desk.json")
        self.assertEqual(self.skein("chat", "clerk", "--file", file, "-i", "tone=kind", "--session", "s", input="hi\n").stdout, "one\n")
        self.assertEqual(self.json("sessions", "show", "s")["agent"], "clerk")
        self.assertIn("several agents with a model", self.skein("chat", "--file", file, expect=2, input="").stderr)
        self.assertIn("did you mean 'clerk'?", self.skein("chat", "clark", "--file", file, expect=2, input="").stderr)

    def test_commands(self):
        done = self.skein("chat", "-m", self.script("one"), "--session", "s",
                          input=f"first\n/session\n/model {self.script('uno', 'due', name='other.json')}\nsecond\n/new t\nthird\n/history\n/quit\nnever\n")
        self.assertEqual(done.stdout, "one\ndue\nuno\n")
        self.assertIn("Session 's': 1 turns, 2 messages", done.stderr)
        self.assertIn("you: third", done.stderr)
        self.assertNotIn("you: first", done.stderr)
        self.assertEqual(self.texts("t"), ["third", "uno"])
        wrong = self.skein("chat", "-m", self.script("one"), input="/histroy\n/new s\n/model nonsense\n", expect=1).stderr
        self.assertIn("did you mean '/history'?", wrong)
        self.assertIn("there is a session 's' already", wrong)
        self.assertIn("provider/model", wrong)

    def test_a_turn_that_fails_keeps_nothing_and_the_next_one_goes_on(self):
        refusal = {"error": {"code": "invalid_argument", "message": "no such thing", "retryable": False}}
        done = self.skein("chat", "-m", self.script(refusal, "one"), "--session", "s", input="bad\ngood\n", expect=1)
        self.assertIn("no such thing", done.stderr)
        self.assertEqual(done.stdout, "one\n")
        self.assertEqual(self.texts("s"), ["good", "one"])

    def test_mistakes_are_explained(self):
        self.assertIn("--model PROVIDER/MODEL", self.skein("chat", input="x\n", expect=2).stderr)
        self.assertIn("--file", self.skein("chat", "clerk", input="x\n", expect=2).stderr)
        self.assertIn("the name of a session", self.skein("chat", "--session", " x", "-m", "ollama/x", input="x\n", expect=2).stderr)
        self.assertIn("Examples:", self.skein("chat", "--help").stdout)

    def test_a_killed_chat_is_finished_by_the_next(self):
        model = self.script({**SUM}, {"text": "It is 42.", "delay": "4s"}, "two")
        process = self.start("chat", "-m", model, "-t", "calculator", "--session", "s", stdin=subprocess.PIPE)
        process.stdin.write("6*7?\n")
        process.stdin.flush()
        self.eventually("the second model call", lambda: self.runs() and sum(e["type"] == "model_called" for e in self.events()) == 2)
        kill(process)
        self.assertEqual(self.json("sessions", "list")["sessions"], [])
        done = self.skein("chat", "--session", "s", input="and now?\n")
        self.assertIn("Going on with the answer to: 6*7?", done.stderr)
        self.assertEqual(done.stdout, "It is 42.\ntwo\n")
        self.assertEqual(self.texts("s"), ["6*7?", "It is 42.", "and now?", "two"])
        first = self.runs()[-1]["run_id"]
        events = self.check_journal(first)
        self.assertEqual(sum(e["type"] == "model_called" for e in events), 2)
        self.assertEqual(sum(e["type"] == "tool_called" for e in events), 1)


class OnATerminal(ChatTest):
    def screen(self, *words, columns=100, rows=40):
        return Screen([SKEIN, *words], {**self.environment, "TERM": "xterm-256color"}, columns, rows, self.folder)

    def prompt(self, screen, count):
        """Waits for the prompt of that number."""
        return screen.read_until(lambda raw: raw.count(b"\x1b[36m> \x1b[0m") >= count)

    def write(self, screen, text):
        os.write(screen.master, text.encode())

    def test_a_conversation(self):
        screen = self.screen("chat", "-m", self.script(SUM, "It is 42.", "You are welcome."), "-t", "calculator", "--session", "s")
        self.prompt(screen, 1)
        self.write(screen, "6*7?\n")
        self.prompt(screen, 2)
        self.write(screen, "thanks\n")
        self.prompt(screen, 3)
        self.write(screen, "/help\n")
        self.prompt(screen, 4)
        self.write(screen, "/quit\n")
        self.assertEqual(screen.finish(), 0)
        lines = screen.lines()
        text = "\n".join(lines)
        self.assertIn("session 's'. /help says", text)
        self.assertIn('  calls calculator {"expression":"6*7"}', lines)
        self.assertIn("It is 42.", lines)
        self.assertEqual(sum("It is 42." == line for line in lines), 1, "streamed, and not printed again")
        self.assertIn("You are welcome.", lines)
        self.assertIn("/history [N]", text)
        self.assertIn("Go on with: skein chat --session 's'", text)

    def test_answers_are_shown_as_they_come(self):
        """The scripted model says one word after the other; the first is on the screen before the last is said."""
        screen = self.screen("chat", "-m", self.script("alpha beta gamma"), "--session", "s")
        self.prompt(screen, 1)
        self.write(screen, "go\n")
        self.prompt(screen, 2)
        self.write(screen, "\x04")
        self.assertEqual(screen.finish(), 0)
        self.assertIn("alpha beta gamma", screen.lines())

    def test_ctrl_c_cancels_the_answer_and_twice_leaves(self):
        screen = self.screen("chat", "-m", self.script({"text": "never", "delay": "60s"}), "--session", "s")
        self.prompt(screen, 1)
        self.write(screen, "go\n")
        self.wait_for_task("answer", "running")
        screen.interrupt()
        self.prompt(screen, 2)
        self.assertIn(b"Cancelled; nothing of this turn is kept.", screen.raw)
        screen.interrupt()
        screen.read_until(lambda raw: b"Ctrl-C again, or /quit, leaves." in raw)
        self.prompt(screen, 3)
        screen.interrupt()
        self.assertEqual(screen.finish(), 130)
        self.assertEqual(self.runs()[0]["status"], "cancelled")
        self.assertEqual(self.json("sessions", "list")["sessions"], [])

    def desk(self):
        """A workflow whose agent asks before it calculates."""
        return self.file({"name": "desk", "agents": [{"name": "clerk", "type": "ai_agent", "model": self.script(SUM, "It is 42."),
                                                      "tools": ["calculator"], "approve": ["calculator"]}],
                          "tasks": [{"name": "a", "agent_name": "clerk", "action": "answer", "parameters": {"prompt": "x"}}]}, "desk.json")

    def test_what_a_tool_asks_is_asked_here(self):
        screen = self.screen("chat", "--file", self.desk(), "--session", "s")
        self.prompt(screen, 1)
        self.write(screen, "6*7?\n")
        screen.read_until(lambda raw: b"pprove" in raw and raw.rstrip().endswith(b">"))
        self.write(screen, "y\n")
        self.prompt(screen, 2)
        self.write(screen, "/quit\n")
        self.assertEqual(screen.finish(), 0)
        self.assertIn("It is 42.", screen.lines())
        self.assertEqual(self.texts("s"), ["6*7?", "It is 42."])

    def test_without_a_terminal_a_question_is_left_for_later(self):
        file = self.desk()
        done = self.skein("chat", "--file", file, "--session", "s", input="6*7?\n", expect=4)
        self.assertIn("skein approve", done.stderr)
        self.skein("approve", "last", "-q", expect=None)
        self.eventually("the end of the run", lambda: self.runs()[0]["status"] == "completed")
        self.assertEqual(self.texts("s"), ["6*7?", "It is 42."])

    def test_what_was_said_is_shown_when_it_goes_on(self):
        self.skein("chat", "-m", self.script("one", "two", "three"), "--session", "s", input="a\nb\nc\n")
        screen = self.screen("chat", "--session", "s")
        self.prompt(screen, 1)
        self.write(screen, "/quit\n")
        self.assertEqual(screen.finish(), 0)
        lines = screen.lines()
        self.assertNotIn("you: a", lines)
        self.assertIn("you: b", lines)
        self.assertIn("agent: three", lines)


if __name__ == "__main__":
    unittest.main(verbosity=1)
