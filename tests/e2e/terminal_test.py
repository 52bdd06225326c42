"""What people see on a terminal, through a pseudo terminal."""

import re
import unittest

from harness import SKEIN, Screen, SkeinTest, failing, hello

RETRYING = {"name": "retrying", "parallel_execution": True, "agents": [{"name": "glue", "type": "local"}, {"name": "program", "type": "exec", "command": "sh", "args": ["-c", "exit 75"],
            "retry_config": {"max_attempts": 2, "initial_delay": 0.6, "jitter": False}}],
            "tasks": [{"name": "flaky", "agent_name": "program", "action": "go", "continue_on_failure": True},
                      {"name": "after", "agent_name": "glue", "action": "transform", "parameters": {"value": "done"}, "depends_on": ["flaky"]}]}


class OnATerminal(SkeinTest):
    def screen(self, *words, columns=100, rows=30, **environment):
        return Screen([SKEIN, *words], {**self.environment, "TERM": "xterm-256color", **environment}, columns, rows, self.folder)

    def test_progress_is_painted_over_and_ends_as_a_summary(self):
        screen = self.screen("run", self.file(hello(seconds=0.5)))
        self.assertEqual(screen.finish(), 0)
        lines = screen.lines()
        self.assertRegex(lines[0], r"^✓ hello  completed  3/3 tasks  0\.[5-9]s  [0-9a-f]{8}-[0-9a-f]{4}$")
        self.assertRegex(lines[1], r"^  ━{48} 100%$")
        self.assertRegex(lines[2], r"^  ✓ greet +0\.\ds$")
        self.assertRegex(lines[3], r"^  ✓ pause +0\.[5-9]s$")
        self.assertEqual(lines[6], "message: hello world!")
        self.assertEqual(sum("hello  completed" in line for line in lines), 1)
        self.assertIn("waiting until", screen.raw.decode())
        self.assertIn("needs pause", screen.raw.decode())

    def test_retries_are_counted_down(self):
        screen = self.screen("run", self.file(RETRYING))
        screen.finish()
        self.assertRegex(screen.raw.decode(), r"retry in 0\.[3-6]s")
        self.assertRegex("\n".join(screen.lines()), r"✗ flaky +\d\.\ds  attempt 2  ")

    def test_no_color(self):
        screen = self.screen("run", self.file(hello()), NO_COLOR="1")
        screen.finish()
        self.assertIsNone(re.search(r"\x1b\[\d*m", screen.raw.decode()))
        self.assertIn("✓ hello  completed", "\n".join(screen.lines()))

    def test_ascii(self):
        screen = self.screen("run", self.file(hello()), LANG="C")
        screen.finish()
        screen.raw.decode("ascii")
        self.assertIn("+ hello  completed", "\n".join(screen.lines()))

    def test_a_dumb_terminal_gets_plain_lines(self):
        screen = self.screen("run", self.file(hello()), TERM="dumb")
        screen.finish()
        self.assertNotIn(b"\x1b", screen.raw)
        self.assertRegex(screen.lines()[1], r"^\d\d:\d\d:\d\d greet   started \(attempt 1\)$")

    def test_nothing_is_wider_or_taller_than_the_terminal(self):
        workflow = hello()
        workflow["tasks"] += [{"name": f"a_task_with_a_rather_long_name_{i}", "agent_name": "glue", "action": "transform", "parameters": {"value": i}, "depends_on": ["finish"]} for i in range(40)]
        screen = self.screen("run", self.file(workflow), "--quiet", columns=40, rows=12)
        screen.finish()
        screen = self.screen("run", self.file(workflow), columns=40, rows=12)
        self.assertEqual(screen.finish(), 0)
        picture = [line for line in screen.lines() if line and not line.startswith("message")]
        self.assertLessEqual(len(picture), 12)
        self.assertLessEqual(max(map(len, picture)), 40)
        self.assertIn("tasks have ended", "\n".join(picture))

    def test_a_failure_stays_on_the_screen(self):
        screen = self.screen("run", self.file(failing()))
        self.assertEqual(screen.finish(), 1)
        text = "\n".join(screen.lines())
        self.assertRegex(text, r"✗ bad +0\.\ds  .*the well is dry")
        self.assertIn("skein: the run failed", text)

    def test_ctrl_c(self):
        screen = self.screen("run", self.file(hello(seconds=60)))
        screen.read_until(lambda raw: b"waiting until" in raw)
        screen.interrupt()
        self.assertEqual(screen.finish(), 130)
        text = "\n".join(screen.lines())
        self.assertIn("interrupted", text)
        self.assertIn("skein resume ", text)

    def test_json_keeps_progress_and_result_apart(self):
        done = self.skein("run", self.file(hello()), "--json")
        self.assertEqual(done.stderr, "")

    def test_tables_fit(self):
        self.skein("run", self.file(failing()), expect=1)
        for words in (["runs"], ["show", "last"], ["events", "last"], ["doctor"]):
            screen = self.screen(*words, columns=60)
            screen.finish()
            if words != ["doctor"]:
                self.assertLessEqual(max(len(line) for line in screen.lines() if "skein show" not in line), 60, words)

    def test_json_is_indented_for_people(self):
        self.skein("run", self.file(hello()), "-q")
        screen = self.screen("runs", "--json")
        screen.finish()
        self.assertGreater(len(screen.lines()), 10)


if __name__ == "__main__":
    unittest.main(verbosity=1)
