"""What is handed over: the review as a sequence of clips in playlist order, each with its comments.

Frames of comments are from 0 at the clip's own rate, ranges include both ends. Texts are as people wrote them; each
format makes them fit with `text.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from studio.review.drawing import Drawing

DEFAULT_RATE = Fraction(24)
"""Of a review with nothing that moves."""


class Mark(StrEnum):
    """What a comment's marker tells by its colour."""

    OPEN = "open"
    RESOLVED = "resolved"
    INTERNAL = "internal"


@dataclass(frozen=True)
class HandoverReply:
    """An answer in a comment's thread."""

    author: str
    text: str
    created_at: str
    internal: bool = False


@dataclass(frozen=True)
class HandoverComment:
    """A comment with its thread. frame_in None: on the whole clip. created_at: UTC, ISO 8601."""

    id: str
    frame_in: int | None
    frame_out: int | None
    author: str
    text: str
    created_at: str
    resolved: bool = False
    internal: bool = False
    replies: tuple[HandoverReply, ...] = ()
    drawing: Drawing | None = None

    @property
    def mark(self) -> Mark:
        """By what the marker is coloured."""
        return Mark.RESOLVED if self.resolved else Mark.INTERNAL if self.internal else Mark.OPEN


@dataclass(frozen=True)
class HandoverItem:
    """One version of an item. number: of the version, from 1. file: name of the media file, in the folder `media`.

    rate, frames: of the clip; a picture has neither and stands for a while in the sequence.
    """

    title: str
    number: int
    file: str
    kind: Literal["video", "image", "audio"]
    rate: Fraction | None
    frames: int | None
    width: int
    height: int
    has_audio: bool = False
    comments: tuple[HandoverComment, ...] = ()


@dataclass(frozen=True)
class ReviewHandover:
    """A review as one sequence at `rate`, items in playlist order."""

    title: str
    rate: Fraction
    items: tuple[HandoverItem, ...]


def common_rate(items: Iterable[HandoverItem]) -> Fraction:
    """The rate of most clips; between equals, the one that comes first."""
    counted = Counter(item.rate for item in items if item.rate)
    return counted.most_common(1)[0][0] if counted else DEFAULT_RATE


def chosen(review: ReviewHandover, *, only_open: bool = False, internal: bool = False) -> ReviewHandover:
    """The review with the comments that may leave. internal: those for the own house as well."""

    def kept(item: HandoverItem) -> tuple[HandoverComment, ...]:
        asked = [c for c in item.comments if (internal or not c.internal) and not (only_open and c.resolved)]
        return tuple(replace(c, replies=tuple(r for r in c.replies if internal or not r.internal)) for c in asked)

    return replace(review, items=tuple(replace(item, comments=kept(item)) for item in review.items))
