"""What is left of several exports follows from their work, in the order in which they are made."""

from __future__ import annotations

import pytest

from studio.services.export_time import ExportClock, ExportProgress, Steps, time_left


def export(work: float, shared: Steps | None = None) -> ExportProgress:
    return ExportProgress(own=Steps([("encode", work * 0.8), ("measure", work * 0.2)], ExportClock()), shared=shared)


def test_two_lanes_share_the_speed_and_the_third_waits() -> None:
    """At speed 2, of 10, 20 and 10: the first takes 10 s; then the third is made beside the rest of the second."""
    assert time_left([export(10), export(20), export(10)], 2.0, lanes=2) == pytest.approx([10, 20, 20])
    assert time_left([export(10), export(20), export(10)], 2.0, lanes=1) == pytest.approx([5, 15, 20])


def test_what_is_shared_is_done_once_and_first() -> None:
    joined = Steps([("join", 12.0)], ExportClock())
    assert time_left([export(4, joined), export(8, joined)], 2.0, lanes=2) == pytest.approx([6 + 4, 6 + 6])
    joined.finish()
    assert time_left([export(4, joined), export(8, joined)], 2.0, lanes=2) == pytest.approx([4, 6])


def test_progress_is_by_work_and_never_goes_back() -> None:
    joined = Steps([("join", 10.0)], ExportClock())
    one = export(10, joined)
    assert one.own is not None
    joined.advance("join", 0.5)
    assert one.fraction == pytest.approx(0.25)
    joined.finish()
    one.own.advance("encode", 0.5)
    one.own.advance("encode", 0.4)
    assert one.fraction == pytest.approx(0.7)
    one.own.advance("measure", 0.5)
    assert one.fraction == pytest.approx(0.95)


def test_an_export_that_is_not_planned_yet_has_no_time_left() -> None:
    assert time_left([ExportProgress(), export(4)], 2.0, lanes=2) == [None, pytest.approx(2)]


def test_the_speed_is_the_usual_one_until_something_was_measured() -> None:
    clock = ExportClock(usual=3.0)
    clock.begin()
    assert clock.speed == 3.0
