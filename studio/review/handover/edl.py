"""DaVinci Resolve: comments as timeline markers in a CMX 3600 edit list, and the cut they stand on as another one.

An event a marker, as Resolve's own export of markers writes it, then its colour, text and length in frames:
` |C:ResolveColorRed |M:Ana: too dark |D:12`. Resolve reads it by Timelines > Import > Timeline Markers from EDL.
"""

from __future__ import annotations

from collections.abc import Iterator

from studio.review.handover.model import Mark, ReviewHandover
from studio.review.handover.sequence import lay_out, sequence_markers
from studio.review.handover.text import LINE_BREAK, one_line, thread
from studio.review.timecode import drops, hour, timecode

COLOURS = {Mark.OPEN: "ResolveColorRed", Mark.RESOLVED: "ResolveColorGreen", Mark.INTERNAL: "ResolveColorPurple"}


def markers(review: ReviewHandover) -> bytes:
    """The comments as markers, one a frame."""
    lines = list(_head(review))
    for number, marker in enumerate(sequence_markers(lay_out(review)), 1):
        text = LINE_BREAK.join(_words(line) for comment in marker.comments for line in thread(comment))
        lines += [
            _event(review, number, "001", (marker.frame, marker.frame + 1), record_only=True),
            f" |C:{COLOURS[marker.mark]} |M:{text} |D:{marker.frames}",
            "",
        ]
    return _encoded(lines)


def cut(review: ReviewHandover) -> bytes:
    """The sequence itself: an event a clip, with the name of its file."""
    lines = list(_head(review))
    for number, placed in enumerate(lay_out(review), 1):
        lines += [
            _event(review, number, "AX", (placed.start, placed.end)),
            f"* FROM CLIP NAME: {_words(placed.item.file)}",
            "",
        ]
    return _encoded(lines)


def _head(review: ReviewHandover) -> Iterator[str]:
    yield f"TITLE: {_words(review.title)}"
    yield f"FCM: {'DROP FRAME' if drops(review.rate) else 'NON-DROP FRAME'}"
    yield ""


def _event(
    review: ReviewHandover, number: int, reel: str, record: tuple[int, int], *, record_only: bool = False
) -> str:
    """One line: source in and out, record in and out, ends excluded. record_only: the source has the record's times."""
    start = hour(review.rate)
    recorded = [timecode(start + frame, review.rate) for frame in record]
    source = recorded if record_only else [timecode(frame, review.rate) for frame in (0, record[1] - record[0])]
    return f"{number:03d}  {reel:<8} V     C        {' '.join([*source, *recorded])}  "


def _words(text: str) -> str:
    return one_line(text).replace("|", "¦")  # the sign between the fields of a marker


def _encoded(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, ""]).encode("utf-8")
