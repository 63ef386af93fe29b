"""OpenTimelineIO: the sequence with each comment as a marker of its clip, whole in the metadata `wan_studio`.

Markers count frames at the clip's own rate. OpenTimelineIO has rates as floats; positions stay whole frames.
"""

# pyright: basic
# OpenTimelineIO has no types.

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from studio.review.handover.model import HandoverComment, Mark, ReviewHandover
from studio.review.handover.sequence import Placed, lay_out
from studio.review.handover.text import legible, one_line, threads
from studio.review.timecode import hour

if TYPE_CHECKING:
    from opentimelineio.opentime import TimeRange
    from opentimelineio.schema import Clip, Marker, Timeline

COLOURS = {Mark.OPEN: "RED", Mark.RESOLVED: "GREEN", Mark.INTERNAL: "PURPLE"}
TRACK = "Picture"


def write(review: ReviewHandover) -> bytes:
    """The timeline as JSON; media are relative to the file."""
    return serialised(timeline(review))


def serialised(timeline: Timeline) -> bytes:
    """A timeline as the bytes of its file."""
    import opentimelineio as otio

    return otio.adapters.write_to_string(timeline, "otio_json").encode("utf-8")


def timeline(review: ReviewHandover, *, folder: str = "media", track_name: str = TRACK, first: int = 0) -> Timeline:
    """The timeline; media are in `folder` beside the file. first: the number of a clip's first frame."""
    import opentimelineio as otio

    result = otio.schema.Timeline(one_line(review.title))
    result.global_start_time = otio.opentime.RationalTime(hour(review.rate), float(review.rate))
    track = otio.schema.Track(track_name, kind=otio.schema.TrackKind.Video)
    for placed in lay_out(review):
        track.append(_clip(placed, folder, first))
    result.tracks.append(track)
    return result


def span(first: int, frames: int, rate: Fraction) -> TimeRange:
    """A range of frames at a rate."""
    import opentimelineio as otio

    begin, length = (otio.opentime.RationalTime(n, float(rate)) for n in (first, frames))
    return otio.opentime.TimeRange(begin, length)


def _clip(placed: Placed, folder: str, first: int) -> Clip:
    import opentimelineio as otio

    item = placed.item
    media = otio.schema.ExternalReference(f"{folder}/{item.file}", span(first, placed.length, placed.rate))
    media.name = item.file
    shown = span(first, placed.length, placed.rate)
    if placed.rate != placed.sequence_rate:
        length = otio.opentime.RationalTime(placed.frames, float(placed.sequence_rate))
        shown = otio.opentime.TimeRange(shown.start_time, length)
    clip = otio.schema.Clip(one_line(item.title) or item.file, media, shown)
    clip.metadata["wan_studio"] = {"version": item.number, "rate": _fraction(placed.rate)}
    clip.markers.extend(_marker(placed, comment, first) for comment in placed.comments)
    return clip


def _marker(placed: Placed, comment: HandoverComment, first: int) -> Marker:
    import opentimelineio as otio

    start, frames = placed.span(comment)
    marker = otio.schema.Marker(
        one_line(comment.author),
        span(first + start, frames, placed.rate),
        COLOURS[comment.mark],
        {"wan_studio": _facts(comment)},
    )
    marker.comment = threads([comment])
    return marker


def _facts(comment: HandoverComment) -> dict[str, Any]:
    """All of a comment. A list of strings and numbers as JSON has them."""
    facts: dict[str, Any] = {"id": comment.id, "author": legible(comment.author), "text": legible(comment.text)}
    facts |= {"frame_in": comment.frame_in, "frame_out": comment.frame_out, "created_at": comment.created_at}
    facts |= {"resolved": comment.resolved, "internal": comment.internal}
    facts["replies"] = [
        {"author": legible(reply.author), "text": legible(reply.text), "created_at": reply.created_at}
        for reply in comment.replies
    ]
    if comment.drawing:
        facts["drawing"] = comment.drawing.as_json()
    return facts


def _fraction(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
