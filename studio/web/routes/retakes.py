"""The retake of a comment over HTTP: what would be sent, for how much, and the press that sends it. Members only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import FileResponse

from studio.domain import JSON, MAX_ORIGINAL_CHARS
from studio.payload import Payload
from studio.services.retake_ways import RetakeChoices, SeedChoice, Way
from studio.web.idempotency import MAX_KEY_CHARS
from studio.web.routes.run_cards import card
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_PROMPT_CHARS = 50_000


class Choices(Payload):
    """What the person has chosen so far; what is left out is prefilled."""

    way: Way | Literal[""] = ""
    model: str = Field("", max_length=200)
    prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARS)] | None = None
    original: str = Field("", max_length=MAX_ORIGINAL_CHARS)
    seed: SeedChoice = "same"
    to_last: bool = True
    people: Literal["", "no", "yes"] = ""
    others: bool = True

    @property
    def chosen(self) -> RetakeChoices:
        """As the service takes them."""
        return RetakeChoices(**self.model_dump())


class Press(Payload):
    """The retake as it was shown. terms: of the plan; key: names the press, which makes one retake."""

    choices: Choices
    terms: str = Field(max_length=64)
    key: str = Field("", max_length=MAX_KEY_CHARS)


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/reviews/{review}/comments/{comment}/retake."""
    prefix = "/ui/reviews/{review_id}/comments/{comment_id}/retake"
    api = APIRouter(prefix=prefix, route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def prefilled(review_id: str, comment_id: str, actor: ActorKey) -> JSON:
        return studio.acting_for(actor).retakes.plan(review_id, comment_id).public()

    @api.post("/plan")
    def plan(review_id: str, comment_id: str, body: Choices, actor: ActorKey) -> JSON:
        return studio.acting_for(actor).retakes.plan(review_id, comment_id, body.chosen).public()

    @api.post("")
    def start(review_id: str, comment_id: str, body: Press, actor: ActorKey) -> JSON:
        made = studio.acting_for(actor).retakes.start(
            review_id, comment_id, body.choices.chosen, terms=body.terms, key=body.key
        )
        return {"run": card(studio, made[0]), "version": made[1]}

    @api.get("/frame")
    def frame(review_id: str, comment_id: str, actor: ActorKey) -> FileResponse:
        path = studio.acting_for(actor).retakes.frame(review_id, comment_id)
        return FileResponse(path, media_type="image/webp", headers={"cache-control": "private, max-age=300"})

    return api
