"""The film's clock: one reckoning in whole frames, the same in Python and in the page."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.film.timeline import ClipRange, Segment, Timeline, Transition, frame_exact_length_s, lay_out
from tests.support import node

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "timeline_cases.json").read_text("utf-8"))
PAGE = """
import { clipAt, times } from "JS_URL/board/timeline.js";
const result = given.map(({ fps: [n, d], segments }) => {
  const clips = segments.map((s) => times(s, n / d));
  return { clips, at: clips.map((c) => clipAt(clips, c.at)), before: clips.map((c) => clipAt(clips, c.at - 1e-3)) };
});
"""
SECONDS = st.floats(0.0, 60.0, allow_nan=False).map(lambda s: round(s, 3))
RATES = st.one_of(st.integers(8, 120).map(Fraction), st.sampled_from([Fraction(24000, 1001), Fraction(30000, 1001)]))
CLIPS = st.lists(
    st.builds(
        ClipRange, length_s=SECONDS, in_s=SECONDS, out_s=st.none() | SECONDS, transition=st.sampled_from(Transition),
        transition_s=st.floats(0.0, 3.0).map(lambda s: round(s, 1)),
    ),
    max_size=30,
)  # fmt: skip

PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no fault of the timeline."""


def laid_out(case: dict[str, Any]) -> Timeline:
    clips = [ClipRange(**clip | {"transition": Transition(clip["transition"])}) for clip in case["clips"]]
    return lay_out(clips, Fraction(*case["fps"]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_clip_has_its_place_in_whole_frames(case: dict[str, Any]) -> None:
    assert list(laid_out(case).segments) == [Segment(**segment) for segment in case["segments"]]


def test_the_page_reads_the_same_times() -> None:
    for case, seen in zip(CASES, node.computed(PAGE, CASES), strict=True):
        timeline = laid_out(case)
        assert [clip["at"] for clip in seen["clips"]] == pytest.approx(timeline.starts_s(), abs=1e-5)
        lengths = [timeline.shown_s(n) for n in range(len(timeline.segments))]
        assert [clip["length"] for clip in seen["clips"]] == pytest.approx(lengths, abs=1e-5)
        numbers = [timeline.at(start) for start in timeline.starts_s()]
        assert seen["at"] == numbers == list(range(len(numbers)))
        assert seen["before"] == [max(0, n - 1) for n in numbers]


@PROPERTY
@given(CLIPS, RATES)
def test_a_film_has_no_gap_and_its_length_is_that_of_its_parts(clips: list[ClipRange], fps: Fraction) -> None:
    timeline = lay_out(clips, fps)
    segments = timeline.segments
    assert [s.start for s in segments[:1]] == [0] * bool(segments)
    assert all(b.start == a.end - a.overlap for a, b in pairwise(segments))
    assert timeline.frames == sum(s.frames for s in segments) - sum(s.overlap for s in segments)
    assert all(s.frames >= 1 and s.first >= 0 for s in segments)
    assert all(s.last <= max(1, round(c.length_s * fps + Fraction(1, 2))) for s, c in zip(segments, clips, strict=True))
    for (a, b), clip in zip(pairwise(segments), clips, strict=False):
        assert 0 <= a.overlap <= min(a.frames, b.frames) // 2
        assert clip.transition is not Transition.CUT or a.overlap == 0
    for before, segment, after in zip(segments, segments[1:], segments[2:], strict=False):
        assert before.overlap + segment.overlap <= segment.frames, "never three clips at once"
        assert after.start >= before.end


@PROPERTY
@given(CLIPS.filter(bool), RATES, st.integers(0, 10_000))
def test_seconds_and_frames_mean_the_same_moment(clips: list[ClipRange], fps: Fraction, frame: int) -> None:
    timeline = lay_out(clips, fps)
    frame = min(frame, timeline.frames - 1)
    number = timeline.at(timeline.seconds(frame))
    assert timeline.segments[number].start <= frame < timeline.segments[number].end
    assert number + 1 == len(clips) or frame < timeline.segments[number + 1].start


@pytest.mark.parametrize(
    ("kept_s", "fps", "exact_s"),
    [
        (4.812, 16.0, 4.8125),
        (4.813, 16.0, 4.8125),
        (10.01, 23.976, 10.01),
        (3.337, 29.97, 3.336667),
        (2.71, None, 2.71),
    ],
)
def test_a_length_kept_to_the_millisecond_is_read_to_the_frame(kept_s: float, fps: float, exact_s: float) -> None:
    assert frame_exact_length_s(kept_s, fps) == pytest.approx(exact_s, abs=1e-6)
