"""What each person is told, and where: their devices with web push, services of their own, and which runs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.services.personal_messages import PersonalChoices
from studio.web.language import language_of
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.services.personal_notifications import OwnNotifications
    from studio.studio import Studio

BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac", "Mac"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


class OwnChoices(Payload):
    """Which runs, and what of reviews, this person is told of. language: "" is that of the page."""

    succeeded: bool = True
    failed: bool = True
    held: bool = True
    approvals: bool = True
    mentions: bool = True
    answers: bool = True
    retakes: bool = True
    statuses: bool = True
    drafts: bool = False
    prompts: bool = False
    language: Literal["", "en", "zh-CN"] = ""


class PushSubscription(Payload):
    """As the browser's PushSubscription gives it."""

    endpoint: str = Field(max_length=2000)
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class PushEndpoint(Payload):
    """The browser that is meant."""

    endpoint: str = Field(max_length=2000)


class TargetAddress(Payload):
    """An address as apprise reads it."""

    address: str = Field(max_length=1000)


class DeviceOrTarget(Payload):
    """The id of a device or target."""

    id: str = Field(max_length=40)


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/own-notifications."""
    api = APIRouter(prefix="/ui/own-notifications", route_class=SentenceRoute, include_in_schema=False)

    def own(actor: str) -> OwnNotifications:
        return studio.acting_for(actor).own_notifications

    @api.get("")
    def read(actor: ActorKey) -> JSON:
        return own(actor).state()

    @api.post("/choices")
    def choose(body: OwnChoices, actor: ActorKey, request: Request) -> JSON:
        choices = PersonalChoices(**body.model_dump(exclude={"language"}))
        own(actor).set_choices(replace(choices, language=body.language or language_of(request)))
        return own(actor).state()

    @api.post("/devices")
    def subscribe(body: PushSubscription, actor: ActorKey, request: Request) -> JSON:
        device = device_name(request.headers.get("user-agent", ""))
        made = own(actor).subscribe(endpoint=body.endpoint, p256dh=body.p256dh, auth=body.auth, device=device)
        return own(actor).state() | {"made": made}

    @api.post("/unsubscribe")
    def unsubscribe(body: PushEndpoint, actor: ActorKey) -> JSON:
        own(actor).unsubscribe(body.endpoint)
        return own(actor).state()

    @api.post("/targets")
    def add_target(body: TargetAddress, actor: ActorKey) -> JSON:
        made = own(actor).add_target(body.address)
        return own(actor).state() | {"made": made}

    @api.post("/remove")
    def remove(body: DeviceOrTarget, actor: ActorKey) -> JSON:
        own(actor).remove(body.id)
        return own(actor).state()

    @api.post("/test")
    def test(actor: ActorKey) -> JSON:
        return {"sent": [{"to": name, "error": attempt.error} for name, attempt in own(actor).send_test()]}

    return api


def device_name(user_agent: str) -> str:
    """What a person calls the browser: Chrome, Android."""
    found = [
        next((name for pattern, name in table if re.search(pattern, user_agent)), "") for table in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or "Browser"
