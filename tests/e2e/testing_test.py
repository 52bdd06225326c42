"""Test cases of workflows: skein test."""

import json
import pathlib
import unittest
import xml.etree.ElementTree

from harness import Screen, SKEIN, SkeinTest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"

WORKFLOW = {"name": "shop", "inputs": {"what": {"type": "string"}},
            "agents": [{"name": "till", "type": "http_api", "endpoint": "http://127.0.0.1:1/till", "retry_config": {"max_attempts": 3, "initial_delay": 3600, "max_delay": 7200}}],
            "tasks": [{"name": "pay", "agent_name": "till", "action": "/pay", "parameters": {"data": {"for": "{{inputs.what}}"}}},
                      {"name": "thank", "agent_name": "local", "action": "transform", "parameters": {"value": "{{pay.result.sum}} for {{inputs.what}}"}, "depends_on": ["pay"]}],
            "outputs": {"message": "{{thank.result}}"}}
GOOD = {"name": "pays at the third try", "inputs": {"what": "tea"}, "tasks": {"pay": [{"error": {"status": 503}}, {"error": {"code": "timeout"}}, {"result": {"sum": 3}}]},
        "expect": {"outputs": {"message": "3 for tea"}, "tasks": {"pay": {"attempts": 3, "parameters": {"data": {"for": "tea"}}}}}}
BAD = {"name": "is too dear", "inputs": {"what": "gold"}, "tasks": {"pay": {"result": {"sum": 5}}}, "expect": {"outputs": {"message": "3 for gold"}, "status": "failed"}}


class Testing(SkeinTest):
    def cases(self, *cases, name="shop.test.json", workflow="shop.json"):
        self.file(WORKFLOW, "shop.json")
        return self.file(json.dumps({"workflow": workflow, "cases": list(cases)}), name)

    def test_a_case_that_passes(self):
        done = self.skein("test", self.cases(GOOD))
        self.assertEqual(done.stdout.splitlines()[1:], ["  ✓ pays at the third try", "1 case: 1 passed"])
        self.assertEqual(done.stderr, "")
        self.assertFalse(self.store.exists())

    def test_a_case_that_fails_shows_what_differs_and_where(self):
        file = self.cases(GOOD, BAD)
        done = self.skein("test", file, expect=1)
        self.assertEqual(done.stdout.splitlines()[2:],
                         ["  ✗ is too dear", f"      {file}:1", "      status", "        expected failed", "        got      completed",
                          "      outputs.message", '        expected "3 for gold"', '        got      "5 for gold"', "2 cases: 1 passed, 1 failed"])
        report = self.json("test", file, expect=1)
        self.assertEqual((report["passed"], report["failed"], report["invalid_files"]), (1, 1, 0))
        good, bad = report["files"][0]["cases"]
        self.assertEqual((good["passed"], good["attempts"], good["differences"]), (True, 4, []))
        self.assertGreater(good["run_seconds"], 3600)
        self.assertEqual(bad["differences"][1], {"path": "outputs.message", "expected": '"3 for gold"', "got": '"5 for gold"'})

    def test_a_call_that_is_not_faked_is_never_made(self):
        done = self.skein("test", self.cases({**BAD, "tasks": {}}), expect=1)
        self.assertIn("task 'pay' calls agent 'till' of type http_api, and the case does not say what comes of it; add to 'tasks': pay: {result: …}", done.stdout)

    def test_mistakes_are_told_with_their_place(self):
        self.file(WORKFLOW, "shop.json")
        file = self.file("workflow: shop.json\ncases:\n  - name: a\n    inputs: {what: tea}\n    tasks: {pai: {result: 1}}\n    expct: {}\n", "a.test.yaml")
        done = self.skein("test", file, expect=2)
        self.assertIn(f"{file}:5:13: workflow 'shop' has no task 'pai'; did you mean 'pay'?", done.stderr)
        self.assertIn(f"{file}:6:5: unknown key 'expct' in case; did you mean 'expect'?", done.stderr)
        self.assertEqual(done.stdout, "0 cases: 0 passed, 1 file is not valid\n")
        problems = self.json("test", file, expect=2)["files"][0]["problems"]
        self.assertEqual([(p["line"], p["column"]) for p in problems], [(5, 13), (6, 5)])

    def test_folders_are_searched_and_cases_chosen_by_name(self):
        self.cases(GOOD, name="a.test.json")
        (self.folder / "deep" / "er").mkdir(parents=True)
        self.cases(BAD, name="deep/er/b.test.json", workflow="../../shop.json")
        done = self.skein("test", ".", expect=1)
        self.assertIn("./a.test.json\n  ✓ pays at the third try\n./deep/er/b.test.json\n  ✗ is too dear\n", done.stdout)
        self.assertIn("1 case: 1 passed", self.skein("test", ".", "-k", "third").stdout)
        self.assertIn("no case has 'fourth' in its name", self.skein("test", ".", "-k", "fourth", expect=2).stderr)
        (self.folder / "empty").mkdir()
        self.assertIn("there is no test file", self.skein("test", "empty", expect=2).stderr)
        self.assertIn("there is no such file", self.skein("test", "none.test.yaml", expect=2).stderr)

    def test_a_report_for_ci(self):
        bad = self.file("workflow: none.yaml\ncases: [{name: a}]", "bad.test.yaml")
        self.skein("test", self.cases(GOOD, BAD), bad, "--junit", "report.xml", expect=2)
        report = xml.etree.ElementTree.parse(self.folder / "report.xml").getroot()
        self.assertEqual((report.get("tests"), report.get("failures"), report.get("errors")), ("3", "1", "1"))
        failure = report.find(".//failure")
        self.assertEqual(failure.get("message"), "status: expected failed, got completed")
        self.assertIn('outputs.message: expected "3 for gold", got "5 for gold"', failure.text)
        self.assertIn("none.yaml: there is no such file", report.find(".//error").text)
        self.assertIn("cannot be written", self.skein("test", self.cases(GOOD), "--junit", "no/report.xml", expect=2).stderr)

    def test_results_have_colours_on_a_terminal(self):
        screen = Screen([SKEIN, "test", self.cases(GOOD, BAD)], {**self.environment, "TERM": "xterm"})
        self.assertEqual(screen.finish(), 1)
        self.assertIn("\x1b[32m✓".encode(), screen.raw)
        self.assertIn("\x1b[31m✗".encode(), screen.raw)
        plain = Screen([SKEIN, "test", self.cases(GOOD, BAD)], {**self.environment, "TERM": "xterm", "NO_COLOR": "1"})
        plain.finish()
        self.assertNotIn(b"\x1b", plain.raw)

    def test_the_examples_pass(self):
        for name in ("02_sequential", "05_review_loop", "06_undo"):
            self.skein("test", str(EXAMPLES / name))


if __name__ == "__main__":
    unittest.main()
