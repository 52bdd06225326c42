"""What a counting model server says: Chat Completions, streamed or not, in step with a plan of turns.

The plan of a scenario is a list of turns, each a list of (tool, arguments); after the last turn the model answers with all that its tools brought, so
that a lost, doubled or invented result shows in the run's own result. Which turn it is follows from the conversation alone: the messages that the
model itself has said in it.
"""

import json


def answer_to(plan, request):
    """(message, finish reason) of the next turn."""
    messages = request["messages"]
    said = sum(1 for message in messages if message["role"] == "assistant")
    if said < len(plan):
        calls = [{"id": f"call_{said}_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
                 for i, (name, arguments) in enumerate(plan[said])]
        return {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"
    brought = [message["content"] for message in messages if message["role"] == "tool"]
    return {"role": "assistant", "content": json.dumps(brought)}, "stop"


def usage_of(request, message, greedy):
    """At most what a bound of the prompt and the request's own limit allow. A greedy model has thought until it reached that limit."""
    limit = request.get("max_tokens") or request.get("max_completion_tokens") or 1000
    prompt = len(json.dumps(request)) // (2 if greedy else 8) + 1
    answer = limit if greedy else min(limit, len(json.dumps(message)) // 8 + 1)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def whole(message, finish, usage):
    return json.dumps({"id": "c", "model": "witness", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}).encode()


def pieces(message, finish, usage):
    """The same as server-sent events, in several pieces."""
    def event(choices, **more):
        return b"data: " + json.dumps({"id": "c", "model": "witness", "choices": choices, **more}).encode() + b"\n\n"

    def delta(value):
        return event([{"index": 0, "delta": value, "finish_reason": None}])

    yield delta({"role": "assistant", "content": ""})
    for at in range(0, len(message["content"] or ""), 20):
        yield delta({"content": message["content"][at:at + 20]})
    for index, call in enumerate(message.get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        yield delta({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": {"name": call["function"]["name"], "arguments": ""}}]})
        for part in (arguments[:5], arguments[5:]):
            yield delta({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield event([{"index": 0, "delta": {}, "finish_reason": finish}])
    yield event([], usage=usage)
    yield b"data: [DONE]\n\n"
