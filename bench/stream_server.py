#!/usr/bin/env python3
"""A server of Chat Completions for many streams at once: each gets its first piece of text at once and the others once GET /release was asked for.

    bench/stream_server.py [PIECES]      prints its port
"""

import asyncio
import json
import sys

PIECES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
PIECE = ("data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "model": "bench", "choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}) + "\n\n").encode()
END = b'data: {"id":"c","model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":10}}\n\ndata: [DONE]\n\n'


async def serve(released, reader, writer):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /release"):
            released.set()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            writer.write(HEAD + PIECE)
            await released.wait()
            for _ in range(PIECES - 1):
                writer.write(PIECE)
                await writer.drain()
                await asyncio.sleep(0.2)
            writer.write(END)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def main():
    released = asyncio.Event()
    server = await asyncio.start_server(lambda r, w: serve(released, r, w), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
