"""One step: adds a line to the log given as its argument and passes its items on. Gets the task as JSON on standard input."""

import json
import os
import sys

task = json.load(sys.stdin)
with open(sys.argv[1], "a", encoding="utf-8") as log:
    log.write(f"{task['action']:10} attempt {task['attempt']}  key …{task['idempotency_key'][-12:]}\n")
    log.flush()
    os.fsync(log.fileno())
print(json.dumps({"items": [*task["parameters"].get("items", []), task["action"]]}))
