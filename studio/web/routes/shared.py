"""/shared/: where guests of share links are. The page before a review, the review itself, and the files of the pages.

The token of a link is in the fragment of its address, /shared/r#TOKEN, which no server and no log sees, and reaches the
studio in the body of a POST. So the page that a link opens is the same for everybody, also for programs that make
previews of links, and says nothing about any review.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from string import Template
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from studio.domain import JSON
from studio.payload import Payload
from studio.services.guests import NAME_CHARS
from studio.web.errors import SentenceRoute
from studio.web.guest_session import GuestCookies, guest_key
from studio.web.i18n import tables
from studio.web.language import PageJSON, language_of
from studio.web.middleware.access import NOBODY, address_of
from studio.web.middleware.security_headers import frame_rule
from studio.web.plain_pages import POLICY, plain_page
from studio.web.program_files import program_file
from studio.web.routes import media, review_export, review_rooms, reviews
from studio.web.script_words import areas_of
from studio.web.static import ASSETS, asset_url

if TYPE_CHECKING:
    from studio.studio import Studio

GATE_WORDS = (
    *("title", "loading", "about_look", "about_comment", "about_password", "name", "name_help", "password", "enter"),
    *("no_name", "no_password", "no_link", "failed", "show", "hide"),
)
GATE_FILES = re.compile(
    r"css/(login|gate)\.css|js/(login|gate)\.js|icons/[a-z0-9-]+\.(svg|png)|fonts/inter-[a-z-]+\.woff2"
)
"""What the page before a review loads; everything else is for guests."""
REVIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; form-action 'self'; "
    "base-uri 'self'; "
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NEVER_KEPT = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}


class LinkToken(Payload):
    """The token of a link."""

    token: str = Field(max_length=100)


class Entering(LinkToken):
    """Who enters; password: "" where none is asked for."""

    name: str = Field(max_length=NAME_CHARS * 4)
    password: str = Field("", max_length=1024)


def routers(studio: Studio, rooms: review_rooms.RoomSockets) -> list[APIRouter]:
    """All that is below /shared/. The last route answers what no other does, so that nothing of the rest of the
    application, whose paths may begin with anything, is reached there."""
    asker = guest_key(studio)
    api = APIRouter(prefix="/shared", route_class=SentenceRoute, include_in_schema=False)
    cookies = GuestCookies(studio)
    _gate(api, studio, cookies)
    _page(api, studio, cookies)
    media.add_routes(api, media.SharedMedia(studio), "/media", asker)
    rest = APIRouter(prefix="/shared", route_class=SentenceRoute, include_in_schema=False)
    rest.add_api_route("/{path:path}", media.missing, methods=list(METHODS))
    room = review_rooms.router(rooms, "/shared/api", lambda socket: cookies.key_of(socket) or NOBODY)
    both = [part.router(studio, "/shared/api", asker) for part in (reviews, review_export)]
    return [api, *both, room, rest]


def _gate(api: APIRouter, studio: Studio, cookies: GuestCookies) -> None:
    @api.get("/r")
    def gate(request: Request) -> Response:
        """The page that a link opens: the same for every link, and for none."""
        body = plain_page("gate.html", "gate", GATE_WORDS, language_of(request))
        return HTMLResponse(body, headers=NEVER_KEPT | {"content-security-policy": _framed(studio, POLICY)})

    @api.post("/look")
    def look(body: LinkToken, request: Request) -> Response:
        """What is asked for before one may enter."""
        found = studio.guests.look(body.token, address_of(request))
        shown: JSON = {
            "needs_password": found.needs_password, "title": found.title, "can_comment": found.can_comment,
        }  # fmt: skip
        return PageJSON(shown, headers=NEVER_KEPT)

    @api.post("/enter")
    def enter(body: Entering, request: Request) -> Response:
        """Enter: the answer brings the cookie."""
        entered = studio.guests.enter(
            body.token, name=body.name, password=body.password, address=address_of(request),
            session=cookies.session_of(request),
        )  # fmt: skip
        answer = PageJSON({"guest": entered.key}, headers=NEVER_KEPT)
        cookies.put(answer, request, entered.token, entered.expires_at)
        return answer

    @api.post("/leave")
    def leave(request: Request) -> Response:
        """End the session of this browser."""
        studio.guests.leave(cookies.session_of(request))
        answer = PageJSON({"left": True}, headers=NEVER_KEPT)
        cookies.take_away(answer)
        return answer


def _page(api: APIRouter, studio: Studio, cookies: GuestCookies) -> None:
    asker: str = Depends(guest_key(studio))

    @api.get("/")
    def page(request: Request) -> Response:
        """The review, for who has entered; else the page before it."""
        key = cookies.key_of(request)
        if key is None:
            return RedirectResponse("r", 303, headers=NEVER_KEPT)
        review = studio.acting_for(key).guest_media.review()
        body = review_page(review, studio.acting_for(key).actor.name, language_of(request))
        return HTMLResponse(body, headers=NEVER_KEPT | {"content-security-policy": _framed(studio, REVIEW_POLICY)})

    @api.get("/ui/assets/{digest}/{path:path}")
    def asset(request: Request, digest: str, path: str) -> Response:
        """A script, style, icon or font of ours."""
        if not GATE_FILES.fullmatch(path):
            guest_key(studio)(request)
        return program_file(digest, path, accept_encoding=request.headers.get("accept-encoding", ""))

    @api.get("/api/copies")
    def copies(actor: str = asker) -> JSON:
        """How far the marked copies are that are not there yet, by file; all are on their way after this."""
        states = studio.acting_for(actor).guest_media.copies()
        return {"copies": {asset: {"fraction": s.fraction, "error": s.error} for asset, s in states.items()}}


def review_page(review: str, name: str, language: str) -> str:
    """The page of a review (its id) for the guest of this name."""
    shown = {"review": escape(review), "guest": escape(name), "language": language, "words": _words()}
    shown["assets"] = f"shared/{asset_url('').rstrip('/')}"
    return Template((ASSETS / "html" / "shared.html").read_text("utf-8")).substitute(shown)


@cache
def _words() -> str:
    """The words of the guest's page in every language, safe inside of a script element."""
    areas = areas_of("shared.js")
    wanted = {
        language: {key: words for key, words in table.items() if key.partition(".")[0] in areas}
        for language, table in tables().items()
    }
    return json.dumps(wanted, ensure_ascii=False).replace("<", "\\u003c")


def _framed(studio: Studio, policy: str) -> str:
    """The policy with our own rule of who may show the page in a frame."""
    return policy.replace("frame-ancestors 'none'", "") + frame_rule(studio.settings.frame_ancestors)
