"""The forms in which scripts are written, a module each: how sure it is of a text, and how it reads one.

A module has `score(text)`, 0 (not this form) to 1, in linear time, and `read(build)`, which puts what it finds in
`build.source` into the builder. What people call it is the message `scriptform.ID`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from studio.prompt.script.build import ScriptBuilder


class Form(Protocol):
    """A module of this folder."""

    def score(self, text: str) -> float:
        """How sure it is that the text is written in this form, 0 to 1."""
        ...

    def read(self, build: ScriptBuilder) -> None:
        """Put what stands in build.source into the builder."""
        ...


FORMS: tuple[str, ...] = (
    "json",
    "csv",
    "tsv",
    "markdown_table",
    "srt",
    "vtt",
    "kling",
    "timed_sections",
    "timed_shots",
    "time_ranges",
    "numbered_shots",
    "numbered_list",
    "sora_blocks",
    "chat_markdown",
    "labelled_fields",
    "short_drama",
    "screenplay",
    "cuts",
    "paragraphs",
)
"""Ids, which are the names of the modules. Of forms that are equally sure the first one reads."""


def form_of(form: str) -> Form:
    """The module of a form in FORMS."""
    return cast(Form, import_module(f"{__name__}.{form}"))
