"""Loops within loops, with a fan-out, questions and a bound in each round."""

from scenario import Scenario, Violation


class Graphs(Scenario):
    def prepare(self):
        rng = self.rng
        self.short, self.long = rng.randint(0, 2), rng.randint(1, 3)  # the bounds of the two ways back
        self.items, self.at_once, rounds = rng.randint(1, 5), rng.randint(1, 3), rng.randint(1, 6)
        self.asks = rng.random() < 0.4
        self.undoes = rng.random() < 0.3
        # judge counts; odd numbers lead back to each, small ones to plan.
        judged = 0
        self.plans, self.each, fired_short, fired_long = 1, 0, 0, 0
        while True:
            self.each += 1
            judged += 1
            if judged % 2 == 1 and fired_short < self.short:
                fired_short += 1
            elif judged < rounds and fired_long < self.long:
                fired_long += 1
                self.plans += 1
            else:
                break
        back = [{"from": "judge", "to": "each", "when": "{{ judge.result == 1 or judge.result == 3 or judge.result == 5 or judge.result == 7 }}", "max_iterations": self.short}]
        plan = self.call("plan", parameters={"data": {"before": "{{ judge.result }}"}})
        if self.asks:
            plan["approval"] = {"message": "Round {{ judge.result // 0 }}?"}
        if self.undoes:
            plan["compensate"] = {"agent_name": "witness", "action": f"/{self.seed}/unplan", "parameters": {"data": {"was": "{{ plan.result }}"}}}
        tasks = [plan,
                 self.call("each", for_each=f"{{{{ [range({self.items})] }}}}", max_concurrency=self.at_once, parameters={"data": "{{ item }}"}),
                 {"name": "judge", "agent_name": "local", "action": "transform", "parameters": {"value": "{{ (judge.result // 0) + 1 }}"}},
                 self.call("after", depends_on=["judge", "plan"], parameters={"data": "{{ plan.activations | length }}"})]
        if self.undoes:
            tasks.append({"name": "doomed", "agent_name": "local", "action": "fail", "depends_on": ["after"]})
        self.write({
            "name": "graphs", "parallel_execution": True, "on_failure": "compensate" if self.undoes else "keep", "agents": self.agents(), "tasks": tasks,
            "edges": [{"from": "start", "to": "plan"}, {"from": "plan", "to": "each"}, {"from": "each", "to": "judge"}, *(back if self.short else []),
                      {"from": "judge", "to": "plan", "when": f"{{{{ judge.result < {rounds} }}}}", "max_iterations": self.long},
                      {"from": "judge", "to": "end"}]})

    def start_and_perhaps_kill(self, words=None):
        self.witness.limit(str(self.seed), "each", "keys", self.at_once * 3)  # of at most three runs
        return super().start_and_perhaps_kill(words)

    def check_run(self, run, events):
        self.expect(run, "its end", events[-1]["type"], "run_failed" if self.undoes else "run_completed")
        wanted = [f"plan:{n + 1}" for n in range(self.plans)] + [f"judge:{n + 1}" for n in range(self.each)] + ["after:1"]
        wanted += [f"each:{n + 1}:{item}" for n in range(self.each) for item in range(self.items)]
        wanted += [f"plan/undo:{n + 1}" for n in range(self.plans)] if self.undoes else []
        self.expect(run, "what completed", self.completed(events), sorted(wanted))
        asked = sum(e["type"] == "approval_requested" for e in events)
        self.expect(run, "the number of questions", asked, self.plans if self.asks else 0)
        taken = [e for e in events if e["type"] == "edge_taken"]
        self.expect(run, "the number of ways that were gone", len(taken), self.plans + 2 * self.each)
        open_items = set()
        for event in events:
            if event.get("task") != "each" or "item" not in event:
                continue
            if event["type"] == "attempt_started":
                open_items.add(event["item"])
            else:
                open_items.discard(event["item"]) if event["type"] != "attempt_failed" else None
            if len(open_items) > self.at_once:
                raise Violation(f"run {run}: more items at once than max_concurrency allows: {open_items}")
