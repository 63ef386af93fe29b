"""What is doubtful in the words of a board's shots: asked by the page once the board is drawn, and after edits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from studio.domain import JSON
from studio.prompt.lint.remedies import for_page
from studio.storyboard import shot_lint
from studio.storyboard.limits import Id
from studio.web.language import PageJSON
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

BUDGET_S = 0.4
"""Longest that one answer takes: a board of 500 long prompts that nobody has judged yet needs several."""


def router(studio: Studio) -> APIRouter:
    """The one route."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)

    @api.get("/boards/{board_id}/lint")
    def findings(board_id: Id, actor: ActorKey) -> Response:
        """Shot id -> findings, of the shots that have any. Positions in UTF-16 units. more: the time was up before
        all shots were judged; asked again, it goes on, since what was judged is known by then."""
        snapshot = studio.acting_for(actor).storyboards.snapshot(board_id)
        found, stop = dict[str, list[JSON]](), time.monotonic() + BUDGET_S
        for state in snapshot.states:
            if time.monotonic() > stop:
                return PageJSON({"shots": found, "more": True})
            shot = state.shot
            judged = shot_lint.findings(snapshot.board, shot, state.plan, studio.catalogue, snapshot.assets)
            if judged:
                found[shot.id] = for_page(judged, {"prompt": shot.prompt, "dialogue": shot.dialogue})
        return PageJSON({"shots": found, "more": False})

    return api
