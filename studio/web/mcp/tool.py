"""How a tool is described: its function, its title, and the hints by which a client decides whether to ask a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcp_types import ToolAnnotations

LOOK = ToolAnnotations(read_only_hint=True, open_world_hint=False)
"""Changes nothing."""
ADD = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
"""Adds something that costs nothing; called again, it adds once more."""
EDIT = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
"""Sets something that can be set back; called again, nothing changes."""
STOP = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
"""Ends something that cannot be taken up again."""
SPEND = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)
"""Sends work to a provider and may cost money, which does not come back: a client should ask before."""


@dataclass(frozen=True)
class Tool:
    """A function of an agent's. Its name and docstring are what the agent reads."""

    function: Callable[..., Any]
    title: str
    hints: ToolAnnotations
