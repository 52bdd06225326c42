"""Every command once for real: what it prints, as text and as JSON, and how it exits."""

import json
import sqlite3
import contextlib
import os
import shutil
import stat
import subprocess
import unittest

from harness import SKEIN, SkeinTest, failing, hello

COMMANDS = ["run", "resume", "approve", "reject", "answer", "signal", "cancel", "compensate", "retry", "fork", "replay", "diff", "worker", "runs", "show", "events", "init", "validate", "test", "graph", "agent run", "models", "models list", "tools list", "tools show", "tools call", "prune", "doctor", "completion", "version"]


class Help(SkeinTest):
    def test_every_command_explains_itself_with_two_examples_or_more(self):
        overview = self.skein("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"  {command} ", overview)
            text = self.skein(*command.split(), "--help").stdout
            examples = text.split("Examples:")[1]
            self.assertGreaterEqual(examples.count("skein "), 2, command)
            self.assertIn("--json", text)
        self.assertFalse(self.store.exists())

    def test_mistakes_are_two_lines_and_exit_2(self):
        for words, told in [
            (["rnu"], "did you mean 'run'"),
            (["run", "x.yaml", "--stor", "y"], "did you mean '--store'"),
            (["run"], "FILE is missing"),
            (["runs", "--status", "done"], "it is one of"),
            (["runs", "--since", "yesterday"], "neither a duration"),
            (["prune", "--older-than", "old", "--yes"], "not a duration"),
            (["prune"], "--older-than is missing"),
            (["run", "none.yaml"], "none.yaml"),
            (["tools", "lst"], "did you mean 'list'"),
            (["tools", "show", "calculater"], "did you mean 'calculator'"),
            (["agent", "run", "hello"], "set SKEIN_MODEL"),
            (["agent", "run", "hello", "-m", "gpt-4o"], "did you mean 'openai/gpt-4o'"),
            (["agent", "run", "", "-m", "ollama/x"], "TASK is empty"),
            (["agent", "run", "hello", "-m", "ollama/x", "-t", "calculater"], "did you mean 'calculator'"),
            (["models", "list", "opnai"], "it is one of"),
            (["runs", "--limit", "0"], "from 1"),
            (["runs", "--limit", "many"], "--limit takes a whole number"),
            (["worker", "--shards", "-1"], "--shards takes a whole number"),
        ]:
            done = self.skein(*words, expect=2)
            self.assertIn(told, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertLessEqual(done.stderr.count("\n"), 3)

    def test_errors_are_json_too(self):
        self.assertEqual(self.json("run", "none.yaml", expect=2)["error"]["code"], "invalid_definition")
        self.assertEqual(self.json("show", "last", expect=2)["error"]["code"], "not_found")

    def test_version(self):
        self.assertRegex(self.skein("version").stdout, r"^skein \d+\.\d+\.\d+\n$")
        self.assertEqual(self.skein("--version").stdout, self.skein("version").stdout)
        self.assertIn("version", self.json("version"))


class Run(SkeinTest):
    def test_prints_the_result_on_stdout_and_events_on_stderr(self):
        done = self.skein("run", self.file(hello()), "-i", "name=Ada")
        self.assertEqual(done.stdout, "message: hello Ada!\n")
        self.assertRegex(done.stderr, r"\d\d:\d\d:\d\d greet   started \(attempt 1\)\n")
        self.assertRegex(done.stderr, r"\d\d:\d\d:\d\d run     completed\n$")
        self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_quiet_shows_only_the_result(self):
        done = self.skein("run", self.file(hello()), "--quiet")
        self.assertEqual((done.stdout, done.stderr), ("message: hello world!\n", ""))

    def test_json_is_one_report_and_nothing_else(self):
        done = self.skein("run", self.file(hello()), "--json")
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        self.assertEqual(report["status"], "completed")
        self.assertEqual(report["outputs"], {"message": "hello world!"})
        self.assertEqual([t["status"] for t in report["tasks"]], ["completed", "completed"])

    def test_without_outputs_the_last_task_is_the_result(self):
        workflow = hello()
        del workflow["outputs"]
        self.assertEqual(self.skein("run", self.file(workflow), "-q").stdout, "hello world!\n")

    def test_inputs_from_a_file_standard_input_and_the_command_line(self):
        path = self.file(hello())
        self.file({"name": "file", "times": 3}, "inputs.json")
        self.assertEqual(self.json("run", path, "--inputs", "inputs.json")["inputs"], {"name": "file", "times": 3})
        self.assertEqual(self.json("run", path, "--inputs", "inputs.json", "-i", "name=a=b")["inputs"]["name"], "a=b")
        self.assertEqual(self.json("run", path, "--inputs", "-", input='{"name": "stdin"}')["inputs"]["name"], "stdin")

    def test_bad_inputs_are_refused_before_anything_runs(self):
        path = self.file(hello())
        self.file("[1]", "list.json")
        self.file("{", "broken.json")
        for words, told in [
            (["-i", "nmae=x"], "did you mean 'name'"),
            (["-i", "name"], "name=value"),
            (["-i", "times=many"], "times"),
            (["-i", "times=1.5"], "times"),
            (["--inputs", "none.json"], "cannot be read"),
            (["--inputs", "list.json"], "array"),
            (["--inputs", "broken.json"], "broken.json"),
        ]:
            self.assertIn(told, self.skein("run", path, *words, expect=2).stderr)
        self.assertEqual(self.runs(), [])

    def test_exit_codes_of_failures(self):
        done = self.skein("run", self.file(failing()), expect=1)
        self.assertIn("the well is dry", done.stderr)
        self.assertIn("skein show ", done.stderr)
        partial = self.file(failing("partial_completion_allowed"))
        self.assertEqual(self.json("run", partial)["status"], "partially_completed")
        self.skein("run", partial, "--strict", expect=3)

    def test_invalid_files_show_every_problem(self):
        path = self.file("name: x\nagents:\n  - name: a\n    type: local\ntasks:\n  - name: t\n    agent_name: b\n    action: transform\n    depends_on: [nobody]\n    colour: red\n", "bad.yaml")
        told = self.skein("run", path, expect=2).stderr
        for part in ("bad.yaml:7:", "bad.yaml:9:", "bad.yaml:10:", "undefined agent 'b'", "nobody", "colour"):
            self.assertIn(part, told)
        self.assertFalse(self.store.exists())

    def test_memory_leaves_nothing_behind(self):
        self.assertEqual(self.skein("run", self.file(hello()), "-q", "--durability", "memory").stdout, "message: hello world!\n")
        self.assertFalse(self.store.exists())
        self.assertIn("--detach", self.skein("run", self.file(hello()), "--detach", "--durability", "memory", expect=2).stderr)

    def test_normal_durability(self):
        self.skein("run", self.file(hello()), "-q", "--durability", "normal")
        self.assertEqual(self.runs()[0]["status"], "completed")

    def test_debug_logs_on_standard_error(self):
        self.assertEqual(self.skein("run", self.file(hello()), "--debug").stdout, "message: hello world!\n")


class Look(SkeinTest):
    def setUp(self):
        super().setUp()
        self.good = self.json("run", self.file(hello()))["run_id"]
        self.bad = self.json("run", self.file(failing()), expect=1)["run_id"]

    def test_runs_filters(self):
        ids = lambda *words: [r["run_id"] for r in self.json("runs", *words)["runs"]]
        self.assertEqual(ids(), [self.bad, self.good])
        self.assertEqual(ids("--status", "failed"), [self.bad])
        self.assertEqual(ids("--workflow", "hello"), [self.good])
        self.assertEqual(ids("--limit", "1"), [self.bad])
        self.assertEqual(ids("--since", "1h"), [self.bad, self.good])
        self.assertEqual(ids("--since", "2100-01-01"), [])
        table = self.skein("runs").stdout.splitlines()
        self.assertRegex(table[0], r"^RUN +WORKFLOW +STATUS +TASKS +CREATED +TOOK")
        self.assertIn("the well is dry", table[1])
        self.assertEqual(self.skein("runs", "--ids").stdout.split(), [self.bad, self.good])

    def test_show_by_id_beginning_and_last(self):
        text = self.skein("show", self.good).stdout
        for part in (self.good, "completed", "greet", "hello world!"):
            self.assertIn(part, text)
        self.assertEqual(self.json("show", self.good[:23])["run_id"], self.good)
        self.assertEqual(self.json("show", "last")["run_id"], self.bad)
        self.assertIn("the well is dry", self.skein("show", "last").stdout)
        self.assertEqual(self.skein("show", self.good, "--task", "greet").stdout, "hello world\n")
        self.assertEqual(self.json("show", self.good, "--task", "greet")["result"], "hello world")
        self.assertEqual(self.skein("show", self.good, "--outputs").stdout, "message: hello world!\n")
        self.assertIn("did you mean 'greet'", self.skein("show", self.good, "--task", "greeet", expect=2).stderr)

    def test_unknown_and_ambiguous_runs(self):
        self.assertIn("there is no run", self.skein("show", "01234567-89ab-7cde-8f01-23456789abcd", expect=2).stderr)
        self.assertIn("no run whose id begins", self.skein("show", "ffffffff", expect=2).stderr)
        self.assertIn("too short", self.skein("show", "0", expect=2).stderr)
        self.assertIn("several runs begin", self.skein("show", self.good[:4], expect=2).stderr)
        for command in ("events", "resume", "cancel"):
            self.skein(command, "ffffffff", expect=2)

    def test_events(self):
        events = self.check_journal(self.good)
        self.assertEqual([e["type"] for e in events], ["run_created", "attempt_started", "task_completed", "attempt_started", "task_completed", "run_completed"])
        self.assertEqual({e["run_id"] for e in events}, {self.good})
        self.assertIn("started (attempt 1)", self.skein("events", self.good).stdout)
        self.assertEqual(self.skein("events", self.good, "--follow").stdout, self.skein("events", self.good).stdout)

    def test_resume_and_cancel_of_an_ended_run(self):
        done = self.skein("resume", self.good)
        self.assertIn("nothing to resume", done.stderr)
        self.assertEqual(done.stdout, "message: hello world!\n")
        self.skein("resume", self.bad, expect=1)
        self.assertIn("has ended (completed)", self.skein("cancel", self.good, expect=1).stderr)

    def test_a_reader_that_leaves_is_no_error(self):
        for words in (["runs"], ["show", "last"], ["events", "last"], ["--help"]):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([SKEIN, *words], stdout=writer, stderr=subprocess.PIPE, text=True, env=self.environment, timeout=30)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SKEIN, "runs"], stdout=full, stderr=subprocess.PIPE, text=True, env=self.environment, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output cannot be written", done.stderr)

    def test_prune(self):
        self.assertIn("Would delete 2 runs", self.skein("prune", "--older-than", "0s", "--dry-run").stdout)
        self.assertIn("add --yes", self.skein("prune", "--older-than", "0s", expect=2).stderr)
        self.assertEqual(self.json("prune", "--older-than", "1h", "--yes")["runs"], 0)
        self.assertEqual(self.json("prune", "--older-than", "0s", "--status", "failed", "--yes")["runs"], 1)
        self.assertEqual([r["run_id"] for r in self.runs()], [self.good])

    def test_doctor(self):
        report = self.json("doctor")
        self.assertNotEqual(report["status"], "fail")
        names = [check["name"] for check in report["checks"]]
        for name in ("versions", "store", "free space", "disk sync", "agent kinds", "terminal", "circuit breakers"):
            self.assertIn(name, names)
        self.assertIn("2 runs", self.skein("doctor").stdout)


class Files(SkeinTest):
    def test_a_fresh_machine_has_no_runs(self):
        done = self.skein("runs")
        self.assertIn("No runs yet", done.stderr)
        self.assertEqual(self.json("runs"), {"runs": []})
        self.assertFalse(self.store.exists())
        self.skein("doctor")
        self.assertFalse(self.store.exists())

    def test_init_writes_a_file_that_runs_and_never_overwrites(self):
        self.skein("init", "mine.yaml")
        before = (self.folder / "mine.yaml").read_text()
        self.assertIn("exists already", self.skein("init", "mine.yaml", expect=2).stderr)
        self.assertEqual((self.folder / "mine.yaml").read_text(), before)
        self.skein("validate", "mine.yaml")
        self.assertIn("Hello, Ada! I counted to 3 on Linux.", self.skein("run", "mine.yaml", "-q", "-i", "name=Ada").stdout)
        self.assertEqual(self.skein("init", "-").stdout, before)
        self.assertIn("cannot be written", self.skein("init", "no/such/folder.yaml", expect=2).stderr)
        self.assertIn("ends in .yaml", self.skein("init", "mine.txt", expect=2).stderr)
        self.assertEqual(self.json("init", "other.yaml"), {"file": "other.yaml"})

    def test_validate_many_files(self):
        good, bad = self.file(hello(), "good.json"), self.file("name: x\n", "bad.yaml")
        self.assertIn("good.json: valid", self.skein("validate", good).stdout)
        done = self.skein("validate", good, bad, expect=2)
        self.assertIn("bad.yaml: ", done.stderr)
        report = self.json("validate", good, bad, "none.yaml", expect=2)
        self.assertEqual([f["valid"] for f in report["files"]], [True, False, False])
        self.assertTrue(all(f["valid"] or f["problems"] for f in report["files"]))
        self.assertTrue(all("message" in p for f in report["files"] for p in f["problems"]))

    def test_graph(self):
        text = self.skein("graph", self.file(hello())).stdout
        self.assertTrue(text.startswith("flowchart TD\n"))
        self.assertIn("t0 --> t1", text)
        document = self.json("graph", self.file(hello()))
        self.assertEqual(document["edges"], [{"from": "greet", "to": "finish"}])
        self.assertIn("leave --format", self.skein("graph", self.file(hello()), "--json", "--format", "dot", expect=2).stderr)
        self.skein("graph", self.file("name: x\n", "bad.yaml"), expect=2)

    def test_completion_is_accepted_by_bash_and_completes(self):
        script = self.skein("completion", "bash").stdout
        ask = script + "\nCOMP_WORDS=(skein run --dur); COMP_CWORD=2; _skein; echo \"${COMPREPLY[@]}\"; COMP_WORDS=(skein r); COMP_CWORD=1; _skein; echo \"${COMPREPLY[@]}\"; COMP_WORDS=(skein tools s); COMP_CWORD=2; _skein; echo \"${COMPREPLY[@]}\"; COMP_WORDS=(skein agent run --bud); COMP_CWORD=3; _skein; echo \"${COMPREPLY[@]}\"\n"
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stdout.split("\n")[:4], ["--durability", "run resume retry reject replay runs", "show", "--budget-cost --budget-tokens"], done.stderr)
        for shell in ("zsh", "fish"):
            self.assertIn("durability", self.skein("completion", shell).stdout)
        self.skein("completion", "csh", expect=2)

    def test_a_store_that_cannot_be_written(self):
        if os.geteuid() == 0:
            place = "/proc/skein/skein.db"  # root may write anywhere else
        else:
            closed = self.folder / "closed"
            closed.mkdir(stat.S_IRUSR | stat.S_IXUSR)
            place = str(closed / "skein.db")
        done = self.skein("run", self.file(hello()), "--store", place, expect=1)
        self.assertIn(place.rsplit("/", 1)[0], done.stderr)
        self.assertLessEqual(done.stderr.count("\n"), 3)

    def test_a_store_that_is_none(self):
        self.store.parent.mkdir()
        self.store.write_text("this is a letter, not a database, and it is long enough to be read as one" * 100)
        for words in (["runs"], ["run", self.file(hello())], ["show", "last"]):
            done = self.skein(*words, expect=1)
            self.assertIn(str(self.store), done.stderr)
        self.assertEqual(self.json("doctor", expect=1)["status"], "fail")
        self.assertTrue(self.store.read_text().startswith("this is a letter"))

    def test_the_store_is_private(self):
        self.skein("run", self.file(hello()), "-q")
        self.assertEqual(stat.S_IMODE(self.store.stat().st_mode), 0o600)

    def test_default_store(self):
        environment = {"SKEIN_STORE": "", "XDG_STATE_HOME": str(self.folder / "state")}
        self.skein("run", self.file(hello()), "-q", **environment)
        self.assertTrue((self.folder / "state" / "skein" / "skein.db").exists())


