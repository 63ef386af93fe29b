"""How providers sign their webhooks, for the engines' `verify`: Ed25519 with published keys, and HMAC with a secret.

Keys and secrets are fetched through the engine's own client, so only from the provider, and kept in memory. A call that
they do not verify makes them be fetched once more, at most once a minute: providers change keys.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.http import ApiClient
from studio.engines.strict_json import rows
from studio.errors import Unavailable
from studio.messages import Message, term

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WINDOW_S = 300.0
"""How far the time of a call may be from ours."""
LIFETIME_S = 24 * 3600.0
"""How long keys are kept; fal asks for at most a day."""
REFETCH_S = 60.0
FETCH_TIMEOUT_S = 8.0
MAX_KEYS = 32
"""Published keys that are read. Providers have one or two."""

T = TypeVar("T")


class Cached(Generic[T]):
    """What `load` answers, kept for LIFETIME_S. On one event loop."""

    def __init__(self, load: Callable[[], Awaitable[T]]) -> None:
        self._load, self._lock = load, asyncio.Lock()
        self._values: list[T] = []
        self._tried_at = self._loaded_at = -LIFETIME_S

    async def verifies(self, check: Callable[[T], bool]) -> bool:
        """Whether the value passes the check, or one loaded anew does. Raises what `load` raises."""
        async with self._lock:
            if time.monotonic() - self._loaded_at > LIFETIME_S:
                self._values.clear()
            if any(check(value) for value in self._values):
                return True
            if self._values and time.monotonic() - self._tried_at < REFETCH_S:
                return False
            self._tried_at = time.monotonic()
            value = await self._load()
            self._values, self._loaded_at = [value], time.monotonic()
            return check(value)


class UnsignedWebhooks:
    """For engines whose provider signs nothing: the one-time address of the run alone counts."""

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks."""
        return True


class PublishedKeys:
    """A provider's Ed25519 keys, published as a JSON Web Key Set at this address of its own."""

    def __init__(self, api: ApiClient, address: str) -> None:
        self._api, self._address = api, address
        self._keys = Cached(self._fetch)

    async def verify(self, message: bytes, signature: bytes, *, key_id: str = "") -> bool:
        """Whether one of the keys, or the one with this id, signed the message. Raises EngineError where they cannot be
        fetched."""
        return await self._keys.verifies(
            lambda keys: any(_signed(key, signature, message) for name, key in keys.items() if key_id in ("", name))
        )

    async def _fetch(self) -> dict[str, Ed25519PublicKey]:
        reply = await self._api.call("GET", self._address, total_s=FETCH_TIMEOUT_S)
        if reply.status != 200:
            raise errors_http.of_reply(reply, self._api.label)
        return ed25519_keys(reply.body)


class WebhookSecret:
    """The secret with which a provider signs for this account, at an address that the account's key opens.

    read: where it stands in the answer.
    """

    def __init__(self, api: ApiClient, address: str, read: Callable[[JSON], object]) -> None:
        self._api, self._address, self._read = api, address, read
        self._secret = Cached(self._fetch)

    async def verify(self, check: Callable[[str], bool]) -> bool:
        """Whether the check passes with the secret. Raises EngineError where it cannot be fetched."""
        return await self._secret.verifies(check)

    async def _fetch(self) -> str:
        reply = await self._api.call("GET", self._address, total_s=FETCH_TIMEOUT_S)
        if reply.status != 200:
            raise errors_http.of_reply(reply, self._api.label)
        secret = self._read(reply.body)
        if not isinstance(secret, str) or not secret:
            raise Unavailable(Message("run.unreadable_answer", provider=term(self._api.label)), code="no secret")
        return secret


def ed25519_keys(body: JSON) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JSON Web Key Set by their `kid`; a key without one is named by its place.

    Source: RFC 8037, keys of the type OKP.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found: dict[str, Ed25519PublicKey] = {}
    for place, key in enumerate(rows(body.get("keys"))[:MAX_KEYS]):
        if key.get("kty") != "OKP" or key.get("crv") != "Ed25519" or not isinstance(x := key.get("x"), str):
            continue
        try:
            found[str(key.get("kid") or place)] = Ed25519PublicKey.from_public_bytes(base64url(x))
        except ValueError:  # not 32 bytes
            continue
    return found


def _signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def is_recent(timestamp: str) -> bool:
    """Whether this time, in Unix seconds, is now, give or take WINDOW_S."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(time.time() - int(timestamp)) <= WINDOW_S


def base64url(text: str) -> bytes:
    """The bytes of base64url text, with or without its padding; none for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def hexadecimal(text: str) -> bytes:
    """The bytes of hexadecimal text; none for anything else."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def hex_hmac(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Whether two signatures are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def standard_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the call is signed by the Standard Webhooks scheme, within five minutes.

    secret: whsec_ and base64. Source: standardwebhooks.com; checked by its own library.
    """
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
