"""Statuses of takes and cuts under review: who may set which, and the history of who did."""

from __future__ import annotations

from studio.errors import CapabilityError, NotAllowed
from studio.jobs.events import REVIEW_PREFIX
from studio.messages import Message, term
from studio.permissions import Actor
from studio.review import model
from studio.review.model import Status, StatusChange
from studio.services.context import Context
from studio.services.reviews import may_set
from studio.store import review_statuses, reviews


class ReviewStatuses:
    """The statuses as one actor may set them."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor, self.user = context, actor, actor.id

    def all(self) -> list[Status]:
        """Every status in its order, retired ones last."""
        with self._context.store.read() as db:
            return review_statuses.all_of(db)

    def set(self, review_id: str, version_id: str, status_id: str, note: str = "") -> None:
        """Mark a version. Setting what it has already changes nothing.

        Raises NotFound, NotAllowed where the actor's role does not reach, CapabilityError (field note).
        """
        note = note.strip()
        if len(note) > model.NOTE_CHARS:
            raise CapabilityError(Message("review.long_note", most=model.NOTE_CHARS), field="note")
        with self._context.store.write() as db:
            review = reviews.get_changeable(db, review_id, self.user, "comment")
            version = reviews.version(db, review.seq, version_id, self.user)
            status = review_statuses.get(db, status_id)
            if not may_set(self._actor, status):
                raise NotAllowed(Message("review.status_not_yours", role=term(status.least_role)))
            if version.status == status.id:
                return
            review_statuses.add_change(
                db, review=review.id, item=version.item, version=version.id, before=version.status, after=status,
                name=str(shown_name(status)), person=self.user, person_name=self._actor.name, note=note,
            )  # fmt: skip
            reviews.set_status(db, version.seq, status.id)
            reviews.changed(db, review.seq)
        self._context.jobs.feed.publish([f"{REVIEW_PREFIX}{review_id}"])

    def history(self, review_id: str, version_id: str) -> list[StatusChange]:
        """Changes of a version's status, oldest first. Raises NotFound."""
        with self._context.store.read() as db:
            review = reviews.get(db, review_id, self.user)
            return review_statuses.history(db, reviews.version(db, review.seq, version_id, self.user).id)


def shown_name(status: Status) -> str:
    """The status's name for people: the studio's own ones are worded in the reader's language."""
    return status.name or Message(f"reviewstatus.{status.id}")