class BadInputs(SkeinTest):
    def test_what_is_no_file_of_inputs_is_told(self):
        workflow = self.file(hello())
        for name, text in {"list.json": "[1]", "broken.json": '{"a":', "empty.json": "", "binary.json": "\x01\x02"}.items():
            self.assertIn(name, self.skein("run", workflow, "--inputs", self.file(text, name), expect=2).stderr)
        self.assertIn("is a directory", self.skein("run", workflow, "--inputs", str(self.folder), expect=2).stderr)
        self.assertIn("larger than 32 MiB", self.skein("run", workflow, "--inputs", "/dev/zero", expect=2).stderr)
        self.assertFalse(self.store.exists())

    def test_every_wrong_input_is_a_line(self):
        done = self.skein("run", self.file(hello()), "--inputs", self.file('{"times": "x", "nme": 1}', "inputs.json"), expect=2)
        self.assertIn("unknown input 'nme'; did you mean 'name'?\n", done.stderr)
        self.assertIn("\ninput 'times' must be an integer", done.stderr)

    def test_a_misspelt_function_at_a_pipe_is_suggested(self):
        workflow = hello()
        workflow["tasks"][-1]["parameters"]["value"] = "{{ greet.result | lenght }}"
        self.assertIn("did you mean the function 'length'?", self.skein("validate", self.file(workflow), expect=2).stderr)


