"""The OpenAI Agents SDK for Python: agents with one tool, against a server of Chat Completions.

    agents_sdk.py URL RUNS AT_ONCE
"""

import asyncio
import json
import sys
import time

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

URL, RUNS, AT_ONCE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


@function_tool
def step(n: int) -> str:
    """Goes one step further."""
    return str(n)


async def main():
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=URL + "/v1", api_key="sk-bench")
    agent = Agent(name="thinker", instructions="Go one step.", model=OpenAIChatCompletionsModel("gpt-4o", client), tools=[step])
    numbers = iter(range(RUNS))
    completed = 0

    async def work():
        nonlocal completed
        for _ in numbers:
            result = await Runner.run(agent, "go")
            completed += result.final_output == "done"

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    print(json.dumps({"seconds": time.perf_counter() - begin, "completed": completed}))


asyncio.run(main())
