"""Workflows whose agents and tasks stand in several files."""

import unittest

from harness import SkeinTest

FLOW = """
name: letters
inputs: {topic: string}
include:
  - {file: parts/mail.yaml, parameters: {to: readers, subject: "News of {{ inputs.topic }}"}}
  - {file: parts/mail.yaml, parameters: {to: editors, subject: Copy}}
outputs: {sent: "{{ [send_readers.result, send_editors.result] }}"}
"""

MAIL = """
parameters: {to: string, subject: string}
include: [agents.yaml]
tasks:
  - name: "send_{{ parameters.to }}"
    agent_name: mailer
    action: transform
    approval: {message: "Send to {{ parameters.to }}?"}
    parameters: {value: "{{ parameters.to }}: {{ parameters.subject | ascii_upcase }}"}
"""


class Include(SkeinTest):
    def setUp(self):
        super().setUp()
        (self.folder / "parts").mkdir()
        self.file(MAIL, "parts/mail.yaml")
        self.file("agents: [{name: mailer, type: local}]\n", "parts/agents.yaml")
        self.flow = self.file(FLOW, "flow.yaml")

    def test_a_run_keeps_what_the_files_held(self):
        self.skein("run", self.flow, "-i", "topic=geese", expect=4)
        self.file("tasks: [", "parts/mail.yaml")
        (self.folder / "parts/agents.yaml").unlink()
        self.skein("approve", "last", "send_readers", expect=4)
        self.skein("approve", "last", "send_editors")
        shown = self.json("show", "last")
        self.assertEqual(shown["outputs"], {"sent": ["readers: NEWS OF GEESE", "editors: COPY"]})

    def test_problems_name_the_file_they_are_in(self):
        self.file(MAIL.replace("agent_name: mailer", "agent_name: maler"), "parts/mail.yaml")
        done = self.skein("validate", "flow.yaml", expect=2)
        self.assertIn("parts/mail.yaml:6:17: Task 'send_readers' references undefined agent 'maler'; did you mean 'mailer'?\n", done.stderr)
        report = self.json("validate", "flow.yaml", expect=2)
        self.assertEqual({(p["file"], p["line"], p["pointer"]) for p in report["files"][0]["problems"]},
                         {("parts/mail.yaml", 6, "/tasks/0/agent_name")})


if __name__ == "__main__":
    unittest.main(verbosity=1)
