"""Frame <-> timecode, by the table that the player's clock is held against as well."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from studio.review.timecode import drops, frame_of, hour, nominal, timecode

CASES = json.loads((Path(__file__).parent / "timecode_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['num']}/{c['den']}@{c['frame']}")
def test_the_table_of_cases(case: dict) -> None:
    rate = Fraction(case["num"], case["den"])
    assert timecode(case["frame"], rate) == case["timecode"]
    assert frame_of(case["timecode"], rate) == case["frame"]


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(60000, 1001)])
def test_drop_frame_counts_like_a_clock_that_skips_labels(rate: Fraction) -> None:
    """Counted label by label over an hour and ten seconds, independently of the arithmetic."""
    count, skipped, frame = nominal(rate), nominal(rate) // 15, 0
    for second in range(3610):
        first = skipped if second % 60 == 0 and second // 60 % 10 else 0
        for label in range(first, count):
            if label in (first, count - 1):
                clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d};{label:02d}"
                assert timecode(frame, rate) == clock
                assert frame_of(clock, rate) == frame
            frame += 1
    assert frame - hour(rate) == 10 * count  # after the hour the labels are whole seconds again


@pytest.mark.parametrize(
    "label", ["", "1:2:3:4", "00:00:00:30", "00:60:00:00", "24:00:00:00", "00:01:00;00", "00:01:00:01"]
)
def test_what_is_no_timecode_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="no timecode"):
        frame_of(label, Fraction(30000, 1001))


def test_only_multiples_of_30000_1001_drop_labels() -> None:
    assert [drops(Fraction(n, 1001)) for n in (24000, 30000, 60000)] == [False, True, True]
    assert not any(drops(Fraction(n)) for n in (16, 24, 25, 30, 50, 60))
