"""A script as the pages get it: the fields, and where each stands in the text, counted as browsers count."""

from __future__ import annotations

from collections.abc import Iterable

from studio.domain import JSON
from studio.prompt.script.model import Script
from studio.prompt.script.read import FormScore, label_of
from studio.prompt.utf16 import to_utf16


def script_json(script: Script, text: str) -> JSON:
    """The script that was read from this text; positions in UTF-16 units, as JavaScript counts."""
    at = to_utf16(text)
    body = script.model_dump()
    for shot in body["shots"]:
        shot["source_start"], shot["source_end"] = at(shot["source_start"]), at(shot["source_end"])
    for part in (*body["unread"], *body["spans"]):
        part["start"], part["end"] = at(part["start"]), at(part["end"])
    return body | {"label": label_of(script.form), "length_s": script.length_s}


def forms_json(found: Iterable[FormScore]) -> list[JSON]:
    """The forms that a text may be in, in this order."""
    return [{"id": form.form, "label": form.label, "score": form.score} for form in found]
