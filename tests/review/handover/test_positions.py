"""At each rate every form has each comment at its frame, as another program reads it."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from studio.review.handover import avid, csv_table, edl, fcpxml, openrv, otio, xmeml
from studio.review.handover.model import ReviewHandover, common_rate
from studio.review.handover.sequence import lay_out, sequence_markers
from tests.review.handover import readers
from tests.review.handover.samples import FRAMES, RATES, at_rate, comment, item

EVERY_RATE = pytest.mark.parametrize("rate", RATES, ids=[f"{float(r):.3f}" for r in RATES])


@EVERY_RATE
def test_resolve(rate: Fraction) -> None:
    review = at_rate(rate)
    wanted = [(first, length, f"Ana: {text}") for first, length, text in readers.expected(review)]
    assert readers.edl(edl.markers(review), rate) == wanted


@EVERY_RATE
def test_avid(rate: Fraction) -> None:
    assert readers.avid(avid.write(at_rate(rate)), rate) == readers.expected(at_rate(rate))


@EVERY_RATE
def test_table(rate: Fraction) -> None:
    review = at_rate(rate)
    rows = readers.table(csv_table.write(review))
    whole = [row for row in rows if row["text"] == "all of it"]
    assert [(row["frame_in"], row["timecode_in"]) for row in whole] == [("", "")]
    for row, (first, length, text) in zip(rows, sorted(readers.expected(review)), strict=True):
        start = 0 if row["item"] == "Shot 1" else FRAMES
        assert readers.in_sequence(row["sequence_in"], rate) == first
        if row["frame_in"]:
            assert (int(row["frame_in"]), int(row["frame_out"])) == (first - start, first - start + length - 1)
            assert readers.frames(row["timecode_in"], rate) == first - start
            assert readers.frames(row["timecode_out"], rate) == first - start + length - 1
        assert row["text"] == text


@EVERY_RATE
def test_premiere(rate: Fraction) -> None:
    """Markers of the clips and of the sequence, by OpenTimelineIO's adapter of Final Cut Pro 7's XML."""
    review = at_rate(rate)
    timeline = readers.through_otio(xmeml.write(review), ".xml", adapter_name="fcp_xml")

    def text(marker: object) -> str:
        return marker.metadata["fcp_xml"]["comment"]  # type: ignore[attr-defined]

    wanted = [(first, 0 if length == 1 else length, said) for first, length, said in readers.expected(review)]
    assert readers.on_clips(timeline, text) == wanted
    on_sequence = [
        (m.marked_range.start_time.value, m.marked_range.duration.value, text(m)) for m in timeline.tracks.markers
    ]
    assert on_sequence == wanted
    assert abs(timeline.global_start_time.value - readers.hour(rate)) < 1e-6
    assert abs(timeline.global_start_time.rate - float(rate)) < 1e-9


@EVERY_RATE
def test_final_cut(rate: Fraction) -> None:
    """By its fractions of a second: OpenTimelineIO's adapter turns them into floats and loses frames on the way."""
    review = at_rate(rate)
    assert readers.fcpxml(fcpxml.write(review), rate) == readers.expected(review)


@EVERY_RATE
def test_opentimelineio(rate: Fraction) -> None:
    review = at_rate(rate)
    timeline = readers.through_otio(otio.write(review), ".otio")
    assert readers.on_clips(timeline, lambda m: m.metadata["wan_studio"]["text"]) == readers.expected(review)
    assert timeline.global_start_time.value == readers.hour(rate)


@EVERY_RATE
def test_openrv_counts_frames_from_one(rate: Fraction) -> None:
    timeline = readers.through_otio(openrv.write(at_rate(rate)), ".otio")
    assert readers.on_clips(timeline, lambda m: m.metadata["wan_studio"]["text"]) == readers.expected(at_rate(rate))
    (track,) = json.loads(openrv.write(at_rate(rate)))["tracks"]["children"]
    assert track["name"] == "MediaTrack"
    assert [clip["source_range"]["start_time"]["value"] for clip in track["children"]] == [1, 1]


def test_comments_on_one_frame_share_a_marker_for_programs_that_have_one_a_frame() -> None:
    pair = [comment(7, text="first"), comment(7, 9, id="rc_b", author="Ben", text="second", resolved=True)]
    review = ReviewHandover("R", Fraction(24), (item(Fraction(24), pair),))
    assert readers.edl(edl.markers(review), Fraction(24)) == [(7, 3, "Ana: first / Ben: second")]
    assert b"ResolveColorRed" in edl.markers(review)
    assert [
        m.metadata["wan_studio"]["text"]
        for m in readers.through_otio(otio.write(review), ".otio").find_clips()[0].markers
    ] == ["first", "second"]


@pytest.mark.parametrize("own", RATES, ids=str)
@pytest.mark.parametrize("whole", [Fraction(24), Fraction(30000, 1001)], ids=str)
def test_a_clip_of_another_rate_is_marked_where_the_sequence_shows_the_frame(own: Fraction, whole: Fraction) -> None:
    """Each frame that is shown at all is marked at its first frame on screen; all stay inside the clip, in order."""
    length = 97
    clips = (item(whole, [], frames=50), item(own, [comment(n) for n in range(length)], frames=length))
    first, placed = lay_out(ReviewHandover("R", whole, clips))
    assert placed.start == first.end == 50
    shown: dict[int, int] = {}
    for k in range(placed.frames):
        shown.setdefault(int(k * own / whole), placed.start + k)  # exact: a fraction cut to the whole frame
    at = [placed.at(n) for n in range(length)]
    assert at == sorted(at)
    assert all(placed.start <= k < placed.end for k in at)
    assert {n: at[n] for n in shown} == shown
    assert sum(len(m.comments) for m in sequence_markers((first, placed))) == length
    assert placed.frames * own <= length * whole  # the media do not end early


def test_the_sequence_has_the_rate_of_most_clips() -> None:
    rates = [Fraction(25), None, Fraction(24), Fraction(24)]
    assert common_rate(item(rate, []) for rate in rates) == 24
    assert common_rate([item(None, [], kind="image")]) == 24
