"""Comments in reviews: written, answered, drawn, resolved. Members and guests go through the same code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import CapabilityError, NotAllowed, NotFound
from studio.jobs.events import REVIEW_PREFIX
from studio.messages import Message
from studio.permissions import Action, Actor
from studio.review import drawing, model
from studio.review.model import Comment, NewComment, Review, Version
from studio.services.context import Context
from studio.store import projects, review_comments, reviews


class ReviewComments:
    """The comments of one actor, and those that the actor sees. NotFound is raised for what the actor does not see."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor, self.user = context, actor, actor.id

    def get(self, review_id: str, comment_id: str) -> Comment:
        """One comment."""
        with self._context.store.read() as db:
            return self._get(db, reviews.get(db, review_id, self.user), comment_id)

    def drawings(self, review_id: str, version_id: str) -> dict[str, Any]:
        """Drawings of the comments on a version as JSON, by comment."""
        with self._context.store.read() as db:
            review = reviews.get(db, review_id, self.user)
            version = reviews.version(db, review.seq, version_id, self.user)
            return review_comments.drawings(db, version.seq, internal=not self._actor.is_guest)

    def add(self, review_id: str, version_id: str, new: NewComment, *, shapes: JSON | None = None) -> Comment:
        """Write a comment on a version. An answer stands where the comment stands that it answers.

        shapes: the drawing, as of studio.review.drawing. Raises NotFound, NotAllowed, CapabilityError (field text,
        frame_in, drawing, mentions, parent); then nothing was kept.
        """
        with self._context.store.write() as db:
            review = self._commentable(db, review_id)
            version = reviews.version(db, review.seq, version_id, self.user)
            new = self._checked(db, review, version, new, has_drawing=bool(shapes))
            if review_comments.count(db, review.seq) >= model.MAX_COMMENTS:
                raise CapabilityError(Message("review.too_many_comments", most=model.MAX_COMMENTS), field="text")
            new = replace(new, drawing=_drawing_text(shapes))
            author_name = self._actor.name
            made = review_comments.add(db, review.seq, version.seq, new, author=self.user, author_name=author_name)
            reviews.changed(db, review.seq)
            comment = review_comments.get(db, review.seq, made, self.user)
        self._publish(review_id)
        return comment

    def edit(
        self,
        review_id: str,
        comment_id: str,
        *,
        text: str | None = None,
        mentions: Sequence[str] | None = None,
        shapes: JSON | None = None,
        remove_drawing: bool = False,
    ) -> Comment:
        """Change one's own comment. Raises NotFound, NotAllowed for one of somebody else, CapabilityError."""
        with self._context.store.write() as db:
            review = self._commentable(db, review_id)
            comment = self._get(db, review, comment_id)
            if comment.author != self.user:
                raise NotAllowed(Message("review.not_your_comment"))
            if text is not None or mentions is not None:
                mentioned = self._mentioned(db, review, comment.mentions if mentions is None else mentions)
                has_drawing = bool(shapes) or (comment.has_drawing and not remove_drawing)
                written = _text(comment.text if text is None else text, has_drawing=has_drawing)
                review_comments.set_text(db, comment_id, written, mentioned)
            if shapes is not None or remove_drawing:
                review_comments.set_drawing(db, comment_id, _drawing_text(shapes))
            reviews.changed(db, review.seq)
            comment = review_comments.get(db, review.seq, comment_id, self.user)
        self._publish(review_id)
        return comment

    def resolve(self, review_id: str, comment_id: str, *, resolved: bool) -> Comment:
        """Mark a comment as done, or open it again. A guest does so with comments of their own.

        Raises NotFound, NotAllowed.
        """
        with self._context.store.write() as db:
            review = self._commentable(db, review_id)
            comment = self._get(db, review, comment_id)
            if self._actor.is_guest and comment.author != self.user:
                raise NotAllowed(Message("review.not_your_comment"))
            review_comments.set_resolved(db, comment_id, self._actor.name if resolved else None)
            reviews.changed(db, review.seq)
            comment = review_comments.get(db, review.seq, comment_id, self.user)
        self._publish(review_id)
        return comment

    def remove(self, review_id: str, comment_id: str) -> None:
        """Take a comment away with its answers: one's own, or any for who may edit the review.

        Raises NotFound, NotAllowed.
        """
        with self._context.store.write() as db:
            review = self._commentable(db, review_id)
            comment = self._get(db, review, comment_id)
            editor = self._actor.may(Action.CREATE) and reviews.may_change(db, review_id, self.user, "edit_review")
            if comment.author != self.user and not editor:
                raise NotAllowed(Message("review.not_your_comment"))
            review_comments.remove(db, comment_id)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    def _get(self, db: Database, review: Review, comment_id: str) -> Comment:
        comment = review_comments.get(db, review.seq, comment_id, self.user)
        if comment.internal and self._actor.is_guest:
            raise NotFound(Message("review.comment_unknown"))
        return comment

    def _commentable(self, db: Database, review_id: str) -> Review:
        return reviews.get_changeable(db, review_id, self.user, "comment")

    def _checked(
        self, db: Database, review: Review, version: Version, new: NewComment, *, has_drawing: bool
    ) -> NewComment:
        text = _text(new.text, has_drawing=has_drawing)
        mentions = self._mentioned(db, review, new.mentions)
        internal = new.internal and not self._actor.is_guest
        if new.parent is None:
            frame_in, frame_out = _range(new, version.frames)
            return replace(new, text=text, mentions=mentions, internal=internal, frame_in=frame_in, frame_out=frame_out)
        parent = self._get(db, review, new.parent)
        if parent.version != version.id or parent.parent is not None:
            raise CapabilityError(Message("review.not_a_thread"), field="parent", value=new.parent)
        return replace(
            new, text=text, mentions=mentions, internal=internal or parent.internal,
            frame_in=parent.frame_in, frame_out=parent.frame_out,
        )  # fmt: skip

    def _mentioned(self, db: Database, review: Review, mentions: Sequence[str]) -> tuple[str, ...]:
        """The people mentioned, who must be able to see the review. A guest mentions nobody."""
        wanted = tuple(dict.fromkeys(mentions))
        if len(wanted) > model.MAX_MENTIONS:
            raise CapabilityError(Message("review.too_many_mentions", most=model.MAX_MENTIONS), field="mentions")
        members = {m.person for m in projects.members(db, review.project)} if review.shared else set[str]()
        known = set[str]() if self._actor.is_guest else members | {review.owner}
        if unknown := [one for one in wanted if one not in known]:
            raise CapabilityError(Message("review.mention_unknown"), field="mentions", value=unknown[0])
        return wanted

    def _publish(self, review_id: str) -> None:
        self._context.jobs.feed.publish([f"{REVIEW_PREFIX}{review_id}"])


