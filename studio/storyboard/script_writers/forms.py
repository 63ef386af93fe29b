"""The forms that a script can be written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from studio.errors import NotFound
from studio.messages import Message
from studio.prompt.script.model import Script
from studio.storyboard.script_writers import captions, fountain, objects, prose, tables


@dataclass(frozen=True)
class ScriptWriter:
    """How one form is written. ending: of its file. readers: the forms as which such a text is read."""

    write: Callable[[Script], str]
    ending: str
    readers: tuple[str, ...]


FORMS: dict[str, ScriptWriter] = {
    "timed_shots": ScriptWriter(prose.timed_shots, "txt", ("timed_shots", "labelled_fields")),
    "timed_shots_zh": ScriptWriter(partial(prose.timed_shots, chinese=True), "txt", ("timed_shots", "labelled_fields")),
    "labelled": ScriptWriter(prose.labelled, "txt", ("labelled_fields",)),
    "labelled_zh": ScriptWriter(partial(prose.labelled, chinese=True), "txt", ("labelled_fields",)),
    "csv": ScriptWriter(tables.comma_separated, "csv", ("csv",)),
    "tsv": ScriptWriter(tables.tab_separated, "tsv", ("tsv",)),
    "markdown_table": ScriptWriter(tables.markdown, "md", ("markdown_table",)),
    "json": ScriptWriter(objects.as_json, "json", ("json",)),
    "fountain": ScriptWriter(fountain.fountain, "fountain", ("screenplay",)),
    "srt": ScriptWriter(captions.srt, "srt", ("srt",)),
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
