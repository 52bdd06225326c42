"""What agents may spend: on a day, over runs, processes and crashes; prices and answers of one's own."""

import contextlib
import http.server
import json
import sqlite3
import threading
import unittest

from harness import SkeinTest, kill

FLOW = """
name: shop
models:
  paid: {model: scripted/answers.json, prices: {input: 100, output: 1000}}
agents:
  - {name: writer, type: ai_agent, model: paid, max_output_tokens: 2000, budget: {daily: {DAILY}}}
tasks:
  - {name: write, agent_name: writer, action: write, retry_config: {max_attempts: 1}}
"""


def answer(tokens, **more):
    return json.dumps({"answers": [{"text": "Well.", "usage": {"input": tokens - 1000, "output": 1000}, **more}]})


class Days(SkeinTest):
    def flow(self, daily):
        return self.file(FLOW.replace("DAILY", daily), "flow.yaml")

    def alerts(self):
        return [e["data"] for e in self.events() if e["type"] == "emitted"]

    def test_a_day_ends_when_its_tokens_are_gone(self):
        self.file(answer(4500), "answers.json")
        flow = self.flow("tokens: 9050")
        self.skein("run", flow)
        self.assertEqual(self.alerts(), [])
        warned = self.skein("run", flow)
        self.assertIn("spend_alert", warned.stderr)
        self.assertEqual([(a["reason"], a["spent"], a["limit"]) for a in self.alerts()], [("day_budget", 9000, 9050)])
        refused = self.skein("run", flow, expect=1)
        self.assertIn("'shop/writer' may spend 9050 tokens a day; 9000 are spent", refused.stderr)
        self.assertIn("It may spend again from 20", refused.stderr)
        self.assertEqual(self.json("show", "last")["tasks"][0]["error"]["code"], "budget_exceeded")
        self.skein("run", self.flow("tokens: 20000"))

    def test_money_counts_at_the_models_own_prices(self):
        self.file(answer(2000), "answers.json")
        flow = self.flow("cost: 1.12")  # an answer costs 1.10, and 16 tokens of the next with its prompt more than what is left
        self.skein("run", flow)
        self.assertIn("$1.10 are spent", self.skein("run", flow, expect=1).stderr)
        self.skein("run", self.flow("cost: 2.22"))
        self.assertIn("$2.20 are spent", self.skein("run", self.flow("cost: 2.22"), expect=1).stderr)

    def test_a_call_that_dies_with_its_process_stays_charged(self):
        self.file(answer(2000, delay="60s"), "answers.json")
        flow = self.flow("tokens: 6000")
        process = self.start("run", flow)
        self.eventually("the call is under way", lambda: self.runs() and any(e["type"] == "model_called" for e in self.events()))
        self.eventually("it is reserved", lambda: self.reserved() > 0)
        kill(process)
        died = self.runs()[0]["run_id"]
        self.file(answer(2000), "answers.json")
        first = self.reserved()
        self.skein("resume", died)
        self.assertEqual(self.reserved(), first)  # nobody knows what it cost
        self.assertEqual(self.settled(), 2000)
        self.assertEqual([e.get("again", False) for e in self.events(died) if e["type"] == "model_called"], [False, True])
        self.assertIn("reserved for calls that were not answered", self.skein("run", self.flow("tokens: 4000"), expect=1).stderr)

    def test_the_last_call_of_a_day_is_lowered_to_what_is_left(self):
        self.file(answer(2000), "answers.json")
        self.skein("run", self.flow("tokens: 5000"))
        self.skein("run", self.flow("tokens: 3000"))
        called = [e["request"]["max_output_tokens"] for e in self.events() if e["type"] == "model_called"]
        self.assertTrue(0 < called[0] < 2000, called)

    def test_old_days_are_forgotten(self):
        self.file(answer(2000), "answers.json")
        self.skein("run", self.flow("tokens: 50000"))
        for day in ("2020-01-01", "2020-01-02"):
            self.change("INSERT INTO accounts VALUES(?, 1, 1)", f"day {day} shop/writer")
            self.change("INSERT INTO reservations VALUES(?, 'k', 1, 1)", f"day {day} shop/writer")
        told = self.json("prune", "--older-than", "1d", "--dry-run")
        self.assertEqual((told["runs"], told["days"]), (0, 2))
        self.assertIn("2 daily accounts", self.skein("prune", "--older-than", "1d", "--yes").stdout)
        self.assertEqual((self.settled(), self.reserved()), (2000, 0))

    def change(self, words, *values):
        with contextlib.closing(sqlite3.connect(self.store)) as db, db:
            db.execute(words, values)

    def reserved(self):
        return self.ask("SELECT coalesce(sum(tokens), 0) FROM reservations")

    def settled(self):
        return self.ask("SELECT coalesce(sum(tokens), 0) FROM accounts")

    def ask(self, question):
        with contextlib.closing(sqlite3.connect(self.store)) as db:
            return db.execute(question).fetchone()[0]