class Places(SkeinTest):
    def test_the_store_is_the_option_else_the_variable_else_under_the_state_home(self):
        workflow = self.file(hello())
        self.skein("run", workflow, "--store", str(self.folder / "a.db"))
        self.assertTrue((self.folder / "a.db").exists())
        self.assertFalse(self.store.exists())
        self.skein("run", workflow)
        self.assertTrue(self.store.exists())
        self.skein("run", workflow, SKEIN_STORE="", XDG_STATE_HOME=str(self.folder / "state"))
        self.assertTrue((self.folder / "state/skein/skein.db").exists())
        self.skein("run", workflow, SKEIN_STORE="")
        self.assertTrue((self.folder / ".local/state/skein/skein.db").exists())

    def test_a_store_that_may_not_be_written_is_refused_with_advice(self):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        if nobody and (not shutil.which("setpriv") or subprocess.run([*nobody, SKEIN, "version"], capture_output=True, check=False).returncode != 0):
            self.skipTest("root may write everywhere, and the program cannot be run as somebody else from here")
        self.skein("run", self.file(hello()))
        self.store.chmod(0o444)
        self.store.parent.chmod(0o555)
        self.folder.chmod(0o755)
        for words in (["runs"], ["show", "last"], ["run", str(self.folder / "workflow.json")]):
            done = subprocess.run([*nobody, SKEIN, *words], capture_output=True, text=True, env=self.environment, timeout=30, cwd=self.folder)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("copy this one to where you may write", done.stderr)

    def test_a_file_that_is_no_store_is_left_as_it_is(self):
        path = self.folder / "notes.txt"
        path.write_text("not a database, but dear to somebody")
        self.assertIn("is not a Skein store", self.skein("runs", "--store", str(path), expect=1).stderr)
        self.assertEqual(path.read_text(), "not a database, but dear to somebody")


