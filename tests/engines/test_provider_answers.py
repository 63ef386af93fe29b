"""A provider's answers as hostile input: what is no number, link, file or JSON is held in words, not booked."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain import HeldReason, Run, Status
from studio.engines import handles, strict_json
from studio.errors import UnknownHandle
from studio.studio import Studio
from tests.engines.alibaba.test_studio import made, rest
from tests.providers.alibaba import AlibabaServer
from tests.providers.http_server import Reply, as_json
from tests.stories.studio_child import opened
from tests.support.kit import QUICK

T2V = {"model": "alibaba/wan2.6-t2v", "task": "text-to-video", "prompt": "a fox"}
ESTIMATE = pytest.approx(0.43, abs=0.03)


@pytest.fixture
def server() -> Iterator[AlibabaServer]:
    with AlibabaServer() as server:
        yield server


@pytest.fixture
def studio(server: AlibabaServer, tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path / "data", server.url, timing=QUICK) as studio:
        yield studio


def booked(studio: Studio) -> float:
    return sum(row.usd for row in studio.admin.spend("model"))


@pytest.mark.parametrize(
    "usage",
    [
        '{"output_video_duration": 1e400}',
        '{"output_video_duration": NaN, "duration": -Infinity}',
        '{"duration": -5}',
        '{"duration": 1e300}',
        '{"duration": 10000000000000000000000000000000000000000000000000}',
        '{"duration": "five", "SR": []}',
        '{"duration": true}',
        '{"duration": {"a": 1}, "image_count": "nan"}',
        '"x"',
        "[1]",
        "null",
    ],
)
def test_what_is_no_amount_is_never_booked(studio: Studio, server: AlibabaServer, usage: str) -> None:
    """The estimate stays booked, and the run says so."""
    server.usage_text = usage
    run = made(studio)
    assert (run.status, run.cost_usd) == (Status.SUCCEEDED, None)
    assert "estimate was recorded" in (run.note or "")
    assert booked(studio) == ESTIMATE == run.estimate_usd
    json.dumps(run.public(), allow_nan=False)


@pytest.mark.parametrize(("sr", "usd"), [("1080", 0.7), ('"1080"', 0.7), ("720", 0.43), ("4242", 0.43)])
def test_the_tier_that_was_billed_is_booked(studio: Studio, server: AlibabaServer, sr: str, usd: float) -> None:
    server.usage_text = f'{{"duration": 5, "SR": {sr}}}'
    run = made(studio)
    assert run.cost_usd == pytest.approx(usd, abs=0.03)
    assert ("1080P instead of the requested resolution" in (run.note or "")) == (usd > 0.6)


DEEP = b"[" * 200_000
ODD = {
    "nested": Reply(200, b'{"output":' + DEEP, {"content-type": "application/json"}),
    "no JSON": Reply(200, b"<html>busy</html>"),
    "cut": Reply(200, b'{"output": {"task_st'),
    "a list": as_json([1]),
    "a number": as_json({"output": 5}),
    "a status of another type": as_json({"output": {"task_status": ["SUCCEEDED"]}}),
    "nothing": as_json({}),
    "not found": Reply(404, b"<html>nginx</html>"),
    "bad request": as_json({"code": "InvalidParameter", "message": "no"}, 400),
    "bytes": Reply(200, b"\xff\xfe\x00" * 50),
}


@pytest.mark.parametrize("answer", list(ODD.values()), ids=list(ODD))
def test_an_answer_that_cannot_be_read_is_looked_at_again(studio: Studio, server: AlibabaServer, answer: Reply) -> None:
    server.fail("poll", "reply", times=3, reply=answer)
    run = made(studio)
    assert run.status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1}
    assert not any("pydantic" in e.why or "Traceback" in e.why for e in studio.local.runs.history(run.id))


@pytest.mark.parametrize(
    "results",
    [
        {"video_url": ["http://x"]},
        {"results": "many", "choices": {"a": 1}},
        {"choices": [None, {"message": 5}, {"message": {"content": "text"}}]},
        {},
    ],
    ids=["a list", "words", "pieces", "nothing"],
)
def test_a_task_that_is_done_without_a_file_stays_billed(studio: Studio, server: AlibabaServer, results: Any) -> None:
    """The usage says that it was billed, so the money stays booked until a person decides."""
    done = {"output": {"task_status": "SUCCEEDED", **results}, "usage": {"duration": 5}}
    server.fail("poll", "reply", times=9, reply=as_json(done))
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.BROKEN_RESULT)
    assert booked(studio) == ESTIMATE
    server.faults.clear()
    studio.local.runs.decide(run.id, "fetch_again")
    assert rest(studio, run).status == Status.SUCCEEDED


PAGE = b"<!DOCTYPE html><html>sign in</html>"
XML = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
BROKEN = {
    "empty": (Reply(200, b""), "empty file"),
    "page": (Reply(200, PAGE), "web page instead of the file"),
    "xml": (Reply(200, XML), "XML message instead of the file"),
    "json": (Reply(200, b'{"code": "gone"}'), "message instead of the file"),
    "noise": (Reply(200, b"\x00\x00\x00\x18ftypmp42" + b"noise" * 999), "The result"),
    "picture": (Reply(200, b"\x89PNG\r\n\x1a\n" + b"0" * 99), "The result"),
}


@pytest.mark.parametrize(("answer", "words"), list(BROKEN.values()), ids=list(BROKEN))
def test_a_billed_result_that_arrives_broken_is_held_and_can_be_fetched_again(
    studio: Studio, server: AlibabaServer, answer: Reply, words: str
) -> None:
    server.fail("download", "reply", times=3, reply=answer)
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.BROKEN_RESULT)
    assert words in (run.error or "")
    assert "Export" not in (run.error or "")
    assert [c.id for c in studio.queue.hold_choices(run)] == ["fetch_again", "submit_again", "give_up"]
    assert booked(studio) == ESTIMATE
    studio.local.runs.decide(run.id, "fetch_again")
    run = rest(studio, run)
    assert (run.status, len(run.assets)) == (Status.SUCCEEDED, 1)
    assert server.submits_by_prompt() == {"a fox": 1}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("http://[::1", "not valid"),
        ("http://x/\r\nhost: y", "not valid"),
        ("http://x/" + "a" * 100_000, "not valid"),
        ("javascript:alert(1)", "not valid"),
        ("file:///etc/passwd", "not valid"),
        ("http://127.0.0.1:9/inner", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("http://[::ffff:169.254.169.254]/", "private network"),
        ("http://2130706433:9/", "private network"),
        ("http://10.1.2.3/x.mp4", "private network"),
    ],
)
def test_a_link_that_may_not_be_followed_is_told(studio: Studio, server: AlibabaServer, link: str, words: str) -> None:
    server.link = link
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.BROKEN_RESULT)
    assert words in (run.error or "")
    assert len(run.error or "") < 300
    server.link = ""
    studio.local.runs.decide(run.id, "fetch_again")
    assert rest(studio, run).status == Status.SUCCEEDED


def test_a_redirect_to_another_port_of_the_same_host_is_not_followed(studio: Studio, server: AlibabaServer) -> None:
    with AlibabaServer() as inner:
        server.fail("download", "reply", times=3, reply=Reply(302, b"", {"location": f"{inner.url}/results/x"}))
        run = made(studio)
        assert "private network" in (run.error or "")
        assert inner.calls.total() == 0


def test_a_list_that_ignores_its_filter_keeps_nothing_waiting(studio: Studio, server: AlibabaServer) -> None:
    """Finished tasks listed as RUNNING by the filter, but not by their own word."""

    def proxied(call: Any, listed: Any = server._list) -> Any:
        call.query.pop("status", None)
        return listed(call)

    server._list = proxied  # type: ignore[method-assign]
    runs = [run for n in range(24) for run in studio.local.requests.submit(T2V | {"prompt": f"fox {n}"})]
    ended = studio.local.runs.wait([run.id for run in runs], timeout_s=40)
    assert {run.status for run in ended} == {Status.SUCCEEDED}


def test_a_database_that_holds_infinity_is_readable(server: AlibabaServer, tmp_path: Path) -> None:
    """An older version booked such a bill; nothing of it may reach a sum, a page or the stream."""
    with opened(tmp_path / "data", server.url) as studio:
        run = made(studio)
    with sqlite3.connect(tmp_path / "data" / "studio.db") as db:
        db.execute("UPDATE runs SET cost_usd = 9e999, estimate_usd = -9e999")
        db.execute("UPDATE ledger SET usd = 9e999 WHERE kind = 'settle'")
    with opened(tmp_path / "data", server.url) as studio:
        json.dumps(studio.local.runs.get(run.id).public(), allow_nan=False)
        assert booked(studio) == ESTIMATE


def test_after_a_fault_at_submit_only_the_look_up_is_repeated(studio: Studio, server: AlibabaServer) -> None:
    """One submit, several looks, and sentences that agree."""
    server.refuse("submit", 500, "InternalError")
    run: Run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert (server.calls["submit"], server.calls["list"] > 3) == (1, True)
    assert "may still have been accepted" in (run.error or "")
    assert "no such task" not in (run.error or "")


def test_a_fault_at_submit_is_put_right_once_the_list_proves_that_nothing_came(
    studio: Studio, server: AlibabaServer
) -> None:
    server.refuse("submit", 400, "ClientDisconnect")
    (run,) = studio.local.requests.submit(T2V)
    until = time.monotonic() + 10
    while not server.calls["list"] and time.monotonic() < until:
        time.sleep(0.02)
    studio.local.requests.submit(T2V | {"prompt": "a later wolf"})
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1, "a later wolf": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1e400, "b": -1e999, "c": NaN}', {"a": None, "b": None, "c": None}),
        ('{"a": 18446744073709551615, "b": 18446744073709551616}', {"a": 2**64 - 1, "b": None}),
        (r'{"a": "x\u0000\ud800y"}', {"a": "x\ufffd\ufffdy"}),
        ("[" * 60 + "]" * 60, None),
    ],
)
def test_json_is_read_as_values_that_can_be_kept(text: str, value: Any) -> None:
    read = strict_json.read(text)
    assert value is None or read == value


@pytest.mark.parametrize("text", ["[" * 61 + "]" * 61, "[" * 200_000, '{"a":' * 99 + "1" + "}" * 99, "", "nil", "{"])
def test_json_that_is_none_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        strict_json.read(text)


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("https://a/1", ["https://a/1"]),
        (["https://a/1", {"url": "https://a/2"}, {"url": ["https://a/3"]}], [f"https://a/{n}" for n in (1, 2, 3)]),
        ([None, 5, "", {"src": "https://a/1"}, {"url": None}], []),
        (None, []),
    ],
)
def test_links_are_found_in_every_shape_that_providers_give_them(value: Any, links: list[str]) -> None:
    assert strict_json.links(value) == links


@pytest.mark.parametrize("handle", ["", "t_1", "[]", "{}", '{"task": 5}', "[" * 100_000])
def test_a_text_that_no_engine_wrote_is_no_handle(handle: str) -> None:
    with pytest.raises(UnknownHandle, match="not a task ID of Provider"):
        handles.parse(handle, "Provider")


def test_a_handle_keeps_its_values() -> None:
    kept = {"task": "t_1", "rates": {"second": 0.05}, "kind": "video"}
    assert handles.parse(handles.dump(**kept), "Provider") == kept
