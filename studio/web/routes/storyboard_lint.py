"""What is doubtful in the words of a board's shots: asked by the page once the board is drawn, and after edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from studio.prompt.lint.remedies import for_page
from studio.storyboard import shot_lint
from studio.storyboard.limits import Id
from studio.web.language import PageJSON
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


def router(studio: Studio) -> APIRouter:
    """The one route."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)

    @api.get("/boards/{board_id}/lint")
    def findings(board_id: Id, actor: ActorKey) -> Response:
        """Shot id -> findings, of the shots that have any. Positions in UTF-16 units."""
        snapshot = studio.acting_for(actor).storyboards.snapshot(board_id)
        found = {
            state.shot.id: for_page(
                shot_lint.findings(snapshot.board, state.shot, state.plan, studio.catalogue, snapshot.assets),
                {"prompt": state.shot.prompt, "dialogue": state.shot.dialogue},
            )
            for state in snapshot.states
        }
        return PageJSON({"shots": {shot: several for shot, several in found.items() if several}})

    return api