class NobodyDrives(SkeinTest):
    def test_show_and_events_say_so(self):
        self.skein("run", self.file(hello()), "--detach", expect=4)
        self.assertIn("Nobody drives this run now", self.skein("show", "last").stderr)
        following = self.start("events", "last", "--follow")
        self.assertIn("Nobody drives this run now", following.stderr.readline())
        self.skein("worker", "--idle-exit")
        out, _ = following.communicate(timeout=30)
        self.assertIn("completed", out.splitlines()[-1])
        self.assertNotIn("Nobody drives", self.skein("show", "last").stderr)
        events = self.skein("events", "last").stdout
        self.assertIn("run     begins", events)
        self.assertNotIn("resumed", events)

    def test_the_doctor_tells_who_can_drive_them(self):
        def runs():
            return next(check for check in self.json("doctor")["checks"] if check["name"] == "runs")

        theirs = {**hello(), "agents": [{"name": "glue", "type": "custom"}]}
        self.skein("run", self.file(theirs), "--detach", expect=4)
        alone = runs()
        self.assertEqual(alone["status"], "warn")
        self.assertIn("1 unfinished run that nobody drives and this program cannot: task 'greet' needs", alone["finding"])
        self.assertNotIn("skein worker", alone["advice"])
        self.skein("run", self.file(hello()), "--detach", expect=4)
        mixed = runs()
        self.assertIn("2 unfinished runs that nobody drives; 1 of them this program cannot: task 'greet'", mixed["finding"])
        self.assertIn("`skein worker` goes on with 1", mixed["advice"])
        self.skein("worker", "--idle-exit")
        self.assertEqual(runs()["finding"], alone["finding"])
        theirs = next(run for run in self.json("runs")["runs"] if run["status"] == "pending")
        self.skein("cancel", theirs["run_id"])
        self.assertEqual(runs()["status"], "ok")


