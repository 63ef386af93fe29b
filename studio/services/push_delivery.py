"""Sends one message to one browser by its push service: encrypted for it, signed by the studio's key.

The service sees who sends to whom and how much, never what. Sources: RFC 8030 (web push), 8188 and 8291 (encryption).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from contextlib import suppress

import httpx

from studio.domain import JSON
from studio.engines import addresses
from studio.engines.http import retry_after_s
from studio.errors import CapabilityError, EngineError
from studio.messages import Message, of_error
from studio.services.notification_delivery import PASSING, TIMEOUT_S, Attempt
from studio.services.vapid import VapidKey
from studio.store.push import Subscription

KEPT_S = 24 * 3600
"""How long the push service keeps a message for a device that is off."""
MAX_PAYLOAD_BYTES = 3000
"""Push services take at least 4096 bytes with the encryption around it."""
POINT_BYTES, AUTH_BYTES = 65, 16
GONE = (404, 410)
"""The browser has ended the subscription."""


def check_subscription(endpoint: str, p256dh: str, auth: str, *, own_service: str = "") -> None:
    """Raises CapabilityError for an endpoint that is not on the internet, and for keys that are none.

    own_service: the address of a push service on the studio's own network, which is allowed, too.
    """
    with suppress(addresses.LinkGone, ValueError, binascii.Error):
        url = addresses.parse(endpoint)
        public = url.scheme == "https" and not url.userinfo and addresses.looks_public(endpoint)
        allowed = public or bool(own_service and _home(own_service).places == _home(endpoint).places)
        if allowed and len(_decoded(p256dh)) == POINT_BYTES and len(_decoded(auth)) == AUTH_BYTES:
            return
    raise CapabilityError(Message("push.bad_subscription"), field="endpoint")


def send(subscription: Subscription, payload: JSON, key: VapidKey, *, own_service: str = "") -> tuple[Attempt, bool]:
    """Send now; how it went, and whether the subscription is gone. Takes up to TIMEOUT_S; raises nothing."""
    host = addresses.shown(httpx.URL(subscription.endpoint).host)
    try:
        status, retry_s = asyncio.run(_post(subscription, payload, key, own_service))
    except (TimeoutError, httpx.HTTPError) as error:
        return Attempt(Message("notify.unreachable", host=host, why=type(error).__name__)), False
    except (addresses.LinkGone, CapabilityError, ValueError) as error:
        return Attempt(of_error(error), final=True), False
    except EngineError as error:
        return Attempt(of_error(error)), False
    if 200 <= status < 300:
        return Attempt(), False
    refused = Message("notify.refused", host=host, status=status)
    return Attempt(refused, final=status < 500 and status not in PASSING, retry_after_s=retry_s), status in GONE


async def _post(subscription: Subscription, payload: JSON, key: VapidKey, own_service: str) -> tuple[int, float | None]:
    url = addresses.parse(subscription.endpoint)
    home = _home(own_service) if own_service else addresses.NOWHERE
    await addresses.check(url, home)
    body = encrypted(subscription, json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    headers = {
        "content-encoding": "aes128gcm", "content-type": "application/octet-stream", "ttl": str(KEPT_S),
        "urgency": "high" if payload.get("actions") else "normal", **key.headers(subscription.endpoint),
    }  # fmt: skip
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    async with asyncio.timeout(TIMEOUT_S), addresses.client(limits, httpx.Timeout(TIMEOUT_S)) as client:
        request = client.build_request("POST", url, content=body, headers=headers, extensions={"home": home})
        answer = await client.send(request, stream=True)  # its body is not read
        await answer.aclose()
    return answer.status_code, retry_after_s(answer.headers.get("retry-after"))


def encrypted(subscription: Subscription, content: bytes) -> bytes:
    """The content for this browser alone. Raises ValueError where it is too long for every push service."""
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(content) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a message of {len(content)} bytes")
    return http_ece.encrypt(
        content,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(subscription.p256dh),
        auth_secret=_decoded(subscription.auth),
        version="aes128gcm",
    )


def _home(base: str) -> addresses.AllowedHosts:
    return addresses.AllowedHosts.of(base)


def _decoded(text: str) -> bytes:
    text = text.rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