def _text(text: str, *, has_drawing: bool) -> str:
    written = text.strip()
    if not written and not has_drawing:
        raise CapabilityError(Message("review.empty_comment"), field="text")
    if len(written) > model.TEXT_CHARS:
        raise CapabilityError(Message("review.long_comment", most=model.TEXT_CHARS), field="text")
    return written


def _range(new: NewComment, frames: int | None) -> tuple[int | None, int | None]:
    """First and last frame of a comment; both None for the whole. Raises CapabilityError (field frame_in)."""
    if new.frame_in is None:
        if new.frame_out is not None:
            raise CapabilityError(Message("review.range"), field="frame_in")
        return None, None
    last = new.frame_in if new.frame_out is None else new.frame_out
    if not 0 <= new.frame_in <= last <= model.MAX_FRAME:
        raise CapabilityError(Message("review.range"), field="frame_in")
    if frames is not None and last >= frames:
        raise CapabilityError(Message("review.beyond_end", frames=frames), field="frame_in", limit=frames - 1)
    return new.frame_in, last


def _drawing_text(shapes: JSON | None) -> str | None:
    """The drawing as it is kept; None for one without shapes."""
    if not shapes:
        return None
    checked = drawing.parse(shapes)
    if not checked.shapes:
        return None
    return json.dumps(checked.as_json(), ensure_ascii=False, separators=(",", ":"))
