"""The Notifications section of the Settings page: where messages go, which, and a test. No address or secret leaves."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.services.notification_delivery import SECRET_PREFIX
from studio.services.notifications import NotificationChoices
from studio.web.language import language_of
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


class Choices(Payload):
    """Which runs are told of. language: "" is that of the page."""

    succeeded: bool = True
    failed: bool = True
    held: bool = True
    drafts: bool = False
    language: Literal["", "en", "zh-CN"] = ""


class Webhook(Payload):
    """An address, a secret, or both; "" takes away, None leaves. make_secret: the studio makes it and tells it once."""

    url: str | None = Field(default=None, max_length=2000)
    secret: str | None = Field(default=None, max_length=2000)
    make_secret: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/notifications."""
    api = APIRouter(prefix="/ui/notifications", route_class=SentenceRoute, include_in_schema=False)

    def state(actor: str) -> JSON:
        found = studio.acting_for(actor).notifications.state()
        return {field.name: getattr(found, field.name) for field in fields(found)} | {"choices": asdict(found.choices)}

    @api.get("")
    def read(actor: ActorKey) -> JSON:
        return state(actor)

    @api.post("/choices")
    def choose(body: Choices, actor: ActorKey, request: Request) -> JSON:
        language = body.language or language_of(request)
        studio.acting_for(actor).notifications.set_choices(
            NotificationChoices(
                succeeded=body.succeeded, failed=body.failed, held=body.held, drafts=body.drafts, language=language
            )
        )
        return state(actor)

    @api.post("/webhook")
    def set_webhook(body: Webhook, actor: ActorKey, request: Request) -> JSON:
        made = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode() if body.make_secret else ""
        studio.acting_for(actor).notifications.set_webhook(
            url=body.url if body.url is None else body.url.strip(), secret=made or body.secret
        )
        if body.url:
            studio.acting_for(actor).notifications.set_language(language_of(request))
        return state(actor) | {"secret": made or None}

    @api.post("/test")
    def test(actor: ActorKey) -> JSON:
        return {
            "sent": [
                {"to": host, "error": attempt.error}
                for host, attempt in studio.acting_for(actor).notifications.send_test()
            ]
        }

    return api
