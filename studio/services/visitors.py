"""People who look around on a public Space without an account: each browser has an opaque cookie, and what it made.

A visitor is a creator whose runs cost the studio nothing: see studio.services.run_accounts for what they may use.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from studio.domain import now
from studio.errors import NotAllowed
from studio.messages import Message
from studio.permissions import VISITOR_PREFIX, Actor, Role
from studio.services.people import hashed
from studio.store import Store, demo, visitors
from studio.store.mapping import new_id

VISITOR_DAYS = 7
NEW_PER_ADDRESS, NEW_IN_ALL = RateLimitItemPerHour(60), RateLimitItemPerHour(5000)
"""New visitors: each browser that keeps no cookies is one with every page it opens."""


class Visitors:
    """Safe from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def welcome(self, address: str) -> tuple[str, str] | None:
        """Key and token of a new visitor; None where too many came from this address, or in all."""
        for item, name in ((NEW_PER_ADDRESS, f"at {address}"), (NEW_IN_ALL, "all")):
            if not self._limiter.hit(item, name):
                return None
        visitor_id, token = new_id(VISITOR_PREFIX), secrets.token_urlsafe(32)
        with self._store.write() as db:
            visitors.forget_expired(db)
            visitors.add(db, visitor_id, hashed(token), now() + timedelta(days=VISITOR_DAYS))
            demo.welcome(db, visitor_id)
        return visitor_id, token

    def key_of(self, token: str) -> str | None:
        """The key of the visitor with this token; None for any other text."""
        if not token:
            return None
        with self._store.read() as db:
            return visitors.with_hash(db, hashed(token))

    def lives(self, token_hash: str) -> bool:
        """Whether the cookie of this hash counts."""
        with self._store.read() as db:
            return visitors.with_hash(db, token_hash) is not None

    def actor(self, key: str) -> Actor:
        """Who a visitor's key names. Raises NotAllowed once the cookie is over."""
        with self._store.read() as db:
            if not visitors.exists(db, key):
                raise NotAllowed(Message("signin.visit_over"))
        return Actor(key, Role.CREATOR)
