"""Statuses of takes and cuts under review: who may set which, and the history of who did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from studio.errors import CapabilityError, Conflict, NotAllowed
from studio.jobs.events import BOARD_PREFIX, REVIEW_PREFIX
from studio.messages import Message, term
from studio.permissions import Actor
from studio.review import model
from studio.review.model import Status, StatusChange
from studio.services import review_shots
from studio.services.context import Context
from studio.services.review_rights import may_set, standing
from studio.store import review_statuses, reviews
from studio.store.mapping import new_id
from studio.store.review_statuses import StatusFields

MAX_STATUSES = 30
"""In use at once."""


class ReviewStatuses:
    """The statuses as one actor may set them."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor, self.user = context, actor, actor.id

    def all(self) -> list[Status]:
        """Every status in its order, retired ones last."""
        with self._context.store.read() as db:
            return review_statuses.all_of(db)

    def set(self, review_id: str, version_id: str, status_id: str, note: str = "") -> None:
        """Mark a version, and the storyboard's shot that it is a take of. Setting what it has already changes nothing.

        Raises NotFound, NotAllowed where the actor's role does not reach, CapabilityError (field note).
        """
        note = note.strip()
        if len(note) > model.NOTE_CHARS:
            raise CapabilityError(Message("review.long_note", most=model.NOTE_CHARS), field="note")
        with self._context.store.write() as db:
            review = reviews.get_changeable(db, review_id, self.user, "comment")
            version = reviews.version(db, review.seq, version_id, self.user)
            status = review_statuses.get(db, status_id)
            if not may_set(self._actor, status, standing(db, self._actor, review)):
                raise NotAllowed(Message("review.status_not_yours", role=term(status.least_role)))
            if version.status == status.id:
                return
            review_statuses.add_change(
                db, review=review.id, item=version.item, version=version.id, before=version.status, after=status,
                name=str(shown_name(status)), person=self.user, person_name=self._actor.name, note=note,
            )  # fmt: skip
            reviews.set_status(db, version.seq, status.id)
            reviews.changed(db, review.seq)
            board = review_shots.follow(self._context, db, self._actor, review, version, status)
        changed = [f"{REVIEW_PREFIX}{review_id}"] + ([f"{BOARD_PREFIX}{board}"] if board else [])
        self._context.jobs.feed.publish(changed)

    def history(self, review_id: str, version_id: str) -> list[StatusChange]:
        """Changes of a version's status, oldest first; for guests their own. Raises NotFound."""
        with self._context.store.read() as db:
            review = reviews.get(db, review_id, self.user)
            found = review_statuses.history(db, reviews.version(db, review.seq, version_id, self.user).id)
        return [one for one in found if one.person == self.user] if self._actor.is_guest else found

    # settings --------------------------------------------------------------------------------------------------

    def create(self, fields: StatusFields) -> Status:
        """A new status behind the others. Raises CapabilityError for a field, Conflict."""
        with self._context.store.write() as db:
            if sum(not status.retired for status in review_statuses.all_of(db)) >= MAX_STATUSES:
                raise Conflict(Message("review_setting.too_many", most=MAX_STATUSES))
            self._check(db, fields, "")
            status_id = new_id("rs_")
            review_statuses.add(db, status_id, fields)
            return review_statuses.get(db, status_id)

    def change(self, status_id: str, fields: StatusFields) -> Status:
        """Give the status other values; what was set before keeps the name it had in the history. A retired one is
        offered again. Raises as create does, NotFound."""
        with self._context.store.write() as db:
            before = review_statuses.get(db, status_id)
            self._check(db, fields, status_id)
            if before.is_default and not fields.is_default:
                raise Conflict(Message("review_setting.one_default"))
            if before.is_done and not fields.is_done:
                self._check_approvable(db, without=status_id)
            review_statuses.change(db, status_id, fields)
            return review_statuses.get(db, status_id)

    def reorder(self, status_ids: Sequence[str]) -> None:
        """Put those in use into this order. Raises Conflict unless it names each exactly once."""
        with self._context.store.write() as db:
            known = {status.id for status in review_statuses.all_of(db) if not status.retired}
            if len(status_ids) != len(known) or set(status_ids) != known:
                raise Conflict(Message("review_setting.changed"))
            review_statuses.order(db, status_ids)

    def remove(self, status_id: str) -> bool:
        """Delete a status that was never set; retire any other, so that what has it keeps it. True: it was deleted.

        Raises NotFound, Conflict for the default one and the last one that approves.
        """
        with self._context.store.write() as db:
            status = review_statuses.get(db, status_id)
            if status.is_default:
                raise Conflict(Message("review_setting.one_default"))
            if status.is_done and not status.retired:
                self._check_approvable(db, without=status_id)
            if review_statuses.is_used(db, status_id):
                review_statuses.retire(db, status_id)
                return False
            review_statuses.delete(db, status_id)
            return True

    def _check(self, db: Database, fields: StatusFields, status_id: str) -> None:
        if not fields.name and not review_statuses.is_own(status_id):
            raise CapabilityError(Message("review_setting.needs_name"), field="name")
        if fields.is_default and fields.is_done:
            raise CapabilityError(Message("review_setting.default_done"), field="is_default")
        taken = [s for s in review_statuses.all_of(db) if s.id != status_id and not s.retired and s.name]
        if any(s.name.casefold() == fields.name.casefold() for s in taken):
            raise Conflict(Message("review_setting.name_taken", name=fields.name))

    @staticmethod
    def _check_approvable(db: Database, *, without: str) -> None:
        """Raise Conflict where nothing could be approved any more."""
        if not any(s.is_done and not s.retired and s.id != without for s in review_statuses.all_of(db)):
            raise Conflict(Message("review_setting.one_done"))


def named_changes(changes: Sequence[StatusChange], statuses: Iterable[Status]) -> list[tuple[StatusChange, str, str]]:
    """Each change of one version, with the names that the statuses before and after it had at the time."""
    known = {status.id: shown_name(status) for status in statuses}
    found: list[tuple[StatusChange, str, str]] = []
    for change in changes:
        before = found[-1][2] if found else known.get(change.from_status, change.from_status)
        found.append((change, before, _past_name(change)))
    return found


def _past_name(change: StatusChange) -> str:
    """The name that was kept; the studio's own ones in the reader's language."""
    if review_statuses.is_own(change.to_status):
        own = Message(f"reviewstatus.{change.to_status}")
        return own if own == change.to_name else change.to_name
    return change.to_name


def shown_name(status: Status) -> str:
    """The status's name for people: the studio's own ones are worded in the reader's language."""
    return status.name or Message(f"reviewstatus.{status.id}")
