"""The forms that a script can be written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from studio.errors import NotFound
from studio.messages import Message
from studio.prompt.script.model import Script
from studio.storyboard.written import captions, fountain, objects, prose, tables


@dataclass(frozen=True)
class WrittenForm:
    """How one form is written. ending: of its file. readers: the forms as which such a text is read."""

    write: Callable[[Script], str]
    ending: str
    readers: tuple[str, ...]


FORMS: dict[str, WrittenForm] = {
    "timed_shots": WrittenForm(prose.timed_shots, "txt", ("timed_shots", "labelled_fields")),
    "timed_shots_zh": WrittenForm(partial(prose.timed_shots, chinese=True), "txt", ("timed_shots", "labelled_fields")),
    "labelled": WrittenForm(prose.labelled, "txt", ("labelled_fields",)),
    "labelled_zh": WrittenForm(partial(prose.labelled, chinese=True), "txt", ("labelled_fields",)),
    "csv": WrittenForm(tables.comma_separated, "csv", ("csv",)),
    "tsv": WrittenForm(tables.tab_separated, "tsv", ("tsv",)),
    "markdown_table": WrittenForm(tables.markdown, "md", ("markdown_table",)),
    "json": WrittenForm(objects.as_json, "json", ("json",)),
    "fountain": WrittenForm(fountain.fountain, "fountain", ("screenplay",)),
    "srt": WrittenForm(captions.srt, "srt", ("srt",)),
}
"""By id, in the order of a list to choose from."""
DEFAULT, DEFAULT_CHINESE = "timed_shots", "timed_shots_zh"
"""What a storyboard's own script view shows."""


def label(form: str) -> Message:
    """What people call the form."""
    return Message(f"writtenform.{form}")


def write(script: Script, form: str) -> str:
    """The script in this form. Raises NotFound for a form that is not there."""
    if (written := FORMS.get(form)) is None:
        raise NotFound(Message("writtenform.unknown", form=form, known=", ".join(FORMS)))
    return written.write(script)
