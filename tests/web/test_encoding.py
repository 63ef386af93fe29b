"""JSON of our answers: what FastAPI's own encoder would have written, with messages in the reader's language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from fastapi.encoders import jsonable_encoder

from studio.domain import Estimate, Status
from studio.messages import Message
from studio.web.encoding import json_bytes


class Pair(NamedTuple):
    """A tuple with names."""

    left: int
    right: str


SENTENCE = Message("board.no_shots")
ANYTHING: dict[str, Any] = {
    "message": SENTENCE, "status": Status.HELD, "moment": datetime(2026, 11, 30, 1, 2, 3, 4, tzinfo=UTC),
    "none": None, "text": "红色 \u2028 </script>", "number": 2**60, "small": 1e-9, "pair": Pair(1, "x"), "set": {3},
    "path": PurePosixPath("a/b"), "model": Estimate(usd=1.5, runs=2, basis=SENTENCE), "list": [SENTENCE, (1, 2)],
    "bytes": b"raw",
}  # fmt: skip


def test_what_fastapi_would_write() -> None:
    assert json.loads(json_bytes(ANYTHING)) == json.loads(json.dumps(jsonable_encoder(ANYTHING)))


@pytest.mark.parametrize(
    "odd", [{"n": 2**70}, {1: "one"}, {Status.HELD: 1}, MappingProxyType({"a": SENTENCE})], ids=str
)
def test_what_orjson_refuses_is_written_all_the_same(odd: Any) -> None:
    assert json.loads(json_bytes(odd)) == json.loads(json.dumps(jsonable_encoder(odd)))


def test_messages_are_worded_at_any_depth() -> None:
    shown = json.loads(json_bytes(ANYTHING | {"odd": {1: SENTENCE}}, "zh-CN"))
    chinese = SENTENCE.text("zh-CN")
    assert (shown["message"], shown["list"][0], shown["odd"]["1"]) == (chinese, chinese, chinese)
    assert shown["status"] == "held"


def test_numbers_that_no_browser_reads_become_null() -> None:
    assert json_bytes({"a": float("nan"), "b": float("inf")}) == b'{"a":null,"b":null}'


def test_broken_text_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        json_bytes({"text": "\ud800"})
