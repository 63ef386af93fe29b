"""Guests of share links: the entrance with its password, and the session by which a browser is one guest of one link.

Nothing about a guest is remembered between requests: a link that is revoked, over, or has another password, and a
review in the trash, end the access at the next request.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from studio.domain import now
from studio.errors import CapabilityError, LimitReached, NotAllowed, NotSignedIn, StorageUnavailable
from studio.messages import Message
from studio.permissions import GUEST_PREFIX, Actor, Role
from studio.services.audit_log import AuditLog
from studio.services.client_address import rate_limit_key
from studio.services.people import hashed
from studio.settings import PASSWORD_MAX_BYTES
from studio.store import Store, guests, review_links
from studio.store.audit import Entry
from studio.store.mapping import new_id
from studio.store.review_links import ReviewLink

NAME_CHARS = 60
MAX_GUESTS = 500
"""Of one link."""
WRONG_LIMITS = (RateLimitItemPerMinute(10), RateLimitItemPerHour(60))
"""Wrong passwords and tokens that one address may send, and wrong passwords that may be sent for one link."""
ENTERED_LIMITS = (RateLimitItemPerMinute(60), RateLimitItemPerHour(500))
"""Times that people may enter from one address: an office has one."""
MAX_WAITING_CHECKS = 4
"""Passwords that wait for their check; each takes 64 MB and a twentieth of a second, one at a time."""
TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Entrance:
    """What somebody with a link is asked for. title: of the review; "" where a password keeps it."""

    needs_password: bool
    title: str
    can_comment: bool


@dataclass(frozen=True)
class Entered:
    """Somebody has entered. token: for the cookie, until expires_at."""

    key: str
    token: str
    expires_at: datetime


class Guests:
    """Safe from any thread."""

    def __init__(self, store: Store, audit_log: AuditLog) -> None:
        self._store, self._audit_log = store, audit_log
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._checking, self._waiting = threading.Lock(), threading.BoundedSemaphore(MAX_WAITING_CHECKS)

    def look(self, token: str, address: str) -> Entrance:
        """What the page before the review shows. Raises NotAllowed for a link that is unknown or over, LimitReached."""
        link, title = self._living(token, address)
        return Entrance(bool(link.password_hash), "" if link.password_hash else title, link.can_comment)

    def enter(self, token: str, *, name: str, password: str, address: str, session: str = "") -> Entered:
        """Let somebody in by the link of this token. session: the one their browser has; a guest of the same link stays
        who they are.

        Raises CapabilityError (field name), NotAllowed for a link that is over or a wrong password, LimitReached.
        """
        link, _ = self._living(token, address)
        name = checked_name(name)
        self._check_rates(ENTERED_LIMITS, (f"entered {rate_limit_key(address)}",))
        if link.password_hash:
            self._check_password(link, password, address)
        self._count(ENTERED_LIMITS, (f"entered {rate_limit_key(address)}",))
        new_token = secrets.token_urlsafe(32)
        with self._store.write() as db:
            known = guests.with_session(db, hashed(session)) if session else None
            if known and known.link == link.id:
                key = known.id
                guests.enter_again(db, key, name=name, session_hash=hashed(new_token))
            else:
                if guests.count(db, link.id) >= MAX_GUESTS:
                    raise LimitReached(Message("reviewlinks.full", limit=MAX_GUESTS))
                key = new_id(GUEST_PREFIX)
                guests.add(db, key, link=link.id, name=name, session_hash=hashed(new_token))
            review_links.opened(db, link.id)
        self._audit_log.record(Entry("guest.enter", key, name, link.id, address, link.review))
        return Entered(key, new_token, link.expires_at)

    def key_of(self, session: str) -> str | None:
        """The key of the guest whose session this is, where it counts; None for any other text."""
        if not session:
            return None
        with self._store.read() as db:
            found = guests.key_of(db, hashed(session))
        if found is None:
            return None
        key, seen_at = found
        if now() - seen_at > TOUCH_EVERY:
            with (
                suppress(StorageUnavailable),
                self._store.write(patience_s=0) as db,
            ):  # no reason to refuse
                guests.touch(db, key)
        return key

    def lives(self, key: str) -> bool:
        """Whether this guest may still look; for what stays open, such as a room."""
        with self._store.read() as db:
            return guests.counting(db, key) is not None

    def actor(self, key: str) -> Actor:
        """Who a guest's key names. Raises NotSignedIn once the guest's access is over.

        The role is a reviewer's where the link lets guests comment, else a viewer's; what of it counts for guests is in
        the table of their rights.
        """
        with self._store.read() as db:
            guest = guests.counting(db, key)
            if guest is None:
                raise NotSignedIn(Message("reviewlinks.enter_first"))
            link = review_links.of_guest(db, key)
        return Actor(guest.id, Role.REVIEWER if link.can_comment else Role.VIEWER, guest.name)

    def leave(self, session: str) -> None:
        """End a session; an unknown one is ignored."""
        with self._store.write() as db:
            if known := guests.with_session(db, hashed(session)):
                guests.end_session(db, known.id, hashed(secrets.token_urlsafe(32)))

    def _living(self, token: str, address: str) -> tuple[ReviewLink, str]:
        """The link of this token, with the title of its review."""
        wrong = (f"wrong {rate_limit_key(address)}",)
        self._check_rates(WRONG_LIMITS, wrong)
        with self._store.read() as db:
            link = review_links.with_hash(db, hashed(token))
            title = review_links.title_of(db, link.review) if link and link.lives else None
        if link is None:
            self._count(WRONG_LIMITS, wrong)
        if link is None or title is None:
            raise NotAllowed(Message("reviewlinks.over"))
        return link, title

    def _check_password(self, link: ReviewLink, password: str, address: str) -> None:
        wrong = (f"wrong {rate_limit_key(address)}", f"link {link.id}")
        if not self._waiting.acquire(blocking=False):
            raise LimitReached(Message("reviewlinks.too_fast", seconds=5), retry_after_s=5)
        try:
            with self._checking:
                self._check_rates(WRONG_LIMITS, wrong)
                if _verified(link.password_hash, password):
                    return
                self._count(WRONG_LIMITS, wrong)
        finally:
            self._waiting.release()
        self._audit_log.refused(Entry("guest.failed", "", "", link.id, address, link.review, outcome="refused"))
        raise NotAllowed(Message("reviewlinks.wrong_password"))

    def _check_rates(self, items: tuple[RateLimitItem, ...], keys: tuple[str, ...]) -> None:
        for item, key in _pairs(items, keys):
            if not self._limiter.test(item, key):
                reset = self._limiter.get_window_stats(item, key).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise LimitReached(Message("reviewlinks.too_fast", seconds=seconds), retry_after_s=seconds)

    def _count(self, items: tuple[RateLimitItem, ...], keys: tuple[str, ...]) -> None:
        for item, key in _pairs(items, keys):
            self._limiter.hit(item, key)


def checked_name(name: str) -> str:
    """The name of a guest as it is kept. Raises CapabilityError."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARS or not name.isprintable():
        raise CapabilityError(Message("reviewlinks.name", most=NAME_CHARS), field="name", value=name[:50])
    return name


def _verified(password_hash: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    raw = password.encode("utf-8", "surrogatepass")
    if not 0 < len(raw) <= PASSWORD_MAX_BYTES:
        return False
    try:
        return PasswordHasher().verify(password_hash, raw)
    except (VerificationError, InvalidHashError):
        return False


def _pairs(items: tuple[RateLimitItem, ...], keys: tuple[str, ...]) -> Iterator[tuple[RateLimitItem, str]]:
    return ((item, key) for key in keys for item in items)
