"""A review as guests of a share link have it: without internal comments, prompts, and people who have not commented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from studio.messages import Message
from studio.review.model import Comment, Content, Item
from studio.services.review_files import VersionFile
from studio.services.watermarks import CopyState

SHOT = re.compile(r"(\d+)\. ")
"""How the title of an item begins that stands for a shot."""


def content_for_guest(content: Content) -> Content:
    """The content with plain titles where somebody's prompt stands, and comments without names of who did not write."""
    from_prompts = {v.item for v in content.versions if v.run}
    items = tuple(_item(item, place, from_prompts) for place, item in enumerate(content.items, 1))
    visible = {comment.id for comment in content.comments}
    versions = tuple(replace(v, answers=v.answers if v.answers in visible else None) for v in content.versions)
    authors = {comment.author_name for comment in content.comments}
    comments = tuple(_comment(comment, authors) for comment in content.comments)
    return replace(content, items=items, versions=versions, comments=comments)


def with_copy(file: VersionFile, copies: Mapping[str, CopyState]) -> VersionFile:
    """The file of a version, where a marked copy of it is still to be made: as one that is being made, or failed."""
    copy = copies.get(file.asset.id) if file.asset else None
    if copy is None or file.state != "ready":
        return file
    return replace(file, state="failed" if copy.error else "making")


def _item(item: Item, place: int, from_prompts: set[str]) -> Item:
    shot = SHOT.match(item.title) if item.shot else None
    title = item.title
    if not item.titled and shot:
        title = Message("reviewlinks.shot", n=int(shot[1]))
    elif not item.titled and item.id in from_prompts:
        title = Message("reviewlinks.take", n=place)
    return replace(item, title=title, board=None, shot=None)


def _comment(comment: Comment, authors: set[str]) -> Comment:
    by = comment.resolved_by if comment.resolved_by in authors else ""
    return replace(comment, mentions=(), resolved_by=by)
