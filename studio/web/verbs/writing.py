"""Writing with the studio's language model: a prompt made richer, a text translated, a story made into shots."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from studio.domain import JSON, Task
from studio.errors import BudgetError, Refused
from studio.messages import Message
from studio.payload import Payload
from studio.services.writing_tasks import MAX_COUNT, MAX_SECONDS, Expand, Shots, Translate
from studio.storyboard.limits import MAX_TEXT_CHARS

if TYPE_CHECKING:
    from studio.studio import Studio

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]
MostUsd = Annotated[float | None, Field(ge=0)]


class WritingVerbs:
    """As one user has them."""

    def __init__(self, studio: Studio, user: str) -> None:
        self._services = studio.acting_for(user)

    async def expand_prompt(
        self,
        text: Text,
        model: Annotated[str, Field(max_length=200)] = "",
        task: Task = Task.TEXT_TO_VIDEO,
        language: Literal["", "en", "zh"] = "",
        max_usd: MostUsd = None,
    ) -> dict[str, Any]:
        """A prompt made richer by the studio's language model, in the terms that video models know: text, warnings
        (names, numbers, speech or references that are gone), model, tokens_in, tokens_out, usd. Nothing is generated.

        Args:
            text: The prompt.
            model: The model that it is for; its longest prompt holds. Empty: any.
            task: The task that it is for.
            language: Language of the answer; empty: that of the text.
            max_usd: Refuse where it could cost more, or its price is not known; null: the studio's own limits hold.
        """
        return await self._answer(Expand(text=text, model=model, task=task, language=language), max_usd)

    async def translate_prompt(
        self, text: Text, to: Literal["en", "zh"], max_usd: MostUsd = None
    ) -> dict[str, Any]:  # fmt: skip
        """A prompt, shot list or script in English or Chinese, by the studio's language model. Quoted speech stays in
        its own language. It answers as `expand_prompt` does.

        Args:
            text: The text.
            to: The language to translate into.
            max_usd: As in `expand_prompt`.
        """
        return await self._answer(Translate(text=text, to=to), max_usd)

    async def write_shots(
        self,
        text: Text,
        seconds: Annotated[float, Field(ge=2, le=MAX_SECONDS)] = 30,
        count: Annotated[int, Field(ge=0, le=MAX_COUNT)] = 0,
        language: Literal["", "en", "zh"] = "",
        max_usd: MostUsd = None,
    ) -> dict[str, Any]:
        """A story made into shots by the studio's language model: script (title, style, cast, shots with prompt and
        duration_s), warnings, model, tokens_in, tokens_out, usd. Nothing is stored.

        Args:
            text: The idea or the story.
            seconds: How long the film is to be.
            count: How many shots; 0: as many as fit.
            language: As in `expand_prompt`.
            max_usd: As in `expand_prompt`.
        """
        return await self._answer(Shots(text=text, seconds=seconds, count=count, language=language), max_usd)

    async def _answer(self, body: Payload, max_usd: float | None) -> JSON:
        """The whole answer. Whoever stops waiting ends the question."""
        writing = self._services.writing
        if max_usd is not None:
            usd = (await asyncio.to_thread(writing.estimate, body)).usd
            if usd is None or usd > max_usd:
                shown = "?" if usd is None else f"{usd:.4f}"
                raise BudgetError(Message("writing.over_max", usd=shown, limit=f"{max_usd:.4f}"))
        call = await asyncio.to_thread(writing.start, body)
        try:
            async for event in call.events():
                if event.name == "done":
                    return event.data
                if event.name == "error":
                    raise Refused(event.data["message"])
        finally:
            call.close()
        raise Refused(Message("http.unexpected"))
