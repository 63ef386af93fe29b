"""The tool that judges a prompt before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from studio.domain import Task
from studio.web import verbs
from studio.web.mcp.caller import caller_of
from studio.web.mcp.tool import LOOK, Tool

if TYPE_CHECKING:
    from studio.studio import Studio


class Remedy(BaseModel):
    """What helps. changes: other fields of the request that it sets."""

    label: str
    text: str = Field(description="The prompt after it")
    changes: dict[str, str | float | bool]


class PromptFinding(BaseModel):
    """A doubt about a prompt."""

    rule: str
    message: str
    severity: Literal["note", "warning"]
    words: str = Field(description="What it is about")
    remedies: list[Remedy]


class LintAnswer(BaseModel):
    """Warnings first; none: nothing is doubtful."""

    findings: list[PromptFinding]


def tools(studio: Studio) -> Iterator[Tool]:
    """lint."""

    def lint(
        context: Context,
        text: Annotated[str, Field(max_length=20_000)],
        model: Annotated[str, Field(max_length=200, description="The model that it is for")] = "",
        task: Task | None = None,
        duration_s: Annotated[float | None, Field(gt=0, le=36_000)] = None,
        audio: bool | None = None,
    ) -> LintAnswer:
        """What is doubtful in a prompt, with remedies: shot times that do not add up, camera words at odds, speech
        without sound, marks of other prompt programs (which submit refuses), things named to be absent. Free; nothing
        is sent.
        """
        caller = caller_of(studio, context)
        values = {"text": text, "model": model, "task": task, "duration_s": duration_s, "audio": audio}
        found = verbs.call(studio, caller.key, "lint", values)["findings"]
        return LintAnswer(findings=[PromptFinding.model_validate(one) for one in found])

    yield Tool(lint, "Check a prompt", LOOK)
