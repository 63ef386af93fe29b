"""Share links of a review, for those who may edit it: /ui/reviews/{id}/links.

The token of a link is in the answer that makes or copies it and nowhere else; the page puts it into the fragment of an
address.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from studio.domain import JSON, now
from studio.payload import Payload
from studio.review.model import MAX_ITEMS
from studio.services.review_links import DAYS, LABEL_CHARS, MOST_DAYS, LinkChange, LinkOptions, LinkState
from studio.settings import PASSWORD_MIN_CHARS
from studio.web.errors import SentenceRoute
from studio.web.middleware.same_origin import asking_actor

if TYPE_CHECKING:
    from studio.studio import Studio

ActorKey = Annotated[str, Depends(asking_actor)]
Label = Annotated[str, Field(max_length=LABEL_CHARS * 4)]
Days = Annotated[int, Field(ge=-10_000, le=10_000)]
Password = Annotated[str, Field(max_length=1024)]
Items = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=MAX_ITEMS)]


class NewLink(Payload):
    """See LinkOptions."""

    label: Label = ""
    days: Days = DAYS
    can_comment: bool = True
    can_download: bool = False
    watermark: bool = False
    password: Password = ""
    items: Items | None = None


class ChangedLink(Payload):
    """See LinkChange."""

    label: Label | None = None
    days: Days | None = None
    can_comment: bool | None = None
    can_download: bool | None = None
    watermark: bool | None = None
    password: Password | None = None
    items: Items | None = None
    show_all: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/ui/reviews/{review_id}/links", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def links(review_id: str, actor: ActorKey) -> JSON:
        """Every link, and what the page needs to make one. open: whether the studio itself lets everybody in."""
        found = studio.acting_for(actor).review_links.all(review_id)
        return {
            "links": [_link(link) for link in found], "days": DAYS, "most_days": MOST_DAYS,
            "password_chars": PASSWORD_MIN_CHARS, "open": not studio.settings.has_accounts,
        }  # fmt: skip

    @api.post("")
    def create(review_id: str, body: NewLink, actor: ActorKey) -> JSON:
        state, token = studio.acting_for(actor).review_links.create(review_id, LinkOptions(**body.model_dump()))
        return _link(state) | _address(studio, token)

    @api.post("/{link_id}/address")
    def address(review_id: str, link_id: str, actor: ActorKey) -> JSON:
        """The address once more; a POST, for it gives a secret away."""
        return _address(studio, studio.acting_for(actor).review_links.token(review_id, link_id))

    @api.patch("/{link_id}")
    def change(review_id: str, link_id: str, body: ChangedLink, actor: ActorKey) -> JSON:
        return _link(studio.acting_for(actor).review_links.change(review_id, link_id, LinkChange(**body.model_dump())))

    @api.delete("/{link_id}")
    def revoke(review_id: str, link_id: str, actor: ActorKey) -> JSON:
        return _link(studio.acting_for(actor).review_links.revoke(review_id, link_id))

    return api


def _address(studio: Studio, token: str) -> JSON:
    """The token, and the studio's own address on the internet where it has one: "" leaves it to the page."""
    return {"token": token, "base": studio.settings.public_url}


def _link(link: LinkState) -> JSON:
    state = "revoked" if link.revoked_at else "over" if link.expires_at <= now() else "open"
    return {
        "id": link.id, "label": link.label, "by": link.by, "state": state, "created_at": _iso(link.created_at),
        "expires_at": _iso(link.expires_at), "opened_at": _iso(link.opened_at), "can_comment": link.can_comment,
        "can_download": link.can_download, "watermark": link.watermark, "has_password": link.has_password,
        "items": None if link.items is None else list(link.items), "guests": link.guests, "can_copy": link.can_copy,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
