"""Share links of reviews as those who may edit the review have them: make, copy, change, revoke.

Everything is read again at each request of a guest, so a change or the end of a link counts from the next one on. Pages
that are open hear of it through the feed, as of every change of the review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from studio.domain import now
from studio.errors import CapabilityError, Conflict
from studio.jobs.events import REVIEW_PREFIX
from studio.messages import Message
from studio.services.context import Context
from studio.services.link_tokens import LinkTokens
from studio.services.people import hash_of_password, hashed
from studio.services.watermarks import Watermarks
from studio.store import people, review_links, reviews
from studio.store.mapping import new_id
from studio.store.review_links import ReviewLink

LINK_PREFIX = "sl_"
DAYS, MOST_DAYS = 14, 365
LABEL_CHARS = 100
MAX_LINKS = 100
"""Of one review."""


@dataclass(frozen=True)
class LinkOptions:
    """What guests of a link may do and see. days: until it ends. password: "" for none. items: the only ones that are
    shown; None for all, also later ones."""

    label: str = ""
    days: int = DAYS
    can_comment: bool = True
    can_download: bool = False
    watermark: bool = False
    password: str = ""
    items: Sequence[str] | None = None


@dataclass(frozen=True)
class LinkChange:
    """What shall be otherwise; None leaves it as it is. days: from now. password: "" takes it away. show_all: all
    items, whatever `items` says."""

    label: str | None = None
    days: int | None = None
    can_comment: bool | None = None
    can_download: bool | None = None
    watermark: bool | None = None
    password: str | None = None
    items: Sequence[str] | None = None
    show_all: bool = False


@dataclass(frozen=True)
class LinkState:
    """A link in the list of its review. has_password: whether guests are asked for one. by: who made it. guests: how
    many came by it. can_copy: whether its address can be shown again."""

    id: str
    label: str
    by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    opened_at: datetime | None
    can_comment: bool
    can_download: bool
    watermark: bool
    has_password: bool
    items: tuple[str, ...] | None
    guests: int
    can_copy: bool


class ReviewLinks:
    """Links of the reviews that a user may edit; for every other review all methods raise NotFound or NotAllowed."""

    def __init__(self, context: Context, user: str, tokens: LinkTokens, watermarks: Watermarks) -> None:
        self._context, self.user, self._tokens, self._watermarks = context, user, tokens, watermarks

    def all(self, review_id: str) -> list[LinkState]:
        """Every link of the review, also those that are over, the newest first."""
        with self._context.store.read() as db:
            self._check(db, review_id)
            return [self._state(db, link, guests) for link, guests in review_links.of_review(db, review_id)]

    def create(self, review_id: str, options: LinkOptions) -> tuple[LinkState, str]:
        """A new link, and its token for the address.

        Raises CapabilityError for an option beyond its limits, Conflict where the review has too many links.
        """
        made_at, link_id = now(), new_id(LINK_PREFIX)
        expires_at = made_at + timedelta(days=_checked_days(options.days))
        label, password = _checked_label(options.label), _password_hash(options.password)
        token = self._tokens.token_of(link_id)
        with self._context.store.write() as db:
            review = self._check(db, review_id)
            if len(review_links.of_review(db, review_id)) >= MAX_LINKS:
                raise Conflict(Message("reviewlinks.too_many", limit=MAX_LINKS))
            link = ReviewLink(
                id=link_id, review=review_id, hash=hashed(token), label=label, created_by=self.user,
                created_at=made_at, expires_at=expires_at, revoked_at=None, can_comment=options.can_comment,
                can_download=options.can_download, watermark=options.watermark, password_hash=password,
                items=self._checked_items(db, review.seq, options.items), opened_at=None,
            )  # fmt: skip
            review_links.add(db, link)
            state = self._state(db, link, 0)
        self._published(review_id)
        return state, token

    def token(self, review_id: str, link_id: str) -> str:
        """The token of a link once more, for its address. Raises Conflict where it is over, or cannot be made again."""
        with self._context.store.read() as db:
            self._check(db, review_id)
            link = review_links.get(db, link_id, review_id)
        if not link.lives:
            raise Conflict(Message("reviewlinks.is_over"))
        token = self._tokens.token_of(link_id)
        if hashed(token) != link.hash:
            raise Conflict(Message("reviewlinks.cannot_copy"))
        return token

    def change(self, review_id: str, link_id: str, change: LinkChange) -> LinkState:
        """Change a link that is not revoked; it counts from each guest's next request on. With another password all
        guests have to enter again. Raises CapabilityError, Conflict, NotFound."""
        days = None if change.days is None else _checked_days(change.days)
        password = None if change.password is None else _password_hash(change.password)
        with self._context.store.write() as db:
            review = self._check(db, review_id)
            if review_links.get(db, link_id, review_id).revoked_at:
                raise Conflict(Message("reviewlinks.is_over"))
            review_links.change(
                db, link_id, label=None if change.label is None else _checked_label(change.label),
                expires_at=None if days is None else now() + timedelta(days=days), can_comment=change.can_comment,
                can_download=change.can_download, watermark=change.watermark,
            )  # fmt: skip
            if password is not None:
                review_links.set_password(db, link_id, password)
            if change.show_all or change.items is not None:
                items = None if change.show_all else self._checked_items(db, review.seq, change.items)
                review_links.set_items(db, link_id, items)
            state = self._one(db, link_id, review_id)
        self._published(review_id)
        return state

    def revoke(self, review_id: str, link_id: str) -> LinkState:
        """End a link: from now on nobody enters by it, and who is inside sees nothing more."""
        with self._context.store.write() as db:
            self._check(db, review_id)
            review_links.get(db, link_id, review_id)
            review_links.revoke(db, link_id)
            state = self._one(db, link_id, review_id)
        self._watermarks.forget(link_id)
        self._published(review_id)
        return state

    def _check(self, db: Database, review_id: str) -> reviews.Review:
        return reviews.get_changeable(db, review_id, self.user, "edit_review")

    def _checked_items(self, db: Database, review: int, items: Sequence[str] | None) -> tuple[str, ...] | None:
        if items is None:
            return None
        known = {item.id for item in reviews.items(db, review, self.user)}
        if not items or not set(items) <= known:
            raise CapabilityError(Message("reviewlinks.items"), field="items", value=len(items))
        return tuple(dict.fromkeys(items))

    def _one(self, db: Database, link_id: str, review_id: str) -> LinkState:
        found = (pair for pair in review_links.of_review(db, review_id) if pair[0].id == link_id)
        return self._state(db, *next(found))

    def _state(self, db: Database, link: ReviewLink, guests: int) -> LinkState:
        shown = {name: value for name, value in asdict(link).items() if name in LinkState.__dataclass_fields__}
        by = people.get(db, link.created_by).shown_name if link.created_by else ""
        can_copy = link.lives and hashed(self._tokens.token_of(link.id)) == link.hash
        return LinkState(**shown, by=by, has_password=bool(link.password_hash), guests=guests, can_copy=can_copy)

    def _published(self, review_id: str) -> None:
        self._context.jobs.feed.publish([f"{REVIEW_PREFIX}{review_id}"])


def _checked_days(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise CapabilityError(Message("reviewlinks.days", most=MOST_DAYS), field="days", value=days, limit=MOST_DAYS)
    return days


def _checked_label(label: str) -> str:
    label = " ".join(label.split())
    if len(label) > LABEL_CHARS or (label and not label.isprintable()):
        raise CapabilityError(Message("reviewlinks.label", most=LABEL_CHARS), field="label", value=label[:50])
    return label


def _password_hash(password: str) -> str:
    return hash_of_password(password) if password else ""