class Prices(SkeinTest):
    def test_a_file_of_prices_is_checked_before_anything_runs(self):
        wrong = self.file('{"prices": [{"model": "scripted/answers.json", "input": "cheap", "output": 1}]}', "prices.json")
        self.file(answer(2000), "answers.json")
        flow = self.file(FLOW.replace("DAILY", "tokens: 4000"), "flow.yaml")
        self.assertIn("prices.json: /prices/0/input: 'input' must be a number", self.skein("run", flow, expect=2, SKEIN_PRICES=str(wrong)).stderr)
        self.assertIn("cannot read the prices in", self.skein("run", flow, expect=2, SKEIN_PRICES="nosuch.json").stderr)

    def test_a_model_without_a_price_is_not_asked_for_money(self):
        self.file(answer(2000), "answers.json")
        flow = FLOW.replace(", prices: {input: 100, output: 1000}", "").replace("DAILY", "cost: 5")
        unpriced = self.file(flow.replace("scripted/answers.json", 'compatible/tiny, base_url: "http://127.0.0.1:9/v1"'), "unpriced.yaml")
        self.assertIn("'compatible/tiny' has no price", self.skein("run", unpriced, expect=1).stderr)
        flow = self.file(flow, "flow.yaml")
        prices = self.file('{"prices": [{"model": "scripted/*", "input": 1, "output": 1}]}', "prices.json")
        self.skein("run", flow, SKEIN_PRICES=str(prices))
        self.assertEqual(self.json("show", "last")["tasks"][0]["metadata"]["cost_usd"], 0.002)
        self.skein("run", flow, "--prices", str(prices), SKEIN_PRICES="nosuch.json")
        self.assertEqual(self.json("show", "last")["tasks"][0]["metadata"]["cost_usd"], 0.002)
        self.assertIn("cannot read the prices in nosuch.json", self.skein("worker", "--idle-exit", "--prices", "nosuch.json", expect=2).stderr)


class Server(http.server.BaseHTTPRequestHandler):
    """Speaks OpenAI's Chat Completions, one answer for everything."""

    def do_POST(self):
        self.server.seen.append((self.path, self.headers["Authorization"], self.headers["X-Team"], self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps({"id": "a", "object": "chat.completion", "model": "tiny", "usage": {"prompt_tokens": 20, "completion_tokens": 5},
                           "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Well."}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


CACHED = """
name: cached
models:
  near:
    model: compatible/tiny
    base_url: "http://127.0.0.1:PORT/v1"
    api_key: "{{secrets.NEAR_KEY}}"
    headers: {X-Team: reports}
    cache: true
    prices: {input: 1, output: 2}
agents:
  - {name: writer, type: ai_agent, model: near, instructions: {file: prompt.md, parameters: {tone: kind}}}
tasks:
  - {name: write, agent_name: writer, action: write}
"""


class Named(SkeinTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self.server.seen = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.file("---\nparameters: {tone: string}\n---\nBe {{ parameters.tone }}.", "prompt.md")
        self.flow = self.file(CACHED.replace("PORT", str(self.server.server_address[1])), "flow.yaml")

    def metadata(self):
        return self.json("show", "last")["tasks"][0]["metadata"]

    def test_a_model_of_a_name_of_its_own_is_asked_once_for_the_same(self):
        self.skein("run", self.flow, NEAR_KEY="key-of-the-team")
        self.assertNotIn("cached_answers", self.metadata())
        self.assertEqual(self.metadata()["cost_usd"], 0.00003)
        self.skein("run", self.flow, NEAR_KEY="key-of-the-team")
        self.assertEqual(self.metadata()["cached_answers"], 1)
        self.assertEqual(self.metadata()["cost_usd"], 0.0)
        answered = [e for e in self.events() if e["type"] == "model_answered"]
        self.assertTrue(answered[0]["answer"]["cached"])
        (path, key, team, body), = self.server.seen
        self.assertEqual((path, key, team), ("/v1/chat/completions", "Bearer key-of-the-team", "reports"))
        self.assertIn(b"Be kind.", body)
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"key-of-the-team", path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main(verbosity=1)