class Drawing(SkeinTest):
    def test_a_run_is_drawn_with_its_states(self):
        self.skein("run", self.file(hello()))
        self.assertIn(":::completed", self.skein("graph", "last").stdout)
        dot = self.skein("graph", "last", "--format", "dot").stdout
        self.assertIn('fillcolor="#d4edda"', dot)
        self.assertIn("digraph", self.skein("graph", self.file(hello()), "--format", "dot").stdout)
        picture = self.folder / "run.svg"
        if shutil.which("dot"):
            self.skein("graph", "last", "--format", "svg", "-o", str(picture))
            self.assertIn("</svg>", picture.read_text())
        self.assertIn("apt-get install graphviz", self.skein("graph", "last", "--format", "svg", expect=2, PATH="/nowhere").stderr)
        self.assertIn("there is no file no-such-run, and as a run", self.skein("graph", "no-such-run", expect=2).stderr)
        document = self.json("graph", "last")
        self.assertEqual((document["status"], document["nodes"][0]["status"]), ("completed", "completed"))


class TimeLine(SkeinTest):
    def test_show_draws_when_what_ran(self):
        self.skein("run", self.file(hello()))
        shown = self.skein("show", "last", "--gantt").stdout
        self.assertIn("greet", shown)
        self.assertIn("works", shown)


