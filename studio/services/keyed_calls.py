"""Calls under a key of the caller's own: the same call again, after an answer was lost, stores and pays nothing more.

The key is stored in the transaction that stores the runs, so it also holds after a crash and for two calls at once.
Keys belong to one actor: agents that act by other access tokens of the same person have keys of their own.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable

from sqlite_utils import Database

from studio.domain import JSON, Run
from studio.errors import Conflict
from studio.messages import Message
from studio.permissions import Actor
from studio.services.context import Context
from studio.services.requests import OnStored
from studio.store import runs, submit_keys

Start = Callable[[OnStored], list[Run]]
"""Starts something and calls what it is given inside the transaction that stores the runs."""


class KeyedCalls:
    """The keys of one actor."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor = context, actor

    def once(self, key: str, asked: JSON, start: Start) -> list[Run]:
        """What `start` gives, or the runs of the earlier call under this key, as they are now; "" is no key.

        asked: what the call is about. Raises Conflict where the key was used for something else.
        """
        if not key:
            return start(lambda db, stored: None)
        stored_key = f"call/{self._actor.token}/{key}"
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()

        def remember(db: Database, stored: list[Run]) -> None:
            submit_keys.add(db, self._actor.id, stored_key, digest, [run.id for run in stored])

        if (earlier := self._earlier(stored_key, digest, key)) is not None:
            return earlier
        try:
            return start(remember)
        except sqlite3.IntegrityError:  # the same call came twice at once, and the other one was first
            if (earlier := self._earlier(stored_key, digest, key)) is None:
                raise
            return earlier

    def _earlier(self, stored_key: str, digest: str, key: str) -> list[Run] | None:
        with self._context.store.read() as db:
            found = submit_keys.find(db, self._actor.id, [stored_key]).get(stored_key)
            if found is None:
                return None
            if found.digest != digest:
                raise Conflict(Message("token.key_reused", key=key))
            return runs.several(db, found.runs, self._actor.id)
