"""Prompts judged: what is doubtful in a text, without any model and without cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from studio.catalogue import prompt_facts
from studio.domain import JSON, Kind, Task
from studio.errors import CapabilityError
from studio.messages import Message, term
from studio.prompt.lint.lint import lint
from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.remedies import edited

if TYPE_CHECKING:
    from studio.studio import Studio

Text = Annotated[str, Field(max_length=200_000)]
Count = Annotated[int, Field(ge=0, le=100)]
Name = Annotated[str, Field(max_length=200)]


class PromptVerbs:
    """As one user has them."""

    def __init__(self, studio: Studio, user: str) -> None:
        self._studio = studio
        studio.acting_for(user)

    def lint(
        self,
        text: Text,
        model: Name = "",
        task: Task | Literal[""] = "",
        duration_s: Annotated[float | None, Field(gt=0, le=36_000)] = None,
        audio: bool | None = None,
        pictures: Count = 0,
        clips: Count = 0,
        sounds: Count = 0,
        cast: Annotated[list[Name] | None, Field(max_length=200)] = None,
        literal_prompt: bool = False,
    ) -> dict[str, Any]:
        """What is doubtful in a prompt: shot times that do not add up, camera words at odds, speech without sound,
        marks of other prompt programs, things named to be absent ... Nothing is sent.

        Each finding has a rule, a sentence, a severity (warning or note), its place in the text (start, end, in
        characters), and remedies: what a remedy is called, the text after it, and other fields that it changes.

        Args:
            text: The prompt.
            model: The model that it is for; empty: the text is judged alone.
            task: The task; empty: the model's first.
            duration_s: Length of the clip; null: the model's default.
            audio: Whether the clip is to have sound; null: the model's default.
            pictures: How many pictures go with it, as references or as inputs of another kind.
            clips: How many clips.
            sounds: How many sounds.
            cast: Names that an @ may mention; null: there is no cast.
            literal_prompt: Marks of other programs are meant as they stand.
        """
        facts = self._facts(model, task, duration_s, audio) if model else Facts(duration_s=duration_s)
        counted = {Kind.IMAGE.value: pictures, Kind.VIDEO.value: clips, Kind.AUDIO.value: sounds}
        facts = replace(
            facts,
            media=tuple(sorted((kind, count) for kind, count in counted.items() if count)),
            cast=tuple(cast) if cast is not None else None,
            literal=literal_prompt,
        )
        return {"findings": [_public(text, finding) for finding in lint(text, facts)]}

    def _facts(self, model_id: str, task: str, duration_s: float | None, audio: bool | None) -> Facts:
        model = self._studio.catalogue.get(model_id)
        chosen = Task(task) if task else model.tasks[0]
        if chosen not in model.tasks:
            can = [term(one) for one in model.tasks]
            message = Message("task.unsupported", model=term(model.label), tasks=can, task=term(chosen))
            raise CapabilityError(message, field="task", value=task)
        body: JSON = {"duration_s": duration_s, "audio": audio}
        return prompt_facts.facts(model, chosen, {name: value for name, value in body.items() if value is not None})


def _public(text: str, finding: Finding) -> JSON:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "severity": finding.severity,
        "start": finding.start,
        "end": finding.end,
        "words": text[finding.start : finding.end],
        "remedies": [
            {
                "label": remedy.label,
                "text": edited(text, remedy.edits) if remedy.edits else text,
                "changes": {change.field: change.value for change in remedy.changes},
            }
            for remedy in finding.remedies
        ],
    }
