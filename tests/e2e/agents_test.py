"""Agents that think, their models and their tools, from the command line: against scripts, cassettes and a server on this machine."""

import contextlib
import http.server
import json
import os
import signal
import socket
import threading
import time
import unittest

from harness import PATIENCE, SKEIN, Screen, SkeinTest, kill

SILENCE = object()  # an answer that never comes
KEY = "sk-very-secret-0123456789"


def chunk(delta, finish=None, **more):
    return "data: " + json.dumps({"id": "c1", "object": "chat.completion.chunk", "model": "tiny", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}) + "\n\n"


def said(text):
    """A streamed answer of Chat Completions, word by word."""
    words = text.split(" ")
    pieces = [chunk({"role": "assistant", "content": ""})]
    pieces += [chunk({"content": (" " if i else "") + word}) for i, word in enumerate(words)]
    return pieces + [chunk({}, "stop", usage={"prompt_tokens": 40, "completion_tokens": 10}), "data: [DONE]\n\n"]


def asks_for(*calls):
    pieces = [chunk({"role": "assistant", "content": None})]
    for i, (name, arguments) in enumerate(calls):
        pieces.append(chunk({"tool_calls": [{"index": i, "id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}]}))
    return pieces + [chunk({}, "tool_calls", usage={"prompt_tokens": 30, "completion_tokens": 5}), "data: [DONE]\n\n"]


class Server:
    """A model's server that gives these answers one after another, however it is asked, and remembers what it was asked."""

    def __init__(self, answers=(), delay=0.0):
        self.asked = []
        self.headers = []
        self.closing = threading.Event()
        answers = list(answers)
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, body, kind="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                server.headers.append(dict(self.headers))
                key = self.headers.get("Authorization", "") + self.headers.get("x-api-key", "")
                if "wrong" in key:
                    return self.reply(401, json.dumps({"error": {"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"}}).encode())
                if self.path.startswith("/api/tags"):
                    return self.reply(200, b'{"models": [{"name": "llama3.2:latest"}]}')
                return self.reply(200, b'{"data": [{"id": "gpt-5.4-mini"}, {"id": "local-7b", "max_model_len": 32768}]}')

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append(body)
                server.headers.append(dict(self.headers))
                if not answers:
                    return self.reply(500, b'{"error": {"message": "nothing left to say"}}')
                pieces = answers.pop(0)
                if pieces is SILENCE:
                    return server.closing.wait(60)
                if not body.get("stream"):
                    return self.reply(200, json.dumps(unstreamed(pieces)).encode())
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                with contextlib.suppress(OSError):
                    for piece in pieces:
                        self.wfile.write(piece.encode())
                        self.wfile.flush()
                        time.sleep(delay)
                self.close_connection = True

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()


def unstreamed(pieces):
    message, usage, finish = {"role": "assistant", "content": ""}, None, "stop"
    for piece in pieces[:-1]:
        event = json.loads(piece[len("data: "):])
        usage = event.get("usage", usage)
        choice = event["choices"][0]
        finish = choice["finish_reason"] or finish
        message["content"] += choice["delta"].get("content") or ""
        for call in choice["delta"].get("tool_calls", []):
            message.setdefault("tool_calls", []).append({k: v for k, v in call.items() if k != "index"})
    return {"id": "c1", "object": "chat.completion", "model": "tiny", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}


class AgentTest(SkeinTest):
    def script(self, *answers, name="script.json"):
        self.file({"answers": list(answers)}, name)
        return f"scripted/{name}"

    def serve(self, *answers, **more):
        server = Server(answers, **more)
        self.addCleanup(server.close)
        self.environment["SKEIN_COMPATIBLE_BASE_URL"] = f"http://127.0.0.1:{server.port}/v1"
        return server


class Tools(AgentTest):
    def test_list_names_what_comes_with_skein(self):
        done = self.skein("tools", "list")
        for name in ("calculator", "current_time", "read_file"):
            self.assertIn(name, done.stdout)
        self.assertEqual(self.skein("tools", "list", "--names").stdout.split(), [t["name"] for t in self.json("tools", "list")["tools"]])
        self.assertFalse(self.store.exists())

    def test_show_explains_parameters_and_gives_a_call_that_fits(self):
        done = self.skein("tools", "show", "read_file")
        self.assertIn("path       string, required", done.stdout)
        self.assertIn("pure", done.stdout)
        self.assertIn("skein tools call read_file '{\"path\":", done.stderr)
        schema = self.json("tools", "show", "read_file")
        self.assertEqual(schema["parameters"]["required"], ["path"])
        self.assertEqual(schema["effect"], "pure")

    def test_call_prints_the_result_and_nothing_else(self):
        done = self.skein("tools", "call", "calculator", '{"expression": "6*7"}')
        self.assertEqual((done.stdout, done.stderr), ("42\n", ""))
        self.assertEqual(self.skein("tools", "call", "calculator", "-", input='{"expression": "2^10"}').stdout, "1024\n")
        self.file("geese fly in a skein\n", "notes.txt")
        called = self.json("tools", "call", "read_file", '{"path": "notes.txt"}', "--root", str(self.folder))
        self.assertEqual((called["failed"], called["result"], called["sources"]), (False, "geese fly in a skein\n", ["notes.txt"]))

    def test_failures_and_arguments_that_do_not_fit(self):
        done = self.skein("tools", "call", "calculator", '{"expression": "1/0"}', expect=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("1/0", done.stderr)
        self.assertTrue(self.json("tools", "call", "calculator", '{"expression": "1/0"}', expect=1)["failed"])
        for arguments, told in [("{}", "expression"), ("[]", "must be an object"), ("{", "not JSON"), ('{"expression": 7}', "expression"), ('{"expression": "1", "x": 1}', "x")]:
            done = self.skein("tools", "call", "calculator", arguments, expect=2)
            self.assertIn(told, done.stderr)
            self.assertIn("For example: skein tools call calculator", done.stderr)
        outside = self.skein("tools", "call", "read_file", '{"path": "../../etc/passwd"}', expect=1)
        self.assertNotIn("root:", outside.stdout + outside.stderr)
        self.assertEqual(self.json("tools", "call", "nothing", expect=2)["error"]["code"], "not_found")


class Models(AgentTest):
    def setUp(self):
        super().setUp()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.environment["OLLAMA_HOST"] = f"127.0.0.1:{closed.getsockname()[1]}"

    def test_nothing_configured_is_said_and_no_error(self):
        done = self.skein("models")
        self.assertIn("set OPENAI_API_KEY", done.stdout)
        self.assertIn("set ANTHROPIC_API_KEY", done.stdout)
        self.assertIn("set SKEIN_COMPATIBLE_BASE_URL", done.stdout)
        self.assertRegex(done.stdout, r"ollama +unreachable")
        self.assertFalse(self.store.exists())

    def test_what_answers_is_ready_and_keys_stay_secret(self):
        server = self.serve()
        address = f"http://127.0.0.1:{server.port}"
        variables = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": address + "/v1", "ANTHROPIC_API_KEY": KEY + "-wrong", "ANTHROPIC_BASE_URL": address, "OLLAMA_HOST": address}
        done = self.skein("models", **variables)
        self.assertRegex(done.stdout, r"openai +ready +2 models at .*, key from OPENAI_API_KEY")
        self.assertRegex(done.stdout, r"anthropic +refused")
        self.assertIn("does not accept the key (status 401", done.stdout)
        self.assertRegex(done.stdout, r"ollama +ready +1 model at")
        report = self.skein("models", "--json", **variables)
        for text in (done.stdout, done.stderr, report.stdout, report.stderr):
            self.assertNotIn(KEY, text)
        self.assertIn(f"Bearer {KEY}", [h.get("Authorization") for h in server.headers])
        states = {p["provider"]: p["status"] for p in json.loads(report.stdout)["providers"]}
        self.assertEqual(states, {"openai": "ready", "anthropic": "refused", "ollama": "ready", "compatible": "ready"})

    def test_list_has_prices_and_context_where_known(self):
        server = self.serve()
        variables = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"http://127.0.0.1:{server.port}/v1"}
        listed = self.json("models", "list", "openai", **variables)["models"]
        self.assertEqual([m["name"] for m in listed], ["openai/gpt-5.4-mini", "openai/local-7b"])
        self.assertGreater(listed[0]["price_per_million"]["output"], 0)
        self.assertNotIn("price_per_million", listed[1])
        self.assertEqual(listed[1]["context_window"], 32768)
        done = self.skein("models", "list", "openai", "--search", "MINI", **variables)
        self.assertRegex(done.stdout, r"openai/gpt-5.4-mini .*\$\d")
        self.assertNotIn("local-7b", done.stdout)
        self.assertEqual(self.skein("models", "list", "openai", "--names", **variables).stdout, "openai/gpt-5.4-mini\nopenai/local-7b\n")
        offline = self.skein("models", "list", "ollama")
        self.assertEqual(offline.stdout, "")
        self.assertIn("ollama is unreachable", offline.stderr)

    def test_where_prices_are_from_is_said(self):
        own = self.file('{"as_of": "2026-11-20", "prices": [{"model": "openai/local-7b", "input": 1, "output": 2}]}', "own.json")
        shown = " ".join(self.skein("models", "--prices", str(own)).stdout.split())
        self.assertRegex(shown, r"Prices: \S*own.json \(1 price as of 2026-11-20\), before the built-in table \(\d+ prices as of 20\d\d-\d\d-\d\d\)")
        self.assertRegex(" ".join(self.skein("models").stdout.split()), r"Prices: the built-in table \(\d+ prices as of 20")
        sources = self.json("models", SKEIN_PRICES=str(own))["prices_from"]
        self.assertEqual((sources[0]["from"], sources[0]["as_of"], sources[0]["prices"], sources[1]["from"]), (str(own), "2026-11-20", 1, "built in"))
        server = self.serve()
        variables = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"http://127.0.0.1:{server.port}/v1"}
        listed = self.json("models", "list", "openai", "--prices", str(own), **variables)
        self.assertEqual(listed["models"][1]["price_per_million"], {"input": 1, "output": 2})
        self.assertEqual(len(listed["prices_from"]), 2)
        self.assertIn("From ", self.skein("models", "list", "openai", **variables).stderr)
        self.assertIn("nosuch.json", self.skein("models", "--prices", "nosuch.json", expect=2).stderr)

    def test_ctrl_c_ends_the_waiting(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.environment["SKEIN_COMPATIBLE_BASE_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
            process = self.start("models")
            with silent.accept()[0] as asking:
                asking.recv(1)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(PATIENCE), 130)


class AgentRun(AgentTest):
    def test_the_answer_is_all_of_standard_output(self):
        model = self.script({"tool_calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}]}, {"text": "It is 42.", "usage": {"input": 20, "output": 5}})
        done = self.skein("agent", "run", "What is six times seven?", "-m", model, "-t", "calculator")
        self.assertEqual(done.stdout, "It is 42.\n")
        self.assertIn('calls calculator {"expression":"6*7"}', done.stderr)
        self.assertIn("brings 42", done.stderr)
        self.assertIn("1 tool call", done.stderr.splitlines()[-1])
        quiet = self.skein("agent", "run", "What is six times seven?", "-m", model, "-t", "calculator", "-q")
        self.assertEqual((quiet.stdout, quiet.stderr), ("It is 42.\n", ""))

    def test_it_is_a_run_like_any_other(self):
        model = self.script({"text": "Hello {{inputs.task}}!", "usage": {"input": 20, "output": 5}})
        report = self.json("agent", "run", "Say {{hello}}", "--instructions", "Be {{brief}}.", SKEIN_MODEL=model)
        self.assertEqual(report["outputs"], {"answer": "Hello {{inputs.task}}!"})
        self.assertEqual(report["inputs"], {"task": "Say {{hello}}"})
        self.assertEqual(report["spent"]["tokens"], 25)
        shown = self.skein("show", "last").stdout
        self.assertIn("spent     25 tokens", shown)
        self.assertRegex(shown, r"answer +agent +completed +1 .* 25 ")
        self.assertIn("model_called", [e["type"] for e in self.events()])
        self.assertEqual(self.json("show", "last")["tasks"][0]["spent"]["tokens"], 25)

    def test_what_a_model_is_told(self):
        server = self.serve(said("Fine."))
        self.file("You know {{everything}}.\n", "system.txt")
        self.file({"type": "object", "properties": {"n": {"type": "integer"}}}, "schema.json")
        self.skein("agent", "run", "-", "-m", "compatible/tiny", "--system-file", "system.txt", "--role", "a clerk", "--budget-tokens", "100000", "--image", "https://example.org/a.png",
                   input="Look at this\n")
        asked = server.asked[0]
        self.assertEqual(asked["messages"][0], {"role": "system", "content": "You are a clerk.\n\nYou know {{everything}}."})
        self.assertEqual([p["type"] for p in asked["messages"][1]["content"]], ["image_url", "text"])
        self.assertEqual(asked["messages"][1]["content"][1]["text"], "Look at this")
        self.assertGreater(asked["max_tokens"], 0)
        self.assertTrue(server.headers[0]["Idempotency-Key"])

    def test_answers_that_fit_a_schema_are_json(self):
        self.file({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "schema.json")
        model = self.script({"text": {"n": "many"}}, {"text": {"n": 3}})
        done = self.skein("agent", "run", "How many?", "-m", model, "--output-schema", "schema.json")
        self.assertEqual(json.loads(done.stdout), {"n": 3})

    def test_a_budget_stops_before_the_call(self):
        server = self.serve(said("Fine."))
        done = self.skein("agent", "run", "Hello", "-m", "compatible/tiny", "--budget-tokens", "10", expect=1)
        self.assertIn("Budget exceeded", done.stderr)
        self.assertEqual(server.asked, [])
        done = self.skein("agent", "run", "Hello", "-m", "compatible/tiny", "--budget-cost", "0.10", expect=1)
        self.assertIn("has no price", done.stderr)
        self.assertEqual(server.asked, [])

    def test_failures_are_clear(self):
        done = self.skein("agent", "run", "Hello", "-m", "openai/gpt-5.4-mini", expect=1)
        self.assertIn("set OPENAI_API_KEY", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(self.store.exists())
        self.assertEqual(self.json("agent", "run", "Hello", "--agent", "x", expect=2)["error"]["code"], "invalid_argument")

    def test_an_agent_of_a_file(self):
        self.script({"text": "Mine."}, name="mine.json")
        self.script({"text": "Other."}, name="other.json")
        self.file("""
name: team
inputs: {tone: {type: string, default: dry}}
agents:
  - {name: writer, type: ai_agent, model: scripted/mine.json, instructions: "Be {{inputs.tone}}."}
  - {name: glue, type: local}
tasks:
  - {name: t, agent_name: writer, action: write}
""", "team.yaml")
        self.assertEqual(self.skein("agent", "run", "Write", "--file", "team.yaml").stdout, "Mine.\n")
        report = self.json("agent", "run", "Write", "--file", "team.yaml", "--agent", "writer", "-i", "tone=warm", "-m", "scripted/other.json")
        self.assertEqual(report["outputs"]["answer"], "Other.")
        self.assertEqual(report["workflow"], "writer")
        self.assertEqual(report["inputs"], {"tone": "warm", "task": "Write"})
        self.assertIn("has no model", self.skein("agent", "run", "Write", "--file", "team.yaml", "--agent", "glue", expect=2).stderr)

    def test_killed_in_the_middle_it_goes_on_without_asking_again(self):
        server = self.serve(asks_for(("calculator", {"expression": "6*7"})), SILENCE, said("It is 42."))
        process = self.start("agent", "run", "What is six times seven?", "-m", "compatible/tiny", "-t", "calculator")
        self.eventually("the second call", lambda: len(server.asked) == 2)
        kill(process)
        done = self.skein("resume", "last")
        self.assertIn("It is 42.", done.stdout)
        self.assertEqual(len(server.asked), 3)
        self.assertEqual(server.asked[1]["messages"], server.asked[2]["messages"])
        keys = [h["Idempotency-Key"] for h in server.headers]
        self.assertEqual(keys[1], keys[2])
        self.assertNotEqual(keys[0], keys[1])
        self.check_journal()


class Recording(AgentTest):
    def test_what_is_recorded_plays_offline_streamed_or_not(self):
        server = self.serve(asks_for(("calculator", {"expression": "6*7"})), said("It is 42."))
        words = ["agent", "run", "What is six times seven?", "-t", "calculator"]
        recorded = self.skein(*words, "-m", "compatible/tiny", "--record", "tape.jsonl", SKEIN_COMPATIBLE_API_KEY=KEY)
        self.assertEqual(recorded.stdout, "It is 42.\n")
        self.assertNotIn(KEY, (self.folder / "tape.jsonl").read_text())
        asked = len(server.asked)
        for more in ([], ["-q"], ["--json"]):
            played = self.skein(*words, "-m", "replay/tape.jsonl", *more)
            self.assertIn("It is 42.", played.stdout)
        self.assertEqual(len(server.asked), asked)
        again = self.skein(*words, "-m", "compatible/tiny", "--record", "tape.jsonl", expect=2)
        self.assertIn("tape.jsonl", again.stderr)
        missed = self.skein("agent", "run", "What is six times eight?", "-t", "calculator", "-m", "replay/tape.jsonl", expect=1)
        self.assertIn("six times eight", missed.stderr)
        self.assertIn("six times seven", missed.stderr)


class OnATerminal(AgentTest):
    def screen(self, *words, columns=100):
        return Screen([SKEIN, *words], {**self.environment, "TERM": "xterm-256color"}, columns=columns, cwd=self.folder)

    def test_the_answer_comes_as_it_is_said_with_tool_calls_between(self):
        server = self.serve(asks_for(("calculator", {"expression": "6*7"})), said("It is 42, I am sure."), delay=0.02)
        screen = self.screen("agent", "run", "What is six times seven?", "-m", "compatible/tiny", "-t", "calculator")
        screen.read_until(lambda raw: b"It is 42" in raw and b"sure" not in raw)  # before its end
        self.assertEqual(screen.finish(), 0)
        self.assertTrue(all(asked["stream"] for asked in server.asked))
        lines = [line.rstrip() for line in screen.lines()]
        self.assertEqual(lines[:3], ['▸ calculator {"expression":"6*7"}', "✓ calculator 42", "It is 42, I am sure."])
        self.assertEqual(lines[3], "")
        self.assertRegex(lines[4], r"^2 turns, 85 tokens, 1 tool call, \d+\.\ds   skein show [0-9a-f]{8}-")
        self.assertEqual("".join(lines[5:]), "")
        self.assertIn("thinks", screen.raw.decode())

    def test_ctrl_c_says_how_to_go_on(self):
        self.serve(said("word " * 400), delay=0.05)
        screen = self.screen("agent", "run", "Talk", "-m", "compatible/tiny")
        screen.read_until(lambda raw: b"word" in raw)
        screen.interrupt()
        self.assertEqual(screen.finish(), 130)
        self.assertIn("Go on with: skein resume", "\n".join(screen.lines()))

    def test_a_workflow_shows_what_its_agents_say(self):
        self.serve(said("Geese fly in a skein"), delay=0.1)
        self.file({"name": "wf", "agents": [{"name": "a", "type": "ai_agent", "model": "compatible/tiny"}], "tasks": [{"name": "talk", "agent_name": "a", "action": "answer", "parameters": {"prompt": "Talk"}}],
                   "outputs": {"text": "{{talk.result.output}}"}}, "wf.json")
        screen = self.screen("run", "wf.json")
        screen.read_until(lambda raw: b"Geese fly" in raw)
        self.assertEqual(screen.finish(), 0)
        text = "\n".join(screen.lines())
        self.assertIn("50 tokens", text)
        self.assertIn("text: Geese fly in a skein", text)


if __name__ == "__main__":
    unittest.main()
