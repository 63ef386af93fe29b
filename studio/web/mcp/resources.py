"""Resources: a run and a storyboard by address, for clients that attach rather than call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from studio.errors import NotFound, StudioError
from studio.messages import of_error
from studio.web.mcp.answers import run_answer
from studio.web.mcp.board_answers import board_answer
from studio.web.mcp.caller import caller_of

if TYPE_CHECKING:
    from studio.studio import Studio


def add(server: MCPServer[Any], studio: Studio) -> None:
    """Register studio://runs/{id} and studio://storyboards/{id}."""

    @server.resource("studio://runs/{run_id}", title="A run", mime_type="application/json")
    def run(run_id: str, context: Context) -> str:
        """A run with its request, price, outcome and files."""
        try:
            caller = caller_of(studio, context)
            return run_answer(caller, caller.services.runs.get(run_id)).model_dump_json(exclude_none=True)
        except StudioError as error:
            raise _refusal(error) from None

    @server.resource("studio://storyboards/{storyboard_id}", title="A storyboard", mime_type="application/json")
    def storyboard(storyboard_id: str, context: Context) -> str:
        """A storyboard with its cast, shots, takes and prices."""
        try:
            caller = caller_of(studio, context)
            stored = caller.services.storyboards.get(storyboard_id)
            return board_answer(caller, stored).model_dump_json(exclude_none=True)
        except StudioError as error:
            raise _refusal(error) from None


def _refusal(error: StudioError) -> ResourceError:
    kind = ResourceNotFoundError if isinstance(error, NotFound) else ResourceError
    return kind(str(of_error(error)))
