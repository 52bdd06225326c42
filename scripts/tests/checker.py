"""What the tests of the checkers share: a little source tree, and a checker run over it as its users run it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent


class CheckerTest(unittest.TestCase):
    checker = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="skein-checker-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("scripts/floors.txt", (SCRIPTS / "floors.txt").read_text())

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def findings(self):
        done = subprocess.run([sys.executable, SCRIPTS / self.checker, "--root", self.root], capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)
        return lines

    def assert_clean(self):
        self.assertEqual(self.findings(), [])

    def assert_one(self, begin, *parts):
        found = self.findings()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(begin), found[0])
        self.assertIn("; ", found[0])
        for part in parts:
            self.assertIn(part, found[0])
