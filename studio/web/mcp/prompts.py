"""Prompts that a person picks in a client to begin with."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from pydantic import Field


def add(server: MCPServer[Any]) -> None:
    """Register both prompts."""

    @server.prompt(title="Make a film from a brief")
    def film_from_brief(
        brief: Annotated[str, Field(description="What the film is for, what happens, its length and look")],
        budget_usd: Annotated[str, Field(description="The most that it may cost, in dollars")] = "0",
    ) -> str:
        """From a brief to an exported film, with drafts first and one price to confirm."""
        return (
            f"Make a film with Wan Studio from this brief:\n\n{brief}\n\n"
            "1. Write a script: a style line, the cast with looks, and one `Shot N [from-to s]` line for each shot "
            "with framing, camera move, action and spoken lines in quotes. Check it with read_script.\n"
            "2. create_storyboard with it, draft_shots, wait, and look at each draft with get_asset. Change what is "
            "unclear with edit_shot and draft again.\n"
            "3. Show me the storyboard's page and the drafts, and ask whether the shots are right.\n"
            "4. list_models for text-to-video and image-to-video, choose a model that fits the look, set it with "
            "edit_storyboard, set_shot_status approved, and plan_render.\n"
            f"5. The budget is ${budget_usd}. Tell me the price of the plan; render with that max_usd only when I "
            "agree, with a key of your own.\n"
            "6. wait, look at the takes, retake what failed the brief within the budget, choose_take, check_film, "
            "export_film, wait, and give me the link."
        )

    @server.prompt(title="Compare models for a shot")
    def compare_models(
        shot: Annotated[str, Field(description="What the shot shows")],
        budget_usd: Annotated[str, Field(description="The most that the comparison may cost, in dollars")] = "1",
    ) -> str:
        """The same shot by several models, with price and time beside what they made."""
        return (
            f"Compare models of Wan Studio for this shot:\n\n{shot}\n\n"
            "1. list_models for its task; choose two to four ready ones of different families, and describe_model each "
            "for durations and sizes they share.\n"
            f"2. estimate the requests together. Stay below ${budget_usd}; tell me the sum before you submit.\n"
            "3. submit them as one list with the same prompt, length and seed, and a key of your own; wait.\n"
            "4. Look at several frames of each clip with get_asset, then give me a table: model, price, seconds it "
            "took, what it did well, what it missed, link. rate the runs when I say which I prefer."
        )
