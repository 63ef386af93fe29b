"""What one actor may do in one review: by the review's owner and project, and by the lower of two roles."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.permissions import Action, Actor, Role
from studio.review import model
from studio.review.model import Review
from studio.store import projects, review_statuses, reviews


@dataclass(frozen=True)
class ReviewRights:
    """What the actor may do in one review. internal: see and write what is not for guests. originals: have the files
    themselves, where others get copies with their name in them."""

    comment: bool
    edit: bool
    share: bool
    retake: bool
    download: bool
    internal: bool
    statuses: tuple[str, ...]
    originals: bool = True


def rights_in(db: Database, actor: Actor, review: Review) -> ReviewRights:
    """The actor's rights in a review that they see."""
    may, guest = actor.may, actor.is_guest
    comment = may_comment(db, actor, review)
    edit = may(Action.CREATE) and reviews.may_change(db, review.id, actor.id, "edit_review")
    role = standing(db, actor, review)
    settable = [s.id for s in review_statuses.all_of(db) if comment and may_set(actor, s, role)]
    return ReviewRights(
        comment, edit, edit and may(Action.SHARE), may(Action.CREATE) and comment, not guest, not guest,
        tuple(settable),
    )  # fmt: skip


def may_comment(db: Database, actor: Actor, review: Review) -> bool:
    """Whether the actor may comment in a review that they see."""
    return actor.may(Action.REVIEW) and reviews.may_change(db, review.id, actor.id, "comment")


def may_set(actor: Actor, status: model.Status, role: Role) -> bool:
    """Whether the actor may set this status with the role that counts in the review."""
    if status.retired:
        return False
    return status.guests_may_set if actor.is_guest else role.includes(status.least_role)


def standing(db: Database, actor: Actor, review: Review) -> Role:
    """The role that counts in a review: the lower one of those in the studio and in the review's project.

    Whoever is in a project no longer, but owns a review there, judges in it as a reviewer.
    """
    if not review.project or actor.is_local or actor.is_guest:
        return actor.role
    own = Role(projects.role_of(db, review.project, actor.id) or Role.REVIEWER)
    return own if actor.role.includes(own) else actor.role
