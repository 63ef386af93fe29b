"""Sends one message to one target: signed JSON over HTTPS, or a service that apprise knows.

An address that was set on a page may only be on the public internet, checked as links from providers are. One from the
environment may also be on the own network: whoever starts the studio can reach it anyway.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from studio.domain import JSON
from studio.engines import addresses
from studio.engines.http import retry_after_s
from studio.errors import CapabilityError, EngineError
from studio.messages import Message, of_error
from studio.services.notification_messages import slack_text

TIMEOUT_S = 15.0
WEBHOOK = "webhook"
MIN_SECRET_CHARS, MAX_SECRET_CHARS = 8, 512
SECRET_PREFIX = "whsec_"  # noqa: S105 - how secrets of the Standard Webhooks scheme begin
PASSING = (408, 425, 429)
"""Refusals that may be over at the next attempt; other answers of 400 to 499 will stay as they are."""


@dataclass(frozen=True)
class Target:
    """Where messages go. name: in the database, without the address. trusted: the environment named it, so it may be
    private. secret: signs the calls of a webhook; "" leaves them unsigned."""

    name: str
    address: str
    trusted: bool = False
    secret: str = ""

    @property
    def host(self) -> str:
        """What people may see of it: an address may hold a token."""
        parts = urlsplit(self.address)
        return (parts.hostname or parts.scheme) if self.name == WEBHOOK else parts.scheme


@dataclass(frozen=True)
class Attempt:
    """How sending went. error: what went wrong, None when it was taken. final: trying again would not help."""

    error: str | None = None
    final: bool = False
    retry_after_s: float | None = None


def other_target(address: str) -> Target:
    """A target of STUDIO_NOTIFY_TARGETS, by a name that does not tell its token."""
    return Target("target-" + hashlib.sha256(address.encode()).hexdigest()[:16], address, trusted=True)


def check_address(address: str) -> None:
    """Raises CapabilityError for what cannot be the address of a webhook on the internet; nothing is looked up."""
    with suppress(addresses.LinkGone):
        url = addresses.parse(address)
        if url.scheme == "https" and not url.userinfo and addresses.looks_public(address):
            return
    raise CapabilityError(Message("notify.not_public"), field="url")


def check_form(address: str) -> None:
    """Raises CapabilityError for an address that no request can be made to."""
    try:
        addresses.parse(address)
    except addresses.LinkGone:
        raise CapabilityError(Message("notify.bad_address"), field="url") from None


def check_secret(secret: str) -> None:
    """Raises CapabilityError for a secret that cannot sign."""
    good = MIN_SECRET_CHARS <= len(secret) <= MAX_SECRET_CHARS and secret.isprintable()
    if good:
        with suppress(ValueError):
            _signer(secret)
            return
    raise CapabilityError(Message("notify.bad_secret", least=MIN_SECRET_CHARS), field="secret")


def send(target: Target, message_id: str, body: JSON) -> Attempt:
    """Send now. Takes up to TIMEOUT_S; raises nothing."""
    if target.name != WEBHOOK:
        return _send_by_apprise(target, body)
    try:
        return asyncio.run(_post(target, message_id, body))
    except (TimeoutError, httpx.HTTPError) as error:
        return Attempt(Message("notify.unreachable", host=target.host, why=type(error).__name__))
    except addresses.LinkGone as error:
        return Attempt(of_error(error), final=True)
    except EngineError as error:
        return Attempt(of_error(error))


async def _post(target: Target, message_id: str, body: JSON) -> Attempt:
    raw = json.dumps(body | {"text": slack_text(body["text"])}, ensure_ascii=False, separators=(",", ":"))
    headers = {"content-type": "application/json", "user-agent": "WanStudio", **signed(target.secret, message_id, raw)}
    home = addresses.AllowedHosts.of(target.address) if target.trusted else addresses.NOWHERE
    url = addresses.parse(target.address)
    await addresses.check(url, home)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    async with asyncio.timeout(TIMEOUT_S), addresses.client(limits, httpx.Timeout(TIMEOUT_S)) as client:
        request = client.build_request("POST", url, content=raw, headers=headers, extensions={"home": home})
        answer = await client.send(request, stream=True)  # its body is not read
        await answer.aclose()
    if answer.is_success:
        return Attempt()
    error = Message("notify.refused", host=target.host, status=answer.status_code)
    lasting = answer.status_code < 500 and answer.status_code not in PASSING
    return Attempt(error, final=lasting, retry_after_s=retry_after_s(answer.headers.get("retry-after")))


def signed(secret: str, message_id: str, raw: str) -> dict[str, str]:
    """The headers of the Standard Webhooks scheme; none without a secret."""
    if not secret:
        return {}
    at = datetime.now(UTC)
    signature = _signer(secret).sign(message_id, at, raw)
    return {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def _signer(secret: str):
    """Raises ValueError for whsec_ with something else than base64 after it. Other text is the key as it stands."""
    if secret.startswith(SECRET_PREFIX):
        encoded = secret.removeprefix(SECRET_PREFIX)  # the library skips what is no base64, and adds the padding
        base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    try:
        return Webhook(secret if secret.startswith(SECRET_PREFIX) else secret.encode())
    except EmptyWebhookSecretError as error:
        raise ValueError from error


def _send_by_apprise(target: Target, body: JSON) -> Attempt:
    """By a service of apprise, such as ntfy, Telegram or mail, with its own time limits."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings may name the address, with its token
    service = apprise.Apprise()
    if not service.add(target.address):
        return Attempt(Message("notify.unknown_service", service=target.host), final=True)
    if service.notify(body=body["text"], title="Wan Studio"):
        return Attempt()
    return Attempt(Message("notify.service_failed", service=target.host))
