"""The MCP server: tools, resources and prompts joined, with every failure put into one sentence.

Source of the protocol and of the library's interface: modelcontextprotocol.io and the `mcp` package, version 2.3.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, InputRequiredResult, TextContent
from mcp_types import Tool as McpTool

from studio.errors import NotFound
from studio.messages import Message
from studio.web.errors import status_and_message
from studio.web.mcp import (
    board_tools,
    file_tools,
    film_tools,
    model_tools,
    prompt_tools,
    prompts,
    resources,
    review_tools,
    run_tools,
)
from studio.web.mcp.tool import Tool

if TYPE_CHECKING:
    from studio.studio import Studio

INSTRUCTIONS = """\
Wan Studio makes images, clips and multi-shot films with models of many providers, and keeps every run with its price.
A request goes to one model and becomes runs; a run makes assets (files). A storyboard has shots; a draft of a shot is
a free animatic, a take is a rendered clip; the film is the cut of chosen takes. To make a film: read_script,
create_storyboard, draft_shots, wait, get_asset to look, edit_shot, set_shot_status approved, plan_render, render with
the price you were told, wait, choose_take, export_film, wait. In a review people judge versions: get_review, comment,
set_review_status, plan_comment_retake, retake_comment; exports may demand approved takes or cuts. Drafts (provider
"draft") are free; what costs money says so in estimate or plan_render first. Give submit, render, retake and
retake_comment a `key` of your own, so that a call that is repeated after a lost answer pays nothing twice. A held run
waits for a decision: `choices` says which there are. Links open with the same token in the Authorization header.
"""


class StudioServer(MCPServer[Any]):
    """Answers a failed call with a sentence that says what to do, never with an exception's own text."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """What the tool answers, or is_error with one sentence."""
        try:
            result = await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__ or NotFound(Message("mcp.no_tool", name=name[:80]))
            _, sentence = status_and_message(cause, f"the tool {name[:80]}")
            return CallToolResult(content=[TextContent(type="text", text=str(sentence))], is_error=True)
        return _compact(result) if isinstance(result, CallToolResult) else result

    async def list_tools(self) -> list[McpTool]:
        """The tools without the titles that pydantic gives every field: an agent reads the whole list before it works,
        and they only repeat the names."""
        return [
            tool.model_copy(
                update={
                    "input_schema": _without_titles(tool.input_schema),
                    "output_schema": tool.output_schema and _without_titles(tool.output_schema),
                }
            )
            for tool in await super().list_tools()
        ]


def _without_titles(schema: Any) -> Any:
    """The schema without its titles; a property may be called title."""
    if isinstance(schema, dict):
        return {k: _without_titles(v) for k, v in schema.items() if k != "title" or not isinstance(v, str)}
    return [_without_titles(inner) for inner in schema] if isinstance(schema, list) else schema


def _compact(result: CallToolResult) -> CallToolResult:
    """The same answer with its structured part as short JSON text, null fields left out: an agent pays by the word."""
    if result.structured_content is None or any(block.type == "image" for block in result.content):
        return result
    text = json.dumps(_without_nulls(result.structured_content), ensure_ascii=False, separators=(",", ":"))
    return result.model_copy(update={"content": [TextContent(type="text", text=text)]})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def tools(studio: Studio) -> Iterator[Tool]:
    """All tools, in the order in which an agent meets them."""
    for part in (model_tools, prompt_tools, run_tools, file_tools, board_tools, film_tools, review_tools):
        yield from part.tools(studio)


def build(studio: Studio) -> StudioServer:
    """The server of this studio."""
    if logging.getLogger().level > logging.DEBUG:
        logging.getLogger("mcp").setLevel(logging.WARNING)  # a line per message says nothing that a run does not
    server = StudioServer(
        "wan-studio", title="Wan Studio", instructions=INSTRUCTIONS, log_level="WARNING", subscriptions=False
    )
    for tool in tools(studio):
        description = " ".join((tool.function.__doc__ or "").split())
        server.add_tool(tool.function, title=tool.title, description=description, annotations=tool.hints)
    resources.add(server, studio)
    prompts.add(server)
    return server


def session_manager(studio: Studio, *, max_message_bytes: int) -> StreamableHTTPSessionManager:
    """The streamable HTTP side of the server. Host and Origin were judged before a message comes here."""
    server = build(studio)
    server.streamable_http_app(
        stateless_http=True,
        max_request_body_size=max_message_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return server.session_manager
