"""One question to a language model over `POST /chat/completions`: streamed, bounded, and stopped by closing the line.

Servers differ in what they take. A structured answer is asked for by JSON schema, where that is refused as a JSON
object, and at last in words alone; what a server took is remembered. Refusals cost nothing, so each of these is a new
call. A call is repeated otherwise only where the server says that it did not take it (429, 503), twice at most.
Source: OpenAI's API reference for chat completions; the pages of Model Studio, Ollama and llama.cpp on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx

from studio.domain import JSON
from studio.engines import errors_http, strict_json
from studio.engines.http import ApiClient, Reply
from studio.engines.strict_json import number, table
from studio.errors import EngineError, Moderated, RateLimited, Refused, Unavailable
from studio.llm.endpoint import Endpoint
from studio.llm.thinking import ThinkingFilter, without_thinking
from studio.messages import Message, of_error, term

FIRST_WORD_S, TOTAL_S = 120.0, 300.0
"""Longest silence, in which a local server may load its model, and longest answer."""
LIST_S = 15.0
MAX_REPEATS, MAX_WAIT_S = 2, 10.0
"""How often a call that was not taken is repeated, and the longest pause before that."""
MAX_ANSWER_CHARS = 200_000
MAX_MODELS, MAX_NAME_CHARS = 500, 200
FEWER_TOKENS = (8192, 4096, 2048)
"""Longest answers that are asked for where a server refuses more."""
NOT_UNDERSTOOD = (400, 415, 422, 501)
"""Statuses of servers that do not know a part of the question."""
Format = Literal["json_schema", "json_object", ""]
FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "")


@dataclass(frozen=True)
class Question:
    """system: what the model is to do. user: what somebody wrote, which is data. max_tokens: of the answer, thinking
    included where the server counts it. schema: of a structured answer, named."""

    system: str
    user: str
    max_tokens: int
    schema: JSON | None = None


@dataclass
class Answer:
    """What has come so far. tokens_in, tokens_out: as the server counts them, None before it says so. thought_chars: of
    thinking, which is no part of the text. finish: the server's word for why it ended. sent: whether a server took the
    question, which may cost from then on."""

    text: str = ""
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    thought_chars: int = 0
    finish: str = ""
    sent: bool = False


@dataclass(frozen=True)
class ServerCapabilities:
    """How a server is asked. format: of structured answers. usage: asks it to count tokens. limit: its name for the
    most tokens. most: what it takes there, None where that is not known."""

    format: Format = "json_schema"
    usage: bool = True
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    most: int | None = None


@dataclass
class CapabilityCache:
    """What servers took, by address and model. Kept by whoever asks more than once."""

    known: dict[tuple[str, str], ServerCapabilities] = field(default_factory=dict)

    def of(self, endpoint: Endpoint) -> ServerCapabilities:
        """How this one is asked."""
        return self.known.get((endpoint.base, endpoint.model), ServerCapabilities())

    def learn(self, endpoint: Endpoint, capabilities: ServerCapabilities) -> None:
        """Ask it in this way from now on."""
        if len(self.known) > 100:
            self.known.clear()
        self.known[endpoint.base, endpoint.model] = capabilities


class Chat:
    """Calls to one endpoint, on the event loop that first uses it. Every failure is an EngineError, without the key."""

    def __init__(self, endpoint: Endpoint, capabilities: CapabilityCache | None = None) -> None:
        self.endpoint, self._capabilities = endpoint, capabilities or CapabilityCache()
        judged: Literal["", "own"] = "own" if endpoint.source == "address" else ""
        self._api = ApiClient(
            endpoint.base, label=endpoint.label, auth=lambda: endpoint.headers, total_s=TOTAL_S, judged=judged
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def models(self) -> list[str]:
        """Names of the models that the server lists, sorted; none where it has no list."""
        reply = await self._api.call("GET", "/models", total_s=LIST_S)
        if reply.status in (404, 405, 501):
            return []
        if not reply.ok:
            raise errors_http.of_reply(reply, self.endpoint.label)
        names = {one["id"] for one in strict_json.rows(reply.body.get("data")) if isinstance(one.get("id"), str)}
        return sorted(name for name in names if 0 < len(name) <= MAX_NAME_CHARS)[:MAX_MODELS]

    async def ask(self, question: Question, answer: Answer) -> AsyncIterator[str]:
        """Pieces of the answer's text as they come; "" stands for a piece of thinking. `answer` grows with them.

        Whoever stops reading closes this, and with it the connection: most servers then stop generating.
        """
        capabilities, repeats = self._capabilities.of(self.endpoint), 0
        while True:
            try:
                async for piece in self._asked(question, capabilities, answer):
                    yield piece
                break
            except (RateLimited, _NotNow) as error:
                if answer.sent or repeats >= MAX_REPEATS:
                    raise
                repeats += 1
                await asyncio.sleep(min(MAX_WAIT_S, error.retry_after_s or 2.0**repeats))
            except _NotUnderstood as error:
                simpler = _simpler(capabilities, question, error.text)
                if simpler is None:
                    raise error.error from None
                capabilities = simpler
                self._capabilities.learn(self.endpoint, capabilities)
        self._finish(answer)

    async def _asked(self, question: Question, capabilities: ServerCapabilities, answer: Answer) -> AsyncIterator[str]:
        body = _body(question, capabilities, self.endpoint)
        request = self._api.request("POST", "/chat/completions", json=body, silence_s=FIRST_WORD_S)
        async with self._api.sending(request, paid=False) as response:
            if not response.is_success:
                raise self._refusal(await self._api.reply(response))
            answer.sent = True
            if "json" in response.headers.get("content-type", ""):  # a server that does not stream
                pieces = _once((await self._api.reply(response)).body)
            else:
                pieces = self._events(response)
            thinking = ThinkingFilter()
            async for event in pieces:
                piece = self._piece(event, answer, thinking)
                if piece is not None:
                    yield piece
            if rest := thinking.end():
                answer.text += rest
                yield rest

    async def _events(self, response: httpx.Response) -> AsyncIterator[JSON]:
        async for _, event in self._api.events(response):
            yield event

    def _piece(self, event: JSON, answer: Answer, thinking: ThinkingFilter) -> str | None:
        """What an event adds to the answer: text, "" for thinking, None for neither."""
        if event.get("error"):
            raise self._broken(event)
        _count(table(event.get("usage")), answer)
        if isinstance(event.get("model"), str):
            answer.model = event["model"][:MAX_NAME_CHARS]
        choice = next(iter(strict_json.rows(event.get("choices"))), {})
        if isinstance(choice.get("finish_reason"), str):
            answer.finish = choice["finish_reason"][:40]
        delta = table(choice.get("delta")) or table(choice.get("message"))
        if refusal := _text(delta.get("refusal")):
            raise Moderated(
                Message("engine.moderated", provider=term(self.endpoint.label), why=errors_http.plain(refusal)),
                code="refusal",
            )
        thought = _text(delta.get("reasoning_content")) or _text(delta.get("reasoning"))
        answer.thought_chars += len(thought)
        content = _text(delta.get("content"))
        piece = thinking.feed(content)
        answer.thought_chars += max(0, len(content) - len(piece))
        answer.text += piece
        if len(answer.text) + answer.thought_chars > MAX_ANSWER_CHARS:
            raise Refused(Message("llm.too_long", model=term(self.endpoint.label)), code="too long")
        return piece if piece else "" if thought or content else None

    def _finish(self, answer: Answer) -> None:
        answer.text = without_thinking(answer.text)
        if answer.finish == "content_filter":
            raise Moderated(
                Message("engine.moderated", provider=term(self.endpoint.label), why="content_filter"),
                code="content_filter",
            )
        if not answer.text:
            cut = answer.finish == "length"
            said = "llm.only_thought" if cut and answer.thought_chars else "llm.nothing_said"
            raise Refused(Message(said, model=term(self.endpoint.model)), code="empty")

    def _refusal(self, reply: Reply) -> Exception:
        """The error of an answer that is none. What the server did not understand may be asked otherwise."""
        error = errors_http.of_reply(reply, self.endpoint.label)
        if reply.status == 404:
            said = Message("llm.no_such_model", model=term(self.endpoint.model), server=term(self.endpoint.label))
            return Refused(said, code="404")
        if reply.status == 503:
            return _NotNow(of_error(error), code=error.code, retry_after_s=reply.retry_after_s)
        if reply.status in NOT_UNDERSTOOD and not isinstance(error, Moderated):
            return _NotUnderstood(error, errors_http.reason(reply.body)[1])
        return error

    def _broken(self, event: JSON) -> EngineError:
        """The error that came inside a stream."""
        code, why = errors_http.reason(event)
        why = why or code or errors_http.plain(_text(event.get("error")))
        said = "engine.moderated" if errors_http.moderated(code, why) else "engine.has_fault"
        kind = Moderated if said == "engine.moderated" else Unavailable
        return kind(Message(said, provider=term(self.endpoint.label), why=why), code=code or "stream")


class _NotNow(Unavailable):
    """The server loads its model, or has no room: it took nothing."""


class _NotUnderstood(Exception):
    """The server knows not every part of the question. error: what is told where there is no simpler one."""

    def __init__(self, error: EngineError, text: str) -> None:
        super().__init__(text)
        self.error, self.text = error, text


def _simpler(capabilities: ServerCapabilities, question: Question, text: str) -> ServerCapabilities | None:
    """What to ask without next; None where nothing is left to leave out. text: the server's reason."""
    if "max_completion_tokens" in text and capabilities.limit == "max_tokens":
        return replace(capabilities, limit="max_completion_tokens")
    fewer = next((most for most in FEWER_TOKENS if most < min(question.max_tokens, capabilities.most or 10**9)), None)
    if "max_tokens" in text and fewer:
        return replace(capabilities, most=fewer)
    if "stream_options" in text and capabilities.usage:
        return replace(capabilities, usage=False)
    if question.schema and capabilities.format:
        return replace(capabilities, format=FORMATS[FORMATS.index(capabilities.format) + 1])
    return replace(capabilities, usage=False) if capabilities.usage else None


def _body(question: Question, capabilities: ServerCapabilities, endpoint: Endpoint) -> JSON:
    body: JSON = {
        "model": endpoint.model,
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        "stream": True,
        capabilities.limit: min(question.max_tokens, capabilities.most or question.max_tokens),
    }
    if capabilities.usage:
        body["stream_options"] = {"include_usage": True}
    if question.schema and capabilities.format == "json_schema":
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": question.schema},
        }
    elif question.schema and capabilities.format:
        body["response_format"] = {"type": "json_object"}
    if endpoint.source == "alibaba":
        body["enable_thinking"] = False  # its thinking is billed, and by max_tokens not bounded
    return body


def _count(usage: Mapping[str, Any], answer: Answer) -> None:
    for name, theirs in (("tokens_in", "prompt_tokens"), ("tokens_out", "completion_tokens")):
        if (value := number(usage.get(theirs))) is not None:
            setattr(answer, name, int(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


async def _once(body: JSON) -> AsyncIterator[JSON]:
    yield body
