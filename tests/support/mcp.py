"""The official MCP client against a studio that is served, with an access token or without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult, TextContent

T = TypeVar("T")
TIMEOUT_S = 100.0


@dataclass(frozen=True)
class Agent:
    """A connected client."""

    session: ClientSession

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer of a tool that succeeds."""
        result = await self.result(tool, **arguments)
        assert not result.is_error, said(result)
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def refusal(self, tool: str, **arguments: Any) -> str:
        """The sentence of a tool that is refused."""
        result = await self.result(tool, **arguments)
        assert result.is_error, said(result)
        return said(result)

    async def result(self, tool: str, **arguments: Any) -> CallToolResult:
        """Whatever comes back."""
        return await self.session.call_tool(tool, arguments)


def said(result: CallToolResult) -> str:
    """The words of an answer."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


@asynccontextmanager
async def connected(url: str, token: str = "") -> AsyncIterator[Agent]:
    """A session with the studio at this address."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        create_mcp_http_client(headers=headers) as http,
        streamable_http_client(url.rstrip("/") + "/mcp", http_client=http) as (reads, writes),
        ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        yield Agent(session)


def with_agent(url: str, token: str, story: Callable[[Agent], Awaitable[T]]) -> T:
    """What the story gives, told by one connected agent within a bounded time."""

    async def told() -> T:
        async with asyncio.timeout(TIMEOUT_S), connected(url, token) as agent:
            return await story(agent)

    return asyncio.run(told())
