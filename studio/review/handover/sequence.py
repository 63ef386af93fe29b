"""Where clips and comments stand in the one sequence that all formats share, in whole frames and fractions.

A frame of a clip is marked at the first frame of the sequence that shows it. At a lower rate some frames are not shown:
they are marked at the one on screen at that moment. A clip is cut to whole frames of the sequence, so that its media
never ends early. Programs keep one marker a frame, so comments on the same frame share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from studio.review.handover.model import HandoverComment, HandoverItem, Mark, ReviewHandover

STILL_S = 5
"""How long a picture stands in the sequence."""


@dataclass(frozen=True)
class Placed:
    """A clip in the sequence. start, frames: in frames of the sequence; length: of the clip, in its own frames."""

    item: HandoverItem
    start: int
    frames: int
    length: int
    rate: Fraction
    sequence_rate: Fraction

    @property
    def end(self) -> int:
        """The sequence's first frame after the clip."""
        return self.start + self.frames

    @property
    def comments(self) -> list[HandoverComment]:
        """The clip's comments by where they begin, those on the whole clip first."""
        return sorted(self.item.comments, key=lambda one: (one.frame_in is not None, self.span(one)[0]))

    def at(self, frame: int) -> int:
        """The frame of the sequence at which a frame of the clip is marked."""
        moment = frame * self.sequence_rate / self.rate
        shown = ceil(moment)
        first = shown if floor(shown * self.rate / self.sequence_rate) == frame else floor(moment)
        return self.start + min(first, self.frames - 1)

    def span(self, comment: HandoverComment) -> tuple[int, int]:
        """First frame and number of frames that a comment means, in the clip's own frames."""
        if comment.frame_in is None:
            return 0, self.length
        first = min(max(0, comment.frame_in), self.length - 1)
        last = min(max(first, comment.frame_out if comment.frame_out is not None else first), self.length - 1)
        return first, last - first + 1


@dataclass(frozen=True)
class Marker:
    """One or more comments that begin at the same frame. frames: the longest of their ranges."""

    frame: int
    frames: int
    comments: tuple[HandoverComment, ...]

    @property
    def authors(self) -> str:
        """Who commented, each once."""
        return ", ".join(dict.fromkeys(comment.author for comment in self.comments))

    @property
    def mark(self) -> Mark:
        """Open as long as one of the comments is."""
        marks = {comment.mark for comment in self.comments}
        return next(mark for mark in (Mark.OPEN, Mark.INTERNAL, Mark.RESOLVED) if mark in marks)


def lay_out(review: ReviewHandover) -> tuple[Placed, ...]:
    """The clips one after the other, each at least one frame long."""
    placed: list[Placed] = []
    start = 0
    for item in review.items:
        rate = item.rate or review.rate
        still = item.rate is None and item.kind == "image"
        length = max(1, floor(STILL_S * rate) if still else item.frames or 1)
        frames = max(1, floor(length * review.rate / rate))
        placed.append(Placed(item, start, frames, length, rate, review.rate))
        start += frames
    return tuple(placed)


def clip_markers(placed: Placed) -> list[Marker]:
    """The markers of one clip in its own frames, by frame."""
    return _merged(Marker(*placed.span(comment), (comment,)) for comment in placed.comments)


def sequence_markers(clips: Iterable[Placed]) -> list[Marker]:
    """The markers of all clips in frames of the sequence, by frame."""
    return _merged(marker for placed in clips for marker in _in_sequence(placed))


def _in_sequence(placed: Placed) -> Iterator[Marker]:
    for comment in placed.comments:
        first, frames = placed.span(comment)
        at, last = placed.at(first), first + frames
        end = placed.end if last >= placed.length else placed.at(last)
        yield Marker(at, max(1, end - at), (comment,))


def _merged(markers: Iterable[Marker]) -> list[Marker]:
    found: dict[int, Marker] = {}
    for marker in markers:
        if same := found.get(marker.frame):
            both, frames = same.comments + marker.comments, max(same.frames, marker.frames)
            marker = replace(same, frames=frames, comments=both)
        found[marker.frame] = marker
    return [found[frame] for frame in sorted(found)]
