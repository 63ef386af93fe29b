"""A receipt is read as it was written, finds files however they are named, and says what came otherwise than asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import load, validation
from studio.domain import Kind, Status
from studio.engines.base import Job
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.errors import UnknownHandle

ROWS = load()


def receipt(**more: Any) -> Receipt:
    body = {"model": "alibaba/wan2.7-image", "task": "text-to-image", "prompt": "x", "tier": "2K"}
    body |= {"enable_sequential": True, "series_length": 3}
    model = ROWS.get("alibaba/wan2.7-image")
    request = validation.complete(validation.parse(body | more, ROWS), model)
    return Receipt.of(Job("r_1", request, model, 7, Path()), "t-1", poll="http://x/1")


def test_a_handle_is_read_as_it_was_written() -> None:
    kept = receipt()
    assert Receipt.read(kept.handle(), "Provider") == kept
    assert (kept.task, kept.kind, kept.count, kept.urls) == ("t-1", "image", 3, {"poll": "http://x/1"})
    assert kept.usd == pytest.approx(3 * kept.rates["image"])


@pytest.mark.parametrize(
    "text", ["", "no-such-handle", "{}", "[1]", '{"task": 1', '{"task": "x", "kind": "image", "z": 1}']
)
def test_any_other_text_is_no_handle(text: str) -> None:
    with pytest.raises(UnknownHandle, match="not a task ID of Provider"):
        Receipt.read(text, "Provider")


@pytest.mark.parametrize(
    ("part", "links"),
    [
        ("http://x/a", ["http://x/a"]),
        ({"url": "http://x/a", "width": None}, ["http://x/a"]),
        ([{"url": "http://x/a"}, "http://x/b", {}, None, 5, {"url": 5}, ""], ["http://x/a", "http://x/b"]),
        (None, []),
        ({"video": "http://x/a"}, []),
    ],
)
def test_files_are_found_in_their_order(part: Any, links: list[str]) -> None:
    assert [(file.kind, file.url) for file in receipt().files(part)] == [(Kind.IMAGE, link) for link in links]


def test_the_end_says_what_is_missing() -> None:
    kept = receipt()
    done = kept.succeeded(kept.files(["http://x/a"]), label="Provider", word="done", seed=True, cost_usd=None)
    assert (done.status, done.word, len(done.outputs), done.seed) == (Status.SUCCEEDED, "done", 1, None)
    assert "1 of 3 files" in (done.note or "")
    assert "estimate was recorded" in (done.note or "")
    whole = kept.succeeded(kept.files(["a", "b", "c"]), label="Provider", word="done", seed=5, cost_usd=0.09)
    assert (whole.note, whole.seed, whole.cost_usd) == (None, 5, 0.09)
    none = kept.succeeded((), label="Provider", word="done")
    assert (none.status, none.outputs, none.cost_usd) == (Status.SUCCEEDED, (), None)


def test_names_and_words_of_a_provider_are_held_in_bounds() -> None:
    assert [task_name(v) for v in ("a-1", "", None, 5, "x" * 201, "a\nb", {"a": 1})] == ["a-1", "", "", "", "", "", ""]
    error = unknown_status("x" * 99, "Provider")
    assert error.transient
    assert error.code == "x" * 40


@pytest.mark.parametrize(("units", "usd"), [(None, None), (1.0, 0.03), (3.0, 0.09), (0.0, 0.0)])
def test_one_price_is_the_price_of_a_unit(units: float | None, usd: float | None) -> None:
    kept = Receipt("t", "image", 3, 0.09, prices=[0.03])
    assert kept.cost_of(units) == (usd if usd is None else pytest.approx(usd))


@pytest.mark.parametrize(("units", "usd"), [(5.0, 0.75), (7.5, 0.75), (5.02, 0.75), (4.0, None), (0.0, None)])
def test_of_several_prices_one_must_explain_the_estimate(units: float, usd: float | None) -> None:
    kept = Receipt("t", "video", 1, 0.75, prices=[0.1, 0.15])
    assert kept.cost_of(units) == usd
