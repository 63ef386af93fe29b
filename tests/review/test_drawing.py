"""Drawings from outside: what may be stored comes back as it was, everything else is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from studio.errors import CapabilityError
from studio.review.drawing import DIGITS, MAX_BYTES, MAX_POINTS, MAX_SHAPES, parse
from tests.review.drawings import DRAWING

STROKE = {"type": "stroke", "points": [[0.1, 0.2, 0.5], [0.3, 0.4, 1]], "color": "#ff3b30", "size": 0.01}
BOX = {"type": "box", "from": [0.1, 0.2], "to": [0.5, 0.6], "color": "#34c759", "size": 0.004}
TEXT = {"type": "text", "at": [0.1, 0.2], "text": "hello 你好", "color": "#ffffff", "size": 0.05}


def near(found: Any, given_: Any) -> bool:
    """The same values, numbers to the digits that are kept."""
    if isinstance(given_, dict):
        return found.keys() == given_.keys() and all(near(found[k], given_[k]) for k in given_)
    if isinstance(given_, list):
        return len(found) == len(given_) and all(map(near, found, given_))
    if isinstance(given_, str):
        return found == given_
    return abs(found - given_) <= 10**-DIGITS


@settings(max_examples=60, deadline=None)
@given(DRAWING)
def test_a_drawing_is_read_back_as_it_was_drawn(value: dict[str, Any]) -> None:
    kept = parse(json.loads(json.dumps(value))).as_json()
    assert near(kept, value)
    assert parse(json.loads(json.dumps(kept))).as_json() == kept


@pytest.mark.parametrize(
    "shape",
    [
        STROKE | {"points": [[float("nan"), 0, 0]]},
        STROKE | {"points": [[0, float("inf"), 0]]},
        STROKE | {"points": [json.loads("[1e309, 0, 0]")]},
        STROKE | {"points": [[0, 0, -0.01]]},
        STROKE | {"points": [[0, 0]]},
        STROKE | {"points": []},
        STROKE | {"points": [["0.5", 0, 0]]},
        STROKE | {"points": [[True, 0, 0]]},
        STROKE | {"points": [[0, 0, 0]] * (MAX_POINTS + 1)},
        STROKE | {"points": "abc"},
        STROKE | {"color": "red"},
        STROKE | {"color": "#ff3b30\n"},
        STROKE | {"color": "url(http://x)"},
        STROKE | {"size": 0},
        STROKE | {"size": 0.6},
        STROKE | {"size": 10**400},
        STROKE | {"onclick": "alert(1)"},
        STROKE | {"type": "script"},
        {"type": "stroke"},
        BOX | {"from": [0, 1.01]},
        BOX | {"from": [0, 0, 0]},
        {"type": "box", "start": [0, 0], "end": [1, 1], "color": "#000000", "size": 0.01},
        TEXT | {"text": "x" * 501},
        TEXT | {"text": " \u200b\n"},
        TEXT | {"text": "\ud800"},
        TEXT | {"text": 5},
        [],
        None,
    ],
    ids=lambda shape: str(shape)[:60],
)
def test_what_no_page_draws_is_refused_with_a_sentence(shape: object) -> None:
    with pytest.raises(CapabilityError) as refused:
        parse({"shapes": [BOX, shape]})
    assert str(refused.value).endswith(".") and len(str(refused.value)) < 400


@pytest.mark.parametrize("value", [None, [], "x", 5, {}, {"shapes": None}, {"shapes": [], "more": 1}, {"shapes": {}}])
def test_what_is_no_drawing_is_refused(value: object) -> None:
    with pytest.raises(CapabilityError):
        parse(value)


def test_a_drawing_has_limits() -> None:
    assert len(parse({"shapes": [BOX] * MAX_SHAPES}).shapes) == MAX_SHAPES
    with pytest.raises(CapabilityError, match="200"):
        parse({"shapes": [BOX] * (MAX_SHAPES + 1)})
    long = STROKE | {"points": [[n / MAX_POINTS, 0.12345, 0.54321] for n in range(MAX_POINTS)]}
    assert parse({"shapes": [long]})
    with pytest.raises(CapabilityError, match=f"{MAX_BYTES // 1000} kB"):
        parse({"shapes": [long] * 10})


def test_markup_in_a_text_stays_text() -> None:
    text = "<img src=x onerror=alert(1)> ${1} {{2}} & </text>"
    assert parse({"shapes": [TEXT | {"text": text}]}).as_json()["shapes"][0]["text"] == text


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(CapabilityError, match=r"drawing\.shapes\.1\.points\.0\.2"):
        parse({"shapes": [BOX, STROKE | {"points": [[0, 0, 7]]}]})
