"""Sign-ins under way: what was sent to the provider and must come back, kept here and never in the browser.

A browser holds one random cookie for each attempt; without it the answer is nobody's. An attempt counts once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

LIFETIME_S = 600.0
MAX_ATTEMPTS = 2000
"""Attempts that are remembered; the oldest give way, so that nobody can fill the memory."""


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way. next: where in the studio it leads. secret: for the cookie of the browser."""

    state: str
    next: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    redirect_uri: str = ""


class Attempts:
    """Safe from any thread. Only hashes of states and secrets are keys here."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, tuple[float, bytes, Attempt]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, next_url: str, redirect_uri: str) -> Attempt:
        """A new attempt, good for ten minutes."""
        made = Attempt(secrets.token_urlsafe(32), next_url, redirect_uri=redirect_uri)
        with self._lock:
            self._kept[_hashed(made.state)] = (time.monotonic() + LIFETIME_S, _hashed(made.secret), made)
            while len(self._kept) > MAX_ATTEMPTS:
                self._kept.popitem(last=False)
        return made

    def finish(self, state: str, secret: str) -> Attempt | None:
        """The attempt of this state, where the browser is the one that began it. Whoever asks, it is over then."""
        with self._lock:
            end, hashed, made = self._kept.pop(_hashed(state), (0.0, b"", None))
        if made is None or end < time.monotonic() or not hmac.compare_digest(hashed, _hashed(secret)):
            return None
        return made


def _hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
