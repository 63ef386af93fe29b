"""/decide: the page behind the link in a message about runs that wait for approval.

The token is in the address's fragment, which no server and no log sees. Opening the page decides nothing: mail scanners
follow links. Open to who has not signed in, for the token stands for its person in this one decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from studio.domain import JSON
from studio.payload import Payload
from studio.web.errors import SentenceRoute
from studio.web.language import PageJSON, language_of
from studio.web.plain_pages import POLICY, plain_page

if TYPE_CHECKING:
    from studio.studio import Studio

WORDS = (
    "title", "loading", "asks", "asks_one", "asks_here", "price", "no_price", "why", "prompt", "left", "approve",
    "reject", "open", "failed",
)  # fmt: skip


class LinkDecision(Payload):
    """approve: None only looks."""

    token: str = Field(max_length=100)
    approve: bool | None = None


def router(studio: Studio) -> APIRouter:
    """The two routes."""
    api = APIRouter(route_class=SentenceRoute, include_in_schema=False)

    @api.get("/decide")
    def page(request: Request) -> Response:
        """The same for every token."""
        body = plain_page("decide.html", "decide", WORDS, language_of(request))
        headers = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return HTMLResponse(body, headers=headers)

    @api.post("/decide")
    def decide(body: LinkDecision) -> Response:
        """What is asked, or what was done."""
        if body.approve is None:
            answer: JSON = {"asked": studio.link_decisions.look(body.token)}
        else:
            answer = {"said": studio.link_decisions.decide(body.token, approve=body.approve)}
        return PageJSON(answer, headers={"cache-control": "no-store"})

    return api