class LookingBack(SkeinTest):
    def test_replay_finds_a_sound_journal_sound_and_shows_the_past(self):
        self.skein("run", self.file(hello()))
        self.assertIn("is sound", self.skein("replay", "last").stdout)
        events = len(self.events("last"))
        report = self.json("replay", "last")
        self.assertEqual((report["sound"], report["events"]), (True, events))
        self.assertEqual(self.json("replay", "last", "--to", "1")["status"], "running")
        self.assertIn("As it stood at event 2 of", self.skein("replay", "last", "--to", "2").stderr)
        self.assertIn("from 1", self.skein("replay", "last", "--to", "0", expect=2).stderr)

    def test_replay_names_the_event_that_cannot_be(self):
        self.skein("run", self.file(hello()))
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            db.execute("UPDATE journal SET events=replace(events, '\"attempt\":1', '\"attempt\":2')")
        self.assertIn("was not offered by what came before it", self.skein("replay", "last", expect=1).stderr)
        self.skein("prune", "--older-than", "0s", "--yes", expect=None)

    def test_replay_compares_with_the_index(self):
        self.skein("run", self.file(hello()))
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            db.execute("UPDATE state SET tasks_completed=99")
        self.assertIn("the index counts other tasks", self.skein("replay", "last", expect=1).stderr)

    def test_diff_names_the_places(self):
        path = self.file(hello())
        self.skein("run", path)
        first = self.json("show", "last")["run_id"]
        self.skein("run", path)
        self.assertIn("do not differ", self.skein("diff", first, "last").stderr)
        self.skein("run", path, "-i", "name=Ben")
        places = {one["where"] for one in self.json("diff", first, "last", expect=1)["differences"]}
        self.assertIn("inputs.name", places)
        self.assertNotIn("definition.name", places)
        self.assertIn("inputs.name\n  - ", self.skein("diff", first, "last", expect=1).stdout)

    def test_runs_are_found_by_what_is_in_them(self):
        path = self.file(hello())
        self.skein("run", path, "-i", "name=Ada")
        self.skein("run", path, "-i", "name=Grace")
        found = self.json("runs", "--search", "gRAce")["runs"]
        self.assertEqual(len(found), 1)
        self.assertEqual(len(self.json("runs", "--search", "nothing like it")["runs"]), 0)
        self.assertEqual(len(self.json("runs", "--search", "task_completed")["runs"]), 0, "no word of the journal's own")

    def test_runs_are_found_by_what_is_in_large_results(self):
        program = {"name": "big", "agents": [{"name": "python", "type": "exec", "command": "python3", "args": ["-c", "print('\u00e4 ' + 'x' * 300000 + ' \"Needle\"')"]}],
                   "tasks": [{"name": "make", "agent_name": "python", "action": "go"}]}
        self.skein("run", self.file(program))
        self.skein("run", self.file(hello()))
        for text in ("needle", "\u00e4 xxx", '"needle"'):
            found = self.json("runs", "--search", text)["runs"]
            self.assertEqual([run["workflow"] for run in found], ["big"], text)


