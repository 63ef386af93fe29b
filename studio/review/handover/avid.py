"""Avid Media Composer: comments as its own marker list, text with tabs, read by Markers > Import Markers.

Author, timecode in the sequence, track, colour, text and length in frames. AAF is not written: the OpenTimelineIO
adapter (otio-aaf-adapter 2.0) leaves out markers, and Media Composer places this list on any sequence.
"""

from __future__ import annotations

from studio.review.handover.model import Mark, ReviewHandover
from studio.review.handover.sequence import lay_out, sequence_markers
from studio.review.handover.text import one_line, threads
from studio.review.timecode import hour, timecode

COLOURS = {Mark.OPEN: "red", Mark.RESOLVED: "green", Mark.INTERNAL: "magenta"}
TRACK = "V1"


def write(review: ReviewHandover) -> bytes:
    """The marker list, one marker a frame."""
    start = hour(review.rate)
    lines = [
        "\t".join(
            (
                one_line(marker.authors),
                timecode(start + marker.frame, review.rate),
                TRACK,
                COLOURS[marker.mark],
                one_line(threads(marker.comments)),
                str(marker.frames),
            )
        )
        for marker in sequence_markers(lay_out(review))
    ]
    return "\r\n".join([*lines, ""]).encode("utf-8")
