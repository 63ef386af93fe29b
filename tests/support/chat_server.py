"""A language model's server on a real socket: OpenAI's chat completions as llama.cpp, Ollama and Model Studio answer.

A script says what it answers and how it differs: without schemas, without streams, thinking, slow, or broken.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from tests.providers.http_server import Call, HttpServer, Reply, as_json

JSON = dict[str, Any]


class ChatServer(HttpServer):
    """answers: texts of the next answers, the last one again and again. formats: what it takes as response_format.

    streams, counts, lists: whether it streams, counts tokens, and lists models. takes_usage: whether it knows
    stream_options. thinks: text that comes first as reasoning_content. piece: characters of one event; pause_s: between
    two. finish: why it ends. limit: most max_tokens. limit_name: its word for that. seen: the questions. keys:
    with which they came. open: streams
    that are being sent; broken: those whose reader went away.
    """

    KEY = "sk-test-llm-secret-12345"

    def __init__(
        self, *, port: int = 0, key: str = "", models: tuple[str, ...] = ("small-model", "large-model")
    ) -> None:
        super().__init__(port=port)
        self.key, self.models = key, models
        self.answers = ["A fine answer."]
        self.formats = {"json_schema", "json_object"}
        self.streams = self.counts = self.lists = self.takes_usage = True
        self.thinks, self.finish = "", "stop"
        self.piece, self.pause_s = 4, 0.0
        self.limit, self.limit_name = 100_000, "max_tokens"
        self.seen: list[JSON] = []
        self.keys: list[str] = []
        self.open = self.broken = 0

    @property
    def base(self) -> str:
        return f"{self.url}/v1"

    def topic(self, call: Call) -> str:
        return "models" if call.path.endswith("/models") else "chat"

    async def answer(self, call: Call, topic: str) -> Reply:
        if self.key and call.headers.get("authorization") != f"Bearer {self.key}":
            given = call.headers.get("authorization", "").removeprefix("Bearer ")
            return _error(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        if topic == "models":
            data = [{"id": name, "object": "model", "created": 1, "owned_by": "us"} for name in self.models]
            return as_json({"object": "list", "data": data}) if self.lists else _error(404, "not here")
        body = call.json()
        self.seen.append(body)
        self.keys.append(call.headers.get("authorization", "").removeprefix("Bearer "))
        if refused := self._refusal(body):
            return refused
        text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if body.get("stream") and self.streams:
            return Reply(headers={"content-type": "text/event-stream"}, parts=self._stream(body, text))
        message = {"role": "assistant", "content": text, "refusal": None}
        if self.thinks:
            message["reasoning_content"] = self.thinks
        choice = {"index": 0, "message": message, "finish_reason": self.finish, "logprobs": None}
        head = self._head(body, "chat.completion")
        return as_json(head | {"choices": [choice], "usage": self._usage(text) if self.counts else None})

    def _refusal(self, body: JSON) -> Reply | None:
        if body.get("model") not in self.models:
            return _error(404, f"The model {body.get('model')} does not exist", "model_not_found")
        wanted = (body.get("response_format") or {}).get("type")
        if wanted and wanted not in self.formats:
            return _error(400, f"response_format {wanted} is not supported")
        if body.get("stream_options") and not self.takes_usage:
            return _error(400, "Unknown parameter: stream_options")
        if self.limit_name not in body:
            return _error(400, f"Unsupported parameter: use {self.limit_name} instead")
        if body[self.limit_name] > self.limit:
            return _error(400, f"Range of {self.limit_name} should be [1, {self.limit}]")
        return None

    async def _stream(self, body: JSON, text: str) -> AsyncGenerator[bytes]:
        self.open += 1
        whole = False
        try:
            head = self._head(body, "chat.completion.chunk")
            deltas: list[JSON] = [{"role": "assistant", "content": ""}]
            deltas += [{"reasoning_content": part, "content": None} for part in _parts(self.thinks, self.piece)]
            deltas += [{"content": part} for part in _parts(text, self.piece)]
            for delta in deltas:
                yield _event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
                await asyncio.sleep(self.pause_s)
            yield _event(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": self.finish}]})
            if self.counts and (body.get("stream_options") or {}).get("include_usage"):
                yield _event(head | {"choices": [], "usage": self._usage(text)})
            yield b"data: [DONE]\n\n"
            whole = True
        finally:
            self.open -= 1
            self.broken += not whole

    def _head(self, body: JSON, kind: str) -> JSON:
        return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": body["model"]}

    def _usage(self, text: str) -> JSON:
        return {"prompt_tokens": 100, "completion_tokens": len(text), "total_tokens": 100 + len(text)}


def _event(body: JSON) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def _parts(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _error(status: int, message: str, code: str = "invalid_request_error") -> Reply:
    return as_json({"error": {"message": message, "type": "invalid_request_error", "code": code}}, status)
