import unittest

from checker import CheckerTest


class CheckGuarantees(CheckerTest):
    checker = "check-guarantees"

    def setUp(self):
        super().setUp()
        self.write("src/base/a_test.cpp", "TEST(Alpha, Holds) {}\nTEST_F(EngineTest, GoesOn) {}\nTEST_P(Stores,\n       Conform) {}\n")
        self.write("tests/e2e/b_test.py", "class Crashed(SkeinTest):\n    def helper(self):\n        pass\n\n    def test_goes_on(self):\n        pass\n")
        self.write("tests/crash/suite.py", 'problem(f"{n} acknowledged runs "\n        "are lost")\nproblem(f"was called {n} times")\n')

    def proof(self, text):
        self.write("docs/guarantees.md", "# Guarantees\n\n| promise | " + text + " |\n")

    def test_proofs_that_exist(self):
        self.proof("`Alpha.Holds`, `EngineTest.GoesOn`, `Stores.Conform`, `Crashed.test_goes_on` and `EngineTest`; `other.words`, `code`")
        self.assert_clean()

    def test_a_test_that_does_not_exist(self):
        self.proof("`Alpha.Holds`, `Alpha.Falls`")
        self.assert_one("docs/guarantees.md:3: ", "Alpha.Falls")

    def test_a_method_that_is_no_test(self):
        self.proof("`Crashed.helper`")
        self.assert_one("docs/guarantees.md:3: ", "Crashed.helper")

    def test_a_suite_that_does_not_exist(self):
        self.proof("`OmegaTest`")
        self.assert_one("docs/guarantees.md:3: ", "OmegaTest")

    def test_words_of_the_crash_suite(self):
        self.proof('crash suite: "acknowledged runs are lost", "was called N times"')
        self.assert_clean()
        self.proof('crash suite: "acknowledged runs are found"')
        self.assert_one("docs/guarantees.md:3: ", "acknowledged runs are found")

    def test_a_document_without_proofs(self):
        self.proof("trust us")
        self.assert_one("docs/guarantees.md: ", "no proof")


if __name__ == "__main__":
    unittest.main()
