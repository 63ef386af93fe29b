"""A review, its items with their versions, comments and statuses: frozen values, as the store keeps them.

A review is a list of items; an item has a stack of versions, the newest last; comments stand on one version. Frames are
whole numbers from 0 at the version's own rate; a range includes both ends. Sizes are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from studio.permissions import Role

TITLE_CHARS, TEXT_CHARS, NOTE_CHARS = 120, 5000, 500
MAX_ITEMS, MAX_VERSIONS, MAX_COMMENTS, MAX_MENTIONS = 500, 200, 20_000, 50
"""Items of a review, versions of an item, comments of a review, people that one comment mentions."""
MAX_FRAME = 10_000_000

VersionState = Literal["ready", "making", "failed", "gone"]
"""making: its run has not ended. failed: its run gave no file. gone: the viewer has file or run no more."""


@dataclass(frozen=True)
class Status:
    """What a version can be marked with. name: "" for the studio's own ones, which are worded by their id.

    least_role: the lowest role that may set it. guests_may_set: guests of a share link may. retired: not offered any
    more. Source of the flags: Kitsu's task statuses.
    """

    id: str
    name: str
    short: str
    color: str
    is_default: bool
    is_wip: bool
    is_feedback_request: bool
    is_retake: bool
    is_done: bool
    least_role: Role
    guests_may_set: bool
    position: int
    retired: bool = False


@dataclass(frozen=True)
class StatusChange:
    """One entry of a version's history. done: whether the status meant approval when it was set."""

    version: str
    from_status: str
    to_status: str
    to_name: str
    done: bool
    person: str
    person_name: str
    at: str
    note: str


@dataclass(frozen=True)
class Review:
    """A review without its content. project: "" for none. shared: the members of the project see it."""

    seq: int
    id: str
    owner: str
    title: str
    project: str
    shared: bool
    revision: int
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Item:
    """A place in a review. board, shot: the storyboard's shot that it stands for; None for any other. titled: somebody
    gave it its title; else it begins as the prompt does, which guests do not see."""

    seq: int
    id: str
    title: str
    position: int
    board: str | None
    shot: str | None
    titled: bool = False


@dataclass(frozen=True)
class Version:
    """One take or cut of an item: a run's result, a file or an export. person: who put it there.

    rate, frames: of a clip, once they were read from the file. answers: the comment that this take was made for.
    """

    seq: int
    id: str
    item: str
    number: int
    label: str
    run: str | None
    asset: str | None
    film: str | None
    person: str
    added_at: str
    status: str
    answers: str | None
    rate: Fraction | None
    frames: int | None


@dataclass(frozen=True)
class Comment:
    """What somebody says of a version. frame_in, frame_out: None where the whole version is meant; a single frame has
    both the same. parent: the comment that this one answers. drawing: JSON as of `studio.review.drawing`, read apart.
    author: id of a person or guest, "" of the local user.
    """

    id: str
    version: str
    parent: str | None
    author: str
    author_name: str
    text: str
    frame_in: int | None
    frame_out: int | None
    internal: bool
    mentions: tuple[str, ...]
    has_drawing: bool
    created_at: str
    edited_at: str | None
    resolved_at: str | None
    resolved_by: str
    retake_run: str | None


@dataclass(frozen=True)
class NewComment:
    """A comment to be kept. drawing: JSON text or None."""

    text: str
    frame_in: int | None = None
    frame_out: int | None = None
    internal: bool = False
    parent: str | None = None
    mentions: tuple[str, ...] = ()
    drawing: str | None = None


@dataclass(frozen=True)
class Content:
    """All of one review, read at once."""

    review: Review
    items: tuple[Item, ...]
    versions: tuple[Version, ...]
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class Summary:
    """A review in a list. cover: a file to show for it. open_comments: unresolved threads. done: items whose newest
    version has an approved status."""

    review: Review
    items: int
    open_comments: int
    done: int
    cover: str | None
