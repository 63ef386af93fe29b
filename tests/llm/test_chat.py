"""Questions to a local server that speaks the protocol, which OpenAI's own client proves: every manner of answer,
servers that know less, refusals, and lines that break."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import openai
import pytest

from studio.engines.addresses import LinkGone
from studio.errors import Moderated, RateLimited, Refused, Unauthorised, Unavailable
from studio.llm import chat as module
from studio.llm.chat import Answer, CapabilityCache, Chat, Question
from studio.llm.endpoint import Endpoint
from tests.providers.http_server import as_json
from tests.support.chat_server import ChatServer

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(key=ChatServer.KEY) as running:
        yield running


def endpoint(server: ChatServer, key: str = ChatServer.KEY, model: str = "small-model") -> Endpoint:
    return Endpoint("address", server.base, model, "the test server", {"Authorization": f"Bearer {key}"})


def asked(
    server: ChatServer,
    schema: dict[str, object] | None = None,
    capabilities: CapabilityCache | None = None,
    **more: str,
) -> tuple[list[str], Answer]:
    async def ask() -> tuple[list[str], Answer]:
        chat, answer = Chat(endpoint(server, **more), capabilities), Answer()
        try:
            return [piece async for piece in chat.ask(Question("Be brief.", "Hello", 5000, schema), answer)], answer
        finally:
            await chat.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("stream", [False, True])
def test_openais_client_reads_the_local_server(server: ChatServer, stream: bool) -> None:
    """So that a studio which works with this server works with others."""
    server.thinks = "Let me see."
    with openai.OpenAI(api_key=ChatServer.KEY, base_url=server.base, max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["small-model", "large-model"]
        if not stream:
            whole = client.chat.completions.create(
                model="small-model", messages=[{"role": "user", "content": "Hello"}], max_tokens=100
            )
            assert whole.usage
            assert (whole.choices[0].message.content, whole.usage.prompt_tokens) == ("A fine answer.", 100)
            return
        events = client.chat.completions.create(
            model="small-model", messages=[{"role": "user", "content": "Hello"}], max_tokens=100, stream=True,
            stream_options={"include_usage": True},
        )  # fmt: skip
        found = list(events)
        assert "".join(e.choices[0].delta.content or "" for e in found if e.choices) == "A fine answer."
        assert found[-1].usage
        assert found[-1].usage.completion_tokens == 14


def test_openais_client_sees_the_local_servers_refusals(server: ChatServer) -> None:
    wrong = openai.OpenAI(api_key="sk-wrong", base_url=server.base, max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError):
        wrong.models.list()
    right = openai.OpenAI(api_key=ChatServer.KEY, base_url=server.base, max_retries=0)
    with right, pytest.raises(openai.NotFoundError):
        right.chat.completions.create(model="none", messages=[{"role": "user", "content": "x"}], max_tokens=9)


def test_an_answer_comes_in_pieces_with_its_tokens(server: ChatServer) -> None:
    pieces, answer = asked(server)
    assert pieces == ["A fi", "ne a", "nswe", "r."]
    assert (answer.text, answer.tokens_in, answer.tokens_out, answer.finish) == ("A fine answer.", 100, 14, "stop")


@pytest.mark.parametrize("way", ["field", "mark", "mark at once", "no opening"])
def test_thinking_is_no_part_of_the_answer(server: ChatServer, way: str) -> None:
    if way == "field":
        server.thinks = "Two and two"
    else:
        head = "" if way == "no opening" else "\n<think>"
        server.answers = [f"{head}Is <b>x</b> right? Yes.</think>\n\nA fine answer."]
        server.piece = 1000 if way == "mark at once" else 3
    pieces, answer = asked(server)
    assert answer.text == "A fine answer."
    if way != "no opening":
        assert "".join(pieces).strip() == "A fine answer."
        assert answer.thought_chars > 5


def test_servers_that_do_not_stream_are_read_as_well(server: ChatServer) -> None:
    server.streams = False
    pieces, answer = asked(server)
    assert (pieces, answer.tokens_out) == (["A fine answer."], 14)


def test_a_server_is_asked_in_the_manner_that_it_understands_and_that_is_remembered(server: ChatServer) -> None:
    server.formats, server.takes_usage, server.limit = set(), False, 4096
    capabilities = CapabilityCache()
    _, answer = asked(server, SCHEMA, capabilities)
    assert (answer.text, answer.tokens_out) == ("A fine answer.", None)
    tried = len(server.seen)
    assert [body.get("response_format", {}).get("type") for body in server.seen][:3] == [
        "json_schema",
        "json_object",
        None,
    ]
    asked(server, SCHEMA, capabilities)
    assert len(server.seen) == tried + 1


def test_a_server_with_another_word_for_the_limit(server: ChatServer) -> None:
    server.limit_name = "max_completion_tokens"
    assert asked(server)[1].text == "A fine answer."
    assert "max_tokens" not in server.seen[-1]


def test_the_key_is_in_no_error(server: ChatServer) -> None:
    """The server repeats it, as some do."""
    with pytest.raises(Unauthorised) as caught:
        asked(server, key="sk-a-very-secret-wrong-key")
    assert "sk-a-very" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "[key]" in str(caught.value)
    assert "sk-" not in repr(endpoint(server))


def test_an_unknown_model_is_told_as_such(server: ChatServer) -> None:
    with pytest.raises(Refused, match="no model huge"):
        asked(server, model="huge")


def test_too_many_calls_wait_as_the_server_asks_and_not_for_ever(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAIT_S", 0.05)
    slower = as_json({"error": {"message": "slow down"}}, 429, **{"retry-after": "3000"})
    server.fail("chat", "reply", times=2, reply=slower)
    assert asked(server)[1].text == "A fine answer."
    server.fail("chat", "reply", times=9, reply=slower)
    with pytest.raises(RateLimited):
        asked(server)
    assert server.calls["chat"] == 6


def test_a_server_that_loads_its_model_is_asked_again(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAIT_S", 0.05)
    server.fail("chat", "reply", reply=as_json({"error": {"message": "Loading model"}}, 503))
    assert asked(server)[1].text == "A fine answer."


def test_a_fault_is_not_repeated(server: ChatServer) -> None:
    server.fail("chat", "reply", reply=as_json({"error": {"message": "boom"}}, 500))
    with pytest.raises(Unavailable):
        asked(server)
    assert server.calls["chat"] == 1


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "truncate"])
def test_a_broken_line_is_told(server: ChatServer, fault: str) -> None:
    server.streams = False
    server.fail("chat", fault)
    with pytest.raises(Unavailable):
        asked(server)


def test_an_error_inside_the_stream_is_told(server: ChatServer) -> None:
    broken = as_json({})
    broken.headers["content-type"] = "text/event-stream"
    broken.body = b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'
    server.fail("chat", "reply", reply=broken)
    with pytest.raises(Unavailable, match="out of memory"):
        asked(server)


def test_content_that_is_refused_is_told_as_that(server: ChatServer) -> None:
    server.finish = "content_filter"
    with pytest.raises(Moderated):
        asked(server)


@pytest.mark.parametrize(("finish", "words"), [("length", "thought until its limit"), ("stop", "empty answer")])
def test_an_answer_of_nothing_but_thinking_is_none(server: ChatServer, finish: str, words: str) -> None:
    server.thinks, server.answers, server.finish = "on and on", [""], finish
    with pytest.raises(Refused, match=words):
        asked(server)


def test_an_answer_without_an_end_is_stopped(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER_CHARS", 50)
    server.answers = ["x" * 5000]
    with pytest.raises(Refused, match="does not end"):
        asked(server)


def test_addresses_where_clouds_keep_secrets_are_not_asked() -> None:
    """Whoever may set the address must not read the machine's own services with it."""

    async def ask() -> None:
        chat = Chat(Endpoint("address", "http://169.254.169.254/v1", "m", "there"))
        try:
            await chat.models()
        finally:
            await chat.close()

    with pytest.raises(LinkGone):
        asyncio.run(ask())
