"""Webhooks of providers: a call to a run's one-time address wakes its poller, which then asks the provider as always.

Nothing in a call is believed beyond that, but for the name of a task whose submit was answered by nobody (see
jobs.reconcile): a forged one could at most cost a poll. The address holds a random token, and
the database only its SHA-256 hash, in the run's row. A secret from which tokens are derived would need no column, but
whoever copied the data folder, or a backup of it, could then make the address of every run. Addresses are known only
while their run is under way, in memory; after a restart they are read from the rows of the runs that go on.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from studio.domain import JSON, Run
from studio.engines.base import Engine, EngineInfo, Webhooks

log = logging.getLogger(__name__)
PATH = "/hooks"
TOKEN_BYTES = 32
MAX_CALLS = 40
"""Calls to one address that are looked at. fal sends a call at most 11 times."""


class CalledRun(Protocol):
    """A run under way, as far as its webhook is concerned: jobs.run_context.RunContext."""

    run: Run
    expects_webhook: bool

    @property
    def engine(self) -> Engine:
        """The engine as it is set up now."""
        ...

    @property
    def info(self) -> EngineInfo:
        """What it says of itself."""
        ...

    def engine_in_use(self) -> AbstractContextManager[Engine]:
        """The engine, kept open until the block is left."""
        ...

    def webhook_called(self, task: str) -> None:
        """Poll now. task: the provider's name of what it called about, "" where it gives none."""
        ...


@dataclass
class _Listener:
    """An address in use. seen: bodies that were accepted, as hashes."""

    context: CalledRun
    calls: int = 0
    seen: set[bytes] = field(default_factory=set[bytes])


class WebhookRegistry:
    """The addresses of runs under way. public_url: of the studio, without a slash at the end; "" for none.

    `knows` may be called from any thread, everything else on the scheduler's loop.
    """

    def __init__(self, public_url: str = "") -> None:
        self._public_url = public_url
        self._listeners: dict[str, _Listener] = {}

    def issue(self, context: CalledRun) -> tuple[str, str | None]:
        """A new address for the run, and the hash of its token to keep; ("", None) where no provider would call it."""
        if not self._public_url or context.info.local or not isinstance(context.engine, Webhooks):
            return "", None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.add(context, hashed(token))
        return f"{self._public_url}{PATH}/{token}", hashed(token)

    def add(self, context: CalledRun, token_hash: str | None) -> None:
        """Listen for the run, whose address was issued earlier."""
        if token_hash and self._public_url:
            self._listeners[token_hash] = _Listener(context)
            context.expects_webhook = True

    def remove(self, context: CalledRun) -> None:
        """The run is over, or no longer under way: its addresses are unknown from now on."""
        for token_hash in [h for h, listener in self._listeners.items() if listener.context is context]:
            del self._listeners[token_hash]

    def knows(self, token: str) -> bool:
        """Whether a run under way has this address."""
        return hashed(token) in self._listeners

    async def receive(self, token: str, headers: Mapping[str, str], raw: bytes, body: JSON) -> bool:
        """Wake the run's poller; False for a call that is refused: unknown, forged, late, repeated, or of another run.

        headers: names in lower case. raw: the body as it came; body: what it says. Raises EngineError where the
        provider's keys cannot be fetched.
        """
        listener = self._listeners.get(hashed(token))
        if listener is None or listener.calls >= MAX_CALLS:
            return False
        listener.calls += 1
        context, digest = listener.context, hashlib.sha256(raw).digest()
        with context.engine_in_use() as engine:
            if not isinstance(engine, Webhooks) or digest in listener.seen:
                return False
            if not await engine.verify(headers, raw):
                log.warning("a webhook of run %s was refused: its signature or time is wrong", context.run.id)
                return False
            task = engine.to_handle(body)
            if not is_of_run(task, context.run.handle):
                log.warning("a webhook of run %s was refused: it is of another run", context.run.id)
                return False
        if digest in listener.seen:  # the same call again, while the first one was verified
            return False
        listener.seen.add(digest)
        context.webhook_called(task)
        return True


def hashed(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_of_run(task: str, handle: str | None) -> bool:
    """Whether the handle names this task as a whole word; also where either is not known (yet)."""
    return not task or not handle or re.search(rf"(?<![\w-]){re.escape(task)}(?![\w-])", handle) is not None