class Completion(SkeinTest):
    def completed(self, *words):
        """What bash offers for the last of these words."""
        script = f'source <("$SKEIN" completion bash); PATH="$(dirname "$SKEIN"):$PATH"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _skein; echo "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, env={**self.environment, "SKEIN": SKEIN}, timeout=30, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_commands_options_values_and_runs(self):
        self.assertEqual(self.completed("skein", "val"), ["validate"])
        self.assertEqual(self.completed("skein", "run", "--dur"), ["--durability"])
        self.assertEqual(self.completed("skein", "run", "--durability", "n"), ["normal"])
        self.skein("run", self.file(hello()))
        other = str(self.folder / "other.db")
        self.skein("run", self.file(hello()), "--store", other)
        for store in ([], ["--store", other]):
            ids = self.skein("runs", "--ids", *store).stdout.split()
            self.assertEqual(self.completed("skein", "show", *store, ""), ["last", *ids])

    def test_bash_completes_the_tasks_of_a_run(self):
        self.skein("run", self.file(hello()))
        self.assertEqual(self.skein("show", "last", "--names").stdout.split(), ["greet", "finish"])
        self.assertEqual(self.completed("skein", "fork", "last", "--from", ""), ["greet", "finish"])
        self.assertEqual(self.completed("skein", "retry", "last", "--from", "f"), ["finish"])
        self.assertEqual(self.completed("skein", "approve", "last", "g"), ["greet"])
        self.assertEqual(self.completed("skein", "show", "last", "--task", "g"), ["greet"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
