"""Services that a person is told by: ntfy, Telegram, Slack, Discord, Pushover and mail, by apprise.

Unlike the addresses of STUDIO_NOTIFY_TARGETS, these come from anybody with an account. So they may name only services
whose host is their own, or a mail server on the internet: never a host of the studio's network.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from studio.engines import addresses
from studio.errors import CapabilityError, EngineError
from studio.messages import Message
from studio.services.notification_delivery import Attempt

MAX_CHARS = 1000
FIXED_HOSTS = frozenset({"tgram", "slack", "discord", "pover"})
MAIL = frozenset({"mailto", "mailtos"})
SERVICES = FIXED_HOSTS | MAIL | {"ntfy", "ntfys"}


def service_of(address: str) -> str:
    """The address's service, such as ntfy. Raises CapabilityError for what a person may not be told by."""
    service = address.partition("://")[0].lower()
    if len(address) > MAX_CHARS or service not in SERVICES:
        raise CapabilityError(Message("push.other_service"), field="address")
    made = _made(address)
    if made is None or not _has_own_host(service, made):
        raise CapabilityError(Message("push.bad_target", service=service), field="address")
    return service


def send(address: str, title: str, text: str) -> Attempt:
    """Send now, within apprise's own time limits; raises nothing."""
    service = address.partition("://")[0].lower()
    made = _made(address)
    if made is None or not _has_own_host(service, made):
        return Attempt(Message("push.bad_target", service=service), final=True)
    try:
        if service in MAIL:
            asyncio.run(addresses.allowed(made.smtp_host, made.port or 587, addresses.NOWHERE))
    except EngineError:
        return Attempt(Message("push.bad_target", service=service), final=True)
    return (
        Attempt() if made.notify(body=text, title=title) else Attempt(Message("notify.service_failed", service=service))
    )


def _made(address: str) -> Any:
    """The service as apprise has it; None where it cannot read the address."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings may name the address, with its token
    return apprise.Apprise.instantiate(address, suppress_exceptions=True)


def _has_own_host(service: str, made: Any) -> bool:
    if service in MAIL:
        return bool(made.smtp_host) and addresses.looks_public(f"https://{made.smtp_host}/")
    return service in FIXED_HOSTS or getattr(made, "mode", "") == "cloud"
